package analytics

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/controldb"
	"steward/internal/runs"
)

// house is the database of runs and the place of results that several processes
// share, in a bubble whose time the test makes.
type house struct {
	t       testing.TB
	runs    *runs.Store
	results *resultsFake
	alarm   *alarmFake
	zone    *time.Location
}

// begin is when a bubble begins: 08:00 in Shanghai. SQLite's driver cannot tell the
// times of the last century, when bubbles begin by themselves.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// bubble runs a test in a bubble of time.
func bubble(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(begin))
		ctx := context.WithoutCancel(t.Context())
		db, err := controldb.Open(ctx, controldb.Options{
			DSN: "sqlite:" + filepath.Join(t.TempDir(), "analytics.db"), Set: controldb.Analytics, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		zone, err := time.LoadLocation("Asia/Shanghai")
		if err != nil {
			t.Fatal(err)
		}
		test(t, &house{t: t, runs: runs.NewStore(db, runs.Options{}), results: &resultsFake{}, alarm: &alarmFake{}, zone: zone})
	})
}

// service is a process of the house.
func (h *house) service(owner string, change func(*Options), jobs ...job.Job) *Service {
	h.t.Helper()
	o := Options{
		Jobs: jobs, Runs: h.runs, Results: h.results, Alarm: h.alarm, Zone: h.zone, Owner: owner, Version: "test",
		Logger: slog.New(slog.NewTextHandler(h.t.Output(), nil)),
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// slowly has a service look at its schedule less often: days in a bubble are short.
func slowly(s *Service, every time.Duration) *Service {
	s.every = every
	return s
}

// serve runs a service until stop is called, which waits for its end.
func (h *house) serve(s *Service) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			h.t.Error(err)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// all are the runs of a job, the oldest first, as "state from–to".
func (h *house) all(name string) []runs.Run {
	h.t.Helper()
	list, err := h.runs.As(authz.SystemPrincipal("test")).List(context.Background(), runs.Filter{Job: name}, runs.Page{Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	slices.SortFunc(list.Items, func(a, b runs.Run) int {
		return cmp.Or(a.ReadyAt.Compare(b.ReadyAt), cmp.Compare(a.Attempt, b.Attempt))
	})
	return list.Items
}

func (h *house) want(name string, want ...string) {
	h.t.Helper()
	var got []string
	for _, r := range h.all(name) {
		text := string(r.State)
		if r.StartedAt != nil {
			text += r.StartedAt.In(h.zone).Format(" 01-02 15:04")
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("runs of %s: %q, want %q", name, got, want)
	}
}

// resultsFake keeps results in memory.
type resultsFake struct {
	mu        sync.Mutex // guards what follows
	fail      error
	numbers   map[string][]clickhouse.AnalyticsNumber
	documents map[string][]clickhouse.AnalyticsDocument
	good      []string
	dropped   []string
}

func (f *resultsFake) PutAnalyticsNumbers(_ context.Context, r clickhouse.AnalyticsRun, n []clickhouse.AnalyticsNumber) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.numbers == nil {
		f.numbers = map[string][]clickhouse.AnalyticsNumber{}
	}
	f.numbers[r.ID] = append(f.numbers[r.ID], n...)
	return f.fail
}

func (f *resultsFake) PutAnalyticsDocument(_ context.Context, r clickhouse.AnalyticsRun, d clickhouse.AnalyticsDocument) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.documents == nil {
		f.documents = map[string][]clickhouse.AnalyticsDocument{}
	}
	f.documents[r.ID] = append(f.documents[r.ID], d)
	return f.fail
}

func (f *resultsFake) PutGoodRuns(_ context.Context, all []clickhouse.GoodRun) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	for _, r := range all {
		f.good = append(f.good, r.ID)
	}
	return nil
}

func (f *resultsFake) DropAnalytics(_ context.Context, ids []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = append(f.dropped, ids...)
	return f.fail
}

// alarmFake notes what people are told.
type alarmFake struct {
	mu   sync.Mutex // guards what follows
	fail error
	told []string
}

func (f *alarmFake) tell(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	f.told = append(f.told, what)
	return nil
}

func (f *alarmFake) Failed(_ context.Context, j job.Job, r runs.Run) error {
	return f.tell(j.Name + " failed: " + r.Error)
}

func (f *alarmFake) Recovered(_ context.Context, j job.Job, _ runs.Run) error {
	return f.tell(j.Name + " recovered")
}

func (f *alarmFake) want(t testing.TB, want ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.told, want) {
		t.Errorf("told %q, want %q", f.told, want)
	}
	f.told = nil
}

// daily is a job that runs at an hour of the company's day, over the day before.
func daily(name string, hour int, run func(ctx context.Context, r *job.Run) error) job.Job {
	if run == nil {
		run = func(context.Context, *job.Run) error { return nil }
	}
	return job.Job{
		Name: name, Every: job.Daily, At: time.Duration(hour) * time.Hour, Run: run,
		Period: func(now time.Time, zone *time.Location) (from, to time.Time) {
			y, m, d := now.In(zone).Date()
			return time.Date(y, m, d-1, 0, 0, 0, 0, zone), time.Date(y, m, d, 0, 0, 0, 0, zone)
		},
	}
}

// sleep waits, unless the run is told to end.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

var errBroken = errors.New("broken")

func ptr(v float64) *float64 { return &v }
