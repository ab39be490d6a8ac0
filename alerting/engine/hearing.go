package engine

import "steward/internal/telemetry"

// Silence counts only while Steward was receiving: otherwise every start, and
// every return of the broker, would find all devices missing. What proves that it
// was receiving is a message of anyone, or Listening. When nothing proved it for
// longer than Options.Gap, silence of all devices starts anew with the next
// proof: a device gets its whole time to speak again, and meanwhile is neither
// missed nor found. That costs one interval of delay after an outage, and never a
// false alarm.
//
// The end of a condition that must hold for a while (Rule.Keep) waits in the same
// way: what might have contradicted it was not received. The beginning does not
// wait: rather one alarm too many than one too few.

// maxSpans bounds the spans that were told of and have not come yet.
const maxSpans = 1024

// settle is how long after an outage the end of a condition is held back, for
// what waited at the broker to arrive.
const settle = 10_000 // ms

// hearing is what is known of when Steward was receiving.
type hearing struct {
	spans []span           // told of, and not used up; in order
	last  telemetry.Millis // the newest proof
	since telemetry.Millis // the first proof after the newest gap
	// parked are timers that fell due during a gap.
	parked []*timer
}

type span struct{ from, until telemetry.Millis }

// Listening tells that Steward was connected to its broker from one time until
// another, whether or not a message came. It is told before time passes there:
// before the next tick while it runs, or, when the stream is read again after a
// restart, for all the time since the state was saved. Spans that meet or overlap
// are one; only the newest 1,024 are kept.
func (e *Engine) Listening(from, until telemetry.Millis) {
	h := &e.hearing
	if n := len(h.spans); n > 0 && from <= h.spans[n-1].until {
		h.spans[n-1].until = max(until, h.spans[n-1].until)
		h.spans[n-1].from = min(from, h.spans[n-1].from)
		return
	}
	h.spans = append(h.spans, span{from, until})
	if len(h.spans) > maxSpans {
		h.spans = h.spans[1:]
	}
}

// heardBy takes what spans prove up to a time. True stops it half-way: receiving
// began again, and timers that were put aside may be due before that time.
func (e *Engine) heardBy(t telemetry.Millis) bool {
	h := &e.hearing
	for len(h.spans) > 0 && h.spans[0].from <= t {
		s := h.spans[0]
		if e.prove(s.from) {
			return true
		}
		h.last = max(h.last, min(s.until, t))
		if s.until > t {
			break
		}
		h.spans = h.spans[1:]
	}
	return false
}

// prove notes that Steward was receiving at a time, and reports whether that is
// the end of a gap.
func (e *Engine) prove(at telemetry.Millis) bool {
	h := &e.hearing
	if at <= h.last {
		return false
	}
	gap := at-h.last > telemetry.Millis(e.opts.Gap.Milliseconds())
	h.last = at
	if !gap {
		return false
	}
	h.since = at
	parked := h.parked
	h.parked = nil
	for _, t := range parked {
		e.resume(t)
	}
	return true
}

// deaf reports whether nothing proves that Steward was receiving at a time to
// which it has come.
func (e *Engine) deaf(at telemetry.Millis) bool {
	return at-e.hearing.last > telemetry.Millis(e.opts.Gap.Milliseconds())
}

// park puts a timer aside until something is received.
func (e *Engine) park(t *timer) {
	e.hearing.parked = append(e.hearing.parked, t)
}

// resume lets a timer run again that was put aside.
func (e *Engine) resume(t *timer) {
	switch {
	case t.dev != nil:
		e.watchSilence(t.dev)
	case t.inst.phase == firing && t.inst.ending != 0:
		e.timers.set(t, max(t.due, e.hearing.since+settle))
	}
}
