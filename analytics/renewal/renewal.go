// Package renewal finds the age at which a part is best replaced before it fails.
//
// Under age replacement a part is replaced when it fails, at the cost of a failure, or
// when it reaches an age t, at the cost of a planned replacement, whichever comes first.
// The long-run cost per unit of time is (Barlow and Proschan, Mathematical Theory of
// Reliability, 1965, chapter 4)
//
//	C(t) = (planned R(t) + failure F(t)) / integral of R from 0 to t
//
// and [Optimize] finds the t at which it is least, or says why there is none. [Between]
// is the interval of that age when the lifetime is known from a sample only.
package renewal

import (
	"errors"
	"fmt"
	"math"
)

// Costs are those of replacing one part, in one currency.
type Costs struct {
	Planned float64 // at a chosen time
	Failure float64 // after a failure: the part, and what the failure brings with it
}

// Check says what is wrong with costs.
func (c Costs) Check() error {
	switch {
	case !(c.Planned > 0) || math.IsInf(c.Planned, 0):
		return fmt.Errorf("planned cost %g: give a positive number", c.Planned)
	case !(c.Failure > 0) || math.IsInf(c.Failure, 0):
		return fmt.Errorf("failure cost %g: give a positive number", c.Failure)
	}
	return nil
}

// Point is the cost of replacing at an age.
type Point struct {
	Age         float64 `json:"age"`
	CostRate    float64 `json:"cost_rate"`   // per unit of time
	Reliability float64 `json:"reliability"` // the share of parts that reach that age
}

// Plan is when to replace a part.
type Plan struct {
	// OptimalAge is nil when running to failure is best; Reason then says why.
	OptimalAge  *float64 `json:"optimal_age"`
	Reliability *float64 `json:"reliability"` // the share of parts that reach it
	CostRate    float64  `json:"cost_rate"`   // per unit of time, of the best policy
	RunToFail   float64  `json:"run_to_failure_cost_rate"`
	// Savings are per part and unit of time against running to failure; SavingsShare
	// is of the cost of that.
	Savings      float64 `json:"savings"`
	SavingsShare float64 `json:"savings_share"`
	MeanLife     float64 `json:"mean_life"` // of a part that is run to failure
	Reason       string  `json:"reason,omitempty"`
	Curve        []Point `json:"curve"`
}

// leastSavings is the share of the cost below which a planned age is not worth
// having: no estimate of a lifetime is as good as that.
const leastSavings = 1e-4

// Optimize finds the best age of replacement for a life and costs; the curve has so
// many points, none for 0.
func Optimize(l Life, c Costs, points int) (Plan, error) {
	if err := c.Check(); err != nil {
		return Plan{}, err
	}
	p := Plan{MeanLife: l.Mean()}
	p.RunToFail = c.Failure / p.MeanLife
	if !usable(p.MeanLife) || !usable(p.RunToFail) {
		return Plan{}, errors.New("the mean life or the cost per time is too large or too small to be written as a number: change the units, or look at the parameters")
	}
	p.CostRate = p.RunToFail
	age, reason := best(l, c)
	if reason == "" {
		rate := costRate(l, c, age)
		if share := 1 - rate/p.RunToFail; share >= leastSavings && usable(rate) {
			reliability := l.Reliability(age)
			p.OptimalAge, p.Reliability, p.CostRate = &age, &reliability, rate
			p.Savings, p.SavingsShare = p.RunToFail-rate, share
		} else {
			reason = "run to failure: hardly any part reaches the age at which replacing it would pay"
		}
	}
	p.Reason = reason
	p.Curve = curve(l, c, &p, points)
	return p, nil
}

func usable(x float64) bool { return x > 0 && !math.IsInf(x, 0) }

// best is the age of the first minimum of the cost, or the reason why there is none.
//
// The cost falls exactly where h(t) times the integral of R, less F(t), is below
// planned/(failure-planned), by its derivative: the left side begins at 0, and rises
// and falls with the hazard h. So the first minimum is where it first reaches that
// number, between 0 and the peak of the hazard. Where it falls below it again the cost
// falls towards that of running to failure, to which the minimum is to be compared.
func best(l Life, c Costs) (age float64, reason string) {
	if c.Failure <= c.Planned {
		return 0, "run to failure: a failure costs no more than a planned replacement"
	}
	low, high, ages := l.Wear()
	if !ages {
		return 0, "run to failure: the part does not wear out, an old one is as good as a new one or better"
	}
	need := c.Planned / (c.Failure - c.Planned)
	excess := func(log float64) float64 {
		t := math.Exp(log)
		return l.Hazard(t)*l.Lived(t) - l.Failed(t) - need
	}
	if excess(low) >= 0 {
		// So cheap a replacement, or so sudden a wear, that the age is below all ages
		// that the life's own numbers tell apart.
		return math.Exp(low), ""
	}
	if !(excess(high) > 0) {
		return 0, "run to failure: at no age that parts reach does wear make up for the cost of a planned replacement"
	}
	for range 200 {
		middle := (low + high) / 2
		if middle == low || middle == high {
			break
		}
		if excess(middle) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp((low + high) / 2), ""
}

func costRate(l Life, c Costs, t float64) float64 {
	return (c.Planned*l.Reliability(t) + c.Failure*l.Failed(t)) / l.Lived(t)
}

// curve is evenly spaced ages, until two and a half times the best, or twice the
// mean life without one.
func curve(l Life, c Costs, p *Plan, points int) []Point {
	all := []Point{}
	until := 2 * p.MeanLife
	if p.OptimalAge != nil {
		until = 2.5 * *p.OptimalAge
	}
	for i := range points {
		t := until * (float64(i+1) / float64(points))
		if rate := costRate(l, c, t); usable(rate) && usable(t) {
			all = append(all, Point{Age: t, CostRate: rate, Reliability: l.Reliability(t)})
		}
	}
	return all
}
