package replacement

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"steward/internal/authz"
	"steward/internal/calendar"
)

// The order of the plan. What the law or a standard wants comes first, whatever it
// costs and whatever it avoids: safety is not weighed against yuan. It is done in the
// order in which it is due. Then comes what avoids most for a yuan of yearly cost, as
// long as it is worth it. Ties go by the name of the device, so that the same
// forecasts make the same plan.
//
// The budget is spent in this order until something does not fit, and nothing after
// that is within: not the best that could be bought with the rest, of which a warning
// tells, but a line that can be drawn anywhere by the cumulative cost, and a larger
// budget never takes away what a smaller one bought.

// candidate is what the order needs of a device; there are as many as devices.
type candidate struct {
	key       string // region/project/class/device
	at        *tally // of its project
	pool      *pool  // may be nil
	cost      int64  // fen; 0 unknown
	due       calendar.Date
	benefit   float64
	avoided   float64 // yuan; NaN without a forecast
	low, high float64 // NaN without an interval
	mandatory bool
	worth     bool
}

// listed reports whether a candidate is in the plan, within the budget or not.
func (c *candidate) listed() bool { return c.mandatory || c.benefit > 0 }

func before(a, b *candidate) int {
	switch {
	case a.mandatory != b.mandatory:
		if a.mandatory {
			return -1
		}
		return 1
	case a.mandatory:
		return cmp.Or(a.due.Sub(b.due), cmp.Compare(a.key, b.key))
	}
	return cmp.Or(cmp.Compare(b.benefit, a.benefit), cmp.Compare(a.key, b.key))
}

// order is the indexes of the listed candidates in their order.
func order(all []candidate) []int32 {
	var listed []int32
	for i := range all {
		if all[i].listed() {
			listed = append(listed, int32(i)) // maxDevices is less
		}
	}
	slices.SortFunc(listed, func(a, b int32) int { return before(&all[a], &all[b]) })
	return listed
}

// fen is yuan in hundredths, of which sums are exact.
func fen(yuan float64) int64 { return int64(math.Round(yuan * 100)) }

func yuan(fen int64) float64 { return float64(fen) / 100 }

// plus does not wrap around: beyond is as good as endless.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// purse is a budget as it is spent.
type purse struct {
	of        string
	budget    float64 // yuan; 0 endless
	spent     int64   // also beyond the budget, for what comes after
	mandatory int64
	empty     bool  // something did not fit
	next      int64 // its cost
	left      int64 // what it left
}

// take reports whether a candidate is within.
func (p *purse) take(c *candidate) bool {
	p.spent = plus(p.spent, c.cost)
	if c.mandatory {
		p.mandatory = plus(p.mandatory, c.cost)
	}
	if p.empty || !c.mandatory && !c.worth {
		return false
	}
	if p.budget > 0 && p.spent > fen(p.budget) {
		p.empty, p.next, p.left = true, c.cost, fen(p.budget)-(p.spent-c.cost)
		return false
	}
	return true
}

// entry is a candidate in the list of a place, with what it and all before it cost and
// avoid.
type entry struct {
	candidate  int32
	within     bool
	cumulative int64
	avoided    float64
	low, high  float64 // NaN without an interval
}

// tally is what is planned for a place.
type tally struct {
	at    authz.Place
	above *tally // nil for the company
	purse *purse // its own, or that of a place above

	devices, unknown, unpriced, kept, dear int
	unsure, undated                        int

	entries             []entry // maxLines at most
	omitted             int
	within, mandatory   int
	cost, mandatoryCost int64
	cumulative          int64
	mandatoryUnpriced   int
	gained              gain // by what is within
	sofar               gain // by what is listed, as if all of it were within
}

// ownsPurse reports whether the budget is the place's own, as one without a limit is of
// each. What is in that of a place above, and what it lacks, is spent on other places
// too, and not for all eyes here.
func (t *tally) ownsPurse() bool { return t.purse.budget == 0 || t.purse.of == t.at.String() }

// gain is what replacing devices avoids.
type gain struct {
	value      float64 // yuan
	unknown    int     // devices of which it is not known
	noInterval bool
	byPool     map[*pool]*swing
}

// swing is how far the yuan avoided in a pool may be off. Forecasts of a pool are
// wrong together, those of different pools each for itself.
type swing struct{ below, above float64 }

// maxLines bounds the list of a document.
const maxLines = 2000

// spend goes through the candidates in their order, and draws the line at each place.
func spend(all []candidate, listed []int32) {
	for _, i := range listed {
		c := &all[i]
		var asked *purse
		var within bool
		// Of the places from the project up those that share a purse lie together.
		for t := c.at; t != nil; t = t.above {
			if t.purse != asked {
				asked, within = t.purse, t.purse.take(c)
			}
			t.enter(i, c, within)
		}
	}
}

func (t *tally) enter(i int32, c *candidate, within bool) {
	t.cumulative = plus(t.cumulative, c.cost)
	if len(t.entries) < maxLines {
		t.sofar.add(c)
		low, high := t.sofar.ends()
		t.entries = append(t.entries, entry{i, within, t.cumulative, t.sofar.value, low, high})
	} else {
		t.omitted++
	}
	if c.mandatory {
		t.mandatory++
		t.mandatoryCost = plus(t.mandatoryCost, c.cost)
		if c.cost == 0 {
			t.mandatoryUnpriced++
		}
	} else if !c.worth {
		t.dear++
	}
	if !within {
		return
	}
	t.within++
	t.cost = plus(t.cost, c.cost)
	t.gained.add(c)
}

func (g *gain) add(c *candidate) {
	if math.IsNaN(c.avoided) {
		g.unknown++
		return
	}
	g.value += c.avoided
	if math.IsNaN(c.low) || math.IsNaN(c.high) {
		g.noInterval = true
		return
	}
	if g.byPool == nil {
		g.byPool = map[*pool]*swing{}
	}
	s := g.byPool[c.pool]
	if s == nil {
		s = new(swing)
		g.byPool[c.pool] = s
	}
	s.below += max(c.avoided-c.low, 0)
	s.above += max(c.high-c.avoided, 0)
}

// ends are those of the interval of what is avoided; NaN without one. What is off in
// pools that are estimated each for itself adds up by squares, as in Curve.block.
func (g *gain) ends() (low, high float64) {
	if g.noInterval {
		return math.NaN(), math.NaN()
	}
	// In an order of their own, so that sums come out the same each time.
	swings := slices.SortedFunc(maps.Values(g.byPool), func(a, b *swing) int {
		return cmp.Or(cmp.Compare(a.below, b.below), cmp.Compare(a.above, b.above))
	})
	var below, above float64
	for _, s := range swings {
		below, above = math.Hypot(below, s.below), math.Hypot(above, s.above)
	}
	return g.value - below, g.value + above
}
