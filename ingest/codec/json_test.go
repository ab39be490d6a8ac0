package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/telemetry"
)

var (
	meter    = &telemetry.Device{Region: "east", Project: "p1", Class: telemetry.Meter, ID: "m1"}
	lift     = &telemetry.Device{Region: "east", Project: "p1", Class: telemetry.Elevator, ID: "e1"}
	received = telemetry.MillisOf(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))
)

// show prints an output in one line, so that a table can say what it wants.
func show(o *Output) string {
	var parts []string
	for _, r := range o.Readings {
		parts = append(parts, fmt.Sprintf("%s=%v@%d", r.Metric, r.Value, r.TS-received))
	}
	for _, s := range o.States {
		parts = append(parts, fmt.Sprintf("%s=%q@%d", s.Metric, s.Value, s.TS-received))
	}
	for _, e := range o.Events {
		parts = append(parts, fmt.Sprintf("%s(%s,%s)%s@%d", e.Kind, e.ID, e.Severity, e.Attrs, e.TS-received))
	}
	for _, s := range o.Statuses {
		parts = append(parts, fmt.Sprintf("online=%t", s.Online))
	}
	for _, r := range o.Rejects {
		parts = append(parts, fmt.Sprintf("!%s[%s]", r.Reason, r.Payload))
	}
	return strings.Join(parts, " ")
}

func TestTelemetry(t *testing.T) {
	ms := int64(received)
	f := func(payload, want string) {
		t.Helper()
		var out Output
		NewJSON(telemetry.DefaultClockPolicy()).Decode(&out, Message{Device: meter, Stream: telemetry.StreamTelemetry, Payload: []byte(payload), Received: received})
		if got := show(&out); got != want {
			t.Errorf("%s\n got %s\nwant %s", payload, got, want)
		}
	}
	// The three forms of the contract.
	f(fmt.Sprintf(`{"ts":%d,"values":{"power_kw":3.2,"energy_kwh":1234.5}}`, ms-1000), `power_kw=3.2@-1000 energy_kwh=1234.5@-1000`)
	f(fmt.Sprintf(`[{"ts":%d,"values":{"a":1}},{"ts":%d,"values":{"a":2}}]`, ms-2, ms-1), `a=1@-2 a=2@-1`)
	f(`{"power_kw":3.2,"door_open":true,"mode":"auto","off":false}`, `power_kw=3.2@0 door_open=1@0 off=0@0 mode="auto"@0`)
	// Times.
	f(`{"ts":"2026-11-22T16:00:00.5+08:00","values":{"a":1}}`, `a=1@500`)
	f(`{"ts":"2026-11-22T07:59:59Z","values":{"a":1}}`, `a=1@-1000`)
	f(fmt.Sprintf(`{"ts":%d,"a":1,"seq":7}`, ms-5), `a=1@-5`)
	f(`{"ts":null,"values":{"a":1},"seq":7}`, `a=1@0`)
	f(`{"ts":"2026-11-22 16:00:00","values":{"a":1}}`, `!bad_time[{"ts":"2026-11-22 16:00:00","values":{"a":1}}]`)
	f(`{"ts":[],"a":1}`, `!bad_time[{"ts":[],"a":1}]`)
	f(`{"ts":1e300,"a":1}`, `!bad_time[{"ts":1e300,"a":1}]`)
	// The clock policy on its boundaries: 5 minutes ahead, 400 days behind.
	f(fmt.Sprintf(`{"ts":%d,"a":1}`, ms+300_000), `a=1@300000`)
	f(fmt.Sprintf(`{"ts":%d,"a":1}`, ms+300_001), fmt.Sprintf(`!clock_ahead[{"ts":%d,"a":1}]`, ms+300_001))
	f(fmt.Sprintf(`{"ts":%d,"a":1}`, ms-400*86_400_000), `a=1@-34560000000`)
	f(`{"ts":0,"a":1}`, `!clock_behind[{"ts":0,"a":1}]`)
	f(`{"ts":2084572800000,"a":1}`, `!clock_ahead[{"ts":2084572800000,"a":1}]`) // a device in 2036
	// A sample is taken whole or not at all; the others of a list are taken.
	f(`{"a":1,"b":1e999}`, `!bad_value[{"a":1,"b":1e999}]`)
	f(`{"a":1,"b":{"c":2}}`, `!bad_value[{"a":1,"b":{"c":2}}]`)
	f(fmt.Sprintf(`[{"ts":%d,"a":1},{"ts":0,"a":2},{"ts":%d,"a":3}]`, ms, ms), `a=1@0 a=3@0 !clock_behind[{"ts":0,"a":2}]`)
	f(`[{"a":1},2]`, `!bad_syntax[[{"a":1},2]]`)
	f(`[`+strings.Repeat(`{"ts":0,"a":1},`, 17)+`{"a":1}]`, `!bad_syntax[[`+strings.Repeat(`{"ts":0,"a":1},`, 17)+`{"a":1}]]`)
	// Nothing said.
	f(`{}`, `!empty[{}]`)
	f(`[]`, `!empty[[]]`)
	f(`{"values":{}}`, `!empty[{"values":{}}]`)
	f(`{"a":null}`, `!empty[{"a":null}]`)
	f(`{"a":null,"b":2}`, `b=2@0`)
	// Not the format.
	f(``, `!bad_syntax[]`)
	f(`3.2`, `!bad_syntax[3.2]`)
	f(`{"a":1`, `!bad_syntax[{"a":1]`)
	f(`{"a":1}{"a":2}`, `!bad_syntax[{"a":1}{"a":2}]`)
	f(`{"values":[1]}`, `!bad_syntax[{"values":[1]}]`)
	f(`{"a":NaN}`, `!bad_value[{"a":NaN}]`)
	f(`{"a":-inf}`, `!bad_value[{"a":-inf}]`)
	// Names in any language, but printable and not endless.
	f(`{"有功功率":1.5}`, `有功功率=1.5@0`)
	f(`{"":1}`, `!bad_value[{"":1}]`)
	f(`{"a\u0000b":1}`, `!bad_value[{"a\u0000b":1}]`)
	f(`{"`+strings.Repeat("x", 128)+`":1}`, strings.Repeat("x", 128)+`=1@0`)
	f(`{"`+strings.Repeat("x", 129)+`":1}`, `!bad_value[{"`+strings.Repeat("x", 129)+`":1}]`)
	// Rounding is the nearest double, also where a quick conversion is off.
	f(`{"a":9007199254740993.5,"b":0.1,"c":5e-324,"d":1.7976931348623157e308}`, `a=9.007199254740994e+15@0 b=0.1@0 c=5e-324@0 d=1.7976931348623157e+308@0`)
}

