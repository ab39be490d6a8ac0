package engine

import (
	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// learned is how many intervals are needed before a device's cadence is known.
const learned = 5

// outlier is how many times its cadence an interval may count for.
const outlier = 10

// burst is how close together messages count as one: some devices send each
// metric by itself.
const burst = 5000 // ms

// retry is when a device is looked at again that should have been missed, and
// there was no room for it.
const retry = 60_000 // ms

// cadence is how often a device usually sends telemetry: the mean of its
// intervals, each weighted by its length. Of a device that sends ten messages in
// a burst each quarter of an hour that is a quarter of an hour, where the plain
// mean and the median are next to nothing. Old intervals fade, and a single long
// one counts for ten usual ones at most.
type cadence struct {
	n       uint8            // intervals learned, up to learned
	told    telemetry.Millis // when the newest burst of telemetry began
	sum, sq float64          // fading means of the interval and of its square, in ms
}

func (c *cadence) known() bool { return c.n >= learned && c.sum > 0 }

// usual is the usual interval in ms.
func (c *cadence) usual() float64 { return c.sq / c.sum }

// learn takes the receipt of telemetry. An interval in which Steward was not
// receiving teaches nothing.
func (c *cadence) learn(received, since telemetry.Millis) {
	last := c.told
	if last != 0 && received < last+burst {
		return
	}
	c.told = received
	if last == 0 || last < since {
		return
	}
	interval := float64(received - last)
	if c.known() {
		interval = min(interval, outlier*c.usual())
	}
	weight := 1 / float64(c.n+1) // the plain mean at first
	if c.n >= learned {
		weight = 1.0 / 8
	}
	c.n = min(c.n+1, learned)
	c.sum += weight * (interval - c.sum)
	c.sq += weight * (interval*interval - c.sq)
}

// limit is how long a device may be silent; false for ever.
func (c *cadence) limit(a *rule.Absent) (telemetry.Millis, bool) {
	if !c.known() {
		return telemetry.Millis(a.Max.Milliseconds()), a.Max > 0
	}
	limit := max(a.Factor*c.usual(), float64(a.Min.Milliseconds()))
	if a.Max > 0 {
		limit = min(limit, float64(a.Max.Milliseconds()))
	}
	return telemetry.Millis(limit), true
}

// hear notes a message of a device: what missed it is over, and its silence
// begins anew. Telemetry and events are signs of life. A status is none: the
// broker sends the last one again to whoever connects, and so it would with each
// restart of Steward. Only telemetry teaches the cadence, since events come when
// they come.
func (e *Engine) hear(d *device, received telemetry.Millis, telemetry bool) {
	if len(d.class.absence) == 0 {
		return
	}
	if telemetry {
		d.cadence.learn(received, e.hearing.since)
	}
	d.heard = max(d.heard, received)
	for i := len(d.instances) - 1; i >= 0; i-- {
		if in := d.instances[i]; in.rule.rule.Kind == rule.Absence && in.phase == firing {
			e.clear(in, max(received, in.since), received)
		}
	}
	e.watchSilence(d)
}

// missedAt is when a rule will miss a device; false for never, or when it does so
// already.
func (e *Engine) missedAt(c *compiled, d *device) (telemetry.Millis, bool) {
	if d.heard == 0 || !e.admitted(c, d) {
		return 0, false
	}
	if in := d.find(c); in != nil && in.phase == firing {
		return 0, false
	}
	limit, ok := d.cadence.limit(&c.rule.Absence)
	return max(d.heard, e.hearing.since) + limit, ok
}

// watchSilence sets the timer of a device's silence. One that runs too early is
// left alone: with each message the silence begins anew, and to look again when
// it is due is cheaper than to move it each time.
func (e *Engine) watchSilence(d *device) {
	if d.class == nil || e.devices[d.id] != d {
		return
	}
	var due telemetry.Millis
	for _, c := range d.class.absence {
		if at, ok := e.missedAt(c, d); ok && (due == 0 || at < due) {
			due = at
		}
	}
	if due != 0 && (d.silence.pos == 0 || due < d.silence.due) {
		e.timers.set(&d.silence, due)
	}
}

// missDue looks at a device whose timer is due.
func (e *Engine) missDue(d *device, now telemetry.Millis) {
	if d.version != e.known && !e.estate.Device(d.id).Active {
		return // refresh sees to the rest of it
	}
	if e.deaf(now) {
		e.park(&d.silence)
		return
	}
	for _, c := range d.class.absence {
		due, ok := e.missedAt(c, d)
		if !ok || due > now {
			continue
		}
		in := d.find(c)
		if in == nil {
			if in = e.add(c, d); in == nil {
				continue
			}
		}
		in.since, in.newest = due, due
		e.fire(in, now)
	}
	e.watchSilence(d)
	if d.silence.pos != 0 && d.silence.due <= now { // there was no room
		e.timers.set(&d.silence, e.now+retry)
	}
}
