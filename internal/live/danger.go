package live

import (
	"cmp"
	"slices"

	"steward/internal/telemetry"
)

// maxReports is how many reports of one danger are kept, so that a clearance
// which arrives late finds what came after it.
const maxReports = 16

// Danger is a danger to life that nothing has ended yet: an entrapment, a fire
// alarm.
type Danger struct {
	First   *telemetry.Event // the report from which its clock runs
	Latest  telemetry.Millis // time of the newest report
	Reports int              // how often it was reported
	Arrived telemetry.Millis // when help arrived at an elevator; 0 when it has not
}

// danger is what is known of one device.
type danger struct {
	device  *device
	reports []*telemetry.Event // in order of time; open when there are any
	dropped int                // reports over maxReports
	cleared telemetry.Millis   // the newest clearance
	arrived telemetry.Millis   // the newest arrival of help
	dirty   bool
	shown   bool // it was open in the last publication
}

// dangers holds every device that ever was in danger. It is bounded by the
// number of devices.
type dangers struct {
	byDevice map[*device]*danger
	dirty    []*danger
}

func newDangers() dangers { return dangers{byDevice: map[*device]*danger{}} }

// merge lets e open, close or advance the danger at d, by event time: a
// clearance ends what was reported until then, even when it arrives late, and
// not what was reported after.
func (l *dangers) merge(d *device, e *telemetry.Event) {
	opens, closes := e.Opens(), e.Closes()
	arrives := e.Device.Class == telemetry.Elevator && e.Kind == telemetry.Arrived
	if !opens && !closes && !arrives {
		return
	}
	g := l.byDevice[d]
	if g == nil {
		g = &danger{device: d}
		l.byDevice[d] = g
	}
	changed := false
	switch {
	case opens:
		changed = g.open(e)
	case closes:
		changed = g.close(e.TS)
	case arrives:
		changed = e.TS > g.arrived && len(g.reports) > 0
		g.arrived = max(g.arrived, e.TS)
	}
	if changed {
		l.mark(g)
	}
}

func (l *dangers) mark(g *danger) {
	if !g.dirty {
		g.dirty = true
		l.dirty = append(l.dirty, g)
	}
}

// Relieve ends what a device has reported until a time: people say that the danger
// is over, and the device may never say it.
func (b *Board) Relieve(d telemetry.Device, until telemetry.Millis) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked() // what was reported before may still be in the inbox
	if g := b.dangers.byDevice[b.devices[d]]; g != nil && g.close(until) {
		b.dangers.mark(g)
	}
}

// open adds a report. One from before the newest clearance is history.
func (g *danger) open(e *telemetry.Event) bool {
	if e.TS < g.cleared {
		return false
	}
	at, _ := slices.BinarySearchFunc(g.reports, e.TS, func(r *telemetry.Event, ts telemetry.Millis) int {
		return cmp.Compare(r.TS, ts)
	})
	for i := at; i < len(g.reports) && g.reports[i].TS == e.TS; i++ {
		if g.reports[i].ID == e.ID {
			return false // the same report once more
		}
	}
	g.reports = slices.Insert(g.reports, at, e)
	if len(g.reports) > maxReports {
		// The oldest carries the clock and the newest decides after a late
		// clearance; what lies just before the newest is missed least.
		g.reports = slices.Delete(g.reports, maxReports-1, maxReports)
		g.dropped++
	}
	return true
}

// close ends what was reported until ts.
func (g *danger) close(ts telemetry.Millis) bool {
	g.cleared = max(g.cleared, ts)
	n := 0
	for n < len(g.reports) && g.reports[n].TS <= ts {
		n++
	}
	g.reports = slices.Delete(g.reports, 0, n)
	if len(g.reports) == 0 {
		g.dropped = 0
	}
	return n > 0
}

// state is the danger for others to see; it must be open.
func (g *danger) state() Danger {
	s := Danger{
		First:   g.reports[0],
		Latest:  g.reports[len(g.reports)-1].TS,
		Reports: len(g.reports) + g.dropped,
	}
	if g.arrived >= s.First.TS {
		s.Arrived = g.arrived
	}
	return s
}
