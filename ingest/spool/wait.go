package spool

import "context"

// WaitDurable returns nil when record seq is on disk. Any number may wait at
// once; each is woken when its own batch is committed.
func (s *Spool) WaitDurable(ctx context.Context, seq uint64) error {
	_, err := s.AwaitDurable(ctx, seq)
	return err
}

// AwaitDurable returns Durable as soon as it is greater than last. A loop that
// acknowledges in order passes what the call before returned:
//
//	for durable := uint64(0); ; {
//		durable, err = s.AwaitDurable(ctx, durable)
//		// acknowledge everything below durable
//	}
//
// It also returns when ctx ends or the spool is closed or has failed.
func (s *Spool) AwaitDurable(ctx context.Context, last uint64) (durable uint64, err error) {
	for {
		if durable := s.durable.Load(); durable > last {
			return durable, nil
		}
		progress, err := s.waitChannel(last)
		if err != nil {
			return s.durable.Load(), err
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return s.durable.Load(), ctx.Err()
		}
	}
}

// waitChannel returns a channel that is closed when record seq may have become
// durable, or the spool has ended. It is the channel of the batch that the
// record is in, so that a commit wakes only those whom it concerns.
func (s *Spool) waitChannel(seq uint64) (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.durable.Load() > seq:
		return closedChannel, nil
	case s.err != nil:
		return nil, s.err
	case seq < s.pending.first:
		return s.inflight.wait(), nil
	}
	return s.pending.wait(), nil
}

// closedChannel is for those who have nothing to wait for.
var closedChannel = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
