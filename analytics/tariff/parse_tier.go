package tariff

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// amounts is what a tier adds: one number for every hour, or one a period.
type amounts struct {
	given bool
	all   *float64
	by    map[string]float64
}

// UnmarshalYAML reads 0.05, or {peak: 0.06, valley: 0.03}.
func (a *amounts) UnmarshalYAML(n *yaml.Node) error {
	a.given = true
	if n.Kind == yaml.MappingNode {
		return n.Decode(&a.by)
	}
	a.all = new(float64)
	if err := n.Decode(a.all); err != nil {
		return fmt.Errorf("%q is not yuan per unit, such as 0.05, or one a period, such as {peak: 0.06, valley: 0.03}", n.Value)
	}
	return nil
}

// tiers reads blocks. byTier says that they give whole prices.
func (p *parser) tiers(t *tiersText, v *version, byTier bool) *tiers {
	out := &tiers{begins: time.January}
	switch t.Per {
	case "month":
		out.monthly = true
	case "year":
	default:
		p.fail(t.Line, "tiers: per: %q is neither year nor month", t.Per)
	}
	if t.Begins != 0 {
		if t.Begins < 1 || t.Begins > 12 || out.monthly {
			p.fail(t.Line, "tiers: begins: want the month in which the year of the tiers begins, 1 to 12, with per: year")
		} else {
			out.begins = time.Month(t.Begins)
		}
	}
	if n := len(t.Steps); n < 2 || n > maxSteps {
		p.fail(t.Line, "tiers: steps: give 2 to %d; without steps there are no tiers", maxSteps)
		return out
	}
	for i := range t.Steps {
		s := p.step(&t.Steps[i], i == len(t.Steps)-1)
		if byTier {
			p.whole(&t.Steps[i], &s, t.Steps[0].Price)
		} else {
			p.added(&t.Steps[i], &s, i == 0, v)
		}
		if i > 0 && i < len(t.Steps)-1 && s.upTo <= out.steps[i-1].upTo {
			p.fail(t.Steps[i].Line, "tiers: up_to: %v is not more than the %v before it", s.upTo, out.steps[i-1].upTo)
		}
		out.steps = append(out.steps, s)
	}
	return out
}

func (p *parser) step(t *stepText, last bool) (s step) {
	switch {
	case last && t.UpTo != nil:
		p.fail(t.Line, "tiers: up_to: the last step has no end; add one after it")
	case !last && (t.UpTo == nil || !(*t.UpTo > 0 && *t.UpTo <= maxAmount)): // NaN too
		p.fail(t.Line, "tiers: up_to: give the use of a household at which the step ends, above 0")
	case !last:
		s.upTo = *t.UpTo
	}
	return s
}

// whole reads the whole price of a step. What it adds to the first one's is kept,
// so that all tariffs are alike.
func (p *parser) whole(t *stepText, s *step, first *float64) {
	s.add[AllDay] = p.price(t.Line, "tiers: price", t.Price) - *first
	if t.Add.given {
		p.fail(t.Line, "tiers: give price or add, not both")
	}
}

// added reads what a step adds to the prices.
func (p *parser) added(t *stepText, s *step, first bool, v *version) {
	switch {
	case t.Price != nil:
		p.fail(t.Line, "tiers: price: the first step has none; give all steps a price, or say what each adds")
	case first && t.Add.given:
		p.fail(t.Line, "tiers: add: the first step has the prices themselves")
	case first:
	case t.Add.all != nil:
		add := p.price(t.Line, "tiers: add", t.Add.all)
		for period := range s.add {
			s.add[period] = add
		}
	default:
		p.addByPeriod(t, s, v)
	}
}

// addByPeriod reads what a step adds to each period, and wants one for each that
// there is.
func (p *parser) addByPeriod(t *stepText, s *step, v *version) {
	var used [periods]bool
	for _, one := range v.byMonth {
		if one != nil {
			for _, period := range one.slots {
				used[period] = true
			}
		}
	}
	for _, one := range v.byDay {
		for _, period := range one.slots {
			used[period] = true
		}
	}
	for period := range Period(periods) {
		yuan, ok := t.Add.by[period.String()]
		switch {
		case ok:
			s.add[period] = p.price(t.Line, "tiers: add: "+period.String(), &yuan)
		case used[period]:
			p.fail(t.Line, "tiers: add: give one number, or one for each period; %s is missing", period)
		}
	}
	for name := range t.Add.by {
		var period Period
		if err := period.UnmarshalText([]byte(name)); err != nil {
			p.fail(t.Line, "tiers: add: %v", err)
		}
	}
}
