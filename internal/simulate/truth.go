package simulate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Truth is what really happened to a fleet, as far as its world has been run:
// the answer to which an analysis is compared. Times are by a right clock,
// UTC, whatever the device's own clock says. An end that was already decided
// may lie after Through; a zero end means that it has not come.
type Truth struct {
	Seed    uint64    `json:"seed"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Through time.Time `json:"through"`

	Devices []Info  `json:"devices"`
	Models  []Model `json:"models"`

	Failures     []Failure     `json:"failures"` // also those between installation and Start
	Entrapments  []Entrapment  `json:"entrapments"`
	Alarms       []FireAlarm   `json:"alarms"`
	Supervisory  []Window      `json:"supervisory"` // fire water out of its limits
	Maintenance  []Window      `json:"maintenance"` // of elevators
	DoorsHeld    []Window      `json:"doors_held"`
	DoorsForced  []Window      `json:"doors_forced"`
	Leaks        []Excess      `json:"leaks"`    // of water, in m³/h
	StuckOn      []Excess      `json:"stuck_on"` // plant that runs out of hours, in kW
	Swaps        []Swap        `json:"swaps"`
	Rollovers    []Rollover    `json:"rollovers"`
	ClockOffsets []ClockOffset `json:"clock_offsets"`
	Silences     []Window      `json:"silences"`
}

// Failure is the end of one life of a part.
type Failure struct {
	Device    string    `json:"device"`
	Model     string    `json:"model"`
	Part      string    `json:"part"`
	Code      string    `json:"code"`
	At        time.Time `json:"at"`
	ClearedAt time.Time `json:"cleared_at"`
	LifeHours float64   `json:"life_hours"`       // since installation or the last repair; 0 when staged
	Staged    bool      `json:"staged,omitempty"` // injected by Drama, not by wear
}

// Entrapment is people shut in a car. When the car freed itself, nobody
// arrived.
type Entrapment struct {
	Device          string    `json:"device"`
	Event           string    `json:"event"` // ID of the entrapment event
	At              time.Time `json:"at"`
	ArrivedAt       time.Time `json:"arrived_at,omitzero"`
	ReleasedAt      time.Time `json:"released_at"`
	ResponseSeconds float64   `json:"response_seconds,omitzero"` // entrapment to arrival
	RescueSeconds   float64   `json:"rescue_seconds"`            // entrapment to freedom
	SelfCleared     bool      `json:"self_cleared,omitempty"`
	Staged          bool      `json:"staged,omitempty"`
}

// The causes of a fire alarm.
const (
	CauseFire  = "fire"
	CauseFalse = "false_alarm" // steam, cooking, dust
	CauseTest  = "test"
)

// FireAlarm is one alarm of a detector and what was behind it.
type FireAlarm struct {
	Device         string    `json:"device"`
	Event          string    `json:"event"` // ID of the alarm event
	Cause          string    `json:"cause"`
	At             time.Time `json:"at"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	ClearedAt      time.Time `json:"cleared_at"`
	Staged         bool      `json:"staged,omitempty"`
}

// Window is a time during which something was so.
type Window struct {
	Device string    `json:"device"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Staged bool      `json:"staged,omitempty"`
}

// Excess is consumption that should not be: in the unit of the meter's gauge.
type Excess struct {
	Device string    `json:"device"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"`
	Amount float64   `json:"amount"`
}

// Swap is the replacement of a meter: all its counters begin anew.
type Swap struct {
	Device    string    `json:"device"`
	At        time.Time `json:"at"`
	OldSerial string    `json:"old_serial"`
	NewSerial string    `json:"new_serial"`
	OldFinal  float64   `json:"old_final"` // of the meter's main counter
	NewStart  float64   `json:"new_start"`
}

// Rollover is a counter that passed its highest value and went on from zero.
type Rollover struct {
	Device   string    `json:"device"`
	Metric   string    `json:"metric"`
	At       time.Time `json:"at"`
	Capacity float64   `json:"capacity"` // the value that reads as zero again
}

// ClockOffset is a device whose clock is wrong all the time.
type ClockOffset struct {
	Device  string  `json:"device"`
	Seconds float64 `json:"seconds"` // its time minus the right time
}

// Truth is a copy of the record so far, each list in order of time and device.
// It waits for a device that History is just streaming.
func (f *Fleet) Truth() Truth {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := *f.truth
	t.Through = f.through.Time()
	for _, d := range f.devices {
		t.Devices = append(t.Devices, d.info)
	}
	t.Models = f.models()
	t.Failures = inOrder(t.Failures, func(v Failure) (time.Time, string) { return v.At, v.Device })
	t.Entrapments = inOrder(t.Entrapments, func(v Entrapment) (time.Time, string) { return v.At, v.Device })
	t.Alarms = inOrder(t.Alarms, func(v FireAlarm) (time.Time, string) { return v.At, v.Device })
	for _, list := range []*[]Window{&t.Supervisory, &t.Maintenance, &t.DoorsHeld, &t.DoorsForced, &t.Silences} {
		*list = inOrder(*list, func(v Window) (time.Time, string) { return v.From, v.Device })
	}
	t.Leaks = inOrder(t.Leaks, func(v Excess) (time.Time, string) { return v.From, v.Device })
	t.StuckOn = inOrder(t.StuckOn, func(v Excess) (time.Time, string) { return v.From, v.Device })
	t.Swaps = inOrder(t.Swaps, func(v Swap) (time.Time, string) { return v.At, v.Device })
	t.Rollovers = inOrder(t.Rollovers, func(v Rollover) (time.Time, string) { return v.At, v.Device })
	t.ClockOffsets = inOrder(t.ClockOffsets, func(v ClockOffset) (time.Time, string) { return t.Start, v.Device })
	return t
}

// inOrder copies and sorts; an empty list stays a list, so that JSON shows [].
func inOrder[T any](list []T, key func(T) (time.Time, string)) []T {
	list = append(make([]T, 0, len(list)), list...)
	slices.SortStableFunc(list, func(a, b T) int {
		ta, da := key(a)
		tb, db := key(b)
		return cmp.Or(ta.Compare(tb), cmp.Compare(da, db))
	})
	return list
}

// WriteJSON writes the truth as one indented JSON object.
func (t Truth) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	if err := enc.Encode(t); err != nil {
		return fmt.Errorf("write ground truth: %w", err)
	}
	return nil
}
