package forecast

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// simulated is a store of what a simulated fleet reported, as the engine would have it.
type simulated struct {
	devices map[string]*clickhouse.LifetimeDevice // by path
	events  map[string][]clickhouse.ReliabilityEvent
	places  map[authz.Place]bool
}

func (s *simulated) Reading(r telemetry.Reading) error {
	d := s.devices[r.Device.String()]
	if d == nil {
		return nil
	}
	d.LastReading = max(d.LastReading, r.TS)
	switch r.Metric {
	case "smoke_ppm":
		d.Senses = smoke
	case "water_pressure_mpa", "water_level_m":
		d.Senses = water
	}
	return nil
}

func (s *simulated) State(telemetry.State) error { return nil }

func (s *simulated) Event(e telemetry.Event) error {
	var attrs struct{ Code string }
	if err := json.Unmarshal([]byte(e.Attrs), &attrs); err != nil {
		return err
	}
	switch e.Kind {
	case telemetry.Fault, telemetry.FaultCleared, maintenanceDone, replaced:
		key := e.Device.String()
		s.events[key] = append(s.events[key], clickhouse.ReliabilityEvent{Class: string(e.Device.Class), Device: e.Device.ID, Kind: e.Kind, Code: attrs.Code, At: e.TS})
	}
	return nil
}

func (s *simulated) MeasuredPlaces(context.Context, time.Time, time.Time) ([]clickhouse.MeasuredPlace, error) {
	var all []clickhouse.MeasuredPlace
	for p := range s.places {
		all = append(all, clickhouse.MeasuredPlace{Place: p})
	}
	slices.SortFunc(all, func(a, b clickhouse.MeasuredPlace) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}

// of are the paths of a place, in their order.
func (s *simulated) of(at authz.Place) []string {
	var paths []string
	for path := range s.devices {
		if strings.HasPrefix(path, at.String()+"/") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

func (s *simulated) LifetimeDevices(_ context.Context, at authz.Place, _, _ time.Time, each func(clickhouse.LifetimeDevice) error) error {
	for _, path := range s.of(at) {
		if err := each(*s.devices[path]); err != nil {
			return err
		}
	}
	return nil
}

func (s *simulated) LifetimeEvents(_ context.Context, at authz.Place, _, _ time.Time, each func(clickhouse.ReliabilityEvent) error) error {
	for _, path := range s.of(at) {
		list := s.events[path]
		slices.SortStableFunc(list, func(a, b clickhouse.ReliabilityEvent) int { return cmp.Compare(a.At, b.At) })
		for _, e := range list {
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *simulated) LifetimeWears(context.Context, authz.Place, time.Time, time.Time, func(clickhouse.LifetimeWear) error) error {
	return nil
}

// The fleet of the simulator through the job: its devices as a registry has them, what
// failed in the three years before its history (which it knows and does not stream) in
// the words of its events, and then the stream itself, with its wrong clocks, silences
// and events of other kinds. The lives of its catalogue are found again.
func TestSimulatedFleet(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	from, to := start.AddDate(-3, 0, 0), start.AddDate(0, 0, 3)
	n, shapes, scales, few := 0, 0, 0, 0
	for seed := range uint64(2) {
		fleet, err := simulate.NewFleet(simulate.Config{Seed: 40 + seed, Devices: 700, Start: start})
		if err != nil {
			t.Fatal(err)
		}
		s := &simulated{map[string]*clickhouse.LifetimeDevice{}, map[string][]clickhouse.ReliabilityEvent{}, map[authz.Place]bool{}}
		senses := map[string]string{}
		paths := map[string]*telemetry.Device{}
		for _, d := range fleet.Devices() {
			if d.Device.Class != telemetry.Elevator && d.Device.Class != telemetry.Fire {
				continue // for time
			}
			paths[d.Path] = &d.Device
			s.places[authz.Place{Region: d.Device.Region, Project: d.Device.Project}] = true
			senses[d.Path] = map[string]string{simulate.Smoke: smoke, simulate.Hydrant: water, simulate.Tank: water}[d.Kind]
			born := int32(d.Installed.Unix() / 86_400)
			first := telemetry.MillisOf(from)
			if d.Installed.After(from) {
				first = telemetry.MillisOf(d.Installed)
			}
			s.devices[d.Path] = &clickhouse.LifetimeDevice{
				Class: string(d.Device.Class), ID: d.Device.ID, State: "active", Vendor: d.Vendor, Model: d.Model, Medium: d.Medium, CommissionedOn: &born,
				FirstReading: first, LastReading: first,
			}
		}
		for _, f := range fleet.Truth().Failures {
			if f.At.Before(from) || paths[f.Device] == nil {
				continue
			}
			for kind, when := range map[string]time.Time{telemetry.Fault: f.At, telemetry.FaultCleared: f.ClearedAt} {
				if err := s.Event(telemetry.Event{Device: paths[f.Device], Kind: kind, TS: telemetry.MillisOf(when), Attrs: fmt.Sprintf(`{"code":%q}`, f.Code)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := fleet.History(start, to, 24*time.Hour, s); err != nil {
			t.Fatal(err)
		}
		got := runJob(t, s, from, to, nil)
		for _, m := range fleet.Truth().Models {
			truth := map[string]simulate.Part{}
			for _, p := range m.Parts {
				truth[p.Code] = p
			}
			if m.Kind != simulate.Lift && m.Kind != simulate.Smoke && m.Kind != simulate.Hydrant && m.Kind != simulate.Tank {
				continue
			}
			for _, p := range read[Life](t, got, "life|||model:"+m.Vendor+"/"+m.Name).Parts {
				want, is := truth[p.Code]
				if !is {
					t.Errorf("%s has no part %s", m.Name, p.Code)
					continue
				}
				if p.Failures < fewFailures || p.Shape.Low == nil || p.Scale.Low == nil {
					few++
					if p.Why == "" {
						t.Errorf("%s %s has no reason: %+v", m.Name, p.Code, p)
					}
					continue
				}
				n++
				if *p.Shape.Low <= want.Shape && want.Shape <= *p.Shape.High {
					shapes++
				}
				if scale := want.ScaleHours / 8766; *p.Scale.Low <= scale && scale <= *p.Scale.High {
					scales++
				}
			}
		}
		forecasts := 0
		for name := range got.notes {
			if !strings.HasPrefix(name, "prospects|") {
				continue
			}
			for _, p := range read[Prospects](t, got, name).Devices {
				key := telemetry.Device{Region: p.Region, Project: p.Project, Class: telemetry.Class(p.Class), ID: p.Device}
				if p.Senses != senses[key.String()] {
					t.Errorf("%s senses %q, want %q", key, p.Senses, senses[key.String()])
				}
				if p.Fail365.Value != nil {
					forecasts++
				}
			}
		}
		if forecasts != len(s.devices) {
			t.Errorf("%d forecasts of %d devices", forecasts, len(s.devices))
		}
	}
	t.Logf("of %d intervals %d hold the shape and %d the scale; %d parts had too few failures", n, shapes, scales, few)
	if n < 30 || float64(min(shapes, scales)) < 0.95*float64(n)-3*math.Sqrt(0.95*0.05*float64(n)) {
		t.Errorf("of %d intervals %d hold the shape and %d the scale; %d parts had too few failures", n, shapes, scales, few)
	}
}
