package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
)

// Spool is an open spool directory. All methods are safe for concurrent use.
type Spool struct {
	opts   Options
	logger *slog.Logger
	id     identity
	seed   uint32
	lock   *os.File

	metrics *metrics
	// sync is datasync; a test makes it fail.
	sync func(*os.File) error
	file *os.File // of the head; the committer's alone once it runs

	wake    chan struct{} // the pending batch has its first record
	hurry   chan struct{} // the pending batch is half full
	freed   chan struct{} // segments were deleted
	closing chan struct{}
	ended   chan struct{} // the committer has returned

	// durable is written under mu and may be read without.
	durable atomic.Uint64

	// Lock order: trimming, a Cursor's saving, mu.
	trimming sync.Mutex // held while segments are deleted or cursors come and go

	mu       sync.Mutex // guards everything below
	segments []*segment // oldest first; never empty; the last is the head
	pending  *batch     // what Append fills
	inflight *batch     // what the committer writes; empty between commits
	tail     int64      // size of the segment that gets the next record, once pending is written
	used     int64      // bytes of all segments, written and pending
	disk     int64      // of these, the bytes that are on disk
	room     chan struct{}
	cursors  map[string]*Cursor
	refusing bool // the size bound made Append refuse, and nothing was deleted since
	stalled  bool // the disk is full and the committer waits
	closed   bool // Append and cursors refuse
	err      error
	counts   counts
}

// counts are what Stats adds up since Open.
type counts struct {
	commits     uint64
	refused     uint64
	droppedTail int64
}

// Open opens the spool in opts.Dir, or starts one there, and takes it for this
// process. What a crash left half written at the end is cut off; everything that
// is then there is durable. The caller must Close it.
func Open(opts Options) (_ *Spool, err error) {
	if err := opts.normalize(); err != nil {
		return nil, err
	}
	if err := makeDir(opts.Dir); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	lock, err := lockDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	s := &Spool{
		opts: opts, logger: opts.Logger, lock: lock, sync: datasync,
		wake:     make(chan struct{}, 1),
		hurry:    make(chan struct{}, 1),
		freed:    make(chan struct{}, 1),
		closing:  make(chan struct{}),
		ended:    make(chan struct{}),
		pending:  newBatch(opts.PendingBytes),
		inflight: newBatch(opts.PendingBytes),
		cursors:  map[string]*Cursor{},
	}
	s.metrics = newMetrics(s)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if err := s.restore(); err != nil {
		return nil, err
	}
	if err := s.metrics.register(opts.Registerer); err != nil {
		return nil, fmt.Errorf("register spool metrics: %w", err)
	}
	s.trim()
	go s.commitLoop()
	return s, nil
}

// ID is a random name of 16 hexadecimal digits that the spool was given when it
// was created. Together with sequence numbers it names records for ever.
func (s *Spool) ID() string { return s.id.String() }

// Durable returns the number up to which records are on disk: all with a lower
// sequence number are, and Durable itself is not.
func (s *Spool) Durable() uint64 { return s.durable.Load() }

// Err returns nil while the spool works, and then for ever why it does not:
// ErrFailed or ErrClosed.
func (s *Spool) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close commits what is pending and releases the directory. Whoever waits in a
// call gets ErrClosed. What a full disk does not take even now was never
// durable; Close says how much that is.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.ended
		return nil
	}
	s.closed = true
	close(s.closing)
	s.mu.Unlock()
	<-s.ended

	s.mu.Lock()
	var err error
	if errors.Is(s.err, ErrFailed) {
		err = s.err
	} else if left := s.pending.next - s.durable.Load(); left > 0 {
		err = fmt.Errorf("close spool %s: the disk is full, %d records that were not acknowledged are given up", s.opts.Dir, left)
	}
	s.end(ErrClosed)
	s.mu.Unlock()
	return errors.Join(err, s.release())
}

// end makes err the answer to every further call and wakes whoever waits. The
// first reason stays. The caller holds mu.
func (s *Spool) end(err error) {
	if s.err == nil {
		s.err = err
	}
	s.inflight.wakeWaiters()
	s.pending.wakeWaiters()
	s.signalRoom()
}

// release gives back what Open took.
func (s *Spool) release() error {
	s.metrics.unregister(s.opts.Registerer)
	// Taken out under mu and closed outside: a Save may hold its cursor's lock.
	s.mu.Lock()
	cursors := s.cursors
	s.cursors = nil
	s.mu.Unlock()
	var errs []error
	for _, c := range cursors {
		errs = append(errs, c.close(ErrClosed))
	}
	if s.file != nil {
		errs = append(errs, s.file.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}
