// Package reliability says how often devices fail and how long they stay so, in the
// terms of IEC 60050-192: the job that makes, of the faults, entrapments and
// maintenance that devices reported, failure rates, mean operating times between
// failures, mean times to restoration and of repair, availability, repeated faults
// and trends, by class, region, project, model, vendor and age.
//
// A rate is failures over the time for which devices were watched: in service, known
// to Steward and not silent. What counts as one failure is said at recorder, what as
// watched at watchOf and measure, what the numbers are at group.numbers. Only devices
// of the registry count; of others nobody knows what they are.
package reliability

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
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
	ReliabilityDevices(ctx context.Context, at authz.Place, from, to time.Time, each func(clickhouse.ReliabilityDevice) error) error
	ReliabilityEvents(ctx context.Context, at authz.Place, from, to time.Time, each func(clickhouse.ReliabilityEvent) error) error
	ScoredOrders(ctx context.Context, from, to time.Time, each func(clickhouse.ScoredOrder) error) error
}

const (
	// before is how far before the period something may have begun that still lasts.
	before = 400 * 24 * time.Hour

	repeatParam   = "repeat_days"
	repeatDays    = 30.
	maxRepeatDays = 366

	batchNumbers = 1000
)

// New is the job. Zone is that of projects which the registry does not know.
func New(store Store, zone *time.Location) job.Job {
	return job.Job{
		Name:  "reliability",
		Title: incident.Text{ZH: "设备可靠性", EN: "Reliability"},
		About: "failure rates, times between failures and to restoration, availability, repeated faults and trends by class, model, vendor, age and place",
		Every: job.Monthly,
		At:    3 * time.Hour,
		Period: func(now time.Time, zone *time.Location) (from, to time.Time) {
			y, m, _ := now.In(zone).Date()
			return time.Date(y-1, m, 1, 0, 0, 0, 0, zone), time.Date(y, m, 1, 0, 0, 0, 0, zone)
		},
		Params: []job.Param{{
			Name: repeatParam, About: fmt.Sprintf("days within which another fault of a device is a repeat, more than 0 and at most %d", maxRepeatDays),
			Default: fmt.Sprint(repeatDays),
			Check:   func(v string) error { _, err := parseDays(v); return err },
		}},
		Run: func(ctx context.Context, r *job.Run) error { return run(ctx, r, store, zone) },
	}
}

func parseDays(v string) (float64, error) {
	if v == "" {
		return repeatDays, nil
	}
	days, err := strconv.ParseFloat(v, 64)
	if err != nil || !(days > 0 && days <= maxRepeatDays) {
		return 0, fmt.Errorf("%s %.40q: give days, more than 0 and at most %d", repeatParam, v, maxRepeatDays)
	}
	return days, nil
}

func run(ctx context.Context, r *job.Run, store Store, zone *time.Location) error {
	days, err := parseDays(r.Params[repeatParam])
	if err != nil {
		return err
	}
	if !r.From.Before(r.To) {
		return fmt.Errorf("reliability: the period from %s to %s has no time: give one that has", r.From.Format(time.RFC3339), r.To.Format(time.RFC3339))
	}
	places, err := store.MeasuredPlaces(ctx, r.From, r.To)
	if err != nil {
		return err
	}
	f := newFleet(span{telemetry.MillisOf(r.From), telemetry.MillisOf(r.To)})
	if err := f.repairs(ctx, store, r.From, r.To); err != nil {
		return fmt.Errorf("reliability: repair orders: %w", err)
	}
	for i, p := range places {
		r.Progress(int64(i), int64(len(places)), p.Region+"/"+p.Project)
		if err := f.project(ctx, store, r, p, zone); err != nil {
			return fmt.Errorf("reliability of %s/%s: %w", p.Region, p.Project, err)
		}
	}
	r.Progress(int64(len(places)), int64(len(places)), "")
	return f.report(ctx, r, days)
}

// fleet is all that was gathered.
type fleet struct {
	period span
	groups map[key]*group
	models map[string]*history // by subject
	named  Models

	callouts map[authz.Place]*callouts // of projects that enter repair orders of lifts
}

func newFleet(period span) *fleet {
	return &fleet{period: period, groups: map[key]*group{}, models: map[string]*history{}, named: Models{Classes: map[string]string{}}, callouts: map[authz.Place]*callouts{}}
}

type deviceKey struct{ class, id string }

