package scorecard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/clickhouse"
)

// project is what was gathered of a project.
type project struct {
	zone       *time.Location
	households int64
	keeps      bool // it entered complaints within a year
	rules      []Rule

	clocks     map[string]calls // by standard
	orders     calls            // urgent ones
	answers    calls            // to complaints
	complaints map[string]int   // by type
	fees       fees
	inspected  map[string]*inspections // by level
	energy     energy
}

// calls are calls that were to be answered within a limit.
type calls struct {
	kept, in  int // decided ones, and those of them that were in time
	undecided int // open, and within the limit so far
	unusable  int // answered before they were made
}

// take counts a call of which is known what happened until now. Exactly at the limit
// is in time.
func (c *calls) take(created, answered time.Time, limit time.Duration, now time.Time) {
	due := created.Add(limit)
	switch {
	case !answered.IsZero() && answered.Before(created):
		c.unusable++
	case !answered.IsZero() && !answered.After(due):
		c.kept, c.in = c.kept+1, c.in+1
	case !answered.IsZero() || due.Before(now):
		c.kept++
	default:
		c.undecided++
	}
}

type fees struct {
	due, paid float64
	records   int
	kinds     map[string]*pair
	months    map[string]bool
}

type inspections struct {
	planned, done int
	kinds         map[string]*pair
	days          map[calendar.Date]bool
	scores        scores
}

// pair is a part: so many, or so much, of so many, with its sample size.
type pair struct{ k, n, size float64 }

func add(parts *map[string]*pair, name string, p pair) {
	if *parts == nil {
		*parts = map[string]*pair{}
	}
	name = strings.ToValidUTF8(name, "")
	if (*parts)[name] == nil {
		if len(*parts) == maxParts {
			name = "…"
		}
		if (*parts)[name] == nil {
			(*parts)[name] = &pair{}
		}
	}
	sum := (*parts)[name]
	sum.k, sum.n, sum.size = sum.k+p.k, sum.n+p.n, sum.size+p.size
}

const (
	// maxParts bounds the types or kinds that a card lists; the rest are one.
	maxParts = 50
	// maxProjects, maxOrders and maxNames (of contractors) bound what is in memory.
	maxProjects = 50_000
	maxOrders   = 2_000_000
	maxNames    = 5000
)

