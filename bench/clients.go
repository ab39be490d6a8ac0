package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const (
	crowd        = 2000 // websocket clients, each of which sees everything
	fewClients   = 20   // what they are compared with
	clientRate   = 500  // messages a second that all of them are told of
	timedClients = 20   // those whose frames are kept; all others read and throw away
)

// clientsRun is one process with so many websocket clients.
type clientsRun struct {
	Clients   int     `json:"clients"`
	Rate      float64 `json:"messages_per_second"`
	CPU       float64 `json:"cores"`            // of the process, without the engine
	PerClient float64 `json:"bytes_per_client"` // resident, above what it was without clients
	P50       float64 `json:"p50_ms"`           // from the publish to the receipt by the client
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
	Seen      uint64  `json:"values"`
}

// clients measures what a crowd of open pages costs, and how late it is told.
func (b *bench) clients(ctx context.Context) error {
	for _, n := range []int{fewClients, crowd} {
		r, err := b.watchedBy(ctx, n)
		if err != nil {
			return fmt.Errorf("%d clients: %w", n, err)
		}
		b.report.Clients = append(b.report.Clients, r)
		b.say("  %d clients: %.2f cores, %.0f KiB a client, p50 %.0f ms, p99 %.0f ms", n, r.CPU, r.PerClient/1024, r.P50, r.P99)
	}
	few, many := b.report.Clients[0], b.report.Clients[1]
	of, to := fmt.Sprint(crowd, " clients"), fmt.Sprint(fewClients)
	b.report.Ratios = append(b.report.Ratios,
		ratio{"delivery to clients, p99", watching, of, to, many.P99 / few.P99},
		ratio{"CPU", watching, of, to, many.CPU / few.CPU})
	return nil
}

// watching is the mode of what is measured with many clients.
const watching = "watching"

func (b *bench) watchedBy(ctx context.Context, n int) (r clientsRun, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	broker, s, stop, err := b.startSteward(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	timed, err := b.watchPage(ctx, s) // also waits until there is a page
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, timed.close()) }()
	before, err := usageOf(s.program.pid())
	if err != nil {
		return r, err
	}
	watches := []*pageWatch{timed}
	rest, err := b.joinCrowd(ctx, s, n, &watches)
	defer func() { err = errors.Join(err, rest.close()) }()
	if err != nil {
		return r, err
	}

	j := newJourney(clientRate, b.settings.Lasting)
	used, err := usageOf(s.program.pid())
	if err != nil {
		return r, err
	}
	if err := j.publish(ctx, broker.Addr(), clientRate); err != nil {
		return r, err
	}
	took := time.Since(j.start)
	after, err := usageOf(s.program.pid())
	if err != nil {
		return r, err
	}
	var delays []time.Duration
	for _, w := range watches {
		frames, err := w.take()
		if err != nil {
			return r, err
		}
		shown, err := j.shown(frames)
		if err != nil {
			return r, err
		}
		delays = append(delays, shown...)
	}
	if err := rest.alive(); err != nil {
		return r, err
	}
	l := summary("", clientRate, delays)
	return clientsRun{
		Clients: n, Rate: clientRate, P50: l.P50, P99: l.P99, Max: l.Max, Seen: l.Seen,
		CPU: (after.cpu - used.cpu).Seconds() / took.Seconds(), PerClient: float64(after.resident-min(before.resident, after.resident)) / float64(n),
	}, nil
}

// onlookers are clients that read frames without unpacking them: what is measured is
// the server, on the same machine.
type onlookers struct {
	conns []*websocket.Conn
	ended chan error
}

// joinCrowd opens websockets until there are n, of which some are timed.
func (b *bench) joinCrowd(ctx context.Context, s *steward, n int, timed *[]*pageWatch) (*onlookers, error) {
	rest := &onlookers{ended: make(chan error, n)}
	page, err := s.page()
	if err != nil {
		return rest, err
	}
	token, err := s.token(ctx)
	if err != nil {
		return rest, err
	}
	header := http.Header{"Authorization": {"Bearer " + token}}
	dialer := websocket.Dialer{EnableCompression: true, ReadBufferSize: 4096, WriteBufferSize: 1024}
	every := max(n/timedClients, 1)
	for i := 1; i < n; i++ {
		conn, resp, err := dialer.DialContext(ctx, strings.Replace(page, "http://", "ws://", 1)+"/api/v1/live", header)
		if err != nil {
			return rest, fmt.Errorf("client %d: %w", i, err)
		}
		if err := resp.Body.Close(); err != nil {
			return rest, errors.Join(err, conn.Close())
		}
		rest.conns = append(rest.conns, conn)
		if i%every == 0 {
			w := &pageWatch{conn: conn, done: make(chan struct{})}
			go w.read()
			*timed = append(*timed, w)
			continue
		}
		go func() {
			for {
				if _, _, err := conn.NextReader(); err != nil {
					rest.ended <- err
					return
				}
			}
		}()
	}
	return rest, nil
}

// alive fails when one was thrown out.
func (o *onlookers) alive() error {
	select {
	case err := <-o.ended:
		return fmt.Errorf("a client was dropped: %w", err)
	default:
		return nil
	}
}

func (o *onlookers) close() error {
	var all error
	for _, conn := range o.conns {
		all = errors.Join(all, conn.Close())
	}
	return all
}
