package lifetime

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Rate is a constant failure rate. Unlike a shape it needs but one failure, and its
// bound not even that.
type Rate struct {
	Value    float64  // failures per time; 0 without any
	Interval Interval // exact, of a Poisson count
	// LogLikelihood and AIC are comparable with those of a Fit; NaN without failures.
	LogLikelihood float64
	AIC           float64
}

// FailureRate is failures over the time under observation. The interval is by chi
// squared (Garwood, Biometrika 28, 1936): exact for a fixed time of observation and
// otherwise a little too wide. Without a failure its high end is one-sided, as there
// is no other side: -ln(1 - level) / time. ErrInsufficient if there is no time.
func (d *Data) FailureRate(level float64) (Rate, error) {
	if d.totalTime <= 0 {
		return Rate{}, ErrInsufficient
	}
	r := d.failures - d.failedAtZero()
	rate := Rate{Value: r / d.totalTime, LogLikelihood: math.NaN(), AIC: math.NaN()}
	if r == 0 {
		rate.Interval.High = -math.Log1p(-level) / d.totalTime
		return rate, nil
	}
	rate.Interval = Interval{
		distuv.ChiSquared{K: 2 * r}.Quantile((1-level)/2) / 2 / d.totalTime,
		distuv.ChiSquared{K: 2*r + 2}.Quantile((1+level)/2) / 2 / d.totalTime,
	}
	rate.LogLikelihood = r*math.Log(rate.Value) - r
	rate.AIC = 2 - 2*rate.LogLikelihood
	return rate, nil
}

// Weibayes is what can be said with few failures or none when the shape is taken as
// known, from experience with its like: a bound from below (Nelson, Weibull Analysis
// of Reliability Data with Few or No Failures, Journal of Quality Technology 17,
// 1985).
type Weibayes struct {
	Shape float64 `json:"shape"` // assumed
	Level float64 `json:"level"` // one-sided
	// ScaleLow and B10Low are what scale and B10 exceed, at the level.
	ScaleLow float64 `json:"scale_low"`
	B10Low   float64 `json:"b10_low"`
}

// Weibayes bounds the scale for a shape: ages to the power of the shape are
// exponential. False if nothing was watched, or the shape is not positive.
func (d *Data) Weibayes(shape, level float64) (Weibayes, bool) {
	if !(shape > 0) || math.IsInf(shape, 1) || d.totalTime <= 0 {
		return Weibayes{}, false
	}
	// The sum of t^shape less entry^shape, over longest^shape so as not to overflow.
	longest := d.Longest()
	var sum float64
	for _, x := range d.exits {
		sum += (x.failed + x.censored) * math.Pow(x.time/longest, shape)
	}
	for _, e := range d.entries {
		sum -= e.n * math.Pow(e.time/longest, shape)
	}
	r := d.failures - d.failedAtZero()
	w := Weibayes{Shape: shape, Level: level}
	w.ScaleLow = longest * math.Pow(sum/(distuv.ChiSquared{K: 2*r + 2}.Quantile(level)/2), 1/shape)
	w.B10Low = w.ScaleLow * math.Pow(-math.Log1p(-0.1), 1/shape)
	return w, w.ScaleLow > 0 && !math.IsInf(w.ScaleLow, 0)
}
