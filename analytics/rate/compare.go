package rate

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Comparison is the ratio of a rate to another.
type Comparison struct {
	Ratio *float64 `json:"ratio"` // of the first to the second; nil when the second has no event
	Low   *float64 `json:"ratio_low"`
	High  *float64 `json:"ratio_high"` // nil when nothing limits it
	// P is the chance of a ratio at least as far from 1 by luck, on its side and
	// doubled for the other. It is below 1-Level exactly when 1 is outside the
	// interval.
	P     *float64 `json:"p"`
	Level float64  `json:"level"`
	Why   string   `json:"why,omitempty"`
}

// Compare compares two rates exactly: given the sum of the events, those of the
// first are binomial with a share that depends on the ratio alone (Przyborowski and
// Wilenski, Homogeneity of results in testing samples from Poisson series, Biometrika
// 31, 1940), so that the limits of the ratio are those of [Share].
func Compare(events1 int, exposure1 float64, events2 int, exposure2, level float64) Comparison {
	c := Comparison{Level: level}
	usable := func(e float64) bool { return e > 0 && !math.IsInf(e, 0) }
	switch {
	case events1 < 0 || events2 < 0:
		c.Why = "insufficient data: a number of events is negative"
		return c
	case !usable(exposure1) || !usable(exposure2):
		c.Why = "insufficient data: a rate without exposure cannot be compared"
		return c
	case events1+events2 == 0:
		c.Why = "insufficient data: neither has an event"
		return c
	}
	k, n := events1, events1+events2
	relative := exposure2 / exposure1
	odds := func(share float64) float64 { return share / (1 - share) * relative }
	low, high := Share(k, n, level)
	c.Low, c.High = finite(odds(low)), finite(odds(high))
	c.Ratio = finite(float64(events1) / float64(events2) * relative)
	if events2 == 0 {
		c.Why = "the second has no event: the ratio has a lower limit alone"
	}
	// The first one's share of the exposure is its share of the events when the rates
	// are the same.
	p := exposure1 / (exposure1 + exposure2)
	if math.IsInf(exposure1+exposure2, 0) {
		p = 1 / (1 + relative)
	}
	below, above := 1.0, 1.0
	if k < n {
		below = mathext.RegIncBeta(float64(n-k), float64(k)+1, 1-p)
	}
	if k > 0 {
		above = mathext.RegIncBeta(float64(k), float64(n-k)+1, p)
	}
	c.P = finite(min(1, 2*min(below, above)))
	return c
}
