package engine

import (
	"maps"
	"slices"

	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// maxMembers bounds the devices that a signal of a combination names.
const maxMembers = 100

// group is a combination at one building or project: the devices there for which
// its rule fires.
type group struct {
	instance
	members map[telemetry.Device]struct{}
	size    int // of the devices in service that could be members
	version uint64
	sized   bool
}

// spread tells the combinations over an instance's rule that it fires, or no
// longer does.
func (e *Engine) spread(in *instance, fires bool, at, received telemetry.Millis) {
	if len(in.rule.combinations) == 0 || in.device().ID == "" {
		return
	}
	building := e.buildingOf(in)
	for _, c := range in.rule.combinations {
		e.join(c, in.device(), building, fires, at, received)
	}
}

func (e *Engine) buildingOf(in *instance) string {
	if in.dev != nil {
		return in.dev.building
	}
	return e.estate.Device(in.place.device).Building
}

// join makes a device a member of the group of a combination, or no longer one.
func (e *Engine) join(c *compiled, d telemetry.Device, building string, fires bool, at, received telemetry.Millis) {
	where := place{rule: c.rule.Name, at: authz.Place{Region: d.Region, Project: d.Project}}
	if c.rule.Combine.By == "building" {
		if building == "" {
			return // nobody knows of which
		}
		where.building = building
	}
	if !c.rule.Place.Contains(where.at) {
		return
	}
	g := e.groups[where]
	if !fires {
		if g == nil {
			return
		}
		if _, member := g.members[d]; !member {
			return
		}
		delete(g.members, d)
		e.count(g, at, received)
		return
	}
	if !e.concerns(c, d) {
		return
	}
	if g == nil {
		if !e.room(c) {
			return
		}
		g = &group{members: map[telemetry.Device]struct{}{}}
		g.rule, g.place = c, &where
		g.clock.inst = &g.instance
		e.groups[where] = g
		e.stats.phases[idle]++
	}
	g.members[d] = struct{}{}
	e.count(g, at, received)
}

// count looks whether enough devices of a group fire, after one of them did or no
// longer does.
func (e *Engine) count(g *group, at, received telemetry.Millis) {
	holds := no
	if e.enough(g) {
		holds = yes
	}
	g.value, g.hasValue = float64(len(g.members)), true
	e.observe(&g.instance, max(at, g.newest), received, holds)
	if len(g.members) == 0 && g.phase == idle && e.groups[*g.place] == g {
		e.remove(&g.instance)
	}
}

// recheck looks at a group again whose size may have changed.
func (e *Engine) recheck(g *group) {
	if holds := g.phase == pending || g.phase == firing && g.ending == 0; holds != e.enough(g) {
		e.count(g, e.now, e.now)
	}
}

func (e *Engine) enough(g *group) bool {
	n := len(g.members)
	switch c := &g.rule.rule.Combine; {
	case n == 0:
		return false
	case c.AtLeast > 0:
		return n >= c.AtLeast
	case c.All:
		return n >= e.sizeOf(g)
	default:
		return float64(n) >= c.Share*float64(e.sizeOf(g))
	}
}

// sizeOf is the number of devices that could be members: those in service of the
// class of the rule that is counted, for which it and the combination are.
func (e *Engine) sizeOf(g *group) int {
	if g.sized && g.version == e.known {
		return g.size
	}
	of := g.rule.of.rule
	if of.Where == nil && g.rule.rule.Where == nil {
		g.size = e.estate.Count(g.place.at, g.place.building, of.Class)
	} else {
		g.size = 0
		for _, d := range e.estate.Members(g.place.at, g.place.building, of.Class) {
			if e.concerns(g.rule, d) {
				g.size++
			}
		}
	}
	g.sized, g.version = true, e.known
	return g.size
}

// concerns reports whether a combination and the rule that it counts are for a
// device.
func (e *Engine) concerns(c *compiled, id telemetry.Device) bool {
	for _, p := range []*rule.Program{c.of.rule.Where, c.rule.Where} {
		if p != nil && e.ask(c, p, &device{id: id, class: emptyClass}) != yes {
			return false
		}
	}
	return true
}

// emptyClass is that of a device of which only the registry is asked.
var emptyClass = &class{}

// members are the devices of a combination's group, in order; the first hundred.
func (e *Engine) members(in *instance) []telemetry.Device {
	g := e.groups[*in.place]
	if g == nil {
		return nil
	}
	all := slices.SortedFunc(maps.Keys(g.members), compareDevices)
	return all[:min(len(all), maxMembers)]
}

// counting reports whether an instance is that of a group with members.
func (e *Engine) counting(in *instance) bool {
	g := e.groups[*in.place]
	return g != nil && len(g.members) > 0
}
