package live

import (
	"testing"
	"time"

	"steward/internal/telemetry"
)

func TestWhatIsInServiceIsShownAlsoWhenSilent(t *testing.T) {
	b := newBoard(t, Options{})
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	take(t, sub)
	b.groups.at = time.Time{} // count now
	b.Expect(*meter, *lift)
	b.flush()
	f := take(t, sub).Frame
	if len(f.Devices) != 2 || f.Totals == nil || f.Totals.Devices != 2 {
		t.Fatalf("frame %+v, want both devices, counted", f)
	}
	if d := f.Devices[0]; d.Connection != Unknown || d.Seen != 0 || len(d.Values) != 0 {
		t.Errorf("a device that never said anything is shown as %+v", d)
	}
	b.Expect(*meter, *lift)
	b.flush()
	if u, _, ok := sub.Next(); ok {
		t.Errorf("what was expected already is told again: %+v", u)
	}
}

func TestWhatIsInServiceNoLongerIsTakenOut(t *testing.T) {
	b := newBoard(t, Options{MaxDetail: 2})
	for _, d := range []*telemetry.Device{meter, lift, panel} {
		b.Reading(reading(d, "x", 1, 1))
		b.Status(telemetry.Status{Device: d, Online: true, Received: 1})
	}
	b.flush()
	sub, south := b.Subscribe(Scope{Allowed: hq}), b.Subscribe(Scope{Allowed: hq, Detail: Filter{Region: "south"}})
	defer sub.Close()
	defer south.Close()
	if s := take(t, sub).Snapshot; !s.Omitted {
		t.Fatal("three devices are not too many for two")
	}
	take(t, south)

	b.Dismiss(*meter, *gate)
	s := take(t, sub).Snapshot
	if s == nil || s.Omitted || len(s.Devices) != 2 {
		t.Fatalf("%+v, want a snapshot of the two that are left", s)
	}
	if u, _, ok := south.Next(); ok && u.Snapshot != nil {
		t.Error("who did not see the device starts again")
	}
	b.groups.at = time.Time{} // count now
	if n := all(b).Totals; n.Devices != 2 || n.Online != 2 {
		t.Errorf("counted %+v, want two devices, both online", n)
	}

	b.Status(telemetry.Status{Device: meter, Online: false, Received: 5})
	if n := len(all(b).Devices); n != 2 {
		t.Errorf("%d devices after it was unplugged, want 2", n)
	}
	b.Reading(reading(meter, "x", 6, 1))
	b.groups.at = time.Time{}
	if n := all(b).Totals.Devices; n != 3 {
		t.Errorf("%d devices after it spoke again, want 3", n)
	}
}

func TestWhoIsInDangerIsNotTakenOut(t *testing.T) {
	b := newBoard(t, Options{})
	b.Event(event(lift, telemetry.Entrapment, 1))
	b.Dismiss(*lift) // what waits in the inbox came before
	if s := all(b); len(s.Dangers) != 1 || len(s.Devices) != 1 {
		t.Fatalf("%d dangers at %d devices, want one at one", len(s.Dangers), len(s.Devices))
	}
	b.Event(event(lift, telemetry.Released, 2))
	b.flush()
	b.Dismiss(*lift)
	if s := all(b); len(s.Dangers) != 0 || len(s.Devices) != 0 {
		t.Errorf("%d dangers at %d devices when all is over, want none", len(s.Dangers), len(s.Devices))
	}
}
