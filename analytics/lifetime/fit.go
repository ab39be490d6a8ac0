package lifetime

import (
	"fmt"
	"math"
)

// Method is how an interval was made.
type Method string

// The methods.
const (
	// LikelihoodRatio intervals hold what the data contradict least: all values at
	// which the likelihood falls short of its maximum by no more than chi squared
	// allows (Meeker and Escobar 1998, section 8.3).
	LikelihoodRatio Method = "likelihood_ratio"
	// Wald intervals are symmetric on a logarithmic scale. They stand in where the
	// likelihood does not bound the parameters, which truncation can bring about.
	Wald Method = "wald"
)

// Fit is a distribution fitted by maximum likelihood.
type Fit struct {
	Distribution  Distribution
	Level         float64 // of its intervals
	Method        Method  // of its intervals
	N, Failures   float64 // of the data, without units of age 0
	LogLikelihood float64 // of the times themselves, not of their logarithms
	AIC           float64
	// Covariance of mu and sigma, the location and the scale of the logarithm of the
	// lifetime, from the observed information. For the Weibull mu is the logarithm of
	// the scale and sigma one over the shape.
	Covariance [2][2]float64

	a, b    float64
	longest float64
	sample  *sample
	top     float64 // logarithm of the likelihood at the maximum, as sample.at has it
	contour *contour
	inverse [3]float64 // of the information in a and b: aa, ab, bb
}

// FitWeibull fits survival exp(-(t/scale)^shape).
func FitWeibull(d *Data, level float64) (*Fit, error) { return fit(d, Weibull, level) }

// FitLognormal fits lifetimes of which the logarithm is normal.
func FitLognormal(d *Data, level float64) (*Fit, error) { return fit(d, Lognormal, level) }

func fit(d *Data, family Distribution, level float64) (*Fit, error) {
	if !(level > 0 && level < 1) {
		return nil, fmt.Errorf("level %v is not between 0 and 1", level)
	}
	var k kernel = extreme{}
	if family == Lognormal {
		k = normal{}
	}
	s := newSample(d, k)
	switch {
	case s.failures == 0:
		return nil, fmt.Errorf("%w: none of the units has failed", ErrInsufficient)
	case s.failures == 1:
		return nil, fmt.Errorf("%w: one failure does not tell a shape; two at different ages are needed", ErrInsufficient)
	case s.distinct < 2:
		return nil, fmt.Errorf("%w: all %.0f failures are at one age; failures at two ages are needed", ErrInsufficient, s.failures)
	}
	// The standard deviation of the logarithm of a Weibull is pi / sqrt(6) / shape.
	b := 1 / s.spread
	if family == Weibull {
		b *= math.Pi / math.Sqrt(6)
	}
	return fitSample(d, s, family, level, b)
}

// maxLog is the logarithm of a scale that is no longer one of ages.
const maxLog = 460

// fitSample climbs from near the shape or 1 / sigma that is given.
func fitSample(d *Data, s *sample, family Distribution, level, b float64) (*Fit, error) {
	a := 0.0
	if family == Weibull {
		a, _, _ = s.weibullLocation(b)
	}
	a, b, ok := s.climb(a, b)
	if !ok {
		return nil, fmt.Errorf("%w: the %s likelihood of these units has no maximum, as when all that failed were watched only briefly", ErrInsufficient, family)
	}
	if mu := a/b + s.centre; math.Abs(mu) > maxLog {
		return nil, fmt.Errorf("%w: the %s would have a scale of e^%.0f", ErrInsufficient, family, mu)
	}
	constant := -s.jacobian
	if s.full != nil {
		// One more step is all that it takes from the maximum of the thinned ages.
		s.full.others = s.others
		_, d := s.full.at(a, b)
		da, db, _ := newton(d)
		a, b = a+da, b+db
		exact, _ := s.full.at(a, b)
		thinned, _ := s.at(a, b)
		constant += exact - thinned
		s.full = nil
	}
	top, at := s.at(a, b)
	f := &Fit{
		Distribution: family, Level: level, Method: LikelihoodRatio, Failures: s.failures,
		LogLikelihood: top + constant, AIC: 4 - 2*(top+constant),
		a: a, b: b, longest: d.Longest(), sample: s, top: top,
	}
	for _, p := range s.exits {
		f.N += p.failed + p.censored
	}
	det := at.aa*at.bb - at.ab*at.ab
	f.inverse = [3]float64{-at.bb / det, at.ab / det, -at.aa / det}
	f.Covariance = f.covariance()
	if f.contour = newContour(s, a, b, top, at, level); f.contour == nil {
		f.Method = Wald
	}
	return f, nil
}

