// Package rate estimates how often things happen, with intervals that hold for few
// events: rates per exposure ([Of], [Poisson]), shares ([Share], [Wilson]), the
// ratio of two rates ([Compare]), availability ([Availability], [AvailabilityByUnit],
// [Unfailed]),
// rates of many small estates drawn towards their common mean ([Shrink]), and how
// many faults come back soon ([Repeats]).
//
// An interval is exact unless its function says otherwise: it covers the truth at
// least as often as its level promises, however few the events. What cannot be
// estimated is nil, with the reason beside it; no result is NaN or infinite, except
// that the two functions that return bare limits say "no limit" by +Inf.
package rate

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Rate is events per exposure and its inverse, the mean time between events.
type Rate struct {
	Events   int     `json:"events"`
	Exposure float64 `json:"exposure"` // in the caller's unit: device-years, hours
	Level    float64 `json:"level"`

	Value *float64 `json:"rate"` // events per unit of exposure
	Low   *float64 `json:"rate_low"`
	High  *float64 `json:"rate_high"`

	Between     *float64 `json:"mtbf"` // exposure per event; nil without an event
	BetweenLow  *float64 `json:"mtbf_low"`
	BetweenHigh *float64 `json:"mtbf_high"` // nil without an event: nothing limits it

	Why string `json:"why,omitempty"` // what is missing, or a warning
}

// Of is the rate of events over an exposure. Without exposure there is none. Without
// an event the rate is 0 and its upper limit tells what the exposure rules out.
func Of(events int, exposure, level float64) Rate {
	r := Rate{Events: events, Exposure: exposure, Level: level}
	switch {
	case events < 0:
		r.Why = "insufficient data: the number of events is negative"
		return r
	case !(exposure > 0) || math.IsInf(exposure, 0):
		r.Exposure = 0
		r.Why = "insufficient data: no exposure"
		return r
	}
	low, high := Poisson(events, exposure, level)
	r.Value, r.Low, r.High = finite(float64(events)/exposure), finite(low), finite(high)
	if high > 0 {
		r.BetweenLow = finite(1 / high)
	}
	if events == 0 {
		r.Why = "no event: only an upper limit of the rate is known"
		return r
	}
	r.Between, r.BetweenHigh = finite(exposure/float64(events)), finite(1/low)
	return r
}

// Poisson is the exact central interval of a rate from k events over an exposure
// (Garwood, Fiducial limits for the Poisson distribution, Biometrika 28, 1936):
// half of the chi-square quantiles with 2k and 2k+2 degrees of freedom. The lower
// limit of no events is 0. Where nothing is known (no exposure, a level that is not
// between 0 and 1, a negative k) the answer is 0 to +Inf.
func Poisson(k int, exposure, level float64) (low, high float64) {
	if k < 0 || !(exposure > 0) || math.IsInf(exposure, 0) || !isLevel(level) {
		return 0, math.Inf(1)
	}
	tail := (1 - level) / 2
	if k > 0 {
		low = mathext.GammaIncRegInv(float64(k), tail) / exposure
	}
	// The complement keeps its digits where the level is close to 1.
	return low, mathext.GammaIncRegCompInv(float64(k)+1, tail) / exposure
}

func isLevel(level float64) bool { return level > 0 && level < 1 }

// finite is a number for a result, nil where it does not exist.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
