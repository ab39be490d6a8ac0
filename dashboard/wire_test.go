package dashboard

import (
	"encoding/json"
	"math"
	"testing"
	"unicode/utf8"

	"steward/internal/live"
	"steward/internal/telemetry"
)

// What we write must read back as encoding/json would have written it.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "电梯 7", `"\` + "\x00\x1f\n", "\xff\xfe", "a\xe4\xb8", "\u2028", "<script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := appendString(nil, s)
		if !utf8.Valid(b) {
			t.Fatalf("%q becomes bytes that are not UTF-8: %q", s, b)
		}
		var got, want string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q becomes %s: %v", s, b, err)
		}
		reference, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(reference, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("%q reads back as %q, want %q", s, got, want)
		}
	})
}

func FuzzAppendFloat(f *testing.F) {
	for _, v := range []float64{0, -0.1, 3.25, 1e300, 5e-324, math.MaxInt64} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		b := appendFloat(nil, v)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if string(b) != "null" {
				t.Fatalf("%v becomes %s", v, b)
			}
			return
		}
		var got float64
		if err := json.Unmarshal(b, &got); err != nil || got != v {
			t.Fatalf("%v becomes %s, read back as %v: %v", v, b, got, err)
		}
	})
}

// Everything that devices can say goes through one snapshot and one delta.
func TestHostileTextStaysText(t *testing.T) {
	const hostile = "\"},\"x\":[\x00\xff</script>\u2028\\"
	s := serve(t, live.Options{}, Options{}, nil)
	v := s.mustView("")
	v.until(t, "snapshot")
	odd := &telemetry.Device{Region: "r\"", Project: "p\\", Class: "c\n", ID: hostile}
	say := func() {
		s.board.Reading(reading(odd, hostile, math.Inf(1)))
		s.board.State(telemetry.State{Device: odd, Metric: "state", TS: now(), Received: now(), Value: hostile})
		s.board.Event(telemetry.Event{Device: odd, Kind: hostile, ID: hostile, Severity: telemetry.Severity(hostile), TS: now(), Received: now(), Attrs: hostile})
		s.board.Rejected(telemetry.DeadLetter{
			ID: hostile, Received: now(), Topic: hostile, Payload: []byte(hostile), Codec: hostile, Reason: telemetry.Reason(hostile), Error: hostile,
		})
	}
	clean := string([]rune(hostile)) // each bad byte becomes U+FFFD
	check := func(m map[string]any) {
		t.Helper()
		values := items(m, "devices")[0]["values"].(map[string]any)
		if got, ok := values[clean]; !ok || got.([]any)[0] != nil {
			t.Errorf("an infinity under a hostile name reads back as %v", values)
		}
		if got := values["state"].([]any)[0]; got != clean {
			t.Errorf("state reads back as %q", got)
		}
		e := items(m, "events")[0]
		if e["kind"] != clean || e["id"] != clean || e["severity"] != clean || len(e["attrs"].(map[string]any)) != 0 {
			t.Errorf("event reads back as %q", e)
		}
		r := items(m, "rejected")[0]
		if r["topic"] != clean || r["preview"] != clean || r["error"] != clean {
			t.Errorf("rejected message reads back as %q", r)
		}
	}
	say()
	for {
		if m := v.until(t, "delta"); len(items(m, "devices")) > 0 {
			check(m)
			break
		}
	}
	check(s.mustView("").until(t, "snapshot"))
}
