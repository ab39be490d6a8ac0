package app

import (
	"fmt"
	"slices"
	"time"

	"steward/alerting/standard"
	"steward/internal/calendar"
	"steward/internal/incident"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// demoCase is an incident of the past that is being told: its steps are given in their
// order, and move its clocks by the arithmetic of those that run live.
type demoCase struct {
	incident.Incident
	past    *demoPast
	entries []incident.Entry
}

// deviceDelay is how long a device's message takes.
const deviceDelay = 400 * time.Millisecond

// raised begins an incident of a rule; nil when there is no such rule, or it was not
// over by the end of the history.
func (p *demoPast) raised(name, device string, at, over time.Time) *demoCase {
	r, d := p.rules[name], p.devices[device]
	if r == nil || d.Path == "" || !over.Before(p.until) || over.Before(at) {
		return nil
	}
	c := p.begin(incident.Incident{
		Fingerprint: name + "@" + device, Rule: name, Kind: r.Incident, Title: r.Title, Runbook: r.Runbook, Severity: r.Severity, Labels: r.Labels,
		Building: d.Building, Class: d.Device.Class, Device: d.Device.ID, Responder: r.Responder, Unit: r.Unit,
	}, d.Device.Region, d.Device.Project, at)
	c.Group = fmt.Sprintf("%s@%s/%s", name, c.Place, c.Building)
	what := p.app.estate.Device(d.Device).Name
	if what == "" {
		what = d.Device.ID
	}
	c.Summary = incident.Text{ZH: r.Title.In("zh") + " · " + what, EN: r.Title.In("en") + " · " + what}
	c.open(c.device())
	return c
}

// entered begins one that the front desk wrote down.
func (p *demoPast) entered(kind string, of operations.Head, at, over time.Time, severity telemetry.Severity, title incident.Text) *demoCase {
	if !over.Before(p.until) || over.Before(at) || title.ZH == "" {
		return nil
	}
	c := p.begin(incident.Incident{
		Fingerprint: fmt.Sprintf("%s@%s////#%s", kind, of.Place, of.ID), Kind: kind, Title: title, Severity: severity,
		Labels: map[string]string{"reference": of.ID}, Summary: title,
	}, of.Region, of.Project, at)
	c.Group = fmt.Sprintf("%s@%s", kind, c.Place)
	c.open(demoFrontDesk)
	return c
}

func (p *demoPast) begin(inc incident.Incident, region, project string, at time.Time) *demoCase {
	at = at.UTC()
	inc.Region, inc.Project = region, project
	inc.ID = incident.NewID(inc.Fingerprint, at)
	inc.State, inc.Count, inc.StartedAt, inc.Received = incident.Firing, 1, at, at
	inc.Stages, inc.Clocks, inc.Told, inc.Comings = []incident.Stage{}, []incident.Clock{}, []incident.Told{}, []time.Time{at}
	c := &demoCase{Incident: inc, past: p}
	p.told = append(p.told, c)
	return c
}

func (c *demoCase) device() incident.Actor {
	return incident.Actor{Kind: "device", ID: fmt.Sprintf("%s/%s/%s", c.Place, c.Class, c.Device), Name: c.Device}
}

// received is when Steward learned of what somebody did.
func received(at time.Time, by incident.Actor) time.Time {
	if by.Kind == "device" {
		return at.Add(deviceDelay)
	}
	return at
}

func (c *demoCase) add(kind incident.EntryKind, at time.Time, by incident.Actor, note string) {
	c.entries = append(c.entries, incident.Entry{Kind: kind, At: at, Received: received(at, by), State: c.State, Actor: by, Note: note})
}

// open starts the clocks of its kind that run from the beginning.
func (c *demoCase) open(by incident.Actor) {
	c.Received = received(c.StartedAt, by)
	c.add(incident.EntryOpened, c.StartedAt, by, "")
	for _, s := range c.past.app.alertingFiles.Standards.For(c.Kind) {
		c.Clocks = append(c.Clocks, incident.Clock{Standard: s.Name, Title: s.Title, State: incident.Waiting, Limit: s.Limit.Seconds()})
		if s.Start == "opened" {
			standard.Start(&c.Clocks[len(c.Clocks)-1], s, c.StartedAt, c.Received, c.calendar(s), c.zone())
			c.add(incident.EntryClockStarted, c.StartedAt, incident.System, s.Name)
		}
	}
}

// stop stops the clocks that run to one of the points.
func (c *demoCase) stop(at time.Time, points ...string) {
	for i := range c.Clocks {
		clock := &c.Clocks[i]
		s := c.past.app.alertingFiles.Standards.Named(clock.Standard)
		if s == nil || clock.StoppedAt != nil || !s.StopsAt(points...) {
			continue
		}
		standard.Stop(clock, at, at, c.calendar(s), c.zone())
		c.broken(clock)
		c.add(incident.EntryClockStopped, at, incident.System, s.Name)
	}
}

// broken tells of the limit of a clock that has passed, with the state of then.
func (c *demoCase) broken(clock *incident.Clock) {
	if clock.BreachedAt == nil {
		return
	}
	c.add(incident.EntryClockBroken, *clock.BreachedAt, incident.System, clock.Standard)
	then := incident.Firing
	for _, stage := range c.Stages {
		if !stage.At.After(*clock.BreachedAt) {
			then = stage.State
		}
	}
	c.entries[len(c.entries)-1].State = then
}

// move brings it to a later state, and with it the clocks: whoever has arrived has
// also answered.
func (c *demoCase) move(to incident.State, at time.Time, by incident.Actor) {
	at = at.UTC()
	from := c.State
	c.State = to
	c.Stages = append(c.Stages, incident.Stage{State: to, At: at, Received: received(at, by), By: by})
	c.add(incident.EntryKind(to), at, by, "")
	for _, s := range incident.States() {
		if s.Rank() > from.Rank() && s.Rank() <= to.Rank() {
			c.stop(at, string(s))
		}
	}
}

// end is its end: what a device says is that its condition is over.
func (c *demoCase) end(at time.Time, by incident.Actor, points ...string) {
	at = at.UTC()
	if by.Kind == "device" {
		c.ClearedAt = &at
		c.add(incident.EntryCleared, at, by, "")
		c.stop(at, append(points, "cleared")...)
	}
	c.move(incident.Resolved, at, by)
	c.ResolvedAt = &at
	for i := range c.Clocks {
		clock := &c.Clocks[i]
		if clock.State == incident.Running && clock.Deadline != nil && clock.Deadline.Before(at) {
			broken := *clock.Deadline // and nobody stopped it
			clock.State, clock.BreachedAt = incident.Breached, &broken
			c.broken(clock)
		}
		standard.Void(clock)
	}
	// A limit passed before what stopped its clock.
	slices.SortStableFunc(c.entries, func(a, b incident.Entry) int { return a.At.Compare(b.At) })
}

func (c *demoCase) calendar(s *standard.Standard) *calendar.Calendar {
	name := s.Calendar
	if name == standard.ProjectCalendar {
		name = c.past.app.estate.Project(c.Place).Calendar
	}
	return c.past.app.alertingFiles.Calendars.Named(name)
}

func (c *demoCase) zone() *time.Location { return c.past.app.estate.Project(c.Place).Zone }
