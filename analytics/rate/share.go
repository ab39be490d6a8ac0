package rate

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Share is the exact central interval of a share of which k in n were seen (Clopper
// and Pearson, The use of confidence or fiducial limits illustrated in the case of
// the binomial, Biometrika 26, 1934): quantiles of the beta distribution. Where
// nothing is known (n is 0, k is not within 0 to n, a level that is not between 0
// and 1) the answer is 0 to 1.
func Share(k, n int, level float64) (low, high float64) {
	if n <= 0 || k < 0 || k > n || !isLevel(level) {
		return 0, 1
	}
	tail := (1 - level) / 2
	high = 1
	if k > 0 {
		low = mathext.InvRegIncBeta(float64(k), float64(n-k)+1, tail)
	}
	if k < n {
		// By symmetry from the other side: shares close to 1 keep their digits.
		high = 1 - mathext.InvRegIncBeta(float64(n-k), float64(k)+1, tail)
	}
	return low, high
}

// Wilson is the score interval of a share (Wilson, Probable inference, JASA 22,
// 1927). It is narrower than [Share] and covers its level on average, not always:
// it is for charts of many shares, and not for a claim about one of them.
func Wilson(k, n int, level float64) (low, high float64) {
	if n <= 0 || k < 0 || k > n || !isLevel(level) {
		return 0, 1
	}
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	size, p := float64(n), float64(k)/float64(n)
	center := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	low, high = max(0, center-half), min(1, center+half)
	// Rounding must not leave the observed share outside.
	return min(low, p), max(high, p)
}
