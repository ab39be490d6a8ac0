// Package response judges how fast people come: durations of a clock with a limit,
// of which some are still running. A [Log] takes calls, [Log.Analyze] says what can
// be said of them: percentiles and the share within the limit with intervals,
// breaches, by hour, weekday and whatever the calls are labelled with, and
// [Log.Scorecards] what that means for contractors.
//
// A call that is still open is known to take at least as long as it has run, and
// counts as that: leaving it out would make the slowest look fastest. Durations are
// seconds. What cannot be said is nil, with the reason beside it; nothing is NaN or
// infinite.
package response

import (
	"fmt"
	"math"
	"time"
)

// Call is one run of a clock.
type Call struct {
	Created time.Time
	// Took is how many seconds the clock ran; for an open call until now. A clock by
	// working hours leaves out the nights, so that it need not be Ended less Created.
	Took  float64
	Open  bool
	Ended time.Time // of a closed call; Created and Took when zero
	Limit float64   // seconds; that of Options when 0
	Line  int       // of the file that it is from; 0 for none

	Unit       string // what was repaired: a device. For repeat faults
	Group      string
	Project    string
	Contractor string
	Cause      string
}

// Options say how calls are judged.
type Options struct {
	Limit float64 // seconds; exactly at it is in time. 0 when there is none
	Level float64 // of intervals; 0.95 when 0
	// Now is until when is known what happened: open calls have run until then.
	Now  time.Time
	Zone *time.Location // by whose clocks hours, weekdays and months count; UTC when nil
	// Breaches is how many are listed, those furthest over the limit; 1000 when 0.
	// All are counted.
	Breaches int
	// Unlisted is for whoever only counts breaches, or lists them himself: none is in the
	// result, and no warning says that some are missing from it.
	Unlisted bool
}

func (o *Options) fill() error {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Breaches == 0 {
		o.Breaches = 1000
	}
	switch {
	case !(o.Level >= 0.5 && o.Level <= 0.9999):
		return fmt.Errorf("response: level %v is not between 0.5 and 0.9999", o.Level)
	case !(o.Limit >= 0 && o.Limit <= maxSeconds):
		return fmt.Errorf("response: limit of %v s is not between 0 and %v", o.Limit, float64(maxSeconds))
	case o.Breaches < 0:
		return fmt.Errorf("response: %d breaches cannot be listed", o.Breaches)
	}
	return nil
}

// maxSeconds bounds durations: 30,000 years.
const maxSeconds = 1e12

// maxNames bounds what calls are told apart by, each with a line of its own; of units
// there may be any number.
const maxNames = 10_000

// label is one of the things that calls are told apart by.
type label int

const (
	byUnit label = iota
	byGroup
	byProject
	byContractor
	byCause

	labels = iota
)

// Log holds calls by columns, so that ten million of them have room. What no call
// has takes none. The zero Log is empty. It must not be used by several goroutines.
type Log struct {
	created []int64   // Unix nanoseconds
	took    []float64 // seconds; below zero when the call is open
	limit   []float64 // nil while no call has one of its own
	ended   []int64   // Unix nanoseconds, 0 for created and took; nil while all are
	lines   []int32   // nil while all are 0

	labels [labels][]uint32 // nil while all are ""
	names  [labels][]string
	ids    [labels]map[string]uint32
}

// Len is the number of calls.
func (l *Log) Len() int { return len(l.created) }

