package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/spool"
	"steward/internal/mqtttest"
)

// eventually waits for a condition; it fails the test when it does not come.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// contents reads the topics and payloads of a spool so far, in order.
func contents(t *testing.T, sp *spool.Spool) []string {
	t.Helper()
	r := sp.Reader(0)
	defer r.Close()
	var all []string
	for {
		_, raw, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		rec, err := parseRecord(raw)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(rec.topic)+" "+string(rec.payload))
	}
}

func subscribe(t *testing.T, opts SubscriberOptions, in *Intake) (*Subscriber, func()) {
	t.Helper()
	sub := NewSubscriber(opts, in, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := sub.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop := sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	eventually(t, "the subscription", func() bool { return sub.Connected() == nil })
	return sub, stop
}

func publish(t *testing.T, addr string, n int, message func(i int) (topic, payload string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		topic, payload := message(i)
		if _, err := p.Publish(topic, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// The session outlives the subscriber: what is published meanwhile arrives, in
// order, and nothing twice.
func TestSubscriberKeepsItsSession(t *testing.T) {
	broker := mqtttest.Start(t, mqtttest.Options{})
	sp := openTestSpool(t, t.TempDir())
	opts := SubscriberOptions{Broker: broker.URL(), ClientID: "steward-test"}
	send := func(from, n int) {
		publish(t, broker.Addr(), n, func(i int) (string, string) { return "property/r/p/meter/m1/telemetry", fmt.Sprint(from + i) })
	}
	_, stop := subscribe(t, opts, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20}))
	send(0, 500)
	eventually(t, "500 messages", func() bool { return sp.Durable() == 500 })
	stop()
	send(500, 500)
	subscribe(t, opts, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20}))
	send(1000, 500)
	// What was taken and not yet acknowledged when the first one left is sent
	// again: at least once, and the first times in order.
	var first []string
	eventually(t, "1500 different messages", func() bool {
		first = nil
		seen := map[string]bool{}
		for _, m := range contents(t, sp) {
			if !seen[m] {
				seen[m] = true
				first = append(first, m)
			}
		}
		return len(first) == 1500
	})
	for i, got := range first {
		if want := fmt.Sprintf("property/r/p/meter/m1/telemetry %d", i); got != want {
			t.Fatalf("message %d is %q, want %q", i, got, want)
		}
	}
}

// Two in a group share the messages between them.
func TestSharedSubscription(t *testing.T) {
	broker := mqtttest.Start(t, mqtttest.Options{})
	var spools []*spool.Spool
	for i := range 2 {
		sp := openTestSpool(t, t.TempDir())
		subscribe(t, SubscriberOptions{Broker: broker.URL(), ClientID: fmt.Sprint("steward-", i), Group: "g"}, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20}))
		spools = append(spools, sp)
	}
	publish(t, broker.Addr(), 1000, func(i int) (string, string) { return "property/r/p/meter/m1/telemetry", fmt.Sprint(i) })
	eventually(t, "all messages", func() bool { return spools[0].Durable()+spools[1].Durable() == 1000 })
	seen := map[string]int{}
	for _, sp := range spools {
		if sp.Durable() == 0 {
			t.Error("one of the two got nothing")
		}
		for _, m := range contents(t, sp) {
			seen[m]++
		}
	}
	if len(seen) != 1000 {
		t.Errorf("%d different messages, want 1000", len(seen))
	}
}

