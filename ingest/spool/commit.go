package spool

import (
	"errors"
	"fmt"
	"time"
)

// How long the committer waits before it tries a full disk again. Deleting a
// segment ends the wait.
const (
	retryMin = 20 * time.Millisecond
	retryMax = time.Second
)

// errGivenUp ends the committer when the spool is closed while the disk is full.
var errGivenUp = errors.New("closed while the disk is full")

// commitLoop writes and syncs what Append gathers. While one batch is on its way
// to the disk the next one gathers, so the slower the disk, the larger the
// batch.
func (s *Spool) commitLoop() {
	defer close(s.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time // when the last commit began
	for closing := false; !closing; {
		select {
		case <-s.wake:
		case <-s.closing:
			closing = true // one more round, for what is pending
		}
		if wait := s.opts.SyncInterval - time.Since(last); wait > 0 && !closing {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-s.hurry:
			case <-s.closing:
			}
		}
		last = time.Now()
		b := s.takePending()
		err := s.commit(b)
		if errors.Is(err, errGivenUp) {
			return
		}
		if err != nil {
			s.fail(err)
			return
		}
		s.mu.Lock()
		b.restart(b.next)
		s.mu.Unlock()
		s.metrics.commit.Observe(time.Since(last).Seconds())
	}
}

// takePending puts the pending batch in flight and the spare one in its place.
func (s *Spool) takePending() *batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending, s.inflight = s.inflight, s.pending
	s.pending.restart(s.inflight.next)
	s.signalRoom()
	return s.inflight
}

// commit brings a batch to disk, segment by segment.
func (s *Spool) commit(b *batch) error {
	start := 0
	for _, c := range b.cuts {
		if err := s.persist(b.buf[start:c.offset], c.first); err != nil {
			return err
		}
		if err := s.roll(c.first); err != nil {
			return err
		}
		start = c.offset
	}
	return s.persist(b.buf[start:], b.next)
}

// persist appends whole frames to the head and publishes them as durable up to
// next.
func (s *Spool) persist(frames []byte, next uint64) error {
	if len(frames) == 0 {
		return nil
	}
	if s.file == nil {
		if err := s.untilRoom(s.createHead); err != nil {
			return err
		}
	}
	s.mu.Lock()
	head := s.segments[len(s.segments)-1]
	size := head.size
	s.mu.Unlock()

	err := s.untilRoom(func() error {
		_, err := s.file.WriteAt(frames, size)
		if err != nil {
			// No torn frame stays, whatever happens next.
			return errors.Join(err, s.file.Truncate(size))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write spool segment: %w", err)
	}
	if err := s.sync(s.file); err != nil {
		return fmt.Errorf("sync spool segment %s: %w", head.path, err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	head.size += int64(len(frames))
	s.disk += int64(len(frames))
	s.durable.Store(next)
	s.counts.commits++
	s.inflight.wakeWaiters()
	return nil
}

// roll makes a new head, which gets its file with its first record.
func (s *Spool) roll(first uint64) error {
	if s.file != nil {
		err := s.file.Close()
		s.file = nil
		if err != nil {
			return fmt.Errorf("close spool segment: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = append(s.segments, newSegment(s.opts.Dir, first))
	return nil
}

// createHead makes the file of the head.
func (s *Spool) createHead() error {
	s.mu.Lock()
	head := s.segments[len(s.segments)-1]
	s.mu.Unlock()
	file, err := head.create(s.id)
	if err != nil {
		return err
	}
	s.file = file
	s.mu.Lock()
	defer s.mu.Unlock()
	head.size = segmentHeader
	s.disk += segmentHeader
	return nil
}

// untilRoom repeats op for as long as there is no room for it. Meanwhile nothing more
// becomes durable, so nothing is acknowledged, and Append fills the pending
// buffer and then refuses.
func (s *Spool) untilRoom(op func() error) error {
	err := op()
	if err == nil || !noRoom(err) {
		return err
	}
	s.logger.Error("spool cannot write: nothing is acknowledged until there is room", "dir", s.opts.Dir, "error", err)
	s.setStalled(true)
	defer s.setStalled(false)
	stalledSince := time.Now()
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		giveUp := false
		select {
		case <-time.After(wait):
		case <-s.freed:
		case <-s.closing:
			giveUp = true // after a last attempt
		}
		err := op()
		if err == nil {
			s.logger.Info("spool writes again", "dir", s.opts.Dir, "after", time.Since(stalledSince))
			return nil
		}
		if !noRoom(err) {
			return err
		}
		if giveUp {
			return fmt.Errorf("%w: %w", errGivenUp, err)
		}
	}
}

func (s *Spool) setStalled(stalled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = stalled
	s.signalRoom() // what passed by itself does not any more, or the other way round
}

// fail ends the spool for good. A sync that failed must not be tried again: the
// kernel reports a lost page once, and the next sync would succeed without it.
func (s *Spool) fail(err error) {
	s.logger.Error("spool has failed: nothing more is acknowledged", "dir", s.opts.Dir, "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(fmt.Errorf("%w: %w", ErrFailed, err))
}
