package scorecard

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"steward/analytics/rate"
	"steward/internal/authz"
)

// tally is a component of a project, or of several together.
type tally struct {
	k, n      float64 // of shares and money so much of so much; events of an exposure; use of what is expected
	low, high float64 // of n, where it is estimated
	size      float64 // sample size
	cover     float64 // share of the data that should be there
	of, have  int     // projects, and those of them of which it is known
	parts     map[string]*pair
	scores    scores
	note      string
	why       string // it is not known
}

// unknown is a tally of a project of which nothing is known.
func unknown(why string, args ...any) tally {
	return tally{of: 1, why: "insufficient data: " + fmt.Sprintf(why, args...)}
}

// join adds what is known of a project. Coverage is the mean over all projects: of
// one of which nothing is known there is none.
func (t *tally) join(p *tally) {
	t.of += p.of
	if p.have == 0 {
		return
	}
	t.have += p.have
	t.k, t.n, t.low, t.high, t.size, t.cover = t.k+p.k, t.n+p.n, t.low+p.low, t.high+p.high, t.size+p.size, t.cover+p.cover
	t.scores.join(p.scores)
	for _, name := range slices.Sorted(maps.Keys(p.parts)) {
		add(&t.parts, name, *p.parts[name])
	}
}

// tally is a component of a project. That of availability is taken as it stands.
func (r *runner) tally(p *project, rule *Rule) tally {
	switch rule.Name {
	case ResponseEntrapment:
		return p.clocks[rule.Clock].tally("no clock %s was stopped or ran out in the month", rule.Clock)
	case ResponseRepair:
		if p.orders != (calls{}) {
			return p.orders.tally("no urgent repair order of the month is decided")
		}
		return p.clocks[rule.Clock].tally("neither urgent repair orders nor clocks %s in the month", rule.Clock)
	case ResponseComplaint:
		if p.answers != (calls{}) {
			return p.answers.tally("no complaint of the month is decided")
		}
		return p.clocks[rule.Clock].tally("neither complaints nor clocks %s in the month", rule.Clock)
	case ComplaintRate:
		return p.complaintRate()
	case CollectionRate:
		return p.collected(rule.Months)
	case InspectionProject:
		return p.inspection(byProject, r.month.days())
	case InspectionRegion:
		return p.inspection(byRegion, 0)
	case InspectionHQ:
		return p.inspection(byHQ, 0)
	case EnergyIntensity:
		return p.energy.tally(r.Buildings != nil)
	}
	return unknown("nothing measures %s", rule.Name)
}

func (c calls) tally(why string, args ...any) tally {
	if c.kept == 0 {
		return unknown(why, args...)
	}
	t := tally{k: float64(c.in), n: float64(c.kept), size: float64(c.kept), cover: 1, of: 1, have: 1}
	if c.undecided > 0 {
		t.note = fmt.Sprintf("open and within the limit so far, and not counted: %d", c.undecided)
	}
	if c.unusable > 0 {
		t.note = because(t.note, fmt.Sprintf("answered before they were made, and not counted: %d", c.unusable))
	}
	return t
}

func (p *project) complaintRate() tally {
	switch {
	case p.households <= 0:
		return unknown("the registry does not say how many households there are")
	case !p.keeps:
		return unknown("no complaint was entered for a year: nobody says that there were none")
	}
	t := tally{n: float64(p.households) / 100, cover: 1, of: 1, have: 1}
	for _, kind := range slices.Sorted(maps.Keys(p.complaints)) {
		n := float64(p.complaints[kind])
		t.k += n
		add(&t.parts, kind, pair{k: n, size: n}) // of all households of the tally: see component
	}
	t.size = t.k
	return t
}

func (p *project) collected(months int) tally {
	if !(p.fees.due > 0) || math.IsInf(p.fees.due, 0) {
		return unknown("no fee was due in %d months", months)
	}
	return tally{
		k: p.fees.paid, n: p.fees.due, size: float64(p.fees.records), cover: float64(len(p.fees.months)) / float64(months), of: 1, have: 1, parts: p.fees.kinds,
		note: "a full count of money: it has no interval",
	}
}

// inspection is that of a level; where there should be some each day, coverage is the
// share of days that have a plan.
func (p *project) inspection(level string, days int) tally {
	i := p.inspected[level]
	if i == nil {
		return unknown("none was planned")
	}
	t := tally{k: float64(i.done), n: float64(i.planned), size: float64(i.planned), cover: 1, of: 1, have: 1, parts: i.kinds, scores: i.scores}
	if days > 0 {
		t.cover = min(1, float64(len(i.days))/float64(days))
	}
	return t
}

func (e *energy) tally(asked bool) tally {
	switch {
	case !asked || e.buildings == 0:
		return unknown("no building is entered")
	case !(e.total > 0):
		return unknown("no building has its floor area entered")
	case e.known == 0 && e.peerless > 0:
		return unknown("too few buildings of other projects are comparable, for all of %d", e.peerless)
	case e.known == 0:
		return unknown("no building has meters that are known for most of the year")
	}
	t := tally{k: e.use, n: e.expected, low: e.low, high: e.high, size: float64(e.known), cover: min(1, e.area/e.total), of: 1, have: 1}
	add(&t.parts, "kwh_per_m2_a", pair{e.use, e.area, float64(e.known)})
	add(&t.parts, "percentile", pair{e.percentile, float64(e.known), float64(e.known)})
	return t
}

