// Package engine evaluates rules over the stream of messages, in event time. It
// does no I/O: the same inputs in the same order give the same signals, so that
// after a crash a part of the stream can be read again.
package engine

import (
	"encoding/json"

	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Input is one message as the ingest decoded it. What it points to is valid
// until the next one: the engine copies what it keeps.
type Input struct {
	Seq      uint64 // of the spool
	Received telemetry.Millis
	Topic    string
	Payload  []byte // as received, people replaced by hashes
	Readings []telemetry.Reading
	States   []telemetry.State
	Events   []telemetry.Event
	Statuses []telemetry.Status
}

// SignalKind says what a Signal tells.
type SignalKind string

// The kinds of signal.
const (
	// Fire: the condition holds (for as long as the rule wants), or an event
	// came. Again for each further event of the same instance.
	Fire SignalKind = "fire"
	// Clear: it ended.
	Clear SignalKind = "clear"
	// Mark: an event of the device that moves the incident on (Rule.Marks).
	Mark SignalKind = "mark"
	// Correct: late data showed that what fires began earlier, at At.
	Correct SignalKind = "correct"
	// Past: late data showed something that began at At and was over at Until. It
	// is recorded and nobody is told.
	Past SignalKind = "past"
	// Drop: the rule is gone or has changed, or the device is out of service;
	// what it raised is over without having cleared.
	Drop SignalKind = "drop"
)

// Signal is what the engine tells of one instance of one rule.
type Signal struct {
	Kind        SignalKind
	Rule        *rule.Rule // of a Drop whose rule is gone only Name is set
	Fingerprint string     // of the instance: rule name and device path, or rule name and building or project

	Place    authz.Place
	Building string
	Device   telemetry.Device // zero for a combination
	At       telemetry.Millis // event time: when the condition began to hold (Fire), ended (Clear), happened (Mark)
	Held     telemetry.Millis // Fire of a rule with For: when it had held long enough; else At
	Until    telemetry.Millis // Past
	Received telemetry.Millis // when Steward learned of it; for what time alone brought about, that time

	Value    *float64
	Event    *telemetry.Event  // a copy; nil unless an event brought it about
	Members  []telemetry.Device // Combination: the devices for which it holds, at most 100
	Text     string            // SQL: what the query says of it
	Raw      *Raw              // the message; nil for what time brought about
	MarkKind string            // Mark: the kind of the event
}

// Raw is the message that brought a signal about, for evidence.
type Raw struct {
	Seq      uint64           `json:"seq"`
	Topic    string           `json:"topic"`
	Payload  json.RawMessage  `json:"payload,omitempty"` // when it is JSON
	Text     string           `json:"text,omitempty"`    // else
	Received telemetry.Millis `json:"received"`
	Cut      bool             `json:"cut,omitempty"` // it was longer than MaxRaw
}

// MaxRaw is how much of a message is kept as evidence, in bytes.
const MaxRaw = 8 << 10

// Waiting is an instance whose condition holds, but not yet for long enough.
type Waiting struct {
	Rule     *rule.Rule
	Place    authz.Place
	Building string
	Device   telemetry.Device
	Since    telemetry.Millis
	FiresAt  telemetry.Millis
	Value    *float64
}
