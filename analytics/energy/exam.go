package energy

import (
	"math"
	"time"

	"steward/analytics/baseline"
	"steward/analytics/job"
	"steward/analytics/tariff"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/clickhouse"
	"steward/internal/findings"
)

// ground is what all subjects of a project have in common.
type ground struct {
	settings
	period
	run     string
	at      authz.Place
	zone    *time.Location
	cal     *calendar.Calendar
	prices  map[string]*prices // by medium
	weather *weather
	open    []bool // whether people work in an hour, by its middle; nil: nobody knows
	months  []month
}

// month is a whole month of the last twelve, as places in a series.
type month struct {
	year     int
	month    time.Month
	from, to int
}

func newGround(r *runner, at authz.Place, p period, zone *time.Location) *ground {
	g := &ground{settings: r.settings, period: p, run: r.job.ID, at: at, zone: zone, prices: map[string]*prices{}}
	for medium := range media {
		var t *tariff.Tariff
		if r.Tariff != nil {
			t = r.Tariff(at, medium)
		}
		g.prices[medium] = pricesOf(t, p, zone)
	}
	if r.Calendar != nil {
		g.cal = r.Calendar(at)
	}
	if g.cal != nil && g.cal.Name != calendar.Always {
		g.open = make([]bool, p.hours())
		for i := range g.open {
			g.open[i] = g.cal.Working(p.at(i).Add(30*time.Minute), zone)
		}
	}
	y, m, _ := p.end.In(zone).Date()
	for k := -12; k < 0; k++ {
		from, to := time.Date(y, m+time.Month(k), 1, 0, 0, 0, 0, zone), time.Date(y, m+time.Month(k+1), 1, 0, 0, 0, 0, zone)
		if i := p.index(from.UTC()); !from.Before(p.begin) {
			g.months = append(g.months, month{from.Year(), from.Month(), i, min(p.index(to.UTC()), p.hours())})
		}
	}
	return g
}

// openAt is what package load asks about the middle of an hour.
func (g *ground) openAt(t time.Time) bool {
	i := g.index(t)
	if i < 0 || i >= len(g.open) {
		return g.cal.Working(t, g.zone)
	}
	return g.open[i]
}

// subject is a metering point or a building.
type subject struct {
	name     string // point:ID or building:ID/MEDIUM
	label    string // how people call it
	building string
	medium   string
	unit     string
	whole    bool     // a building
	supply   bool     // what the supplier bills
	kva      *float64 // of its transformers; nil unknown
	detailed bool     // with curves as documents
	hours    *series
	reactive *series // nil without
	demand   *clickhouse.EnergyDemand
}

// exam looks at one subject.
type exam struct {
	*ground
	*subject
	result
	yearUse float64   // about
	until   time.Time // the end of the last measured hour
	price   float64   // a unit's mean
	priced  bool
	model   *baseline.Model
}

// result is what came of an exam.
type result struct {
	of      *subject
	seen    []findings.Seen
	looked  []string
	numbers []job.Number
	notes   []note
	savings *baseline.Savings
	blind   bool         // savings are by time alone: nobody knows the outdoor temperature
	cost    float64      // of the reporting period; NaN without prices
	costWhy string       // what it leaves out
	charges []job.Number // besides that for use
	used    float64
	year    float64 // what a year's use is, about
	share   float64 // of the reporting period that was measured
}

// note is a document.
type note struct {
	kind, subject string
	body          any
}

// exam begins to look at a subject. What comes of it does not keep the hours.
func (g *ground) exam(s *subject) *exam {
	e := &exam{ground: g, subject: s, until: g.end}
	of := *s
	of.hours, of.reactive = nil, nil
	e.of = &of
	e.yearUse, _ = s.hours.year()
	e.year = e.yearUse
	e.price, e.priced = e.money().of(s.hours, g.back(365), g.hours())
	for i := len(s.hours.measured) - 1; i >= 0; i-- {
		if s.hours.measured[i] {
			e.until = s.hours.at(i + 1)
			break
		}
	}
	return e
}

