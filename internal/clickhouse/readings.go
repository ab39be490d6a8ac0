package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Filter narrows a query of a caller within what he may see. Each field that is
// not empty must be equal.
type Filter struct {
	Region, Project string
	Class           telemetry.Class
	Device          string
}

// ReadingsQuery asks for readings, or buckets of them.
type ReadingsQuery struct {
	Filter
	Devices    []telemetry.Device // only these, MaxDevices at most; none for all
	Metrics    []string           // only these, MaxMetrics at most; none for all
	From, To   time.Time          // from ≤ time < to; zero for the beginning, and for now; of buckets those that begin in it
	Resolution Resolution
	MaxPoints  int    // of a series, for Automatic; DefaultPoints when 0
	Limit      int    // of rows, MaxRows at most; DefaultRows when 0
	Cursor     string // ReadingsPage.Next of the page before; "" for the first
}

// Sample is a value and its time.
type Sample struct {
	TS    telemetry.Millis
	Value float64
}

// Bucket is what one series did in one period.
type Bucket struct {
	Device         *telemetry.Device
	Metric         string
	Start          telemetry.Millis
	First, Last    Sample
	Min, Max, Mean float64
	Count          uint64
}

// ReadingsPage is a page of readings: Readings when the resolution is Raw, and
// Buckets otherwise. Devices are shared between rows.
type ReadingsPage struct {
	Resolution Resolution // never Automatic
	From, To   time.Time  // as they were taken
	Readings   []telemetry.Reading
	Buckets    []Bucket
	Next       string // "" when there is no more
}

// Readings gives a page of what a caller may see: by project, class, device,
// metric and time, within each month of Raw and FiveMinutes and within each year
// of the others, so that of one series it is by time throughout (two that differ
// in nothing but the region are by time together). Two readings that are equal
// in everything are both there.
//
// The error is an *ArgumentError, ErrTooLarge, or one of the store's.
func (s *Store) Readings(ctx context.Context, scope authz.Scope, q ReadingsQuery) (ReadingsPage, error) {
	plan, err := q.plan(scope, time.Now())
	if err != nil {
		return ReadingsPage{}, err
	}
	if !scope.Empty() {
		leave, err := s.queries.enter(ctx)
		if err != nil {
			return ReadingsPage{}, err
		}
		defer leave()
		if plan.resolution == Automatic {
			if plan.resolution, err = s.automatic(ctx, scope, plan); err != nil {
				return ReadingsPage{}, err
			}
		}
	}
	page := ReadingsPage{Resolution: plan.resolution, From: plan.from.Time(), To: plan.to.Time()}
	if scope.Empty() {
		page.Resolution = cmp.Or(plan.resolution, Raw)
		return page, nil
	}
	pager := newPager(plan.limit, plan.cursor)
	if err := s.fillReadings(ctx, scope, plan, pager, &page); err != nil {
		return ReadingsPage{}, err
	}
	page.Next = pager.next(cursor{Query: plan.cursor.Query, From: plan.from, To: plan.to, Resolution: plan.resolution})
	return page, nil
}

// readingsPlan is a query of readings that was checked.
type readingsPlan struct {
	series
	period
	resolution       Resolution // Automatic until it is chosen
	maxPoints, limit int
	cursor           cursor // where to begin
}

// series are the series that a caller asks about.
type series struct {
	filter  Filter
	devices []telemetry.Device
	metrics []string
}

func (a arguments) series(q series) {
	a.filter(q.filter)
	a.devices(q.devices)
	a.texts("metrics", q.metrics)
}

func (q series) validate() error {
	if err := q.filter.validate(); err != nil {
		return err
	}
	if err := validateDevices(q.devices); err != nil {
		return err
	}
	return validateNames("metrics", q.metrics)
}

