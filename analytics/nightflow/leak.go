package nightflow

import (
	"math"
	"time"

	"steward/analytics/anomaly/step"
)

// leaks reads the levels of the night flow.
type leaks struct {
	nights
	opts     Options
	segments []step.Segment
	longRun  float64
}

const (
	baseNights = 5    // that a level has to last to be the base, if any does
	surely     = 3.5  // standard errors above the lowest that are no chance among some levels
	matters    = 0.02 // of the base: what a water meter may err (class 2, ISO 4064-1)
)

// judge finds the base, which is the lowest level, and takes the times above it for
// leaks: the last goes on, if it reaches the end, and the others were mended. A night
// flow that only ever fell may as well be people who moved out; the history has it
// with a beginning that nobody saw.
func (l leaks) judge(r *Result) {
	lowest := l.segments[l.lowest()]
	leaking := make([]bool, len(l.segments))
	// All that cannot be told from the lowest level makes the base: the lowest alone
	// would be too low.
	b := step.Segment{}
	for i, s := range l.segments {
		above := max(matters*math.Abs(lowest.Level), surely*math.Hypot(s.SE, lowest.SE))
		if leaking[i] = s.Level-lowest.Level > above; !leaking[i] {
			b.Level += (s.Level - b.Level) * float64(s.N) / float64(s.N+b.N)
			b.N += s.N
		}
	}
	b.SE = l.longRun / math.Sqrt(float64(b.N))
	e := interval(b.Level, b.SE, b.N-1)
	e.Low = max(e.Low, min(0, e.Value)) // no flow is below zero, unless it was measured so
	r.Base = &e
	for i, s := range l.segments {
		level := Level{From: l.date(s.From), To: l.date(s.To - 1), Nights: s.N, Estimate: interval(s.Level, s.SE, s.N-1), Leaking: leaking[i]}
		r.Levels = append(r.Levels, level)
	}
	for i := 0; i < len(leaking); {
		at := i
		for i < len(leaking) && leaking[i] {
			i++
		}
		if i == at {
			i++
			continue
		}
		leak := l.leak(b, at, i)
		if i == len(leaking) {
			r.Leak = &leak
		} else {
			r.History = append(r.History, leak)
		}
	}
}

// lowest is the lowest level that lasted.
func (l leaks) lowest() int {
	long := false
	for _, s := range l.segments {
		long = long || s.N >= baseNights
	}
	base := -1
	for i, s := range l.segments {
		if (s.N >= baseNights || !long) && (base < 0 || s.Level < l.segments[base].Level) {
			base = i
		}
	}
	return base
}

// leak makes one of the levels from at until end.
func (l leaks) leak(base step.Segment, at, end int) Leak {
	first, last := l.segments[at], l.segments[end-1]
	leak := Leak{Steps: end - at, Z: first.Z}
	if at > 0 {
		since, low, high := l.midnight(first.From), l.midnight(first.First), l.midnight(first.Last)
		leak.Since, leak.SinceLow, leak.SinceHigh = &since, &low, &high
	}
	if end < len(l.segments) {
		until := l.midnight(last.To)
		leak.Until = &until
	}
	for i := at; i < end; i++ {
		s := l.segments[i]
		leak.Nights += s.N
		rate := l.rate(s, base)
		hours := func(from, to int) float64 {
			return l.midnight(to).Sub(l.midnight(from)).Hours() / 24 * l.opts.LeakHours
		}
		known := hours(s.From, s.To)
		least, most := known, known
		if i == at && at > 0 { // it began earlier, or later
			least, most = hours(min(s.Last, s.To), s.To), hours(s.First, s.To)
		}
		leak.M3.Value += rate.Value * known
		leak.M3.Low += max(rate.Low, 0) * least
		leak.M3.High += rate.High * most
	}
	leak.Rate = l.rate(last, base)
	leak.M3Year = leak.Rate.times(l.opts.LeakHours / 24 * hoursPerYear)
	leak.Yuan, leak.YuanYear = leak.M3.times(l.opts.Price), leak.M3Year.times(l.opts.Price)
	return leak
}

// rate is how much more flows at a level than at the base.
func (l leaks) rate(s, base step.Segment) Estimate {
	return interval(s.Level-base.Level, math.Hypot(s.SE, base.SE), s.N+base.N-2)
}

// Running is how long a leak has run at a time; nothing when its beginning is unknown.
func (l Leak) Running(now time.Time) time.Duration {
	if l.Since == nil {
		return 0
	}
	return now.Sub(*l.Since)
}
