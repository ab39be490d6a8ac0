package engine

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"steward/alerting/estate"
	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// many are n rules of all kinds over the four classes. With metric their value
// rules look at what devices send, else at what none does.
func many(b *testing.B, n int, metric string) *rule.Set {
	var text strings.Builder
	classes := telemetry.Classes()
	for i := range n {
		class := classes[i%len(classes)]
		switch i / 4 % 5 {
		case 0, 1:
			fmt.Fprintf(&text, "name: value-%d\nkind: value\nclass: %s\nmetric: %s\nwhen: value > %d && device.medium != \"heat\"\nfor: 1m\n", i, class, metric, 1000+i)
		case 2:
			fmt.Fprintf(&text, "name: event-%d\nkind: event\nclass: %s\nwhen: event.kind == \"kind-%d\"\n", i, class, i)
		case 3:
			fmt.Fprintf(&text, "name: several-%d\nkind: value\nclass: %s\nmetric: other_%d\nwhen: value > 3 && latest(\"another_%d\") > 1\n", i, class, i, i)
		default:
			fmt.Fprintf(&text, "name: places-%d\nkind: value\nplace: north\nclass: %s\nmetric: power_kw\nwhen: value > %d\n", i, class, i)
		}
	}
	return ruleSet(b, text.String())
}

// traffic is one message with five readings of each of n devices.
func traffic(n int) []*Input {
	var all []*Input
	for i := range n {
		d := telemetry.Device{Region: "south", Project: fmt.Sprintf("p%d", i%50), Class: telemetry.Classes()[i%4], ID: fmt.Sprintf("d%d", i)}
		in := &Input{Topic: d.Topic(telemetry.StreamTelemetry), Payload: []byte(`{}`)}
		for _, metric := range []string{"power_kw", "voltage_v", "current_a", "energy_kwh", "power_factor"} {
			in.Readings = append(in.Readings, telemetry.Reading{Device: &d, Metric: metric, Value: float64(i % 100)})
		}
		all = append(all, in)
	}
	return all
}

// send gives the engine the messages again and again, at 5,000 a second of its
// time.
func send(b *testing.B, e *Engine, all []*Input) {
	b.ReportAllocs()
	now, readings := start, 0
	for n := 0; b.Loop(); n++ {
		in := all[n%len(all)]
		if n%5 == 0 {
			now++
		}
		in.Received = now
		for i := range in.Readings {
			in.Readings[i].TS, in.Readings[i].Received = now, now
		}
		if out := e.Process(in); len(out) > 0 {
			b.Fatal(out)
		}
		readings += len(in.Readings)
	}
	b.ReportMetric(float64(readings)/b.Elapsed().Seconds(), "readings/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// 500 rules, none of which is about what comes (the places of a fifth are others).
func BenchmarkUnconcerned500(b *testing.B) {
	e := New(Options{Estate: estate.New()})
	e.SetRules(many(b, 500, "unheard_of"), start)
	send(b, e, traffic(20_000))
}

// 500 rules, of which every message has 50 looked at, and none holds.
func BenchmarkLookedAt500(b *testing.B) {
	e := New(Options{Estate: estate.New()})
	e.SetRules(many(b, 500, "power_kw"), start)
	send(b, e, traffic(20_000))
}

// A rule of absence: each message moves a silence.
func BenchmarkAbsence(b *testing.B) {
	e := New(Options{Estate: estate.New()})
	e.SetRules(ruleSet(b, `
		name: silent
		kind: absence
		class: meter
		absence: { factor: 3, min: 10m, max: 6h }
	`), start)
	send(b, e, traffic(20_000))
}

// An event of a kind that no rule of 500 names.
func BenchmarkEvent500(b *testing.B) {
	e := New(Options{Estate: estate.New()})
	e.SetRules(many(b, 500, "power_kw"), start)
	d := telemetry.Device{Region: "south", Project: "p", Class: telemetry.Access, ID: "gate"}
	in := &Input{Received: start, Events: []telemetry.Event{{Device: &d, Kind: "granted", ID: "1", TS: start, Attrs: "{}"}}}
	b.ReportAllocs()
	for b.Loop() {
		e.Process(in)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

const benchDevices = 100_000

// holding is an engine that has state for each of 100,000 devices.
func holding(text string) (*Engine, uint64, func(testing.TB)) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	all := traffic(benchDevices)
	e := New(Options{Estate: estate.New()})
	before := heap()
	return e, before, func(t testing.TB) {
		e.SetRules(ruleSet(t, text), start)
		for _, in := range all {
			in.Received = start
			for i := range in.Readings {
				in.Readings[i].Device.Class = telemetry.Meter
				in.Readings[i].TS = start
			}
			e.Process(in)
		}
		after := heap()
		if b, ok := t.(*testing.B); ok {
			b.ReportMetric(float64(after-before)/benchDevices, "bytes/device")
		}
		runtime.KeepAlive(all)
	}
}

// What the engine keeps for each device, by how many of its rules hold.
func BenchmarkMemory(b *testing.B) {
	value := func(n int, when string) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "name: value-%d\nkind: value\nclass: meter\nmetric: power_kw\nwhen: value %s\nfor: 1h\n", i, when)
		}
		return text.String()
	}
	for name, text := range map[string]string{
		"idle":      value(4, "< 0"),
		"one":       value(1, ">= 0"),
		"four":      value(4, ">= 0"),
		"absence":   "name: silent\nkind: absence\nclass: meter\nabsence: { factor: 3, min: 10m, max: 6h }\n",
		"window":    "name: rising\nkind: rate\nclass: meter\nmetric: power_kw\nover: 1h\nper: 1m\nwhen: value > 3\n",
		"unwatched": "name: other\nkind: value\nclass: fire\nmetric: power_kw\nwhen: value > 3\n",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e, _, fill := holding(text)
				fill(b)
				runtime.KeepAlive(e)
			}
		})
	}
}

func BenchmarkSaveLoad(b *testing.B) {
	const text = "name: hot\nkind: value\nclass: meter\nmetric: power_kw\nwhen: value >= 0\nfor: 1h\n"
	e, _, fill := holding(text)
	fill(b)
	set := ruleSet(b, text)
	var state bytes.Buffer
	if err := e.Save(&state); err != nil {
		b.Fatal(err)
	}
	b.Run("save", func(b *testing.B) {
		for b.Loop() {
			if err := e.Save(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(state.Len())/benchDevices, "bytes/device")
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if err := New(e.opts).Load(bytes.NewReader(state.Bytes()), set); err != nil {
				b.Fatal(err)
			}
		}
	})
}
