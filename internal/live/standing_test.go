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
	b := newBoard(t, Options{})
	for _, d := range []*telemetry.Device{meter, lift, panel} {
		b.Reading(reading(d, "x", 1, 1))
		connects(b, d, true, 1)
	}
	b.flush()
	sub, south := b.Subscribe(Scope{Allowed: hq}), b.Subscribe(Scope{Allowed: hq, Detail: Filter{Region: "south"}})
	defer sub.Close()
	defer south.Close()
	take(t, sub)
	take(t, south)

	b.Dismiss(*meter, *gate, *meter)
	if f := take(t, sub).Frame; f == nil || len(f.Gone) != 1 || *f.Gone[0] != *meter {
		t.Fatalf("%+v, want a frame that takes out the meter", f)
	}
	if u, _, ok := south.Next(); ok && (u.Frame == nil || len(u.Frame.Gone) > 0) {
		t.Errorf("who did not see the device is told %+v", u)
	}
	counted := func(devices, online int) {
		t.Helper()
		b.groups.at = time.Time{} // count now
		if s := all(b); len(s.Devices) != devices || s.Totals.Devices != devices || s.Totals.Online != online {
			t.Errorf("%d devices, counted %+v, want %d, %d of them online", len(s.Devices), s.Totals, devices, online)
		}
	}
	counted(2, 2)
	connects(b, meter, false, 5) // it is unplugged
	counted(2, 2)
	b.Reading(reading(meter, "x", 6, 1)) // somebody should wonder
	counted(3, 2)
	b.Dismiss(*meter)
	b.Expect(*meter) // it is in service again
	connects(b, meter, false, 7)
	counted(3, 2)
}

// connects says that a device came or went as the follower of the stream does: by an
// event and a status.
func connects(b *Board, d *telemetry.Device, online bool, at telemetry.Millis) {
	kind := telemetry.Offline
	if online {
		kind = telemetry.Online
	}
	b.Event(event(d, kind, at))
	b.Status(telemetry.Status{Device: d, Online: online, Received: at})
}

// What fell silent before anybody said that it is in service, as at a start, is offline.
func TestSilenceIsKnownBeforeTheDeviceIsExpected(t *testing.T) {
	b := newBoard(t, Options{})
	b.Status(telemetry.Status{Device: panel, Online: false, Received: 1})
	b.flush()
	b.Expect(*panel)
	if s := all(b); len(s.Devices) != 1 || s.Devices[0].Connection != Offline {
		t.Errorf("%+v, want the panel, offline", s.Devices)
	}
}

func TestWhoIsInDangerIsTakenOutWhenItIsOver(t *testing.T) {
	b := newBoard(t, Options{})
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	take(t, sub)
	b.Event(event(lift, telemetry.Entrapment, 1))
	b.Dismiss(*lift) // what waits in the inbox came before
	if s := all(b); len(s.Dangers) != 1 || len(s.Devices) != 1 {
		t.Fatalf("%d dangers at %d devices, want one at one", len(s.Dangers), len(s.Devices))
	}
	b.Relieve(*lift, 2)
	if s := all(b); len(s.Dangers) != 0 || len(s.Devices) != 0 {
		t.Errorf("%d dangers at %d devices when all is over, want none", len(s.Dangers), len(s.Devices))
	}
	var last *Frame
	for {
		u, _, ok := sub.Next()
		if !ok {
			break
		}
		last = u.Frame
	}
	if last == nil || len(last.Ended) != 1 || len(last.Gone) != 1 {
		t.Errorf("the last frame is %+v, want the end of the danger and of the device", last)
	}
}

// A board that is full refuses what is said, and not what is expected.
func TestExpectedDevicesAreNotRefused(t *testing.T) {
	b := newBoard(t, Options{MaxDevices: 1})
	b.Expect(*meter, *lift)
	if s := b.Stats(); s.Devices != 1 || s.RefusedDevices != 0 {
		t.Errorf("%+v, want one device and nothing refused", s)
	}
}
