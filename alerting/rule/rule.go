// Package rule reads alerting rules: what is to be watched, when it is worth an
// incident, and how grave that is. [Parse] makes checked, compiled rules of YAML
// text, [Load] those of a folder; every error names the file, the line and the
// rule, and the remedy. [NewSet] puts the rules of several layers together: what
// is shipped, what an installation has in files, what people made by the API.
//
// Conditions are expressions, compiled to a [Program] that is given an [Env].
// They compare and calculate; they have no loops and reach nothing else, so that
// a rule costs the same whoever wrote it.
//
// A rule says nothing of the past and holds no state: package engine evaluates it.
package rule

import (
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Kind says how a rule watches.
type Kind string

// The kinds of rule.
const (
	Value       Kind = "value"       // a reading's value, with hysteresis and a duration
	Rate        Kind = "rate"        // change of a reading's value per time
	Increase    Kind = "increase"    // growth of a counter over a window
	Event       Kind = "event"       // an event, or several within a window
	Absence     Kind = "absence"     // nothing from a device for longer than it usually takes
	Combination Kind = "combination" // another rule, holding for several devices of a building or project
	SQL         Kind = "sql"         // a query over ClickHouse on a schedule
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Value, Rate, Increase, Event, Absence, Combination, SQL} }

// Mode says what becomes of what a rule finds.
type Mode string

// The modes.
const (
	Enabled  Mode = "enabled"
	Shadow   Mode = "shadow" // recorded, and nobody is told
	Disabled Mode = "disabled"
)

// Rule is a checked rule. It must not be modified.
type Rule struct {
	Name     string // [a-z0-9][a-z0-9_-]{0,63}, unique within a Set
	Kind     Kind
	Mode     Mode
	Place    authz.Place     // it watches what is at and below
	Class    telemetry.Class // empty for a combination, whose rule has one, and perhaps for sql
	Incident string          // kind of incident, by which standards and escalation go
	Title    incident.Text
	Runbook  incident.Text
	Severity telemetry.Severity
	Labels   map[string]string
	Unit     string // of the value that is shown

	// Where says which devices it is for, a boolean over device and project; nil
	// for all of the class.
	Where *Program

	// Value, Rate, Increase, Event: When raises and Until ends. Without an Until a
	// value rule ends when When is false, and an event rule's incident is ended by
	// people.
	Metric string // Value, Rate, Increase
	When   *Program
	Until  *Program
	For    time.Duration // When must hold for so long, in event time
	Keep   time.Duration // and Until for so long
	Over   time.Duration // Rate, Increase: the window; Event: within which Count must happen
	Per    time.Duration // Rate: change per so long
	Count  int           // Event: so many within Over; 1 for each by itself

	// Marks are events of the device that move an open incident of this rule on:
	// kind of event to state acknowledged, dispatched or arrived; or to "event",
	// which only notes it.
	Marks map[string]incident.State

	Absence Absent  // Absence
	Combine Combine // Combination
	Query   string  // SQL: answers region, project, class, device, value, and may answer text
	Every   time.Duration

	// Cause says that its incident explains those of the devices that its device
	// feeds.
	Cause bool
	// Responder says that the passage of a responder's card at the project is an
	// arrival.
	Responder bool

	Text string // the YAML of this rule alone, as ParseOne takes it
	Path string // of the file; empty for a rule made by the API
	Line int
	// Hash is of all by which it is evaluated: a rule that watches differently starts
	// anew, one whose title or runbook was reworded goes on.
	Hash string
}

// Absent says when a device is missed: after Factor times its usual interval,
// but not before Min and at the latest after Max.
type Absent struct {
	Factor   float64
	Min, Max time.Duration
}

// Combine says over what and how many a combination counts.
type Combine struct {
	Of      string  // name of another rule of devices, in any mode but disabled
	By      string  // building or project
	AtLeast int     // so many devices hold; 0 when Share or All says it
	Share   float64 // or so large a part of those in service, over 0 to 1
	All     bool    // or all of them
}

// Set is the rules of an installation. It must not be modified.
type Set struct {
	Rules  []*Rule          // in order of their names, without those that are disabled
	ByName map[string]*Rule // all
}
