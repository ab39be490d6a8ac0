package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"steward/internal/telemetry"
)

// SubscriberOptions say which broker to read and as whom.
type SubscriberOptions struct {
	Broker   string // tcp://host:1883 or tls://host:8883
	ClientID string // of the persistent session: keep it for the life of the spool
	User     string
	Password string
	Group    string // shared-subscription group; "" subscribes alone
	TLS      *tls.Config

	KeepAlive      time.Duration // 30 s
	ConnectTimeout time.Duration // 10 s
	BackOffMin     time.Duration // first wait before a reconnect, 250 ms
	BackOffMax     time.Duration // longest wait, 30 s
}

func (o *SubscriberOptions) setDefaults() {
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{{&o.KeepAlive, 30 * time.Second}, {&o.ConnectTimeout, 10 * time.Second}, {&o.BackOffMin, 250 * time.Millisecond}, {&o.BackOffMax, 30 * time.Second}} {
		if *d.v == 0 {
			*d.v = d.d
		}
	}
}

// filter is what the subscriber asks the broker for: everything below the root,
// so that a message on a wrong topic ends in quarantine and not nowhere.
func (o *SubscriberOptions) filter() string {
	f := telemetry.TopicRoot + "/#"
	if o.Group != "" {
		return "$share/" + o.Group + "/" + f
	}
	return f
}

// Errors that a broker's answer to a connection attempt can mean.
var (
	ErrBrokerAuth        = errors.New("the broker refuses the user or password")
	ErrBrokerUnreachable = errors.New("the broker does not answer")
)

// Subscriber reads a broker into the spool. Every connection is a client of its
// own: what belongs to a connection ends with it, so that an acknowledgement
// cannot reach any other session than the one that delivered the message.
type Subscriber struct {
	opts    SubscriberOptions
	intake  *Intake
	logger  *slog.Logger
	metrics *Metrics
	up      atomic.Bool
}

// Connected is nil while the subscriber has its subscription.
func (s *Subscriber) Connected() error {
	if s.up.Load() {
		return nil
	}
	return fmt.Errorf("not connected to %s: it is tried again; the broker keeps the messages of the session", s.opts.Broker)
}

func (s *Subscriber) setConnected(up bool) {
	s.up.Store(up)
	s.metrics.connected.Set(boolFloat(up))
}

// NewSubscriber makes a subscriber; Run does the work.
func NewSubscriber(opts SubscriberOptions, intake *Intake, m *Metrics, logger *slog.Logger) *Subscriber {
	opts.setDefaults()
	return &Subscriber{opts: opts, intake: intake, logger: logger, metrics: m}
}

// Run keeps a connection until ctx ends, or until the spool fails, which is the
// only error it returns. The persistent session stays with the broker, which
// collects what is published until the next Run.
func (s *Subscriber) Run(ctx context.Context) error {
	wait := s.opts.BackOffMin
	for ctx.Err() == nil {
		started := time.Now()
		err := s.connection(ctx)
		s.setConnected(false)
		if ctx.Err() != nil {
			break
		}
		if failed := s.intake.spool.Err(); failed != nil {
			return failed
		}
		if time.Since(started) > s.opts.BackOffMax {
			wait = s.opts.BackOffMin // it had been well for a while
		}
		// Full jitter: after a broker's restart its clients do not all return
		// in the same moment.
		pause := wait/2 + rand.N(wait/2+1)
		s.logger.Warn("broker connection ended", "broker", s.opts.Broker, "error", err, "retry_in", pause)
		s.metrics.reconnects.Inc()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		wait = min(2*wait, s.opts.BackOffMax)
	}
	return nil
}

// connection lives through one connection and says why it ended.
func (s *Subscriber) connection(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var acks sync.WaitGroup
	defer acks.Wait()
	defer cancel(nil)

	sess := newSession(ctx, cancel, s.intake, s.opts.ClientID, s.logger)
	client := mqtt.NewClient(s.clientOptions(sess, cancel))
	kept, err := connect(client, s.opts.ConnectTimeout)
	if err != nil {
		return err
	}
	defer client.Disconnect(250) // ms to hand over the DISCONNECT packet
	acks.Go(sess.acknowledge)
	if kept {
		s.setConnected(true) // what the broker collected is on its way already
	}

	// Subscribing again on a session that the broker kept changes nothing there;
	// on one that it lost it is what keeps the messages coming.
	sub := client.Subscribe(s.opts.filter(), 1, nil)
	if err := sess.await(sub, s.opts.ConnectTimeout); err != nil {
		return fmt.Errorf("subscribe to %s: %w", s.opts.filter(), err)
	}
	const refused = 0x80
	for filter, qos := range sub.(*mqtt.SubscribeToken).Result() {
		if qos == refused {
			return fmt.Errorf("subscribe to %s: refused by the broker: allow user %q to read it", filter, s.opts.User)
		}
	}
	s.setConnected(true)
	s.logger.Info("subscribed to the broker", "broker", s.opts.Broker, "filter", s.opts.filter())

	sess.watch(s.opts.KeepAlive + s.opts.KeepAlive/2 + s.opts.ConnectTimeout)
	return context.Cause(ctx)
}

