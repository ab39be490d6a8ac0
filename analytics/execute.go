package analytics

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"steward/analytics/job"
	"steward/internal/runs"
)

// A run is in the hands of its process for a lease, and renewed much more often, so
// that it survives a database that is away for a while. How far it is and whether
// somebody cancels it travels with the renewal.
const (
	lease = time.Minute
	beat  = 2 * time.Second
)

// Why a run is told to end.
var (
	errCancelled = errors.New("cancelled")
	errTooLong   = errors.New("it took longer than its time limit")
)

// execution is how a run is carried out.
type execution struct {
	lacks  string                // what it needs and will not get; it fails
	waited bool                  // somebody waits: the end of the context is his wish that it ends
	watch  func(p runs.Progress) // is told how far it is; may be nil
}

// execute carries out a run that this process has claimed, to its end.
func (s *Service) execute(ctx context.Context, j job.Job, r runs.Run, how execution) {
	began := s.Now()
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	inner, stop := context.WithTimeoutCause(inner, s.TimeLimit, errTooLong)
	defer stop()
	w := &writer{results: s.Results, run: r, ctx: inner, watch: how.watch}
	s.Logger.Info("analysis begins", "job", r.Job, "run", r.ID, "from", r.From, "to", r.To, "attempt", r.Attempt)

	ended, beating := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(beating)
		s.keepAlive(ctx, r, w, cancel, ended)
	}()
	err := errors.New(how.lacks)
	if how.lacks == "" {
		err = s.call(inner, j, r, w)
	}
	close(ended)
	<-beating

	o := w.outcome(err)
	cause := context.Cause(inner)
	switch {
	case errors.Is(cause, runs.ErrLost):
		s.Logger.Warn("analysis lost its lease", "job", r.Job, "run", r.ID)
		return
	case err == nil:
	case errors.Is(cause, errTooLong):
		o.Error = fmt.Sprintf("%v, %s", errTooLong, s.TimeLimit)
	case errors.Is(cause, errCancelled), ctx.Err() != nil && how.waited:
		o.State, o.Error = runs.Cancelled, ""
	case ctx.Err() != nil:
		o.Error, o.Interrupted = "its process was stopped", true
	}
	s.metrics.runs.WithLabelValues(r.Job, string(o.State)).Inc()
	s.metrics.seconds.WithLabelValues(r.Job).Observe(s.Now().Sub(began).Seconds())
	s.end(ctx, r, o)
}

// call runs the job. A panic is an error of this run.
func (s *Service) call(ctx context.Context, j job.Job, r runs.Run, w *writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			s.Logger.Error("analysis panicked", "job", r.Job, "run", r.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	return j.Run(ctx, &job.Run{
		ID: r.ID, Job: r.Job, From: r.From, To: r.To, Params: r.Params, Now: *r.StartedAt,
		Progress: w.progress, Cover: w.cover, Write: w.write, Note: w.note,
	})
}

// keepAlive renews the lease until the run has ended. It goes on while a run that
// was told to end does so: nobody else may begin before that.
func (s *Service) keepAlive(ctx context.Context, r runs.Run, w *writer, cancel context.CancelCauseFunc, ended <-chan struct{}) {
	ctx = context.WithoutCancel(ctx)
	tick := time.NewTicker(beat)
	defer tick.Stop()
	renewed := s.Now()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		try, done := context.WithTimeout(ctx, lease/4)
		cancelled, err := s.Runs.Renew(try, r.ID, s.Owner, lease, w.at())
		done()
		switch {
		case err == nil:
			renewed = s.Now()
			if cancelled {
				cancel(errCancelled)
			}
		case errors.Is(err, runs.ErrLost), s.Now().Sub(renewed) > lease-lease/4:
			// Before others may take it, so that two are never at it at once.
			s.Logger.Warn("analysis cannot renew its lease", "job", r.Job, "run", r.ID, "error", err)
			cancel(runs.ErrLost)
			return
		}
	}
}

// end writes how a run ended. When that does not succeed, the lease will end, and
// the run is tried again.
func (s *Service) end(ctx context.Context, r runs.Run, o runs.Outcome) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), lease/2)
	defer done()
	for {
		_, err := s.Runs.Finish(ctx, r.ID, s.Owner, o)
		switch {
		case err == nil && o.State == runs.Failed && !o.Interrupted: // by a stop, it is tried again
			s.Logger.Error("analysis failed", "job", r.Job, "run", r.ID, "error", o.Error)
			return
		case err == nil:
			s.Logger.Info("analysis ended", "job", r.Job, "run", r.ID, "state", string(o.State), "numbers", o.Numbers, "documents", o.Documents)
			return
		case errors.Is(err, runs.ErrLost) || ctx.Err() != nil:
			s.Logger.Error("end of an analysis not noted", "job", r.Job, "run", r.ID, "state", string(o.State), "error", err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(beat):
		}
	}
}

// outcome is how a run ended, by what the job returned.
func (w *writer) outcome(err error) runs.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := runs.Outcome{State: runs.Done, Progress: w.p, Coverage: w.least, Numbers: w.numbers, Documents: w.documents}
	if w.covered != nil {
		o.Coverage = w.covered
	}
	if err != nil {
		o.State, o.Error = runs.Failed, err.Error()
	} else if w.p.Total > 0 {
		o.Progress = runs.Progress{Done: w.p.Total, Total: w.p.Total} // not every job says so of its last step
	}
	return o
}

// at is how far the run is.
func (w *writer) at() runs.Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.p
}