// climb is Newton's method with a step that is halved until it gains. It converges
// from anywhere where the function is concave; where it is not, the steepest way
// leads on. It fails when nothing bounds the way up.
func (s *sample) climb(a, b float64) (float64, float64, bool) {
	l, d := s.at(a, b)
	for range 500 {
		if math.IsInf(l, -1) {
			return a, b, false
		}
		da, db, gain := newton(d)
		if gain < 1e-9 {
			// The error of a step is the square of the one before, so that one more
			// is exact; whether it gains is below what sums of logarithms can tell.
			a, b = a+da, b+db
			l, d = s.at(a, b)
			_, _, gain = newton(d)
			return a, b, b > 0 && !math.IsInf(l, -1) && gain < 1e-9 && concave(d)
		}
		step := 1.0
		for b+step*db <= b/10 {
			step /= 2
		}
		for {
			next, dn := s.at(a+step*da, b+step*db)
			if next >= l+1e-4*step*gain-1e-13*math.Abs(l) { // less what rounding loses
				a, b, l, d = a+step*da, b+step*db, next, dn
				break
			}
			if step /= 2; step < 1e-12 {
				return a, b, gain < 1e-6 && concave(d)
			}
		}
		// An extreme that runs away: sigma beyond a factor e^1000, or below what
		// float64 can tell two ages apart by.
		if b < 1e-3 || b > 1e15 {
			return a, b, false
		}
	}
	return a, b, false
}

// newton is the step to the maximum of the parabola with these derivatives, and
// twice what it gains. Where they are not those of a maximum it is a step uphill.
func newton(d derivatives) (da, db, gain float64) {
	aa, ab, bb := d.aa, d.ab, d.bb
	if !concave(d) {
		aa, ab, bb = -math.Abs(aa)-1e-12, 0, -math.Abs(bb)-1e-12
	}
	det := aa*bb - ab*ab
	da, db = (ab*d.b-bb*d.a)/det, (ab*d.a-aa*d.b)/det
	return da, db, da*d.a + db*d.b
}

func concave(d derivatives) bool { return d.aa < 0 && d.aa*d.bb-d.ab*d.ab > 0 }

func (f *Fit) covariance() [2][2]float64 {
	// mu = a/b + centre, sigma = 1/b.
	ma, mb, sb := 1/f.b, -f.a/(f.b*f.b), -1/(f.b*f.b)
	aa, ab, bb := f.inverse[0], f.inverse[1], f.inverse[2]
	cross := sb * (ma*ab + mb*bb)
	return [2][2]float64{{ma*ma*aa + 2*ma*mb*ab + mb*mb*bb, cross}, {cross, sb * sb * bb}}
}

// name tells a pooled fit from one of its own.
func (f *Fit) name() Distribution {
	if f.sample.others != nil {
		return WeibullPooled
	}
	return f.Distribution
}

// quantity is what an interval is wanted of: a function of a and b on a scale
// without bounds, on which Wald's intervals are least wrong, and the way back, which
// must not fall.
type quantity struct {
	of   func(a, b float64) float64
	back func(float64) float64
}

func same(x float64) float64 { return x }

// Mu is the location of the logarithm of the lifetime.
func (f *Fit) Mu() Estimate {
	return f.estimate(quantity{func(a, b float64) float64 { return a/b + f.sample.centre }, same}, true)
}

// Sigma is the scale of the logarithm of the lifetime.
func (f *Fit) Sigma() Estimate {
	return f.estimate(quantity{func(_, b float64) float64 { return -math.Log(b) }, math.Exp}, true)
}

