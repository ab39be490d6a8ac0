package recurrence

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// betaInterval is exact: given the number n of events, twice the exponent times the sum
// of ln(end/age) is chi-square with 2n degrees of freedom (Crow 1975).
func betaInterval(n, spread, tail float64) Interval {
	in := Interval{Method: "chi-square"}
	if n < 1 || !(spread > 0) {
		in.Method = "none: too few events"
		return in
	}
	in.Low = finite(mathext.GammaIncRegInv(n, tail) / spread)
	in.High = finite(mathext.GammaIncRegCompInv(n, tail) / spread)
	return in
}

// manyEvents is from where on Crow's intervals are those of a normal distribution to all
// digits that matter, and sums over numbers of events would take for ever.
const manyEvents = 1e8

// ofMany is either interval of very many events: the logarithm of the estimate is normal
// with the variance 2/n.
func (i Interval) ofMany(n, mtbf, tail float64) Interval {
	reach := math.Exp(-distuv.UnitNormal.Quantile(tail) * math.Sqrt(2/n))
	i.Low, i.High = finite(mtbf/reach), finite(mtbf*reach)
	return i
}

// timeTruncated is Crow's interval of the mean time between failures at the end of an
// observation that ended at an age fixed beforehand. Given the sum of ln(end/age), the
// chance of n events is proportional to z^n/(n!(n-1)!), where z is that sum times the
// expected events times beta, and does not otherwise depend on the parameters; the
// estimate over the truth is z/n^2. The limits are those at which so few, or so many,
// events would have a chance of tail; as n is a whole number they cover somewhat more.
func timeTruncated(n, mtbf, tail float64) Interval {
	in := Interval{Method: "Crow, time truncated"}
	if n > manyEvents {
		return in.ofMany(n, mtbf, tail)
	}
	square, step := n*n, 2/math.Sqrt(n)
	if at, ok := rootFrom(func(at float64) float64 {
		upTo, _ := fewOrMany(n, at)
		return upTo - tail
	}, 2*math.Log(n), step, 1400); ok {
		in.Low = finite(mtbf * square * math.Exp(-at))
	}
	if at, ok := rootFrom(func(at float64) float64 {
		_, from := fewOrMany(n, at)
		return from - tail
	}, 2*math.Log(n), -step, -1400); ok {
		in.High = finite(mtbf * square * math.Exp(-at))
	}
	return in
}

// fewOrMany is the chance of at most, and of at least, n events, each with the weight
// z^j/(j!(j-1)!) for j from 1 on.
func fewOrMany(n, logZ float64) (upTo, from float64) {
	z := math.Exp(logZ)
	// Weights relative to that of n, in both directions until they no longer count.
	// Both ratios fall steadily away from the summit at the root of z.
	var below, above float64
	for j, w := n, 1.0; j > 1; j-- {
		w *= j * (j - 1) / z
		below += w
		if w < 1e-18*(1+below) && j*(j-1) < z {
			break
		}
		if math.IsInf(below, 0) {
			return 1, 0
		}
	}
	for j, w := n, 1.0; ; j++ {
		w *= z / (j * (j + 1))
		above += w
		if w < 1e-18*(1+above) && z < j*(j+1) {
			break
		}
		if math.IsInf(above, 0) {
			return 0, 1
		}
	}
	all := below + 1 + above
	return (below + 1) / all, (above + 1) / all
}

// failureTruncated is Crow's interval when the observation ended with the n-th
// failure. The estimate over the truth is then the product of two independent gamma
// variables of shapes n and n-1, over n^2: limits are exact.
func failureTruncated(n, mtbf, tail float64) Interval {
	in := Interval{Method: "Crow, failure truncated"}
	if n > manyEvents {
		return in.ofMany(n, mtbf, tail)
	}
	step := 2 / math.Sqrt(n)
	middle := math.Log(n) + math.Log(n-1)
	if at, ok := rootFrom(func(at float64) float64 { return 1 - tail - productUpTo(n, at) }, middle, step, 1400); ok {
		in.Low = finite(mtbf * n * n * math.Exp(-at))
	}
	if at, ok := rootFrom(func(at float64) float64 { return productUpTo(n, at) - tail }, middle, -step, -1400); ok {
		in.High = finite(mtbf * n * n * math.Exp(-at))
	}
	return in
}

// productUpTo is the chance that the product of gamma variables of shapes n and n-1
// is at most exp(logQ): the integral of the density of the second one's logarithm,
// which falls to nothing on both sides, so that the trapezoidal rule is exact but for
// rounding.
func productUpTo(n, logQ float64) float64 {
	shape := n - 1
	low := math.Log(mathext.GammaIncRegInv(shape, 1e-16))
	high := math.Log(mathext.GammaIncRegCompInv(shape, 1e-16))
	norm, _ := math.Lgamma(shape)
	const steps = 120
	width, sum := (high-low)/steps, 0.0
	for i := range steps + 1 {
		y := low + float64(i)*width
		sum += math.Exp(shape*y-math.Exp(y)-norm) * mathext.GammaIncReg(n, math.Exp(logQ-y))
	}
	return min(1, sum*width)
}
