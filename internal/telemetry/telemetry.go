// Package telemetry is the domain that every other package speaks: devices in
// the hierarchy region > project > class > device, the readings, states,
// events and statuses they send, and the rules that make one plausible.
//
// It depends on the standard library alone and does no I/O.
package telemetry

import (
	"fmt"
	"time"
)

// Millis is a point in time as Unix milliseconds, UTC: the resolution of the
// wire format and of the store, so that no conversion can lose or invent
// precision.
type Millis int64

// MillisOf truncates t to a millisecond.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time returns m as a time in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// String prints m as RFC 3339 with milliseconds, UTC.
func (m Millis) String() string { return m.Time().Format("2006-01-02T15:04:05.000Z07:00") }

// Class is one of the four kinds of equipment that Steward watches.
type Class string

// The four classes of the topic contract.
const (
	Meter    Class = "meter"
	Elevator Class = "elevator"
	Fire     Class = "fire"
	Access   Class = "access"
)

// Classes lists every class, in the order in which people expect to read them.
func Classes() []Class { return []Class{Meter, Elevator, Fire, Access} }

// ParseClass accepts exactly the names of the contract.
func ParseClass(s string) (Class, error) {
	switch c := Class(s); c {
	case Meter, Elevator, Fire, Access:
		return c, nil
	}
	return "", fmt.Errorf("class %q is not one of meter, elevator, fire, access", s)
}

// Device is the identity of one device: its place in the hierarchy and its
// name there. It is comparable; pipelines intern it and pass a pointer.
type Device struct {
	Region  string
	Project string
	Class   Class
	ID      string
}

// String is the device's path, region/project/class/device.
func (d Device) String() string {
	return d.Region + "/" + d.Project + "/" + string(d.Class) + "/" + d.ID
}

// Reading is one number that a device measured.
type Reading struct {
	Device   *Device
	Metric   string
	TS       Millis // when the device measured it
	Received Millis // when Steward received it
	Value    float64
}

// State is one text value that a device reported, such as a mode.
type State struct {
	Device   *Device
	Metric   string
	TS       Millis
	Received Millis
	Value    string
}

// Event is something that happened at a device.
type Event struct {
	Device   *Device
	Kind     string
	ID       string // unique per device; derived from the content when the device gave none
	Severity Severity
	TS       Millis
	Received Millis
	Attrs    string // a JSON object; "{}" when the device gave none
}

// Status is a change of a device's connection, from the broker's last will.
type Status struct {
	Device   *Device
	Online   bool
	Received Millis
}

// DeadLetter is a message, or a part of one, that could not be accepted. It is
// kept as it came, with the reason, so that nothing is lost and it can be
// replayed after a fix.
type DeadLetter struct {
	ID       string // unique; the same message quarantined twice has the same ID
	Received Millis
	Topic    string
	Payload  []byte
	Codec    string
	Reason   Reason
	Error    string
}

// Reason says in one word why a message was quarantined. The set is closed, so
// that it can label a metric.
type Reason string

// The reasons for which a message is quarantined.
const (
	BadTopic    Reason = "bad_topic"    // the topic is not of the contract's form
	BadSyntax   Reason = "bad_syntax"   // the payload is not the format its topic promises
	BadValue    Reason = "bad_value"    // a value that is not a finite number, state or name
	BadEvent    Reason = "bad_event"    // an event without a usable kind, id or severity
	BadTime     Reason = "bad_time"     // a time that cannot be read
	ClockAhead  Reason = "clock_ahead"  // the device's clock is too far in the future
	ClockBehind Reason = "clock_behind" // the device's clock is too far in the past
	Empty       Reason = "empty"        // a message that says nothing
	TooLarge    Reason = "too_large"    // a payload over the configured limit; kept truncated
	Corrupt     Reason = "corrupt"      // a record that the disk did not give back as it was written

	UnknownDevice Reason = "unknown_device" // nobody has approved the device, or somebody refused it
)

// Reasons lists every reason, for metrics that must exist before they count.
func Reasons() []Reason {
	return []Reason{BadTopic, BadSyntax, BadValue, BadEvent, BadTime, ClockAhead, ClockBehind, Empty, TooLarge, Corrupt, UnknownDevice}
}

// RejectError is a rejection with its reason: what a decoder or a check
// returns for input that belongs in quarantine.
type RejectError struct {
	Reason Reason
	Err    error
}

// Reject makes a RejectError from a reason and a formatted cause.
func Reject(r Reason, format string, args ...any) *RejectError {
	return &RejectError{Reason: r, Err: fmt.Errorf(format, args...)}
}

func (e *RejectError) Error() string { return string(e.Reason) + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *RejectError) Unwrap() error { return e.Err }
