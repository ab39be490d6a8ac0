package live

import (
	"fmt"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

var (
	meter = &telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Meter, ID: "m-1"}
	lift  = &telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Elevator, ID: "lift-1"}
	panel = &telemetry.Device{Region: "south", Project: "garden", Class: telemetry.Fire, ID: "panel-1"}
	gate  = &telemetry.Device{Region: "south", Project: "garden", Class: telemetry.Access, ID: "gate-1"}
)

// hq is the scope of who may see everything.
var hq = authz.Everything()

// scopeAt is the scope of a viewer at some places.
func scopeAt(places ...authz.Place) authz.Scope {
	var p authz.Principal
	for _, at := range places {
		p.Grants = append(p.Grants, authz.Grant{Role: authz.Viewer, Place: at})
	}
	return p.Scope(authz.Read)
}

func newBoard(t testing.TB, o Options) *Board {
	t.Helper()
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func reading(d *telemetry.Device, metric string, ts telemetry.Millis, v float64) telemetry.Reading {
	return telemetry.Reading{Device: d, Metric: metric, TS: ts, Received: ts + 10, Value: v}
}

func event(d *telemetry.Device, kind string, ts telemetry.Millis) telemetry.Event {
	return telemetry.Event{
		Device: d, Kind: kind, ID: fmt.Sprintf("%s-%d", kind, ts), TS: ts, Received: ts + 10,
		Severity: telemetry.DefaultSeverity(d.Class, kind), Attrs: "{}",
	}
}

// all is the board as everybody would see it now.
func all(b *Board) *Snapshot {
	b.flush()
	return b.Snapshot(Scope{Allowed: hq})
}

func valueOf(t *testing.T, s *Snapshot, d *telemetry.Device, metric string) Value {
	t.Helper()
	for _, state := range s.Devices {
		if *state.Device != *d {
			continue
		}
		for _, v := range state.Values {
			if v.Metric == metric {
				return v
			}
		}
	}
	t.Fatalf("snapshot has no %s of %s", metric, d)
	return Value{}
}

func TestLatestValueFollowsEventTime(t *testing.T) {
	f := func(want float64, samples ...telemetry.Reading) {
		t.Helper()
		b := newBoard(t, Options{})
		for _, r := range samples {
			b.Reading(r)
		}
		if got := valueOf(t, all(b), meter, "power_kw").Number; got != want {
			t.Errorf("latest is %v, want %v", got, want)
		}
	}
	f(2, reading(meter, "power_kw", 100, 1), reading(meter, "power_kw", 200, 2))
	// late: older by the device's time, although it arrived after
	f(2, reading(meter, "power_kw", 200, 2), reading(meter, "power_kw", 100, 1))
	// a tie: the later arrival is a correction
	f(3, reading(meter, "power_kw", 200, 2), reading(meter, "power_kw", 200, 3))
	// late for one metric is not late for another
	f(1, reading(meter, "voltage_v", 900, 230), reading(meter, "power_kw", 100, 1))
}

func TestLateValueIsCountedAndPublishesNothingButTheReceipt(t *testing.T) {
	b := newBoard(t, Options{})
	b.Reading(reading(meter, "power_kw", 200, 2))
	b.flush()
	sub := b.Subscribe(Scope{Allowed: hq})
	defer sub.Close()
	take(t, sub)
	b.Reading(telemetry.Reading{Device: meter, Metric: "power_kw", TS: 100, Received: 5000, Value: 1})
	b.flush()
	u := take(t, sub)
	if len(u.Frame.Devices) != 1 || len(u.Frame.Devices[0].Values) != 0 || u.Frame.Devices[0].Seen != 5000 {
		t.Errorf("frame after a late value: %+v", u.Frame.Devices)
	}
	if got := b.Stats().Late; got != 1 {
		t.Errorf("counted %d late values, want 1", got)
	}
}

func TestStateAndNumberShareTheirMetric(t *testing.T) {
	b := newBoard(t, Options{})
	b.Reading(reading(lift, "direction", 100, 1))
	b.State(telemetry.State{Device: lift, Metric: "direction", TS: 200, Received: 201, Value: "up"})
	if v := valueOf(t, all(b), lift, "direction"); !v.IsText || v.Text != "up" {
		t.Errorf("after a text: %+v", v)
	}
	b.Reading(reading(lift, "direction", 300, 2))
	if v := valueOf(t, all(b), lift, "direction"); v.IsText || v.Number != 2 || v.Text != "" {
		t.Errorf("after a number again: %+v", v)
	}
	b.State(telemetry.State{Device: lift, Metric: "mode", TS: 1, Received: 1, Value: strings.Repeat("x", 10_000)})
	if v := valueOf(t, all(b), lift, "mode"); len(v.Text) != maxText {
		t.Errorf("a long text is kept with %d bytes, want %d", len(v.Text), maxText)
	}
}

func TestStatusFollowsReceipt(t *testing.T) {
	f := func(want Connection, statuses ...telemetry.Status) {
		t.Helper()
		b := newBoard(t, Options{})
		b.Reading(reading(meter, "power_kw", 1, 1))
		for _, s := range statuses {
			s.Device = meter
			b.Status(s)
		}
		s := all(b)
		if got := s.Devices[0].Connection; got != want {
			t.Errorf("connection is %s, want %s", got, want)
		}
		if s.Totals.Online != b2i(want == Online) || s.Totals.Offline != b2i(want == Offline) {
			t.Errorf("counted %d online and %d offline for one device %s", s.Totals.Online, s.Totals.Offline, want)
		}
	}
	f(Unknown)
	f(Online, telemetry.Status{Online: true, Received: 10})
	f(Offline, telemetry.Status{Online: true, Received: 10}, telemetry.Status{Online: false, Received: 20})
	f(Offline, telemetry.Status{Online: false, Received: 20}, telemetry.Status{Online: true, Received: 10})
	f(Online, telemetry.Status{Online: true, Received: 10}, telemetry.Status{Online: false, Received: 20},
		telemetry.Status{Online: true, Received: 30}, telemetry.Status{Online: true, Received: 40})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestDevicesAreBoundedButNotThoseInDanger(t *testing.T) {
	b := newBoard(t, Options{MaxDevices: 2})
	for i := range 5 {
		d := &telemetry.Device{Region: "r", Project: "p", Class: telemetry.Meter, ID: fmt.Sprint("m", i)}
		b.Reading(reading(d, "power_kw", 1, 1))
		b.Reading(reading(d, "power_kw", 2, 1))
	}
	b.Event(event(gate, "denied", 3))
	b.Event(event(lift, telemetry.Entrapment, 4))
	s := all(b)
	if len(s.Devices) != 3 { // two meters and the lift
		t.Errorf("%d devices are kept, want 3", len(s.Devices))
	}
	if len(s.Dangers) != 1 || *s.Dangers[0].First.Device != *lift {
		t.Errorf("dangers beyond the limit of devices: %+v", s.Dangers)
	}
	if len(s.Events) != 2 {
		t.Errorf("%d events are listed, want 2: an event is shown although its device is not kept", len(s.Events))
	}
	if got := b.Stats().RefusedDevices; got != 7 { // three meters twice, one event
		t.Errorf("counted %d refusals, want 7", got)
	}
}

func TestMetricsOfADeviceAreBounded(t *testing.T) {
	b := newBoard(t, Options{MaxMetrics: 3})
	for i := range 5 {
		b.Reading(reading(meter, fmt.Sprint("x", i), 1, 1))
	}
	b.Reading(reading(meter, "x1", 2, 42))
	s := all(b)
	if got := len(s.Devices[0].Values); got != 3 {
		t.Errorf("%d metrics are kept, want 3", got)
	}
	if got := valueOf(t, s, meter, "x1").Number; got != 42 {
		t.Errorf("a kept metric is %v, want its update 42", got)
	}
	if got := b.Stats().RefusedMetrics; got != 2 {
		t.Errorf("counted %d refusals, want 2", got)
	}
}

func TestRejectedKeepsTheNewestAndABeginning(t *testing.T) {
	b := newBoard(t, Options{MaxRejected: 4})
	payload := []byte(strings.Repeat("p", 1<<20))
	for i := range 11 {
		b.Rejected(telemetry.DeadLetter{ID: fmt.Sprint(i), Topic: "property/north/harbour/oven/x", Payload: payload, Reason: telemetry.BadTopic})
		if i == 5 { // some of them in a tick of their own
			b.flush()
		}
	}
	payload[0] = '!' // the board must have a copy
	s := all(b)
	var ids []string
	for _, r := range s.Rejected {
		ids = append(ids, r.ID)
		if len(r.Preview) != maxPreview || r.Size != 1<<20 || r.Preview[0] != 'p' {
			t.Errorf("message %s has a preview of %d bytes and size %d", r.ID, len(r.Preview), r.Size)
		}
	}
	if got := strings.Join(ids, " "); got != "7 8 9 10" {
		t.Errorf("kept %s, want 7 8 9 10", got)
	}
	if scoped := b.Snapshot(Scope{Allowed: hq, Detail: Filter{Project: "harbour"}}); len(scoped.Rejected) != 4 {
		t.Errorf("the project of a topic with a wrong class sees %d of its messages, want 4", len(scoped.Rejected))
	}
	if scoped := b.Snapshot(Scope{Allowed: hq, Detail: Filter{Project: "garden"}}); len(scoped.Rejected) != 0 {
		t.Errorf("another project sees %d of them", len(scoped.Rejected))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := New(Options{MaxEvents: -1}); err == nil || !strings.Contains(err.Error(), "MaxEvents") {
		t.Errorf("a negative limit: %v", err)
	}
	if _, err := New(Options{Tick: 1}); err == nil || !strings.Contains(err.Error(), "Tick") {
		t.Errorf("a tick of a nanosecond: %v", err)
	}
}

func TestFilterValidate(t *testing.T) {
	for _, good := range []Filter{{}, {Region: "north", Class: telemetry.Fire, Device: "a_b-1"}} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for field, bad := range map[string]Filter{
		"region": {Region: "North"}, "project": {Project: "../etc"}, "class": {Class: "oven"}, "device": {Device: strings.Repeat("a", 65)},
	} {
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v: %v, want an error that names %s", bad, err, field)
		}
	}
}
