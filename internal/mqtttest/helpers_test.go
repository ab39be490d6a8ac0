package mqtttest

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"
)

// limit bounds every wait of these tests; only a failure reaches it.
const limit = 60 * time.Second

func withLimit(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func publisher(t *testing.T, opts PublisherOptions) *Publisher {
	t.Helper()
	p, err := NewPublisher(withLimit(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func subscribe(t *testing.T, opts SubscriberOptions) *Subscriber {
	t.Helper()
	s, err := NewSubscriber(withLimit(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// publish sends the numbers from, from+1, … to-1 as payloads.
func publish(t *testing.T, p *Publisher, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if _, err := p.Publish("count/"+strconv.Itoa(n%7), []byte(strconv.Itoa(n))); err != nil {
			t.Fatal(err)
		}
	}
}

// tally counts how often each number was seen.
type tally struct {
	mu   sync.Mutex
	seen map[int]int
}

func newTally() *tally { return &tally{seen: map[int]int{}} }

func (c *tally) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[n]++
}

func (c *tally) message(_, payload []byte) {
	n, err := strconv.Atoi(string(payload))
	if err != nil {
		n = -1 // which no test expects
	}
	c.add(n)
}

// lacks lists the numbers below n that were never seen, and complains of those
// beyond.
func (c *tally) lacks(t *testing.T, n int) (missing []int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range n {
		if c.seen[i] == 0 {
			missing = append(missing, i)
		}
	}
	if len(c.seen)+len(missing) != n {
		t.Errorf("%d different numbers were seen below %d, and %d are missing", len(c.seen), n, len(missing))
	}
	return missing
}

func (c *tally) once(t *testing.T, n int) {
	t.Helper()
	if missing := c.lacks(t, n); len(missing) > 0 {
		t.Errorf("%d of %d are missing: %v…", len(missing), n, missing[:min(5, len(missing))])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, times := range c.seen {
		if times != 1 {
			t.Errorf("%d was seen %d times", i, times)
			return
		}
	}
}
