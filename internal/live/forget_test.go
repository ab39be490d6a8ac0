package live

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"steward/internal/telemetry"
)

func TestForgetErasesAPersonFromEverythingKept(t *testing.T) {
	b := newBoard(t, Options{})
	alice, bob := "psn_"+strings.Repeat("a1", 16), "psn_"+strings.Repeat("b2", 16)
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	take(t, sub)
	say := func(d *telemetry.Device, kind, person string, ts telemetry.Millis) {
		e := event(d, kind, ts)
		e.Attrs = fmt.Sprintf(`{"card":%q,"door":"lobby","others":[%q]}`, person, person)
		b.Event(e)
	}
	say(gate, "granted", alice, 1)
	say(gate, "granted", bob, 2)
	say(lift, telemetry.Entrapment, alice, 3)
	b.State(telemetry.State{Device: gate, Metric: "last_card", TS: 1, Received: 1, Value: alice})
	b.State(telemetry.State{Device: gate, Metric: "first_card", TS: 1, Received: 1, Value: bob})
	b.Rejected(telemetry.DeadLetter{ID: "whole", Topic: "property/south/garden/access/gate-1/event", Payload: []byte(`{"card":"` + alice + `"`)})
	b.Rejected(telemetry.DeadLetter{ID: "cut", Payload: []byte(strings.Repeat(".", maxPreview-20) + alice)})
	b.flush()
	say(gate, "denied", alice, 4) // still in the inbox

	for _, nobody := range []string{"", "psn_", "a", "lobby", "psn_" + strings.Repeat("A1", 16), alice + "0"} {
		if n := b.Forget(nobody); n != 0 {
			t.Errorf("forgetting %q changed %d records", nobody, n)
		}
	}
	if n := b.Forget(alice); n != 6 {
		t.Errorf("%d records changed, want 6: three events, a value, two rejected messages", n)
	}
	// Whoever was told already is told again, without her.
	u := take(t, sub)
	if u.Snapshot == nil {
		t.Fatal("the subscriber goes on with frames that name her")
	}
	said, err := json.Marshal([]any{u.Snapshot.Devices, u.Snapshot.Events, u.Snapshot.Dangers, u.Snapshot.Rejected})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(said), alice[:12]) {
		t.Errorf("she is still there: %s", said)
	}
	if n := strings.Count(string(said), bob); n != 3 {
		t.Errorf("somebody else is there %d times, want 3", n)
	}
	if len(u.Snapshot.Events) != 4 || len(u.Snapshot.Dangers) != 1 {
		t.Errorf("%d events and %d dangers are left, want 4 and 1", len(u.Snapshot.Events), len(u.Snapshot.Dangers))
	}
	for _, e := range u.Snapshot.Events {
		if !json.Valid([]byte(e.Attrs)) || !strings.Contains(e.Attrs, `"door":"lobby"`) {
			t.Errorf("attributes %s", e.Attrs)
		}
	}
	if n := b.Forget(alice); n != 0 {
		t.Errorf("forgetting twice changed %d records", n)
	}
}
