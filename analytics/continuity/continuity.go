// Package continuity turns the readings of a counter into consumption by the hour.
//
// A counter only grows, until it does not: registers start again from zero, pass
// their highest value, are exchanged, send nonsense once in a while. Consume cuts the
// readings into segments in which the counter grew without a break, says what became
// of the counter between two of them, and divides what was used over hours.
//
// It promises: no hour is negative; no hour has a jump that an exchange made; the
// hours add up to last minus first of each segment, with what was counted across the
// breaks, to rounding; the order in which readings are given does not matter. It does
// no I/O and does not panic on any input.
package continuity

import (
	"time"

	"steward/internal/telemetry"
)

// Reading is what a counter showed.
type Reading struct {
	TS    telemetry.Millis
	Value float64
	// Every is how long after one another readings came around this one; 0 when
	// that is not known. It says which distance between two of them is a gap.
	Every telemetry.Millis
}

// MarkKind is what people or devices say of a counter.
type MarkKind string

// The kinds of mark.
const (
	MarkReplaced MarkKind = "replaced" // another counter took its place
	MarkReset    MarkKind = "reset"    // it was set to New, 0 when that is not known
	MarkRollover MarkKind = "rollover" // it passed its highest value; New is its width: the value that reads as zero
	MarkAccept   MarkKind = "accept"   // a rise that looks impossible is real
	MarkIgnore   MarkKind = "ignore"   // readings from At to Until, both included, do not count

	// The counter itself came and went: another one, with readings of its own, was at
	// its place before, or is after.
	MarkInstalled MarkKind = "installed" // it showed New; what it counted before does not count
	MarkRemoved   MarkKind = "removed"   // it showed Old; what it counted after does not count
)

// Mark is something that is known of a counter apart from its readings.
type Mark struct {
	At, Until telemetry.Millis // Until is of MarkIgnore only
	Kind      MarkKind
	Old, New  *float64 // what the counter showed last, and first; nil when that is not known
}

// Multiplier is what a register's unit is worth from a time on. Before the first of a
// list the first holds.
type Multiplier struct {
	From  telemetry.Millis
	Value float64 // anything but a positive number counts as 1
}

// Options say what is known of a counter beforehand. The zero value knows nothing.
type Options struct {
	// Peak and Mean are the highest use in an hour and the average one in the past,
	// in the register's unit. A Peak of 0 is one when Known is set.
	Peak, Mean float64
	Known      bool
	// Floor is a use an hour that is never remarkable, whatever the past was.
	Floor float64
	// Ceiling is the highest use an hour that there can be; 0 when it is not known.
	Ceiling float64

	Multipliers []Multiplier // by From
}

// Quality is what an hour's number is worth.
type Quality string

// The qualities.
const (
	// Measured: readings lie close to both ends of the hour.
	Measured Quality = "measured"
	// Interpolated: what was used is known, but not when: a gap was divided by time.
	Interpolated Quality = "interpolated"
	// Suspect: some of the hour is not accounted for, because the counter broke off,
	// or made a jump that nobody uses.
	Suspect Quality = "suspect"
	// Missing: nothing is known of the hour.
	Missing Quality = "missing"
)

// Hour is what was used in an hour.
type Hour struct {
	Value   float64 // by the multiplier
	Covered float64 // the part of the hour that Value accounts for, 0 to 1
	Quality Quality
}

// BreakKind is how a segment ended, or what was left out of one.
type BreakKind string

// The kinds of break.
const (
	Replaced   BreakKind = "replaced"   // another counter, known by a mark
	Reset      BreakKind = "reset"      // started again from zero, or by a mark
	Rollover   BreakKind = "rollover"   // passed its highest value
	Jump       BreakKind = "jump"       // rose more than can have been used; not counted
	Drop       BreakKind = "drop"       // fell, and nothing explains it; not counted
	Gap        BreakKind = "gap"        // longer than MaxGap; not counted
	Glitch     BreakKind = "glitch"     // readings out of line, left out; the segment goes on
	Multiplied BreakKind = "multiplier" // the multiplier changed; the counter goes on
)

// Break is where a counter broke off.
type Break struct {
	TS            telemetry.Millis // of the first reading after, or of the change
	Kind          BreakKind
	Before, After float64 // what the counter showed, or the multipliers
	Counted       float64 // use across the break, in the register's unit
}

// Segment is a time in which a counter grew without a break. It was used from First to
// Last, and Carried across the break before it, in the register's unit.
type Segment struct {
	From, To             telemetry.Millis
	First, Last, Carried float64
}

// Result is what Consume makes of a counter.
type Result struct {
	Start    telemetry.Millis // of the first of Hours; a whole hour
	Hours    []Hour           // one after the other, up to that of the last reading
	Segments []Segment
	Breaks   []Break // by time
}

const (
	hour = telemetry.Millis(time.Hour / time.Millisecond)
	day  = 24 * hour

	// MaxGap is the longest time without readings over which use is divided: of a
	// longer one the hours stay missing.
	MaxGap = 62 * day

	// Horizon is how long readings out of line may last for the segment to go on
	// after them, and so how far around a time readings are wanted.
	Horizon = 6 * hour

	// markSlack is how far from a break a mark may lie that explains it: people
	// enter an exchange hours later.
	markSlack = day
)

// The times that hours are counted for. The store's end in 2106 too.
const latest = telemetry.Millis(4_291_747_200_000) // 2106-01-01
