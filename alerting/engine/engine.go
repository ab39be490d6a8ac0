// Package engine evaluates rules over the stream of messages, in event time: an
// [Engine] is given rules, messages and the passing of time, and answers with
// signals. It does no I/O: the same inputs in the same order give the same
// signals, so that after a crash a part of the stream can be read again from
// where [Engine.Save] was.
//
// # Two times
//
// Conditions live in event time, the device's own. What a device says decides,
// and a device that says nothing more is believed to go on as it was: a rule with
// a duration fires when the device's clock, carried on from its newest message,
// has run that long, whether or not another message comes. A slow clock can
// stretch that to twice the duration by Steward's own clock, and no further.
//
// Silence lives in the time of receipt: see [Engine.Listening].
//
// # Late data
//
// Each instance knows the newest time that it was told of. What is older does not
// change where it stands. It may show that what fires began earlier (Correct), or
// that something began and was over by now (Past); it never fires.
package engine

import (
	"encoding/json"
	"time"

	"steward/alerting/estate"
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
	Statuses []telemetry.Status // not looked at: the ingest makes events of their changes
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
	Event    *telemetry.Event   // a copy; nil unless an event brought it about
	Members  []telemetry.Device // Combination: the devices for which it holds, at most 100
	Text     string             // SQL: what the query says of it
	Raw      *Raw               // the message; nil for what time brought about
	MarkKind string             // Mark: the kind of the event
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

// Options bound an Engine. A zero field means its default.
type Options struct {
	Estate *estate.Estate // needed
	// MaxInstances bounds the pairs of rule and device that have state (2,000,000).
	// Its last tenth is kept for rules about life safety. What has no room is not
	// watched, and counted.
	MaxInstances int
	// MaxDevices bounds the devices that are known (1,000,000).
	MaxDevices int
	// Gap is how long nothing may prove that Steward was receiving before silence
	// stops to count (15 s).
	Gap time.Duration
	// Remember is how long an instance of an event rule is kept after its end, so
	// that a late event is known as such (7 days).
	Remember time.Duration
}

func (o *Options) setDefaults() {
	if o.MaxInstances == 0 {
		o.MaxInstances = 2_000_000
	}
	if o.MaxDevices == 0 {
		o.MaxDevices = 1_000_000
	}
	if o.Gap == 0 {
		o.Gap = 15 * time.Second
	}
	if o.Remember == 0 {
		o.Remember = 7 * 24 * time.Hour
	}
}

// Engine evaluates. It belongs to one goroutine.
type Engine struct {
	opts   Options
	estate *estate.Estate

	rules *index
	// adopting are the rules given to Load: they are put in force when time passes
	// next, since there may be signals.
	adopting *rule.Set
	devices  map[telemetry.Device]*device
	groups   map[place]*group    // by combination and place
	results  map[place]*instance // of sql rules
	names    map[string]string   // of regions, projects and classes
	timers   timers
	hearing  hearing

	now      telemetry.Millis // the newest time that was heard of
	position uint64           // Seq of the newest message
	known    uint64           // version of the estate
	looked   uint64           // the version of the estate for which all devices were looked at
	lookedAt telemetry.Millis

	scratch scratch
	out     []Signal
	stats   Stats
}

// New is an engine without rules: call SetRules, or Load and then SetRules.
func New(o Options) *Engine {
	o.setDefaults()
	return &Engine{
		opts: o, estate: o.Estate, rules: newIndex(nil),
		devices: map[telemetry.Device]*device{}, groups: map[place]*group{}, results: map[place]*instance{}, names: map[string]string{},
	}
}

// Process evaluates one message. First time passes to when it was received: what
// falls due before that comes first.
func (e *Engine) Process(in *Input) []Signal {
	e.pass(in.Received - 1)
	e.now = max(e.now, in.Received)
	e.prove(in.Received)
	e.position = max(e.position, in.Seq)
	e.stats.Messages++
	e.scratch.begin(in)
	e.takeSamples(in)
	for i := range in.Events {
		e.takeEvent(&in.Events[i])
	}
	e.scratch.end()
	return e.signals()
}

// Advance lets time pass without a message: what falls due until now comes. It
// must not overtake the stream: a message that was received earlier and has not
// been given yet could no longer contradict. It does not prove that Steward was
// receiving: that is what Listening is for.
func (e *Engine) Advance(now telemetry.Millis) []Signal {
	e.pass(now)
	return e.signals()
}

// pass lets time pass until now.
func (e *Engine) pass(now telemetry.Millis) {
	e.scratch.whom = nil
	if set := e.adopting; set != nil {
		e.adopting = nil
		e.replaceRules(newIndex(set))
	}
	e.known = e.estate.Version()
	for {
		t := e.timers.first()
		due := now
		if t != nil {
			due = min(due, t.due)
		}
		if e.heardBy(due) {
			continue
		}
		if t == nil || t.due > now {
			break
		}
		e.now = max(e.now, due)
		e.timers.remove(t)
		if t.dev != nil {
			e.missDue(t.dev, due)
		} else {
			e.instanceDue(t.inst, due)
		}
	}
	e.now = max(e.now, now)
	e.refresh()
}

// NextDue is when time alone may bring about something next.
func (e *Engine) NextDue() (telemetry.Millis, bool) {
	if t := e.timers.first(); t != nil {
		return t.due, true
	}
	return 0, false
}

// Now is the time to which the engine has come.
func (e *Engine) Now() telemetry.Millis { return e.now }

// Position is the Seq of the newest message that was processed. After Load the
// stream is read again from the one that follows it.
func (e *Engine) Position() uint64 { return e.position }

// signals are what came about since the last ones.
func (e *Engine) signals() []Signal {
	out := e.out
	e.out = nil
	e.stats.Signals += uint64(len(out))
	return out
}
