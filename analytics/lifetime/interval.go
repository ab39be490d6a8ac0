package lifetime

import (
	"encoding/json"
	"math"
)

// Interval is a confidence interval. An end that the data do not bound is infinite.
type Interval struct{ Low, High float64 }

// Contains reports whether x lies in it, ends included.
func (i Interval) Contains(x float64) bool { return i.Low <= x && x <= i.High }

// Bounds are its ends; nil for one that is not bounded.
func (i Interval) Bounds() (low, high *float64) { return finite(i.Low), finite(i.High) }

// MarshalJSON gives [low, high], with null for an end that is not bounded.
func (i Interval) MarshalJSON() ([]byte, error) {
	low, high := i.Bounds()
	return json.Marshal([2]*float64{low, high})
}

// UnmarshalJSON reads what MarshalJSON gives.
func (i *Interval) UnmarshalJSON(text []byte) error {
	var ends [2]*float64
	if err := json.Unmarshal(text, &ends); err != nil {
		return err
	}
	*i = Interval{math.Inf(-1), math.Inf(1)}
	if ends[0] != nil {
		i.Low = *ends[0]
	}
	if ends[1] != nil {
		i.High = *ends[1]
	}
	return nil
}

// Estimate is a number and how well it is known.
type Estimate struct {
	Value    float64 // +Inf when it is too great for a float64
	Interval Interval
}

// finite is x for JSON, which knows neither infinity nor NaN.
func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}
