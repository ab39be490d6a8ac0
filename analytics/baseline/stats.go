package baseline

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Stats say how well a model fits its baseline. Their definitions are those of ASHRAE
// Guideline 14-2014 with n-p degrees of freedom, p counting every parameter of the
// regression, the intercept or the hours of the week as well, but not balance points.
// CVRMSE and NMBE are shares, not percent, and nil where the mean use is not above
// zero.
type Stats struct {
	N      int      `json:"n"` // hours or days
	P      int      `json:"p"`
	Mean   float64  `json:"mean"`   // use an hour or day
	SSE    float64  `json:"sse"`    // sum of squared residuals
	SST    float64  `json:"sst"`    // sum of squares about the mean
	RMSE   float64  `json:"rmse"`   // √(SSE / (n-p))
	R2     *float64 `json:"r2"`     // 1 - SSE/SST; nil when all values are equal
	AdjR2  *float64 `json:"adj_r2"` // 1 - (SSE/(n-p)) / (SST/(n-1))
	CVRMSE *float64 `json:"cvrmse"` // RMSE / mean
	NMBE   *float64 `json:"nmbe"`   // Σ(observed - predicted) / ((n-p) mean): above zero the model is too low
	Rho    float64  `json:"rho"`    // autocorrelation of residuals that follow each other
}

// rounded is which part of a value is rounding.
const rounded = 1e-11

// statistics of a fit to values y; residuals are those of all units in their order.
func statistics(y []float64, sse float64, p int, residuals []float64) Stats {
	s := Stats{N: len(y), P: p, Mean: mean(y), SSE: sse, Rho: autocorrelation(residuals)}
	for _, v := range y {
		s.SST += (v - s.Mean) * (v - s.Mean)
	}
	bias, largest := 0.0, 0.0
	for _, v := range y {
		largest = max(largest, math.Abs(v))
	}
	for _, r := range residuals {
		if !math.IsNaN(r) {
			bias += r
		}
	}
	// What is left of values without noise is rounding: its pattern means nothing.
	if rounding := rounded * largest; s.SSE <= float64(s.N)*rounding*rounding {
		s.SSE, s.Rho = 0, 0
	}
	free := float64(s.N - p)
	s.RMSE = math.Sqrt(s.SSE / free)
	if s.SST > float64(s.N)*1e-22*largest*largest {
		s.R2 = known(1 - s.SSE/s.SST)
		s.AdjR2 = known(1 - s.SSE/free/(s.SST/float64(s.N-1)))
	}
	if s.Mean > 0 {
		s.CVRMSE = known(s.RMSE / s.Mean)
		s.NMBE = known(bias / (free * s.Mean))
	}
	return s
}

// autocorrelation is the correlation of what is left of each unit with that of the
// next one; units without are skipped, and so are their neighbours' pairs.
func autocorrelation(r []float64) float64 {
	var n, x, y, xx, yy, xy float64
	for i := 1; i < len(r); i++ {
		if a, b := r[i-1], r[i]; !math.IsNaN(a) && !math.IsNaN(b) {
			n++
			x, y = x+a, y+b
		}
	}
	if n < 3 {
		return 0
	}
	x, y = x/n, y/n
	for i := 1; i < len(r); i++ {
		if a, b := r[i-1]-x, r[i]-y; !math.IsNaN(a) && !math.IsNaN(b) {
			xx, yy, xy = xx+a*a, yy+b*b, xy+a*b
		}
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx) / math.Sqrt(yy)
}

// Noise is what a model leaves unexplained, as it adds up over a period: of sums of
// residuals that are correlated the variance is larger than of independent ones.
type Noise struct {
	Rho        float64  `json:"rho"`         // from day to day, not below 0
	Inflation  *float64 `json:"inflation"`   // variance of sums over that of independent residuals; nil unknown
	NEffective float64  `json:"n_effective"` // independent days or hours that the data are worth
	Freedom    float64  `json:"freedom"`     // degrees of freedom of the intervals
}

