package replacement

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"steward/analytics/renewal"
)

// Steps of a grid of ages. A part that lives for a thirtieth of the grid or less is
// counted by its mean life anyway, to which the renewal function comes close.
const blockSteps = 360

// renewals is the expected number of failures of a part until the ages step, 2 step,
// … n step, when it is replaced each time it fails: the renewal function, by the
// midpoint scheme of M. Xie (On the solution of renewal-type integral equations,
// Communications in Statistics B 18, 1989; Tijms, A First Course in Stochastic Models,
// 2003, section 8.1.1). It does not pile up errors of rounding as age goes on.
func renewals(l renewal.Life, step float64, n int) []float64 {
	// Of the middles of steps, the last comes first, so that the sum is a product of
	// two vectors; and the increments of the renewal function.
	middle, grown := make([]float64, n+1), make([]float64, n+1)
	for i := 1; i <= n; i++ {
		middle[n-i] = l.Failed((float64(i) - 0.5) * step)
	}
	first := middle[n-1]
	m, last := make([]float64, n), 0.
	for i := 1; i <= n; i++ {
		if 1-first < 1e-9 {
			// It does not even live for half a step.
			m[i-1] = float64(i) * step / l.Mean()
			continue
		}
		sum := l.Failed(float64(i)*step) - last*first + floats.Dot(grown[1:i], middle[n-i:n-1])
		now := max(sum/(1-first), last)
		grown[i], last, m[i-1] = now-last, now, now
	}
	return m
}

// block is a device whose parts are replaced as they fail, each at the cost of a
// failure, and which is replaced as a whole at an age: block replacement of its parts
// (Barlow and Proschan, Mathematical Theory of Reliability, 1965, chapter 4, section
// 2). A year costs, with the renewal functions M of the parts,
//
//	C(t) = (planned + failure × sum of M(t)) / t
//
// It is the model of parts that are as good as new after a repair, as their lives are
// fitted: minimal repair would have each failure leave a part as old as it was.
type block struct {
	costs renewal.Costs
	step  float64
	parts [][]float64 // renewal functions over the grid
	means []float64   // lives
}

func newBlock(costs renewal.Costs, lives []renewal.Life) *block {
	b := &block{costs: costs}
	longest := 0.0
	for _, l := range lives {
		b.means = append(b.means, l.Mean())
		longest = max(longest, l.Mean())
	}
	b.step = min(3*longest, horizon) / blockSteps
	for _, l := range lives {
		b.parts = append(b.parts, renewals(l, b.step, blockSteps))
	}
	return b
}

// horizon is the greatest age that is looked at, in years.
const horizon = 60.

// rates is the cost a year of each age of the grid, with one part living otherwise
// where other is not nil.
func (b *block) rates(part int, other []float64) []float64 {
	out := make([]float64, blockSteps)
	for i := range out {
		sum := 0.0
		for k, m := range b.parts {
			if k == part && other != nil {
				m = other
			}
			sum += m[i]
		}
		out[i] = (b.costs.Planned + b.costs.Failure*sum) / (float64(i+1) * b.step)
	}
	return out
}

// forever is the cost a year of a device that is never replaced as a whole.
func (b *block) forever(part int, mean float64) float64 {
	sum := 0.0
	for k, m := range b.means {
		if k == part {
			m = mean
		}
		sum += 1 / m
	}
	return b.costs.Failure * sum
}

// leastSavings is the share of the cost from which a planned age is worth having: the
// grid does not tell less from nothing.
const leastSavings = 1e-3

// best is the age at which rates are least; ok is false where going on is as cheap.
func (b *block) best(rates []float64, forever float64) (age, rate float64, ok bool) {
	at := 0
	for i, r := range rates {
		if r < rates[at] {
			at = i
		}
	}
	age, rate = float64(at+1)*b.step, rates[at]
	if at == len(rates)-1 || !(rate < forever*(1-leastSavings)) {
		return 0, 0, false
	}
	if at > 0 {
		// The vertex of the parabola through three points.
		before, after := rates[at-1], rates[at+1]
		if bend := before - 2*rate + after; bend > 0 {
			shift := (before - after) / (2 * bend)
			age, rate = age+shift*b.step, rate-(before-after)*shift/4
		}
	}
	return age, rate, usable(age) && usable(rate)
}

func usable(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
