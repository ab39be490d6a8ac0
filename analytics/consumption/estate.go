package consumption

import (
	"context"
	"time"

	"steward/analytics/continuity"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// estate is what is known of a project's counters besides their readings.
type estate struct {
	place       clickhouse.MeasuredPlace
	zone        *time.Location
	devices     map[deviceKey]clickhouse.MeasuredDevice
	events      map[deviceKey][]clickhouse.CounterEvent
	corrections map[deviceKey][]clickhouse.MeterCorrection
	changes     map[deviceKey][]MultiplierChange
	past        map[clickhouse.Series]clickhouse.CounterPast
}

type deviceKey struct{ class, id string }

// pastDays is how far back a counter's own past is looked at: a season.
const pastDays = 90

func (r *runner) estate(ctx context.Context, p clickhouse.MeasuredPlace, from, to time.Time) (*estate, error) {
	e := &estate{
		place: p, zone: zoneOf(p.TimeZone, r.zone), devices: map[deviceKey]clickhouse.MeasuredDevice{},
		events: map[deviceKey][]clickhouse.CounterEvent{}, corrections: map[deviceKey][]clickhouse.MeterCorrection{},
		changes: map[deviceKey][]MultiplierChange{}, past: map[clickhouse.Series]clickhouse.CounterPast{},
	}
	devices, err := r.store.MeasuredDevices(ctx, p.Place)
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		e.devices[deviceKey{d.Class, d.ID}] = d
	}
	events, err := r.store.CounterEvents(ctx, p.Place, from.Add(-lookback), to.Add(lookback))
	if err != nil {
		return nil, err
	}
	for _, v := range events {
		k := deviceKey{v.Class, v.Device}
		e.events[k] = append(e.events[k], v)
	}
	corrections, err := r.store.MeterCorrections(ctx, p.Place)
	if err != nil {
		return nil, err
	}
	for _, c := range corrections {
		k := deviceKey{string(c.Device.Class), c.Device.ID}
		e.corrections[k] = append(e.corrections[k], c)
	}
	if r.multipliers != nil {
		changes, err := r.multipliers.MultiplierChanges(ctx, p.Place, from.Add(-lookback))
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			k := deviceKey{c.Class, c.Device}
			e.changes[k] = append(e.changes[k], c)
		}
	}
	pasts, err := r.store.CounterPasts(ctx, p.Place, from.AddDate(0, 0, -pastDays), from)
	if err != nil {
		return nil, err
	}
	for _, v := range pasts {
		e.past[v.Series] = v
	}
	return e, nil
}

// zoneOf is a zone by its name, or the company's.
func zoneOf(name string, company *time.Location) *time.Location {
	if name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return company
}

// counter describes a series for its rows.
func (e *estate) counter(s clickhouse.Series) *clickhouse.Counter {
	d := e.devices[deviceKey{s.Class, s.Device}]
	return &clickhouse.Counter{
		Device: telemetry.Device{Region: e.place.Region, Project: e.place.Project, Class: telemetry.Class(s.Class), ID: s.Device},
		Metric: s.Metric, Building: d.Building, Medium: d.Medium, Point: e.point(s),
	}
}

// point is the first device at the place where a device is: replacements later on do
// not change it.
func (e *estate) point(s clickhouse.Series) string {
	const longest = 100 // of a chain; one that goes round is nobody's
	id := s.Device
	for range longest {
		ref := e.devices[deviceKey{s.Class, id}].Replaces
		if len(ref) <= len(s.Class)+1 || ref[:len(s.Class)+1] != s.Class+"/" {
			return id
		}
		id = ref[len(s.Class)+1:]
	}
	return s.Device
}

// marks are what is known of a series apart from its readings.
func (e *estate) marks(s clickhouse.Series) []continuity.Mark {
	k := deviceKey{s.Class, s.Device}
	var marks []continuity.Mark
	for _, v := range e.events[k] {
		m := continuity.Mark{At: v.TS, Kind: continuity.MarkKind(v.Kind)}
		if mains[s.Metric] {
			m.Old, m.New = v.Old, v.New
		}
		marks = append(marks, m)
	}
	for _, c := range e.corrections[k] {
		if c.Kind == "multiplier" || c.Metric != "" && c.Metric != s.Metric {
			continue
		}
		m := continuity.Mark{At: telemetry.MillisOf(c.At), Until: telemetry.MillisOf(c.Until), Kind: continuity.MarkKind(c.Kind)}
		if c.Metric != "" || mains[s.Metric] {
			m.Old, m.New = c.Old, c.New
		}
		marks = append(marks, m)
	}
	// A meter that was taken out goes on counting on somebody's desk at most.
	if d := e.devices[k]; d.RetiredOn > 0 {
		y, m, day := time.Unix(int64(d.RetiredOn)*86_400, 0).UTC().Date()
		out := time.Date(y, m, day+1, 0, 0, 0, 0, e.zone)
		marks = append(marks, continuity.Mark{At: telemetry.MillisOf(out), Until: 1 << 62, Kind: continuity.MarkIgnore})
	}
	return marks
}

// hasPast reports whether enough days of a counter were counted to judge it by them.
func (e *estate) hasPast(s clickhouse.Series) bool {
	const few = 3
	return e.past[s].Days >= few
}

func (e *estate) options(s clickhouse.Series) continuity.Options {
	k := deviceKey{s.Class, s.Device}
	o := continuity.Options{Floor: floors[s.Metric], Ceiling: ceilings[s.Metric]}
	past := e.past[s]
	o.Peak, o.Mean, o.Known = past.Peak, past.Mean, e.hasPast(s)
	if !multiplied[s.Metric] {
		return o
	}
	var corrections []clickhouse.MeterCorrection
	for _, c := range e.corrections[k] {
		if c.Metric == "" || c.Metric == s.Metric {
			corrections = append(corrections, c)
		}
	}
	o.Multipliers = multipliersOf(e.devices[k].Multiplier, e.changes[k], corrections)
	if first := o.Multipliers[0].Value; first > 0 {
		o.Peak, o.Mean = o.Peak/first, o.Mean/first
	}
	return o
}
