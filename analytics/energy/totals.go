package energy

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"steward/analytics/job"
	"steward/internal/authz"
)

// total is what is known of a place in all.
type total struct {
	media map[string]*mediumTotal
	yuan  waste
	saved waste // by what was mended and verified
	share mean
	left  int // findings that are left out
}

type mean struct{ sum, n float64 }

// mediumTotal is what is known of a place and medium.
type mediumTotal struct {
	use, cost      float64
	known, total   float64         // hours
	unpriced       int             // meters without a cost
	costWhy        map[string]bool // what the costs leave out
	charges        map[string]*chargeTotal
	meters         int
	judged, all    int      // metering points
	baseline, over estimate // of buildings; the half widths of over are sums of squares
	buildings      int      // that have savings
	without        int      // and that have none
	blind          int      // of those that have savings, by time alone
	covered        mean     // of buildings
	waste          waste
	saved          waste
	perArea        float64 // kWh of a year, of projects with an area
	area           float64
}

// chargeTotal is a charge besides that for use, of the meters whose tariffs have it.
type chargeTotal struct {
	yuan    float64
	meters  int
	unknown int
	missing string // why it is not known of the first of those
	note    string
}

type totals map[authz.Place]*total

func (t totals) at(place authz.Place) *total {
	if t[place] == nil {
		t[place] = &total{media: map[string]*mediumTotal{}}
	}
	return t[place]
}

// above are a project, its region and the company.
func above(at authz.Place) []authz.Place { return []authz.Place{at, {Region: at.Region}, {}} }

func (t *total) of(medium string) *mediumTotal {
	if t.media[medium] == nil {
		t.media[medium] = new(mediumTotal)
	}
	return t.media[medium]
}

// meter adds what the supplier bills.
func (t *total) meter(r *result, hours float64) {
	m := t.of(r.of.medium)
	m.meters++
	m.use += r.used
	m.known, m.total = m.known+hours*r.share, m.total+hours
	t.share.sum, t.share.n = t.share.sum+r.share, t.share.n+1
	if math.IsNaN(r.cost) {
		m.unpriced++
	} else {
		m.cost += r.cost
		if m.costWhy == nil {
			m.costWhy = map[string]bool{}
		}
		for _, why := range strings.Split(r.costWhy, "; ") {
			if why != "" {
				m.costWhy[why] = true
			}
		}
	}
	for _, n := range r.charges {
		if m.charges == nil {
			m.charges = map[string]*chargeTotal{}
		}
		c := m.charges[n.Kind]
		if c == nil {
			c = new(chargeTotal)
			m.charges[n.Kind] = c
		}
		c.meters++
		if n.Value == nil {
			c.unknown, c.missing = c.unknown+1, or(c.missing, n.Why)
			continue
		}
		c.yuan, c.note = c.yuan+*n.Value, or(c.note, n.Why)
	}
}

// building adds what a building should have used.
func (t *total) building(r *result) {
	m := t.of(r.of.medium)
	s := r.savings
	if s == nil || s.Value == nil || s.Predicted == nil {
		m.without++
		return
	}
	over := fromSavings(s)
	if !over.ok() {
		m.without++
		return
	}
	m.buildings++
	if r.blind {
		m.blind++
	}
	m.baseline.value += *s.Predicted
	m.over.value += over.value
	m.over.low += (over.value - over.low) * (over.value - over.low)
	m.over.high += (over.high - over.value) * (over.high - over.value)
	m.covered.sum, m.covered.n = m.covered.sum+s.Coverage, m.covered.n+1
}

// numbers are those of all places.
func (t totals) numbers() []job.Number {
	var list []job.Number
	places := slices.SortedFunc(maps.Keys(t), func(a, b authz.Place) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Project, b.Project))
	})
	for _, at := range places {
		p := t[at]
		put := func(n job.Number) {
			n.Region, n.Project = at.Region, at.Project
			list = append(list, sound(n))
		}
		for _, medium := range sortedKeys(p.media) {
			p.media[medium].numbers(medium, put)
		}
		judged, all := 0, 0
		for _, m := range p.media {
			judged, all = judged+m.judged, all+m.all
		}
		put(judgedWaste(job.Number{Kind: "waste_a_year_cny", Unit: "CNY", Coverage: p.coverage()}, judged, all, p.yuan, pricedWaste))
		put(verifiedSaving(job.Number{Kind: "saved_a_year_cny", Unit: "CNY", Coverage: p.coverage()}, p.saved, pricedWaste))
		left := float64(p.left)
		put(job.Number{Kind: "findings_left_out", Value: &left, N: float64(p.yuan.n), Coverage: math.NaN()})
	}
	return list
}