// component is what a tally says by a rule.
func (t *tally) component(rule *Rule) Component {
	c := Component{Name: rule.Name, Weight: rule.Weight, Limit: rule.Limit, N: t.size, Unit: unitOf(rule.Name), Why: t.note}
	if t.of > 0 {
		c.Coverage = min(1, t.cover/float64(t.of))
	}
	c.Scores = t.scores.mean()
	for _, name := range slices.Sorted(maps.Keys(t.parts)) {
		p := *t.parts[name]
		if rule.Name == ComplaintRate {
			p.n = t.n // who complains of nothing of a type counts for it too: the types add up to the rate
		}
		if p.n > 0 {
			c.Parts = append(c.Parts, Share{Name: name, Value: p.k / p.n, N: p.size})
		}
	}
	switch {
	case t.have == 0:
		c.Why = cmp.Or(t.why, "insufficient data: it is known of no project")
		return c
	case rule.Name != ComplaintRate && t.size < rule.MinN:
		c.Why = because(fmt.Sprintf("insufficient data: %v cases, and %v are needed", t.size, rule.MinN), t.note)
		return c
	case c.Coverage < rule.MinCover:
		c.Why = because(fmt.Sprintf("insufficient data: coverage %.2f, and %.2f is needed", c.Coverage, rule.MinCover), t.note)
		return c
	}
	value, low, high := t.estimate(rule.Name)
	c.judge(rule, value, low, high)
	if t.of > 1 && t.have < t.of {
		c.Why = because(c.Why, fmt.Sprintf("known of %d of %d projects", t.have, t.of))
	}
	return c
}

// estimate is the value with its interval, where it has one. A share of all that
// happened is no sample, but as a measure of how a place works it is noisy all the
// same: its interval says what else could have come of the same work.
func (t *tally) estimate(name string) (value float64, low, high *float64) {
	value = t.k / t.n
	switch name {
	case CollectionRate:
		return value, nil, nil
	case ComplaintRate:
		l, h := rate.Poisson(int(t.k), t.n, level)
		return value, &l, &h
	case EnergyIntensity:
		l, h := t.k/t.high, t.k/t.low
		return value, &l, &h
	}
	l, h := rate.Share(int(t.k), int(t.n), level)
	return value, &l, &h
}

// judge sets a value with its score.
func (c *Component) judge(rule *Rule, value float64, low, high *float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		c.Why = because("insufficient data: the value is none", c.Why)
		return
	}
	score := rule.Score(value)
	c.Value, c.Low, c.High, c.Score = &value, low, high, &score
	from, to := c.span()
	c.Outside = rule.outside(from, to)
	c.worst, c.best = min(rule.Score(from), rule.Score(to)), max(rule.Score(from), rule.Score(to))
}

// span is the interval; just the value where there is none.
func (c *Component) span() (low, high float64) {
	low, high = *c.Value, *c.Value
	if c.Low != nil {
		low = *c.Low
	}
	if c.High != nil {
		high = *c.High
	}
	return low, high
}

// availability is taken from the results as it stands.
func (r *runner) availability(at authz.Place, rule *Rule) Component {
	c := Component{Name: rule.Name, Weight: rule.Weight, Limit: rule.Limit, Unit: unitOf(rule.Name)}
	n, ok := r.available[at]
	if !ok {
		c.Why = "insufficient data: the analysis of reliability has none for this place and year"
		return c
	}
	c.N, c.Why = n.N, n.Why
	if c.Coverage = 1; n.Coverage != nil {
		c.Coverage = *n.Coverage
	}
	switch {
	case n.Value == nil:
		c.Why = cmp.Or(n.Why, "insufficient data")
	case n.N < rule.MinN:
		c.Why = because(fmt.Sprintf("insufficient data: %v devices, and %v are needed", n.N, rule.MinN), n.Why)
	case c.Coverage < rule.MinCover:
		c.Why = because(fmt.Sprintf("insufficient data: coverage %.2f, and %.2f is needed", c.Coverage, rule.MinCover), n.Why)
	default:
		c.judge(rule, *n.Value, n.Low, n.High)
		if n.Low == nil || n.High == nil {
			// Taken for the value itself in the score, for from 0 to 1 would make that of the
			// best project worthless. But nothing is sure enough of it for a notice.
			c.Outside = false
			c.Why = because(c.Why, "without an interval of its own it adds none to the score")
		}
	}
	return c
}

func unitOf(name string) string {
	switch name {
	case ComplaintRate:
		return "1/(100 households month)"
	case EnergyIntensity:
		return "x median"
	}
	return ""
}

// because joins reasons, the main one first.
func because(reasons ...string) string {
	out := ""
	for _, reason := range reasons {
		if reason != "" && out != "" {
			out += "; "
		}
		out += reason
	}
	return out
}
