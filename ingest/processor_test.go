package ingest

import (
	"fmt"
	"strings"
	"testing"

	"steward/internal/telemetry"
)

const testNow = telemetry.Millis(1_795_334_400_000)

// script feeds a processor messages written one a line,
// "[dup][retained] client/packet topic payload", and prints what became of each.
type script struct {
	t    *testing.T
	proc *processor
	seq  uint64
}

func newScript(t *testing.T) *script {
	return &script{t: t, proc: newProcessor(telemetry.DefaultClockPolicy(), 1000)}
}

func (s *script) send(line, want string) {
	s.t.Helper()
	m := Message{Received: testNow}
	for {
		if rest, ok := strings.CutPrefix(line, "dup "); ok {
			m.Dup, line = true, rest
		} else if rest, ok := strings.CutPrefix(line, "retained "); ok {
			m.Retained, line = true, rest
		} else {
			break
		}
	}
	parts := strings.SplitN(line, " ", 3)
	client, packet, _ := strings.Cut(parts[0], "/")
	m.Client = client
	if _, err := fmt.Sscan(packet, &m.PacketID); err != nil {
		s.t.Fatal(err)
	}
	m.Topic, m.Payload = parts[1], []byte(parts[2])
	rec, err := parseRecord(append(appendEnvelope(nil, &m), m.Payload...))
	if err != nil {
		s.t.Fatal(err)
	}
	o := s.proc.process(s.seq, rec)
	s.seq++
	out := s.proc.out
	got := fmt.Sprintf("%s r%d s%d e%d u%d d%d", []string{"stored", "duplicate", "rejected"}[o],
		len(out.Readings), len(out.States), len(out.Events), len(out.Statuses), len(s.proc.letters))
	for _, l := range s.proc.letters {
		got += " " + string(l.Reason)
	}
	if got != want {
		s.t.Errorf("%s\n got %s\nwant %s", line, got, want)
	}
}

func TestProcessor(t *testing.T) {
	s := newScript(t)
	at := func(payload string) string { return strings.ReplaceAll(payload, "T0", fmt.Sprint(int64(testNow))) }

	s.send("a/1 property/r/p/meter/m1/telemetry "+at(`{"ts":T0,"values":{"a":1,"b":2}}`), "stored r2 s0 e0 u0 d0")
	// The device sends it again in another packet: nothing new in it.
	s.send("a/2 property/r/p/meter/m1/telemetry "+at(`{"ts":T0,"values":{"a":1,"b":2}}`), "duplicate r0 s0 e0 u0 d0")
	// A part of it is new.
	s.send("a/3 property/r/p/meter/m1/telemetry "+at(`{"ts":T0,"values":{"a":1,"b":3}}`), "stored r1 s0 e0 u0 d0")
	// The same from another device is another thing.
	s.send("a/4 property/r/p/meter/m2/telemetry "+at(`{"ts":T0,"values":{"a":1}}`), "stored r1 s0 e0 u0 d0")

	// Undated messages that are equal are two readings …
	s.send(`b/1 property/r/p/meter/m3/telemetry {"mode":"on"}`, "stored r0 s1 e0 u0 d0")
	// … unless received in the same millisecond, or delivered twice.
	s.send(`dup b/1 property/r/p/meter/m3/telemetry {"mode":"on"}`, "duplicate r0 s0 e0 u0 d0")
	// A first delivery may carry the DUP flag: the sender only fears a repetition.
	s.send(`dup b/2 property/r/p/meter/m4/telemetry {"mode":"on"}`, "stored r0 s1 e0 u0 d0")

	// Garbage is quarantined once however often it is delivered, and again when
	// it is sent again.
	s.send("c/1 property/r/p/meter/m1/telemetry garbage", "rejected r0 s0 e0 u0 d1 bad_syntax")
	s.send("dup c/1 property/r/p/meter/m1/telemetry garbage", "duplicate r0 s0 e0 u0 d0")
	s.send("c/2 property/r/p/meter/m1/telemetry garbage", "rejected r0 s0 e0 u0 d1 bad_syntax")
	s.send("c/3 property/r/p/boiler/m1/telemetry {}", "rejected r0 s0 e0 u0 d1 bad_topic")
	s.send("c/4 property/r/p {}", "rejected r0 s0 e0 u0 d1 bad_topic")
	s.send("c/5 property/R/p/meter/m1/telemetry {}", "rejected r0 s0 e0 u0 d1 bad_topic")

	// Events by their id.
	s.send(`d/1 property/r/p/elevator/e1/event {"event":"entrapment","id":"x"}`, "stored r0 s0 e1 u0 d0")
	s.send(`d/2 property/r/p/elevator/e1/event {"event":"entrapment","id":"x"}`, "duplicate r0 s0 e0 u0 d0")
	s.send(`d/3 property/r/p/elevator/e1/event {"event":"released","id":"x"}`, "stored r0 s0 e1 u0 d0")
	s.send(`d/4 property/r/p/elevator/e2/event {"event":"entrapment","id":"x"}`, "stored r0 s0 e1 u0 d0")

	// A change of status is an event; the broker's copy of an old one is only
	// the present state.
	s.send("e/1 property/r/p/elevator/e1/status offline", "stored r0 s0 e1 u1 d0")
	s.send("retained e/2 property/r/p/elevator/e1/status offline", "duplicate r0 s0 e0 u1 d0")
	s.send(`retained e/3 property/r/p/meter/m9/telemetry {"a":1}`, "duplicate r0 s0 e0 u0 d0")
	s.send("retained e/4 property/r/p/meter/m9/telemetry "+at(`{"ts":T0,"a":1}`), "stored r1 s0 e0 u0 d0")

	// A list keeps its good samples.
	s.send("f/1 property/r/p/meter/m5/telemetry "+at(`[{"ts":T0,"a":1},{"ts":0,"a":2}]`), "rejected r1 s0 e0 u0 d1 clock_behind")
}

