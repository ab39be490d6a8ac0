package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"steward/internal/telemetry"
)

// The contract's payloads, as strict as encoding/json can be.
type (
	telemetryPayload struct {
		TS     telemetry.Millis `json:"ts"`
		Values map[string]any   `json:"values"`
		Seq    uint64           `json:"seq"`
	}
	eventPayload struct {
		TS       telemetry.Millis `json:"ts"`
		Event    string           `json:"event"`
		ID       string           `json:"id"`
		Severity string           `json:"severity"`
		Attrs    map[string]any   `json:"attrs"`
	}
)

func strict(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", b, err)
	}
	if dec.More() {
		return fmt.Errorf("%s: more than one value", b)
	}
	return nil
}

// samplesOf decodes a telemetry payload, a single one or a list.
func samplesOf(t *testing.T, m Message) []telemetryPayload {
	t.Helper()
	var list []telemetryPayload
	var err error
	if m.Payload[0] == '[' {
		err = strict(m.Payload, &list)
	} else {
		list = make([]telemetryPayload, 1)
		err = strict(m.Payload, &list[0])
	}
	if err != nil {
		t.Fatalf("%s: %v", m.Topic, err)
	}
	return list
}

var metricsOf = map[string][]string{
	Electricity: {"energy_kwh", "power_kw", "reactive_kvarh", "voltage_v", "current_a", "power_factor"},
	Water:       {"volume_m3", "flow_m3h", "pressure_kpa"},
	Gas:         {"volume_m3", "flow_m3h", "pressure_kpa"},
	Heat:        {"heat_gj", "power_kw", "flow_m3h", "supply_c", "return_c"},
	Lift: {"floor", "speed_ms", "direction", "door_open", "passenger", "load_kg",
		"trips_total", "door_cycles_total", "run_hours", "mode"},
	Smoke:   {"smoke_ppm", "temperature_c", "battery_v"},
	Hydrant: {"water_pressure_mpa", "battery_v"},
	Tank:    {"water_level_m"},
	Gate:    {"passages_total", "denied_total", "door_open", "battery_v"},
	Door:    {"passages_total", "denied_total", "door_open", "battery_v"},
}

// TestMessagesKeepTheContract: all of a morning's topics and payloads.
func TestMessagesKeepTheContract(t *testing.T) {
	f := newFleet(t, Config{Seed: 1, Devices: 300})
	start := begin.Add(7 * time.Hour)
	f.Advance(start)
	live, err := f.Live(LiveConfig{Start: start, Drama: 4})
	if err != nil {
		t.Fatal(err)
	}
	offset := map[string]telemetry.Millis{}
	for _, o := range f.Truth().ClockOffsets {
		offset[o.Device] = seconds(o.Seconds)
	}
	devices := f.Devices()
	seqs, lists := map[int]uint64{}, 0
	streams := map[telemetry.Stream]int{}
	last := start
	for m := live.Next(); m.At.Before(start.Add(40 * time.Minute)); m = live.Next() {
		info := devices[m.Device]
		ref, stream, err := telemetry.ParseTopic(m.Topic)
		if err != nil || ref != info.Device || stream != m.Stream {
			t.Fatalf("topic %s of %s, stream %s: %v", m.Topic, info.Path, m.Stream, err)
		}
		if m.QoS != 1 || m.Retain != (stream == telemetry.StreamStatus) {
			t.Fatalf("%s: QoS %d, retain %v", m.Topic, m.QoS, m.Retain)
		}
		if m.At.Before(last) {
			t.Fatalf("%s is due at %s, after one due at %s", m.Topic, m.At, last)
		}
		last = m.At
		streams[stream]++
		switch stream {
		case telemetry.StreamTelemetry:
			samples := samplesOf(t, m)
			if len(samples) > 1 {
				lists++
			}
			for _, s := range samples {
				if s.Seq != seqs[m.Device]+1 {
					t.Errorf("%s: seq %d follows %d", m.Topic, s.Seq, seqs[m.Device])
				}
				seqs[m.Device] = s.Seq
				keys := metricsOf[info.Kind]
				if len(s.Values) != len(keys) {
					t.Errorf("%s: %v, want %v", m.Topic, s.Values, keys)
				}
				for k := range s.Values {
					if !slices.Contains(keys, k) {
						t.Errorf("%s reports %s", m.Topic, k)
					}
				}
			}
			if ts := samples[len(samples)-1].TS - offset[info.Path]; ts != telemetry.MillisOf(m.At) {
				t.Errorf("%s: sampled %s, due %s", m.Topic, ts, m.At)
			}
		case telemetry.StreamEvent:
			var e eventPayload
			if err := strict(m.Payload, &e); err != nil {
				t.Fatalf("%s: %v", m.Topic, err)
			}
			if e.Event == "" || e.ID == "" || e.Attrs == nil || e.TS-offset[info.Path] != telemetry.MillisOf(m.At) {
				t.Errorf("%s: %s, due %s", m.Topic, m.Payload, m.At)
			}
			if e.Severity != "" {
				if _, err := telemetry.ParseSeverity(e.Severity); err != nil {
					t.Errorf("%s: %v", m.Topic, err)
				}
			}
		case telemetry.StreamStatus:
			if s := string(m.Payload); s != "online" && s != "offline" {
				t.Errorf("%s: status %q", m.Topic, s)
			}
		}
	}
	if lists == 0 || streams[telemetry.StreamEvent] < 200 || streams[telemetry.StreamStatus] < 300 {
		t.Errorf("%d lists, messages by stream %v", lists, streams)
	}
}

func TestNumbersReadBack(t *testing.T) {
	for _, v := range []float64{0, 1, -1, 0.1, 3.2, 1234.56, 99999.99, 1e8, 0.001, -35.5, 1e-9, 1 << 60, math.MaxFloat64} {
		text := string(appendNumber(nil, v))
		if got, err := strconv.ParseFloat(text, 64); err != nil || got != v {
			t.Errorf("%v is written %q", v, text)
		}
	}
}

func BenchmarkTelemetryPayload(b *testing.B) {
	f := newFleet(b, Config{Seed: 1})
	var s sample
	f.devices[0].model.sample(telemetry.MillisOf(begin), &s)
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buf = appendTelemetry(buf[:0], 1763800000123, &s, 12345)
	}
	b.SetBytes(int64(len(buf)))
}

// BenchmarkNext is one message of a fleet that speaks as fast as it can.
func BenchmarkNext(b *testing.B) {
	f := newFleet(b, Config{Seed: 1})
	live, err := f.Live(LiveConfig{Start: begin, Rate: 20000})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		live.Next()
	}
}
