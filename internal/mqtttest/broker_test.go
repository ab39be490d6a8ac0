package mqtttest

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestEveryMessageArrivesOnce(t *testing.T) {
	m := Start(t, Options{})
	acked, received := newTally(), newTally()
	sub := subscribe(t, SubscriberOptions{Addr: m.Addr(), Filter: "count/#", OnMessage: received.message})
	p := publisher(t, PublisherOptions{Addr: m.Addr(), Acked: func(seq uint64) { acked.add(int(seq)) }})
	const n = 20_000 // more than go round the packet ids
	publish(t, p, 0, n)
	if err := p.Flush(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	acked.once(t, n)
	if s := p.Stats(); s != (PublisherStats{Published: n, Acked: n, Connections: 1}) {
		t.Errorf("at the end: %+v", s)
	}
	if err := sub.Wait(withLimit(t), n); err != nil {
		t.Fatal(err)
	}
	received.once(t, n)
}

// TestBacklog: the broker keeps for an absent subscriber far more than it would
// by its own defaults, and over a restart.
func TestBacklog(t *testing.T) {
	m := Start(t, Options{Persistence: true})
	received := newTally()
	opts := SubscriberOptions{Addr: m.Addr(), Filter: "count/#", ClientID: "away", OnMessage: received.message}
	if err := subscribe(t, opts).Close(); err != nil {
		t.Fatal(err)
	}
	p := publisher(t, PublisherOptions{Addr: m.Addr()})
	const n = 10_000
	publish(t, p, 0, n)
	if err := p.Flush(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	before := m.PID()
	if err := m.Restart(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	if m.PID() == before || m.PID() == 0 {
		t.Errorf("the broker had pid %d and has %d", before, m.PID())
	}
	if err := subscribe(t, opts).Wait(withLimit(t), n); err != nil {
		t.Fatal(err)
	}
	received.once(t, n)
}

// TestBrokerComesBack: whatever happens to the broker, what is acknowledged by
// one that keeps its sessions arrives, and in the end all is.
func TestBrokerComesBack(t *testing.T) {
	m := Start(t, Options{Persistence: true})
	received, acked := newTally(), newTally()
	sessionOf := SubscriberOptions{Addr: m.Addr(), Filter: "count/#", ClientID: "keeper", OnMessage: received.message}
	subscribe(t, sessionOf)
	p := publisher(t, PublisherOptions{Addr: m.Addr(), Acked: func(seq uint64) { acked.add(int(seq)) }})
	const rounds, each = 3, 5000
	for i := range rounds {
		published := make(chan struct{})
		go func() {
			defer close(published)
			publish(t, p, i*each, (i+1)*each)
		}()
		if err := m.Restart(withLimit(t)); err != nil {
			t.Fatal(err)
		}
		subscribe(t, sessionOf)
		<-published
	}
	if err := p.Flush(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	acked.once(t, rounds*each)
	// A number of its own says that everything before it has arrived.
	const last = rounds * each
	publish(t, p, last, last+1)
	poll(t, func() bool { return len(received.lacks(t, last+1)) == 0 })
	if s := p.Stats(); s.Connections != rounds+1 || s.Acked != last+1 {
		t.Errorf("at the end: %+v", s)
	}
}

func TestKilledBroker(t *testing.T) {
	m := Start(t, Options{})
	p := publisher(t, PublisherOptions{Addr: m.Addr(), Window: 65535})
	publish(t, p, 0, 1000)
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if m.PID() != 0 {
		t.Errorf("a killed broker has pid %d", m.PID())
	}
	publish(t, p, 1000, 2000)
	if err := m.Start(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Acked != 2000 || s.Connections != 2 {
		t.Errorf("at the end: %+v", s)
	}
}

func TestLargeMessage(t *testing.T) {
	m := Start(t, Options{})
	want := bytes.Repeat([]byte("steward "), 3*readBuffer/8)
	got := make(chan []byte, 1)
	subscribe(t, SubscriberOptions{Addr: m.Addr(), Filter: "large", OnMessage: func(_, payload []byte) { got <- bytes.Clone(payload) }})
	p := publisher(t, PublisherOptions{Addr: m.Addr()})
	if _, err := p.Publish("large", want); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(<-got, want) {
		t.Error("it arrived changed")
	}
}

func TestPassword(t *testing.T) {
	m := Start(t, Options{User: "steward", Password: "right"})
	p := publisher(t, PublisherOptions{Addr: m.Addr(), User: "steward", Password: "right"})
	publish(t, p, 0, 1)
	if err := p.Flush(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	for _, opts := range []PublisherOptions{{}, {User: "steward", Password: "wrong"}} {
		opts.Addr = m.Addr()
		if _, err := NewPublisher(withLimit(t), opts); !errors.Is(err, ErrAuth) {
			t.Errorf("with %q: %v", opts.Password, err)
		}
	}
}

func TestStartThatFails(t *testing.T) {
	first := Start(t, Options{})
	f := func(opts Options, want string) {
		t.Helper()
		_, err := StartMosquitto(withLimit(t), opts)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	f(Options{Port: first.opts.Port}, "Address already in use")
	f(Options{ExtraConf: "no_such_setting 1"}, "no_such_setting")
}

func TestCloseLeavesNothing(t *testing.T) {
	m, err := StartMosquitto(withLimit(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	pid, dir := m.PID(), m.opts.Dir
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d: %v", pid, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder %s: %v", dir, err)
	}
}
