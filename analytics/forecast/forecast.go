// Package forecast says what is to be expected of devices: how the parts of a model
// live, and with which probability each device fails. It is the job lifetimes.
//
// A life is that of a part, which is a fault code of a device: from its restoration,
// or from when the device was new, to its next fault. Where failures end a device, as
// they do meters and smoke detectors, it is that of the device: from its commissioning
// to its replacement for a fault, or until it fell silent for more than a week and was
// exchanged before it said anything again; another replacement only ends the watch
// (censoring). What is watched and what a failure is are said at recorder, spell and
// watched; the laws are fitted at fit, by what likelihood and residual say; a device's
// forecast is made at lived.expect, and tried at backtest. Telemetry of wear counts
// only where it made a forecast better that was held out, see wear.
package forecast

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Store is what the job reads; *clickhouse.Store is one.
type Store interface {
	MeasuredPlaces(ctx context.Context, from, to time.Time) ([]clickhouse.MeasuredPlace, error)
	LifetimeDevices(ctx context.Context, at authz.Place, from, to time.Time, each func(clickhouse.LifetimeDevice) error) error
	LifetimeEvents(ctx context.Context, at authz.Place, from, to time.Time, each func(clickhouse.ReliabilityEvent) error) error
	LifetimeWears(ctx context.Context, at authz.Place, from, to time.Time, each func(clickhouse.LifetimeWear) error) error
}

const (
	// before is how long before the period a fault may have begun that is still open.
	before = 31 * 24 * time.Hour
	// history is how many years of lives a run looks at: long enough for most parts to
	// fail, and short enough that models and their maintenance are still the same.
	history = 10

	horizonParam   = "horizon_days"
	longHorizon    = 365
	shortHorizon   = 90
	maxHorizonDays = 3660
)

// New is the job. Zone is that of projects which the registry does not know.
func New(store Store, zone *time.Location) job.Job {
	return job.Job{
		Name:   "lifetimes",
		Title:  incident.Text{ZH: "设备寿命与故障预测", EN: "Lifetimes and forecasts"},
		About:  "how long parts and devices live by model, with which probability each device fails within 90 and 365 days, and how such forecasts fared",
		Every:  job.Monthly,
		At:     4 * time.Hour,
		Period: Period,
		Params: []job.Param{{
			Name: horizonParam, About: fmt.Sprintf("days before the end from which forecasts are made that are compared with what happened, a whole number from 1 to %d", maxHorizonDays),
			Default: fmt.Sprintf("%d, or %d where devices were not watched for twice as long", longHorizon, shortHorizon),
			Check:   func(v string) error { _, err := parseHorizon(v); return err },
		}},
		Run: func(ctx context.Context, r *job.Run) error { return run(ctx, r, store, zone) },
	}
}

// Period is what a run of the schedule looks at: the years until the beginning of a
// month.
func Period(now time.Time, zone *time.Location) (from, to time.Time) {
	y, m, _ := now.In(zone).Date()
	return time.Date(y-history, m, 1, 0, 0, 0, 0, zone), time.Date(y, m, 1, 0, 0, 0, 0, zone)
}

// parseHorizon is 0 where nobody said one.
func parseHorizon(v string) (int, error) {
	if v == "" {
		return 0, nil
	}
	days, err := strconv.Atoi(v)
	if err != nil || days < 1 || days > maxHorizonDays {
		return 0, fmt.Errorf("%s %.40q: give whole days, from 1 to %d", horizonParam, v, maxHorizonDays)
	}
	return days, nil
}

func run(ctx context.Context, r *job.Run, store Store, zone *time.Location) error {
	days, err := parseHorizon(r.Params[horizonParam])
	if err != nil {
		return err
	}
	if !r.From.Before(r.To) {
		return fmt.Errorf("lifetimes: the period from %s to %s has no time: give one that has", r.From.Format(time.RFC3339), r.To.Format(time.RFC3339))
	}
	places, err := store.MeasuredPlaces(ctx, r.From, r.To)
	if err != nil {
		return err
	}
	f := &fleet{period: span{telemetry.MillisOf(r.From), telemetry.MillisOf(r.To)}}
	all := int64(2*len(places)) + 2
	for i, p := range places {
		r.Progress(int64(i), all, p.Region+"/"+p.Project)
		if err := f.project(ctx, store, r, p, zone); err != nil {
			return fmt.Errorf("lifetimes of %s/%s: %w", p.Region, p.Project, err)
		}
	}
	sense(f.devices)
	f.plan(days)
	for i, p := range places {
		r.Progress(int64(len(places)+i), all, p.Region+"/"+p.Project)
		if err := f.telemetry(ctx, store, p.Place); err != nil {
			return fmt.Errorf("wear of %s/%s: %w", p.Region, p.Project, err)
		}
	}
	r.Progress(all-2, all, "fit")
	if err := f.report(ctx, r); err != nil {
		return err
	}
	r.Progress(all, all, "")
	return nil
}

