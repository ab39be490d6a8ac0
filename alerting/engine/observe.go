package engine

import (
	"slices"

	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// observe takes whether a condition held at ts, which is not older than what the
// instance knows: before it fires whether When holds, afterwards whether it has
// not ended.
func (e *Engine) observe(in *instance, ts, received telemetry.Millis, holds answer) {
	newer := ts > in.newest
	in.newest = max(in.newest, ts)
	switch {
	case holds == unknown:
	case in.phase == firing && holds == yes:
		in.ending = 0
		e.timers.remove(&in.clock)
	case in.phase == firing:
		e.observeEnd(in, ts, received, newer)
	case holds == yes && in.phase != pending:
		in.since, in.first = ts, received
		e.turn(in, pending)
		e.observeHolding(in, ts, received, true)
	case holds == yes:
		e.observeHolding(in, ts, received, newer)
	case in.phase == pending:
		e.rest(in, received)
	}
}

// observeHolding is told that the condition of a pending instance held at ts.
func (e *Engine) observeHolding(in *instance, ts, received telemetry.Millis, newer bool) {
	need := in.rule.holdFor
	if ts-in.since >= need {
		e.fire(in, received)
		return
	}
	e.wait(in, ts, received, in.since+need, need, newer)
}

// observeEnd is told that the condition of one that fires had ended by ts.
func (e *Engine) observeEnd(in *instance, ts, received telemetry.Millis, newer bool) {
	if in.ending == 0 {
		in.ending, in.first, newer = ts, received, true
	}
	need := in.rule.keepFor
	if ts-in.ending >= need {
		e.clear(in, in.ending, received)
		return
	}
	e.wait(in, ts, received, in.ending+need, need, newer)
}

// wait sets the timer for event time end: when the device's clock, which showed
// ts at its receipt, will have come there. Only a newer time counts, so that a
// clock that stands still holds nothing up, and twice the whole wait is the most
// that a slow one can make of it.
func (e *Engine) wait(in *instance, ts, received, end, whole telemetry.Millis, newer bool) {
	if newer || in.clock.pos == 0 {
		e.timers.set(&in.clock, min(received+end-ts, in.first+2*whole))
	}
}

// instanceDue is told that the timer of an instance is due.
func (e *Engine) instanceDue(in *instance, due telemetry.Millis) {
	if d := in.dev; d != nil && d.version != e.known && (!e.review(d) || !slices.Contains(d.instances, in)) {
		return
	}
	switch in.phase {
	case pending:
		e.fire(in, due)
	case firing:
		switch again := e.hearing.since + settle; {
		case e.deaf(due):
			e.park(&in.clock)
		case in.first < e.hearing.since && due < again:
			e.timers.set(&in.clock, again)
		default:
			e.clear(in, in.ending, due)
		}
	default: // what it remembered has lost its meaning
		in.seen, in.until = nil, 0
		e.rest(in, due)
	}
}

// fire tells that the condition of an instance holds for long enough.
func (e *Engine) fire(in *instance, received telemetry.Millis) *Signal {
	e.timers.remove(&in.clock)
	e.turn(in, firing)
	in.ending = 0
	held := in.since + in.rule.holdFor
	s := e.emit(in, Fire, in.since, received)
	s.Held = held
	at := len(e.out) - 1
	e.spread(in, true, held, received)
	return &e.out[at]
}

// clear tells that it ended.
func (e *Engine) clear(in *instance, at, received telemetry.Millis) *Signal {
	in.until = max(in.until, at)
	s := e.emit(in, Clear, at, received)
	s.Held = at + in.rule.keepFor
	i := len(e.out) - 1
	in.ending = 0
	e.turn(in, closed)
	e.spread(in, false, at, received)
	e.rest(in, received)
	return &e.out[i]
}

// rest leaves an instance that neither fires nor is about to: it is forgotten, at
// once or once what it remembers has lost its meaning.
func (e *Engine) rest(in *instance, received telemetry.Millis) {
	e.timers.remove(&in.clock)
	r := in.rule.rule
	if in.phase == pending {
		e.turn(in, idle)
	}
	switch {
	case in.window != nil:
		e.turn(in, idle)
	case in.seen != nil || in.until != 0 && (len(r.Marks) > 0 || r.Kind == rule.Event):
		e.timers.set(&in.clock, received+max(telemetry.Millis(e.opts.Remember.Milliseconds()), in.rule.over))
	case in.dev == nil && e.counting(in):
		e.turn(in, idle)
	default:
		e.remove(in)
	}
}
