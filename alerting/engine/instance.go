package engine

import (
	"cmp"
	"slices"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// phase is where an instance stands.
type phase uint8

const (
	idle    phase = iota // its condition does not hold; it only remembers
	pending              // holds, but not yet for long enough
	firing
	closed // it fired and ended; remembered for late data
	phases
)

// instance is a rule at work for one device or place. It exists only while it has
// something to remember.
type instance struct {
	clock timer // end of For or Keep; or, when nothing is going on, of remembering
	rule  *compiled
	dev   *device // nil for a combination and a row of sql
	place *place  // of those

	phase    phase
	hasValue bool
	value    float64

	since     telemetry.Millis // when the condition began to hold
	until     telemetry.Millis // when the newest one ended; 0 when none is known to have
	newest    telemetry.Millis // the newest event time that it was told of
	lastFalse telemetry.Millis // before since, the newest time at which it did not hold; 0 when not known
	ending    telemetry.Millis // since when the end holds, while Keep lasts; else 0
	first     telemetry.Millis // when the message was received that began the wait for For or Keep

	window *window // Rate, Increase
	seen   []seen  // Event
}

// place is what an instance without a device of its own is about.
type place struct {
	rule     string
	at       authz.Place
	building string
	device   telemetry.Device // of a row of sql; else zero
}

func (p *place) compare(q *place) int {
	return cmp.Or(cmp.Compare(p.rule, q.rule), cmp.Compare(p.at.Region, q.at.Region), cmp.Compare(p.at.Project, q.at.Project),
		cmp.Compare(p.building, q.building), compareDevices(p.device, q.device))
}

// add makes an instance for a device; nil when there is no room.
func (e *Engine) add(c *compiled, d *device) *instance {
	if !e.room(c) {
		return nil
	}
	in := &instance{rule: c, dev: d}
	in.clock.inst = in
	i, _ := slices.BinarySearchFunc(d.instances, c.rule.Name, func(a *instance, name string) int { return cmp.Compare(a.rule.rule.Name, name) })
	d.instances = slices.Insert(d.instances, i, in)
	e.stats.phases[idle]++
	return in
}

// room reports whether one more instance of a rule may be. The last tenth is kept
// for danger to life.
func (e *Engine) room(c *compiled) bool {
	limit := e.opts.MaxInstances
	if c.rule.Severity != telemetry.LifeSafety {
		limit -= limit / 10
	}
	if e.stats.instances() < limit {
		return true
	}
	e.stats.Refused++
	return false
}

// remove forgets an instance.
func (e *Engine) remove(in *instance) {
	e.timers.remove(&in.clock)
	e.turn(in, idle)
	e.stats.phases[idle]--
	in.ending = 0
	if in.dev != nil {
		i := slices.Index(in.dev.instances, in)
		in.dev.instances = slices.Delete(in.dev.instances, i, i+1)
		if len(in.dev.instances) == 0 {
			in.dev.instances = nil
		}
		return
	}
	delete(e.results, *in.place)
	delete(e.groups, *in.place)
}

func (e *Engine) turn(in *instance, to phase) {
	e.stats.phases[in.phase]--
	in.phase = to
	e.stats.phases[to]++
}

// device is what a signal of the instance is about; zero for a combination.
func (in *instance) device() telemetry.Device {
	if in.dev != nil {
		return in.dev.id
	}
	return in.place.device
}
