package calls

import (
	"context"
	"fmt"
	"time"

	"steward/internal/incident"
)

// Run follows the store until ctx ends. Without it nothing is ever handed out.
// It returns nil: a store that does not answer is asked again.
func (b *Board) Run(ctx context.Context) error {
	poll := time.NewTicker(b.opts.Poll)
	defer poll.Stop()
	failing := false
	for {
		// Taken before reading, so that no commit in between is slept over.
		changed := b.opts.Store.Changed()
		err := b.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			b.opts.Logger.Warn("incidents on the screens are not renewed", "error", err)
		case err == nil && failing:
			b.opts.Logger.Info("incidents on the screens are renewed again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-poll.C:
		}
	}
}

// follow takes everything that is new in the store.
func (b *Board) follow(ctx context.Context) error {
	b.mu.Lock()
	now := b.now
	stale := now == nil || now.roomAgain()
	b.mu.Unlock()
	if stale {
		fresh, err := b.load(ctx)
		if err != nil {
			return err
		}
		b.mu.Lock()
		b.now = fresh
		b.generation++
		b.announce()
		b.mu.Unlock()
		now = fresh
	}
	// Only this goroutine writes the state, so that it may be read unguarded.
	for more := true; more; {
		pictures, lines, seq, err := b.after(ctx, now.head)
		if err != nil {
			return err
		}
		if seq == now.head {
			return nil
		}
		b.mu.Lock()
		now.take(pictures, lines, seq)
		b.announce()
		b.mu.Unlock()
		more = len(lines) == batch
	}
	return nil
}

// announce wakes everybody. The caller holds b.mu.
func (b *Board) announce() {
	clear(b.shared)
	close(b.wake)
	b.wake = make(chan struct{})
}

// load makes the state anew: what is open, and the newest entries.
func (b *Board) load(ctx context.Context) (*state, error) {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	open, head, err := b.opts.Store.Open(asking)
	if err != nil {
		return nil, fmt.Errorf("read the open incidents: %w", err)
	}
	s := newState(&b.opts)
	s.cut = len(open) >= incident.MaxOpen
	all := pictures(open)
	// Danger to life first: what there is no room for is something else.
	for _, grave := range []bool{true, false} {
		for i := range all {
			if all[i].grave == grave {
				s.put(&all[i])
			}
		}
	}
	s.head = max(0, head-int64(b.opts.MaxEntries))
	s.tail = s.head
	for s.head < head {
		pictures, lines, seq, err := b.after(ctx, s.head)
		if err != nil {
			return nil, err
		}
		if seq == s.head {
			break
		}
		s.take(pictures, lines, seq)
	}
	s.head = max(s.head, head)
	return s, nil
}

// after reads a batch of what follows an entry, and the number of its last one.
func (b *Board) after(ctx context.Context, seq int64) ([]picture, []*line, int64, error) {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	entries, incidents, err := b.opts.Store.After(asking, seq, batch)
	if err != nil {
		return nil, nil, seq, fmt.Errorf("read the timeline after entry %d: %w", seq, err)
	}
	if len(entries) > 0 {
		seq = entries[len(entries)-1].Seq
	}
	return pictures(incidents), linesOf(entries), seq, nil
}
