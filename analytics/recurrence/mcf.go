package recurrence

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Step is the mean cumulative function from an age until the next step's.
type Step struct {
	Time   float64 `json:"time"`
	AtRisk int     `json:"at_risk"` // units watched at that age
	MCF    float64 `json:"mcf"`     // events, or cost, of a unit by that age, on average
	// StdErr is robust: from how the units differ. StdErrPoisson holds when events
	// are independent of one another, as in a Poisson process.
	StdErr        *float64 `json:"std_err"` // nil for a single unit
	StdErrPoisson *float64 `json:"std_err_poisson"`
	Low           *float64 `json:"low"` // nil while the MCF is 0
	High          *float64 `json:"high"`
}

// Curve is a mean cumulative function.
type Curve struct {
	Steps []Step
	All   int // steps before they were thinned to Options.Steps
	// Method is how the intervals come about: "robust", or "poisson" for a single
	// unit, which does not tell how units differ.
	Method string
}

// Measure is what is cumulated.
type Measure int

// Events or their cost.
const (
	Events Measure = iota
	Cost
)

// Mean is the mean cumulative function: at each age with events the number of events
// (or their cost) over the number of units watched then, added up (Nelson, Recurrent
// Events Data Analysis for Product Repairs, Disease Recurrences, and Other
// Applications, SIAM 2003, chapters 3 to 5).
//
// The robust variance is that of Lawless and Nadeau (Some simple robust methods for the
// analysis of recurrent events, Technometrics 37, 1995; in Meeker and Escobar,
// Statistical Methods for Reliability Data, 1998, section 16.2): the sum over units of
// the square of what the unit has more than the average of those watched with it, each
// step weighted by one over their number. The other one is Nelson's naive variance,
// which takes increments for independent. Intervals are those of the logarithm, so
// that they are positive, at the robust error.
//
// A unit counts as watched from its entry to its end, both included. Only most steps
// are returned, evenly chosen with the first and the last; 0 is all of them.
func Mean(d *Data, what Measure, level float64, most int) Curve {
	events := inOrder(d.Events)
	c := Curve{Method: "robust"}
	for i := range events {
		if i == 0 || events[i].Time != events[i-1].Time {
			c.All++
		}
	}
	if len(d.Units) < 2 {
		c.Method = "poisson"
	}
	keep := thinned(c.All, most)
	c.Steps = make([]Step, 0, keep.size())
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)

	watch := newWatch(d.Units)
	mcf, poisson, step := 0.0, 0.0, 0
	for from := 0; from < len(events); step++ {
		at := events[from].Time
		to := from
		sum, squares := 0.0, 0.0
		for ; to < len(events) && events[to].Time == at; to++ {
			one := amount(events[to], what) / events[to].Count
			sum += events[to].Count * one
			squares += events[to].Count * one * one
		}
		watch.moveTo(at)
		risk := float64(watch.atRisk)
		mcf += sum / risk
		poisson += squares / risk / risk
		watch.happen(events[from:to], sum, what)
		from = to
		if keep.has(step) {
			s := Step{Time: at, AtRisk: watch.atRisk, MCF: mcf, StdErrPoisson: finite(math.Sqrt(poisson))}
			used := s.StdErrPoisson
			if len(d.Units) >= 2 {
				s.StdErr = finite(math.Sqrt(watch.variance()))
				used = s.StdErr
			}
			if used != nil && mcf > 0 {
				reach := math.Exp(z * *used / mcf)
				s.Low, s.High = finite(mcf/reach), finite(mcf*reach)
			}
			c.Steps = append(c.Steps, s)
		}
	}
	return c
}

func amount(e Event, what Measure) float64 {
	if what == Cost {
		return e.Count * e.Cost
	}
	return e.Count
}

// watch follows which units are watched as age grows, and for each what it has more
// than the average. What the average gathers is subtracted from all watched units at
// once: a unit's excess is own + offset - average, of which only own changes by its
// own events, so that a step costs as much as it has events.
type watch struct {
	units          []Unit
	byEntry, byEnd []int32
	entered, left  int
	atRisk         int

	average     float64   // sum of amount over the square of the number watched
	own         []float64 // gathered by a unit, and the average when it entered
	sum, square float64   // of the excess of units watched now
	gone        float64   // squares of those no longer watched
}

func newWatch(units []Unit) *watch {
	w := &watch{units: units, own: make([]float64, len(units))}
	order := func(key func(Unit) float64) []int32 {
		all := make([]int32, len(units))
		for i := range all {
			all[i] = int32(i)
		}
		slices.SortStableFunc(all, func(a, b int32) int { return cmp.Compare(key(units[a]), key(units[b])) })
		return all
	}
	w.byEntry = order(func(u Unit) float64 { return u.Entry })
	w.byEnd = order(func(u Unit) float64 { return u.End })
	return w
}

// moveTo lets units enter and leave up to an age.
func (w *watch) moveTo(at float64) {
	for w.entered < len(w.byEntry) && w.units[w.byEntry[w.entered]].Entry <= at {
		w.own[w.byEntry[w.entered]] = w.average
		w.entered++
		w.atRisk++
	}
	for w.left < len(w.byEnd) && w.units[w.byEnd[w.left]].End < at {
		excess := w.own[w.byEnd[w.left]] - w.average
		w.sum -= excess
		w.square -= excess * excess
		w.gone += excess * excess
		w.left++
		w.atRisk--
	}
}

// happen takes in the events of one age.
func (w *watch) happen(events []Event, sum float64, what Measure) {
	risk := float64(w.atRisk)
	fall := sum / risk / risk
	w.square += fall * (risk*fall - 2*w.sum)
	w.sum -= risk * fall
	w.average += fall
	for _, e := range events {
		gain := amount(e, what) / risk
		excess := w.own[e.Unit] - w.average
		w.square += gain * (2*excess + gain)
		w.sum += gain
		w.own[e.Unit] += gain
	}
}

func (w *watch) variance() float64 { return max(0, w.square+w.gone) }

// thinning picks so many of all steps, evenly, the first and the last among them.
type thinning struct{ all, most int }

func thinned(all, most int) thinning {
	if most <= 0 || most >= all {
		most = all
	}
	return thinning{all, max(most, min(all, 2))}
}

func (t thinning) size() int { return t.most }

// has reports whether a step is among the k(all-1)/(most-1), k from 0 to most-1.
func (t thinning) has(step int) bool {
	if t.most == t.all {
		return true
	}
	k := (step*(t.most-1) + t.all - 2) / (t.all - 1) // the least k whose step is not before this
	return k*(t.all-1)/(t.most-1) == step
}
