// Package codec turns the payloads that devices send into readings, states,
// events and statuses. Each format has a file of its own.
//
// Decoding is a pure function of the message and of the policy it is given: the
// same message always gives the same output, which is what lets a replay of the
// spool rebuild a batch exactly as it was. A decoder never fails as a whole for
// the fault of one part: the unit of acceptance is the sample (one time with its
// values) or the event, and what is refused comes back as a Reject that carries
// its own bytes and reason.
package codec

import (
	"errors"

	"steward/internal/operations"
	"steward/internal/telemetry"
)

// Name is how a codec signs what it quarantines.
const Name = "json"

// Message is what arrived: the topic, already parsed, and the bytes.
type Message struct {
	Device   *telemetry.Device
	Stream   telemetry.Stream
	Payload  []byte
	Received telemetry.Millis
}

// Reject is a part of a message that was refused. Payload is the raw bytes of
// the message, or the JSON of the one part of it that is wrong; either can be
// decoded again on its own.
type Reject struct {
	Payload []byte
	Reason  telemetry.Reason
	Err     error
}

// Output collects what messages decode to. Its slices are reused: a caller
// takes what it needs and resets.
type Output struct {
	Readings   []telemetry.Reading
	States     []telemetry.State
	Events     []telemetry.Event
	Statuses   []telemetry.Status
	Operations []operations.Record
	Rejects    []Reject
	Dated      bool // every part carried the sender's own time
}

// Reset empties the output and keeps its capacity.
func (o *Output) Reset() {
	o.Readings = o.Readings[:0]
	o.States = o.States[:0]
	o.Events = o.Events[:0]
	o.Statuses = o.Statuses[:0]
	o.Operations = o.Operations[:0]
	o.Rejects = o.Rejects[:0]
	o.Dated = true
}

// rejectAll drops whatever the message gave and quarantines it whole.
func (o *Output) rejectAll(payload []byte, err error) {
	o.Reset()
	o.reject(payload, err)
}

func (o *Output) reject(payload []byte, err error) {
	reason := telemetry.BadSyntax
	var r *telemetry.RejectError
	if errors.As(err, &r) {
		reason, err = r.Reason, r.Err
	}
	o.Rejects = append(o.Rejects, Reject{Payload: payload, Reason: reason, Err: err})
}
