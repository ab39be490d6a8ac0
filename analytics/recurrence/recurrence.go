// Package recurrence studies units that are repaired and fail again: how many
// failures (or how much cost) a unit has gathered by an age, whether they come faster
// or slower as it grows older, and what the mean time between them is by now.
//
// [Mean] is Nelson's mean cumulative function, which assumes nothing of how failures
// come about. [Fit] is the power-law process (Crow-AMSAA, a Poisson process whose rate
// is a power of age) with its goodness of fit, [Test] asks for a trend, and [Analyze]
// puts all of it together with advice in words.
//
// Everything takes a [Data]. Ages are in any unit; multiplying all of them by a number
// multiplies the ages in the results by it and changes nothing else. What cannot be
// estimated is nil with the reason beside it; no result is NaN or infinite.
package recurrence

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Unit is one unit's observation.
type Unit struct {
	Entry float64 // age from which it was watched; 0 for one watched since it was new
	End   float64 // age until which it was watched, included
	// Open is of a unit of which nobody said until when it was watched: End is the
	// age at its last event.
	Open bool
}

// Event is one or more failures of a unit at an age.
type Event struct {
	Unit  int     // its place in Data.Units
	Time  float64 // age
	Count float64 // whole and positive: as many events of the same unit at the same age
	Cost  float64 // of each
}

// Data is what was observed.
type Data struct {
	Units  []Unit
	Events []Event // in any order
}

// maxCount keeps sums of counts whole numbers in a float64.
const maxCount = 1e12

// Check says what is wrong with data. The functions of the package take checked data.
func (d *Data) Check() error {
	for i, u := range d.Units {
		if !(u.Entry >= 0) || math.IsInf(u.End, 0) || !(u.End >= u.Entry) {
			return fmt.Errorf("unit %d: watched from %g to %g: ages are finite, not negative, and end after they begin", i+1, u.Entry, u.End)
		}
	}
	for i, e := range d.Events {
		switch {
		case e.Unit < 0 || e.Unit >= len(d.Units):
			return fmt.Errorf("event %d: there is no unit %d", i+1, e.Unit+1)
		case !(e.Time >= d.Units[e.Unit].Entry) || !(e.Time <= d.Units[e.Unit].End):
			return fmt.Errorf("event %d: age %g: unit %d was watched from %g to %g", i+1, e.Time, e.Unit+1, d.Units[e.Unit].Entry, d.Units[e.Unit].End)
		case !(e.Count >= 1) || e.Count > maxCount || e.Count != math.Trunc(e.Count):
			return fmt.Errorf("event %d: count %g is not a whole number from 1 to %g", i+1, e.Count, float64(maxCount))
		case !(e.Cost >= 0) || math.IsInf(e.Cost, 0):
			return fmt.Errorf("event %d: cost %g is negative or not a number", i+1, e.Cost)
		}
	}
	return nil
}

// inOrder is the events by age, those of one age by unit.
func inOrder(events []Event) []Event {
	byAge := func(a, b Event) int {
		if c := cmp.Compare(a.Time, b.Time); c != 0 {
			return c
		}
		return cmp.Compare(a.Unit, b.Unit)
	}
	if slices.IsSortedFunc(events, byAge) {
		return events
	}
	sorted := slices.Clone(events)
	slices.SortFunc(sorted, byAge)
	return sorted
}

// finite is a number for a result, nil where it does not exist.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