// When the spool is full, readings stay with the broker, events still get in,
// and all of the readings come once there is room again.
func TestFullSpoolKeepsReadingsWithTheBroker(t *testing.T) {
	broker := mqtttest.Start(t, mqtttest.Options{})
	sp, err := spool.Open(spool.Options{
		Dir: t.TempDir(), MaxBytes: 96 << 10, ReserveBytes: 48 << 10, SegmentBytes: 8 << 10, MaxRecord: 2 << 10, SyncInterval: time.Microsecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sp.Close() })
	cursor, err := sp.Cursor("reader")
	if err != nil {
		t.Fatal(err)
	}
	subscribe(t, SubscriberOptions{Broker: broker.URL(), ClientID: "steward-test"}, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 10}))

	const n = 1000
	publish(t, broker.Addr(), n, func(i int) (string, string) {
		return "property/r/p/meter/m1/telemetry", fmt.Sprintf("%04d%s", i, strings.Repeat(" ", 200))
	})
	eventually(t, "a full spool", sp.Full)
	publish(t, broker.Addr(), 10, func(i int) (string, string) {
		return "property/r/p/elevator/e1/event", fmt.Sprint("event ", i)
	})
	seen := map[string]int{}
	read := func(r *spool.Reader) {
		for {
			seq, raw, ok, err := r.TryNext()
			if err != nil && !errors.As(err, new(*spool.TrimmedError)) {
				t.Fatal(err)
			}
			if !ok {
				return
			}
			rec, err := parseRecord(raw)
			if err != nil {
				t.Fatal(err)
			}
			if !rec.dup || seen[string(rec.payload)] == 0 {
				seen[string(rec.payload)]++
			}
			_ = seq
		}
	}
	r := sp.Reader(0)
	defer r.Close()
	eventually(t, "the events", func() bool {
		read(r)
		events := 0
		for m := range seen {
			if strings.HasPrefix(m, "event") {
				events++
			}
		}
		return events == 10
	})
	if len(seen) >= n {
		t.Fatal("the spool was never full: the test proves nothing")
	}
	// Somebody reads: there is room, and the rest is delivered again.
	eventually(t, "all readings", func() bool {
		read(r)
		if err := cursor.Save(spool.State{Position: r.Position(), Keep: r.Position()}); err != nil {
			t.Fatal(err)
		}
		return len(seen) == n+10
	})
	for m, times := range seen {
		if times != 1 {
			t.Errorf("%.20q came %d times unmarked", m, times)
		}
	}
}

func TestBrokerRefusesAndSaysWhy(t *testing.T) {
	broker := mqtttest.Start(t, mqtttest.Options{User: "steward", Password: "right"})
	if err := CheckBroker(SubscriberOptions{Broker: broker.URL(), User: "steward", Password: "right"}); err != nil {
		t.Error(err)
	}
	err := CheckBroker(SubscriberOptions{Broker: broker.URL(), User: "steward", Password: "wrong"})
	if !errors.Is(err, ErrBrokerAuth) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v", err)
	}
	addr := broker.URL()
	if err := broker.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := CheckBroker(SubscriberOptions{Broker: addr}); !errors.Is(err, ErrBrokerUnreachable) {
		t.Errorf("got %v", err)
	}
}

func startTestBroker(t *testing.T, opts BrokerOptions, in *Intake) *Broker {
	t.Helper()
	opts.Listen = "127.0.0.1:0"
	m := in.opts.Metrics
	if m == nil {
		m = NewMetrics(prometheus.NewRegistry())
	}
	b, err := StartBroker(opts, in, m, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// The embedded broker has on disk what it acknowledges, on whatever topic.
func TestEmbeddedBrokerSpoolsBeforeItAcknowledges(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	b := startTestBroker(t, BrokerOptions{Anonymous: true}, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20}))
	publish(t, b.Addr(), 200, func(i int) (string, string) {
		if i%10 == 9 {
			return "some/wrong/topic", fmt.Sprint(i)
		}
		return "property/r/p/meter/m1/telemetry", fmt.Sprint(i)
	})
	// publish returned, so all is acknowledged; so all must be durable already.
	if got := sp.Durable(); got != 200 {
		t.Errorf("%d messages are on disk, 200 are acknowledged", got)
	}
	if all := contents(t, sp); all[9] != "some/wrong/topic 9" || all[10] != "property/r/p/meter/m1/telemetry 10" {
		t.Errorf("got %q, %q", all[9], all[10])
	}
}

