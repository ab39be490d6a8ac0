package live

import (
	"cmp"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Group counts the devices of one class in one project.
type Group struct {
	Region  string
	Project string
	Class   telemetry.Class
	Devices int
	Online  int
	Offline int
	Rate    float64 // messages a second, over the last second
}

// Totals counts over everything that a scope allows, whatever its filters.
type Totals struct {
	Devices  int
	Online   int
	Offline  int
	Rate     float64          // messages a second, over the last second
	Lag      telemetry.Millis // the longest time from receipt to publication in the last second
	Rejected uint64           // messages rejected since the board was made
	Refused  uint64           // values of devices or metrics over the limits
}

// group is a Group in the making.
type group struct {
	id        telemetry.Device // without the device's own name
	place     authz.Place
	index     int // in groups.order
	devices   []*device
	sorted    bool // devices are in order of their names
	online    int
	offline   int
	messages  int              // since the last publication
	lag       telemetry.Millis // the longest since the last publication
	published Group
	lastLag   telemetry.Millis // lag as of the last publication
}

func placeOf(d *telemetry.Device) authz.Place {
	return authz.Place{Region: d.Region, Project: d.Project}
}

func (g *group) add(d *device) {
	g.devices = append(g.devices, d)
	g.sorted = false
}

// inOrder is the group's devices by name. They are put in order when somebody
// asks: devices come in thousands at a start, and questions later.
func (g *group) inOrder() []*device {
	if !g.sorted {
		slices.SortFunc(g.devices, func(a, b *device) int { return cmp.Compare(a.id.ID, b.id.ID) })
		g.sorted = true
	}
	return g.devices
}

func (g *group) moved(from, to Connection) {
	for _, step := range []struct {
		c  Connection
		by int
	}{{from, -1}, {to, 1}} {
		switch step.c {
		case Online:
			g.online += step.by
		case Offline:
			g.offline += step.by
		}
	}
}

// groups keeps the counts as messages arrive and publishes them once a second.
// Subscribers and snapshots see the published copy only: it is what frames
// speak of.
type groups struct {
	byID   map[telemetry.Device]*group
	order  []*group // in order of appearance
	byPath []*group // in order of region, project, class
	at     time.Time
}

func newGroups() groups { return groups{byID: map[telemetry.Device]*group{}} }

// find is the group that d belongs to, nil when none of it was ever admitted.
func (g *groups) find(d *telemetry.Device) *group {
	return g.byID[telemetry.Device{Region: d.Region, Project: d.Project, Class: d.Class}]
}

func (g *groups) of(d *telemetry.Device) *group {
	if found := g.find(d); found != nil {
		return found
	}
	id := telemetry.Device{Region: d.Region, Project: d.Project, Class: d.Class}
	made := &group{id: id, place: placeOf(d), index: len(g.order)}
	g.byID[id] = made
	g.order = append(g.order, made)
	at, _ := slices.BinarySearchFunc(g.byPath, &id, func(e *group, id *telemetry.Device) int { return compare(&e.id, id) })
	g.byPath = slices.Insert(g.byPath, at, made)
	return made
}

// compare orders devices by the parts of their path.
func compare(a, b *telemetry.Device) int {
	return cmp.Or(
		cmp.Compare(a.Region, b.Region), cmp.Compare(a.Project, b.Project),
		cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID),
	)
}

// publish recounts when a second has passed. It returns the groups that
// changed, and whether it counted at all.
func (g *groups) publish(now time.Time) (changed []*group, counted bool) {
	elapsed := now.Sub(g.at)
	if !g.at.IsZero() && elapsed < countEvery {
		return nil, false
	}
	first := g.at.IsZero()
	g.at = now
	for _, e := range g.order {
		p := Group{
			Region: e.id.Region, Project: e.id.Project, Class: e.id.Class,
			Devices: len(e.devices), Online: e.online, Offline: e.offline,
		}
		if !first {
			p.Rate = float64(e.messages) / elapsed.Seconds()
		}
		e.lastLag = max(e.lag, 0)
		e.messages, e.lag = 0, 0
		if p != e.published {
			e.published = p
			changed = append(changed, e)
		}
	}
	return changed, true
}
