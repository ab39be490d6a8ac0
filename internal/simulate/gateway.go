package simulate

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"steward/internal/telemetry"
)

// A gateway is one connection to the broker, for the devices that it serves.
// Its goroutine owns all fields but queue.
//
// paho's own reconnection is not used: when it resumes a session it completes
// the tokens of unacknowledged messages as if they had been acknowledged, and
// then the count of what the broker has confirmed would be wrong. Here each
// connection is a new client, and what the last one left unconfirmed is sent
// again first.
type gateway struct {
	publisher *Publisher
	name      string // client identifier
	will      string // topic of the last will
	queue     chan Message

	unconfirmed []outbound         // published, oldest first; at most Inflight
	statuses    map[string]Message // the last status of each device, by topic
}

type outbound struct {
	message Message
	token   mqtt.Token
}

// queueLength lets a connection take a burst of events without holding up the
// others.
const queueLength = 256

// Pauses before another attempt to connect; jitter keeps gateways apart that
// lost the same broker.
const (
	firstPause   = 200 * time.Millisecond
	longestPause = 15 * time.Second
	ioTimeout    = 5 * time.Second // of a connection attempt and of a write
)

func newGateway(p *Publisher, i int, will string) *gateway {
	return &gateway{
		publisher: p, name: fmt.Sprintf("%s-%d", p.cfg.ClientPrefix, i), will: will,
		queue: make(chan Message, queueLength), statuses: make(map[string]Message),
	}
}

// run serves connections until the queue is closed and drained, or Drain has
// passed since ctx ended.
func (g *gateway) run(ctx context.Context) error {
	hard, stop := context.WithCancel(context.Background())
	defer stop()
	// The clock of the drain starts when ctx ends.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(g.publisher.cfg.Drain, stop) })()

	pause := firstPause
	for {
		done, err := g.session(hard)
		if done {
			return nil
		}
		if hard.Err() != nil {
			break
		}
		level := slog.LevelDebug // repetitions are not news
		if err == nil || pause == firstPause {
			level = slog.LevelWarn
			pause = firstPause
		}
		g.publisher.cfg.Logger.Log(hard, level, "simulated gateway has no connection, trying again",
			"client", g.name, "error", err)
		select {
		case <-time.After(pause/2 + rand.N(pause)):
		case <-hard.Done():
		}
		pause = min(2*pause, longestPause)
	}
	for range g.queue { // until Run closes it; nothing can be sent any more
	}
	if n := len(g.unconfirmed); n > 0 {
		return fmt.Errorf("gateway %s: %d messages were not acknowledged within %s of the end", g.name, n, g.publisher.cfg.Drain)
	}
	return nil
}

// session is the life of one connection. It is done when everything has been
// sent and confirmed; otherwise err says why there was no connection, or is
// nil when there was one and it broke.
func (g *gateway) session(ctx context.Context) (done bool, err error) {
	lost := make(chan struct{})
	client := mqtt.NewClient(g.options(lost))
	token := client.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
		client.Disconnect(0)
		return false, ctx.Err()
	}
	if err := token.Error(); err != nil {
		return false, fmt.Errorf("connect to the broker: %w", err)
	}
	m := g.publisher.metrics
	m.connected.Add(1)
	defer m.connected.Add(-1)

	for i := range g.unconfirmed {
		g.unconfirmed[i].token = publish(client, g.unconfirmed[i].message)
		m.resent.Add(1)
	}
	queue := g.queue
	// A lost connection has made the last will true: say that the devices are
	// back. The statuses come first, in the order of their topics.
	again := g.restate()
	for {
		var in <-chan Message
		var confirmed <-chan struct{}
		full := len(g.unconfirmed) >= g.publisher.cfg.Inflight
		switch {
		case !full && len(again) > 0:
			g.send(client, again[0])
			again = again[1:]
			continue
		case !full:
			in = queue
		}
		if len(g.unconfirmed) > 0 {
			confirmed = g.unconfirmed[0].token.Done()
		} else if queue == nil {
			client.Disconnect(250)
			return true, nil
		}
		select {
		case message, open := <-in:
			if !open {
				queue = nil
				again = g.farewell()
				continue
			}
			if message.Stream == telemetry.StreamStatus {
				g.statuses[message.Topic] = message
			}
			g.send(client, message)
		case <-confirmed:
			if g.unconfirmed[0].token.Error() != nil {
				m.lost.Add(1)
				client.Disconnect(0)
				return false, nil
			}
			m.acknowledged.Add(1)
			g.unconfirmed[0] = outbound{} // the payload can go
			g.unconfirmed = g.unconfirmed[1:]
		case <-lost:
			m.lost.Add(1)
			client.Disconnect(0)
			return false, nil
		case <-ctx.Done():
			client.Disconnect(0)
			return false, ctx.Err()
		}
	}
}

func (g *gateway) options(lost chan struct{}) *mqtt.ClientOptions {
	c := &g.publisher.cfg
	return mqtt.NewClientOptions().
		AddBroker(c.Broker).
		SetClientID(g.name).
		SetUsername(c.Username).
		SetPassword(c.Password).
		SetTLSConfig(c.TLS).
		SetConnectTimeout(ioTimeout).
		SetWriteTimeout(ioTimeout).
		SetKeepAlive(30*time.Second).
		SetBinaryWill(g.will, payloadOffline, 1, true).
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectionLostHandler(func(mqtt.Client, error) { close(lost) })
}

// restate is the statuses to say again on a new connection; on the first one
// there are none yet.
func (g *gateway) restate() []Message {
	again := make([]Message, 0, len(g.statuses))
	for _, m := range g.statuses {
		again = append(again, m)
	}
	slices.SortFunc(again, func(a, b Message) int { return a.Device - b.Device })
	return again
}

// farewell is what a gateway says before it leaves in good order, when the
// broker does not publish the last will.
func (g *gateway) farewell() []Message {
	all := g.restate()
	all = slices.DeleteFunc(all, func(m Message) bool { return string(m.Payload) == string(payloadOffline) })
	for i := range all {
		all[i].Payload = payloadOffline
		g.statuses[all[i].Topic] = all[i]
	}
	return all
}

func (g *gateway) send(client mqtt.Client, m Message) {
	g.unconfirmed = append(g.unconfirmed, outbound{m, publish(client, m)})
	g.publisher.metrics.published.Add(1)
}

func publish(client mqtt.Client, m Message) mqtt.Token {
	return client.Publish(m.Topic, m.QoS, m.Retain, m.Payload)
}
