package live

import (
	"time"

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

// Totals counts over the whole board, whatever the scope.
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
	devices   []*device
	online    int
	offline   int
	messages  int // since the last publication
	published Group
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
	byID      map[telemetry.Device]*group
	order     []*group // in order of appearance
	at        time.Time
	lag       telemetry.Millis
	rejected  uint64
	published Totals
}

func newGroups() groups { return groups{byID: map[telemetry.Device]*group{}} }

func (g *groups) of(d *telemetry.Device) *group {
	id := telemetry.Device{Region: d.Region, Project: d.Project, Class: d.Class}
	found, ok := g.byID[id]
	if !ok {
		found = &group{id: id}
		g.byID[id] = found
		g.order = append(g.order, found)
	}
	return found
}

// publish recounts when a second has passed. It returns the groups that
// changed, and whether it counted at all.
func (g *groups) publish(now time.Time, refused uint64) (changed []*group, counted bool) {
	elapsed := now.Sub(g.at)
	if !g.at.IsZero() && elapsed < countEvery {
		return nil, false
	}
	first := g.at.IsZero()
	g.at = now
	t := Totals{Lag: max(g.lag, 0), Rejected: g.rejected, Refused: refused}
	g.lag = 0
	for _, e := range g.order {
		p := Group{
			Region: e.id.Region, Project: e.id.Project, Class: e.id.Class,
			Devices: len(e.devices), Online: e.online, Offline: e.offline,
		}
		if !first {
			p.Rate = float64(e.messages) / elapsed.Seconds()
		}
		e.messages = 0
		t.Devices += p.Devices
		t.Online += p.Online
		t.Offline += p.Offline
		t.Rate += p.Rate
		if p != e.published {
			e.published = p
			changed = append(changed, e)
		}
	}
	g.published = t
	return changed, true
}
