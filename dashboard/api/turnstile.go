package api

import (
	"context"
	"sync"
	"time"
)

const (
	// maxHeavy is how many heavy queries one caller may run at a time: a script with
	// an error must not take the place of the people who look at their estates.
	maxHeavy = 4
	// maxLine is how many more of his may wait, which is what a page asks for at once.
	maxLine = 16
	// maxWait is how long they wait before he is told to come back.
	maxWait = 15 * time.Second
)

// turnstile lets so many of each caller in at a time. A few more stand in line.
type turnstile struct {
	most, line int
	patience   time.Duration

	mu    sync.Mutex // guards gates
	gates map[string]*gate
}

// gate is one caller's.
type gate struct {
	slots chan struct{} // held by those inside
	here  int           // inside or in line; guarded by the turnstile's mutex
}

func newTurnstile() *turnstile {
	return &turnstile{most: maxHeavy, line: maxLine, patience: maxWait, gates: map[string]*gate{}}
}

// enter waits for a place, and reports whether it got one. Whoever got one leaves.
func (t *turnstile) enter(ctx context.Context, who string) bool {
	g := t.arrive(who)
	if g == nil {
		return false
	}
	select {
	case g.slots <- struct{}{}:
		return true // whoever need not wait is in, however little patience there is
	default:
	}
	enough := time.NewTimer(t.patience)
	defer enough.Stop()
	select {
	case g.slots <- struct{}{}:
		return true
	case <-enough.C:
	case <-ctx.Done():
	}
	t.depart(who, g)
	return false
}

func (t *turnstile) leave(who string) {
	t.mu.Lock()
	g := t.gates[who]
	t.mu.Unlock()
	<-g.slots
	t.depart(who, g)
}

// arrive is nil when the line is full.
func (t *turnstile) arrive(who string) *gate {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gates[who]
	if g == nil {
		g = &gate{slots: make(chan struct{}, t.most)}
		t.gates[who] = g
	}
	if g.here >= t.most+t.line {
		return nil
	}
	g.here++
	return g
}

func (t *turnstile) depart(who string, g *gate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g.here--; g.here == 0 {
		delete(t.gates, who)
	}
}
