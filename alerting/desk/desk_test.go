package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/route"
	"steward/alerting/rule"
	"steward/alerting/standard"
	"steward/configs"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

var (
	day    = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	harbor = authz.Place{Region: "north", Project: "harbour"}
	zhang  = authz.Principal{Kind: "person", ID: "zhang", Name: "zhang", Grants: []authz.Grant{{Role: authz.Operator, Place: harbor}}}
)

func minute(m float64) time.Time { return day.Add(time.Duration(m * float64(time.Minute))) }

// shelf is a transaction that keeps everything in memory.
type shelf struct {
	incidents map[string]*incident.Incident
	entries   map[string][]incident.Entry
	notices   []incident.Notice
}

func newShelf() *shelf {
	return &shelf{incidents: map[string]*incident.Incident{}, entries: map[string][]incident.Entry{}}
}

func (s *shelf) pick(fits func(*incident.Incident) bool) (all []*incident.Incident) {
	for _, inc := range s.incidents {
		if fits(inc) {
			all = append(all, inc)
		}
	}
	slices.SortFunc(all, func(a, b *incident.Incident) int { return b.StartedAt.Compare(a.StartedAt) })
	return all
}

func first(all []*incident.Incident) (*incident.Incident, error) {
	if len(all) == 0 {
		return nil, incident.ErrNotFound
	}
	return all[0], nil
}

func (s *shelf) Open(fingerprint string) (*incident.Incident, error) {
	return first(s.pick(func(i *incident.Incident) bool { return i.Fingerprint == fingerprint && i.Open() }))
}

func (s *shelf) Newest(fingerprint string) (*incident.Incident, error) {
	return first(s.pick(func(i *incident.Incident) bool { return i.Fingerprint == fingerprint }))
}

func (s *shelf) Get(id string) (*incident.Incident, error) {
	return first(s.pick(func(i *incident.Incident) bool { return i.ID == id }))
}

func (s *shelf) OpenAt(place authz.Place) ([]*incident.Incident, error) {
	return s.pick(func(i *incident.Incident) bool { return i.Open() && place.Contains(i.Place) }), nil
}

func (s *shelf) Children(parent string) ([]*incident.Incident, error) {
	return s.pick(func(i *incident.Incident) bool { return i.Open() && i.Parent == parent }), nil
}

func (s *shelf) Save(inc *incident.Incident, entries ...incident.Entry) error {
	s.incidents[inc.ID] = inc
	inc.Version++
	s.entries[inc.ID] = append(s.entries[inc.ID], entries...)
	return nil
}

func (s *shelf) Enqueue(n incident.Notice) (bool, error) {
	if slices.ContainsFunc(s.notices, func(o incident.Notice) bool { return o.Key == n.Key }) {
		return false, fmt.Errorf("notice %s a second time", n.Key)
	}
	s.notices = append(s.notices, n)
	return true, nil
}

// counter is a desk with a shelf, and the rules by which it is given signals.
type counter struct {
	t *testing.T
	*shelf
	*Desk
	rules map[string]*rule.Rule
}

const contacts = `
contacts:
  - { name: room, place: north/harbour, channels: [chat] }
  - { name: office, place: north, channels: [chat] }
policies:
  - name: all
    steps:
      - { after: 0s, tell: [project] }
      - { after: 30m, tell: [region], unless: acknowledged }
    tell_resolved: true
`

func open(t *testing.T) *counter {
	t.Helper()
	calendars, err := calendar.Parse("calendar.yaml", configs.Calendar())
	if err != nil {
		t.Fatal(err)
	}
	standards, err := standard.Parse("standards.yaml", configs.Standards(), calendars)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := route.Parse("escalation.yaml", []byte(contacts), calendars)
	if err != nil {
		t.Fatal(err)
	}
	return &counter{
		t: t, shelf: newShelf(), Desk: New(estate.New(), &Setup{Standards: standards, Calendars: calendars, Plan: plan}, Options{}),
		rules: map[string]*rule.Rule{
			"stuck": {Name: "stuck", Kind: rule.Event, Incident: "entrapment", Severity: telemetry.LifeSafety, Responder: true, Marks: map[string]incident.State{"arrived": incident.Arrived}},
			"held":  {Name: "held", Kind: rule.Event, Incident: "security", Severity: telemetry.Warning},
			"low":   {Name: "low", Kind: rule.Value, Incident: "repair", Severity: telemetry.Critical, For: 5 * time.Minute},
		},
	}
}

