// Package route decides who is told of an incident, by what and when: contacts
// and on-call schedules of projects, regions and headquarters, escalation by
// time, and quiet hours.
package route

import (
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

// Quiet is a time of day without messages.
type Quiet struct {
	Start, End string // HH:MM, over midnight when End is not after Start
	Calendar   string // also on days that this calendar does not work; empty for none
	Zone       *time.Location
}

// Step is one step of an escalation.
type Step struct {
	After time.Duration // from the time at which Steward learned of it
	Tell  []string      // project, region, hq, oncall:NAME, contact:NAME
	// Unless: the step is left out once the incident has come so far.
	Unless incident.State
	// Severities of incidents for which the step is; all when empty.
	Severities []telemetry.Severity
}

// Policy is an escalation for some kinds of incident; the first that matches an
// incident is taken.
type Policy struct {
	Name      string
	Incidents []string // kinds; all when empty
	Places    []authz.Place
	Steps     []Step
	// TellResolved: those who were told are told of the end too.
	TellResolved bool
	Line         int
}

// Receiver is a contact who is to get a notice, and when.
type Receiver struct {
	Name      string
	Lang      string
	Channels  []string
	NotBefore time.Time // zero for at once
}