func TestEvents(t *testing.T) {
	ms := int64(received)
	f := func(payload, want string) {
		t.Helper()
		var out Output
		NewJSON(telemetry.DefaultClockPolicy()).Decode(&out, Message{Device: lift, Stream: telemetry.StreamEvent, Payload: []byte(payload), Received: received})
		if got := show(&out); got != want {
			t.Errorf("%s\n got %s\nwant %s", payload, got, want)
		}
	}
	f(fmt.Sprintf(`{"ts":%d,"event":"entrapment","id":"x1","attrs":{"floor": 7}}`, ms-9), `entrapment(x1,life_safety){"floor":7}@-9`)
	f(`{"event":"fault","id":12,"severity":"warning"}`, `fault(12,warning){}@0`)
	f(`{"event":"own_kind","id":"a"}`, `own_kind(a,info){}@0`)
	f(`[{"event":"arrived","id":"a"},{"event":"released","id":"b"}]`, `arrived(a,info){}@0 released(b,info){}@0`)
	f(`{"event":"","id":"a"}`, `!bad_event[{"event":"","id":"a"}]`)
	f(`{"id":"a"}`, `!bad_event[{"id":"a"}]`)
	f(`{"event":"fault","severity":"urgent"}`, `!bad_event[{"event":"fault","severity":"urgent"}]`)
	f(`{"event":"fault","attrs":[1]}`, `!bad_event[{"event":"fault","attrs":[1]}]`)
	f(`{"event":"fault","id":{}}`, `!bad_event[{"event":"fault","id":{}}]`)
	f(`{"ts":0,"event":"entrapment"}`, `!clock_behind[{"ts":0,"event":"entrapment"}]`)
}

