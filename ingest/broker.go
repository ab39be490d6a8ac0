package ingest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"steward/ingest/spool"
)

// BrokerOptions say where the embedded broker listens and whom it lets in.
type BrokerOptions struct {
	Listen         string // host:port
	User, Password string // both empty lets anybody in, which is for loopback alone
	TLS            *tls.Config
	MaxClients     int // 10,000
}

// Broker is the embedded MQTT broker, for a site that has none of its own. It
// puts a message into the spool before it acknowledges it, so that its
// publishers have the same promise as behind a real one: acknowledged means on
// disk. Subscribers get what is published while they are there; sessions and
// retained messages live in memory.
type Broker struct {
	server *mochi.Server
	cancel context.CancelFunc
	addr   string
}

// reserved is the topic root on which Steward itself publishes: others may read
// it, and nobody else may write to it.
const reserved = "steward/"

// StartBroker listens and serves until Close.
func StartBroker(opts BrokerOptions, intake *Intake, logger *slog.Logger) (*Broker, error) {
	if opts.MaxClients == 0 {
		opts.MaxClients = 10_000
	}
	caps := mochi.NewDefaultServerCapabilities()
	caps.MaximumClients = int64(opts.MaxClients)
	// The payload limit of the intake decides what is too large; a packet much
	// larger than that is not worth the memory.
	caps.MaximumPacketSize = uint32(4*intake.maxPayload + 1<<16)

	ctx, cancel := context.WithCancel(context.Background())
	server := mochi.New(&mochi.Options{
		Capabilities: caps,
		InlineClient: true,
		// Its log repeats packets, payload and all, at every hang-up of a client.
		Logger: slog.New(slog.DiscardHandler),
	})
	hook := &spoolHook{ctx: ctx, intake: intake, opts: opts, logger: logger}
	if err := server.AddHook(hook, nil); err != nil {
		cancel()
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	tcp := listeners.NewTCP(listeners.Config{ID: "mqtt", Address: opts.Listen, TLSConfig: opts.TLS})
	if err := server.AddListener(tcp); err != nil {
		cancel()
		return nil, fmt.Errorf("embedded broker: listen on %s: %w", opts.Listen, err)
	}
	if err := server.Serve(); err != nil {
		cancel()
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	return &Broker{server: server, cancel: cancel, addr: tcp.Address()}, nil
}

// Addr is where the broker listens, with the port that was chosen for port 0.
func (b *Broker) Addr() string { return b.addr }

// Close disconnects the clients. What they had not been acknowledged they will
// send again.
func (b *Broker) Close() error {
	b.cancel()
	return b.server.Close()
}

// spoolHook is where the broker asks and tells us.
type spoolHook struct {
	mochi.HookBase
	ctx    context.Context // ends with the broker
	intake *Intake
	opts   BrokerOptions
	logger *slog.Logger
}

func (h *spoolHook) ID() string { return "spool" }

func (h *spoolHook) Provides(b byte) bool {
	return bytes.Contains([]byte{mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnPublish, mochi.OnWillSent}, []byte{b})
}

func (h *spoolHook) OnConnectAuthenticate(_ *mochi.Client, pk packets.Packet) bool {
	if h.opts.User == "" && h.opts.Password == "" {
		return true
	}
	// Both are compared, and in constant time: the time taken tells nothing.
	user := subtle.ConstantTimeCompare(pk.Connect.Username, []byte(h.opts.User))
	password := subtle.ConstantTimeCompare(pk.Connect.Password, []byte(h.opts.Password))
	return user&password == 1
}

func (h *spoolHook) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	return !write || !strings.HasPrefix(topic, reserved) && !strings.HasPrefix(topic, "$")
}

// OnPublish runs in the goroutine of the publishing client. The broker sends
// the acknowledgement after it returns, and on ErrRejectPacket sends none.
func (h *spoolHook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil // Steward's own
	}
	msg := Message{
		Topic: pk.TopicName, Payload: pk.Payload, Client: cl.ID,
		PacketID: pk.PacketID, Dup: pk.FixedHeader.Dup,
	}
	seq, err := h.acceptWhenRoom(cl, &msg)
	if err == nil && pk.FixedHeader.Qos > 0 {
		err = h.intake.spool.WaitDurable(h.ctx, seq)
	}
	if err != nil {
		if h.ctx.Err() == nil && !cl.Closed() {
			h.logger.Error("publish not acknowledged", "error", err)
		}
		return pk, packets.ErrRejectPacket
	}
	return pk, nil
}

// acceptWhenRoom waits while the spool is full: the policy is to stop
// acknowledging, and the publisher keeps what it has not been acknowledged. It
// looks up now and then whether the publisher is still there.
func (h *spoolHook) acceptWhenRoom(cl *mochi.Client, msg *Message) (uint64, error) {
	for {
		seq, err := h.intake.acceptSoon(h.ctx, msg)
		if !errors.Is(err, spool.ErrFull) || cl.Closed() {
			return seq, err
		}
		ctx, cancel := context.WithTimeout(h.ctx, time.Second)
		err = h.intake.waitRoom(ctx, msg)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return 0, err
		}
	}
}

// OnWillSent takes a last will, which the broker publishes in the client's name
// without asking OnPublish: it is how a device that vanished becomes offline.
func (h *spoolHook) OnWillSent(cl *mochi.Client, pk packets.Packet) {
	msg := Message{Topic: pk.TopicName, Payload: pk.Payload, Client: cl.ID}
	if _, err := h.intake.acceptSoon(h.ctx, &msg); err != nil {
		h.logger.Error("last will not kept", "error", err)
	}
}

// CheckListen says why an address may not be listened on without a password.
func (o BrokerOptions) CheckListen() error {
	if o.Password != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", o.Listen, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("the embedded broker would let anybody in on %s: set a user and password, or listen on 127.0.0.1", o.Listen)
}
