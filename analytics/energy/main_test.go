package energy

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/analytics/tariff"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb/controldbtest"
	"steward/internal/findings"
)

func TestMain(m *testing.M) { clickhousetest.Main(controldbtest.Wrap(m)) }

var (
	shanghai = time.FixedZone("Asia/Shanghai", 8*3600)
	hz       = authz.Place{Region: "east", Project: "hz"}
)

// fake is a store of one place in memory.
type fake struct {
	meters  []clickhouse.EnergyMeter
	hours   map[string]map[string][]clickhouse.EnergyHour // by device and metric
	weather map[int64]float64
	demands []clickhouse.EnergyDemand
}

func (f *fake) MeasuredPlaces(context.Context, time.Time, time.Time) ([]clickhouse.MeasuredPlace, error) {
	return []clickhouse.MeasuredPlace{{Place: hz, TimeZone: "Asia/Shanghai"}}, nil
}

func (f *fake) EnergyMeters(_ context.Context, _ authz.Place, from, to time.Time, each func(clickhouse.EnergyMeter) error) error {
	for _, m := range f.meters {
		for _, h := range f.hours[m.Device][m.Metric] {
			if h.Hour >= from.Unix() && h.Hour < to.Unix() {
				m.Used += h.Value
				m.Last = int32(h.Hour / 86_400)
			}
		}
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

func (f *fake) EnergyHours(_ context.Context, _ authz.Place, devices []string, from, to time.Time, each func(point, metric string, h clickhouse.EnergyHour) error) error {
	for _, d := range slices.Sorted(slices.Values(devices)) {
		for _, metric := range sortedKeys(f.hours[d]) {
			for _, h := range f.hours[d][metric] {
				if h.Hour >= from.Unix() && h.Hour < to.Unix() {
					if err := each(d, metric, h); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (f *fake) EnergyDemands(context.Context, authz.Place, []string, time.Time, time.Time) ([]clickhouse.EnergyDemand, error) {
	return f.demands, nil
}

func (f *fake) EnergyWeather(_ context.Context, at authz.Place, from, to time.Time, each func(int64, float64)) error {
	for h, t := range f.weather {
		if h >= from.Unix() && h < to.Unix() && at.Project != "" {
			each(h, t)
		}
	}
	return nil
}

// add gives a meter the use of each hour that a function says; NaN is missing.
func (f *fake) add(m clickhouse.EnergyMeter, from, to time.Time, use func(t time.Time) float64) {
	if m.Point == "" {
		m.Point = m.Device
	}
	if m.State == "" {
		m.State = "active"
	}
	if f.hours == nil {
		f.hours = map[string]map[string][]clickhouse.EnergyHour{}
	}
	f.meters = append(f.meters, m)
	f.put(m.Device, m.Metric, from, to, use)
}

func (f *fake) put(device, metric string, from, to time.Time, use func(t time.Time) float64) {
	if f.hours[device] == nil {
		f.hours[device] = map[string][]clickhouse.EnergyHour{}
	}
	var list []clickhouse.EnergyHour
	for t := from; t.Before(to); t = t.Add(time.Hour) {
		if v := use(t); !math.IsNaN(v) {
			list = append(list, clickhouse.EnergyHour{Hour: t.Unix(), Value: v, Covered: 1, Measured: true})
		}
	}
	f.hours[device][metric] = list
}

// board is a sink.
type board struct {
	seen     []findings.Seen
	looked   []string
	syncs    int
	fixed    []findings.Finding
	known    []findings.Finding
	verified map[string]findings.Verification
}

func (b *board) Sync(_ context.Context, _ string, _ authz.Place, _ time.Time, seen []findings.Seen, looked []string) error {
	b.seen, b.looked = append(b.seen, seen...), append(b.looked, looked...)
	b.syncs++
	return nil
}

func (b *board) Fixed(context.Context, authz.Place) ([]findings.Finding, error) { return b.fixed, nil }

func (b *board) Known(context.Context, authz.Place) ([]findings.Finding, error) { return b.known, nil }

func (b *board) Verify(_ context.Context, id string, v findings.Verification) error {
	if b.verified == nil {
		b.verified = map[string]findings.Verification{}
	}
	b.verified[id] = v
	return nil
}

func (b *board) find(kind, subject string) *findings.Seen {
	for i := range b.seen {
		if b.seen[i].Kind == kind && (subject == "" || b.seen[i].Subject == subject) {
			return &b.seen[i]
		}
	}
	return nil
}

// results are what a run wrote.
type results struct {
	numbers []job.Number
	notes   map[string]any
	covered float64
}

func (r *results) find(t testing.TB, kind, region, project, subject string) job.Number {
	t.Helper()
	for _, n := range r.numbers {
		if n.Kind == kind && n.Region == region && n.Project == project && n.Subject == subject {
			return n
		}
	}
	t.Fatalf("there is no %s of %s/%s %s", kind, region, project, subject)
	return job.Number{}
}

func runJob(t testing.TB, o Options, from, to, now time.Time, params map[string]string) *results {
	t.Helper()
	got := &results{notes: map[string]any{}, covered: math.NaN()}
	r := &job.Run{
		ID: "run-1", Job: "energy", From: from.UTC(), To: to.UTC(), Now: now, Params: params,
		Progress: func(int64, int64, string) {}, Cover: func(v float64) { got.covered = v },
		Write: func(_ context.Context, n []job.Number) error { got.numbers = append(got.numbers, n...); return nil },
		Note: func(_ context.Context, kind, _, _, subject string, body any) error {
			got.notes[kind+" "+subject] = body
			text, err := json.Marshal(body)
			if len(text) > 4<<20 {
				t.Errorf("%s of %s has %d bytes", kind, subject, len(text))
			}
			return err
		},
	}
	if err := New(o).Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	seen := map[[4]string]bool{}
	for _, n := range got.numbers {
		k := [4]string{n.Kind, n.Region, n.Project, n.Subject}
		if seen[k] {
			t.Errorf("%v is written twice", k)
		}
		seen[k] = true
		for _, v := range []*float64{n.Value, n.Low, n.High} {
			if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
				t.Errorf("%+v has %v", n, *v)
			}
		}
		if n.Value == nil && n.Why == "" {
			t.Errorf("%+v has no reason", n)
		}
		if n.Low != nil && (*n.Low > *n.Value || *n.High < *n.Value) {
			t.Errorf("%s of %s: %v is not within %v to %v", n.Kind, n.Subject, *n.Value, *n.Low, *n.High)
		}
	}
	return got
}

// flat is a tariff of one price for every medium, as text for Parse.
const flat = `
tariffs:
  - name: flat
    title: { zh: 单一制, en: Flat }
    electricity: { source: test, versions: [ { from: 2020-01-01, price: 0.8 } ] }
    water: { source: test, versions: [ { from: 2020-01-01, price: 5 } ] }
    gas: { source: test, versions: [ { from: 2020-01-01, price: 3 } ] }
    heat: { source: test, versions: [ { from: 2020-01-01, price: 45 } ] }
  - name: large
    title: { zh: 大工业, en: Large }
    electricity:
      source: test
      versions:
        - from: 2020-01-01
          price: 0.7
          basic: { by: demand, price: 40 }
          power_factor: 0.90
  - name: kva
    title: { zh: 按容量, en: By capacity }
    electricity: { source: test, versions: [ { from: 2020-01-01, price: 0.7, basic: { by: capacity, price: 30 } } ] }
    heat: { source: test, versions: [ { from: 2020-01-01, area: { price: 25, from: 11-15, to: 03-15 } } ] }
`

func tariffs(t testing.TB, name string) func(authz.Place, string) *tariff.Tariff {
	t.Helper()
	set, err := tariff.Parse("test", []byte(flat))
	if err != nil {
		t.Fatal(err)
	}
	return func(_ authz.Place, medium string) *tariff.Tariff {
		got, err := set.For(name, medium)
		if err != nil {
			return nil
		}
		return got
	}
}

func office(t testing.TB) func(authz.Place) *calendar.Calendar {
	t.Helper()
	set, err := calendar.Parse("test", []byte(officeHours))
	if err != nil {
		t.Fatal(err)
	}
	return func(authz.Place) *calendar.Calendar { return set.Named("office") }
}

func options(t testing.TB, store Store, sink Sink) Options {
	return Options{
		Store: store, Sink: sink, Zone: func(authz.Place) *time.Location { return shanghai },
		Tariff: tariffs(t, "flat"), Area: func(authz.Place) float64 { return 10_000 },
	}
}

// jobRun is a run of which nothing is kept.
func jobRun(t testing.TB, id string, from, to time.Time) *job.Run {
	t.Helper()
	return &job.Run{
		ID: id, Job: "energy", From: from.UTC(), To: to.UTC(), Now: to.Add(4 * time.Hour),
		Progress: func(int64, int64, string) {}, Cover: func(float64) {},
		Write: func(context.Context, []job.Number) error { return nil },
		Note:  func(context.Context, string, string, string, string, any) error { return nil },
	}
}
