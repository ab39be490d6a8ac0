package lifetime

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Distribution is a family of lifetimes.
type Distribution string

// The families.
const (
	Weibull     Distribution = "weibull"
	Lognormal   Distribution = "lognormal"
	Exponential Distribution = "exponential"
	// WeibullPooled is a Weibull with the shape of several groups.
	WeibullPooled Distribution = "weibull_pooled"
)

// kernel is the standard form of a family of which the logarithm has a location mu
// and a scale sigma: z = (ln t - mu) / sigma. Of the Weibull that is the smallest
// extreme value distribution with mu = ln scale and sigma = 1 / shape, of the
// lognormal the normal one (Meeker and Escobar, Statistical Methods for Reliability
// Data, 1998, chapter 4). All logarithms of densities and survival here are concave
// in z, which is what makes the search for a maximum safe.
type kernel interface {
	// density is the logarithm of the density at z and its first two derivatives.
	density(z float64) (l, d1, d2 float64)
	// survival is the same of the probability to exceed z.
	survival(z float64) (l, d1, d2 float64)
	// quantile is the z that a share p fall below, 0 < p < 1.
	quantile(p float64) float64
	// mean of exp(mu + sigma z) over exp(mu).
	mean(sigma float64) float64
}

// extreme is the smallest extreme value distribution: F(z) = 1 - exp(-exp(z)).
type extreme struct{}

func (extreme) density(z float64) (l, d1, d2 float64) {
	h := math.Exp(z)
	return z - h, 1 - h, -h
}

func (extreme) survival(z float64) (l, d1, d2 float64) {
	h := math.Exp(z)
	return -h, -h, -h
}

func (extreme) quantile(p float64) float64 { return math.Log(-math.Log1p(-p)) }

func (extreme) mean(sigma float64) float64 { return math.Gamma(1 + sigma) }

// normal is the standard normal distribution.
type normal struct{}

const halfLog2Pi = 0.918938533204672741780329736405617639861 // ln(2 pi) / 2

func (normal) density(z float64) (l, d1, d2 float64) {
	return -z*z/2 - halfLog2Pi, -z, -1
}

func (normal) survival(z float64) (l, d1, d2 float64) {
	// m is the hazard: the density over the probability to exceed z.
	var m float64
	switch {
	case z < 5:
		q := math.Erfc(z/math.Sqrt2) / 2
		if z < -1 {
			// Here q is near 1, and its logarithm better from what is missing.
			l = math.Log1p(-math.Erfc(-z/math.Sqrt2) / 2)
		} else {
			l = math.Log(q)
		}
		m = math.Exp(-z*z/2-halfLog2Pi) / q
	default:
		// Laplace's continued fraction, which unlike Erfc does not run out of
		// exponents (Abramowitz and Stegun 26.2.14).
		m = z
		for k := 40.0; k > 0; k-- {
			m = z + k/m
		}
		l = -z*z/2 - halfLog2Pi - math.Log(m)
	}
	return l, -m, -m * (m - z)
}

func (normal) quantile(p float64) float64 { return distuv.UnitNormal.Quantile(p) }

func (normal) mean(sigma float64) float64 { return math.Exp(sigma * sigma / 2) }
