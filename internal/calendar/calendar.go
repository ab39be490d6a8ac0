// Package calendar knows when people work: weekly hours, holidays, and the days
// that are worked in their stead. [Parse] reads named calendars; a [Calendar]
// counts working time.
//
// Hours are those of clocks on the wall, and what is counted between them is time
// that really passes: where clocks are put forward, the working day over it is an
// hour shorter. No answer looks further than ten years ahead.
package calendar

import (
	"iter"
	"time"

	"steward/internal/incident"
)

// Always is the name of the built-in calendar that works day and night.
const Always = "always"

// horizon bounds every walk over days, in days: ten years. A deadline beyond it
// is none.
const horizon = 3653

// span is a part of a day in which there is work: from start, until before end.
type span struct{ start, end TimeOfDay }

// special is a day that is not like the others of its weekday.
type special struct {
	name incident.Text // of the holiday
	work bool          // it is a day that is worked in its stead
}

// Calendar says when people work. It must not be modified; a nil Calendar works
// always.
type Calendar struct {
	Name string

	always bool
	week   [7][]span // by weekday, in order and apart
	makeUp []span    // of a day that is worked in a holiday's stead
	days   map[Date]special
	years  map[int]bool // whose holidays are known; nil when it keeps none
}

func (c *Calendar) isAlways() bool { return c == nil || c.always }

// Covers reports whether the holidays of a year are known, or none are kept.
func (c *Calendar) Covers(year int) bool { return c.isAlways() || c.years == nil || c.years[year] }

// Holiday is the holiday that a day is, and whether it is one.
func (c *Calendar) Holiday(d Date) (name incident.Text, ok bool) {
	if c.isAlways() {
		return name, false
	}
	s, ok := c.days[d]
	return s.name, ok && !s.work
}

// WorksOn reports whether there is work at some time of a day.
func (c *Calendar) WorksOn(d Date) bool { return c.isAlways() || len(c.spans(d)) > 0 }

// spans are the working hours of a day.
func (c *Calendar) spans(d Date) []span {
	switch s, ok := c.days[d]; {
	case ok && s.work:
		return c.makeUp
	case ok:
		return nil
	}
	return c.week[d.Weekday()]
}

// working walks over the stretches of working time of a number of days from the
// one that holds t, in order and apart. It begins a day early, for zones whose
// midnight is moved.
func (c *Calendar) working(t time.Time, days int, zone *time.Location) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		first := DateOf(t.In(zone)).Add(-1)
		var last time.Time
		for i := range days + 1 {
			day := first.Add(i)
			for _, s := range c.spans(day) {
				from, to := day.At(s.start, zone), day.At(s.end, zone)
				if from.Before(last) { // clocks that skip an hour fold two times into one
					from = last
				}
				if !from.Before(to) {
					continue
				}
				if last = to; !yield(from, to) {
					return
				}
			}
		}
	}
}

// Add is when d of working time has passed since start: start itself for no time
// at all, and the end of a working day rather than the beginning of the next. It
// is the zero time when that is more than ten years ahead.
func (c *Calendar) Add(start time.Time, d time.Duration, zone *time.Location) time.Time {
	if d <= 0 {
		return start
	}
	if c.isAlways() {
		return start.Add(d)
	}
	for from, to := range c.working(start, horizon, zone) {
		if from.Before(start) {
			from = start
		}
		if !from.Before(to) {
			continue
		}
		there := to.Sub(from)
		if d <= there {
			return from.Add(d)
		}
		d -= there
	}
	return time.Time{}
}

// Between is the working time from a to b; less than nothing when b comes first.
// Of more than ten years it counts the first ten.
func (c *Calendar) Between(a, b time.Time, zone *time.Location) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a, zone)
	}
	if c.isAlways() {
		return b.Sub(a)
	}
	days := min(DateOf(b.In(zone)).Sub(DateOf(a.In(zone)))+2, horizon)
	var sum time.Duration
	for from, to := range c.working(a, days, zone) {
		if from.Before(a) {
			from = a
		}
		if to.After(b) {
			to = b
		}
		if from.Before(to) {
			sum += to.Sub(from)
		}
	}
	return sum
}

// Working reports whether there is work at t.
func (c *Calendar) Working(t time.Time, zone *time.Location) bool {
	next := c.Next(t, zone)
	return next.Equal(t) && !next.IsZero()
}

// Next is the first time from t on at which there is work, t itself when there is
// then; the zero time when there is none for ten years.
func (c *Calendar) Next(t time.Time, zone *time.Location) time.Time {
	if c.isAlways() {
		return t
	}
	for from, to := range c.working(t, horizon, zone) {
		switch {
		case !t.Before(to):
		case t.Before(from):
			return from
		default:
			return t
		}
	}
	return time.Time{}
}

// Changes are the times after a and before b at which work begins or ends, in
// order; those of the first ten years.
func (c *Calendar) Changes(a, b time.Time, zone *time.Location) []time.Time {
	if c.isAlways() || !a.Before(b) {
		return nil
	}
	var all []time.Time
	days := min(DateOf(b.In(zone)).Sub(DateOf(a.In(zone)))+2, horizon)
	for from, to := range c.working(a, days, zone) {
		for _, t := range []time.Time{from, to} {
			if t.After(a) && t.Before(b) {
				all = append(all, t)
			}
		}
	}
	return all
}