var lift = telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Elevator, ID: "e2"}

// says applies a signal of a rule: what the device says happened at a minute, and
// Steward learned of it at another one.
func (c *counter) says(name string, kind engine.SignalKind, at, learned float64) *engine.Signal {
	c.t.Helper()
	s := &engine.Signal{
		Kind: kind, Rule: c.rules[name], Fingerprint: name + "@" + lift.String(), Place: harbor, Device: lift,
		At: telemetry.MillisOf(minute(at)), Received: telemetry.MillisOf(minute(learned)), Raw: &engine.Raw{},
	}
	s.Held = s.At
	c.apply(s)
	return s
}

func (c *counter) apply(s *engine.Signal) {
	c.t.Helper()
	if err := c.Apply(c.shelf, s); err != nil {
		c.t.Fatal(err)
	}
}

// look lets time come to a minute.
func (c *counter) look(m float64) {
	c.t.Helper()
	for _, inc := range c.pick(func(i *incident.Incident) bool { return i.Open() }) {
		if at := inc.DueAt(); at.IsZero() || at.After(minute(m)) {
			continue
		}
		if err := c.Due(c.shelf, inc, minute(m)); err != nil {
			c.t.Fatal(err)
		}
	}
}

// told is what went into the outbox, and to whom.
func (c *counter) told(want ...string) {
	c.t.Helper()
	var got []string
	for _, n := range c.notices {
		got = append(got, n.What+" "+n.Receiver)
	}
	if !slices.Equal(got, want) {
		c.t.Errorf("told %q, want %q", got, want)
	}
}

func (c *counter) clock(name string) *incident.Clock {
	c.t.Helper()
	for _, inc := range c.incidents {
		for i := range inc.Clocks {
			if inc.Clocks[i].Standard == name {
				return &inc.Clocks[i]
			}
		}
	}
	c.t.Fatalf("there is no clock %s", name)
	return nil
}

func TestOneCallAMoment(t *testing.T) {
	c := open(t)
	c.says("stuck", engine.Fire, -100, 0) // an hour and a half late: four limits have passed
	c.look(0.01)
	// The room is told of one of them, and so is the region; headquarters have
	// nobody, and so are none.
	c.told("opened room", "breached office", "breached room")
	if c.notices[1].Key == c.notices[2].Key || !strings.Contains(c.notices[1].Key, "entrapment_released") {
		t.Errorf("the region is told by %s, want the longest limit", c.notices[1].Key)
	}
}

func TestRepetitionOfTheSame(t *testing.T) {
	c := open(t)
	f := func(kind engine.SignalKind, at float64, want int) {
		t.Helper()
		c.says("low", kind, at, at+5)
		inc, err := c.Newest("low@" + lift.String())
		if err != nil || inc.Count != want {
			t.Errorf("%v: it came %d times, want %d", err, inc.Count, want)
		}
	}
	f(engine.Fire, 0, 1)
	f(engine.Fire, 0, 1) // read again after a crash
	f(engine.Clear, 20, 1)
	f(engine.Fire, 22, 2)
	f(engine.Fire, 0, 2)
}

func TestFlappingNeedsAnEnd(t *testing.T) {
	f := func(ends bool, want bool) {
		t.Helper()
		c := open(t)
		for m := range 6 {
			c.says("held", engine.Fire, float64(m), float64(m))
			if ends {
				c.says("held", engine.Clear, float64(m)+0.5, float64(m)+0.5)
			}
		}
		if inc, err := c.Newest("held@" + lift.String()); err != nil || inc.Flapping != want {
			t.Errorf("flapping %v, want %v (%v)", inc.Flapping, want, err)
		}
	}
	f(true, true)
	f(false, false)
}

