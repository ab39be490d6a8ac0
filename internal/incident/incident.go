// Package incident is what people are called for: an [Incident] with its clocks,
// its timeline, which is a chain of hashes, and the notices that are to be sent
// because of it; and the [Store] that keeps all of these.
//
// What happens to an incident is decided by the alerting room; this package
// knows what one consists of, keeps it, and shows it to those who may see it.
//
// Promises: a change of an incident, its timeline entries, its notices and the
// position in the stream that caused it are one transaction; an entry is never
// changed, and [Store.Verify] finds one that was; a caller sees and reaches what
// his scope covers and nothing else.
package incident

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// State is how far an incident has come. The order is that of the constants.
type State string

// The states. A pending one (its condition holds, but not yet for long enough)
// is known to the evaluation alone and not kept.
const (
	Pending      State = "pending"
	Firing       State = "firing"
	Acknowledged State = "acknowledged"
	Dispatched   State = "dispatched"
	Arrived      State = "arrived"
	Resolved     State = "resolved"
)

// States lists the states in their order.
func States() []State {
	return []State{Pending, Firing, Acknowledged, Dispatched, Arrived, Resolved}
}

// Rank is the place of s in States, -1 for what is none.
func (s State) Rank() int {
	for i, t := range States() {
		if s == t {
			return i
		}
	}
	return -1
}

// Text is a text in both languages of the interface.
type Text struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en" yaml:"en"`
}

