package calls

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"sync"
	"time"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/telemetry"
)

// Scope is what a subscriber sees: of the places that Allowed covers, what
// Filter selects. A filter's device is not looked at, and the zero Scope sees
// nothing.
type Scope struct {
	Filter  live.Filter
	Allowed authz.Scope
}

func (s Scope) sees(place authz.Place, class telemetry.Class) bool {
	f := s.Filter
	return (f.Region == "" || f.Region == place.Region) &&
		(f.Project == "" || f.Project == place.Project) &&
		(f.Class == "" || f.Class == class) &&
		s.Allowed.Covers(place)
}

// Name is short and the same for the same scope: a cursor of another one leads
// astray, since what it was told is not what this one sees.
func (s Scope) Name() string {
	s.Filter.Device = ""
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %s", s.Filter.Region, s.Filter.Project, s.Filter.Class, s.Allowed))
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:5]))
}

// Update is what a subscriber gets. It is shared by all who get the same and
// must not be modified.
type Update struct {
	// Reset says that Incidents are all that are open: who gets it forgets what
	// it had.
	Reset  bool
	Cursor int64  // for Subscribe, to go on after this update
	Scope  string // its name
	At     telemetry.Millis
	// Incidents are JSON texts: those that changed, as they are now.
	Incidents [][]byte
	// Entries are JSON texts of timeline entries, in order.
	Entries [][]byte
	// Partial says that more incidents are open than the board holds.
	Partial bool

	once  sync.Once
	value any
}

// Shared returns what build makes of u. It is built once, by whoever asks first.
func (u *Update) Shared(build func(*Update) any) any {
	u.once.Do(func() { u.value = build(u) })
	return u.value
}

// span names an update: the same for all who see the same and have the same.
type span struct {
	scope Scope
	after int64 // reset when it is negative
}

// maxShared is how many updates are kept for others: those in step share a few.
const maxShared = 1000

// fresh is for how long an update is handed to others too: its time is the one
// that clocks on screens go by.
const fresh = telemetry.Millis(1000)

// reset is the cursor of who has nothing yet.
const reset = -1

// Subscription follows one scope. Its methods belong to one goroutine. It needs
// no closing.
type Subscription struct {
	board      *Board
	scope      Scope
	cursor     int64
	generation uint64 // of the board when cursor was taken; 0 for a cursor of before
}

// Subscribe follows a scope: from everything that is open on, or from after a
// cursor that an update of the same scope bore, when after is not negative.
func (b *Board) Subscribe(s Scope, after int64) *Subscription {
	s.Filter.Device = ""
	return &Subscription{board: b, scope: s, cursor: max(after, reset)}
}

// Next takes the next update. When there is none yet, ok is false and more is
// closed once there may be. The first one always comes, also when nothing was
// missed, so that the subscriber knows where it stands.
func (s *Subscription) Next(ctx context.Context) (u *Update, more <-chan struct{}, ok bool) {
	b := s.board
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now
	if now == nil {
		return nil, b.wake, false
	}
	missed := now.head - s.cursor
	switch {
	case s.cursor == reset,
		s.generation != 0 && s.generation != b.generation, // what was left out may be in it now
		missed < 0, // of another store
		missed > int64(b.opts.MaxReplay):
		return s.hand(b.update(s.scope, reset)), nil, true
	case s.cursor < now.tail:
		return s.hand(s.replay(ctx)), nil, true
	}
	first := s.generation == 0
	if missed == 0 && !first {
		return nil, b.wake, false
	}
	u = s.hand(b.update(s.scope, s.cursor))
	if len(u.Incidents) == 0 && !first {
		return nil, b.wake, false // what happened is not theirs to see
	}
	return u, nil, true
}

// hand moves the subscription on to u.
func (s *Subscription) hand(u *Update) *Update {
	s.cursor, s.generation = u.Cursor, s.board.generation
	return u
}

// update makes what follows an entry, or takes the one that was made for
// somebody else. The caller holds b.mu.
func (b *Board) update(scope Scope, after int64) *Update {
	at := telemetry.MillisOf(time.Now())
	key := span{scope, after}
	if u := b.shared[key]; u != nil && at-u.At < fresh {
		return u
	}
	u := &Update{Reset: after == reset, Cursor: b.now.head, Scope: scope.Name(), At: at, Partial: b.now.partial(scope)}
	if u.Reset {
		for _, c := range b.now.calls {
			if c.open && scope.sees(c.place, c.class) {
				u.Incidents = append(u.Incidents, c.text)
			}
		}
	} else {
		told := map[*call]bool{}
		for _, l := range b.now.since(after) {
			sees, known := told[l.call]
			if !known {
				sees = scope.sees(l.call.place, l.call.class)
				told[l.call] = sees
				if sees {
					u.Incidents = append(u.Incidents, l.call.text)
				}
			}
			if sees {
				u.Entries = append(u.Entries, l.text)
			}
		}
	}
	if len(b.shared) >= maxShared {
		clear(b.shared)
	}
	b.shared[key] = u
	return u
}

// partial reports whether something was refused that scope sees.
func (s *state) partial(scope Scope) bool {
	if s.cut {
		return true
	}
	for place := range s.refused {
		if scope.sees(place, scope.Filter.Class) {
			return true
		}
	}
	return false
}

// replay reads from the store what the ring does not hold any more; when that
// cannot be had, everything starts again. The caller holds b.mu, which is
// released while the store is asked.
func (s *Subscription) replay(ctx context.Context) *Update {
	b := s.board
	select {
	case b.replays <- struct{}{}:
		defer func() { <-b.replays }()
	default:
		return b.update(s.scope, reset)
	}
	head := b.now.head
	b.mu.Unlock()
	u, err := s.read(ctx, head)
	b.mu.Lock()
	if err != nil {
		return b.update(s.scope, reset)
	}
	u.Partial = b.now.partial(s.scope)
	return u
}

// read makes the update from the cursor to an entry out of the store.
func (s *Subscription) read(ctx context.Context, head int64) (*Update, error) {
	u := &Update{Cursor: s.cursor, Scope: s.scope.Name()}
	newest := map[string]picture{}
	var order []string
	for u.Cursor < head {
		pictures, lines, seq, err := s.board.after(ctx, u.Cursor)
		if err != nil {
			return nil, err
		}
		if seq == u.Cursor {
			break
		}
		for _, p := range pictures {
			if !s.scope.sees(p.place, p.class) {
				continue
			}
			if _, known := newest[p.id]; !known {
				order = append(order, p.id)
			}
			newest[p.id] = p
		}
		for _, l := range lines {
			if _, seen := newest[l.incident]; seen {
				u.Entries = append(u.Entries, l.text)
			}
		}
		u.Cursor = seq
	}
	for _, id := range order {
		u.Incidents = append(u.Incidents, newest[id].text)
	}
	u.At = telemetry.MillisOf(time.Now())
	return u, nil
}