func TestClockAhead(t *testing.T) {
	c := open(t)
	c.says("stuck", engine.Fire, 4, 0) // the lift's clock is four minutes ahead
	if at := c.clock("entrapment_on_site").Deadline; !at.Equal(minute(10)) {
		t.Errorf("the limit passes at %s, want %s", at, minute(10))
	}
	inc, err := c.Open("stuck@" + lift.String())
	if err != nil {
		t.Fatal(err)
	}
	// What people did before the lift's own time of it is not refused.
	if _, err := c.Act(c.shelf, zhang, inc.ID, incident.Action{Deed: incident.Acknowledge, At: minute(1)}, minute(2)); err != nil {
		t.Error(err)
	}
	if err := c.Arrive(c.shelf, &Responder{Name: "wang"}, &telemetry.Event{Device: &lift, TS: telemetry.MillisOf(minute(3)), Received: telemetry.MillisOf(minute(3))}); err != nil {
		t.Fatal(err)
	}
	if inc.State != incident.Arrived {
		t.Errorf("it is %s, want arrived", inc.State)
	}
}

func TestCorrectedBeginning(t *testing.T) {
	c := open(t)
	c.rules["low"].Incident = "urgent_repair"
	s := c.says("low", engine.Fire, 10, 15)
	if at := c.clock("urgent_repair_on_site").StartedAt; !at.Equal(minute(10)) {
		t.Fatalf("the clock runs from %s", at)
	}
	s.Kind, s.At, s.Received = engine.Correct, telemetry.MillisOf(minute(3)), telemetry.MillisOf(minute(16))
	c.apply(s)
	// The condition must hold for five minutes before it is an incident.
	if at := c.clock("urgent_repair_on_site").StartedAt; !at.Equal(minute(8)) {
		t.Errorf("the clock runs from %s, want %s", at, minute(8))
	}
}

func TestAfterTheEnd(t *testing.T) {
	f := func(kind engine.SignalKind, at float64, clock string, want incident.ClockState) {
		t.Helper()
		c := open(t)
		c.says("stuck", engine.Fire, 0, 0)
		inc, err := c.Open("stuck@" + lift.String())
		if err != nil {
			t.Fatal(err)
		}
		c.look(10.01)
		if _, err := c.Act(c.shelf, zhang, inc.ID, incident.Action{Deed: incident.Resolve}, minute(12)); err != nil {
			t.Fatal(err)
		}
		told := len(c.notices)
		s := &engine.Signal{Kind: kind, Rule: c.rules["stuck"], Fingerprint: inc.Fingerprint, Place: harbor, Device: lift, MarkKind: "arrived",
			At: telemetry.MillisOf(minute(at)), Received: telemetry.MillisOf(minute(20))}
		c.apply(s)
		c.apply(s) // told again
		if got := c.clock(clock).State; got != want {
			t.Errorf("%s at %v: clock %s is %s, want %s", kind, at, clock, got, want)
		}
		if len(c.notices) != told || inc.State != incident.Resolved {
			t.Errorf("%s at %v: somebody was told of the past, or it is %s", kind, at, inc.State)
		}
	}
	f(engine.Mark, 7, "entrapment_on_site", incident.Met)
	f(engine.Mark, 7, "entrapment_statutory", incident.Met)
	f(engine.Mark, 11, "entrapment_on_site", incident.Breached)
	f(engine.Mark, 15, "entrapment_statutory", incident.Void) // after the end
	f(engine.Clear, 9, "entrapment_released", incident.Met)
}

func TestStandardTakenOut(t *testing.T) {
	c := open(t)
	c.says("stuck", engine.Fire, 0, 0)
	none := *c.Setup()
	none.Standards = &standard.Set{}
	c.Configure(&none)
	c.look(2.1)
	inc, err := c.Open("stuck@" + lift.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, clock := range inc.Clocks {
		if clock.State != incident.Void {
			t.Errorf("clock %s is %s, want void", clock.Standard, clock.State)
		}
	}
	if at := inc.DueAt(); !at.IsZero() && !at.After(minute(2.1)) {
		t.Errorf("it is due at %s for ever", at)
	}
}
