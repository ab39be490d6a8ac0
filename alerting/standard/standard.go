// Package standard reads response standards: which clocks run for which kind of
// incident, from what to what, for how long, and who is told when one is about
// to pass or has passed. [Parse] makes a [Set] of YAML text; [Start], [Stop] and
// their like do the arithmetic on the clocks of an incident.
//
// Clocks run on event time: what a clock is stopped by counts from when it
// happened, and not from when Steward learned of it.
package standard

import (
	"slices"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// ProjectCalendar, as the calendar of a standard, is that of the incident's
// project.
const ProjectCalendar = "project"

// EventPoint, followed by the kind of an event of the device, is a point at which
// clocks start and stop.
const EventPoint = "event:"

// Standard is one clock for some kinds of incident. It must not be modified.
type Standard struct {
	Name       string // [a-z0-9][a-z0-9_-]{0,63}
	Title      incident.Text
	Incidents  []string // kinds of incident
	Start      string   // opened, acknowledged, dispatched, arrived, or event:KIND
	Stop       []string // any of acknowledged, dispatched, arrived, resolved, cleared, event:KIND: the first that comes
	Limit      time.Duration
	WarnBefore time.Duration // 0 for no warning
	Calendar   string        // always, or the name of a calendar; project for that of the incident's project
	// Pause are reasons for which people may stop the clock for a while, as
	// waiting_for_parts; never of life safety.
	Pause  []string
	Warn   []string // levels of the escalation that are told: project, region, hq, oncall, oncall:NAME, contact:NAME
	Breach []string
	Line   int
	Remark string // the comment above it in the file: where it comes from
}

// LifeSafety reports whether it is for a kind of incident in which a person may be in
// danger.
func (s *Standard) LifeSafety() bool {
	return slices.ContainsFunc(s.Incidents, func(kind string) bool { return slices.Contains(lifeSafety, kind) })
}

// StopsAt reports whether one of the points stops the clock.
func (s *Standard) StopsAt(points ...string) bool {
	return slices.ContainsFunc(points, func(p string) bool { return slices.Contains(s.Stop, p) })
}

// MayPause reports whether the clock of an incident may be stopped for a reason.
func (s *Standard) MayPause(i *incident.Incident, reason string) bool {
	return i.Severity != telemetry.LifeSafety && slices.Contains(s.Pause, reason)
}

// Set is the standards in force. It must not be modified.
type Set struct {
	All    []*Standard // as they stand in the file
	byName map[string]*Standard
	byKind map[string][]*Standard
}

// For are the standards of a kind of incident, as they stand in the file.
func (s *Set) For(kind string) []*Standard { return s.byKind[kind] }

// Named is the standard of a name, nil when there is none.
func (s *Set) Named(name string) *Standard { return s.byName[name] }

// Levels are the levels that are told, each once: they must be known to the
// escalation.
func (s *Set) Levels() []string {
	var all []string
	for _, one := range s.All {
		all = append(append(all, one.Warn...), one.Breach...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