// Add takes a call, in any order of time.
func (l *Log) Add(c Call) error {
	switch {
	case l.Len() == math.MaxInt32:
		return fmt.Errorf("response: more than %d calls; judge fewer at a time", math.MaxInt32)
	case c.Created.IsZero() || c.Created.Year() < 1700 || c.Created.Year() > 2200:
		return fmt.Errorf("response: created %s is no time that can be meant", c.Created.Format(time.RFC3339))
	case !(c.Took >= 0 && c.Took <= maxSeconds):
		return fmt.Errorf("response: a call took %v s, which is not between 0 and %v; its end may stand before its begin", c.Took, float64(maxSeconds))
	case !(c.Limit >= 0 && c.Limit <= maxSeconds):
		return fmt.Errorf("response: limit of %v s is not between 0 and %v", c.Limit, float64(maxSeconds))
	}
	for of, name := range [labels]string{c.Unit, c.Group, c.Project, c.Contractor, c.Cause} {
		if _, known := l.ids[of][name]; !known && label(of) != byUnit && len(l.names[of]) >= maxNames {
			return fmt.Errorf("response: more than %d groups, projects, contractors or causes: does a column name single calls?", maxNames)
		}
	}
	n := len(l.created)
	l.created = append(l.created, c.Created.UnixNano())
	took := c.Took
	if c.Open {
		took = -1 - took // apart from an open call that has just begun
	}
	l.took = append(l.took, took)
	if c.Limit != 0 || l.limit != nil {
		l.limit = append(padded(l.limit, n), c.Limit)
	}
	if !c.Ended.IsZero() || l.ended != nil {
		var ended int64
		if !c.Ended.IsZero() {
			ended = c.Ended.UnixNano()
		}
		l.ended = append(padded(l.ended, n), ended)
	}
	if c.Line != 0 || l.lines != nil {
		l.lines = append(padded(l.lines, n), int32(min(c.Line, math.MaxInt32)))
	}
	for of, name := range [labels]string{c.Unit, c.Group, c.Project, c.Contractor, c.Cause} {
		if name != "" || l.labels[of] != nil {
			l.labels[of] = append(padded(l.labels[of], n), l.id(label(of), name))
		}
	}
	return nil
}

// padded is a column that begins with call n, filled up for those before it.
func padded[T any](column []T, n int) []T {
	if column == nil {
		return make([]T, n)
	}
	return column
}

// id is the number of a name; 0 is "".
func (l *Log) id(of label, name string) uint32 {
	if l.ids[of] == nil {
		l.ids[of] = map[string]uint32{"": 0}
		l.names[of] = []string{""}
	}
	id, ok := l.ids[of][name]
	if !ok {
		id = uint32(len(l.names[of]))
		l.ids[of][name] = id
		l.names[of] = append(l.names[of], name)
	}
	return id
}

// name is the label of a call; "" when it has none.
func (l *Log) name(of label, call int) string {
	if l.labels[of] == nil {
		return ""
	}
	return l.names[of][l.labels[of][call]]
}

// duration is how long a call took, or has run when it is open.
func (l *Log) duration(call int) (seconds float64, open bool) {
	if took := l.took[call]; took < 0 {
		return -1 - took, true
	}
	return l.took[call], false
}

// limitOf is the limit of a call; 0 when it has none.
func (l *Log) limitOf(call int, o *Options) float64 {
	if l.limit != nil && l.limit[call] != 0 {
		return l.limit[call]
	}
	return o.Limit
}

// endOf is when a closed call ended, in Unix nanoseconds.
func (l *Log) endOf(call int) int64 {
	if l.ended != nil && l.ended[call] != 0 {
		return l.ended[call]
	}
	return later(l.created[call], l.took[call])
}

// later is a time so many seconds after another, in Unix nanoseconds, and the end of
// all time where it is beyond that.
func later(at int64, seconds float64) int64 {
	if end := float64(at) + seconds*1e9; end >= 9.2e18 {
		return math.MaxInt64
	}
	whole := math.Floor(seconds)
	return at + int64(whole)*1e9 + int64(math.Round((seconds-whole)*1e9))
}

// outcome is how a call stands to its limit.
type outcome int

const (
	unlimited outcome = iota
	met
	breached  // also of an open call, which can no more be in time
	undecided // open, and within its limit so far
)

func (l *Log) outcome(call int, o *Options) outcome {
	limit := l.limitOf(call, o)
	took, open := l.duration(call)
	switch {
	case limit == 0:
		return unlimited
	case took > limit:
		return breached
	case open:
		return undecided
	}
	return met
}
