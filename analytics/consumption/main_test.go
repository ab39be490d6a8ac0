package consumption

import (
	"context"
	"fmt"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// start is midnight in China.
var start = time.Date(2026, 3, 9, 16, 0, 0, 0, time.UTC)

// runs counts runs, of which each is later than the one before.
type runs struct {
	t           testing.TB
	db          *clickhouse.Store
	multipliers Multipliers
	n           int
	numbers     []job.Number
}

func (r *runs) run(from, to time.Time) {
	r.t.Helper()
	if err := r.runWith(from, to, map[string]string{}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *runs) runWith(from, to time.Time, params map[string]string) error {
	r.n++
	j := New(r.db, r.multipliers, shanghai)
	return j.Run(r.t.Context(), &job.Run{
		ID: fmt.Sprint("run-", r.n), Job: j.Name, From: from, To: to,
		Now: to.Add(10*time.Minute + time.Duration(r.n)*time.Millisecond), Params: params,
		Progress: func(int64, int64, string) {},
		Write:    func(_ context.Context, n []job.Number) error { r.numbers = n; return nil },
	})
}

func (r *runs) query(want, sql string) {
	r.t.Helper()
	if got := clickhousetest.Query(r.t, r.db, sql); got != want {
		r.t.Errorf("%s\ngot:\n%s\nwant:\n%s", sql, got, want)
	}
}

// store appends readings as they were received.
func store(t testing.TB, db *clickhouse.Store, token string, readings ...telemetry.Reading) {
	t.Helper()
	b := new(clickhouse.Batch)
	for _, r := range readings {
		b.AddReading(r)
	}
	if err := db.Append(t.Context(), b, token); err != nil {
		t.Fatal(err)
	}
}

// countersOnly brings a fleet's counters and the events of its meters to the store; the
// rest costs time.
type countersOnly struct {
	t     testing.TB
	db    *clickhouse.Store
	batch *clickhouse.Batch
	n     int
	rows  int
	// first and last are what each counter showed.
	first, last map[string]telemetry.Reading
}

func newCountersOnly(t testing.TB, db *clickhouse.Store) *countersOnly {
	return &countersOnly{t: t, db: db, batch: new(clickhouse.Batch), first: map[string]telemetry.Reading{}, last: map[string]telemetry.Reading{}}
}

func (s *countersOnly) Reading(r telemetry.Reading) error {
	if telemetry.LookupMetric(r.Metric).Kind != telemetry.KindCounter {
		return nil
	}
	key := r.Device.String() + " " + r.Metric
	if _, ok := s.first[key]; !ok {
		s.first[key] = r
	}
	s.last[key] = r
	s.batch.AddReading(r)
	return s.flush(250_000)
}

func (s *countersOnly) State(telemetry.State) error { return nil }

func (s *countersOnly) Event(e telemetry.Event) error {
	if e.Device.Class == telemetry.Meter {
		s.batch.AddEvent(e)
	}
	return nil
}

func (s *countersOnly) flush(at int) error {
	if s.batch.Rows() < at {
		return nil
	}
	s.n++
	s.rows += s.batch.Rows()
	err := s.db.Append(s.t.Context(), s.batch, fmt.Sprint("history-", s.n))
	s.batch.Reset()
	return err
}

// fill writes the past of a fleet.
func fill(t testing.TB, db *clickhouse.Store, cfg simulate.Config, step time.Duration) (*simulate.Fleet, *countersOnly) {
	t.Helper()
	fleet, err := simulate.NewFleet(cfg)
	if err != nil {
		t.Fatal(err)
	}
	sink := newCountersOnly(t, db)
	if err := fleet.History(cfg.Start, cfg.End, step, sink); err != nil {
		t.Fatal(err)
	}
	if err := sink.flush(1); err != nil {
		t.Fatal(err)
	}
	projects := map[string]clickhouse.ProjectRow{}
	var devices []clickhouse.DeviceRow
	for _, d := range fleet.Devices() {
		projects[d.Device.Region+"/"+d.Device.Project] = clickhouse.ProjectRow{Region: d.Device.Region, Project: d.Device.Project, TimeZone: "Asia/Shanghai", Version: 1}
		devices = append(devices, clickhouse.DeviceRow{Device: d.Device, State: "active", Building: d.Building, Medium: d.Medium, Multiplier: 1, Version: 1})
	}
	var list []clickhouse.ProjectRow
	for _, p := range projects {
		list = append(list, p)
	}
	if err := db.PutProjects(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if err := db.PutDevices(t.Context(), devices); err != nil {
		t.Fatal(err)
	}
	return fleet, sink
}
