package clickhouse

import (
	"context"
	"math"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// EventsQuery asks for events.
type EventsQuery struct {
	Filter
	Kinds, Severities []string  // only these; none for all
	From, To          time.Time // from ≤ time < to; zero for the beginning, and for now
	OldestFirst       bool
	Limit             int    // of rows, MaxRows at most; DefaultRows when 0
	Cursor            string // EventsPage.Next of the page before; "" for the first
}

// EventsPage is a page of events. Devices are shared between rows.
type EventsPage struct {
	Events []telemetry.Event
	Next   string // "" when there is no more
}

// Events gives a page of what a caller may see by time, newest first unless
// asked otherwise. The error is an *ArgumentError, ErrTooLarge, or one of the
// store's.
func (s *Store) Events(ctx context.Context, scope authz.Scope, q EventsQuery) (EventsPage, error) {
	plan, err := q.plan(scope, time.Now())
	if err != nil || scope.Empty() {
		return EventsPage{}, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return EventsPage{}, err
	}
	defer leave()
	var page EventsPage
	pager := newPager(plan.limit, plan.cursor)
	if err := s.fillEvents(ctx, scope, plan, pager, &page); err != nil {
		return EventsPage{}, err
	}
	page.Next = pager.next(cursor{Query: plan.cursor.Query, From: plan.from, To: plan.to})
	return page, nil
}

// eventsPlan is a query of events that was checked.
type eventsPlan struct {
	eventFilter
	period
	oldestFirst bool
	limit       int
	cursor      cursor // where to begin
}

// eventFilter are the events that a caller asks about.
type eventFilter struct {
	filter            Filter
	kinds, severities []string
}

func (f eventFilter) validate() error {
	if err := f.filter.validate(); err != nil {
		return err
	}
	for _, severity := range f.severities {
		if _, err := telemetry.ParseSeverity(severity); err != nil {
			return &ArgumentError{"severities", severity, "is not one of life_safety, critical, warning, info"}
		}
	}
	return validateNames("kinds", f.kinds)
}

func (a arguments) events(f eventFilter) {
	a.filter(f.filter)
	a.texts("kinds", f.kinds)
	a.texts("severities", f.severities)
}

func (q EventsQuery) plan(scope authz.Scope, now time.Time) (plan eventsPlan, err error) {
	plan.eventFilter = eventFilter{q.Filter, q.Kinds, q.Severities}
	plan.oldestFirst = q.OldestFirst
	if err := plan.validate(); err != nil {
		return plan, err
	}
	if plan.period, err = periodOf(q.From, q.To, now); err != nil {
		return plan, err
	}
	if plan.limit, err = limitOr(q.Limit, DefaultRows, MaxRows); err != nil {
		return plan, err
	}
	own := q
	own.Cursor, own.Limit = "", 0
	if plan.cursor, err = parseCursor(q.Cursor, fingerprint("events", scope, own)); err != nil {
		return plan, err
	}
	if q.Cursor != "" {
		plan.period = period{plan.cursor.From, plan.cursor.To}
	}
	return plan, nil
}

func (s *Store) fillEvents(ctx context.Context, scope authz.Scope, plan eventsPlan, pager *pager, page *EventsPage) error {
	stored, err := s.stored(ctx, "events")
	if err != nil {
		return err
	}
	direction, after := int64(-1), plan.cursor.After
	if plan.oldestFirst {
		direction = 1
	}
	if plan.cursor.Count == 0 {
		after.TS = before(direction)
	}
	known := intern{}
	for piece := range plan.within(stored).pieces(false, !plan.oldestFirst) {
		if plan.cursor.Count > 0 && (plan.oldestFirst && piece.to <= after.TS || !plan.oldestFirst && piece.from > after.TS) {
			continue // it was on the pages before
		}
		args := arguments{}
		args.events(plan.eventFilter)
		args.period(piece)
		args.number("direction", direction)
		args.after(after)
		args.text("after_kind", after.Kind)
		args.text("after_id", after.ID)
		args.number("limit", int64(pager.wants()))
		err := s.scopedEvents(ctx, scope, "events", args, known, func(e telemetry.Event) {
			if pager.take(keyOfEvent(e)) {
				page.Events = append(page.Events, e)
			}
		})
		if err != nil || pager.more {
			return err
		}
	}
	return nil
}

// before is a time before every other in a direction.
func before(direction int64) telemetry.Millis {
	if direction > 0 {
		return 0
	}
	return math.MaxInt64
}

func keyOfEvent(e telemetry.Event) position {
	key := keyOf(e.Device, "", e.TS)
	key.Kind, key.ID = e.Kind, e.ID
	return key
}

// scopedEvents runs a query of queries/scoped/ whose rows are events.
func (s *Store) scopedEvents(ctx context.Context, scope authz.Scope, name string, args arguments, known intern, each func(telemetry.Event)) error {
	return s.scopedRows(ctx, scope, name, args, func(scan func(...any) error) (authz.Place, error) {
		e, err := known.event(scan)
		if err != nil {
			return authz.Place{}, err
		}
		each(e)
		return place(e.Device.Region, e.Device.Project), nil
	})
}

// event reads a row of an event.
func (known intern) event(scan func(...any) error) (telemetry.Event, error) {
	var region, project, class, id, severity string
	var e telemetry.Event
	err := scan(&region, &project, &class, &id, (*int64)(&e.TS), (*int64)(&e.Received), &e.Kind, &e.ID, &severity, &e.Attrs)
	if err != nil {
		return e, err
	}
	e.Device, e.Severity = known.device(region, project, class, id), telemetry.Severity(severity)
	return e, nil
}
