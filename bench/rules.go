package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/rule"
	"steward/ingest/codec"
	"steward/internal/telemetry"
)

// rulesRun is something that was done with messages on one core.
type rulesRun struct {
	What     string  `json:"what"`
	Messages float64 `json:"messages_per_second"`
	Values   float64 `json:"values_per_second"` // readings, or events
}

// ruleMemory is what the evaluation keeps, in bytes.
type ruleMemory struct {
	Devices       int     `json:"devices"`
	RuleDevices   int     `json:"rule_devices"` // pairs of a rule and a device for which it holds
	PerDevice     float64 `json:"bytes_per_device"`
	PerRuleDevice float64 `json:"bytes_per_rule_device"`
}

const (
	ruleCount = 500
	// lookedAt are those of them that each reading of power, and each fault, has looked at.
	lookedAt = 50
	// memoryDevices are enough that what the engine has by itself does not count.
	memoryDevices = 100_000
)

// What is compared, of readings and of events.
const (
	decoding = "decoding alone, "
	through  = "through 500 rules, "
)

// rules measures the evaluation alone, on one core and without any I/O, and
// decoding the same messages, in turn.
func (b *bench) rules() error {
	set, err := manyRules()
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, of := range []struct {
		name string
		all  []rawMessage
	}{{"readings", telemetryMessages()}, {"events", eventMessages()}} {
		decoder := codec.NewJSON(telemetry.DefaultClockPolicy())
		inputs, err := decodeAll(decoder, of.all)
		if err != nil {
			return err
		}
		values := len(inputs[0].Readings) + len(inputs[0].Events)
		e := engine.New(engine.Options{Estate: estate.New()})
		now := inputs[0].Received
		e.SetRules(set, now)
		var out codec.Output
		raised, sent := 0, 0
		rates := inTurn(
			func(n int) { out.Reset(); decoder.Decode(&out, of.all[n%len(of.all)].message()) },
			func(n int) {
				in := inputs[n%len(inputs)]
				if sent++; sent%5 == 0 { // 5,000 a second of its time
					now++
				}
				move(in, now)
				raised += len(e.Process(in))
			})
		if raised > 0 {
			return fmt.Errorf("%d signals where no rule holds", raised)
		}
		for i, what := range []string{decoding, through} {
			r := rulesRun{what + of.name, rates[i], rates[i] * float64(values)}
			b.report.Rules = append(b.report.Rules, r)
			b.say("  %s: %.0f messages/s, %.0f values/s", r.What, r.Messages, r.Values)
		}
	}
	return nil
}

// manyRules are rules of the kinds that a company has. Some are looked at for each
// message, and none of them holds.
func manyRules() (*rule.Set, error) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range ruleCount {
		fmt.Fprintf(&text, "  - name: rule-%d\n    incident: repair\n    severity: warning\n    title: { zh: 规则, en: Rule }\n", i)
		class := telemetry.Classes()[i%4]
		switch {
		case i < lookedAt:
			fmt.Fprintf(&text, "    kind: value\n    class: meter\n    metric: power_kw\n    when: value > %d && device.medium != \"heat\"\n    for: 1m\n", 1_000_000+i)
		case i < 2*lookedAt:
			fmt.Fprintf(&text, "    kind: event\n    class: elevator\n    when: event.kind == \"fault\" && num(event.attrs.code) > %d\n", 1_000_000+i)
		case i%3 == 0:
			fmt.Fprintf(&text, "    kind: value\n    place: elsewhere\n    class: %s\n    metric: power_kw\n    when: value > %d\n", class, i)
		case i%3 == 1:
			fmt.Fprintf(&text, "    kind: value\n    class: %s\n    metric: other_%d\n    when: value > 3 && latest(\"another_%d\") > 1\n", class, i, i)
		default:
			fmt.Fprintf(&text, "    kind: event\n    class: %s\n    when: event.kind == \"kind_%d\"\n", class, i)
		}
	}
	return ruleSet(text.String())
}

