// Package analytics runs the analyses: on a schedule and on demand, each turn once
// over all processes, with results that are kept by run.
//
// [New] takes the jobs; [Service.Run] works until its context ends; [Service.Start]
// queues a run for somebody, and [Service.Foreground] carries one out while its
// caller waits.
//
// Promises: a turn that came while nobody ran is made up once, not as often as it
// was missed; a run whose process dies is taken over when its lease ends; what a run
// wrote becomes a result when it ends well, all of it at once, and never otherwise;
// a job that panics, hangs over its time limit or is cancelled costs its own run and
// nothing else.
package analytics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/analytics/job"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// Results is where results are kept: clickhouse.Store.
type Results interface {
	PutAnalyticsNumbers(ctx context.Context, run clickhouse.AnalyticsRun, numbers []clickhouse.AnalyticsNumber) error
	PutAnalyticsDocument(ctx context.Context, run clickhouse.AnalyticsRun, d clickhouse.AnalyticsDocument) error
	PutGoodRuns(ctx context.Context, runs []clickhouse.GoodRun) error
	DropAnalytics(ctx context.Context, runs []string) error
}

// Alarm tells people of jobs that fail. Both may be called again with what was told
// before.
type Alarm interface {
	// Failed says that the last run of a job failed for good.
	Failed(ctx context.Context, j job.Job, run runs.Run) error
	// Recovered says that the last run of a job ended well.
	Recovered(ctx context.Context, j job.Job, run runs.Run) error
}

// Options of a Service.
type Options struct {
	Jobs    []job.Job
	Off     []string // names of jobs that do not run by themselves
	Runs    *runs.Store
	Results Results
	Alarm   Alarm // nil tells nobody

	Zone        *time.Location // of the company; UTC when nil
	Concurrency int            // runs of this process at once; 1 when 0
	TimeLimit   time.Duration  // of one run; 2 h when 0
	Keep        time.Duration  // how long runs are kept; 2 years when 0
	Owner       string         // names this process among those that share the database
	Version     string         // of the program

	Now        func() time.Time      // time.Now when nil
	Logger     *slog.Logger          // nothing is logged when nil
	Registerer prometheus.Registerer // none when nil
}

// Service runs jobs. It is safe for concurrent use.
type Service struct {
	Options
	jobs    map[string]job.Job
	metrics *metrics
	wake    chan struct{} // somebody queued a run, or one ended: holds at most one
	ended   atomic.Bool   // one ended since the standing of the jobs was looked at
	every   time.Duration // lookEvery, but for tests of days

	// Of the loop in Run alone.
	turns    map[string]string // by job: the slot that is known to be queued
	told     map[string]string // by job: the run of which Alarm was told
	lookedAt time.Time         // when the standing of the jobs was looked at
	sweptAt  time.Time
	troubles troubles
}

// New checks the jobs.
func New(o Options) (*Service, error) {
	if o.Runs == nil || o.Results == nil || o.Owner == "" {
		return nil, errors.New("analytics: needs the store of runs, one of results, and the name of the process")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Concurrency = cmp.Or(o.Concurrency, 1)
	o.TimeLimit = cmp.Or(o.TimeLimit, 2*time.Hour)
	o.Keep = cmp.Or(o.Keep, 2*365*24*time.Hour)
	s := &Service{
		Options: o, jobs: map[string]job.Job{}, metrics: newMetrics(o.Registerer), wake: make(chan struct{}, 1), every: lookEvery,
		turns: map[string]string{}, told: map[string]string{},
	}
	s.troubles.logger = o.Logger
	for _, j := range o.Jobs {
		if _, twice := s.jobs[j.Name]; twice {
			return nil, fmt.Errorf("analytics: there are two jobs %s", j.Name)
		}
		s.jobs[j.Name] = j
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("analytics: %w", err)
	}
	return s, nil
}

func (s *Service) check() error {
	for _, name := range s.Off {
		if _, known := s.jobs[name]; !known {
			return fmt.Errorf("off: there is no job %q; there are %s", name, strings.Join(s.names(), ", "))
		}
	}
	for _, j := range s.jobs {
		if err := s.checkJob(j); err != nil {
			return fmt.Errorf("job %q: %w", j.Name, err)
		}
		if err := s.checkCircle(j.Name, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkJob(j job.Job) error {
	most := 24 * time.Hour
	switch j.Every {
	case job.Hourly:
		most = time.Hour
	case job.Daily, job.Monthly, job.OnDemand:
	default:
		return fmt.Errorf("every %q is not one of hourly, daily, monthly, on demand", j.Every)
	}
	switch {
	case j.Name == "" || j.Period == nil || j.Run == nil:
		return errors.New("needs a name, a period and something to run")
	case j.At < 0 || j.At >= most:
		return fmt.Errorf("at %s is not from 0 to less than %s", j.At, most)
	}
	for _, name := range j.Needs {
		switch n, known := s.jobs[name]; {
		case !known:
			return fmt.Errorf("needs %q, which does not exist", name)
		case n.Every == job.OnDemand:
			return fmt.Errorf("needs %s, which never runs by itself", name)
		case s.off(name) && !s.off(j.Name):
			return fmt.Errorf("needs %s, which is off: switch %s off too", name, j.Name)
		}
	}
	return nil
}

// checkCircle finds a job that would wait for itself.
func (s *Service) checkCircle(name string, path []string) error {
	if slices.Contains(path, name) {
		return fmt.Errorf("job %s waits for itself: %s", name, strings.Join(append(path, name), " needs "))
	}
	for _, need := range s.jobs[name].Needs {
		if err := s.checkCircle(need, append(path[:len(path):len(path)], name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) off(name string) bool { return slices.Contains(s.Off, name) }

func (s *Service) names() []string { return slices.Sorted(maps.Keys(s.jobs)) }

// Plan is a job with when it runs.
type Plan struct {
	job.Job
	Off  bool
	Next time.Time // its next turn; zero for one that does not run by itself
}

// Plans are the jobs by name.
func (s *Service) Plans() []Plan {
	var all []Plan
	for _, name := range s.names() {
		p := Plan{Job: s.jobs[name], Off: s.off(name)}
		if !p.Off {
			p.Next = nextTurn(p.Job, s.Now(), s.Zone)
		}
		all = append(all, p)
	}
	return all
}
