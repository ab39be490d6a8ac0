package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"steward/internal/mqtttest"
)

// campaign publishes messages that can be told apart, and keeps what became of
// each as its publisher saw it.
type campaign struct {
	t      *testing.T
	author author
	from   uint64 // number of its first message
	lanes  []*lane

	stop    chan struct{} // closed to end the publishing
	publish sync.WaitGroup

	mu      sync.Mutex // guards the rest
	repeats []repeat
}

// lane is one publishing connection. Of k lanes, lane i publishes the messages
// i, i+k, i+2k …
type lane struct {
	publisher *mqtttest.Publisher

	mu    sync.Mutex // guards the rest
	sent  uint64     // messages given to the publisher
	acks  []bool     // by the publisher's number
	acked uint64
}

// repeat is a restart of the broker: of what was published before its end and
// not acknowledged before its beginning, the publisher sent a second copy, which
// to the broker, and to whoever is behind it, is another message.
type repeat struct {
	sent  []uint64 // by lane
	acked [][]bool
}

// newCampaign connects lanes to the broker at addr. Nothing is published yet.
func newCampaign(t *testing.T, addr string, lanes int, form func(uint64) writer) *campaign {
	t.Helper()
	c := &campaign{t: t, stop: make(chan struct{})}
	c.author = author{base: time.Now().Add(-6 * time.Hour).Truncate(time.Millisecond), form: form}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range lanes {
		l := new(lane)
		p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: addr, User: publisherName, Password: publisherPassword, Acked: l.ack})
		if err != nil {
			t.Fatal(err)
		}
		l.publisher = p
		c.lanes = append(c.lanes, l)
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return c
}

func (l *lane) ack(seq uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for uint64(len(l.acks)) <= seq {
		l.acks = append(l.acks, false)
	}
	if l.acks[seq] {
		panic(fmt.Sprintf("message %d of a lane is acknowledged twice", seq))
	}
	l.acks[seq] = true
	l.acked++
}

// begin publishes so many messages a second, all lanes together, until finish.
func (c *campaign) begin(rate int) { c.send(rate, 1<<60) }

// send is begin with an end after so many messages.
func (c *campaign) send(rate int, messages uint64) {
	k := uint64(len(c.lanes))
	pause := time.Duration(k) * time.Second / time.Duration(rate)
	for i, l := range c.lanes {
		c.publish.Go(func() {
			due := time.Now()
			for n := uint64(i); n < messages; n += k {
				// What a wait for room has delayed is made up for, but not all at
				// once.
				due = due.Add(pause)
				if late := time.Since(due); late > time.Second {
					due = due.Add(late - time.Second)
				}
				select {
				case <-c.stop:
					return
				case <-time.After(time.Until(due)):
				}
				m := c.author.compose(c.from + n)
				// Counted first: the acknowledgement may be quicker than the return.
				l.mu.Lock()
				l.sent++
				l.mu.Unlock()
				if _, err := l.publisher.Publish(m.topic, m.payload); err != nil {
					return // the test has ended, or finish finds it missing
				}
			}
		})
	}
}

// finish ends the publishing and waits until everything is acknowledged.
func (c *campaign) finish() {
	c.t.Helper()
	close(c.stop)
	c.complete()
}

// complete waits until everything of a send is published and acknowledged.
func (c *campaign) complete() {
	c.t.Helper()
	c.publish.Wait()
	for _, l := range c.lanes {
		for c.flush(l) != nil {
		}
	}
}

// flush waits until all of a lane is acknowledged. A busy machine is waited for as long
// as anything is, which the error says: two minutes without are the end.
func (c *campaign) flush(l *lane) error {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), inSoak(2*time.Minute, 10*time.Minute))
	defer cancel()
	before := c.acknowledged()
	err := l.publisher.Flush(ctx)
	if err != nil && c.acknowledged() == before {
		c.t.Fatal(err)
	}
	return err
}

// published are the numbers of all messages that were given to the publishers.
func (c *campaign) published() func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for i, l := range c.lanes {
			l.mu.Lock()
			sent := l.sent
			l.mu.Unlock()
			for s := range sent {
				if !yield(c.from + s*uint64(len(c.lanes)) + uint64(i)) {
					return
				}
			}
		}
	}
}

// place is where message n was published: the number of its lane, and its own
// number there.
func (c *campaign) place(n uint64) (lane int, seq uint64) {
	k := uint64(len(c.lanes))
	return int((n - c.from) % k), (n - c.from) / k
}

// acked reports whether the publisher saw message n acknowledged.
func (c *campaign) acked(n uint64) bool {
	i, seq := c.place(n)
	l := c.lanes[i]
	l.mu.Lock()
	defer l.mu.Unlock()
	return seq < uint64(len(l.acks)) && l.acks[seq]
}

// acknowledged counts the messages that are.
func (c *campaign) acknowledged() (total uint64) {
	for _, l := range c.lanes {
		l.mu.Lock()
		total += l.acked
		l.mu.Unlock()
	}
	return total
}

// acknowledgesMore waits until a good number of further messages is acknowledged.
func (c *campaign) acknowledgesMore() {
	c.t.Helper()
	before := c.acknowledged()
	until(c.t, 30*time.Second, "acknowledgements", func() error {
		if now := c.acknowledged(); now < before+100 {
			return fmt.Errorf("%d in all, %d before", now, before)
		}
		return nil
	})
}

// acknowledgesNoMore waits until two looks a second apart see the same.
func (c *campaign) acknowledgesNoMore() {
	c.t.Helper()
	last, since := c.acknowledged(), time.Now()
	until(c.t, 30*time.Second, "the acknowledgements to end", func() error {
		if now := c.acknowledged(); now != last {
			last, since = now, time.Now()
		}
		if quiet := time.Since(since); quiet < time.Second {
			return fmt.Errorf("%d, the last %s ago", last, quiet)
		}
		return nil
	})
}

// newestDated is the number of a dated message that was acknowledged not long
// ago, of all lanes the latest.
func (c *campaign) newestDated() uint64 {
	var newest uint64
	for i, l := range c.lanes {
		l.mu.Lock()
		acks := l.acks
		for s := len(acks) - 1; s >= 0; s-- {
			n := c.from + uint64(s*len(c.lanes)+i)
			if acks[s] && n%mixLength == 0 {
				newest = max(newest, n)
				break
			}
		}
		l.mu.Unlock()
	}
	return newest
}

// brokerRestarts does restart and remembers which messages it may have doubled.
func (c *campaign) brokerRestarts(restart func()) {
	r := repeat{}
	for _, l := range c.lanes {
		l.mu.Lock()
		r.acked = append(r.acked, append([]bool(nil), l.acks...))
		l.mu.Unlock()
	}
	restart()
	for _, l := range c.lanes {
		l.mu.Lock()
		r.sent = append(r.sent, l.sent)
		l.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.repeats = append(c.repeats, r)
}

// copies is how many messages the broker may have made of message n. One that
// has a time of its own is known by it, however often it comes.
func (c *campaign) copies(n uint64) uint64 {
	lane, seq := c.place(n)
	c.mu.Lock()
	defer c.mu.Unlock()
	copies := uint64(1)
	for _, r := range c.repeats {
		acked := seq < uint64(len(r.acked[lane])) && r.acked[lane][seq]
		if seq < r.sent[lane] && !acked {
			copies++
		}
	}
	return copies
}
