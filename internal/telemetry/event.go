package telemetry

import "fmt"

// Severity ranks events and incidents, gravest first.
type Severity string

// The severities. LifeSafety means that a person may be in danger now.
const (
	LifeSafety Severity = "life_safety"
	Critical   Severity = "critical"
	Warning    Severity = "warning"
	Info       Severity = "info"
)

// ParseSeverity accepts exactly the four names.
func ParseSeverity(s string) (Severity, error) {
	switch v := Severity(s); v {
	case LifeSafety, Critical, Warning, Info:
		return v, nil
	}
	return "", fmt.Errorf("severity %.64q is not one of life_safety, critical, warning, info", s)
}

// The event kinds on which Steward itself acts.
const (
	Entrapment        = "entrapment"
	EntrapmentCleared = "entrapment_cleared"
	Arrived           = "arrived"
	Released          = "released"
	Alarm             = "alarm"
	AlarmCleared      = "alarm_cleared"
	Fault             = "fault"
	FaultCleared      = "fault_cleared"
	Online            = "online"
	Offline           = "offline"
)

// DefaultSeverity is the severity of an event whose device gave none. A kind
// outside the contract is information: its meaning is the rules' to say.
func DefaultSeverity(c Class, kind string) Severity {
	switch {
	case c == Elevator && kind == Entrapment, c == Fire && kind == Alarm:
		return LifeSafety
	case kind == Fault, kind == "door_forced", kind == "tamper", kind == "reverse_flow":
		return Critical
	case kind == "supervisory", kind == "shielded", kind == "door_held", kind == "battery_low",
		kind == "denied", kind == Offline:
		return Warning
	}
	return Info
}

// Opens reports whether an event begins a danger to life that lasts until the
// event kinds of Closes.
func (e *Event) Opens() bool {
	return DefaultSeverity(e.Device.Class, e.Kind) == LifeSafety
}

// Closes reports whether an event ends a danger to life at its device.
func (e *Event) Closes() bool {
	switch e.Device.Class {
	case Elevator:
		return e.Kind == EntrapmentCleared || e.Kind == Released
	case Fire:
		return e.Kind == AlarmCleared
	}
	return false
}
