package replacement

import (
	"math"
	"slices"
	"strings"
)

// Rebudget draws the line of a plan for another budget in yuan, of the place that is
// named as in BudgetOf; 0 is without a limit. The rule is that of spend: the lines are
// bought in their order until one does not fit, so that with the plan's own budget the
// plan stays as it is.
//
// Of lines that the plan omits nothing is known: they are within no budget, and whole
// is false where the budget reaches them.
func (p *Plan) Rebudget(of string, budget float64) (whole bool) {
	purse := purse{of: of, budget: budget}
	p.Budget, p.BudgetOf, p.Within = budget, of, 0
	cost, unknown, last := int64(0), 0, -1
	for i := range p.Lines {
		l := &p.Lines[i]
		c := candidate{cost: fen(l.Cost), mandatory: l.Mandatory, worth: l.Worth}
		if l.Within = purse.take(&c); !l.Within {
			continue
		}
		last, cost = i, plus(cost, c.cost)
		p.Within++
		if l.Avoided.Value == nil {
			unknown++
		}
	}
	p.Cost = yuan(cost)
	value, low, high := p.sofar(last)
	p.Avoided = avoidedBy(p.Devices > 0 && p.Devices == p.Unknown, p.Within, unknown, value, low, high)
	purse.mandatory = fen(p.MandatoryCost) // with that of lines that are omitted
	p.Short = yuan(purse.short())
	p.Warnings = slices.DeleteFunc(slices.Clone(p.Warnings), func(w string) bool {
		return strings.HasPrefix(w, budgetLacks) || strings.HasPrefix(w, budgetLeaves)
	})
	p.Warnings = append(purse.warnings(), p.Warnings...)
	reached := p.Within == len(p.Lines)
	return p.Omitted == 0 || !reached
}

// sofar is what the lines up to one avoid together. Plans of before that was written
// down have no interval of it: those of devices do not add up.
func (p *Plan) sofar(last int) (value, low, high float64) {
	if last < 0 {
		return 0, 0, 0
	}
	m := p.Lines[last].AvoidedSofar
	switch {
	case m.Value == nil:
		for i := range p.Lines[:last+1] {
			if v := p.Lines[i].Avoided.Value; v != nil {
				value += *v
			}
		}
		return value, math.NaN(), math.NaN()
	case m.Low == nil || m.High == nil:
		return *m.Value, math.NaN(), math.NaN()
	}
	return *m.Value, *m.Low, *m.High
}
