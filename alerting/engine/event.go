package engine

import (
	"slices"

	"steward/internal/telemetry"
)

// remembered is how many events an instance of a rule without Count knows again.
const remembered = 4

// seen is an event that was counted.
type seen struct {
	ts telemetry.Millis
	id uint64 // hash
}

// takeEvent evaluates an event.
func (e *Engine) takeEvent(ev *telemetry.Event) {
	d := e.reach(ev.Device)
	if d == nil {
		return
	}
	received := e.scratch.input.Received
	if ev.Kind != telemetry.Online && ev.Kind != telemetry.Offline { // which the broker says, and says again
		e.hear(d, received, false)
	}
	if d.id.Class == telemetry.Meter && (ev.Kind == "replaced" || ev.Kind == "reset") {
		d.replaced = max(d.replaced, ev.TS)
	}
	for _, c := range d.class.events[ev.Kind] {
		e.takeEventFor(c, d, ev, received)
	}
	for _, c := range d.class.others {
		e.takeEventFor(c, d, ev, received)
	}
	for _, c := range d.class.marks[ev.Kind] {
		if e.admitted(c, d) {
			e.mark(d.find(c), ev, received)
		}
	}
}

// mark passes on an event that moves an incident on, when there may be one: it is
// open as long as people say, whatever has become of the condition.
func (e *Engine) mark(in *instance, ev *telemetry.Event, received telemetry.Millis) {
	if in == nil || in.phase != firing && in.until == 0 {
		return
	}
	if _, marks := in.rule.rule.Marks[ev.Kind]; !marks {
		return
	}
	s := e.emit(in, Mark, ev.TS, received)
	s.Held, s.MarkKind, s.Event = ev.TS, ev.Kind, cloneEvent(ev)
}

func (e *Engine) takeEventFor(c *compiled, d *device, ev *telemetry.Event, received telemetry.Millis) {
	if !e.admitted(c, d) {
		return
	}
	opens := e.askEvent(c, c.rule.When, d, ev) == yes
	ends := !opens && c.rule.Until != nil && e.askEvent(c, c.rule.Until, d, ev) == yes
	in := d.find(c)
	e.mark(in, ev, received)
	if !opens && !ends {
		return
	}
	if in == nil {
		if in = e.add(c, d); in == nil {
			return
		}
	}
	if opens {
		e.opened(in, ev, received)
	} else {
		e.ended(in, ev, received)
	}
}

// opened takes an event that raises.
func (e *Engine) opened(in *instance, ev *telemetry.Event, received telemetry.Millis) {
	if !in.remember(ev) {
		return // told again
	}
	at := ev.TS
	if count := in.rule.rule.Count; count > 1 {
		n := len(in.seen)
		if n < count || in.seen[n-1].ts-in.seen[n-count].ts > in.rule.over {
			if in.phase == idle || in.phase == closed {
				e.rest(in, received)
			}
			return
		}
		at = max(at, in.seen[n-1].ts)
		in.value, in.hasValue = float64(count), true
	}
	late := ev.TS < in.newest
	if late {
		e.stats.Late++
	}
	switch {
	case late && in.phase == firing && in.rule.rule.Count > 1: // it is known that there are enough
	case at < in.until:
		e.past(in, ev, at, in.until, received)
	case in.phase == pending:
		if at < in.since {
			e.timers.set(&in.clock, max(e.now, in.clock.due-(in.since-at)))
			in.since = at
		}
		if in.newest = max(in.newest, at); in.newest-in.since >= in.rule.holdFor {
			e.fire(in, received).Event = cloneEvent(ev)
		}
	case in.phase != firing:
		in.newest = max(in.newest, at)
		in.since, in.first = at, received
		if in.rule.holdFor > 0 {
			e.turn(in, pending)
			e.timers.set(&in.clock, received+in.rule.holdFor)
			return
		}
		e.fire(in, received).Event = cloneEvent(ev)
	case at < in.since:
		in.since = at
		s := e.emit(in, Correct, at, received)
		s.Held, s.Event = at, cloneEvent(ev)
	case late && in.rule.rule.Until == nil:
		// Only people end such an incident, and they may have by now: what is older
		// than what they saw is for the record.
		e.past(in, ev, at, at, received)
	default:
		in.newest = max(in.newest, at)
		if in.ending != 0 {
			in.ending = 0
			e.timers.remove(&in.clock)
		}
		s := e.emit(in, Fire, at, received)
		s.Held, s.Event = at, cloneEvent(ev)
	}
}

// past tells of what was over when Steward learned of it, unless the rule would
// not have minded.
func (e *Engine) past(in *instance, ev *telemetry.Event, at, until, received telemetry.Millis) {
	if until-at < in.rule.holdFor {
		return
	}
	s := e.emit(in, Past, at, received)
	s.Held, s.Until, s.Event = at, until, cloneEvent(ev)
}

// ended takes an event that ends. One that is older than the newest opening says
// nothing of how things stand, but what opened before it is over.
func (e *Engine) ended(in *instance, ev *telemetry.Event, received telemetry.Millis) {
	current := ev.TS >= in.newest
	if !current {
		e.stats.Late++
	}
	switch {
	case in.phase == pending && current && ev.TS-in.since >= in.rule.holdFor:
		e.fire(in, received)
		e.end(in, ev, received)
	case in.phase == firing && current:
		e.end(in, ev, received)
	case in.phase == pending && current, in.phase == idle, in.phase == closed:
		in.until = max(in.until, ev.TS)
		e.rest(in, received)
	default:
		in.until = max(in.until, ev.TS)
	}
}

// end ends what fires, once it has ended for as long as the rule wants.
func (e *Engine) end(in *instance, ev *telemetry.Event, received telemetry.Millis) {
	if in.rule.keepFor == 0 {
		e.clear(in, ev.TS, received).Event = cloneEvent(ev)
		return
	}
	if in.ending == 0 {
		in.ending, in.first = ev.TS, received
		e.timers.set(&in.clock, received+in.rule.keepFor)
	}
}

// remember notes an event, and reports whether it was new. The newest are kept,
// in order of their time; no more than the rule counts.
func (in *instance) remember(ev *telemetry.Event) bool {
	one := seen{ev.TS, hashID(ev.ID)}
	for _, old := range in.seen {
		if old.id == one.id {
			return false
		}
	}
	i, _ := slices.BinarySearchFunc(in.seen, one, func(a, b seen) int {
		if a.ts <= b.ts {
			return -1
		}
		return 1
	})
	in.seen = slices.Insert(in.seen, i, one)
	if over := len(in.seen) - max(remembered, in.rule.rule.Count); over > 0 {
		in.seen = slices.Delete(in.seen, 0, over)
	}
	return true
}

// hashID is FNV-1a: the same in every process, since it is saved.
func hashID(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return h
}