func ruleSet(text string) (*rule.Set, error) {
	rules, err := rule.Parse("bench.yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	return rule.NewSet(rules)
}

// rawMessage is one as it is in the spool.
type rawMessage struct {
	device   telemetry.Device
	stream   telemetry.Stream
	payload  []byte
	received telemetry.Millis
}

func (m *rawMessage) message() codec.Message {
	return codec.Message{Device: &m.device, Stream: m.stream, Payload: m.payload, Received: m.received}
}

// telemetryMessages is one message of each meter of the fleet.
func telemetryMessages() []rawMessage {
	a, now := newAuthor(), time.Now()
	all := make([]rawMessage, devices)
	for n := range all {
		topic, payload := a.compose(uint64(n), now, 1)
		d, stream, err := telemetry.ParseTopic(topic)
		if err != nil {
			panic(err) // they are our own
		}
		all[n] = rawMessage{d, stream, slices.Clone(payload), telemetry.MillisOf(now)}
	}
	return all
}

// eventMessages are faults of lifts.
func eventMessages() []rawMessage {
	now := time.Now()
	all := make([]rawMessage, devices)
	for n := range all {
		d := lift(n % 1000)
		payload := fmt.Sprintf(`{"ts":%d,"event":"fault","id":"%d","attrs":{"code":%d}}`, now.UnixMilli(), n, n%100)
		all[n] = rawMessage{d, telemetry.StreamEvent, []byte(payload), telemetry.MillisOf(now)}
	}
	return all
}

func decodeAll(decoder *codec.JSON, all []rawMessage) ([]*engine.Input, error) {
	inputs := make([]*engine.Input, len(all))
	for n := range all {
		m := &all[n]
		var out codec.Output
		decoder.Decode(&out, m.message())
		if len(out.Rejects) > 0 {
			return nil, fmt.Errorf("%s: %w", m.payload, out.Rejects[0].Err)
		}
		inputs[n] = &engine.Input{
			Received: m.received, Topic: m.device.Topic(m.stream), Payload: m.payload, Readings: out.Readings, Events: out.Events,
		}
	}
	return inputs, nil
}

// move has a message be made and received at a time.
func move(in *engine.Input, now telemetry.Millis) {
	in.Received = now
	for i := range in.Readings {
		in.Readings[i].TS, in.Readings[i].Received = now, now
	}
	for i := range in.Events {
		in.Events[i].TS, in.Events[i].Received = now, now
	}
}

// inTurn does each of some things for two seconds, a little at a time in turn, so
// that what disturbs one disturbs the others too. It gives how often a second each
// was done.
func inTurn(do ...func(n int)) []float64 {
	const rounds, each, look = 10, 200 * time.Millisecond, 256
	counts, took := make([]int, len(do)), make([]time.Duration, len(do))
	for range rounds {
		for i, f := range do {
			begin := time.Now()
			for time.Since(begin) < each {
				for range look {
					f(counts[i])
					counts[i]++
				}
			}
			took[i] += time.Since(begin)
		}
	}
	rates := make([]float64, len(do))
	for i := range do {
		rates[i] = float64(counts[i]) / took[i].Seconds()
	}
	return rates
}

// ruleMemory measures the heap of an engine that watches many devices, of which
// each has one rule that holds, and of another, of which each has five.
func (b *bench) ruleMemory() error {
	one, pairs, err := heapOf(1)
	if err != nil {
		return err
	}
	five, morePairs, err := heapOf(5)
	if err != nil {
		return err
	}
	m := ruleMemory{Devices: memoryDevices, RuleDevices: morePairs}
	m.PerRuleDevice = (five - one) / float64(morePairs-pairs)
	m.PerDevice = one/memoryDevices - m.PerRuleDevice
	b.report.RuleMemory = &m
	b.say("  %.0f bytes a device, and %.0f more for each rule that holds", m.PerDevice, m.PerRuleDevice)
	return nil
}

// heapOf is the heap of an engine in which so many rules hold for each device, and
// how many pairs of a rule and a device it has.
func heapOf(rules int) (bytes float64, pairs int, err error) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range rules {
		fmt.Fprintf(&text, "  - name: rule-%d\n    kind: value\n    class: meter\n    metric: power_kw\n    when: value > 3\n    for: 1h\n    incident: repair\n    severity: warning\n    title: { zh: 规则, en: Rule }\n", i)
	}
	set, err := ruleSet(text.String())
	if err != nil {
		return 0, 0, err
	}
	now := telemetry.MillisOf(time.Now())
	before := heap()
	e := engine.New(engine.Options{Estate: estate.New()})
	e.SetRules(set, now)
	for n := range memoryDevices {
		d := telemetry.Device{Region: "region-1", Project: "estate-01", Class: telemetry.Meter, ID: fmt.Sprintf("meter-%06d", n)}
		in := &engine.Input{Received: now}
		for _, metric := range metrics {
			in.Readings = append(in.Readings, telemetry.Reading{Device: &d, Metric: metric, TS: now, Received: now, Value: 9})
		}
		e.Process(in)
	}
	bytes = heap() - before
	pairs = e.Stats().Instances
	runtime.KeepAlive(e)
	if pairs != rules*memoryDevices {
		return 0, 0, fmt.Errorf("the engine has state for %d pairs of a rule and a device, want %d", pairs, rules*memoryDevices)
	}
	return bytes, pairs, nil
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// oneCore is the mode of the ratios of rules.
const oneCore = "one core"

// ruleRatios compares the evaluation with decoding.
func ruleRatios(runs []rulesRun) (out []ratio) {
	for _, r := range runs {
		name, ok := strings.CutPrefix(r.What, through)
		i := slices.IndexFunc(runs, func(o rulesRun) bool { return o.What == decoding+name })
		if ok && i >= 0 {
			out = append(out, ratio{name + "/s", oneCore, "500 rules", "decoding", r.Values / runs[i].Values})
		}
	}
	return out
}
