package forecast

import (
	"math"

	"steward/analytics/lifetime"
)

// evidence is all that is known of the lives of one part of a pool, compressed: what
// it takes grows with the number of different ages and not of lives.
type evidence struct {
	known  lifetime.Builder
	made   *lifetime.Data    // of known, once all is there
	exits  map[int32]float64 // by grain of the logarithm of age: how many were seen to reach it
	fails  map[int32]float64 // of these: how many failed there
	enters map[int32]float64 // how many came under watch at it

	// Of parts of which only the age of the device is known: by days.
	residuals map[residualKey]float64

	n, failures    float64 // lives, and those that ended; a life with a gap counts once for each side
	knownFailures  float64
	longest        float64 // greatest age seen, years
	oldest, lived  float64 // greatest age of a device and time lived of residuals, years
	exposure, left float64 // years watched; of these left out of the fit
}

// residualKey is a residual life: ages in days, so that those of a fleet are few.
type residualKey struct {
	device, lived int32
	failed        bool
}

// grain of ages, as a share of themselves: far below what an age is known to.
const grain = 2e-3

func newEvidence() *evidence {
	return &evidence{exits: map[int32]float64{}, fails: map[int32]float64{}, enters: map[int32]float64{}, residuals: map[residualKey]float64{}}
}

func grainOf(t float64) int32 { return int32(math.Round(math.Log(t) / grain)) }

const daysPerYear = 365.25

// add takes a spell. A residual life of which not even the age of the device is known
// is left out of what the fit is made from, and counts for the rate.
func (e *evidence) add(s spell) {
	t := years(s.to - s.from)
	if !(t > 0) {
		return
	}
	e.n++
	e.exposure += t
	if s.failed {
		e.failures++
	}
	switch {
	case !math.IsNaN(s.age):
		if err := e.known.Add(lifetime.Unit{Time: s.age + t, Entry: s.age, Failed: s.failed, Count: 1}); err != nil {
			e.left += t // too many different ages, or an age that rounding took
			return
		}
		k := grainOf(s.age + t)
		e.exits[k]++
		if s.failed {
			e.fails[k]++
			e.knownFailures++
		}
		if s.age > 0 {
			e.enters[grainOf(s.age)]++
		}
		e.longest = max(e.longest, s.age+t)
	case !math.IsNaN(s.device):
		e.residuals[residualKey{int32(math.Round(s.device * daysPerYear)), int32(math.Round(t * daysPerYear)), s.failed}]++
		e.oldest, e.lived = max(e.oldest, s.device), max(e.lived, t)
	default:
		e.left += t
	}
}

// data are the lives of known age. Nothing may be added afterwards.
func (e *evidence) data() *lifetime.Data {
	if e.made == nil {
		e.made = e.known.Data()
	}
	return e.made
}