// fleet is all that was gathered: of each device what the registry has, and its lives.
// Events and readings are not kept.
type fleet struct {
	period  span
	devices []*device // by project, class and id

	horizon telemetry.Millis // of the back-test; 0 when there is too little history
	why     string
	wear    wearPlan
}

type deviceKey struct{ class, id string }

// project takes in the devices of a project and what happened to them.
func (f *fleet) project(ctx context.Context, store Store, r *job.Run, p clickhouse.MeasuredPlace, zone *time.Location) error {
	if z, err := time.LoadLocation(p.TimeZone); p.TimeZone != "" && err == nil {
		zone = z
	}
	known := map[deviceKey]clickhouse.LifetimeDevice{}
	err := store.LifetimeDevices(ctx, p.Place, r.From, r.To, func(d clickhouse.LifetimeDevice) error {
		known[deviceKey{d.Class, d.ID}] = d
		return nil
	})
	if err != nil {
		return err
	}
	first := len(f.devices)
	var current deviceKey
	rec := newRecorder()
	flush := func() {
		if d, is := known[current]; is {
			f.devices = append(f.devices, newDevice(p.Place, d, rec.end(f.period.to), f.period, zone))
			delete(known, current)
		}
	}
	err = store.LifetimeEvents(ctx, p.Place, r.From.Add(-before), r.To, func(e clickhouse.ReliabilityEvent) error {
		if k := (deviceKey{e.Class, e.Device}); k != current {
			flush()
			current, rec = k, newRecorder()
		}
		rec.take(e.Kind, e.Code, e.At)
		return nil
	})
	if err != nil {
		return err
	}
	flush()
	for _, k := range slices.SortedFunc(maps.Keys(known), byClass) {
		f.devices = append(f.devices, newDevice(p.Place, known[k], new(course), f.period, zone))
	}
	slices.SortFunc(f.devices[first:], func(a, b *device) int { return byClass(deviceKey{a.Class, a.ID}, deviceKey{b.Class, b.ID}) })
	return nil
}

func byClass(a, b deviceKey) int {
	return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.id, b.id))
}

// plan chooses horizons by how long devices have been watched.
func (f *fleet) plan(days int) {
	first := f.period.to
	for _, d := range f.devices {
		if len(d.windows) > 0 {
			first = min(first, d.windows[0].from)
		}
	}
	seen := f.period.to - first
	if days == 0 {
		if days = shortHorizon; seen >= 2*longHorizon*day {
			days = longHorizon
		}
	}
	f.horizon = telemetry.Millis(days) * day
	if seen < 2*f.horizon {
		f.why = insufficient(fmt.Sprintf("devices were watched for %.0f days; a back-test of %d days needs twice as many", float64(seen)/float64(day), days))
		f.horizon = 0
	}
	switch {
	case f.horizon > 0 && seen >= 3*f.horizon:
		f.wear.horizon = f.horizon
	case seen >= 3*shortHorizon*day:
		f.wear.horizon = shortHorizon * day
	default:
		f.wear.why = insufficient(fmt.Sprintf("devices were watched for %.0f days; at least %d are needed to learn, to try and to know an indicator before", float64(seen)/float64(day), 3*shortHorizon))
	}
}

// telemetry takes in how much the devices of a project worked before the times at
// which indicators of wear are tried and used.
func (f *fleet) telemetry(ctx context.Context, store Store, at authz.Place) error {
	if f.wear.horizon == 0 {
		return nil
	}
	byKey := map[deviceKey]*device{}
	for _, d := range f.devices {
		if d.at == at {
			byKey[deviceKey{d.Class, d.ID}] = d
		}
	}
	for i := range wearTimes {
		to := f.wear.at(i, f.period.to)
		err := store.LifetimeWears(ctx, at, (to - wearWindow).Time(), to.Time(), func(w clickhouse.LifetimeWear) error {
			if d := byKey[deviceKey{w.Class, w.Device}]; d != nil {
				d.takeWear(i, w)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