const sumWhy = "the interval is the sum of the findings' intervals, which holds however they depend on each other"

// judgedWaste is the waste of a place: of the metering points that could be judged.
func judgedWaste(n job.Number, judged, all int, w waste, of func(job.Number, waste) job.Number) job.Number {
	n.N, n.Exposure, n.Why = float64(w.n), float64(judged), w.why()
	switch {
	case judged == 0:
		n.Why = fmt.Sprintf("insufficient data: none of %d meters could be judged", all)
		return n
	case judged < all:
		n.Why = fmt.Sprintf("of %d of %d meters, the others use too little or too little is known of them; %s", judged, all, w.why())
	}
	return of(n, w)
}

// verifiedSaving is what was mended and verified. Without any nobody knows of a saving;
// what uses less by itself, or says nothing any more, is none.
func verifiedSaving(n job.Number, w waste, of func(job.Number, waste) job.Number) job.Number {
	n.N, n.Why = float64(w.n), sumWhy
	if w.n == 0 {
		n.Why = "insufficient data: nothing that was mended is verified yet"
		return n
	}
	return of(n, w)
}

func (t *total) coverage() float64 {
	if t.share.n == 0 {
		return math.NaN()
	}
	return t.share.sum / t.share.n
}

func (m *mediumTotal) numbers(medium string, put func(job.Number)) {
	subject, unit := "medium:"+medium, media[medium].unit
	coverage := 0.
	if m.total > 0 {
		coverage = m.known / m.total
	}
	number := func(kind, unit string) job.Number {
		return job.Number{Kind: kind, Subject: subject, Unit: unit, N: float64(m.meters), Exposure: m.total, Coverage: coverage}
	}
	use, cost := number("use", unit), number("cost", "CNY")
	if use.Value = &m.use; m.meters == 0 || m.known == 0 && m.use == 0 {
		use.Value, use.Why = nil, "insufficient data: no hour of the period is known"
	}
	if cost.Value = &m.cost; m.unpriced > 0 || m.meters == 0 {
		cost.Value, cost.Why = nil, fmt.Sprintf("insufficient data: %d of %d meters have no price for what they used", m.unpriced, m.meters)
	}
	if cost.Value != nil {
		cost.Why = strings.Join(sortedKeys(m.costWhy), "; ")
	}
	put(use)
	put(cost)
	for _, one := range charges {
		if c := m.charges[one.kind]; c != nil {
			n := number(one.kind, "CNY")
			n.N = float64(c.meters)
			n.Value, n.Why = &c.yuan, c.note
			if c.unknown > 0 {
				// What is known of some of the meters is no part of a bill to show.
				n.Value, n.Why = nil, fmt.Sprintf("insufficient data: it is not known of %d of %d meters; %s", c.unknown, c.meters, strings.TrimPrefix(c.missing, "insufficient data: "))
			}
			put(n)
		}
	}

	why := "the interval takes buildings to err independently"
	if m.blind > 0 {
		why = fmt.Sprintf("%d of %d baselines go by time alone, for no outdoor temperature is known; %s", m.blind, m.buildings, why)
	}
	if m.without > 0 {
		why = fmt.Sprintf("%d of %d buildings have no baseline and are not in it; %s", m.without, m.without+m.buildings, why)
	}
	over := estimate{m.over.value, m.over.value - math.Sqrt(m.over.low), m.over.value + math.Sqrt(m.over.high)}
	for kind, v := range map[string]estimate{
		"baseline_use": {m.baseline.value, m.baseline.value - (over.value - over.low), m.baseline.value + (over.high - over.value)},
		"avoided_use":  over.times(-1), "excess": over,
	} {
		n := job.Number{Kind: kind, Subject: subject, Unit: unit, N: float64(m.buildings), Coverage: m.covered.sum / math.Max(m.covered.n, 1), Why: why}
		if m.buildings == 0 {
			v, n.Why = unknown, "insufficient data: no building has a baseline"
		}
		put(estimated(n, v))
	}
	put(judgedWaste(number("waste_a_year", unit), m.judged, m.all, m.waste, func(n job.Number, w waste) job.Number { return estimated(n, w.use) }))
	put(verifiedSaving(number("saved_a_year", unit), m.saved, func(n job.Number, w waste) job.Number { return estimated(n, w.use) }))
	if medium == "electricity" {
		a := number("energy_per_m2", "kWh/m2")
		if m.area > 0 {
			v := m.perArea / m.area
			a.Value, a.Exposure, a.Why = &v, m.area, "of the last year, scaled from the hours that are known"
		} else {
			a.Why = "insufficient data: the floor area is not known"
		}
		put(a)
	}
}
