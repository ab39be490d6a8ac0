package ingest

import (
	"context"
	"errors"
	"strings"

	"steward/ingest/pseudonym"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// Trial is what a message would become. It stores nothing.
type Trial struct {
	Device string           `json:"device,omitempty"` // region/project/class/device, where the topic is well formed
	Stream telemetry.Stream `json:"stream,omitempty"`

	Readings []TrialReading `json:"readings"`
	States   []TrialState   `json:"states"`
	Events   []TrialEvent   `json:"events"`
	Online   *bool          `json:"online,omitempty"` // of a status message
	More     int            `json:"more"`             // parts beyond those listed

	Operations int `json:"operations,omitempty"` // records of operations

	Problems []TrialProblem `json:"problems"` // for which it, or parts of it, would be quarantined
}

// Accepted reports whether the message would be stored without fault.
func (t *Trial) Accepted() bool { return len(t.Problems) == 0 }

// TrialReading is a number that a message holds.
type TrialReading struct {
	TS     telemetry.Millis `json:"ts"` // Unix milliseconds
	Metric string           `json:"metric"`
	Value  float64          `json:"value"`
}

// TrialState is a text that a message holds.
type TrialState struct {
	TS     telemetry.Millis `json:"ts"`
	Metric string           `json:"metric"`
	Value  string           `json:"value"`
}

// TrialEvent is an event that a message holds.
type TrialEvent struct {
	TS       telemetry.Millis   `json:"ts"`
	Kind     string             `json:"kind"`
	ID       string             `json:"id"`
	Severity telemetry.Severity `json:"severity"`
	Attrs    string             `json:"attrs"` // a JSON object
}

// TrialProblem is why a message, or a part of it, would be quarantined.
type TrialProblem struct {
	Reason telemetry.Reason `json:"reason"`
	Error  string           `json:"error"`
}

// trialParts bounds the parts of each kind that a Trial lists.
const trialParts = 200

// Try decodes a message as if it had been received at the given time, and stores
// nothing. What a device may do is not asked: only Clock and Privacy of the
// options count.
func Try(topic string, payload []byte, received telemetry.Millis, o ReplayOptions) Trial {
	p := newProcessor(o.Clock, 1)
	o.decode(p, 0, telemetry.DeadLetter{Topic: topic, Payload: payload, Received: received})
	return p.trial(topic)
}

// trial describes what the last message became.
func (p *processor) trial(topic string) Trial {
	t := Trial{Readings: []TrialReading{}, States: []TrialState{}, Events: []TrialEvent{}, Problems: []TrialProblem{}}
	if d, stream, err := telemetry.ParseTopic(topic); err == nil {
		t.Device, t.Stream = d.String(), stream
	}
	for _, l := range p.letters {
		t.Problems = append(t.Problems, TrialProblem{l.Reason, l.Error})
	}
	for _, r := range p.out.Readings[:min(len(p.out.Readings), trialParts)] {
		t.Readings = append(t.Readings, TrialReading{r.TS, r.Metric, r.Value})
	}
	for _, s := range p.out.States[:min(len(p.out.States), trialParts)] {
		t.States = append(t.States, TrialState{s.TS, s.Metric, s.Value})
	}
	for _, e := range p.out.Events[:min(len(p.out.Events), trialParts)] {
		t.Events = append(t.Events, TrialEvent{e.TS, e.Kind, e.ID, e.Severity, e.Attrs})
	}
	for _, s := range p.out.Statuses {
		t.Online = &s.Online
	}
	t.Operations = len(p.out.Operations)
	t.More = len(p.out.Readings) + len(p.out.States) + len(p.out.Events) - len(t.Readings) - len(t.States) - len(t.Events)
	return t
}

// Edit is how a letter is put right before it is replayed. What is nil stays as
// it was.
type Edit struct {
	Topic   *string
	Payload []byte
}

// Letter is a dead letter as the caller's scope showed it: see Quarantine.
type Letter struct {
	telemetry.DeadLetter
	Replayed bool // before
}

// ReplayOne decodes one letter again, put right by edit, and stores it when all
// of it passes; the trial says what it became or what is still wrong. The caller
// has got the letter through the same scope; the topic that edit gives it must
// be in the scope too: ErrOutOfScope, ErrNotAdmitted, or ErrReplayed.
func ReplayOne(ctx context.Context, q Quarantine, scope authz.Scope, letter Letter, edit Edit, o ReplayOptions) (Trial, error) {
	l := letter.DeadLetter
	// The letter's own place first: a letter without one is for the scope of
	// everything.
	if err := inScope(l.Topic, scope); err != nil {
		return Trial{}, err
	}
	if letter.Replayed {
		return Trial{}, ErrReplayed
	}
	if edit.Topic != nil {
		l.Topic = *edit.Topic
	}
	if edit.Payload != nil {
		l.Payload = edit.Payload
	}
	if err := o.check(l.Topic, scope); err != nil {
		return Trial{}, err
	}
	p := newProcessor(o.Clock, 1)
	became := o.decode(p, 0, l)
	trial := p.trial(l.Topic)
	if became != stored {
		return trial, nil
	}
	batch := new(clickhouse.Batch)
	p.addTo(batch)
	return trial, storeReplayed(ctx, q, batch, []string{l.ID})
}

// ErrReplayed refuses to replay a letter a second time.
var ErrReplayed = errors.New("the letter was replayed already")

// inScope holds a letter's topic against a scope. A letter may have a place
// although its topic is malformed further on, as the store sees it too.
func inScope(topic string, scope authz.Scope) error {
	if scope.All() {
		return nil
	}
	if seg := strings.SplitN(topic, "/", 4); len(seg) == 4 && seg[0] == telemetry.TopicRoot {
		place := authz.Place{Region: seg[1], Project: seg[2]}
		if place.Project != "" && place.Validate() == nil && scope.Covers(place) {
			return nil
		}
	}
	return ErrOutOfScope
}

// scrubbed is a payload with the people in it replaced, as the door does it.
func (o *ReplayOptions) scrubbed(topic string, payload []byte) []byte {
	if o.Privacy == nil || !pseudonym.Concerns(topic) {
		return payload
	}
	payload, _ = o.Privacy.Scrub(payload)
	return payload
}
