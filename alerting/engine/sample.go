package engine

import (
	"cmp"
	"slices"
	"strings"

	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// sample is one number or text of a message. Those of one device and one time are
// looked at together: a rule over several metrics must not see the new one of
// one beside the old one of another.
type sample struct {
	device *telemetry.Device
	ts     telemetry.Millis
	number *telemetry.Reading // one of the two
	text   *telemetry.State

	watch    *watch
	previous telemetry.Millis // the newest time before; 0 when none was known
	late     bool
}

// takeSamples evaluates the readings and states of a message, in order of their
// time.
func (e *Engine) takeSamples(in *Input) {
	all := e.scratch.order[:0]
	sorted := true
	for i := range in.Readings {
		r := &in.Readings[i]
		sorted = sorted && (i == 0 || all[i-1].ts <= r.TS)
		all = append(all, sample{device: r.Device, ts: r.TS, number: r})
	}
	for i := range in.States {
		s := &in.States[i]
		all = append(all, sample{device: s.Device, ts: s.TS, text: s})
	}
	e.scratch.order = all
	if !sorted || len(in.States) > 0 {
		slices.SortStableFunc(all, func(a, b sample) int { return cmp.Compare(a.ts, b.ts) })
	}
	var d *device
	for i := 0; i < len(all); {
		n := i + 1
		for n < len(all) && all[n].ts == all[i].ts && sameDevice(all[n].device, all[i].device) {
			n++
		}
		if i == 0 || !sameDevice(all[i].device, all[i-1].device) {
			d = e.reach(all[i].device)
		}
		if d != nil {
			// What it said last is no sign of life when it is told again: the broker may
			// have kept it.
			if all[i].ts != d.newest {
				d.newest = max(d.newest, all[i].ts)
				e.hear(d, in.Received, true)
			}
			e.takeMoment(d, all[i:n], in.Received)
		}
		i = n
	}
	clear(all) // what they point to is not ours for longer
}

func sameDevice(a, b *telemetry.Device) bool { return a == b || *a == *b }

// takeMoment evaluates what a device said of one moment.
func (e *Engine) takeMoment(d *device, all []sample, received telemetry.Millis) {
	e.scratch.moment++
	for i := range all {
		d.keep(&all[i])
	}
	for i := range all {
		s := &all[i]
		if s.watch == nil {
			continue
		}
		e.stats.Readings++
		for _, c := range s.watch.own {
			if s.number == nil || !e.admitted(c, d) {
				continue
			}
			switch {
			case c.rule.Kind != rule.Value:
				e.takeWindow(c, d, s, received)
			case c.asks:
				e.takeSeveral(c, d, s, received)
			case s.late:
				e.takeLate(c, d, s, received)
			default:
				e.takeValue(c, d, s.ts, s.previous, s.number.Value, received)
			}
		}
		for _, c := range s.watch.asked {
			if e.admitted(c, d) {
				e.takeSeveral(c, d, s, received)
			}
		}
	}
}

// keep makes a sample the newest of its metric, unless it is late.
func (d *device) keep(s *sample) {
	if s.number != nil {
		if s.watch = d.class.metrics[s.number.Metric]; s.watch == nil {
			return
		}
		if d.latest == nil {
			d.latest = make([]number, len(d.class.metrics))
		}
		at := &d.latest[s.watch.slot]
		s.previous, s.late = at.ts, s.ts < at.ts
		if !s.late {
			*at = number{s.ts, s.number.Value}
		}
		return
	}
	if s.watch = d.class.texts[s.text.Metric]; s.watch == nil {
		return
	}
	if d.texts == nil {
		d.texts = make([]text, len(d.class.texts))
	}
	at := &d.texts[s.watch.slot]
	if s.late = s.ts < at.ts; !s.late {
		if at.value != s.text.Value {
			at.value = strings.Clone(s.text.Value)
		}
		at.ts = s.ts
	}
}

// takeValue evaluates a value rule at a time that is the newest of its metric.
func (e *Engine) takeValue(c *compiled, d *device, ts, previous telemetry.Millis, value float64, received telemetry.Millis) {
	in := d.find(c)
	holds := e.holds(c, d, in, ts, value)
	if in == nil || in.phase == closed {
		if holds != yes {
			return
		}
		if in == nil {
			if in = e.add(c, d); in == nil {
				return
			}
		}
		in.lastFalse = previous
	}
	in.value, in.hasValue = value, true
	e.observe(in, ts, received, holds)
}

// holds asks what observe wants to know.
func (e *Engine) holds(c *compiled, d *device, in *instance, ts telemetry.Millis, value float64) answer {
	if in == nil || in.phase != firing || c.rule.Until == nil {
		return e.askReading(c, c.rule.When, d, ts, value)
	}
	switch e.askReading(c, c.rule.Until, d, ts, value) {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

// takeSeveral evaluates, once for a moment, a value rule that asks for more than
// its own metric: with the newest of all of them, at the newest of their times.
// Of late data it knows nothing, since what the others were then is not kept.
func (e *Engine) takeSeveral(c *compiled, d *device, s *sample, received telemetry.Millis) {
	if s.late || c.moment == e.scratch.moment {
		return
	}
	c.moment = e.scratch.moment
	own := c.class.metrics[c.rule.Metric].slot
	if own >= len(d.latest) || d.latest[own].ts == 0 {
		return
	}
	ts := s.ts
	if in := d.find(c); in != nil {
		ts = max(ts, in.newest)
	}
	e.takeValue(c, d, ts, ts, d.latest[own].value, received)
}

// takeLate looks at a reading that is older than the newest: did what is going on
// begin earlier than was known?
func (e *Engine) takeLate(c *compiled, d *device, s *sample, received telemetry.Millis) {
	e.stats.Late++
	in := d.find(c)
	if in == nil || in.phase != pending && in.phase != firing || s.ts >= in.since || s.ts <= in.lastFalse {
		return
	}
	switch e.askReading(c, c.rule.When, d, s.ts, s.number.Value) {
	case no:
		in.lastFalse = s.ts
	case yes:
		earlier := in.since - s.ts
		in.since = s.ts
		switch {
		case in.phase == firing:
			e.emit(in, Correct, s.ts, received).Held = s.ts
		case in.newest-in.since >= c.holdFor:
			e.fire(in, received)
		default:
			e.timers.set(&in.clock, max(e.now, in.clock.due-earlier))
		}
	}
}

// takeWindow evaluates a rate or an increase.
func (e *Engine) takeWindow(c *compiled, d *device, s *sample, received telemetry.Millis) {
	in := d.find(c)
	if in == nil {
		if in = e.add(c, d); in == nil {
			return
		}
		in.window = &window{}
	}
	w := in.window
	if s.ts < w.newest() {
		e.stats.Late++
		return
	}
	if c.rule.Kind == rule.Rate {
		w.add(s.ts, s.number.Value, c.over)
	} else {
		w.count(s.ts, s.number.Value, c.over, w.newest() < d.replaced && d.replaced <= s.ts)
	}
	change, ok := w.change(c.over)
	if !ok {
		return
	}
	if c.rule.Kind == rule.Rate {
		change = change / float64(c.over) * float64(c.per)
	}
	in.value, in.hasValue = change, true
	e.observe(in, s.ts, received, e.holds(c, d, in, s.ts, change))
}
