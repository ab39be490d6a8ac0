package load

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/anomaly/robust"
)

// percentile is a quantile with the interval between the two values that hold it with
// 95 %, by the normal approximation of their ranks (Conover, as for the median). Of
// so few values that the quantile may be beyond the highest there is none.
func percentile(values []float64, p float64) Estimate {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	half := distuv.UnitNormal.Quantile(0.975) * math.Sqrt(float64(n)*p*(1-p))
	at := p * float64(n)
	if at-half < 0 || at+half > float64(n) {
		return insufficient(n, "%d values, and no two of them hold the %g %% quantile with 95 %%", n, 100*p)
	}
	rank := func(r float64) float64 { return sorted[min(max(int(r), 0), n-1)] }
	return known(robust.Quantile(sorted, p), min(rank(math.Floor(at-half)), robust.Quantile(sorted, p)), rank(math.Ceil(at+half)), n)
}
