package rate

import "slices"

// History is when a unit failed, and until when it was watched.
type History struct {
	Times []float64 // in any order, which is left as it is
	End   float64   // of its observation
}

// Repeated is how many faults come back soon.
type Repeated struct {
	Window float64 `json:"window"`
	// Followed counts the faults after which the unit was watched for the whole
	// window. Others are left out: that nothing came would not be known of them, and
	// to count only those of them after which something came would be a bias.
	Followed int      `json:"followed"`
	Repeats  int      `json:"repeats"` // of these, with another fault of the same unit within the window
	Share    *float64 `json:"share"`
	Low      *float64 `json:"share_low"`
	High     *float64 `json:"share_high"`
	Level    float64  `json:"level"`
	Why      string   `json:"why,omitempty"`
}

// Repeats counts the faults that were followed by another of the same unit within a
// window, its end included. Faults at one and the same time are one occasion: one
// trouble that is reported twice has not come back. The interval is that of [Share]
// and takes occasions for independent; where a few bad units make most of the
// repeats it is too narrow.
func Repeats(units []History, window, level float64) Repeated {
	r := Repeated{Window: window, Level: level}
	if !(window > 0) {
		r.Why = "insufficient data: the window is not positive"
		return r
	}
	var times []float64
	for _, u := range units {
		times = append(times[:0], u.Times...)
		slices.Sort(times)
		times = slices.Compact(times)
		for i, t := range times {
			if u.End-t < window {
				break
			}
			r.Followed++
			if i+1 < len(times) && times[i+1]-t <= window {
				r.Repeats++
			}
		}
	}
	if r.Followed == 0 {
		r.Why = "insufficient data: no event was watched for the whole window afterwards"
		return r
	}
	low, high := Share(r.Repeats, r.Followed, level)
	r.Share, r.Low, r.High = finite(float64(r.Repeats)/float64(r.Followed)), finite(low), finite(high)
	return r
}
