package mqtttest

import (
	"bufio"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func poll(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); time.Now().Before(end); <-tick.C {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s", limit)
}

// scripted is a broker that a test plays by hand, to do what no good one does.
type scripted struct {
	t  *testing.T
	ln net.Listener
}

func newScripted(t *testing.T) *scripted {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return &scripted{t, ln}
}

// accept lets the next client in.
func (s *scripted) accept() *peer {
	s.t.Helper()
	conn, err := s.ln.Accept()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		s.t.Fatal(err)
	}
	p := &peer{s.t, conn, bufio.NewReader(conn)}
	p.read(typeConnect)
	p.write(typeConnack, 2, 0, 0)
	return p
}

// connect makes a publisher and lets it in.
func (s *scripted) connect(opts PublisherOptions) (*Publisher, *peer) {
	s.t.Helper()
	opts.Addr = s.ln.Addr().String()
	type result struct {
		p   *Publisher
		err error
	}
	made := make(chan result)
	go func() {
		p, err := NewPublisher(s.t.Context(), opts)
		made <- result{p, err}
	}()
	c := s.accept()
	r := <-made
	if r.err != nil {
		s.t.Fatal(r.err)
	}
	s.t.Cleanup(func() { _ = r.p.Close() })
	return r.p, c
}

type peer struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func (p *peer) read(want byte) (first byte, body []byte) {
	p.t.Helper()
	first, body, err := readPacket(p.r)
	if err != nil || first&0xf0 != want {
		p.t.Fatalf("packet %#x, %v; want %#x", first, err, want)
	}
	return first, body
}

func (p *peer) write(packet ...byte) {
	p.t.Helper()
	if _, err := p.conn.Write(packet); err != nil {
		p.t.Fatal(err)
	}
}

// message reads a PUBLISH and gives its payload, packet id and whether it is
// marked as sent before.
func (p *peer) message() (payload string, id uint16, dup bool) {
	p.t.Helper()
	first, body := p.read(typePublish)
	_, id, data, err := splitPublish(first, body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data), id, first&flagDUP != 0
}

func TestResend(t *testing.T) {
	broker := newScripted(t)
	var acked []uint64
	p, first := broker.connect(PublisherOptions{Window: 5, Acked: func(seq uint64) { acked = append(acked, seq) }})
	publish(t, p, 0, 4)
	ids := map[string]uint16{}
	for range 4 {
		payload, id, dup := first.message()
		ids[payload] = id
		if dup {
			t.Errorf("message %s is marked as a duplicate the first time", payload)
		}
	}
	// The second and the last are acknowledged, one of them twice, with one
	// that was never sent; then the connection breaks.
	for _, id := range []uint16{ids["1"], ids["3"], ids["1"], 5, 700} {
		first.write(appendPuback(nil, id)...)
	}
	poll(t, func() bool { return p.Acked() == 2 })
	if err := first.conn.Close(); err != nil {
		t.Fatal(err)
	}
	second := broker.accept()
	publish(t, p, 4, 5)
	for _, want := range []struct {
		payload string
		dup     bool
	}{{"0", true}, {"2", true}, {"4", false}} {
		payload, id, dup := second.message()
		if payload != want.payload || dup != want.dup || !dup && id == 0 || dup && id != ids[payload] {
			t.Errorf("message %s came with id %d, duplicate %t; want %+v with id %d", payload, id, dup, want, ids[want.payload])
		}
		second.write(appendPuback(nil, id)...)
	}
	if err := p.Flush(withLimit(t)); err != nil {
		t.Fatal(err)
	}
	if want := []uint64{1, 3, 0, 2, 4}; !slices.Equal(acked, want) {
		t.Errorf("acknowledged: %v, want %v", acked, want)
	}
	if s := p.Stats(); s != (PublisherStats{Published: 5, Acked: 5, Resent: 2, Connections: 2}) {
		t.Errorf("at the end: %+v", s)
	}
}

// TestFullWindow: a broker that acknowledges nothing holds the publisher up,
// and Close lets it go.
func TestFullWindow(t *testing.T) {
	p, _ := newScripted(t).connect(PublisherOptions{Window: 3})
	publish(t, p, 0, 3)
	result := make(chan error, 1)
	go func() {
		_, err := p.Publish("count/0", []byte("3"))
		result <- err
	}()
	flushed := make(chan error, 1)
	go func() { flushed <- p.Flush(t.Context()) }()
	select {
	case err := <-result:
		t.Fatalf("a fourth message was taken: %v", err)
	case err := <-flushed:
		t.Fatalf("Flush returned: %v", err)
	case <-time.After(50 * time.Millisecond): // long enough to catch most of a mistake
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, ErrClosed) {
		t.Errorf("Publish: %v", err)
	}
	if err := <-flushed; !errors.Is(err, ErrClosed) {
		t.Errorf("Flush: %v", err)
	}
}

func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacer{rate: 5000}
		run := func(from, to uint64) time.Duration {
			start := time.Now()
			for n := from; n < to; n++ {
				for {
					w := p.wait(n)
					if w == 0 {
						break
					}
					time.Sleep(w)
				}
				if due := p.at(n); time.Since(p.start) < due {
					t.Fatalf("message %d is let through %s early", n, due-time.Since(p.start))
				}
			}
			return time.Since(start)
		}
		near := func(got, want time.Duration) {
			t.Helper()
			if got < want-tick || got > want+2*tick {
				t.Errorf("took %s, want %s", got, want)
			}
		}
		near(run(0, 10_000), 2*time.Second)
		time.Sleep(500 * time.Millisecond)
		near(run(10_000, 20_000), 1500*time.Millisecond) // the pause is made up for
		time.Sleep(time.Minute)
		near(run(20_000, 30_000), time.Second) // but not all of this one
	})
}
