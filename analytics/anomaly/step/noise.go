package step

import (
	"math"
	"slices"

	"steward/analytics/anomaly/robust"
)

// Noise is how a series scatters about its level.
type Noise struct {
	Sigma float64 // standard deviation of one value
	Rho   float64 // correlation of a value with the next, 0 to maxRho
}

// LongRun is the standard deviation that counts for means: the scatter of the mean
// of n values is near LongRun/sqrt(n). For a first-order autoregression it is
// Sigma*sqrt((1+Rho)/(1-Rho)) (Box, Jenkins, Reinsel, Time Series Analysis, 4th
// ed., 2008, section 2.1.5 and 3.2.3).
func (n Noise) LongRun() float64 { return n.Sigma * math.Sqrt((1+n.Rho)/(1-n.Rho)) }

// maxRho is the correlation beyond which a wandering level and steps cannot be told
// apart in a few hundred values.
const maxRho = 0.9

// clip bounds what one difference contributes, in standard deviations, and
// clippedVariance is what that leaves of the variance of normal noise:
// E[min(|Z|,3)^2].
const (
	clip            = 3.0
	tenth           = 1.6448536269514722 // a tenth of normal noise is farther from zero
	clippedVariance = 0.99501
)

// NoiseOf measures the scatter by the differences between values one to five places
// apart, which a step touches a few times and an outlier twice, each with bounded
// effect: so it needs to know nothing of the steps. NaN are missing.
func NoiseOf(x []float64) Noise {
	const lags = 5
	var v [lags + 1]float64
	for lag := 1; lag <= lags; lag++ {
		v[lag] = variogram(x, lag)
	}
	if v[1] == 0 || math.IsNaN(v[1]) {
		return Noise{}
	}
	// Of an autoregression the variance of differences at a lag is
	// 2 sigma^2 (1 - rho^lag). The rho that fits best, by least squares:
	best, rho := math.Inf(1), 0.0
	for r := 0.0; r <= maxRho; r += 0.01 {
		sum, power := 0.0, r
		for lag := 2; lag <= lags; lag++ {
			power *= r
			if d := v[lag]/v[1]*(1-r) - (1 - power); !math.IsNaN(d) {
				sum += d * d
			}
		}
		if sum < best {
			best, rho = sum, r
		}
	}
	return Noise{Sigma: math.Sqrt(v[1] / (2 * (1 - rho))), Rho: rho}
}

// variogram is the variance of the differences between values a lag apart; NaN when
// there are fewer than five.
func variogram(x []float64, lag int) float64 {
	d := make([]float64, 0, max(len(x)-lag, 0))
	for i := lag; i < len(x); i++ {
		if v := math.Abs(x[i] - x[i-lag]); !math.IsNaN(v) {
			d = append(d, v)
		}
	}
	if len(d) < 5 {
		return math.NaN()
	}
	// Of normal noise both bounds are the same. Coarse registers, many of whose
	// differences are alike, need the second.
	limit := clip * robust.Scale(d)
	slices.Sort(d)
	if far := clip / tenth * robust.Quantile(d, 0.9); limit == 0 || far < limit {
		limit = far
	}
	sum := 0.0
	for _, v := range d {
		v = min(v, limit)
		sum += v * v
	}
	return sum / float64(len(d)) / clippedVariance
}

// calm draws single values that stand out back to within three standard deviations
// of the median of their neighbourhood (F. R. Hampel's identifier): what does not
// last is no step. A level that lasts for reach+1 values is left as it is.
func calm(x []float64, reach int, sigma float64) []float64 {
	centre := robust.Rolling(x, reach)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = min(max(v, centre[i]-clip*sigma), centre[i]+clip*sigma)
	}
	return out
}
