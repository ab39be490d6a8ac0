package live

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"steward/internal/telemetry"
)

// take is the next update, which must be there.
func take(t *testing.T, s *Subscription) Update {
	t.Helper()
	u, _, ok := s.Next()
	if !ok {
		t.Fatal("no update is waiting")
	}
	return u
}

func TestChangesOfATickAreOneFrame(t *testing.T) {
	b := newBoard(t, Options{})
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	if u := take(t, sub); u.Snapshot == nil {
		t.Fatal("a subscription does not begin with a snapshot")
	}
	for i := range 1000 {
		b.Reading(reading(meter, "power_kw", telemetry.Millis(i), float64(i)))
	}
	b.flush()
	f := take(t, sub).Frame
	if len(f.Devices) != 1 || len(f.Devices[0].Values) != 1 || f.Devices[0].Values[0].Number != 999 || !f.Devices[0].Values[0].First {
		t.Errorf("frame %+v, want the newest value alone", f.Devices)
	}
	if _, _, ok := sub.Next(); ok {
		t.Error("one tick made two frames")
	}
}

func TestScopes(t *testing.T) {
	b := newBoard(t, Options{})
	f := func(s Scope, devices, dangers, events, groups int) {
		t.Helper()
		sub := b.Subscribe(s)
		defer sub.Close()
		take(t, sub)
		ts := telemetry.MillisOf(time.Now())
		b.groups.at = time.Time{} // count now
		for i, d := range []*telemetry.Device{meter, lift, panel, gate} {
			b.Reading(reading(d, "x", ts, float64(i)))
			b.Status(telemetry.Status{Device: d, Online: b.groups.of(d).online == 0, Received: ts})
		}
		b.Event(event(lift, telemetry.Entrapment, ts))
		b.Event(event(panel, telemetry.Alarm, ts))
		b.flush()
		got := take(t, sub).Frame
		if len(got.Devices) != devices || len(got.Dangers) != dangers || len(got.Events) != events || len(got.Groups) != groups {
			t.Errorf("%+v: frame of %d devices, %d dangers, %d events, %d groups; want %d, %d, %d, %d", s,
				len(got.Devices), len(got.Dangers), len(got.Events), len(got.Groups), devices, dangers, events, groups)
		}
		snap := b.Snapshot(s)
		if len(snap.Devices) != devices || len(snap.Dangers) != dangers || len(snap.Groups) != groups {
			t.Errorf("%+v: snapshot of %d devices, %d dangers, %d groups; want %d, %d, %d", s,
				len(snap.Devices), len(snap.Dangers), len(snap.Groups), devices, dangers, groups)
		}
		for _, d := range []*telemetry.Device{lift, panel} {
			b.Event(event(d, telemetry.Released, ts))
			b.Event(event(d, telemetry.AlarmCleared, ts))
		}
		b.flush()
		// so that the next call's reports are not repetitions
		b.events = newEvents(b.opts.MaxEvents)
	}
	f(Scope{Allowed: hq}, 4, 2, 2, 4)
	north := Filter{Region: "north"}
	f(Scope{Allowed: hq, Detail: north}, 2, 2, 1, 4) // dangers and counts of everywhere
	f(Scope{Allowed: hq, Detail: north, Overview: north}, 2, 1, 1, 2)
	f(Scope{Allowed: hq, Detail: Filter{Project: "garden", Class: telemetry.Fire}}, 1, 2, 1, 4)
	f(Scope{Allowed: hq, Detail: Filter{Device: "gate-1"}}, 1, 2, 0, 4)
	f(Scope{Allowed: hq, Detail: Filter{Region: "north", Project: "garden"}}, 0, 2, 0, 4)
}

func TestWhatNobodyWatchesCostsNoFrame(t *testing.T) {
	b := newBoard(t, Options{})
	b.flush()
	sub := b.Subscribe(Scope{Allowed: hq, Detail: Filter{Project: "garden"}})
	defer sub.Close()
	take(t, sub)
	b.Reading(reading(meter, "power_kw", 1, 1))
	b.flush()
	if u, _, ok := sub.Next(); ok {
		t.Errorf("a change elsewhere made a frame: %+v", u.Frame)
	}
}