// quiet is how long a meter may have said nothing for what it said last to hold today.
const quiet = 7 * 24 * time.Hour

// silent reports whether a meter has not been heard of lately: nobody knows whether what
// ran then still runs.
func (e *exam) silent() bool { return e.end.Sub(e.until) > quiet }

// examine looks at a subject by all means that there are for it.
func (g *ground) examine(s *subject) result {
	e := g.exam(s)
	e.use()
	e.bill()
	if !e.worthwhile() {
		return e.result
	}
	e.excess()
	if e.silent() {
		return e.result
	}
	switch {
	case s.whole:
		e.nightBase()
	case s.medium == tariff.Electricity:
		e.night()
		e.peak()
		e.idle()
	case s.medium == tariff.Water:
		e.leak()
	}
	if !s.whole {
		e.odd()
	}
	if s.detailed {
		e.profile()
		e.course()
	}
	return e.result
}

func (e *exam) money() *prices { return e.prices[e.medium] }

// worthwhile reports whether a subject can have a finding at all: what uses less than
// a finding is worth has none.
func (e *exam) worthwhile() bool {
	if e.yearUse <= 0 {
		return false
	}
	return !e.priced || e.yearUse*e.price >= e.floor
}

// look notes that there were enough data to judge a kind of finding.
func (e *exam) look(kind string) { e.looked = append(e.looked, kind+" "+e.name) }

// use reports what was used and what it cost.
func (e *exam) use() {
	from, to := e.index(e.from), e.index(e.to)
	sum, known, measured := e.hours.total(from, to)
	e.share = float64(measured) / float64(max(to-from, 1))
	n := job.Number{Kind: "use", Unit: e.unit, N: float64(known), Exposure: float64(to - from), Coverage: e.share}
	cost := n
	cost.Kind, cost.Unit = "cost", "CNY"
	e.cost = math.NaN()
	switch yuan, priced := e.money().cost(e.hours, from, to); {
	case known == 0:
		n.Why = "insufficient data: no hour of the period is known"
		cost.Why = n.Why
	case e.money().yuan == nil || priced < sum*0.999:
		cost.Why = "insufficient data: " + e.money().why
	default:
		cost.Value, cost.Why, e.cost = &yuan, joined(e.money().leaves, e.money().warn), yuan
		if known < to-from {
			cost.Why = joined("of hours that are known only", cost.Why)
		}
		e.costWhy = cost.Why
	}
	if known > 0 {
		e.used = sum
		n.Value = &sum
		if known < to-from {
			n.Why = "of hours that are known only"
		}
	}
	e.put(n)
	e.put(cost)
}

// put writes a number of the subject. Numbers that are beyond all bounds are none.
func (e *exam) put(n job.Number) {
	n.Region, n.Project, n.Building, n.Subject = e.at.Region, e.at.Project, e.building, e.name
	e.numbers = append(e.numbers, sound(n))
}

func sound(n job.Number) job.Number {
	for _, v := range []*float64{n.Value, n.Low, n.High} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			n.Value, n.Low, n.High = nil, nil, nil
			n.Why = "insufficient data: the values are too large to calculate with"
		}
	}
	return n
}

// putEstimate writes an estimate, or why there is none.
func (e *exam) putEstimate(kind, unit string, v estimate, n, coverage float64, why string) {
	e.put(estimated(job.Number{Kind: kind, Unit: unit, N: n, Coverage: coverage, Why: why}, v))
}

func estimated(n job.Number, v estimate) job.Number {
	if v.ok() {
		n.Value, n.Low, n.High, n.Level = &v.value, &v.low, &v.high, 0.95
	} else if n.Why == "" {
		n.Why = "insufficient data: the values are too large to calculate with"
	}
	return n
}