// unbiased takes away the bias by which short series seem less correlated than they
// are: about (1+3ρ)/n for a series about its mean (Kendall, "Note on bias in the
// estimation of autocorrelation", Biometrika 41, 1954), and as much again for each
// pair of further parameters that move slowly.
func unbiased(rho float64, n, slow int) float64 {
	size := float64(n) / (1 + float64(slow-1)/2)
	if size <= 3 {
		return 1
	}
	return min(max((rho*size+1)/(size-3), 0), 1)
}

// dailyNoise takes residuals of days for an autoregression of the first order, of
// whose sums the variance is (1+ρ)/(1-ρ) times that of independent ones: ASHRAE
// Guideline 14's n/n'.
func dailyNoise(residuals []float64, s Stats, slow int) Noise {
	return inflate(s.SSE/float64(s.N), s, s.Rho, s.N, slow)
}

// hourlyNoise does the same with the sums of each day's hours. From hour to hour
// residuals repeat themselves in more ways than one (the same hour of the day before,
// plant that runs for a while), and by the correlation of neighbouring hours alone the
// intervals of hourly models are known to be too narrow; sums of days have all of it
// inside (Koran, Boyer, Khawaja, Rushton, Stewart, "A Comparison of Approaches to
// Estimating the Time-Aggregated Uncertainty of Savings Estimated from Meter Data",
// IEPEC 2017).
func hourlyNoise(s *series, residuals []float64, stats Stats, slow int) Noise {
	if len(s.units) == 0 {
		return Noise{}
	}
	first := s.units[0].day
	days := s.units[len(s.units)-1].day - first + 1
	sums, hours := make([]float64, days), make([]float64, days)
	for i := range s.units {
		if !math.IsNaN(residuals[i]) {
			d := s.units[i].day - first
			sums[d] += residuals[i]
			hours[d]++
		}
	}
	n, variance := 0, 0.0
	for d := range sums {
		if hours[d] < 12 {
			sums[d] = math.NaN() // half a day is not like the others
			continue
		}
		sums[d] /= math.Sqrt(hours[d])
		variance += sums[d] * sums[d]
		n++
	}
	const enough = 10 // days, for a variance of their sums
	if n < enough {
		return inflate(stats.SSE/float64(stats.N), stats, stats.Rho, stats.N, stats.P)
	}
	rho := autocorrelation(sums)
	if stats.SSE == 0 {
		rho = 0
	}
	return inflate(variance/float64(n), stats, rho, n, slow)
}

// inflate is the noise of n blocks with a variance and a correlation from block to
// block; slow is how many parameters were fitted to what moves as slowly as they do.
func inflate(variance float64, s Stats, rho float64, n, slow int) Noise {
	noise := Noise{NEffective: float64(n)}
	if s.SSE == 0 {
		one := 1.0
		noise.Inflation, noise.Freedom = &one, max(float64(n-slow), 1)
		return noise
	}
	noise.Rho = unbiased(rho, n, slow)
	noise.NEffective = float64(n) * (1 - noise.Rho) / (1 + noise.Rho)
	noise.Freedom = noise.NEffective - float64(slow)
	if noise.Freedom < 1 {
		noise.Freedom = 0
		return noise // as good as one single value: nothing can be said
	}
	// Fitted parameters have taken a part of the variance with them.
	variance *= noise.NEffective / noise.Freedom
	long := variance * (1 + noise.Rho) / (1 - noise.Rho)
	noise.Inflation = known(max(long/(s.RMSE*s.RMSE), 1))
	return noise
}

// student is how many standard errors an interval of a level reaches to each side.
func student(level, freedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile((1 + level) / 2)
}

// estimate gives a parameter its interval, by its diagonal of (X'X)⁻¹.
func (m *Model) estimate(e *Estimate, variance float64) {
	if m.Noise.Inflation == nil || variance <= 0 {
		return
	}
	half := student(m.Level, m.Noise.Freedom) * m.Stats.RMSE * math.Sqrt(*m.Noise.Inflation*variance)
	e.Low, e.High = known(e.Value-half), known(e.Value+half)
}
