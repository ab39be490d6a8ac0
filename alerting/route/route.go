// Package route decides who is told of an incident, by what and when: contacts
// and on-call schedules of projects, regions and headquarters, escalation by
// time, and quiet hours. [Parse] makes a [Plan] of YAML text.
//
// A level without anybody goes up to the next one, project to region to
// headquarters, so that a step is lost only when nobody is entered at all.
package route

import (
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Contact is a person or a room that can be told.
type Contact struct {
	Name     string
	Place    authz.Place
	Lang     string   // zh or en
	Channels []string // names, in the order in which they are tried
	// Quiet is when the contact is not to be disturbed but for life safety; what
	// came meanwhile comes at its end.
	Quiet *Quiet
	Line  int
}

// Step is one step of an escalation.
type Step struct {
	After time.Duration // from the time at which Steward learned of it
	Tell  []string      // project, region, hq, oncall, oncall:NAME, contact:NAME
	// Unless: the step is left out once the incident has come so far.
	Unless incident.State
	// Severities of incidents for which the step is; all when empty.
	Severities []telemetry.Severity
}

// For reports whether the step is for an incident of this severity.
func (s *Step) For(severity telemetry.Severity) bool {
	return len(s.Severities) == 0 || slices.Contains(s.Severities, severity)
}

// Applies reports whether the step is for the incident as it is now.
func (s *Step) Applies(i *incident.Incident) bool {
	return s.For(i.Severity) && (s.Unless == "" || i.State.Rank() < s.Unless.Rank())
}

// Policy is an escalation for some kinds of incident; the first that matches an
// incident is taken.
type Policy struct {
	Name      string
	Incidents []string      // kinds; all when empty
	Places    []authz.Place // at and below; everywhere when empty
	Steps     []Step        // in order of time
	// TellResolved: those who were told are told of the end too.
	TellResolved bool
	Line         int
}

func (p *Policy) matches(i *incident.Incident) bool {
	return (len(p.Incidents) == 0 || slices.Contains(p.Incidents, i.Kind)) &&
		(len(p.Places) == 0 || slices.ContainsFunc(p.Places, func(at authz.Place) bool { return at.Contains(i.Place) }))
}

// everything reports whether it is for all incidents.
func (p *Policy) everything() bool { return len(p.Incidents) == 0 && len(p.Places) == 0 }

// Override puts somebody on call for a while in place of those whose turn it is.
//
// It holds for a schedule at its place or below: whoever may change who is called in
// one project says nothing of the region's schedule.
type Override struct {
	Place             authz.Place
	Schedule, Contact string
	From, Until       time.Time
}

func (o *Override) holds(s *Schedule, at time.Time) bool {
	return o.covers(s) && !at.Before(o.From) && at.Before(o.Until)
}

func (o *Override) covers(s *Schedule) bool { return o.Schedule == s.Name && o.Place.Contains(s.Place) }

// Receiver is a contact who is to get a notice, and when.
type Receiver struct {
	Name      string
	Lang      string
	Channels  []string
	NotBefore time.Time // zero for at once
}

// Plan is who is told of what. It must not be modified, and is safe for
// concurrent use.
type Plan struct {
	Contacts  []*Contact
	Schedules []*Schedule
	Policies  []*Policy

	contacts  map[string]*Contact
	schedules map[string]*Schedule
	at        map[authz.Place][]*Contact
}

// Policy is the escalation for an incident.
func (p *Plan) Policy(i *incident.Incident) *Policy {
	for _, policy := range p.Policies {
		if policy.matches(i) {
			return policy
		}
	}
	return nil
}

// Contact is the contact of a name, nil when there is none.
func (p *Plan) Contact(name string) *Contact { return p.contacts[name] }

// Schedule is the on-call schedule of a name, nil when there is none.
func (p *Plan) Schedule(name string) *Schedule { return p.schedules[name] }

// Channels are the names of the channels that contacts want, each once: they must
// be among the channels that exist.
func (p *Plan) Channels() []string {
	var all []string
	for _, c := range p.Contacts {
		all = append(all, c.Channels...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Receivers are those who are told when a level is, each once, in the order of the
// file. Quiet hours put them off, but for life safety. None means that nobody is
// entered at the level nor above it.
func (p *Plan) Receivers(level string, i *incident.Incident, at time.Time, overrides []Override) []Receiver {
	var all []Receiver
	for _, c := range p.told(level, i.Place, at, overrides) {
		if slices.ContainsFunc(all, func(r Receiver) bool { return r.Name == c.Name }) {
			continue
		}
		r := Receiver{Name: c.Name, Lang: c.Lang, Channels: c.Channels}
		if c.Quiet != nil && !i.LifeSafety() {
			r.NotBefore = c.Quiet.Over(at)
		}
		all = append(all, r)
	}
	return all
}
