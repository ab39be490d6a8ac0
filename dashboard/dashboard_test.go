package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/dashboard/api"
	"steward/internal/live"
	"steward/internal/telemetry"
)

// site is a running dashboard with its board.
type site struct {
	*Server
	t     testing.TB
	board *live.Board
	roll  *roll // nil when the test brought an Identity of its own
	reg   *prometheus.Registry
	addr  string
	stop  func() error // stops serving; the same answer each time
	logs  *lockedBuffer

	mu       sync.Mutex
	notReady []NotReady
}

// lockedBuffer collects logs from several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// serve starts a dashboard on a free port. change may set what New does not.
func serve(t testing.TB, board live.Options, o Options, change func(*Server)) *site {
	t.Helper()
	b, err := live.New(board)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, board: b, reg: prometheus.NewPedanticRegistry(), logs: new(lockedBuffer)}
	o.Board, o.Gatherer, o.Registerer = b, s.reg, s.reg
	if o.Identity == nil {
		s.roll = newRoll()
		o.Identity = s.roll
	}
	o.Logger = slog.New(slog.NewTextHandler(s.logs, nil))
	o.Ready = func(context.Context) []NotReady {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.notReady
	}
	s.Server, err = New(o)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(s.Server)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx) })
	serving, end := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- s.Serve(serving, l) }()
	s.stop = sync.OnceValue(func() error {
		end()
		return <-served
	})
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		cancel()
		running.Wait()
	})
	return s
}

// run runs something until the test is over.
func run(t testing.TB, what interface{ Run(context.Context) error }) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = what.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

// get asks for a path and returns the answer with its body read.
func (s *site) get(path string, header ...string) (*http.Response, []byte) {
	return s.do(http.MethodGet, path, header...)
}

func (s *site) do(method, path string, header ...string) (*http.Response, []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.addr+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, body
}

// metric is the present value of a metric, named with its labels as /metrics
// shows it.
func (s *site) metric(name string) string {
	_, body := s.get("/metrics")
	for line := range strings.Lines(string(body)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatal("never happened: " + what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal("stopped while waiting: " + what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// problemOf reads an answer that must be a problem of this status.
func problemOf(t *testing.T, answer *http.Response, body []byte, status int) api.Problem {
	t.Helper()
	var p api.Problem
	if answer.StatusCode != status || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("answer is %s of %s, want a problem %d: %s", answer.Status, answer.Header.Get("Content-Type"), status, body)
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != status || p.Detail == "" {
		t.Errorf("problem %+v does not say what is wrong", p)
	}
	return p
}

var (
	meter = &telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Meter, ID: "m-1"}
	lift  = &telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Elevator, ID: "lift-1"}
	panel = &telemetry.Device{Region: "south", Project: "garden", Class: telemetry.Fire, ID: "panel-1"}
)

func now() telemetry.Millis { return telemetry.MillisOf(time.Now()) }

func reading(d *telemetry.Device, metric string, v float64) telemetry.Reading {
	return telemetry.Reading{Device: d, Metric: metric, TS: now(), Received: now(), Value: v}
}
