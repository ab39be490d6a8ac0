package alerting

import (
	"context"
	"errors"
	"time"

	"steward/alerting/desk"
	"steward/alerting/engine"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// step is one thing that the stream brought about.
type step struct {
	signal *engine.Signal
	// Or the passage of a responder.
	who   *desk.Responder
	event telemetry.Event
}

// stream follows the messages until ctx ends.
func (s *Service) stream(ctx context.Context) error {
	if err := s.restore(ctx); err != nil {
		return err
	}
	nextTick, nextReload := s.opts.Now(), s.opts.Now().Add(reloadEvery)
	for {
		caughtUp, err := s.batch(ctx)
		if err != nil {
			return err
		}
		select {
		case a := <-s.answers:
			if err := s.answered(ctx, a); err != nil {
				return err
			}
		case w := <-s.written:
			if err := s.settle(w); err != nil {
				return err
			}
		default:
		}
		now := s.opts.Now()
		if !now.Before(nextTick) {
			nextTick = now.Add(tickEvery)
			// While there are messages to read they are the time.
			if caughtUp {
				if err := s.tick(ctx, telemetry.MillisOf(now.Add(-slack))); err != nil {
					return err
				}
			}
		}
		if !now.Before(nextReload) {
			nextReload = now.Add(reloadEvery)
			if err := s.reload(ctx); err != nil {
				return err
			}
		}
		pressed := now.Sub(s.lastSave) >= saveUrgent && s.opts.Source.Full()
		if s.dirty && (pressed || !now.Before(s.nextSave)) {
			if err := s.checkpoint(ctx); err != nil {
				return err
			}
		}
		if !caughtUp {
			continue
		}
		if err := s.await(ctx, nextTick); err != nil {
			return errors.Join(s.finish(), err)
		}
	}
}

// await waits for a message or a time.
func (s *Service) await(ctx context.Context, until time.Time) error {
	wait, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	in, err := s.opts.Source.Next(wait)
	switch {
	case err == nil:
		return s.take(ctx, &in)
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	}
	return err
}

// take evaluates one message and keeps what it brought about at once.
func (s *Service) take(ctx context.Context, in *engine.Input) error {
	return s.commit(ctx, s.evaluate(nil, in), 0)
}

// batch evaluates the messages that are there, and reports whether that was all.
func (s *Service) batch(ctx context.Context) (caughtUp bool, err error) {
	var steps []step
	for range maxBatch {
		in, ok, err := s.opts.Source.TryNext()
		if err != nil {
			return false, errors.Join(s.commit(ctx, steps, 0), err)
		}
		if !ok {
			caughtUp = true
			break
		}
		n := len(steps)
		steps = s.evaluate(steps, &in)
		if urgent(steps[n:]) {
			break // nobody who is stuck waits for the rest of a batch
		}
	}
	return caughtUp, s.commit(ctx, steps, 0)
}

func urgent(steps []step) bool {
	for _, st := range steps {
		if st.who != nil || st.signal.Rule != nil && st.signal.Rule.Severity == telemetry.LifeSafety {
			return true
		}
	}
	return false
}

func (s *Service) evaluate(steps []step, in *engine.Input) []step {
	s.dirty = true
	s.metrics.messages.Inc()
	s.mu.Lock()
	signals := s.engine.Process(in)
	s.mu.Unlock()
	for i := range signals {
		steps = append(steps, step{signal: &signals[i]})
	}
	for i := range in.Events {
		if who := s.desk.Passed(&in.Events[i]); who != nil {
			e := in.Events[i]
			steps = append(steps, step{who: who, event: e})
		}
	}
	return steps
}

// tick tells the evaluation the time. What comes of it is kept with the time, so
// that after a crash it comes at the same place of the stream.
func (s *Service) tick(ctx context.Context, at telemetry.Millis) error {
	s.mu.Lock()
	if s.opts.Receiving == nil || s.opts.Receiving() {
		s.engine.Listening(max(s.ticked, at-slackGap), at)
	}
	s.ticked = at
	signals := s.engine.Advance(at)
	s.mu.Unlock()
	if len(signals) == 0 {
		return nil
	}
	s.dirty = true
	return s.commit(ctx, stepsOf(signals), at)
}

func stepsOf(signals []engine.Signal) []step {
	steps := make([]step, len(signals))
	for i := range signals {
		steps[i].signal = &signals[i]
	}
	return steps
}

// commit keeps what was brought about, with the position behind it and, when it
// was time that did it, the time.
func (s *Service) commit(ctx context.Context, steps []step, tick telemetry.Millis) error {
	return s.commitAt(ctx, steps, tick, s.opts.Source.Position())
}

func (s *Service) commitAt(ctx context.Context, steps []step, tick telemetry.Millis, position uint64) error {
	if len(steps) == 0 {
		return nil
	}
	all := func(tx *incident.Tx) error {
		for i := range steps {
			if err := s.apply(tx, &steps[i]); err != nil {
				return err
			}
		}
		return s.moveOn(tx, tick, position)
	}
	if err := s.opts.Store.Update(ctx, all); err == nil {
		s.failures.over(s.opts.Logger, "stream")
		return nil
	}
	// Each by itself, so that one that cannot be kept holds up no other. After a
	// crash in between they come again, and those that were kept are known.
	for i := range steps {
		do := func(tx *incident.Tx) error { return s.apply(tx, &steps[i]) }
		if _, err := s.keepOrSetAside(ctx, "stream", steps[i].name(), do); err != nil {
			return err
		}
	}
	return s.keep(ctx, "stream", func(tx *incident.Tx) error { return s.moveOn(tx, tick, position) })
}

// name is what a step is about, for the log.
func (st *step) name() string {
	if st.who != nil {
		return st.event.Device.String()
	}
	return st.signal.Fingerprint
}

// moveOn notes how far the stream was taken.
func (s *Service) moveOn(tx *incident.Tx, tick telemetry.Millis, position uint64) error {
	if tick != 0 {
		if err := tx.AddTick(s.spool, position, tick.Time()); err != nil {
			return err
		}
	}
	return tx.SetPosition(s.spool, position)
}

func (s *Service) apply(tx *incident.Tx, st *step) error {
	if st.who != nil {
		return s.desk.Arrive(tx, st.who, &st.event)
	}
	s.metrics.signals.WithLabelValues(string(st.signal.Kind)).Inc()
	return s.desk.Apply(tx, st.signal)
}
