package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// ledger is the account of every message as a scrape shows it.
type ledger struct {
	received, stored, duplicate, rejected, inFlight float64
	durable                                         float64
}

func (l ledger) check() error {
	if sum := l.stored + l.duplicate + l.rejected + l.inFlight; l.received != sum || l.inFlight < 0 {
		return fmt.Errorf("the ledger does not balance: received %.0f, stored %.0f + duplicate %.0f + rejected %.0f + in flight %.0f = %.0f",
			l.received, l.stored, l.duplicate, l.rejected, l.inFlight, sum)
	}
	return nil
}

// scrape reads the metrics of a running server.
func (s *server) scrape() (map[string]*dto.MetricFamily, error) {
	status, body, err := s.get("/metrics")
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("/metrics: %d %s", status, body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(body))
}

// total adds up the series of a metric; it must exist.
func total(families map[string]*dto.MetricFamily, name string) (float64, error) {
	f, ok := families[name]
	if !ok {
		return 0, fmt.Errorf("/metrics has no %s", name)
	}
	var sum float64
	for _, m := range f.GetMetric() {
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return sum, nil
}

func (s *server) ledger() (l ledger, err error) {
	families, err := s.scrape()
	if err != nil {
		return l, err
	}
	for name, v := range map[string]*float64{
		"steward_ledger_received_messages_total":  &l.received,
		"steward_ledger_stored_messages_total":    &l.stored,
		"steward_ledger_duplicate_messages_total": &l.duplicate,
		"steward_ledger_rejected_messages_total":  &l.rejected,
		"steward_ledger_in_flight_messages":       &l.inFlight,
		"steward_spool_durable_records_total":     &l.durable,
	} {
		if *v, err = total(families, name); err != nil {
			return l, err
		}
	}
	return l, l.check()
}

// watch asks the server all the time whether it serves and whether its ledger
// balances, until the test ends or the returned function is called. A process
// that the test itself has killed is excused, until there is a new one.
func (s *server) watch() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	var last ledger // of the one goroutine that scrapes
	every := func(pause time.Duration, ask func() error) {
		all.Go(func() {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if url := s.address(); url != "" {
					if err := ask(); err != nil && s.address() == url {
						s.t.Errorf("while serving: %v", err)
						return
					}
				}
			}
		})
	}
	every(100*time.Millisecond, s.healthy)
	every(250*time.Millisecond, func() error {
		l, err := s.ledger()
		if err != nil {
			return err
		}
		// What is confirmed or on disk stays so, over every restart.
		if l.stored < last.stored || l.duplicate < last.duplicate || l.rejected < last.rejected || l.durable < last.durable {
			return fmt.Errorf("the ledger went back from %+v to %+v", last, l)
		}
		last = l
		return nil
	})
	stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	s.t.Cleanup(stop)
	return stop
}

func (s *server) healthy() error {
	if err := s.alive(); err != nil {
		return err
	}
	status, body, err := s.get("/healthz")
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("/healthz: %d %s", status, body)
	}
	return nil
}

// screen is a browser that looks at the live values.
type screen struct {
	t      *testing.T
	newest atomic.Uint64 // highest number seen in a dated message
}

// openScreen connects to the live websocket and follows it until the test ends.
func (s *server) openScreen() *screen {
	s.t.Helper()
	u, err := url.Parse(s.address())
	if err != nil {
		s.t.Fatal(err)
	}
	conn, resp, err := websocket.DefaultDialer.Dial("ws://"+u.Host+"/api/v1/live?class=meter", bearer(s.token()))
	if err != nil {
		s.t.Fatalf("open the live websocket: %v", err)
	}
	_ = resp.Body.Close() // of the handshake
	v := &screen{t: s.t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.follow(conn)
	}()
	s.t.Cleanup(func() { _ = conn.Close(); <-done })
	return v
}

// bearer is how a machine shows its token.
func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func (v *screen) follow(conn *websocket.Conn) {
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return // whoever waits for a value will miss it
		}
		var m struct {
			Devices []struct {
				Values map[string][3]any `json:"values"`
			} `json:"devices"`
		}
		if err := json.Unmarshal(text, &m); err != nil {
			v.t.Errorf("live message: %v in %.200s", err, text)
			return
		}
		for _, d := range m.Devices {
			if number, ok := d.Values["power_kw"][0].(float64); ok {
				v.newest.Store(max(v.newest.Load(), uint64(number)))
			}
		}
	}
}

// shows waits until the screen has message n, or a later one.
func (v *screen) shows(n uint64, limit time.Duration) {
	v.t.Helper()
	until(v.t, limit, fmt.Sprintf("message %d on the screen", n), func() error {
		if newest := v.newest.Load(); newest < n {
			return fmt.Errorf("the newest is %d", newest)
		}
		return nil
	})
}

// logged fails when a running server's log has a line with all the words.
func (s *server) logged(words ...string) error {
	for line := range strings.Lines(string(s.logs.sinceRestart())) {
		found := true
		for _, w := range words {
			found = found && strings.Contains(line, w)
		}
		if found {
			return nil
		}
	}
	return errors.New("no such line in the log: " + strings.Join(words, " … "))
}
