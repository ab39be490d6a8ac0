package telemetry

import (
	"fmt"
	"time"
)

// ClockPolicy bounds how far a device's clock may be off before what it says
// is quarantined: a wrong time would file a reading where nobody looks.
type ClockPolicy struct {
	MaxAhead  time.Duration // tolerated distance into the future
	MaxBehind time.Duration // tolerated age; late data within it is welcome
}

// DefaultClockPolicy tolerates the drift of unattended devices and a backlog of
// a little over a year.
func DefaultClockPolicy() ClockPolicy {
	return ClockPolicy{MaxAhead: 5 * time.Minute, MaxBehind: 400 * 24 * time.Hour}
}

// Check judges the device's time ts against the time of receipt. The receipt,
// not the present, is the yardstick: a message that waited in the spool is
// judged as it would have been on arrival.
func (p ClockPolicy) Check(ts, received Millis) error {
	switch {
	case ts > received+Millis(p.MaxAhead.Milliseconds()):
		return Reject(ClockAhead, "time %s is more than %s after its receipt at %s", ts, p.MaxAhead, received)
	case ts < received-Millis(p.MaxBehind.Milliseconds()):
		return Reject(ClockBehind, "time %s is more than %s before its receipt at %s", ts, p.MaxBehind, received)
	}
	return nil
}

// Validate checks the policy itself, so that a typing error in configuration
// does not quarantine everything.
func (p ClockPolicy) Validate() error {
	if p.MaxAhead < 0 || p.MaxBehind <= 0 {
		return fmt.Errorf("clock policy: max_ahead %s must not be negative and max_behind %s must be positive", p.MaxAhead, p.MaxBehind)
	}
	return nil
}
