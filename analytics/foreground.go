package analytics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/runs"
)

// followEvery is how often a run that another process has is looked at.
const followEvery = time.Second

// Foreground carries a run out while its caller waits, after what it needs, and
// returns it as it ended. Another process that has the same in hand, such as a
// server on the same data, is waited for; then its run is the answer. watch is told
// what happens, with the run that it happens to, from one goroutine at a time; when
// ctx ends, the run is cancelled.
func (s *Service) Foreground(ctx context.Context, who authz.Principal, q Request, watch func(runs.Run)) (runs.Run, error) {
	n, err := s.wanted(who, q)
	if err != nil {
		return runs.Run{}, err
	}
	if err := s.fulfil(ctx, who, s.jobs[q.Job], watch); err != nil {
		return runs.Run{}, err
	}
	n.Foreground = true
	r, _, err := s.Runs.Enqueue(ctx, n)
	if err != nil {
		return runs.Run{}, err
	}
	return s.carry(ctx, who, r, watch)
}

// fulfil sees to it that the newest turns of all that a job needs have ended well.
func (s *Service) fulfil(ctx context.Context, who authz.Principal, j job.Job, watch func(runs.Run)) error {
	for _, name := range j.Needs {
		n := s.jobs[name]
		due := lastTurn(n, s.Now(), s.Zone)
		r, err := s.Runs.Turn(ctx, slot(n, due))
		if errors.Is(err, runs.ErrNotFound) {
			if err := s.fulfil(ctx, who, n, watch); err != nil {
				return err
			}
			r, err = s.queueTurn(ctx, n, due)
		}
		if err == nil {
			r, err = s.carry(ctx, who, r, watch)
		}
		if err != nil {
			return err
		}
		if r.State != runs.Done {
			return fmt.Errorf("job %s needs %s, whose run %s is %s: run %s first", j.Name, name, r.ID, r.State, name)
		}
	}
	return nil
}

// carry sees a queued run through to its end: by doing it, or by waiting for whoever
// does.
func (s *Service) carry(ctx context.Context, who authz.Principal, r runs.Run, watch func(runs.Run)) (runs.Run, error) {
	for {
		var err error
		switch {
		case r.State.Ended() && r.Successor == "":
			return r, s.noteGood(context.WithoutCancel(ctx))
		case r.State.Ended() && ctx.Err() == nil:
			r.ID = r.Successor
		case r.State == runs.Queued && ctx.Err() == nil:
			var claimed runs.Run
			if claimed, err = s.Runs.Claim(ctx, r.ID, s.Owner, s.Version, lease); err == nil {
				s.carryOut(ctx, claimed, watch)
			} else if errors.Is(err, runs.ErrTaken) {
				err = s.await(ctx, who, r, watch)
			}
		default:
			err = s.await(ctx, who, r, watch)
		}
		if err != nil {
			return r, err
		}
		// Also of a run that was cancelled it is still to be read how it ended.
		if r, err = s.Runs.Get(context.WithoutCancel(ctx), r.ID); err != nil {
			return r, err
		}
	}
}

// await waits a little for a run that others have in hand, or that waits for a run of
// its job that they have.
func (s *Service) await(ctx context.Context, who authz.Principal, r runs.Run, watch func(runs.Run)) error {
	if watch != nil {
		watch(r)
	}
	select {
	case <-ctx.Done():
		err := context.Cause(ctx)
		if r.Foreground {
			_, cancelErr := s.Runs.As(who).Cancel(context.WithoutCancel(ctx), r.ID)
			err = errors.Join(err, cancelErr)
		}
		return err
	case <-time.After(followEvery):
	}
	_, err := s.Runs.Expired(ctx) // whoever had it may be gone
	return err
}

func (s *Service) carryOut(ctx context.Context, r runs.Run, watch func(runs.Run)) {
	how := execution{waited: r.Foreground}
	if watch != nil {
		watch(r)
		how.watch = func(p runs.Progress) {
			now := r
			now.Progress = p
			watch(now)
		}
	}
	s.execute(ctx, s.jobs[r.Job], r, how)
}
