package live

import (
	"fmt"
	"strings"
	"testing"

	"steward/internal/telemetry"
)

func TestLateEventIsListedInItsPlace(t *testing.T) {
	b := newBoard(t, Options{})
	for _, ts := range []telemetry.Millis{300, 100, 200, 200} { // the last is a repetition
		b.Event(event(gate, "denied", ts))
	}
	other := event(gate, "denied", 200)
	other.ID = "another at the same time"
	b.Event(other)
	var got []string
	for _, e := range all(b).Events {
		got = append(got, e.ID)
	}
	want := "denied-100,denied-200,another at the same time,denied-300"
	if strings.Join(got, ",") != want {
		t.Errorf("listed %v, want %s", got, want)
	}
}

func TestFloodDoesNotPushOutTheGrave(t *testing.T) {
	b := newBoard(t, Options{MaxEvents: 10})
	b.Event(event(lift, telemetry.Entrapment, 1))
	b.Event(event(lift, telemetry.Fault, 2))
	for i := range 5000 {
		b.Event(event(gate, "granted", telemetry.Millis(1000+i)))
	}
	b.Event(event(gate, "granted", 5)) // older than all that are listed
	s := all(b)
	if len(s.Events) != 12 || s.Events[0].Kind != telemetry.Entrapment || s.Events[1].Kind != telemetry.Fault {
		t.Errorf("%d events, first %s: want the entrapment, the fault and 10 passages", len(s.Events), s.Events[0].Kind)
	}
	if last := s.Events[len(s.Events)-1]; last.TS != 5999 {
		t.Errorf("newest is of %d, want 5999", last.TS)
	}
}

func TestAttributesAreAnObjectOrNothing(t *testing.T) {
	f := func(attrs, want string) {
		t.Helper()
		if got := boundAttrs(attrs); got != want {
			t.Errorf("attributes %.40q become %q, want %q", attrs, got, want)
		}
	}
	f(`{"zone":3}`, `{"zone":3}`)
	f("", "{}")
	f(`[1]`, "{}")
	f(`{"a":`, "{}")
	f("{\"a\":\"\xff\"}", "{}")
	f(`{"a":"`+strings.Repeat("x", maxAttrs)+`"}`, "{}")
}

func TestDangers(t *testing.T) {
	// A step is "kind@ts" at the lift; want is "first/latest/reports/arrived" of
	// the open danger, empty for none.
	f := func(want string, steps ...string) {
		t.Helper()
		b := newBoard(t, Options{MaxEvents: 2}) // dangers are kept whatever the list holds
		for _, step := range steps {
			kind, at, _ := strings.Cut(step, "@")
			var ts telemetry.Millis
			if _, err := fmt.Sscan(at, &ts); err != nil {
				t.Fatal(err)
			}
			if kind == "relieved" { // by people
				b.Relieve(*lift, ts)
				continue
			}
			b.Event(event(lift, kind, ts))
		}
		got := ""
		for _, d := range all(b).Dangers {
			got = fmt.Sprintf("%d/%d/%d/%d", d.First.TS, d.Latest, d.Reports, d.Arrived)
		}
		if got != want {
			t.Errorf("%v: danger %q, want %q", steps, got, want)
		}
	}
	f("100/100/1/0", "entrapment@100")
	f("", "entrapment@100", "entrapment_cleared@200")
	f("", "entrapment@100", "released@200")
	f("", "entrapment@100", "entrapment_cleared@100")
	// fault_cleared and other kinds end nothing
	f("100/100/1/0", "entrapment@100", "fault_cleared@200")
	// the clock runs from the first report
	f("100/300/3/0", "entrapment@200", "entrapment@100", "entrapment@300")
	// the same report again is one report
	f("100/100/1/0", "entrapment@100", "entrapment@100")
	// help arrived; an arrival from before belongs to another time
	f("100/100/1/150", "entrapment@100", "arrived@150")
	f("100/100/1/0", "arrived@50", "entrapment@100")
	f("100/100/1/150", "arrived@150", "entrapment@100")
	// a clearance that arrives before what it clears
	f("", "released@200", "entrapment@100")
	// a late clearance does not end what came after it
	f("300/300/1/0", "entrapment@100", "entrapment@300", "released@200")
	f("300/300/1/0", "entrapment@300", "released@200")
	// and again in danger after the end
	f("300/300/1/0", "entrapment@100", "released@200", "entrapment@300")
	// people say that it is over; what is reported afterwards is another danger
	f("", "entrapment@100", "relieved@200")
	f("300/300/1/0", "entrapment@100", "relieved@200", "entrapment@300")
	f("", "relieved@200")
	// many reports are counted, few are kept, first and last among them
	many := make([]string, 0, 40)
	for i := range 40 {
		many = append(many, fmt.Sprint("entrapment@", 100+i))
	}
	f("100/139/40/0", many...)
	f("139/139/25/0", append(many, "released@138")...)
	f("", append(many, "released@139")...)
}

func TestFireAlarmEndsByItsOwnClearance(t *testing.T) {
	b := newBoard(t, Options{})
	b.Event(event(panel, telemetry.Alarm, 100))
	b.Event(event(panel, telemetry.Released, 200)) // an elevator's word
	if s := all(b); len(s.Dangers) != 1 {
		t.Fatalf("%d dangers, want 1", len(s.Dangers))
	}
	b.Event(event(panel, telemetry.AlarmCleared, 200))
	if s := all(b); len(s.Dangers) != 0 {
		t.Errorf("%d dangers after the clearance", len(s.Dangers))
	}
}

func TestDangersAreOldestFirst(t *testing.T) {
	b := newBoard(t, Options{})
	b.Event(event(panel, telemetry.Alarm, 300))
	b.Event(event(lift, telemetry.Entrapment, 100))
	s := all(b)
	if len(s.Dangers) != 2 || *s.Dangers[0].First.Device != *lift {
		t.Errorf("dangers %+v, want the lift's first", s.Dangers)
	}
}
