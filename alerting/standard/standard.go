// Package standard reads response standards: which clocks run for which kind of
// incident, from what to what, for how long, and who is told when one is about
// to pass or has passed.
package standard

import (
	"time"

	"steward/internal/incident"
)

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
	// Pause are labels of the incident's dispatch that stop the clock, as
	// waiting_for_parts; never of life safety.
	Pause  []string
	Warn   []string // levels of the escalation that are told: project, region, hq, or oncall:NAME
	Breach []string
	Line   int
}

// Set is the standards in force.
type Set struct {
	All []*Standard
}
