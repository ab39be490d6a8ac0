package desk

import (
	"cmp"
	"slices"
	"time"

	"steward/alerting/standard"
	"steward/internal/calendar"
	"steward/internal/incident"
)

// The points at which clocks start and stop, as standards name them.
const (
	pointOpened  = "opened"
	pointCleared = "cleared"
	pointEvent   = "event:" // and the kind
)

// startClocks gives a new incident its clocks, and starts those that run from its
// opening.
func (w *work) startClocks(at time.Time) {
	for _, s := range w.setup.Standards.For(w.inc.Kind) {
		w.inc.Clocks = append(w.inc.Clocks, incident.Clock{
			Standard: s.Name, Title: s.Title, State: incident.Waiting, Limit: s.Limit.Seconds(),
		})
	}
	w.startClocksAt(pointOpened, at)
}

// known is when something had happened at the latest, whatever a clock says that
// runs ahead: nobody is given more time by it.
func (w *work) known(at time.Time) time.Time {
	if at.After(w.now) {
		return w.now
	}
	return at
}

// startClocksAt starts the clocks that wait for a point.
func (w *work) startClocksAt(point string, at time.Time) {
	at = w.known(at)
	for i := range w.inc.Clocks {
		c := &w.inc.Clocks[i]
		s := w.setup.Standards.Named(c.Standard)
		if s == nil || s.Start != point || c.State != incident.Waiting {
			continue
		}
		standard.Start(c, s, at, w.now, w.calendar(s), w.zone())
		w.add(incident.EntryClockStarted, at, incident.System, c.Standard, *c)
	}
}

// stopClocks stops the clocks that run to one of the points. One that stopped in
// time, by the clocks of those who know, is met, also when that was learned after
// its limit.
func (w *work) stopClocks(at time.Time, points ...string) {
	at = w.known(at)
	for i := range w.inc.Clocks {
		c := &w.inc.Clocks[i]
		s := w.setup.Standards.Named(c.Standard)
		if s == nil || c.StartedAt == nil || !s.StopsAt(points...) {
			continue
		}
		was := c.StoppedAt
		corrected := standard.Stop(c, at, w.now, w.calendar(s), w.zone())
		if c.StoppedAt == was {
			continue // it had stopped before that
		}
		w.add(incident.EntryClockStopped, at, incident.System, c.Standard, *c)
		if corrected {
			w.add(incident.EntryCorrected, at, incident.System, c.Standard+": it was met in time, and that was learned late", nil)
		}
	}
}

// voidClocks ends the clocks that the end of the incident leaves running.
func (w *work) voidClocks() {
	for i := range w.inc.Clocks {
		standard.Void(&w.inc.Clocks[i])
	}
}

// resumeClocks lets those run on that the end had left unfinished.
func (w *work) resumeClocks() {
	for i := range w.inc.Clocks {
		c := &w.inc.Clocks[i]
		switch {
		case c.State != incident.Void:
		case c.StartedAt == nil:
			c.State = incident.Waiting
		default:
			c.State = incident.Running
		}
	}
}

// restartClocks moves the start of those that run from the opening.
func (w *work) restartClocks(at time.Time) {
	for i := range w.inc.Clocks {
		c := &w.inc.Clocks[i]
		s := w.setup.Standards.Named(c.Standard)
		if s == nil || s.Start != pointOpened || c.StartedAt == nil || !at.Before(*c.StartedAt) {
			continue
		}
		standard.Restart(c, at, w.calendar(s), w.zone())
		w.add(incident.EntryClockStarted, at, incident.System, c.Standard, *c)
	}
}

// calendar is that of a standard for the incident's project.
func (w *work) calendar(s *standard.Standard) *calendar.Calendar {
	name := s.Calendar
	if name == standard.ProjectCalendar {
		name = w.estate.Project(w.inc.Place).Calendar
	}
	return w.setup.Calendars.Named(name)
}

// lookAtClocks gives the warnings and breaches that are due. Of several limits that
// have passed, learned of at once, the longest is told of: it says the most.
func (w *work) lookAtClocks() {
	var notices []notice
	for i := range w.inc.Clocks {
		c := &w.inc.Clocks[i]
		s := w.setup.Standards.Named(c.Standard)
		switch {
		case c.State != incident.Running:
		case s == nil: // taken out of the file
			standard.Void(c)
			w.add(incident.EntryClockStopped, w.now, incident.System, c.Standard+": there is no such standard any more", *c)
		case c.Deadline != nil && c.BreachedAt == nil && !c.Deadline.After(w.now):
			at := *c.Deadline
			c.State, c.BreachedAt = incident.Breached, &at
			w.add(incident.EntryClockBroken, at, incident.System, c.Standard, *c)
			notices = append(notices, notice{what: whatBreached, key: c.Standard, levels: s.Breach, clock: c})
		case c.WarnAt != nil && c.WarnedAt == nil && !c.WarnAt.After(w.now):
			at := *c.WarnAt
			c.WarnedAt = &at
			w.add(incident.EntryClockWarned, at, incident.System, c.Standard, *c)
			notices = append(notices, notice{what: whatWarned, key: c.Standard, levels: s.Warn, clock: c})
		}
	}
	slices.SortStableFunc(notices, func(a, b notice) int {
		return cmp.Or(cmp.Compare(a.what, b.what), cmp.Compare(b.clock.Limit, a.clock.Limit)) // breached, warned
	})
	for _, n := range notices {
		w.tell(n)
	}
}
