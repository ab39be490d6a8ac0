package rate

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// leastToShrink is how many estates with exposure tell something of how estates
// differ.
const leastToShrink = 3

// Count is the events of one of many estates, models or units.
type Count struct {
	Events   int
	Exposure float64 // 0 where nothing was watched: its rate is that of the others
}

// Shrunk is the rate of one of many, drawn towards the others' the more the less its
// own data tell.
type Shrunk struct {
	Own    *float64 `json:"own"` // events per exposure; nil without exposure
	Rate   float64  `json:"rate"`
	Low    float64  `json:"rate_low"`
	High   float64  `json:"rate_high"`
	Weight float64  `json:"weight"` // of its own rate: 0 is all of the others, 1 all of its own
}

// Shrinkage is the rates of many estates together.
type Shrinkage struct {
	Pooled Rate `json:"pooled"` // all as if they were one
	// The distribution from which the estates' rates come: a gamma distribution of
	// this mean and coefficient of variation. Variation is 0 when the estates differ
	// no more than by luck: then all have the pooled rate.
	Mean      *float64 `json:"mean"`
	Variation *float64 `json:"variation"`
	Level     float64  `json:"level"`
	Each      []Shrunk `json:"each"` // in the order given; nil with a reason in Why
	Why       string   `json:"why,omitempty"`
}

// Shrink estimates the rates of many estates together by parametric empirical Bayes:
// events are Poisson, rates gamma with parameters that maximise the marginal (negative
// binomial) likelihood, and each estate's rate is its posterior mean (Carlin and
// Louis, Bayes and Empirical Bayes Methods for Data Analysis, 2nd edition, 2000,
// chapter 3). A small estate with three faults in a bad month then no longer leads
// the list of a company.
//
// The estimates add up to the events that there were: the sum of rate times exposure
// is the sum of events. Intervals are the posterior's, central; they take the gamma
// distribution for known, and so are somewhat narrow where there are few estates.
func Shrink(counts []Count, level float64) (Shrinkage, error) {
	s := Shrinkage{Level: level}
	if !isLevel(level) {
		return s, fmt.Errorf("level %g: give a number between 0 and 1, such as 0.95", level)
	}
	events, exposure, watched := 0, 0.0, 0
	for i, c := range counts {
		switch {
		case c.Events < 0 || math.IsNaN(c.Exposure) || math.IsInf(c.Exposure, 0) || c.Exposure < 0:
			return s, fmt.Errorf("count %d: events %d and exposure %g: neither can be negative or infinite", i+1, c.Events, c.Exposure)
		case c.Exposure == 0 && c.Events > 0:
			return s, fmt.Errorf("count %d: %d events without exposure: give the time in which they happened", i+1, c.Events)
		case c.Exposure > 0:
			watched++
		}
		events += c.Events
		exposure += c.Exposure
	}
	if math.IsInf(exposure, 0) {
		return s, errors.New("the exposures add up to infinity: give them in a larger unit")
	}
	s.Pooled = Of(events, exposure, level)
	switch {
	case watched < leastToShrink:
		s.Why = fmt.Sprintf("insufficient data: %d with exposure, at least %d needed to tell how they differ", watched, leastToShrink)
		return s, nil
	case s.Pooled.Value == nil || s.Pooled.Low == nil || s.Pooled.High == nil:
		s.Why = "insufficient data: the rate is too large or too small to be written as a number"
		return s, nil
	}
	s.Mean, s.Variation = s.Pooled.Value, finite(0)
	var prior *gammaPrior
	if events > 0 {
		prior = newMarginal(counts, float64(events)/exposure).fit()
	}
	if prior != nil {
		s.Mean, s.Variation = finite(prior.mean), finite(1/math.Sqrt(prior.shape))
	}
	s.Each = make([]Shrunk, len(counts))
	for i, c := range counts {
		s.Each[i] = prior.posterior(c, &s.Pooled, level)
	}
	return s, nil
}

// gammaPrior is a gamma distribution of rates.
type gammaPrior struct{ shape, mean float64 }

// posterior is the rate of one; all have the pooled rate when p is nil.
func (p *gammaPrior) posterior(c Count, pooled *Rate, level float64) Shrunk {
	s := Shrunk{Rate: *pooled.Value, Low: *pooled.Low, High: *pooled.High}
	if c.Exposure > 0 {
		s.Own = finite(float64(c.Events) / c.Exposure)
	}
	if p == nil {
		return s
	}
	prior := p.shape / p.mean // the exposure that the prior is worth
	shape, tail := p.shape+float64(c.Events), (1-level)/2
	s.Weight = c.Exposure / (c.Exposure + prior)
	s.Rate = shape / (prior + c.Exposure)
	s.Low = mathext.GammaIncRegInv(shape, tail) / (prior + c.Exposure)
	s.High = mathext.GammaIncRegCompInv(shape, tail) / (prior + c.Exposure)
	return s
}