// In is the text in a language, zh or en; the other one when it is missing.
func (t Text) In(lang string) string {
	if lang == "en" && t.EN != "" || t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

// Incident is one thing that happened and that people are called for.
type Incident struct {
	ID          string `json:"id"`
	Fingerprint string `json:"fingerprint"` // one incident at a time is open for each
	Rule        string `json:"rule"`        // which rule raised it; empty for one that people entered
	Kind        string `json:"kind"`        // entrapment, fire_alarm, repair, complaint, …: standards go by it

	Title    Text               `json:"title"`
	Runbook  Text               `json:"runbook"`
	Severity telemetry.Severity `json:"severity"`
	Labels   map[string]string  `json:"labels"`

	authz.Place
	Building string          `json:"building,omitempty"`
	Class    telemetry.Class `json:"class,omitempty"`
	Device   string          `json:"device,omitempty"` // its own name; empty when it concerns several or none

	State     State  `json:"state"`
	Shadow    bool   `json:"shadow,omitempty"`    // of a rule on trial: nobody is told
	Late      bool   `json:"late,omitempty"`      // it was over when Steward learned of it
	Flapping  bool   `json:"flapping,omitempty"`  // it comes and goes: held open, and nobody is told each time
	Silenced  bool   `json:"silenced,omitempty"`  // by a silence that holds now
	Cause     bool   `json:"cause,omitempty"`     // it explains those of the devices that its device feeds
	Responder bool   `json:"responder,omitempty"` // the passage of a responder's card is an arrival
	Parent    string `json:"parent,omitempty"`    // the incident that explains this one
	Group     string `json:"group"`               // those of one group are told of together
	Count     int    `json:"count"`               // how often its condition came, at least 1

	Value   *float64 `json:"value,omitempty"` // the measured value that raised it
	Unit    string   `json:"unit,omitempty"`
	Summary Text     `json:"summary"` // what happened, with values and names

	// Times are by the device's clock where a device said it, and Received is
	// when Steward learned of the beginning.
	StartedAt  time.Time  `json:"started_at"`
	Received   time.Time  `json:"received_at"`
	ClearedAt  *time.Time `json:"cleared_at,omitempty"` // its condition ended; it may be open still
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
	Stages     []Stage    `json:"stages"` // what people did, in order of time

	Clocks []Clock `json:"clocks"`
	Told   []Told  `json:"told"` // who was told, newest last; at most MaxTold

	// Plan is what is still to come, in order: escalation, the end of a hold. It is
	// the alerting room's; others read no meaning in it.
	Plan []Due `json:"plan,omitempty"`
	// Comings are when its condition came, for the damping of flapping; at most
	// MaxComings.
	Comings []time.Time `json:"comings,omitempty"`

	Version int64     `json:"version"` // one more with each change; what was delivered is none
	Seq     int64     `json:"seq"`     // of its newest timeline entry
	Updated time.Time `json:"updated_at"`
}

// Bounds of what an incident holds.
const (
	MaxTold    = 200
	MaxComings = 20
	MaxNote    = 2000 // bytes of a note
)

// Open reports whether somebody may still have to do something.
func (i *Incident) Open() bool { return i.State != Resolved }

// LifeSafety reports whether a person may be in danger.
func (i *Incident) LifeSafety() bool { return i.Severity == telemetry.LifeSafety }

// DeviceRef is the identity of its device; false when it has none.
func (i *Incident) DeviceRef() (telemetry.Device, bool) {
	return telemetry.Device{Region: i.Region, Project: i.Project, Class: i.Class, ID: i.Device}, i.Device != ""
}

// DueAt is when something is to happen to it next by itself: a clock's warning or
// breach, or what is planned; zero for never.
func (i *Incident) DueAt() (at time.Time) {
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for n := range i.Clocks {
		sooner(i.Clocks[n].dueAt())
	}
	for _, d := range i.Plan {
		sooner(d.At)
	}
	return at
}

// Due is something planned.
type Due struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`           // escalate, settle, recheck, steady, …
	Step int       `json:"step,omitempty"` // of the escalation
}

// Stage is one thing that moved an incident on.
type Stage struct {
	State    State     `json:"state"`
	At       time.Time `json:"at"`
	Received time.Time `json:"received_at"`
	By       Actor     `json:"by"`
	Note     string    `json:"note,omitempty"`
}

// Told is one person or room that is told: the notice is on its way, and the
// timeline says what became of it.
type Told struct {
	At   time.Time `json:"at"`
	Who  string    `json:"who"`
	What string    `json:"what"` // opened, warned, breached, escalated, resolved
}

// Actor is who did something: a person, a machine, a device, or Steward itself.
type Actor struct {
	Kind   string `json:"kind"` // person, machine, device, card, system
	ID     string `json:"id"`
	Name   string `json:"name"`
	Remote string `json:"remote,omitempty"` // the address from which it was asked
}

// System is Steward itself.
var System = Actor{Kind: "system", ID: "steward", Name: "steward"}

// ActorOf is a caller.
func ActorOf(p authz.Principal) Actor {
	return Actor{Kind: string(p.Kind), ID: p.ID, Name: p.Name, Remote: p.Remote}
}

// NewID names the incident of a fingerprint that began at a time: the same
// message, read again after a crash, raises the same incident.
func NewID(fingerprint string, startedAt time.Time) string {
	sum := sha256.Sum256([]byte(fingerprint + "\n" + strconv.FormatInt(startedAt.UnixMilli(), 10)))
	return startedAt.UTC().Format("20060102") + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// ClockState is where a clock stands.
type ClockState string

// The states of a clock.
const (
	Waiting  ClockState = "waiting" // what starts it has not happened
	Running  ClockState = "running"
	Paused   ClockState = "paused"   // never one of life safety
	Met      ClockState = "met"      // stopped within its limit
	Breached ClockState = "breached" // its limit passed; it may be running still
	Void     ClockState = "void"     // the incident ended before it mattered
)

// Clock is one response standard applied to one incident. It runs on event time.
type Clock struct {
	Standard string     `json:"standard"`
	Title    Text       `json:"title"`
	State    ClockState `json:"state"`
	Limit    float64    `json:"limit_seconds"`

	StartedAt  *time.Time `json:"started_at,omitempty"`          // by the device's clock
	StartedRec *time.Time `json:"started_received_at,omitempty"` // when Steward learned of it: the skew shows
	WarnAt     *time.Time `json:"warn_at,omitempty"`             // when the warning is due; nil when there is none, or it was given
	Deadline   *time.Time `json:"deadline,omitempty"`            // when the limit passes, with pauses and calendar
	WarnedAt   *time.Time `json:"warned_at,omitempty"`
	BreachedAt *time.Time `json:"breached_at,omitempty"`
	StoppedAt  *time.Time `json:"stopped_at,omitempty"`
	StoppedRec *time.Time `json:"stopped_received_at,omitempty"`
	PausedAt   *time.Time `json:"paused_at,omitempty"`
	Elapsed    *float64   `json:"elapsed_seconds,omitempty"` // counted by its calendar, without pauses, once stopped
}

// dueAt is when the clock wants to be looked at; zero for never.
func (c *Clock) dueAt() time.Time {
	if c.State != Running {
		return time.Time{}
	}
	if c.WarnAt != nil && c.WarnedAt == nil {
		return *c.WarnAt
	}
	if c.Deadline != nil && c.BreachedAt == nil {
		return *c.Deadline
	}
	return time.Time{}
}

// Entry is one line of an incident's timeline. Entries are only ever added; each
// holds the hash of itself and of the one before it in the same incident.
type Entry struct {
	Seq      int64           `json:"seq"` // over all incidents, in the order in which entries become visible
	Incident string          `json:"incident"`
	N        int             `json:"n"` // within the incident, from 1, without gaps
	Kind     EntryKind       `json:"kind"`
	At       time.Time       `json:"at"`          // by the clock of whoever said it
	Received time.Time       `json:"received_at"` // when Steward learned of it
	State    State           `json:"state"`       // of the incident after it
	Actor    Actor           `json:"actor"`
	Note     string          `json:"note,omitempty"`
	Data     json.RawMessage `json:"data,omitempty"` // by kind: the raw message, a clock, a notice, …
	Hash     string          `json:"hash"`           // SHA-256, hexadecimal

	authz.Place `json:"-"` // of the incident
}

// EntryKind says what an entry tells of.
type EntryKind string

// The kinds of entry.
const (
	EntryPending      EntryKind = "pending" // when the condition began, for a rule that waits
	EntryOpened       EntryKind = "opened"
	EntryRepeated     EntryKind = "repeated" // the condition came again
	EntryCleared      EntryKind = "cleared"  // the condition ended
	EntryAcknowledged EntryKind = "acknowledged"
	EntryDispatched   EntryKind = "dispatched"
	EntryArrived      EntryKind = "arrived"
	EntryResolved     EntryKind = "resolved"
	EntryReopened     EntryKind = "reopened"
	EntryNote         EntryKind = "note"
	EntryEvent        EntryKind = "event"     // a message of a device that belongs to it
	EntryCorrected    EntryKind = "corrected" // late data showed another time
	EntryClockStarted EntryKind = "clock_started"
	EntryClockWarned  EntryKind = "clock_warned"
	EntryClockBroken  EntryKind = "clock_breached"
	EntryClockStopped EntryKind = "clock_stopped"
	EntryClockPaused  EntryKind = "clock_paused"
	EntryClockResumed EntryKind = "clock_resumed"
	EntryEscalated    EntryKind = "escalated"
	EntryToldOf       EntryKind = "notice"    // a notice was put into the outbox
	EntryDelivered    EntryKind = "delivered" // an attempt at a notice, good or bad
	EntryWithheld     EntryKind = "withheld"  // nobody was told, and why
	EntrySilenced     EntryKind = "silenced"
	EntryExplained    EntryKind = "explained" // a cause was found, or is over
	EntryFlapping     EntryKind = "flapping"
)

// WasTold reports whether a receiver has been told of the incident, or is going
// to be.
func (i *Incident) WasTold(receiver string) bool {
	for _, t := range i.Told {
		if t.Who == receiver {
			return true
		}
	}
	return false
}
