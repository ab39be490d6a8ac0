package spool

import (
	"context"
	"errors"
	"fmt"
)

// batch is what is committed together: frames ready to be written, and where
// among them a new segment begins. Spool.mu guards it while it is pending; in
// flight, its content is the committer's and only waiters is shared.
type batch struct {
	buf     []byte
	first   uint64 // sequence number of its first record
	next    uint64 // and the one after its last
	cuts    []cut
	waiters chan struct{} // closed when more of it is durable; nil while nobody waits
}

// cut says that a new segment begins before the frame at buf[offset].
type cut struct {
	offset int
	first  uint64
}

// newBatch allocates the buffer whole, so that no append has to grow it; the
// pages cost nothing until they are used.
func newBatch(size int) *batch { return &batch{buf: make([]byte, 0, size)} }

// restart empties the batch; its next record will be first.
func (b *batch) restart(first uint64) {
	b.buf, b.cuts = b.buf[:0], b.cuts[:0]
	b.first, b.next = first, first
}

// wait returns a channel that is closed at the next progress.
func (b *batch) wait() <-chan struct{} {
	if b.waiters == nil {
		b.waiters = make(chan struct{})
	}
	return b.waiters
}

func (b *batch) wakeWaiters() {
	if b.waiters != nil {
		close(b.waiters)
		b.waiters = nil
	}
}

// Append queues the record that is the concatenation of parts and returns its
// sequence number. The parts are copied. The record is not durable yet: see
// Durable, WaitDurable and AwaitDurable.
//
// It is refused with ErrFull, which is ErrBusy where only the pending buffer is
// full, with ErrTooLarge, ErrClosed or ErrFailed; then it has no number. A
// priority record may use ReserveBytes.
func (s *Spool) Append(priority bool, parts ...[]byte) (seq uint64, err error) {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	cost, fresh, err := s.admit(size, priority)
	if err != nil {
		s.counts.refused++
		return 0, s.refusal(err)
	}
	s.refusing = s.refusing && priority

	b := s.pending
	if len(b.buf) == 0 {
		notify(s.wake)
	}
	if fresh {
		b.cuts = append(b.cuts, cut{offset: len(b.buf), first: b.next})
		s.tail = 0
	}
	s.tail += cost
	s.used += cost
	seq = b.next
	b.buf = appendFrame(b.buf, s.seed, seq, parts, size)
	b.next++
	if len(b.buf) >= cap(b.buf)/2 {
		notify(s.hurry)
	}
	return seq, nil
}

// admit decides whether a record of size bytes is taken now, what it adds to
// the files and whether it begins a fresh one. The caller holds mu.
func (s *Spool) admit(size int, priority bool) (cost int64, fresh bool, err error) {
	switch {
	case s.err != nil:
		return 0, false, s.err
	case s.closed:
		return 0, false, ErrClosed
	case size > s.opts.MaxRecord:
		return 0, false, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, size, s.opts.MaxRecord)
	}
	frame := int64(frameHeader + size)
	fresh = s.tail+frame > s.opts.SegmentBytes
	cost = frame
	if fresh || s.tail == 0 {
		cost += segmentHeader
	}
	limit := s.opts.MaxBytes
	if !priority {
		limit -= s.opts.ReserveBytes
	}
	switch {
	case s.used+cost > limit:
		return 0, false, ErrFull
	case len(s.pending.buf)+int(frame) > cap(s.pending.buf):
		return 0, false, ErrBusy
	}
	return cost, fresh, nil
}

// refusal notes why admit refused a record and returns what to tell its owner.
// The caller holds mu.
func (s *Spool) refusal(err error) error {
	if errors.Is(err, ErrFull) && !errors.Is(err, ErrBusy) {
		s.refusing = true
	}
	return s.lasting(err)
}

// lasting turns ErrBusy into ErrFull while it will not pass by itself. The
// caller holds mu.
func (s *Spool) lasting(err error) error {
	if s.stalled && errors.Is(err, ErrBusy) {
		return ErrFull
	}
	return err
}

// WaitRoom returns when a record of size bytes would be taken, however long
// that is. Others may be quicker than the caller, whose Append can be refused
// again.
func (s *Spool) WaitRoom(ctx context.Context, size int, priority bool) error {
	return s.waitWhile(ctx, ErrFull, size, priority)
}

// WaitDisk is WaitRoom that only waits out ErrBusy. It returns ErrFull when room
// is not a matter of moments: for callers who must not be held up for longer.
func (s *Spool) WaitDisk(ctx context.Context, size int, priority bool) error {
	return s.waitWhile(ctx, ErrBusy, size, priority)
}

// waitWhile waits for as long as a record would be refused with that refusal.
func (s *Spool) waitWhile(ctx context.Context, refusal error, size int, priority bool) error {
	for {
		s.mu.Lock()
		_, _, err := s.admit(size, priority)
		if err = s.lasting(err); !errors.Is(err, refusal) {
			s.mu.Unlock()
			return err
		}
		if s.room == nil {
			s.room = make(chan struct{})
		}
		room := s.room
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signalRoom wakes everybody in waitWhile, to look again. The caller holds mu.
func (s *Spool) signalRoom() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// Full reports that the spool refuses records for longer than a moment: its
// size bound is reached, or the disk has no room.
func (s *Spool) Full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusing || s.stalled
}

// notify leaves a token in a channel of capacity one, unless there is one.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
