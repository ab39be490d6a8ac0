package energy

import (
	"maps"
	"slices"

	"steward/internal/findings"
)

// waste is what findings come to a year: of energy and of money. Low and high are the
// sums of lows and of highs, so that they hold whatever findings have to do with each
// other; they are wider than those of findings that err independently.
type waste struct {
	use, yuan estimate
	n         int
	unpriced  int // findings without a price, which yuan leaves out
	projected int // findings whose year is projected from a month or two
}

func (w waste) plus(o waste) waste {
	return waste{w.use.plus(o.use), w.yuan.plus(o.yuan), w.n + o.n, w.unpriced + o.unpriced, w.projected + o.projected}
}

func (e estimate) plus(o estimate) estimate {
	return estimate{e.value + o.value, e.low + o.low, e.high + o.high}
}

// larger is the one that wastes more: two findings of the same energy count once.
func larger(a, b waste) waste {
	if b.yuan.value > a.yuan.value || b.yuan.value == a.yuan.value && b.use.value > a.use.value {
		return b
	}
	return a
}

func wasteOf(s *findings.Seen) waste {
	w := waste{n: 1}
	if s.Rate.Value != nil && s.Rate.Why != "" {
		w.projected = 1
	}
	if s.RateCNY.Value != nil {
		w.yuan = fromAmount(s.RateCNY)
	} else {
		w.unpriced = 1
	}
	if s.Rate.Value != nil && s.Rate.Unit != "CNY" {
		w.use = fromAmount(s.Rate)
	}
	return w
}

// wasteOfSubject adds up the findings of a subject. Several kinds see the same energy:
// plant that stays on at night lifts the base, and both may be the excess over the
// baseline. What runs at night and what runs out of hours beyond it are apart. Loss of
// a balance is energy that no other meter sees, demand and power factor are money alone.
func wasteOfSubject(seen []findings.Seen) (inside, beside waste) {
	kinds := map[string]waste{}
	for i := range seen {
		kinds[seen[i].Kind] = wasteOf(&seen[i])
	}
	habits := larger(kinds["night_base"], kinds["stuck_on"]).plus(kinds["out_of_hours"]).plus(kinds["holiday"])
	for _, kind := range []string{"water_leak", "excess", "anomaly"} {
		habits = larger(habits, kinds[kind])
	}
	beside = larger(larger(kinds["balance_loss"], kinds["balance_theft"]), kinds["missing_meter"])
	return habits, beside.plus(kinds["peak_demand"]).plus(kinds["low_load_factor"]).plus(kinds["power_factor"])
}

// ledger adds up waste over the trees of meters, so that what a meter wastes is not
// counted again at those before it.
type ledger struct {
	bySubject map[string][]findings.Seen
	done      map[*point]waste
}

func newLedger(seen []findings.Seen) *ledger {
	l := &ledger{bySubject: map[string][]findings.Seen{}, done: map[*point]waste{}}
	for _, s := range seen {
		l.bySubject[s.Subject] = append(l.bySubject[s.Subject], s)
	}
	return l
}

// below is the waste of a point and those behind it.
func (l *ledger) below(p *point) waste {
	if w, ok := l.done[p]; ok {
		return w
	}
	l.done[p] = waste{} // no tree has a circle; should it, it ends here
	var children waste
	for _, c := range p.children {
		if c.medium == p.medium {
			children = children.plus(l.below(c))
		}
	}
	inside, beside := wasteOfSubject(l.bySubject["point:"+p.id])
	w := larger(inside, children).plus(beside)
	l.done[p] = w
	return w
}

// building is the waste of a building: its own, or that of its meters.
func (l *ledger) building(name string, tops []*point) waste {
	var meters waste
	for _, p := range tops {
		meters = meters.plus(l.below(p))
	}
	inside, _ := wasteOfSubject(l.bySubject[name])
	return larger(inside, meters)
}

// byMedium is the waste of a project by medium: of all buildings, or of all that the
// suppliers bill.
func (l *ledger) byMedium(e *estate, buildings map[string]*subject) map[string]waste {
	supplied, built, tops := map[string]waste{}, map[string]waste{}, e.tops()
	for _, p := range e.counting() {
		if p.supplies() {
			supplied[p.medium] = supplied[p.medium].plus(l.below(p))
		}
	}
	for _, name := range sortedKeys(buildings) {
		medium := buildings[name].medium
		built[medium] = built[medium].plus(l.building(name, tops[name]))
	}
	for medium, w := range built {
		supplied[medium] = larger(supplied[medium], w)
	}
	return supplied
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// told removes findings of meters and buildings that are told of what is behind them:
// of the same kind, begun at about the same time, and at least half as much.
func told(seen []findings.Seen, e *estate) []findings.Seen {
	type key struct{ kind, subject string }
	found := map[key]*findings.Seen{}
	for i := range seen {
		found[key{seen[i].Kind, seen[i].Subject}] = &seen[i]
	}
	var behind func(s *findings.Seen, list []*point, depth int) float64
	behind = func(s *findings.Seen, list []*point, depth int) float64 {
		sum := 0.
		for _, c := range list {
			f := found[key{s.Kind, "point:" + c.id}]
			switch {
			case f != nil && f.Medium == s.Medium && f.Since.Sub(s.Since).Abs() <= explainedBy && f.Rate.Value != nil:
				sum += *f.Rate.Value
			case depth < 10:
				sum += behind(s, c.children, depth+1)
			}
		}
		return sum
	}
	tops := e.tops()
	return slices.DeleteFunc(slices.Clone(seen), func(s findings.Seen) bool {
		if s.Rate.Value == nil || s.Rate.Unit == "CNY" || !overlaps[s.Kind] {
			return false
		}
		var list []*point
		if p, ok := e.points[trimPoint(s.Subject)]; ok {
			list = p.children
		} else {
			list = tops[s.Subject]
		}
		return len(list) > 0 && behind(&s, list, 0) >= *s.Rate.Value/2
	})
}

// overlaps are kinds of energy that each meter before sees as well.
var overlaps = map[string]bool{
	"night_base": true, "out_of_hours": true, "holiday": true, "stuck_on": true, "excess": true, "water_leak": true, "anomaly": true,
}

func trimPoint(subject string) string {
	const prefix = "point:"
	if len(subject) > len(prefix) && subject[:len(prefix)] == prefix {
		return subject[len(prefix):]
	}
	return ""
}

// tops are the points that make up each building, by its subject.
func (e *estate) tops() map[string][]*point {
	m := map[string][]*point{}
	for _, p := range e.counting() {
		if p.topOf() {
			name := "building:" + p.building + "/" + p.medium
			m[name] = append(m[name], p)
		}
	}
	return m
}
