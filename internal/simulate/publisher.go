package simulate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// PublisherConfig says to which broker a fleet speaks and how.
type PublisherConfig struct {
	Broker   string // URL: tcp://host:1883, ssl://host:8883, ws://host/path, wss://…
	Username string
	Password string
	TLS      *tls.Config // for ssl and wss; nil verifies by the system's authorities

	// ClientPrefix begins the client identifiers; "steward-sim" by default. Two
	// publishers on one broker need different ones.
	ClientPrefix string
	// Connections is over how many MQTT connections the devices are spread; 0 is
	// one for each project, as a gateway there would hold it. MQTT gives a
	// connection one last will: it speaks for the connection's first device, and
	// as many connections as devices give each its own.
	Connections int
	// Inflight bounds the unacknowledged messages of one connection; 100 by
	// default.
	Inflight int
	// Drain bounds how long Run waits at its end for acknowledgements; 5 s by
	// default.
	Drain time.Duration

	Logger     *slog.Logger          // nil is silent
	Registerer prometheus.Registerer // nil registers nothing
}

func (c PublisherConfig) withDefaults() (PublisherConfig, error) {
	c.Inflight = orDefault(c.Inflight, 100)
	if c.ClientPrefix == "" {
		c.ClientPrefix = "steward-sim"
	}
	if c.Drain == 0 {
		c.Drain = 5 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	u, err := url.Parse(c.Broker)
	switch {
	case err != nil || u.Host == "":
		return c, fmt.Errorf("simulator's broker %q is not a URL such as tcp://127.0.0.1:1883", u.Redacted())
	case c.Connections < 0 || c.Inflight < 1 || c.Inflight > maxInflight:
		return c, fmt.Errorf("simulator's publisher: connections %d must not be negative and inflight %d must be 1 to %d",
			c.Connections, c.Inflight, maxInflight)
	}
	return c, nil
}

// maxInflight is well under the 65,535 packet identifiers of MQTT.
const maxInflight = 20_000

// Stats counts what a publisher has done. A message that had to be sent again
// after a lost connection is published once and acknowledged once.
type Stats struct {
	Published      uint64 // messages handed to a connection, statuses included
	Acknowledged   uint64 // of these, confirmed by the broker
	Resent         uint64 // sent again on a new connection
	Reconnects     uint64 // connections lost
	Connected      int    // connections open now
	SkippedSeconds float64
}

// Publisher sends a live fleet to an MQTT broker: QoS 1, a retained status for
// each device, a bounded window of unacknowledged messages on each connection,
// and reconnection with growing, jittered pauses.
type Publisher struct {
	cfg      PublisherConfig
	live     *Live
	gateways []*gateway
	route    []*gateway // by device
	metrics  *metrics
}

// NewPublisher prepares the connections of a fleet; none is opened before Run.
// The error names the field that makes no sense, or is the Registerer's.
func NewPublisher(live *Live, cfg PublisherConfig) (*Publisher, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Publisher{cfg: cfg, live: live}
	if p.metrics, err = newMetrics(cfg.Registerer); err != nil {
		return nil, fmt.Errorf("register the simulator's metrics: %w", err)
	}
	devices := live.fleet.devices
	project := ""
	for i, d := range devices {
		begins := i == 0 || d.info.Device.Region+"/"+d.info.Device.Project != project
		if n := min(cfg.Connections, len(devices)); n > 0 {
			begins = len(p.gateways) <= i*n/len(devices)
		}
		if begins {
			project = d.info.Device.Region + "/" + d.info.Device.Project
			p.gateways = append(p.gateways, newGateway(p, len(p.gateways), live.speakers[i].topics[2]))
		}
		p.route = append(p.route, p.gateways[len(p.gateways)-1])
	}
	return p, nil
}

// Stats is what has been done so far. It may be called while Run runs.
func (p *Publisher) Stats() Stats { return p.metrics.stats() }

// Run publishes until ctx ends, then says of every device that it is offline,
// waits for the outstanding acknowledgements and disconnects. A broker that
// cannot be reached is retried for ever, so that ctx is the only regular end
// and Run then returns nil; messages still unconfirmed at the end of Drain are
// an error. Run is to be called once.
func (p *Publisher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, len(p.gateways))
	for i, g := range p.gateways {
		wg.Go(func() { errs[i] = g.run(ctx) })
	}
	err := p.live.Run(ctx, func(m Message) error {
		select {
		case p.route[m.Device].queue <- m:
			return nil
		case <-ctx.Done():
			return nil
		}
	}, func(d time.Duration) {
		p.metrics.skip(d)
		p.cfg.Logger.Warn("broker is too slow for the simulated fleet, samples skipped", "duration", d)
	})
	for _, g := range p.gateways {
		close(g.queue)
	}
	wg.Wait()
	return errors.Join(append(errs, err)...)
}
