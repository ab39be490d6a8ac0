// Package calls keeps every open incident in memory and fans their changes out
// to any number of subscribers inside one process: what people are called for,
// on every screen, as soon as it is committed.
//
// A [Board] follows the store of incidents by the sequence numbers of timeline
// entries. [Board.Subscribe] gives a [Subscription], whose Next hands out first
// everything that is open, or what was missed since a cursor, and then each
// change.
//
// Promises:
//   - What is handed out was committed, and is handed out within a moment of its
//     commit: the board is woken by it and does not wait for a tick. (What other
//     processes commit is found by asking each second.)
//   - Nobody is shown an incident at a place that his Scope does not allow, and
//     nobody one of a rule on trial.
//   - Between two updates of a subscription nothing is missing: an incident comes
//     as it is at the time, at least once after each of its entries.
//   - A subscriber costs nothing while it is slow: it has a cursor and no queue.
//     When it comes back it gets what it missed in one update, or starts again.
//   - A store that does not answer changes nothing of what subscribers have.
//   - Everything is bounded: open incidents, entries, what is read again from the
//     store and how often at a time.
package calls

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"steward/internal/incident"
)

// Store is where incidents are kept.
type Store interface {
	// Open returns every open incident, at most incident.MaxOpen, and a sequence
	// number: what was committed up to it is in them.
	Open(ctx context.Context) ([]incident.Incident, int64, error)
	// After returns timeline entries after seq in their order, at most limit, and
	// the incidents they belong to as they are now.
	After(ctx context.Context, seq int64, limit int) ([]incident.Entry, []incident.Incident, error)
	// Changed is closed by the next commit of this process.
	Changed() <-chan struct{}
}

// Options is what a Board needs. Store and Logger are required; a number that is
// zero means its default.
type Options struct {
	Store  Store
	Logger *slog.Logger
	// MaxOpen is how many open incidents are held (5,000): no screen shows more.
	// As many again are held in reserve for danger to life.
	MaxOpen int
	// MaxEntries is how many of the newest timeline entries are held (4,096), for
	// those who come back after a while.
	MaxEntries int
	// MaxReplay is how many entries somebody who comes back is given at most
	// (5,000); those that are not held are read from the store. Who missed more
	// starts again.
	MaxReplay int
	// Poll is how often the store is asked unless it says that it changed (1 s).
	Poll time.Duration
}

const (
	// batch is how many entries are read at a time.
	batch = 512
	// patience bounds one question to the store.
	patience = 5 * time.Second
	// replays is how many subscribers may read from the store at a time: when a
	// network comes back they all do, and the store has alarms to keep.
	replays = 4
)

// Board is every open incident. Its methods may be called from several
// goroutines.
type Board struct {
	opts    Options
	replays chan struct{} // a place for each that reads from the store

	mu         sync.Mutex       // guards what follows; save for shared, only Run writes it
	now        *state           // nil until the store has answered
	generation uint64           // of now: one more when all start again
	wake       chan struct{}    // closed when there is something new
	shared     map[span]*Update // made since the newest change
}

// New makes an empty board.
func New(o Options) (*Board, error) {
	if o.Store == nil || o.Logger == nil {
		return nil, errors.New("board of incidents: Store and Logger are required")
	}
	o.MaxOpen = cmp.Or(o.MaxOpen, 5000)
	o.MaxEntries = cmp.Or(o.MaxEntries, 4096)
	o.MaxReplay = cmp.Or(o.MaxReplay, 5000)
	o.Poll = cmp.Or(o.Poll, time.Second)
	for _, limit := range []struct {
		name  string
		value int
	}{{"MaxOpen", o.MaxOpen}, {"MaxEntries", o.MaxEntries}, {"MaxReplay", o.MaxReplay}} {
		if limit.value < 1 {
			return nil, fmt.Errorf("board of incidents: %s is %d, want at least 1", limit.name, limit.value)
		}
	}
	if o.Poll < time.Millisecond {
		return nil, fmt.Errorf("board of incidents: Poll is %s, want at least 1ms", o.Poll)
	}
	return &Board{
		opts:    o,
		replays: make(chan struct{}, replays),
		wake:    make(chan struct{}),
		shared:  map[span]*Update{},
	}, nil
}

// Stats counts what a Board holds.
type Stats struct {
	Open    int
	Entries int
	Partial bool // there are more open incidents than are held
}

// Stats returns the present counts.
func (b *Board) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		return Stats{}
	}
	return Stats{Open: b.now.open, Entries: len(b.now.ring), Partial: len(b.now.refused) > 0 || b.now.cut}
}
