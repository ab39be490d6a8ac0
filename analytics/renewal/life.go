package renewal

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Life is the distribution of the life of a part.
type Life interface {
	Reliability(t float64) float64 // the share that lives longer than t
	Failed(t float64) float64      // 1 less that, to its own digits
	Hazard(t float64) float64
	Lived(t float64) float64 // the integral of Reliability from 0 to t: the mean life cut off at t
	Mean() float64
	// Wear is where the hazard rises from 0, by the logarithm of age: from an age
	// before which next to nothing fails to its peak, or to an age that next to
	// nothing reaches. ok is false when the hazard does not rise.
	Wear() (low, high float64, ok bool)
}

// weibull has the hazard shape/scale (t/scale)^(shape-1).
type weibull struct{ shape, scale float64 }

// Weibull is a life with a hazard that is a power of age.
func Weibull(shape, scale float64) (Life, error) {
	for _, p := range []struct {
		name string
		x    float64
	}{{"shape", shape}, {"scale", scale}} {
		if !(p.x > 0) || math.IsInf(p.x, 0) {
			return nil, fmt.Errorf("%s %g: give a positive number", p.name, p.x)
		}
	}
	if shape > 1e4 || shape < 1e-2 {
		return nil, fmt.Errorf("shape %g: no life has a Weibull shape outside 0.01 to 10000", shape)
	}
	return weibull{shape, scale}, nil
}

func (w weibull) cumulative(t float64) float64 { return math.Pow(t/w.scale, w.shape) }

func (w weibull) Reliability(t float64) float64 { return math.Exp(-w.cumulative(t)) }

func (w weibull) Failed(t float64) float64 { return -math.Expm1(-w.cumulative(t)) }

func (w weibull) Hazard(t float64) float64 { return w.shape / t * w.cumulative(t) }

func (w weibull) Mean() float64 { return w.scale * math.Gamma(1+1/w.shape) }

// Lived is the mean times the incomplete gamma function, by substituting the
// cumulative hazard for age in the integral.
func (w weibull) Lived(t float64) float64 {
	x := w.cumulative(t)
	if x < 1e-8 {
		return t * (1 - x/(1+w.shape)) // the first terms of the series, exact here
	}
	return w.Mean() * mathext.GammaIncReg(1/w.shape, x)
}

// Wear is from a cumulative hazard of 1e-18 to 700, by which no part is left.
func (w weibull) Wear() (low, high float64, ok bool) {
	scale := math.Log(w.scale)
	return scale + math.Log(1e-18)/w.shape, scale + math.Log(700)/w.shape, w.shape > 1
}

// lognormal is a life whose logarithm is normal.
type lognormal struct{ mu, sigma float64 }

// Lognormal is a life whose logarithm has a normal distribution.
func Lognormal(mu, sigma float64) (Life, error) {
	if math.IsNaN(mu) || math.Abs(mu) > 250 {
		return nil, fmt.Errorf("mu %g: give the mean of the natural logarithm of life, -250 to 250", mu)
	}
	if !(sigma >= 1e-4 && sigma <= 10) {
		return nil, fmt.Errorf("sigma %g: give the standard deviation of the natural logarithm of life, 0.0001 to 10", sigma)
	}
	return lognormal{mu, sigma}, nil
}

func (l lognormal) z(t float64) float64 { return (math.Log(t) - l.mu) / l.sigma }

func (l lognormal) Reliability(t float64) float64 { return upper(l.z(t)) }

func (l lognormal) Failed(t float64) float64 { return upper(-l.z(t)) }

func (l lognormal) Hazard(t float64) float64 {
	z := l.z(t)
	r := upper(z)
	if r == 0 {
		return z / (l.sigma * t) // Mills' ratio, where the tail has no digits left
	}
	return distuv.UnitNormal.Prob(z) / r / (l.sigma * t)
}

func (l lognormal) Mean() float64 { return math.Exp(l.mu + l.sigma*l.sigma/2) }

// Lived is by parts: t R(t) and the mean of lives below t.
func (l lognormal) Lived(t float64) float64 {
	z := l.z(t)
	return t*upper(z) + l.Mean()*upper(l.sigma-z)
}

// Wear ends at the one peak of the hazard, where its logarithm's derivative over
// ln t, (m(z) - z)/sigma - 1 with the inverse m of Mills' ratio, is 0: m(z)-z falls
// from large to nothing.
func (l lognormal) Wear() (low, high float64, ok bool) {
	before, after := -40.0, 1/l.sigma+40
	for range 100 {
		z := (before + after) / 2
		if l.Hazard(math.Exp(l.mu+l.sigma*z))*l.sigma*math.Exp(l.mu+l.sigma*z)-z > l.sigma {
			before = z
		} else {
			after = z
		}
	}
	// Beyond 37 deviations there is neither part nor digit.
	return l.mu - 37*l.sigma, l.mu + l.sigma*min(before, 37), true
}

// upper is the share of a normal distribution above z.
func upper(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }
