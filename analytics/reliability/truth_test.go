package reliability

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// Parts of constant hazard have a true rate, which is that of the catalogue, and
// repairs a true mean: of a lognormal with a standard deviation of 0.6 of the
// logarithm, the median times exp(0.18). Over many fleets intervals hold them as
// often as they say.
func TestTruthIsRecovered(t *testing.T) {
	type part struct{ model, code string }
	intervals, rates, repairs, means := 0, 0, 0, 0
	for seed := range uint64(8) {
		start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		fleet, err := simulate.NewFleet(simulate.Config{Seed: seed + 1, Regions: 1, Projects: 12, Devices: 1500, Start: start, End: start.AddDate(0, 1, 0)})
		if err != nil {
			t.Fatal(err)
		}
		truth := fleet.Truth()
		models := map[string]simulate.Model{}
		for _, m := range truth.Models {
			models[m.Name] = m
		}
		byDevice := map[string][]simulate.Failure{}
		for _, f := range truth.Failures {
			byDevice[f.Device] = append(byDevice[f.Device], f)
		}
		groups := map[part]*group{}
		for _, d := range truth.Devices {
			for _, p := range models[d.Model].Parts {
				if p.Shape != 1 {
					continue
				}
				r := new(recorder)
				for _, f := range byDevice[d.Path] {
					if f.Code == p.Code {
						r.take(telemetry.Fault, f.Code, telemetry.MillisOf(f.At))
						if f.ClearedAt.Before(start) {
							r.take(telemetry.FaultCleared, f.Code, telemetry.MillisOf(f.ClearedAt))
						}
					}
				}
				w := span{telemetry.MillisOf(d.Installed), telemetry.MillisOf(start)}
				tally := measure(r.end(w.to), w)
				k := part{d.Model, p.Code}
				if groups[k] == nil {
					groups[k] = new(group)
				}
				groups[k].add(&tally, reporting{})
			}
		}
		for k, g := range groups {
			for _, p := range models[k.model].Parts {
				if p.Code != k.code {
					continue
				}
				intervals++
				if n := g.mtbf(); n.Low != nil && *n.Low <= p.ScaleHours && (n.High == nil || p.ScaleHours <= *n.High) {
					rates++
				}
				if n := g.mttr(); n.Value != nil {
					means++
					if truth := p.RepairHours * math.Exp(0.18); *n.Low <= truth && truth <= *n.High {
						repairs++
					}
				}
			}
		}
	}
	t.Logf("of %d intervals %d hold the true rate, of %d means %d", intervals, rates, means, repairs)
	if intervals < 80 || float64(rates) < 0.9*float64(intervals) || float64(repairs) < 0.9*float64(means) {
		t.Errorf("of %d intervals %d hold the true rate, of %d means %d", intervals, rates, means, repairs)
	}
}

// fakeStore has the events of a fleet.
type fakeStore struct {
	devices []clickhouse.ReliabilityDevice
	events  []clickhouse.ReliabilityEvent
}

func (s *fakeStore) Reading(telemetry.Reading) error { return nil }
func (s *fakeStore) State(telemetry.State) error     { return nil }

// kinds are those that the job reads.
var kinds = []string{telemetry.Fault, telemetry.FaultCleared, telemetry.Entrapment, telemetry.EntrapmentCleared, telemetry.Released, maintenanceStarted, maintenanceDone}

func (s *fakeStore) Event(e telemetry.Event) error {
	if slices.Contains(kinds, e.Kind) {
		s.events = append(s.events, clickhouse.ReliabilityEvent{Class: string(e.Device.Class), Device: e.Device.ID + "@" + e.Device.Project, Kind: e.Kind, At: e.TS})
	}
	return nil
}

func (s *fakeStore) MeasuredPlaces(context.Context, time.Time, time.Time) ([]clickhouse.MeasuredPlace, error) {
	return []clickhouse.MeasuredPlace{{Place: authz.Place{Region: "r", Project: "p"}, TimeZone: "nowhere"}}, nil
}

