// Package lifetime estimates how long units live from what is known of them so far:
// some have failed, most still run (right censoring), and many were already old
// when anybody began to watch (left truncation).
//
// A [Builder] or [New] makes [Data] of units. [Data.KaplanMeier] is the curve that
// assumes nothing; [FitWeibull] and [FitLognormal] are maximum likelihood, with
// intervals by likelihood ratio for the parameters, any quantile and any
// probability; [Pool] lends units of which few have failed the shape of their
// likes; [Analyze] does it all and says in words what the numbers are worth.
//
// Times have no unit of their own: everything comes out in the unit that went in,
// and multiplying all times by a constant changes nothing else. What the data
// cannot support is an error that wraps [ErrInsufficient], never a number.
package lifetime

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrInsufficient is wrapped by the error of whatever needs more data than there is.
var ErrInsufficient = errors.New("insufficient data")

// Unit is what is known of one unit, or of several of which the same is known.
type Unit struct {
	Time   float64 // age at failure, or age when last seen running
	Failed bool
	// Entry is the age at which watching began: had the unit failed before, nobody
	// would know of it. 0 for one that was watched from new.
	Entry float64
	Count float64 // how many units; a whole number
}

// Bounds of what is taken.
const (
	// Ages outside are mistakes, and their powers would overflow.
	minAge, maxAge = 1e-100, 1e100
	// maxDistinct different ages take some 700 MB. More come from clocks that count
	// nanoseconds, and rounding them loses nothing.
	maxDistinct = 20_000_000
	// maxUnits is where whole numbers stop being exact in float64.
	maxUnits = 1 << 53
)

// exit is how many units failed and how many were last seen at an age.
type exit struct{ time, failed, censored float64 }

// entry is how many units came under observation at an age above 0.
type entry struct{ time, n float64 }

// Data is units in the form that every estimator here needs: likelihoods and risk
// sets are sums over exits less sums over entries, so that which exit belongs to
// which entry need not be kept. It must not be modified.
type Data struct {
	exits   []exit  // ascending, each age once
	entries []entry // ascending, each age once

	n, failures, late float64
	totalTime         float64
}

// N is the number of units.
func (d *Data) N() float64 { return d.n }

// Failures is how many of them failed.
func (d *Data) Failures() float64 { return d.failures }

// Late is how many were not new when watching began.
func (d *Data) Late() float64 { return d.late }

// TotalTime is the time under observation of all units together.
func (d *Data) TotalTime() float64 { return d.totalTime }

// Longest is the greatest age that was seen; 0 without units.
func (d *Data) Longest() float64 {
	if len(d.exits) == 0 {
		return 0
	}
	return d.exits[len(d.exits)-1].time
}

// failedAtZero is how many had failed before they began.
func (d *Data) failedAtZero() float64 {
	if len(d.exits) > 0 && d.exits[0].time == 0 {
		return d.exits[0].failed
	}
	return 0
}

// running is the data without units that never ran.
func (d *Data) running() *Data {
	if len(d.exits) == 0 || d.exits[0].time > 0 {
		return d
	}
	out := *d
	out.exits = d.exits[1:]
	out.n -= d.exits[0].failed + d.exits[0].censored
	out.failures -= d.exits[0].failed
	return &out
}

// Merge is the units of several data together.
func Merge(parts ...*Data) *Data {
	var b Builder
	for _, d := range parts {
		b.exits, b.entries = append(b.exits, d.exits...), append(b.entries, d.entries...)
		b.n += d.n
	}
	return b.Data()
}

// New makes data of units. The error names the first that is wrong by its index.
func New(units []Unit) (*Data, error) {
	var b Builder
	for i, u := range units {
		if err := b.Add(u); err != nil {
			return nil, fmt.Errorf("unit %d: %w", i, err)
		}
	}
	return b.Data(), nil
}

// Builder collects units one by one. Its memory grows with the number of different
// ages, not of units. The zero value is ready.
type Builder struct {
	exits     []exit
	entries   []entry
	compactAt int
	n         float64
}

// Add takes a unit. An error says what is wrong with it, and leaves the builder as
// it was.
func (b *Builder) Add(u Unit) error {
	if err := check("time", u.Time); err != nil {
		return err
	}
	if err := check("entry", u.Entry); err != nil {
		return err
	}
	switch {
	case !(u.Count >= 0) || u.Count != math.Trunc(u.Count) || b.n+u.Count > maxUnits:
		return fmt.Errorf("count %v is not a whole number of units", u.Count)
	case u.Entry > u.Time:
		return fmt.Errorf("entry %v is after time %v; both are ages of the unit", u.Entry, u.Time)
	case u.Failed && u.Entry == u.Time && u.Time > 0:
		return fmt.Errorf("entry %v is not before the failure at that very age: nobody watched it fail", u.Entry)
	case u.Count == 0:
		return nil
	case max(len(b.exits), len(b.entries)) >= max(b.compactAt, 1<<16):
		b.compact()
		if max(len(b.exits), len(b.entries)) > maxDistinct {
			return fmt.Errorf("more than %d different ages; round them, to the hour perhaps", maxDistinct)
		}
	}
	x := exit{time: u.Time}
	if u.Failed {
		x.failed = u.Count
	} else {
		x.censored = u.Count
	}
	b.exits = append(b.exits, x)
	if u.Entry > 0 {
		b.entries = append(b.entries, entry{u.Entry, u.Count})
	}
	b.n += u.Count
	return nil
}

func check(name string, age float64) error {
	switch {
	case math.IsNaN(age):
		return fmt.Errorf("%s is not a number", name)
	case age < 0:
		return fmt.Errorf("%s %v is negative; give the age of the unit", name, age)
	case age != 0 && (age < minAge || age > maxAge):
		return fmt.Errorf("%s %v is not within %g and %g", name, age, minAge, maxAge)
	}
	return nil
}

// compact sorts and adds up equal ages. Doing so each time that the lists have
// doubled keeps them short without costing more than one sort in all.
func (b *Builder) compact() {
	slices.SortFunc(b.exits, func(x, y exit) int { return compare(x.time, y.time) })
	exits := b.exits[:0]
	for _, x := range b.exits {
		if last := len(exits) - 1; last >= 0 && exits[last].time == x.time {
			exits[last].failed += x.failed
			exits[last].censored += x.censored
			continue
		}
		exits = append(exits, x)
	}
	b.exits = exits
	slices.SortFunc(b.entries, func(x, y entry) int { return compare(x.time, y.time) })
	entries := b.entries[:0]
	for _, e := range b.entries {
		if last := len(entries) - 1; last >= 0 && entries[last].time == e.time {
			entries[last].n += e.n
			continue
		}
		entries = append(entries, e)
	}
	b.entries = entries
	b.compactAt = 2 * max(len(b.exits), len(b.entries))
}

// compare is cmp.Compare without its care for NaN, which check has kept out.
func compare(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// Data is what was added. The builder must not be used afterwards.
func (b *Builder) Data() *Data {
	b.compact()
	d := &Data{exits: b.exits, entries: b.entries, n: b.n}
	for _, x := range d.exits {
		d.failures += x.failed
		d.totalTime += x.time * (x.failed + x.censored)
	}
	for _, e := range d.entries {
		d.late += e.n
		d.totalTime -= e.time * e.n
	}
	d.totalTime = max(d.totalTime, 0)
	return d
}
