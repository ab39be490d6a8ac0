package telemetry

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseTopic(t *testing.T) {
	good := func(topic string, device Device, stream Stream) {
		t.Helper()
		d, s, err := ParseTopic(topic)
		if err != nil || d != device || s != stream {
			t.Errorf("%s: got %v %s %v", topic, d, s, err)
		}
		if back := device.Topic(stream); back != topic {
			t.Errorf("%v gives the topic %s, not %s", device, back, topic)
		}
	}
	bad := func(topic, want string) {
		t.Helper()
		if _, _, err := ParseTopic(topic); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", topic, err, want)
		}
	}
	long := strings.Repeat("x", 64)
	good("property/east/hz-1/meter/m1/telemetry", Device{"east", "hz-1", Meter, "m1"}, StreamTelemetry)
	good("property/e/p_2/elevator/0/event", Device{"e", "p_2", Elevator, "0"}, StreamEvent)
	good("property/e/p/fire/"+long+"/status", Device{"e", "p", Fire, long}, StreamStatus)
	good("property/e/p/access/a/status", Device{"e", "p", Access, "a"}, StreamStatus)

	bad("", "1 segments")
	bad("property/e/p/meter/m1", "5 segments")
	bad("property/e/p/meter/m1/telemetry/x", "7 segments")
	bad("property/e/p/meter/m1/telemetry/", "7 segments")
	bad("estate/e/p/meter/m1/telemetry", "starts with")
	bad("property//p/meter/m1/telemetry", "region")
	bad("property/E/p/meter/m1/telemetry", "region")
	bad("property/e/-p/meter/m1/telemetry", "project")
	bad("property/e/p/boiler/m1/telemetry", "class")
	bad("property/e/p/meter/"+long+"x/telemetry", "65 characters")
	bad("property/e/p/meter/电表/telemetry", "device")
	bad("property/e/p/meter/m1/data", "stream")
	bad("property/e/p/meter/m1/+", "stream")
}

func FuzzParseTopic(f *testing.F) {
	f.Add("property/east/hz-1/meter/m1/telemetry")
	f.Add("property/////")
	f.Fuzz(func(t *testing.T, topic string) {
		if d, s, err := ParseTopic(topic); err == nil && d.Topic(s) != topic {
			t.Fatalf("%q was taken for %q", topic, d.Topic(s))
		}
	})
}

func TestClockPolicy(t *testing.T) {
	p := DefaultClockPolicy()
	received := MillisOf(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))
	f := func(ts Millis, want Reason) {
		t.Helper()
		err := p.Check(ts, received)
		var r *RejectError
		switch {
		case want == "" && err != nil:
			t.Errorf("%s refused: %v", ts, err)
		case want != "" && (!errors.As(err, &r) || r.Reason != want):
			t.Errorf("%s: got %v, want %s", ts, err, want)
		}
	}
	f(received, "")
	f(received+5*60_000, "")
	f(received+5*60_000+1, ClockAhead)
	f(received-400*86_400_000, "")
	f(received-400*86_400_000-1, ClockBehind)
	f(0, ClockBehind)
	f(math.MaxInt64, ClockAhead)
	f(math.MinInt64, ClockBehind)
}

func TestCheckValue(t *testing.T) {
	for _, v := range []float64{0, -1, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		if err := CheckValue(v); err != nil {
			t.Error(err)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if CheckValue(v) == nil {
			t.Errorf("%v was taken", v)
		}
	}
}

func TestLookupMetric(t *testing.T) {
	f := func(name string, unit string, kind Kind) {
		t.Helper()
		if m := LookupMetric(name); m.Name != name || m.Unit != unit || m.Kind != kind {
			t.Errorf("%s: %+v", name, m)
		}
	}
	f("energy_kwh", "kWh", KindCounter)
	f("power_kw", "kW", KindGauge)
	f("door_open", "", KindState)
	f("run_hours", "h", KindCounter)
	f("pump_starts_total", "", KindCounter)
	f("anything", "", KindGauge)
}

func TestDefaultSeverity(t *testing.T) {
	f := func(c Class, kind string, want Severity, opens, closes bool) {
		t.Helper()
		if got := DefaultSeverity(c, kind); got != want {
			t.Errorf("%s %s: %s, want %s", c, kind, got, want)
		}
		e := Event{Device: &Device{Class: c}, Kind: kind}
		if e.Opens() != opens || e.Closes() != closes {
			t.Errorf("%s %s: opens %t, closes %t", c, kind, e.Opens(), e.Closes())
		}
	}
	f(Elevator, Entrapment, LifeSafety, true, false)
	f(Elevator, Released, Info, false, true)
	f(Elevator, EntrapmentCleared, Info, false, true)
	f(Elevator, Arrived, Info, false, false)
	f(Fire, Alarm, LifeSafety, true, false)
	f(Fire, AlarmCleared, Info, false, true)
	f(Access, Alarm, Info, false, false)
	f(Access, "door_forced", Critical, false, false)
	f(Meter, "battery_low", Warning, false, false)
	f(Meter, "anything", Info, false, false)
}

func TestMillis(t *testing.T) {
	at := time.Date(2026, 11, 22, 16, 0, 0, 123_999_999, time.FixedZone("CST", 8*3600))
	m := MillisOf(at)
	if got := m.String(); got != "2026-11-22T08:00:00.123Z" {
		t.Error(got)
	}
	if !m.Time().Equal(at.Truncate(time.Millisecond)) {
		t.Error(m.Time())
	}
}