func (s *fakeStore) ReliabilityDevices(_ context.Context, _ authz.Place, _, _ time.Time, each func(clickhouse.ReliabilityDevice) error) error {
	for _, d := range s.devices {
		if err := each(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *fakeStore) ReliabilityEvents(_ context.Context, _ authz.Place, _, _ time.Time, each func(clickhouse.ReliabilityEvent) error) error {
	slices.SortStableFunc(s.events, func(a, b clickhouse.ReliabilityEvent) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Device, b.Device), cmp.Compare(a.At, b.At))
	})
	for _, e := range s.events {
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

func (s *fakeStore) ScoredOrders(context.Context, time.Time, time.Time, func(clickhouse.ScoredOrder) error) error {
	return nil
}

// results are what a run wrote.
type results struct {
	numbers []job.Number
	notes   map[string]any
	covered float64
}

func runJob(t testing.TB, store Store, from, to time.Time, params map[string]string) *results {
	t.Helper()
	got, r := newResults()
	j := New(store, from.Location())
	r.From, r.To, r.Now, r.Params = from.UTC(), to.UTC(), to, params
	if err := j.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got.check(t)
	return got
}

func runFleet(t testing.TB, f *fleet) *results {
	t.Helper()
	got, r := newResults()
	if err := f.report(t.Context(), r, repeatDays); err != nil {
		t.Fatal(err)
	}
	got.check(t)
	return got
}

func newResults() (*results, *job.Run) {
	got := &results{notes: map[string]any{}, covered: math.NaN()}
	return got, &job.Run{
		ID: "r1", Job: "reliability", Progress: func(int64, int64, string) {},
		Cover: func(share float64) { got.covered = share },
		Write: func(_ context.Context, n []job.Number) error {
			got.numbers = append(got.numbers, n...)
			return nil
		},
		Note: func(_ context.Context, kind, _, _, subject string, body any) error {
			got.notes[kind+" "+subject] = body
			_, err := json.Marshal(body)
			return err
		},
	}
}

// check is for what holds of all results.
func (r *results) check(t testing.TB) {
	t.Helper()
	seen := map[[4]string]bool{}
	for _, n := range r.numbers {
		if k := [4]string{n.Kind, n.Region, n.Project, n.Subject}; seen[k] {
			t.Errorf("%v is written twice", k)
		} else {
			seen[k] = true
		}
		for _, v := range []*float64{n.Value, n.Low, n.High} {
			if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
				t.Errorf("%+v has %v", n, *v)
			}
		}
		if n.Value == nil && n.Why == "" {
			t.Errorf("%+v has no reason", n)
		}
	}
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

// What a fleet reports makes as many failures as it had.
func TestEventsOfAFleet(t *testing.T) {
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 2, 0)
	fleet, err := simulate.NewFleet(simulate.Config{Seed: 3, Regions: 1, Projects: 2, Devices: 50, Start: from, End: to})
	if err != nil {
		t.Fatal(err)
	}
	store := new(fakeStore)
	if err := fleet.History(from, to, 24*time.Hour, store); err != nil {
		t.Fatal(err)
	}
	truth := fleet.Truth()
	class := map[string]string{}
	for _, d := range truth.Devices {
		class[d.Path] = string(d.Device.Class)
		born := int32(d.Installed.Unix() / 86_400)
		store.devices = append(store.devices, clickhouse.ReliabilityDevice{
			Class: string(d.Device.Class), ID: d.Device.ID + "@" + d.Device.Project, Vendor: d.Vendor, Model: d.Model, CommissionedOn: &born,
			FirstReading: telemetry.MillisOf(from), Messages: 1,
		})
	}
	want, until := map[string]int{}, map[string]time.Time{}
	for _, f := range truth.Failures {
		if f.At.Before(from) || !f.At.Before(to) {
			continue
		}
		if f.At.After(until[f.Device]) { // not while it is at fault
			want[class[f.Device]]++
			until[f.Device] = f.ClearedAt
		}
	}
	got := runJob(t, store, from, to, nil)
	for c, n := range want {
		if rate := got.find(t, "failure_rate", "", "", "class:"+c); rate.N != float64(n) {
			t.Errorf("%s: %g failures, want %d", c, rate.N, n)
		}
	}
	lifts := got.find(t, "entrapment_rate", "r", "p", "class:elevator")
	if len(want) < 2 || lifts.N != float64(len(truth.Entrapments)) {
		t.Errorf("%g entrapments, want %d; failures %v", lifts.N, len(truth.Entrapments), want)
	}
	if n := got.find(t, "mean_service_time", "", "", "class:elevator"); n.Value == nil || *n.Low > 65./60 || *n.High < 65./60 {
		t.Errorf("maintenance takes 40 to 90 minutes: %+v", n)
	}
}