func TestSubscribersOfAScopeShareEncodings(t *testing.T) {
	b := newBoard(t, Options{})
	built := 0
	var subs []*Subscription
	for range 3 {
		s := b.Subscribe(Scope{Allowed: hq})
		defer s.Close()
		subs = append(subs, s)
	}
	for _, s := range subs {
		take(t, s).Snapshot.Shared(func(*Snapshot) any { built++; return nil })
	}
	b.Reading(reading(meter, "power_kw", 1, 1))
	b.flush()
	for _, s := range subs {
		take(t, s).Frame.Shared(func(*Frame) any { built++; return nil })
	}
	if built != 2 {
		t.Errorf("three subscribers built %d encodings, want one snapshot and one frame", built)
	}
}

func TestSlowSubscriberLearnsExactlyWhatItMissed(t *testing.T) {
	b := newBoard(t, Options{})
	b.flush() // counts, so that they do not fall into the test
	slow, quick := b.Subscribe(Scope{Allowed: hq}), b.Subscribe(Scope{Allowed: hq})
	defer slow.Close()
	defer quick.Close()
	take(t, slow)
	take(t, quick)
	published := 0
	for i := range 3 * maxFrames {
		b.groups.at = time.Now() // no counts in this test
		b.Reading(reading(meter, "power_kw", telemetry.Millis(i), 1))
		b.Reading(reading(meter, "voltage_v", telemetry.Millis(i), 1))
		b.flush()
		published += take(t, quick).Frame.Updates
		if i == 0 {
			take(t, slow)
			published = 0
		}
	}
	u := take(t, slow)
	if u.Snapshot == nil || u.Missed != uint64(published) || published != 2*(3*maxFrames-1) {
		t.Fatalf("missed %d of %d updates, snapshot %v", u.Missed, published, u.Snapshot != nil)
	}
	if got := valueOf(t, u.Snapshot, meter, "power_kw").TS; got != 3*maxFrames-1 {
		t.Errorf("fresh snapshot is of %d", got)
	}
	if _, _, ok := slow.Next(); ok {
		t.Error("something is left after the fresh snapshot")
	}
}

func TestBacklogIsBoundedByUpdates(t *testing.T) {
	b := newBoard(t, Options{MaxBacklog: 10})
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	take(t, sub)
	for i := range 4 {
		for m := range 6 {
			b.Reading(reading(meter, fmt.Sprint("x", m), telemetry.Millis(i), 1))
		}
		b.flush()
	}
	if n := len(sub.feed.frames); n != 1 {
		t.Errorf("%d frames of 6 updates are kept for a limit of 10, want 1", n)
	}
	if u := take(t, sub); u.Snapshot == nil || u.Missed < 24 {
		t.Errorf("missed %d, want 24 or more", u.Missed)
	}
}

func TestWideScopeLeavesDevicesOut(t *testing.T) {
	b := newBoard(t, Options{MaxDetail: 2})
	b.Reading(reading(meter, "power_kw", 1, 1))
	b.flush()
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	narrow := b.Subscribe(Scope{Allowed: hq, Detail: Filter{Region: "south"}})
	defer narrow.Close()
	take(t, narrow)
	if s := take(t, sub).Snapshot; s.Omitted || len(s.Devices) != 1 {
		t.Fatalf("omitted %v with %d devices", s.Omitted, len(s.Devices))
	}
	for _, d := range []*telemetry.Device{lift, panel, gate} {
		b.Reading(reading(d, "x", 1, 1))
	}
	b.groups.at = time.Time{} // count, and see that it is too wide
	b.flush()
	u := take(t, sub)
	if u.Snapshot == nil || !u.Snapshot.Omitted || len(u.Snapshot.Devices) != 0 || u.Snapshot.Totals.Devices != 4 {
		t.Fatalf("a scope that became too wide goes on with %+v", u)
	}
	b.Reading(reading(lift, "x", 2, 2))
	b.Event(event(lift, telemetry.Entrapment, 3))
	b.flush()
	if f := take(t, sub).Frame; len(f.Devices) != 0 || len(f.Dangers) != 1 || len(f.Events) != 1 {
		t.Errorf("frame of a wide scope: %+v", f)
	}
	for {
		u, _, ok := narrow.Next()
		if !ok {
			break
		}
		if u.Snapshot != nil {
			t.Error("a narrow scope started again")
		}
	}
}

