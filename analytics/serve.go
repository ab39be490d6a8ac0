package analytics

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// lookEvery is how often the schedule and the queue are looked at: other processes
// queue runs without a word.
const lookEvery = 5 * time.Second

// How often is looked whether jobs stand well, and for what is too old to keep.
const (
	standingEvery = time.Minute
	sweepEvery    = 6 * time.Hour
)

// Run keeps the schedule and carries out what is queued until ctx ends, and then
// waits for what is under way, which is told to end.
func (s *Service) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	room := make(chan struct{}, s.Concurrency)
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		s.look(ctx)
		s.begin(ctx, &group, room)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// rouse has the loop look at the queue now.
func (s *Service) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it is about to
	}
}

// look does what is due besides running jobs. What fails is tried again at the next
// look.
func (s *Service) look(ctx context.Context) {
	now := s.Now()
	s.troubles.note(ctx, now, "schedule", s.queueTurns(ctx, now))
	ended, err := s.Runs.Expired(ctx)
	s.troubles.note(ctx, now, "abandoned runs", err)
	for _, r := range ended {
		s.Logger.Warn("run of an analysis was abandoned", "job", r.Job, "run", r.ID, "tried_again_as", r.Successor)
	}
	s.troubles.note(ctx, now, "good runs to ClickHouse", s.noteGood(ctx))
	if s.ended.Swap(false) || now.Sub(s.lookedAt) >= standingEvery {
		s.lookedAt = now
		s.troubles.note(ctx, now, "standing of jobs", s.lookAtStanding(ctx))
	}
	if now.Sub(s.sweptAt) >= sweepEvery {
		s.sweptAt = now
		forgotten, err := s.Runs.Sweep(ctx, now.Add(-s.Keep), s.Results.DropAnalytics)
		s.troubles.note(ctx, now, "removal of old runs", err)
		if forgotten > 0 {
			s.Logger.Info("old runs of analyses removed", "runs", forgotten)
		}
	}
}

// scheduler is who queues turns.
var scheduler = runs.StarterOf(authz.SystemPrincipal("schedule"))

// queueTurns queues the newest turn of each job, if nobody did. Older ones that were
// missed meanwhile stay missed: their results would be of no use after those of the
// newest.
func (s *Service) queueTurns(ctx context.Context, now time.Time) error {
	var errs []error
	for _, name := range s.names() {
		j := s.jobs[name]
		due := lastTurn(j, now, s.Zone)
		if due.IsZero() || s.off(name) || s.turns[name] == slot(j, due) {
			continue
		}
		if _, err := s.queueTurn(ctx, j, due); err != nil {
			errs = append(errs, err)
			continue
		}
		s.turns[name] = slot(j, due)
	}
	return errors.Join(errs...)
}

// queueTurn queues a turn. Its period is that of the moment at which it was due,
// however late it is.
func (s *Service) queueTurn(ctx context.Context, j job.Job, due time.Time) (runs.Run, error) {
	from, to := j.Period(due, s.Zone)
	r, _, err := s.Runs.Enqueue(ctx, runs.New{Job: j.Name, From: from, To: to, Regular: true, Slot: slot(j, due), By: scheduler})
	return r, err
}

// begin carries out queued runs while there is room.
func (s *Service) begin(ctx context.Context, group *sync.WaitGroup, room chan struct{}) {
	ready, err := s.Runs.Ready(ctx)
	s.troubles.note(ctx, s.Now(), "queue", err)
	for _, r := range ready {
		j, known := s.jobs[r.Job]
		if !known {
			continue // of a newer program, which shares the database
		}
		verdict, err := s.needs(ctx, j)
		s.troubles.note(ctx, s.Now(), "needs of "+j.Name, err)
		if err != nil || verdict.wait {
			continue
		}
		select {
		case room <- struct{}{}:
		default:
			return
		}
		r, err = s.Runs.Claim(ctx, r.ID, s.Owner, s.Version, lease)
		if err != nil {
			<-room
			if !errors.Is(err, runs.ErrTaken) {
				s.troubles.note(ctx, s.Now(), "queue", err)
			}
			continue
		}
		group.Go(func() {
			defer s.rouse()
			defer s.ended.Store(true)
			defer func() { <-room }()
			s.execute(ctx, j, r, execution{lacks: verdict.lacks})
		})
	}
}

