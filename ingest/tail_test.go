package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// newTail is the tail of a spool whose store does nothing.
func newTail(t *testing.T, sp *spool.Spool, opts TailOptions) *Tail {
	t.Helper()
	reg := prometheus.NewRegistry()
	st, err := OpenStore(sp, &memoryStore{t: t}, StoreOptions{Clock: telemetry.DefaultClockPolicy()}, NewMetrics(reg), reg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	opts.Clock = telemetry.DefaultClockPolicy()
	tail, err := NewTail(st, "alerting", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tail.Close)
	return tail
}

func startTail(t *testing.T, tail *Tail, position uint64) {
	t.Helper()
	if err := tail.Start(t.Context(), position); err != nil {
		t.Fatal(err)
	}
}

// put puts messages into the spool.
func put(t *testing.T, sp *spool.Spool, messages ...Message) {
	t.Helper()
	in := NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20})
	in.now = func() time.Time { return testNow.Time() }
	for i := range messages {
		seq, err := in.acceptSoon(t.Context(), &messages[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := sp.WaitDurable(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
}

// anything is a random stream: readings, events that are sent again under other
// packets, deliveries that are repeated, statuses and garbage.
func anything(n int) []Message {
	r := rand.New(rand.NewPCG(1, 2))
	var all []Message
	for i := range n {
		m := Message{Client: "c", PacketID: uint16(i), Topic: fmt.Sprintf("property/r/p/elevator/e%d/event", r.IntN(3))}
		switch r.IntN(8) {
		case 0, 1, 2:
			m.Payload = fmt.Appendf(nil, `{"ts":%d,"event":"fault","id":"f%d"}`, testNow-1000, r.IntN(n/4))
		case 3:
			m.Topic = strings.Replace(m.Topic, "/event", "/telemetry", 1)
			m.Payload = fmt.Appendf(nil, `{"ts":%d,"floor":%d,"mode":"on"}`, testNow-telemetry.Millis(i), r.IntN(9))
		case 4:
			m.Topic = strings.Replace(m.Topic, "/event", "/status", 1)
			m.Payload, m.Retained = []byte("offline"), r.IntN(2) == 0
		case 5:
			m.Payload = []byte("garbage")
		default:
			if len(all) > 0 {
				m = all[r.IntN(len(all))]
				m.Dup = true
			}
		}
		all = append(all, m)
	}
	return all
}

// lines prints a message, for comparison.
func lines(d Decoded) string {
	var b strings.Builder
	fmt.Fprint(&b, d.Seq, " ", d.Received, " ", d.Topic, " ", string(d.Payload))
	for _, v := range d.Readings {
		fmt.Fprint(&b, " ", v.Device, v.Metric, v.TS, v.Value)
	}
	for _, v := range d.States {
		fmt.Fprint(&b, " ", v.Device, v.Metric, v.TS, v.Value)
	}
	for _, v := range d.Events {
		fmt.Fprint(&b, " ", v.Device, v.Kind, v.ID, v.TS)
	}
	for _, v := range d.Statuses {
		fmt.Fprint(&b, " ", v.Device, v.Online)
	}
	return b.String()
}

// take reads up to n messages of what is there.
func take(t *testing.T, tail *Tail, n int) (got []string) {
	t.Helper()
	for range n {
		d, ok, err := tail.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		got = append(got, lines(d))
	}
	return got
}

// The process dies after each message, before or after the cursor is saved, and
// what the consumer gets is what it would have got anyway.
func TestTailGivesTheSameOverRestarts(t *testing.T) {
	dir := t.TempDir()
	sp := openTestSpool(t, dir)
	put(t, sp, anything(150)...)
	undisturbed := newTail(t, sp, TailOptions{})
	startTail(t, undisturbed, 0)
	want := take(t, undisturbed, 1000)
	seen := map[string]bool{}
	for _, w := range want {
		_, event, ok := strings.Cut(w, `"fault"`)
		if ok && seen[event] {
			t.Fatalf("handed out twice: %s", w)
		}
		seen[event] = ok
	}
	undisturbed.Close()

	r := rand.New(rand.NewPCG(3, 4))
	var got []string
	var position uint64
	for {
		if err := sp.Close(); err != nil {
			t.Fatal(err)
		}
		sp = openTestSpool(t, dir)
		tail := newTail(t, sp, TailOptions{})
		startTail(t, tail, position)
		part := take(t, tail, 1)
		if len(part) == 0 {
			break
		}
		got, position = append(got, part...), tail.Position()
		if r.IntN(3) > 0 { // else it dies before
			if err := tail.Done(position - uint64(r.IntN(2))); err != nil {
				t.Fatal(err)
			}
		}
		tail.Close()
	}
	if !slices.Equal(got, want) || len(want) < 50 {
		t.Errorf("over restarts\n%s\nundisturbed\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A consumer whose state is older than the cursor gets again what it asks for.
func TestTailGoesBack(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	put(t, sp, anything(100)...)
	tail := newTail(t, sp, TailOptions{})
	startTail(t, tail, 0)
	want := take(t, tail, 1000)
	if err := tail.Done(tail.Position()); err != nil || tail.Saved() != 100 {
		t.Fatal(tail.Saved(), err)
	}
	startTail(t, tail, 0)
	if got := take(t, tail, 1000); !slices.Equal(got, want) {
		t.Errorf("again\n%s\nfirst\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	startTail(t, tail, 100)
	put(t, sp, anything(100)...) // all of its events are known
	if got := strings.Join(take(t, tail, 1000), "\n"); strings.Contains(got, "fault") {
		t.Errorf("events came again: %s", got)
	}
	if err := tail.Start(t.Context(), 201); err == nil || !strings.Contains(err.Error(), "record 201 is behind the end") {
		t.Errorf("start behind the end: %v", err)
	}
	startTail(t, tail, 200)
	if err := tail.Done(201); err == nil {
		t.Error("done with what was not read")
	}
	if tail.ID() != sp.ID() || tail.End() != 200 {
		t.Errorf("%s ends at %d", tail.ID(), tail.End())
	}
}

func TestTailWaits(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	tail := newTail(t, sp, TailOptions{})
	startTail(t, tail, 0)
	got := make(chan string)
	go func() {
		d, err := tail.Next(t.Context())
		got <- fmt.Sprint(d.Seq, len(d.Events), err)
	}()
	event := Message{Client: "c", PacketID: 1, Topic: "property/r/p/elevator/e1/event", Payload: []byte(`{"event":"entrapment"}`)}
	garbage := event
	garbage.Payload = []byte("garbage")
	put(t, sp, garbage, event)
	if g := <-got; g != "1 1 <nil>" {
		t.Errorf("got %s", g)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tail.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a tail at the end gave %v", err)
	}
	if err := sp.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tail.Next(t.Context()); !errors.Is(err, spool.ErrClosed) {
		t.Errorf("a tail of a closed spool gave %v", err)
	}
}

// What the disk lost is told, and the rest comes.
func TestTailTellsOfWhatIsLost(t *testing.T) {
	dir := t.TempDir()
	sp := openTestSpool(t, dir)
	put(t, sp, anything(50)...)
	if err := sp.Close(); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(dir + "/*.seg*")
	if err != nil || len(segments) == 0 {
		t.Fatal(segments, err)
	}
	text, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 0xff
	if err := os.WriteFile(segments[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	var lost []uint64
	sp = openTestSpool(t, dir)
	tail := newTail(t, sp, TailOptions{Lost: func(from, to uint64, err error) {
		if err == nil {
			t.Error("lost without a reason")
		}
		lost = append(lost, from, to)
	}})
	startTail(t, tail, 0)
	got := take(t, tail, 1000)
	if len(lost) != 2 || lost[1] != lost[0]+1 || tail.Position() != 50 || len(got) == 0 {
		t.Fatalf("lost %v, %d messages, at %d", lost, len(got), tail.Position())
	}
	startTail(t, tail, 50) // over the gap, which is no news
	if take(t, tail, 1000); len(lost) != 2 {
		t.Errorf("told again: %v", lost)
	}
}

// smallSpool has room for some hundred messages, in segments of 1 KiB.
func smallSpool(t *testing.T) *spool.Spool {
	t.Helper()
	sp, err := spool.Open(spool.Options{Dir: t.TempDir(), SyncInterval: time.Microsecond, MaxBytes: 32 << 10, SegmentBytes: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sp.Close() })
	return sp
}

// What is not done stays; what is done stays as long as there is room for it.
func TestTailHoldsTheSpool(t *testing.T) {
	sp := smallSpool(t)
	tail := newTail(t, sp, TailOptions{Window: 10})
	store, err := sp.Cursor(cursorName)
	if err != nil {
		t.Fatal(err)
	}
	startTail(t, tail, 0)
	in := NewIntake(sp, IntakeOptions{MaxPayload: 500})
	var full bool
	for i := 0; !full && i < 10_000; i++ {
		m := Message{Client: "c", PacketID: uint16(i), Topic: "property/r/p/meter/m1/telemetry", Payload: fmt.Appendf(nil, `{"a":%d}`, i)}
		seq, err := in.acceptSoon(t.Context(), &m)
		if full = errors.Is(err, spool.ErrFull); full {
			break
		}
		if err == nil {
			err = sp.WaitDurable(t.Context(), seq)
		}
		if err == nil {
			err = store.Save(spool.State{Position: seq + 1, Keep: seq + 1})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if st := sp.Stats(); !full || st.First != 0 {
		t.Fatalf("full is %v, the first record %d", full, st.First)
	}
	take(t, tail, 10_000)
	if err := tail.Done(tail.Position()); err != nil {
		t.Fatal(err)
	}
	if st := sp.Stats(); st.First == 0 || st.Full {
		t.Errorf("after all is done the spool is as full as before: %+v", st)
	}
	var lost []uint64
	tail.opts.Lost = func(from, to uint64, _ error) { lost = []uint64{from, to} }
	startTail(t, tail, 0)
	take(t, tail, 10_000)
	if want := []uint64{0, sp.Stats().First}; !slices.Equal(lost, want) {
		t.Errorf("lost %v, want %v", lost, want)
	}
}

// In a spool that is not full a part of it is kept for the memory of duplicates,
// and no more.
func TestTailKeepsAPart(t *testing.T) {
	sp := smallSpool(t)
	tail := newTail(t, sp, TailOptions{})
	store, err := sp.Cursor(cursorName)
	if err != nil {
		t.Fatal(err)
	}
	startTail(t, tail, 0)
	for i := range 1000 {
		put(t, sp, Message{Client: "c", PacketID: uint16(i), Topic: "property/r/p/meter/m1/telemetry", Payload: fmt.Appendf(nil, `{"a":%d}`, i)})
		if err := store.Save(spool.State{Position: uint64(i), Keep: uint64(i)}); err != nil {
			t.Fatal(err)
		}
		if len(take(t, tail, 10)) != 1 {
			t.Fatalf("message %d did not come", i)
		}
		if err := tail.Done(tail.Position()); err != nil {
			t.Fatal(err)
		}
	}
	st := sp.Stats()
	if kept := st.Bytes; kept < st.MaxBytes/maxReplayPart || kept > st.MaxBytes/2 || len(tail.marks) > 4*tailMarkPart {
		t.Errorf("%d bytes of %d are kept, %d marks", kept, st.MaxBytes, len(tail.marks))
	}
}

func TestTailLag(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	tail := newTail(t, sp, TailOptions{Registerer: prometheus.NewRegistry()})
	startTail(t, tail, 0)
	put(t, sp, Message{Client: "c", PacketID: 1, Topic: "property/r/p/meter/m1/telemetry", Payload: []byte(`{"a":1}`)})
	at := func(want time.Duration) {
		t.Helper()
		if got := tail.lag(testNow.Time().Add(time.Minute)); got != want {
			t.Errorf("lag %s, want %s", got, want)
		}
	}
	take(t, tail, 1)
	at(time.Minute) // in hand
	take(t, tail, 1)
	at(0)
}