// Shape is the shape of a Weibull: above 1 the risk grows with age, below 1 it
// falls.
func (f *Fit) Shape() Estimate {
	return f.estimate(quantity{func(_, b float64) float64 { return math.Log(b) }, math.Exp}, true)
}

// Scale is the scale of a Weibull, the age that 63.2 % do not reach; of a lognormal
// the median.
func (f *Fit) Scale() Estimate {
	return f.estimate(quantity{func(a, b float64) float64 { return a/b + f.sample.centre }, math.Exp}, true)
}

// Mean is the mean lifetime. It rests on the tail, more than anything else here.
func (f *Fit) Mean() Estimate {
	return f.estimate(quantity{func(a, b float64) float64 {
		return a/b + f.sample.centre + math.Log(f.sample.kernel.mean(1/b))
	}, math.Exp}, true)
}

// Quantile is the age by which a share p has failed: 0.1 for B10. p is between 0
// and 1; NaN for any other.
func (f *Fit) Quantile(p float64) Estimate {
	if !(p > 0 && p < 1) {
		return Estimate{math.NaN(), Interval{math.NaN(), math.NaN()}}
	}
	z := f.sample.kernel.quantile(p)
	return f.estimate(quantity{func(a, b float64) float64 { return (a+z)/b + f.sample.centre }, math.Exp}, true)
}

// FailureProbability is the probability that a new unit fails before an age.
func (f *Fit) FailureProbability(age float64) Estimate { return f.conditional(0, age, true) }

// Conditional is the probability that a unit of an age fails within a further time,
// given that it has not yet. It is cheap enough to be asked for each of many devices.
func (f *Fit) Conditional(age, within float64) Estimate { return f.conditional(age, within, false) }

// Extrapolates reports whether an age lies beyond all that the fit has seen.
func (f *Fit) Extrapolates(age float64) bool { return age > f.longest }

func (f *Fit) conditional(age, within float64, exact bool) Estimate {
	if !(age >= 0 && within >= 0) {
		return Estimate{math.NaN(), Interval{math.NaN(), math.NaN()}}
	}
	from, to := math.Log(age)-f.sample.centre, math.Log(age+within)-f.sample.centre
	hazard := func(a, b float64) float64 {
		before, _, _ := f.sample.kernel.survival(b*from - a)
		after, _, _ := f.sample.kernel.survival(b*to - a)
		if age == 0 {
			before = 0 // and not what the kernel makes of minus infinity
		}
		if within == 0 {
			return math.Inf(-1)
		}
		return math.Log(before - after)
	}
	return f.estimate(quantity{hazard, func(x float64) float64 { return -math.Expm1(-math.Exp(x)) }}, exact)
}

func (f *Fit) estimate(q quantity, exact bool) Estimate {
	var low, high extremum
	if f.contour == nil {
		low, high = f.wald(q)
	} else {
		low, high = f.contour.extremes(q.of)
		if exact {
			low, high = f.contour.exactly(f, q.of, low), f.contour.exactly(f, q.of, high)
		}
	}
	return Estimate{q.back(q.of(f.a, f.b)), Interval{q.back(low.value), q.back(high.value)}}
}

// wald is the delta method (Meeker and Escobar 1998, appendix B.2).
func (f *Fit) wald(q quantity) (low, high extremum) {
	value := q.of(f.a, f.b)
	ha, hb := 1e-5*math.Sqrt(f.inverse[0]), 1e-5*math.Sqrt(f.inverse[2])
	ga := (q.of(f.a+ha, f.b) - q.of(f.a-ha, f.b)) / (2 * ha)
	gb := (q.of(f.a, f.b+hb) - q.of(f.a, f.b-hb)) / (2 * hb)
	half := normalQuantile(f.Level) * math.Sqrt(ga*ga*f.inverse[0]+2*ga*gb*f.inverse[1]+gb*gb*f.inverse[2])
	if math.IsNaN(half) {
		return extremum{value: math.Inf(-1)}, extremum{value: math.Inf(1)}
	}
	return extremum{value: value - half}, extremum{value: value + half}
}

// normalQuantile is how many standard errors a two-sided interval reaches to each
// side.
func normalQuantile(level float64) float64 { return normal{}.quantile((1 + level) / 2) }