// gather reads what the cards are made from. Only projects of the registry count.
func (r *runner) gather(ctx context.Context) error {
	r.names = map[string]bool{}
	r.projects, r.available = map[authz.Place]*project{}, map[authz.Place]clickhouse.AnalyticsNumber{}
	err := r.Store.ScoredProjects(ctx, func(p clickhouse.ScoredProject) error {
		if len(r.order) == maxProjects {
			return fmt.Errorf("more than %d projects", maxProjects)
		}
		zone := r.Zone
		if z, err := time.LoadLocation(p.TimeZone); p.TimeZone != "" && err == nil {
			zone = z
		}
		r.order = append(r.order, p.Place)
		r.projects[p.Place] = &project{zone: zone, households: p.Households, rules: r.Config.For(p.Place), clocks: map[string]calls{}, complaints: map[string]int{}, inspected: map[string]*inspections{}}
		return nil
	})
	if err != nil {
		return err
	}
	for i, part := range []func(context.Context) error{r.gatherClocks, r.gatherAvailability, r.gatherComplaints, r.gatherOrders, r.gatherFees, r.gatherInspections, r.gatherEnergy} {
		r.Progress(int64(i), 7, "records")
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// gatherClocks reads how the clocks of incidents were kept.
func (r *runner) gatherClocks(ctx context.Context) error {
	wanted := map[string]bool{}
	for _, name := range []string{ResponseEntrapment, ResponseRepair, ResponseComplaint} {
		if rule := r.Config.rule(name); rule != nil && rule.Clock != "" {
			wanted["clock:"+rule.Clock] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	_, err := r.Results.Numbers(ctx, "response", r.From, r.To, []string{"share_within_limit"}, func(n clickhouse.AnalyticsNumber) error {
		if p := r.projects[n.Place]; p != nil && wanted[n.Subject] && n.Value != nil {
			p.clocks[strings.TrimPrefix(n.Subject, "clock:")] = calls{kept: int(n.N), in: int(*n.Value*n.N + 0.5)}
		}
		return nil
	})
	return err
}

// gatherAvailability reads that of the year which ends with the month: in a month most
// projects have no failure at all.
func (r *runner) gatherAvailability(ctx context.Context) error {
	rule := r.Config.rule(Availability)
	if rule == nil {
		return nil
	}
	_, err := r.Results.Numbers(ctx, "reliability", r.month.first(-11), r.To, []string{"availability"}, func(n clickhouse.AnalyticsNumber) error {
		if n.Subject == rule.Subject {
			r.available[n.Place] = n
		}
		return nil
	})
	return err
}

func (p *project) rule(name string) *Rule {
	for i := range p.rules {
		if p.rules[i].Name == name {
			return &p.rules[i]
		}
	}
	return nil
}

func (r *runner) gatherComplaints(ctx context.Context) error {
	err := r.Store.ComplaintKeepers(ctx, r.month.first(-11), r.To, func(at authz.Place, records int) error {
		if p := r.projects[at]; p != nil {
			p.keeps = records > 0
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.Store.ScoredComplaints(ctx, r.From, r.To, func(c clickhouse.ScoredComplaint) error {
		p := r.projects[c.Place]
		if p == nil {
			return nil
		}
		p.complaints[c.Type]++
		if rule := p.rule(ResponseComplaint); rule != nil && rule.Within > 0 {
			p.answers.take(c.Created, c.Answered, rule.Within.Std(), r.Now)
		}
		return nil
	})
}

// gatherOrders reads the repair orders of the month, and those of the days before, of
// which is known which repairs did not last.
func (r *runner) gatherOrders(ctx context.Context) error {
	return r.Store.ScoredOrders(ctx, r.From.AddDate(0, 0, -repeatDays), r.To, func(o clickhouse.ScoredOrder) error {
		p := r.projects[o.Place]
		if p == nil {
			return nil
		}
		if rule := p.rule(ResponseRepair); rule != nil && rule.Within > 0 && o.Urgent && !o.Created.Before(r.From) {
			p.orders.take(o.Created, o.Arrived, rule.Within.Std(), r.Now)
		}
		switch {
		case o.Contractor == "":
		case len(r.orders) < maxOrders && (r.names[o.Contractor] || len(r.names) < maxNames):
			r.names[o.Contractor] = true
			r.orders = append(r.orders, o)
		default:
			r.dropped++
		}
		return nil
	})
}

func (r *runner) gatherFees(ctx context.Context) error {
	rule := r.Config.rule(CollectionRate)
	if rule == nil {
		return nil
	}
	from, to := r.month.first(1-rule.Months), r.month.first(1)
	return r.Store.ScoredFees(ctx, from.Format(time.DateOnly), to.Format(time.DateOnly), func(f clickhouse.ScoredFees) error {
		p := r.projects[f.Place]
		if p == nil {
			return nil
		}
		p.fees.due, p.fees.paid, p.fees.records = p.fees.due+f.Due, p.fees.paid+f.Paid, p.fees.records+f.Records
		add(&p.fees.kinds, f.Kind, pair{f.Paid, f.Due, float64(f.Records)})
		if p.fees.months == nil {
			p.fees.months = map[string]bool{}
		}
		for _, m := range f.Months {
			p.fees.months[m] = true
		}
		return nil
	})
}

// The levels of inspections.
const (
	byProject = "project"
	byRegion  = "region"
	byHQ      = "hq"
)

// gatherInspections counts what was planned and what was done: those of the project on
// the day for which they were planned, by its clocks; those of the region in the month;
// those of headquarters in the quarter up to the end of the month.
func (r *runner) gatherInspections(ctx context.Context) error {
	return r.Store.ScoredInspections(ctx, r.month.quarter(), r.To, func(i clickhouse.ScoredInspection) error {
		p := r.projects[i.Place]
		if p == nil || i.Level != byHQ && i.Planned.Before(r.From) {
			return nil
		}
		until := r.To
		day := calendar.DateOf(i.Planned.In(p.zone))
		if i.Level == byProject {
			until = day.Add(1).At(0, p.zone)
		}
		s := p.inspected[i.Level]
		if s == nil {
			s = &inspections{days: map[calendar.Date]bool{}}
			p.inspected[i.Level] = s
		}
		done := 0.
		if !i.Done.IsZero() && i.Done.Before(until) {
			done = 1
			s.done++
		}
		if i.Score >= 0 && !i.Done.IsZero() && i.Done.Before(r.To) { // late ones found something too
			s.scores.take(i.Score)
		}
		s.planned++
		s.days[day] = true
		add(&s.kinds, i.Kind, pair{done, 1, 1})
		return nil
	})
}
