package clickhouse

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// CountedQuery asks what counters counted, by the hour or by the day.
type CountedQuery struct {
	Filter
	Metrics  []string   // only these, MaxMetrics at most; none for all
	From, To time.Time  // from ≤ time < to; by the day the midnights in UTC of the dates that are meant
	Step     Resolution // Hourly, or Daily: days are those of the project's calendar
	Limit    int        // of rows, MaxRows at most; DefaultRows when 0
	Cursor   string     // CountedPage.Next of the page before; "" for the first
}

// Counted is what one counter counted in one hour or on one day.
type Counted struct {
	Device         telemetry.Device
	Metric, Medium string
	At             telemetry.Millis // when the hour began, or the midnight in UTC of the day's date
	Value          float64          // of what is known
	Length         float64          // hours
	Known          float64          // hours of which something is known
	Interpolated   float64          // hours, of these, between readings that are far apart
	Suspect        float64          // hours, of these, with a rise that looks impossible
	Peak           float64          // the most of an hour of a day
	Readings       uint64
}

// CountedPage is a page of them, by region, project, class, device, metric and time.
type CountedPage struct {
	Rows []Counted
	Next string // "" when there is no more
}

// Counted gives a page of what the analysis of consumption found of the counters that
// a caller may see. The error is an *ArgumentError, ErrTooLarge, or one of the store's.
func (s *Store) Counted(ctx context.Context, scope authz.Scope, q CountedQuery) (CountedPage, error) {
	var page CountedPage
	asked, limit, from, err := q.plan(scope, time.Now())
	if err != nil || scope.Empty() {
		return page, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return page, err
	}
	defer leave()
	pager := newPager(limit, from)
	args := arguments{}
	args.filter(q.Filter)
	args.texts("metrics", q.Metrics)
	args.period(asked)
	args.after(from.After)
	args.number("limit", int64(pager.wants()))
	name := map[Resolution]string{Hourly: "consumption_1h", Daily: "consumption_1d"}[q.Step]
	err = s.scopedRows(ctx, scope, name, args, func(scan func(...any) error) (authz.Place, error) {
		c, err := q.Step.counted(scan)
		if err != nil {
			return authz.Place{}, err
		}
		if pager.take(keyOf(&c.Device, c.Metric, c.At)) {
			page.Rows = append(page.Rows, c)
		}
		return place(c.Device.Region, c.Device.Project), nil
	})
	if err != nil {
		return CountedPage{}, err
	}
	page.Next = pager.next(from)
	return page, nil
}

func (q CountedQuery) plan(scope authz.Scope, now time.Time) (asked period, limit int, from cursor, err error) {
	if err := q.validate(); err != nil {
		return asked, 0, from, err
	}
	if err := validateNames("metrics", q.Metrics); err != nil {
		return asked, 0, from, err
	}
	if q.Step != Hourly && q.Step != Daily {
		return asked, 0, from, &ArgumentError{"by", string(q.Step), "is not one of 1h, 1d"}
	}
	to := q.To
	if to.IsZero() && q.Step == Daily { // the last day that has begun anywhere
		to = now.UTC().Add(14*time.Hour).Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	if asked, err = periodOf(q.From, to, now); err != nil {
		return asked, 0, from, err
	}
	if limit, err = limitOr(q.Limit, DefaultRows, MaxRows); err != nil {
		return asked, 0, from, err
	}
	own := q
	own.Cursor, own.Limit = "", 0 // a page may be larger than the one before
	if from, err = parseCursor(q.Cursor, fingerprint("counted", scope, own)); err != nil {
		return asked, 0, from, err
	}
	if q.Cursor != "" {
		asked = period{from.From, from.To}
	}
	from.From, from.To = asked.from, asked.to
	return asked, limit, from, nil
}

// counted reads a row of the step's query.
func (r Resolution) counted(scan func(...any) error) (c Counted, err error) {
	d := &c.Device
	key := []any{&d.Region, &d.Project, (*string)(&d.Class), &d.ID, &c.Metric, &c.Medium, (*int64)(&c.At), &c.Value}
	if r == Daily {
		return c, scan(append(key, &c.Length, &c.Known, &c.Interpolated, &c.Suspect, &c.Peak, &c.Readings)...)
	}
	var quality string
	if err := scan(append(key, &c.Known, &quality, &c.Readings)...); err != nil {
		return c, err
	}
	c.Length, c.Peak = 1, c.Value
	switch quality {
	case "interpolated":
		c.Interpolated = 1
	case "suspect":
		c.Suspect = 1
	case "missing":
		c.Known = 0
	}
	return c, nil
}
