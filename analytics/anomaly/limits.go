package anomaly

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/anomaly/robust"
)

const (
	poolFewest   = 20    // values that make a scale
	weekFewest   = 40    // that make the scale of a week
	weekReach    = 4     // weeks either side
	relativeMin  = 0.005 // of the median value: half the error of a meter of class 1 (IEC 62053-21)
	commonShare  = 0.01  // of all values: one that is no accident
	caution      = 0.7   // of the rate that is asked for: limits are estimates, and noise has a memory
	relativeRest = 0.1   // of the typical scale: no hour is that much surer than the others
)

// measure says how far each hour is from what is expected when nothing is wrong: the
// scale of the same hour of the day and its neighbours on workdays, or on weekends,
// times that of its month. A floor keeps series that are constant, or registers that
// count in coarse steps, from making an anomaly of every last digit.
func (m *model) measure() {
	rest := make([]float64, len(m.use))
	var pools [48][]float64
	var all []float64
	for i, v := range m.use {
		if rest[i] = v - m.expected[i]; math.IsNaN(rest[i]) {
			continue
		}
		all = append(all, rest[i])
		p := pool(m.slot[i])
		kind := p / 24 * 24
		for _, q := range [...]int{p, kind + (p+1)%24, kind + (p+23)%24} {
			pools[q] = append(pools[q], rest[i])
		}
	}
	overall := robust.Scale(slices.Clone(all))
	if overall == 0 {
		overall = m.deviation(all)
	}
	m.typical = max(overall, m.floor())
	var scales [48]float64
	for p, values := range pools {
		if scales[p] = overall; len(values) >= poolFewest {
			scales[p] = robust.Scale(values)
		}
		scales[p] = max(scales[p], m.floor(), relativeRest*m.typical)
	}
	factor := m.weekFactors(rest, scales)
	m.scale = make([]float64, len(m.use))
	for i := range m.scale {
		m.scale[i] = max(scales[pool(m.slot[i])]*factor[m.week[i]], m.floor())
	}
}

// pool is the hour of the day, of workdays 0 to 23, of weekends 24 to 47.
func pool(slot int) int {
	if slot >= 5*24 {
		return 24 + slot%24
	}
	return slot % 24
}

// deviation is the mean distance of series most of whose values are as expected to
// the digit, half of which would make any median zero.
func (m *model) deviation(rest []float64) float64 {
	sum := 0.0
	for _, v := range rest {
		sum += math.Abs(v) / float64(len(rest))
	}
	return sum
}

// floor is the least scale: a fraction of what the meter reads, and half a step of
// its register.
func (m *model) floor() float64 {
	if m.least == 0 {
		largest := 0.0
		for _, v := range m.use {
			if a := math.Abs(v); a > largest {
				largest = a
			}
		}
		m.least = max(relativeMin*m.magnitude(), m.register()/2, 1e-6*largest, math.SmallestNonzeroFloat64*1e20)
	}
	return m.least
}

// register is the step in which a meter counts: the smallest difference between values
// that are common, if so few different values occur that it must be one; else 0.
func (m *model) register() float64 {
	values := make([]float64, 0, len(m.use))
	for _, v := range m.use {
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	common, different := math.NaN(), 0
	smallest := math.Inf(1)
	for i := 0; i < len(values); {
		at := i
		for i < len(values) && values[i] == values[at] {
			i++
		}
		different++
		if float64(i-at) < commonShare*float64(len(values)) {
			continue
		}
		if d := values[at] - common; d < smallest { // false for the first
			smallest = d
		}
		common = values[at]
	}
	if different > len(values)/8 || math.IsInf(smallest, 1) {
		return 0
	}
	return smallest
}

// weekFactors is how much more, or less, than usual the weeks around each scatter.
func (m *model) weekFactors(rest []float64, scales [48]float64) []float64 {
	weeks := m.week[len(m.week)-1] + 1
	factor := make([]float64, weeks)
	week := make([]float64, 0, slots)
	i := 0
	for w := range factor {
		week = week[:0]
		for ; i < len(rest) && m.week[i] == w; i++ {
			if !math.IsNaN(rest[i]) {
				week = append(week, rest[i]/scales[pool(m.slot[i])])
			}
		}
		if factor[w] = math.NaN(); len(week) >= weekFewest {
			factor[w] = robust.Scale(week)
		}
	}
	factor = robust.Rolling(factor, weekReach)
	for w, f := range factor {
		if math.IsNaN(f) {
			f = 1
		}
		factor[w] = min(max(f, 0.3), 3)
	}
	return factor
}

// score is how many standard deviations an hour is from what is expected.
func (m *model) score(i int) float64 {
	return min(max((m.value[i]-m.expected[i])/m.scale[i], -maxScore), maxScore)
}

// tail is the part of the scores, of one side, from which the rest of the tail is
// told: two quantiles.
type tail struct{ near, far float64 }

// What has not been looked at yet may hold many anomalies, which the quantiles up to
// the 95th hardly feel. Once they are known the tail itself tells more: the centre
// alone makes far too much of exponential tails.
var (
	centre = tail{0.5, 0.95}
	outer  = tail{0.9, 0.99}
)

// flags sets the limits and says which hours lie outside.
func (m *model) flags(rate float64, from tail) []bool {
	var low, high []float64
	for i, v := range m.use {
		if d := (v - m.expected[i]) / m.scale[i]; d < 0 {
			low = append(low, -d)
		} else if d >= 0 {
			high = append(high, d)
		}
	}
	n := len(low) + len(high)
	p := caution * rate / hoursPerYear
	// Of what was left out as many hours as are due may have been without fault.
	due := min(float64(m.leftOut), p*float64(n)) / 2
	m.limitLow, m.limitHigh = from.limit(low, n, due, p/2), from.limit(high, n, due, p/2)
	flags := make([]bool, len(m.value))
	for i := range flags {
		s := m.score(i)
		flags[i] = s > m.limitHigh || s < -m.limitLow
	}
	return flags
}

// limit is the score that hours without fault exceed on one side with probability p,
// from the scores on that side of all n and some that are missing at its end. The noise of meters has longer tails than the
// normal distribution, and longer ones above than below: on either side it is taken
// as the Student distribution that has the same two quantiles.
func (t tail) limit(side []float64, n int, missing, p float64) float64 {
	normal := -distuv.UnitNormal.Quantile(p)
	if len(side) < poolFewest {
		return normal
	}
	slices.Sort(side)
	more := 1 + missing/float64(len(side))
	near, far := robust.Quantile(side, t.near*more), robust.Quantile(side, t.far*more)
	// Scales that a floor or a coarse register has set are wider than most scores.
	near = max(near, -distuv.UnitNormal.Quantile(0.5-t.near/2))
	p *= 0.5 * float64(n) / float64(len(side)) // the side may hold more or less than half
	if p >= 0.5 {
		return 0
	}
	shape := t.student(far / near)
	scale := near / shape.Quantile(0.5+t.near/2)
	return min(scale*-shape.Quantile(p), maxScore*0.99)
}

// student is the Student distribution whose absolute values have that ratio between
// the two quantiles; practically the normal one at the least.
func (t tail) student(ratio float64) distuv.StudentsT {
	shape := func(nu float64) distuv.StudentsT { return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu} }
	lo, hi := 1.0, 200.0
	for range 20 {
		nu := math.Sqrt(lo * hi)
		if d := shape(nu); d.Quantile(0.5+t.far/2)/d.Quantile(0.5+t.near/2) > ratio {
			lo = nu
		} else {
			hi = nu
		}
	}
	return shape(math.Sqrt(lo * hi))
}
