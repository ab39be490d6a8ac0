package ingest

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
)

// BrokerOptions say where the embedded broker listens and whom it lets in. Who
// has no way in by any of the three is refused.
type BrokerOptions struct {
	Listen         string        // host:port
	Auth           Authenticator // the credentials of devices and readers; nil: there are none
	User, Password string        // one more account, which may publish and read everything; empty: there is none
	Anonymous      bool          // lets in whoever gives no name, with the same access; for loopback alone
	TLS            *tls.Config   // nil: plain
	MaxClients     int           // 10,000
}

// CheckListen says why an address may not be listened on.
func (o BrokerOptions) CheckListen() error {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", o.Listen, err)
	}
	if ip := net.ParseIP(host); !o.Anonymous || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("the embedded broker would let anybody in on %s: give devices credentials, or listen on 127.0.0.1", o.Listen)
}

// Broker is the embedded MQTT broker, for a site that has none of its own. It
// puts a message into the spool before it acknowledges it, so that its
// publishers have the same promise as behind a real one: acknowledged means on
// disk. Subscribers get what is published while they are there; sessions and
// retained messages live in memory.
//
// What a client may do is asked at three places: a publish or last will when it
// comes in, a subscription when it is made, and every message again before it
// is handed to a subscriber, so that neither a kept session nor a retained
// message reaches who may not read it.
type Broker struct {
	server *mochi.Server
	cancel context.CancelFunc
	addr   string
	door   *door
	work   sync.WaitGroup
	ended  sync.Once
}

// sessionTime is how long the session of a client that is away is kept.
const sessionTime = 24 * time.Hour

// StartBroker listens and serves until Close.
func StartBroker(opts BrokerOptions, intake *Intake, m *Metrics, logger *slog.Logger) (*Broker, error) {
	if opts.MaxClients == 0 {
		opts.MaxClients = 10_000
	}
	if err := opts.CheckListen(); err != nil {
		return nil, err
	}
	caps := mochi.NewDefaultServerCapabilities()
	caps.MaximumClients = int64(opts.MaxClients)
	caps.MaximumSessionExpiryInterval = uint32(sessionTime.Seconds())
	// The payload limit of the intake decides what is too large; a packet much
	// larger than that is not worth the memory.
	caps.MaximumPacketSize = uint32(4*intake.opts.MaxPayload + 1<<16)
	// Permissions are asked before an alias is resolved.
	caps.TopicAliasMaximum = 0

	ctx, cancel := context.WithCancel(context.Background())
	server := mochi.New(&mochi.Options{
		Capabilities: caps,
		InlineClient: true,
		// Its log repeats packets, payload and all, at every hang-up of a client.
		Logger: slog.New(slog.DiscardHandler),
	})
	b := &Broker{server: server, cancel: cancel}
	refused := newRefusalLog(logger, m, time.Now)
	hook := &brokerHook{
		ctx: ctx, server: server, intake: intake, opts: opts, logger: logger, refused: refused, attempts: newAttempts(time.Now),
	}
	if err := b.listen(opts, hook); err != nil {
		cancel()
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	b.work.Go(func() { hook.watch(ctx) })
	return b, nil
}

func (b *Broker) listen(opts BrokerOptions, hook *brokerHook) error {
	if err := b.server.AddHook(hook, nil); err != nil {
		return err
	}
	l, err := net.Listen("tcp", opts.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", opts.Listen, err)
	}
	b.addr = l.Addr().String()
	d := &door{
		Listener: l, tls: opts.TLS, most: int64(opts.MaxClients) + strangers,
		refused: func(r refusal, remote string) { hook.refused.note(r, "", remote, "") },
	}
	b.door = d
	if err := b.server.AddListener(&exit{Net: listeners.NewNet("mqtt", d), server: b.server}); err != nil {
		_ = l.Close()
		return err
	}
	return b.server.Serve()
}

// Addr is where the broker listens, with the port that was chosen for port 0.
func (b *Broker) Addr() string { return b.addr }

// Close disconnects the clients. What they had not been acknowledged they will
// send again.
func (b *Broker) Close() error {
	var err error
	b.ended.Do(func() { err = b.end() })
	return err
}

func (b *Broker) end() error {
	b.cancel()
	// The library counts a connection when it begins to serve it, and waits for
	// that count here with nothing between the two: whoever has left the door is
	// seen to have been counted.
	_ = b.door.open.Load()
	err := b.server.Close()
	b.work.Wait()
	return err
}