// An event without an id of its own has one that depends on what it says and on
// nothing else, so that a repetition is recognised.
func TestDerivedEventID(t *testing.T) {
	id := func(payload string, at telemetry.Millis) string {
		var out Output
		NewJSON(telemetry.DefaultClockPolicy()).Decode(&out, Message{Device: lift, Stream: telemetry.StreamEvent, Payload: []byte(payload), Received: at})
		return out.Events[0].ID
	}
	base := fmt.Sprintf(`{"ts":%d,"event":"fault","attrs":{"code":3}}`, received)
	if id(base, received) != id(base, received+5000) {
		t.Error("the same dated event received twice has two ids")
	}
	for _, other := range []string{
		fmt.Sprintf(`{"ts":%d,"event":"fault","attrs":{"code":4}}`, received),
		fmt.Sprintf(`{"ts":%d,"event":"fault","attrs":{"code":3}}`, received-1),
		fmt.Sprintf(`{"ts":%d,"event":"faults","attrs":{"code":3}}`, received),
	} {
		if id(base, received) == id(other, received) {
			t.Errorf("%s and %s have the same id", base, other)
		}
	}
}

func TestStatus(t *testing.T) {
	f := func(payload, want string) {
		t.Helper()
		var out Output
		NewJSON(telemetry.DefaultClockPolicy()).Decode(&out, Message{Device: lift, Stream: telemetry.StreamStatus, Payload: []byte(payload), Received: received})
		if got := show(&out); got != want {
			t.Errorf("%q: got %s, want %s", payload, got, want)
		}
	}
	f("online", "online=true")
	f("offline", "online=false")
	f("\"offline\"\n", "online=false")
	f("", "!empty[]")
	f("ONLINE", "!bad_syntax[ONLINE]")
}

// FuzzJSON holds the decoder against encoding/json: it never panics, what it
// takes is finite and well named, every part of the input is either taken or
// quarantined, what is quarantined as a part is itself valid input, and numbers
// agree with the standard library.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"ts":1763800000123,"values":{"power_kw":3.2,"energy_kwh":1234.5}}`, `[{"a":1},{"b":"x"}]`,
		`{"event":"fault","id":"1","attrs":{"a":[1,2,{"b":null}]}}`, `{"a":1e999}`, `{"a":"\ud800"}`, `[[[[[[`, "online", `{"ts":"2026-11-22T08:00:00Z","a":true}`,
	} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(1))
		f.Add([]byte(s), uint8(2))
	}
	f.Fuzz(func(t *testing.T, payload []byte, stream uint8) {
		s := []telemetry.Stream{telemetry.StreamTelemetry, telemetry.StreamEvent, telemetry.StreamStatus}[stream%3]
		m := Message{Device: meter, Stream: s, Payload: payload, Received: received}
		var out, again Output
		j := NewJSON(telemetry.DefaultClockPolicy())
		j.Decode(&out, m)
		if show(&out) == "" {
			t.Fatal("neither taken nor quarantined")
		}
		j.Decode(&again, m)
		if show(&out) != show(&again) {
			t.Fatal("the same message decoded differently")
		}
		for _, r := range out.Readings {
			if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || telemetry.CheckName(r.Metric) != nil {
				t.Fatalf("took %q = %v", r.Metric, r.Value)
			}
		}
		for _, r := range out.Rejects {
			if !bytes.Equal(r.Payload, payload) && !json.Valid(r.Payload) && json.Valid(payload) {
				t.Fatalf("quarantined a part that is not valid on its own: %q", r.Payload)
			}
		}
		var flat map[string]float64
		if s == telemetry.StreamTelemetry && json.Unmarshal(payload, &flat) == nil && len(out.Rejects) == 0 {
			for _, r := range out.Readings {
				if want, ok := flat[r.Metric]; ok && want != r.Value && bytes.Count(payload, []byte(r.Metric)) == 1 {
					t.Fatalf("%s: got %v, want %v", r.Metric, r.Value, want)
				}
			}
		}
	})
}

func BenchmarkTelemetry(b *testing.B) {
	payload := []byte(`{"ts":1795334400123,"values":{"power_kw":3.214,"energy_kwh":1234.56,"voltage_v":229.8,"current_a":14.012,"power_factor":0.981}}`)
	j := NewJSON(telemetry.ClockPolicy{MaxAhead: time.Hour * 1e5, MaxBehind: time.Hour * 1e5})
	var out Output
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		j.Decode(&out, Message{Device: meter, Stream: telemetry.StreamTelemetry, Payload: payload, Received: received})
	}
	if len(out.Readings) != 5 {
		b.Fatal(show(&out))
	}
}
