package replacement

import (
	"path"
	"slices"
	"strings"

	"steward/analytics/forecast"
	"steward/internal/authz"
	"steward/internal/incident"
)

// Policy is what the plan goes by besides forecasts: configs/replacement.yaml.
type Policy struct {
	LeastBenefit float64 // yuan avoided in the year, for each yuan of yearly cost
	RepeatFaults float64 // faults in a year that are a reason

	budgets map[budgetKey]float64
	costs   map[kind]Costs
	limits  []Limit
}

// Costs are those of a kind of device, in yuan.
type Costs struct {
	Replacement  float64
	Failure      float64
	Life         float64 // years that a new one serves
	Verification float64 // 0: it is replaced when verification is due
}

// Limit is for how long devices of a kind may serve.
type Limit struct {
	Class, Medium  string // medium "" for any
	Models, Except []string
	Senses         string // only what senses this; "" for all
	Years          float64
	Mandatory      bool
	Action         string
	Title          incident.Text
	Source         string
}

type kind struct{ class, medium string }

// budgetKey names a budget; year 0 is of every year that has none of its own.
type budgetKey struct {
	at   authz.Place
	year int
}

// Budget is what a place may spend in a year; ok is false where it has none of its
// own.
func (p *Policy) Budget(at authz.Place, year int) (yuan float64, ok bool) {
	if yuan, ok = p.budgets[budgetKey{at, year}]; !ok {
		yuan, ok = p.budgets[budgetKey{at, 0}]
	}
	return yuan, ok
}

// Costs are those of a class and medium, of the class where the medium has none; all
// 0 where nothing is known.
func (p *Policy) Costs(class, medium string) Costs {
	if c, ok := p.costs[kind{class, medium}]; ok {
		return c
	}
	return p.costs[kind{class, ""}]
}

// limitOf is the limit by which a device goes: of several the first mandatory one,
// else the first. perhaps is a mandatory one that it would go by if it senses what the
// limit is for, which is not known; nil where another mandatory one holds anyway.
func (p *Policy) limitOf(d *forecast.Prospect) (found, perhaps *Limit) {
	for i := range p.limits {
		l := &p.limits[i]
		switch {
		case !l.holds(d):
		case l.Senses != "" && d.Senses != l.Senses:
			if perhaps == nil && d.Senses == "" && l.Mandatory {
				perhaps = l
			}
		case l.Mandatory:
			return l, nil
		case found == nil:
			found = l
		}
	}
	return found, perhaps
}

// holds tells whether a limit is for a device, as far as its class and name go.
func (l *Limit) holds(d *forecast.Prospect) bool {
	if l.Class != d.Class || l.Medium != "" && l.Medium != d.Medium {
		return false
	}
	return (len(l.Models) == 0 || named(l.Models, d)) && !named(l.Except, d)
}

// named reports whether one of the patterns is that of a device's vendor and model. A
// slash of the model's own name is like any other letter.
func named(patterns []string, d *forecast.Prospect) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		hit, err := path.Match(plain(pattern), plain(d.Vendor+"/"+d.Model))
		return hit && err == nil // they were checked
	})
}

// plain is a name without slashes, which a * of path.Match does not pass.
func plain(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