func (q ReadingsQuery) plan(scope authz.Scope, now time.Time) (plan readingsPlan, err error) {
	plan.series = series{q.Filter, q.Devices, q.Metrics}
	if err := plan.validate(); err != nil {
		return plan, err
	}
	plan.resolution = q.Resolution
	if plan.resolution != Automatic && plan.resolution.table() == "" {
		return plan, &ArgumentError{"resolution", string(q.Resolution), "is not one of raw, 5m, 1h, 1d"}
	}
	if plan.period, err = periodOf(q.From, q.To, now); err != nil {
		return plan, err
	}
	if plan.limit, err = limitOr(q.Limit, DefaultRows, MaxRows); err != nil {
		return plan, err
	}
	switch plan.maxPoints = q.MaxPoints; {
	case plan.maxPoints == 0:
		plan.maxPoints = DefaultPoints
	case plan.maxPoints < 0 || plan.maxPoints > MaxPoints:
		return plan, &ArgumentError{"max_points", strconv.Itoa(q.MaxPoints), fmt.Sprintf("is not from 1 to %d", MaxPoints)}
	}
	own := q
	own.Cursor, own.Limit = "", 0 // a page may be larger than the one before
	if plan.cursor, err = parseCursor(q.Cursor, fingerprint("readings", scope, own)); err != nil {
		return plan, err
	}
	if q.Cursor != "" {
		// Now, and what was chosen, are those of the first page.
		plan.period, plan.resolution = period{plan.cursor.From, plan.cursor.To}, plan.cursor.Resolution
		if plan.resolution.table() == "" {
			return plan, &ArgumentError{"cursor", q.Cursor, "names no resolution"}
		}
	}
	return plan, nil
}

// fillReadings asks piece after piece until the page is full.
func (s *Store) fillReadings(ctx context.Context, scope authz.Scope, plan readingsPlan, pager *pager, page *ReadingsPage) error {
	period, err := s.storedWithin(ctx, plan.resolution, plan.period)
	if err != nil {
		return err
	}
	known := intern{}
	after := plan.cursor.After
	for piece := range period.pieces(plan.resolution.years(), false) {
		if piece.to <= after.TS {
			continue // it was on the pages before
		}
		args := arguments{}
		args.series(plan.series)
		args.period(piece)
		args.after(after)
		args.number("limit", int64(pager.wants()))
		if plan.resolution == Raw {
			err = s.rawReadings(ctx, scope, args, known, func(r telemetry.Reading) {
				if pager.take(keyOf(r.Device, r.Metric, r.TS)) {
					page.Readings = append(page.Readings, r)
				}
			})
		} else {
			err = s.buckets(ctx, scope, plan.resolution, args, known, func(b Bucket) {
				if pager.take(keyOf(b.Device, b.Metric, b.Start)) {
					page.Buckets = append(page.Buckets, b)
				}
			})
		}
		if err != nil || pager.more {
			return err
		}
		after = position{}
	}
	return nil
}

// storedWithin is the part of a period of which a table has anything. One piece
// is asked without looking.
func (s *Store) storedWithin(ctx context.Context, r Resolution, p period) (period, error) {
	const worthwhile = 62 * 24 * time.Hour
	if p.length() < worthwhile {
		return p, nil
	}
	stored, err := s.stored(ctx, r.table())
	return p.within(stored), err
}

func keyOf(d *telemetry.Device, metric string, ts telemetry.Millis) position {
	return position{TS: ts, Region: d.Region, Project: d.Project, Class: string(d.Class), Device: d.ID, Metric: metric}
}

// after binds the key of a series' row to begin with.
func (a arguments) after(p position) {
	a.number("after_ts", int64(p.TS))
	a.text("after_region", p.Region)
	a.text("after_project", p.Project)
	a.text("after_class", p.Class)
	a.text("after_device", p.Device)
	a.text("after_metric", p.Metric)
}

func (s *Store) rawReadings(ctx context.Context, scope authz.Scope, args arguments, known intern, each func(telemetry.Reading)) error {
	return s.scopedRows(ctx, scope, "readings_raw", args, func(scan func(...any) error) (authz.Place, error) {
		var region, project, class, id string
		var r telemetry.Reading
		if err := scan(&region, &project, &class, &id, &r.Metric, (*int64)(&r.TS), (*int64)(&r.Received), &r.Value); err != nil {
			return authz.Place{}, err
		}
		r.Device = known.device(region, project, class, id)
		each(r)
		return place(region, project), nil
	})
}

func (s *Store) buckets(ctx context.Context, scope authz.Scope, r Resolution, args arguments, known intern, each func(Bucket)) error {
	args.text("table", r.table())
	return s.scopedRows(ctx, scope, "readings_buckets", args, func(scan func(...any) error) (authz.Place, error) {
		var region, project, class, id string
		var b Bucket
		err := scan(&region, &project, &class, &id, &b.Metric, (*int64)(&b.Start),
			(*int64)(&b.First.TS), &b.First.Value, (*int64)(&b.Last.TS), &b.Last.Value, &b.Min, &b.Max, &b.Mean, &b.Count)
		if err != nil {
			return authz.Place{}, err
		}
		b.Device = known.device(region, project, class, id)
		each(b)
		return place(region, project), nil
	})
}
