package live

// Subscription follows one scope. Its methods belong to one goroutine.
type Subscription struct {
	board     *Board
	feed      *feed
	seq       uint64 // of what was taken last
	delivered uint64 // updates taken, in the feed's count
	started   bool
}

// Update is the next thing for a subscriber: a snapshot or a frame.
type Update struct {
	Snapshot *Snapshot
	Frame    *Frame
	// Missed is how many updates were lost before this snapshot because the
	// subscriber did not take them in time.
	Missed uint64
}

// Subscribe follows a scope, starting with a snapshot of it. The caller closes
// the subscription.
func (b *Board) Subscribe(s Scope) *Subscription {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.feeds.acquire(s, b.audience(s.Allowed))
	if f.refs == 1 {
		f.wide = b.tooWide(s.Detail, f.who)
	}
	return &Subscription{board: b, feed: f}
}

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	if s.feed == nil {
		return
	}
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.board.feeds.release(s.feed)
	s.feed = nil
}

// Next takes the next update. When there is none yet, ok is false and more is
// closed once there is.
func (s *Subscription) Next() (u Update, more <-chan struct{}, ok bool) {
	f := s.feed
	f.mu.Lock()
	if s.started && s.seq >= f.reset {
		if s.seq == f.head {
			defer f.mu.Unlock()
			return Update{}, f.wake, false
		}
		if oldest := f.frames[0].Seq; s.seq+1 >= oldest {
			defer f.mu.Unlock()
			next := f.frames[s.seq+1-oldest]
			s.seq = next.Seq
			s.delivered += uint64(next.Updates)
			return Update{Frame: next}, nil, true
		}
	}
	f.mu.Unlock()
	return s.restart(), nil, true
}

// restart takes a snapshot and counts what was lost on the way to it.
func (s *Subscription) restart() Update {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	// No publication can run now, so head and updates belong to the snapshot.
	u := Update{Snapshot: s.board.snapshotOf(s.feed)}
	if s.started {
		u.Missed = s.feed.updates - s.delivered
	}
	s.started = true
	s.seq, s.delivered = s.feed.head, s.feed.updates
	return u
}
