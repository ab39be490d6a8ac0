package clickhouse

import (
	"context"
	"fmt"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// CoverageQuery asks how completely devices reported.
type CoverageQuery struct {
	Filter
	From, To time.Time  // widened to whole steps; zero for MaxSteps steps before To, and for now
	Step     Resolution // Hourly or Daily
	Limit    int        // of devices, MaxCoverage at most; DefaultCoverage when 0
	Cursor   string     // CoveragePage.Next of the page before; "" for the first
}

// DeviceCoverage is how completely one device reported.
type DeviceCoverage struct {
	Device      telemetry.Device
	Steps       int              // in which it reported anything
	Readings    uint64           // of all metrics
	First, Last telemetry.Millis // of its readings; 0 when it has none
	LongestGap  time.Duration    // without a reading, the ends of the period included; one within a step goes unnoticed
}

// CoveragePage is a page of devices, by project, class and device: those that
// reported, and those that the registry has in service.
type CoveragePage struct {
	From, To time.Time // as they were taken
	Steps    int       // between From and To
	Devices  []DeviceCoverage
	Next     string // "" when there is no more
}

// Coverage tells of each device that a caller may see in how many hours or days
// it reported. The step that now is in counts as one; gaps end now.
func (s *Store) Coverage(ctx context.Context, scope authz.Scope, q CoverageQuery) (CoveragePage, error) {
	plan, err := q.plan(scope, time.Now())
	if err != nil {
		return CoveragePage{}, err
	}
	page := CoveragePage{From: plan.from.Time(), To: plan.to.Time(), Steps: plan.steps}
	if scope.Empty() {
		return page, nil
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return CoveragePage{}, err
	}
	defer leave()
	pager := newPager(plan.limit, plan.cursor)
	args := arguments{}
	args.text("table", plan.step.table())
	args.filter(q.Filter)
	args.period(plan.period)
	args.after(plan.cursor.After)
	args.number("limit", int64(pager.wants()))
	err = s.scopedRows(ctx, scope, "coverage", args, func(scan func(...any) error) (authz.Place, error) {
		var d DeviceCoverage
		var steps uint64
		var gap int64
		err := scan(&d.Device.Region, &d.Device.Project, (*string)(&d.Device.Class), &d.Device.ID,
			&steps, &d.Readings, (*int64)(&d.First), (*int64)(&d.Last), &gap)
		if err != nil {
			return authz.Place{}, err
		}
		d.Steps, d.LongestGap = int(steps), time.Duration(gap)*time.Millisecond
		if pager.take(keyOf(&d.Device, "", 0)) {
			page.Devices = append(page.Devices, d)
		}
		return place(d.Device.Region, d.Device.Project), nil
	})
	if err != nil {
		return CoveragePage{}, err
	}
	page.Next = pager.next(plan.cursor)
	return page, nil
}

// coveragePlan is a query of coverage that was checked.
type coveragePlan struct {
	period // to is now at the latest, which may be within the last step
	step   Resolution
	steps  int
	limit  int
	cursor cursor
}

func (q CoverageQuery) plan(scope authz.Scope, now time.Time) (plan coveragePlan, err error) {
	if err := q.validate(); err != nil {
		return plan, err
	}
	if plan.step = q.Step; plan.step != Hourly && plan.step != Daily {
		return plan, &ArgumentError{"step", string(q.Step), "is not one of 1h, 1d"}
	}
	if plan.limit, err = limitOr(q.Limit, DefaultCoverage, MaxCoverage); err != nil {
		return plan, err
	}
	own := q
	own.Cursor, own.Limit = "", 0
	if plan.cursor, err = parseCursor(q.Cursor, fingerprint("coverage", scope, own)); err != nil {
		return plan, err
	}
	length := plan.step.length()
	from, to := q.From, q.To
	if to.IsZero() || to.After(now) {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-length * (MaxSteps - 1))
	}
	asked, err := periodOf(from.Truncate(length), to, now) // of Unix time too, which began at midnight
	if err != nil {
		return plan, err
	}
	if q.Cursor != "" {
		asked = period{plan.cursor.From, plan.cursor.To}
	}
	plan.cursor.From, plan.cursor.To = asked.from, asked.to
	end := asked.to.Time().Add(length - time.Millisecond).Truncate(length)
	plan.period = period{asked.from, min(telemetry.MillisOf(end), max(telemetry.MillisOf(now), asked.to))}
	plan.steps = int(end.Sub(asked.from.Time()) / length)
	if plan.steps > MaxSteps {
		return plan, &ArgumentError{"from", q.From.UTC().Format(time.RFC3339), fmt.Sprintf("is %d steps before to; %d are the most", plan.steps, MaxSteps)}
	}
	return plan, nil
}