func TestEmbeddedBrokerHoldsReadingsWhileFullAndTakesEvents(t *testing.T) {
	sp, err := spool.Open(spool.Options{
		Dir: t.TempDir(), MaxBytes: 96 << 10, ReserveBytes: 48 << 10, SegmentBytes: 8 << 10, MaxRecord: 2 << 10, SyncInterval: time.Microsecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sp.Close() })
	cursor, err := sp.Cursor("reader")
	if err != nil {
		t.Fatal(err)
	}
	b := startTestBroker(t, BrokerOptions{Anonymous: true}, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 10}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		publish(t, b.Addr(), 500, func(i int) (string, string) {
			return "property/r/p/meter/m1/telemetry", fmt.Sprintf("%04d%s", i, strings.Repeat(" ", 200))
		})
	}()
	eventually(t, "a full spool", sp.Full)
	publish(t, b.Addr(), 5, func(i int) (string, string) { return "property/r/p/elevator/e1/event", fmt.Sprint("event ", i) })
	select {
	case <-done:
		t.Fatal("all readings were acknowledged: the spool was never full")
	default:
	}
	eventually(t, "the rest of the readings", func() bool {
		next := sp.Durable()
		if err := cursor.Save(spool.State{Position: next, Keep: next}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	if got := sp.Stats().Next; got != 505 {
		t.Errorf("%d messages were taken, 505 were sent", got)
	}
}

// A device that vanishes is told of by its last will, which the broker sends.
func TestEmbeddedBrokerKeepsLastWills(t *testing.T) {
	sp := openTestSpool(t, t.TempDir())
	b := startTestBroker(t, BrokerOptions{Anonymous: true}, NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20}))
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) string { return string([]byte{byte(len(s) >> 8), byte(len(s))}) + s }
	// CONNECT: MQTT 3.1.1, clean session with a retained will of QoS 1.
	body := text("MQTT") + "\x04\x2e\x00\x3c" + text("device") + text("property/r/p/elevator/e1/status") + text("offline")
	if _, err := io.WriteString(conn, "\x10"+string(rune(len(body)))+body); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil { // CONNACK
		t.Fatal(err)
	}
	conn.Close() // without DISCONNECT
	eventually(t, "the last will", func() bool { return sp.Durable() == 1 })
	if all := contents(t, sp); all[0] != "property/r/p/elevator/e1/status offline" {
		t.Errorf("got %q", all[0])
	}
}

func TestEmbeddedBrokerAsksForThePassword(t *testing.T) {
	b := startTestBroker(t, BrokerOptions{User: "device", Password: "right"}, NewIntake(openTestSpool(t, t.TempDir()), IntakeOptions{MaxPayload: 1 << 20}))
	if err := CheckBroker(SubscriberOptions{Broker: "tcp://" + b.Addr(), User: "device", Password: "right"}); err != nil {
		t.Error(err)
	}
	for _, wrong := range []SubscriberOptions{{User: "device", Password: "wrong"}, {User: "other", Password: "right"}, {}} {
		wrong.Broker = "tcp://" + b.Addr()
		if err := CheckBroker(wrong); !errors.Is(err, ErrBrokerAuth) {
			t.Errorf("%q was let in: %v", wrong.User, err)
		}
	}
}

func TestAnonymousIsForLoopback(t *testing.T) {
	for addr, loopback := range map[string]bool{
		"127.0.0.1:1883": true, "localhost:1883": true, "[::1]:1883": true, "127.9.9.9:1": true,
		"0.0.0.0:1883": false, ":1883": false, "10.0.0.1:1883": false, "example.com:1883": false,
	} {
		if err := (BrokerOptions{Listen: addr, Anonymous: true}).CheckListen(); (err == nil) != loopback {
			t.Errorf("%s: %v", addr, err)
		}
		if err := (BrokerOptions{Listen: addr}).CheckListen(); err != nil {
			t.Errorf("%s with credentials: %v", addr, err)
		}
	}
	if err := (BrokerOptions{Listen: "nonsense"}).CheckListen(); err == nil {
		t.Error("nonsense is an address")
	}
}