// marginal is the likelihood of counts whose rates come from a gamma distribution.
// Exposures are in units of the pooled rate, so that they are expected events and
// the mean rate is close to 1 whatever the caller's unit.
type marginal struct {
	events, expected []float64
	pooled           float64
	most             float64 // events of any
}

func newMarginal(counts []Count, pooled float64) *marginal {
	m := &marginal{pooled: pooled}
	for _, c := range counts {
		if c.Exposure > 0 {
			k := float64(c.Events)
			m.events, m.expected = append(m.events, k), append(m.expected, c.Exposure*pooled)
			m.most = max(m.most, k)
		}
	}
	return m
}

// fit is the prior of the greatest likelihood, nil when no prior is likelier than one
// rate for all. The likelihood is taken as a function of the dispersion 1/shape alone,
// the mean being the best for it; it may have more than one hill, so that a search
// over all of the scale comes before the refinement.
func (m *marginal) fit() *gammaPrior {
	// Below the first the variance exceeds Poisson's by a ten-thousandth; beyond the
	// last nearly all rates are 0.
	low, high := math.Log(1e-4/(1+m.most)), math.Log(1e4)
	const steps = 48
	width := (high - low) / steps
	best, gain := 0.0, 0.0
	for i := range steps + 1 {
		at := low + width*float64(i)
		if g, _ := m.gain(math.Exp(-at)); g > gain {
			best, gain = at, g
		}
	}
	// A gain that rounding can make is none.
	if gain <= 1e-9*float64(len(m.events)) {
		return nil
	}
	best = highest(func(at float64) float64 { g, _ := m.gain(math.Exp(-at)); return g },
		max(low, best-width), min(high, best+width))
	shape := math.Exp(-best)
	_, mean := m.gain(shape)
	return &gammaPrior{shape: shape, mean: mean * m.pooled}
}

// gain is by how much the log-likelihood of the best mean for a shape exceeds that of
// one rate for all, and that mean in units of the pooled rate.
func (m *marginal) gain(shape float64) (gain, mean float64) {
	mean = m.mean(shape)
	logMean := math.Log(mean)
	for i, k := range m.events {
		e := m.expected[i]
		gain += risingLog(k, shape) + k*logMean - (shape+k)*math.Log1p(mean*e/shape) + e
	}
	return gain, mean
}

// mean is the root of the likelihood's derivative, which falls in the mean: Newton's
// steps, halved where they would leave the bracket.
func (m *marginal) mean(shape float64) float64 {
	low, high := 0.0, math.Inf(1)
	at := 1.0
	for range 100 {
		f, slope := 0.0, 0.0
		for i, k := range m.events {
			e := m.expected[i]
			d := 1 + at*e/shape
			f += (k - at*e) / d
			slope -= e * (1 + k/shape) / (d * d)
		}
		if f > 0 {
			low = at
		} else {
			high = at
		}
		next := at - f/slope
		if !(next > low && next < high) {
			if next = (low + high) / 2; math.IsInf(next, 0) {
				next = 2 * at
			}
		}
		if math.Abs(next-at) <= 1e-12*at {
			return next
		}
		at = next
	}
	return at
}

// risingLog is ln(a(a+1)…(a+k-1)/a^k), of which the plain difference of log-gammas
// would lose all digits for a large a.
func risingLog(k, a float64) float64 {
	if k < 32 {
		sum := 0.0
		for j := 1.0; j < k; j++ {
			sum += math.Log1p(j / a)
		}
		return sum
	}
	if a < 100 {
		up, _ := math.Lgamma(a + k)
		down, _ := math.Lgamma(a)
		return up - down - k*math.Log(a)
	}
	// Stirling's series, its terms subtracted one from the other.
	series := func(x float64) float64 { return 1/(12*x) - 1/(360*x*x*x) }
	return (a+k-0.5)*math.Log1p(k/a) - k + series(a+k) - series(a)
}

// highest is where a function of one hill is highest: golden section.
func highest(f func(float64) float64, low, high float64) float64 {
	const golden = 0.6180339887498949
	left, right := high-golden*(high-low), low+golden*(high-low)
	atLeft, atRight := f(left), f(right)
	for range 60 {
		if atLeft < atRight {
			low, left, atLeft = left, right, atRight
			right = low + golden*(high-low)
			atRight = f(right)
		} else {
			high, right, atRight = right, left, atLeft
			left = high - golden*(high-low)
			atLeft = f(left)
		}
		if high-low < 1e-9 {
			break
		}
	}
	return (low + high) / 2
}