func TestTruncatedPayloadIsQuarantined(t *testing.T) {
	m := Message{Topic: "property/r/p/meter/m1/telemetry", Payload: []byte(strings.Repeat("x", 100)), Received: testNow}
	rec, err := parseRecord(append(appendEnvelope(nil, &m), m.Payload[:40]...))
	if err != nil {
		t.Fatal(err)
	}
	p := newProcessor(telemetry.DefaultClockPolicy(), 10)
	if o := p.process(0, rec); o != rejected {
		t.Fatalf("outcome %d", o)
	}
	l := p.letters[0]
	if l.Reason != telemetry.TooLarge || len(l.Payload) != 40 || !strings.Contains(l.Error, "100 bytes, of which the first 40") {
		t.Errorf("%+v", l)
	}
}

func TestLateReadingsAreCountedAndKept(t *testing.T) {
	s := newScript(t)
	send := func(ts telemetry.Millis, want int) {
		t.Helper()
		s.send(fmt.Sprintf(`a/1 property/r/p/meter/m1/telemetry {"ts":%d,"a":1}`, ts), "stored r1 s0 e0 u0 d0")
		if s.proc.late != want {
			t.Errorf("at %d: %d late, want %d", ts-testNow, s.proc.late, want)
		}
	}
	send(testNow-5000, 0)
	send(testNow-1000, 0)
	send(testNow-3000, 1)
	send(testNow, 0)
}

// The same records after a restart give the same batch: that is what makes the
// token of a repeated insert true.
func TestProcessorIsDeterministic(t *testing.T) {
	run := func() string {
		p := newProcessor(telemetry.DefaultClockPolicy(), 50) // small, so that it forgets
		var all strings.Builder
		for i := range 2000 {
			m := Message{Client: "a", PacketID: uint16(i % 90), Dup: i%3 == 0, Received: testNow, Topic: fmt.Sprintf("property/r/p/meter/m%d/telemetry", i%7)}
			m.Payload = fmt.Appendf(nil, `{"ts":%d,"a":%d,"b":"x"}`, testNow-telemetry.Millis(i%13), i%3)
			rec, err := parseRecord(append(appendEnvelope(nil, &m), m.Payload...))
			if err != nil {
				t.Fatal(err)
			}
			o := p.process(uint64(i), rec)
			fmt.Fprint(&all, i, o, p.late, p.dropped)
			for _, r := range p.out.Readings {
				fmt.Fprint(&all, r.Device, r.Metric, r.TS, r.Value)
			}
			for _, s := range p.out.States {
				fmt.Fprint(&all, s.Device, s.Metric, s.TS, s.Value)
			}
		}
		return all.String()
	}
	if first, second := run(), run(); first != second {
		t.Error("two runs over the same records differ")
	}
}

func FuzzRecord(f *testing.F) {
	m := Message{Topic: "property/r/p/meter/m1/telemetry", Payload: []byte("{}"), Received: testNow, Client: "c", PacketID: 7, Dup: true}
	f.Add(append(appendEnvelope(nil, &m), m.Payload...))
	f.Add([]byte{})
	f.Add([]byte{recordVersion})
	m.refused = true
	f.Add(append(appendEnvelope(nil, &m), m.Payload...))
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := parseRecord(b)
		if err != nil {
			return
		}
		newProcessor(telemetry.DefaultClockPolicy(), 16).process(1, rec)
		back := appendEnvelope(nil, &Message{Topic: string(rec.topic), Payload: rec.payload, Received: rec.received, PacketID: rec.packetID, Dup: rec.dup, Retained: rec.retained, refused: rec.refused})
		if again, err := parseRecord(append(back, rec.payload...)); err != nil || string(again.topic) != string(rec.topic) || again.received != rec.received || again.dup != rec.dup || again.retained != rec.retained || again.refused != rec.refused {
			t.Fatalf("%+v came back as %+v: %v", rec, again, err)
		}
	})
}

func BenchmarkProcess(b *testing.B) {
	p := newProcessor(telemetry.ClockPolicy{MaxAhead: 1 << 62, MaxBehind: 1 << 62}, 1_000_000)
	var raws [][]byte
	for i := range 5000 {
		m := Message{Topic: fmt.Sprintf("property/east/p%d/meter/m%d/telemetry", i%12, i), Received: testNow, Client: "c"}
		m.Payload = fmt.Appendf(nil, `{"ts":%d,"values":{"power_kw":3.214,"energy_kwh":1234.56,"voltage_v":229.8,"current_a":14.012,"power_factor":0.981}}`, testNow)
		raws = append(raws, append(appendEnvelope(nil, &m), m.Payload...))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		rec, _ := parseRecord(raws[i%len(raws)])
		rec.received += telemetry.Millis(i)
		p.process(uint64(i), rec)
	}
}
