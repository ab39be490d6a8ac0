package engine

import (
	"maps"
	"math"
	"slices"
)

// refreshEvery is how often all devices are looked at while the registry is being
// changed: a long import must not have them looked at with every message.
const refreshEvery = 1000 // ms

// never is no version of the estate: nothing was looked at yet.
const never = math.MaxUint64

// refresh looks at what has changed in the registry.
func (e *Engine) refresh() {
	switch {
	case e.known == e.looked:
		return
	case e.looked == never: // after a restart at once
	case e.now-e.lookedAt < refreshEvery:
		return
	default:
		e.lookedAt = e.now
	}
	e.looked = e.known
	var stale []*device
	for _, d := range e.devices {
		switch {
		case d.version == e.known:
		case len(d.instances) > 0:
			stale = append(stale, d)
		default:
			e.review(d) // without signals, so that the order does not matter
		}
	}
	slices.SortFunc(stale, func(a, b *device) int { return compareDevices(a.id, b.id) })
	for _, d := range stale {
		e.review(d)
	}
	for _, where := range slices.SortedFunc(maps.Keys(e.results), func(a, b place) int { return a.compare(&b) }) {
		if in := e.results[where]; !e.allows(in.rule, &where) {
			e.drop(in)
		}
	}
	for _, where := range slices.SortedFunc(maps.Keys(e.groups), func(a, b place) int { return a.compare(&b) }) {
		if g := e.groups[where]; g != nil && g.version != e.known {
			e.recheck(g)
		}
	}
}

// review brings what is known of a device up to date; false when it is out of
// service, and forgotten.
func (e *Engine) review(d *device) bool {
	about := e.estate.Device(d.id)
	d.version = e.known
	if !about.Active {
		for len(d.instances) > 0 {
			e.drop(d.instances[0])
		}
		e.timers.remove(&d.silence)
		delete(e.devices, d.id)
		return false
	}
	d.admission = nil
	if e.scratch.whom == d {
		e.scratch.whom = nil
	}
	for _, in := range slices.Clone(d.instances) {
		if !e.admitted(in.rule, d) {
			e.drop(in)
		}
	}
	if d.building != about.Building {
		e.move(d, about.Building)
	}
	return true
}

// move has a device's part in combinations follow it to another building.
func (e *Engine) move(d *device, to string) {
	from := d.building
	d.building = to
	for _, in := range d.instances {
		if in.phase != firing {
			continue
		}
		for _, c := range in.rule.combinations {
			if c.rule.Combine.By == "building" {
				e.join(c, d.id, from, false, e.now, e.now)
				e.join(c, d.id, to, true, e.now, e.now)
			}
		}
	}
}

// drop forgets an instance that nobody watches any more, and tells so if it
// fired.
func (e *Engine) drop(in *instance) {
	if in.phase == firing {
		e.emit(in, Drop, e.now, e.now).Held = e.now
		e.turn(in, idle)
		e.spread(in, false, e.now, e.now)
	}
	e.remove(in)
}