// verdict says whether what a job needs is there.
type verdict struct {
	wait  bool   // it will be
	lacks string // it will not be, and why; "" when all is well
}

// needs looks at the newest turns of the jobs that j needs.
func (s *Service) needs(ctx context.Context, j job.Job) (v verdict, err error) {
	for _, name := range j.Needs {
		n := s.jobs[name]
		r, err := s.Runs.Turn(ctx, slot(n, lastTurn(n, s.Now(), s.Zone)))
		switch {
		case errors.Is(err, runs.ErrNotFound):
			v.wait = true
		case err != nil:
			return v, err
		case !r.State.Ended():
			v.wait = true
		case r.State != runs.Done:
			v.lacks = "needs " + name + ", whose run " + r.ID + " is " + string(r.State)
		}
	}
	return v, nil
}

// noteGood tells ClickHouse of runs that ended well, whoever ran them.
func (s *Service) noteGood(ctx context.Context) error {
	for {
		all, err := s.Runs.Unnoted(ctx)
		if err != nil || len(all) == 0 {
			return err
		}
		good := make([]clickhouse.GoodRun, len(all))
		for i, r := range all {
			good[i] = clickhouse.GoodRun{
				AnalyticsRun: written(r), From: r.From, To: r.To, Params: r.Params, Regular: r.Regular,
				FinishedAt: *r.FinishedAt, Coverage: r.Coverage, Version: r.Version,
			}
		}
		if err := s.Results.PutGoodRuns(ctx, good); err != nil {
			return err
		}
		if err := s.Runs.Noted(ctx, all); err != nil {
			return err
		}
	}
}

// lookAtStanding tells of jobs that fail and of those that do so no more. It goes by
// what is stored and not by what happened here, so that nothing is missed when a
// process ends in between.
func (s *Service) lookAtStanding(ctx context.Context) error {
	var errs []error
	for _, name := range s.names() {
		done, err := s.Runs.LastDone(ctx, name)
		if err == nil {
			s.metrics.lastSuccess.WithLabelValues(name).Set(float64(done.FinishedAt.UnixMilli()) / 1000)
		} else if !errors.Is(err, runs.ErrNotFound) {
			errs = append(errs, err)
		}
		if err := s.tell(ctx, s.jobs[name]); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (s *Service) tell(ctx context.Context, j job.Job) error {
	r, err := s.Runs.Standing(ctx, j.Name)
	switch {
	case errors.Is(err, runs.ErrNotFound) || err == nil && s.told[j.Name] == r.ID || s.Alarm == nil:
		return nil
	case err != nil:
		return err
	case r.State == runs.Failed:
		err = s.Alarm.Failed(ctx, j, r)
	default:
		err = s.Alarm.Recovered(ctx, j, r)
	}
	if err == nil {
		s.told[j.Name] = r.ID
	}
	return err
}

// troubles logs what keeps failing when it begins, and then once in a while.
type troubles struct {
	logger *slog.Logger
	since  map[string]time.Time // by what is tried: when it was logged last
}

const troubleEvery = 10 * time.Minute

func (t *troubles) note(ctx context.Context, now time.Time, what string, err error) {
	last, known := t.since[what]
	switch {
	case err == nil:
		delete(t.since, what)
	case ctx.Err() != nil: // it is the end
	case !known || now.Sub(last) >= troubleEvery:
		if t.since == nil {
			t.since = map[string]time.Time{}
		}
		t.since[what] = now
		t.logger.Error("analytics is held up", "part", what, "error", err)
	}
}