func (s *Subscriber) clientOptions(sess *session, cancel context.CancelCauseFunc) *mqtt.ClientOptions {
	o := baseOptions(s.opts)
	o.SetClientID(s.opts.ClientID)
	o.SetCleanSession(false)
	o.SetAutoAckDisabled(true)
	// The answer to a ping comes behind everything that the broker has in the
	// pipe, which after an absence may be minutes: session.watch judges by what
	// is heard at all.
	o.SetPingTimeout(math.MaxInt64)
	o.SetOrderMatters(true) // the handler runs in paho's own goroutine: no goroutine per message
	o.SetStore(noStore{})
	o.SetDefaultPublishHandler(sess.handle)
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { cancel(fmt.Errorf("connection lost: %w", err)) })
	o.SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		conn, err := dial(u, s.opts)
		if err != nil {
			return nil, err
		}
		return sess.attach(conn), nil
	})
	return o
}

// CheckBroker connects once, with a session of its own that leaves no trace,
// and says what is wrong: ErrBrokerAuth, ErrBrokerUnreachable or another error.
func CheckBroker(opts SubscriberOptions) error {
	opts.setDefaults()
	o := baseOptions(opts)
	o.SetClientID(fmt.Sprintf("steward-check-%08x", rand.Uint32()))
	o.SetCleanSession(true)
	client := mqtt.NewClient(o)
	if _, err := connect(client, opts.ConnectTimeout); err != nil {
		return err
	}
	client.Disconnect(250)
	return nil
}

func baseOptions(opts SubscriberOptions) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions()
	o.AddBroker(opts.Broker)
	o.SetProtocolVersion(4)
	o.SetUsername(opts.User)
	o.SetPassword(opts.Password)
	o.SetTLSConfig(opts.TLS)
	o.SetKeepAlive(opts.KeepAlive)
	o.SetPingTimeout(opts.ConnectTimeout)
	o.SetConnectTimeout(opts.ConnectTimeout)
	o.SetWriteTimeout(opts.ConnectTimeout)
	o.SetAutoReconnect(false) // Run reconnects, with jitter and a new client
	o.SetConnectRetry(false)
	return o
}

// connect reports whether the broker had kept the session.
func connect(client mqtt.Client, timeout time.Duration) (kept bool, err error) {
	token := client.Connect().(*mqtt.ConnectToken)
	if !token.WaitTimeout(timeout + time.Second) {
		client.Disconnect(0)
		return false, fmt.Errorf("%w within %s", ErrBrokerUnreachable, timeout)
	}
	err = token.Error()
	switch {
	case err == nil:
		return token.SessionPresent(), nil
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return false, fmt.Errorf("%w: %w", ErrBrokerAuth, err)
	case errors.Is(err, packets.ErrorNetworkError):
		return false, fmt.Errorf("%w: %w", ErrBrokerUnreachable, err)
	}
	return false, fmt.Errorf("connect to the broker: %w", err)
}

func dial(u *url.URL, opts SubscriberOptions) (net.Conn, error) {
	d := &net.Dialer{Timeout: opts.ConnectTimeout}
	switch u.Scheme {
	case "tcp", "mqtt":
		return d.Dial("tcp", u.Host)
	case "tls", "ssl", "mqtts":
		return tls.DialWithDialer(d, "tcp", u.Host, opts.TLS)
	}
	return nil, fmt.Errorf("broker address %s: scheme %q is not tcp or tls", u.Redacted(), u.Scheme)
}

// noStore keeps nothing for paho: the spool is what survives, and a subscriber
// publishes nothing that would have to be sent again.
type noStore struct{}

func (noStore) Open()                             {}
func (noStore) Put(string, packets.ControlPacket) {}
func (noStore) Get(string) packets.ControlPacket  { return nil }
func (noStore) All() []string                     { return nil }
func (noStore) Del(string)                        {}
func (noStore) Close()                            {}
func (noStore) Reset()                            {}