func TestClosedScopesAreForgotten(t *testing.T) {
	b := newBoard(t, Options{})
	for range 3 {
		var subs []*Subscription
		for i := range 20 {
			subs = append(subs, b.Subscribe(Scope{Allowed: hq, Detail: Filter{Device: fmt.Sprint("d", i%7)}}))
		}
		if got := b.Stats().Subscribers; got != 20 {
			t.Errorf("%d subscribers, want 20", got)
		}
		for _, s := range subs {
			s.Close()
			s.Close()
		}
	}
	if len(b.feeds.byScope) != 0 || len(b.feeds.byDetail) != 0 || b.feeds.inUse != [masks]int{} || b.Stats().Subscribers != 0 {
		t.Errorf("feeds are left: %+v", b.feeds)
	}
}

func TestRunPublishesOnTheTickAndDangersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(2*time.Second + time.Millisecond)

		sub := b.Subscribe(Scope{Allowed: hq, Detail: Filter{Project: "harbour"}})
		defer sub.Close()
		take(t, sub)
		await := func() (Update, time.Duration) {
			from := time.Now()
			for {
				u, more, ok := sub.Next()
				if ok && (u.Frame.Totals == nil || u.Frame.Updates > 0) {
					return u, time.Since(from)
				}
				if !ok {
					<-more
				}
			}
		}
		now := func() telemetry.Millis { return telemetry.MillisOf(time.Now()) }

		b.Reading(reading(meter, "power_kw", now(), 1))
		if u, took := await(); len(u.Frame.Devices) != 1 || took != 49*time.Millisecond {
			t.Errorf("a value took %s, want the rest of the tick", took)
		}
		time.Sleep(10 * time.Millisecond)
		b.Event(event(lift, telemetry.Entrapment, now()))
		if u, took := await(); len(u.Frame.Dangers) != 1 || took != 0 {
			t.Errorf("an entrapment took %s, want 0", took)
		}
		// A storm right after is gathered for a moment.
		for i := range 100 {
			b.Event(event(lift, telemetry.Entrapment, now()+telemetry.Millis(i+1)))
		}
		if u, took := await(); len(u.Frame.Events) != 100 || took != urgentGap {
			t.Errorf("a storm made a frame of %d events after %s, want 100 after %s", len(u.Frame.Events), took, urgentGap)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestRatesAndLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, Options{})
		go func() { _ = b.Run(t.Context()) }()
		time.Sleep(1001 * time.Millisecond)
		for i := range 400 { // a message each 5 ms, two values in each
			at := telemetry.MillisOf(time.Now())
			b.Reading(telemetry.Reading{Device: meter, Metric: "power_kw", TS: at, Received: at - 7, Value: float64(i)})
			b.Reading(telemetry.Reading{Device: meter, Metric: "voltage_v", TS: at, Received: at - 7, Value: float64(i)})
			time.Sleep(5 * time.Millisecond)
		}
		s := b.Snapshot(Scope{Allowed: hq})
		if len(s.Groups) != 1 || s.Groups[0].Rate < 180 || s.Groups[0].Rate > 210 || s.Totals.Rate != s.Groups[0].Rate {
			t.Errorf("rates %+v and %v, want about 200 messages a second", s.Groups, s.Totals.Rate)
		}
		if s.Totals.Lag < 7 || s.Totals.Lag > 60 {
			t.Errorf("lag is %d ms, want 7 and at most a tick", s.Totals.Lag)
		}
		time.Sleep(2 * time.Second)
		if s := b.Snapshot(Scope{Allowed: hq}); s.Totals.Rate != 0 || s.Totals.Lag != 0 || s.Totals.Devices != 1 {
			t.Errorf("totals when all is quiet: %+v", s.Totals)
		}
	})
}