// project takes in the devices of a project and what happened to them. Devices of one
// project at a time are in memory, events of one device.
func (f *fleet) project(ctx context.Context, store Store, r *job.Run, p clickhouse.MeasuredPlace, zone *time.Location) error {
	if z, err := time.LoadLocation(p.TimeZone); p.TimeZone != "" && err == nil {
		zone = z
	}
	devices := map[deviceKey]*clickhouse.ReliabilityDevice{}
	err := store.ReliabilityDevices(ctx, p.Place, r.From, r.To, func(d clickhouse.ReliabilityDevice) error {
		devices[deviceKey{d.Class, d.ID}] = &d
		return nil
	})
	if err != nil {
		return err
	}
	var current deviceKey
	rec := new(recorder)
	flush := func() {
		if d := devices[current]; d != nil {
			f.device(p.Place, d, rec.end(f.period.to), zone)
			delete(devices, current)
		}
	}
	err = store.ReliabilityEvents(ctx, p.Place, r.From.Add(-before), r.To, func(e clickhouse.ReliabilityEvent) error {
		if k := (deviceKey{e.Class, e.Device}); k != current {
			flush()
			current, rec = k, new(recorder)
		}
		rec.take(e.Kind, e.Code, e.At)
		return nil
	})
	if err != nil {
		return err
	}
	flush()
	// In an order of their own, so that sums come out the same each time.
	rest := slices.SortedFunc(maps.Keys(devices), func(a, b deviceKey) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.id, b.id))
	})
	for _, k := range rest {
		f.device(p.Place, devices[k], new(course), zone)
	}
	if c := f.callouts[p.Place]; c != nil && c.unnamed > 0 {
		for _, k := range keysOf(p.Region, p.Project, string(telemetry.Elevator), "", "") {
			if g := f.groups[k]; g != nil {
				g.unnamed += c.unnamed
			}
		}
	}
	return nil
}

// device takes in one device.
func (f *fleet) device(at authz.Place, d *clickhouse.ReliabilityDevice, c *course, zone *time.Location) {
	keys := keysOf(at.Region, at.Project, d.Class, d.Vendor, d.Model)
	if d.Model != "" {
		f.named.take(modelSubject(d.Vendor, d.Model), d.Class)
	}
	if c.overflow {
		for _, k := range keys {
			f.of(k).overflow++
		}
		return
	}
	watch := watchOf(d, f.period, zone)
	f.recorded(at, d, c)
	by := reporting{class: d.Class, lift: isLift(d.Class), eventsOnly: d.FirstReading == 0, expected: d.Expected, came: d.Came}
	t := measure(c, watch)
	for _, k := range keys {
		f.of(k).add(&t, by)
	}
	for _, b := range bands(d, watch, zone) {
		part := measure(c, b.span)
		f.of(key{subject: "age:" + d.Class + "/" + b.name}).add(&part, by)
	}
	if d.Model != "" {
		subject := modelSubject(d.Vendor, d.Model)
		h := f.models[subject]
		if h == nil {
			h = &history{group: f.of(key{subject: subject})}
			f.models[subject] = h
		}
		h.add(d, &t, zone)
	}
}

func (f *fleet) of(k key) *group {
	g := f.groups[k]
	if g == nil {
		g = new(group)
		f.groups[k] = g
	}
	return g
}

// report writes all numbers and documents.
func (f *fleet) report(ctx context.Context, r *job.Run, days float64) error {
	keys := slices.SortedFunc(maps.Keys(f.groups), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.region, b.region), cmp.Compare(a.project, b.project), cmp.Compare(a.subject, b.subject))
	})
	var numbers []job.Number
	put := func(list []job.Number, atLeast int) error {
		if numbers = append(numbers, list...); len(numbers) < atLeast {
			return nil
		}
		err := r.Write(ctx, numbers)
		numbers = nil
		return err
	}
	projects := map[string][]key{} // by class, as a subject
	peers := map[string][]key{}    // others that are compared within a class
	for _, k := range keys {
		g := f.groups[k]
		kind, _, _ := strings.Cut(k.subject, ":")
		switch {
		case k.project != "" && k.subject != "":
			projects[k.subject] = append(projects[k.subject], k)
		case k.region != "" && k.subject != "":
			peers["region of "+k.subject] = append(peers["region of "+k.subject], k)
		case (kind == "model" || kind == "vendor") && g.class != "" && g.class != severalClasses:
			peers[kind+" of "+g.class] = append(peers[kind+" of "+g.class], k)
		}
		g.usual = f.usual(g)
		if err := put(g.numbers(k, days), batchNumbers); err != nil {
			return err
		}
	}
	for _, class := range slices.Sorted(maps.Keys(projects)) {
		list, err := estates(ctx, r, class, projects[class], f.groups)
		if err == nil {
			err = put(list, batchNumbers)
		}
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(peers)) {
		_, list, err := shrunk(peers[name], f.groups)
		if err == nil {
			err = put(list, batchNumbers)
		}
		if err != nil {
			return err
		}
	}
	for _, model := range slices.Sorted(maps.Keys(f.models)) {
		list, err := f.models[model].report(ctx, r, model)
		if err == nil {
			err = put(list, batchNumbers)
		}
		if err != nil {
			return fmt.Errorf("trend of %s: %w", model, err)
		}
	}
	if len(f.named.Classes) > 0 {
		if err := r.Note(ctx, "models", "", "", "", f.named); err != nil {
			return err
		}
	}
	if all := f.groups[key{}]; all != nil && all.expected > 0 {
		r.Cover(all.coverage())
	}
	return put(nil, 1)
}

// usual is the mean time to restoration of a group's class over the company, in hours,
// for a group that has none of its own; that of all devices for one of several classes.
func (f *fleet) usual(g *group) float64 {
	k := key{subject: "class:" + g.class}
	if g.class == severalClasses {
		k.subject = ""
	}
	if all := f.groups[k]; all != nil && all.restoration.ended > 0 {
		return all.restoration.hours / float64(all.restoration.ended)
	}
	return 0
}
