// Package alerting is the room in which readings and events become incidents, and
// incidents reach people: it follows the stream of messages, evaluates the rules
// (package engine), decides what becomes of incidents (desk) and keeps them
// (internal/incident).
//
// [New] puts a [Service] together, [Service.Run] works until its context ends.
//
// Promises:
//   - What the stream brought about, the incidents with their timelines and
//     notices, is kept in one transaction with the position in the stream. After a
//     crash the stream is read again from there: nothing is lost and nothing is
//     doubled.
//   - The state of the evaluation is a function of the stream and of the moments at
//     which time alone brought something about, which are kept too. It is saved now
//     and then, and rebuilt by reading on from there.
//   - A store that is away stops nothing for good: the stream waits in the spool.
//   - A clock's warning or breach comes within a second of its time, whatever the
//     stream does: they are looked for on their own.
package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/alerting/desk"
	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/rule"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Source is the stream of messages, from a position on. Positions are of one
// source, which ID names.
type Source interface {
	ID() string
	Saved() uint64 // where a consumer may begin that knows nothing
	Start(ctx context.Context, position uint64) error
	// TryNext takes the next message if there is one, and Next waits for it.
	TryNext() (engine.Input, bool, error)
	Next(ctx context.Context) (engine.Input, error)
	Position() uint64
	// Done says that what is below position need not be kept any more. Full reports
	// that this is urgent: there is no room for what comes in.
	Done(position uint64) error
	Full() bool
}

// People is what people have configured and change while Steward runs. Revision
// changes whenever something of it does.
type People interface {
	Revision(ctx context.Context) (string, error)
	// Setup and Rules are as of one moment after the last Revision.
	Setup(ctx context.Context) (*desk.Setup, error)
	Rules(ctx context.Context) (*rule.Set, error)
}

// Options are what a Service stands on. All but Query, Receiving, Alone, Customs,
// Registerer and Now are required.
type Options struct {
	Store     *incident.Store
	Source    Source
	Estate    *estate.Estate
	People    People
	StateFile string // where the evaluation's state is saved
	// Query runs a rule's SQL for a period. Rules of that kind rest without it.
	Query func(ctx context.Context, query string, from, to time.Time) ([]engine.Row, error)
	// Receiving reports whether messages would come if there were any; always when
	// nil. Silence of a device counts only meanwhile.
	Receiving func() bool
	// Alone says that no other process changes what is in the store.
	Alone      bool
	Customs    desk.Options
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	Now        func() time.Time
}

const (
	// tickEvery is how often clocks are looked at and time is told to the
	// evaluation: well below the second that is promised.
	tickEvery = 200 * time.Millisecond
	// slack is how long a message may take from its receipt to being read: the
	// evaluation's time runs behind the clock by so much, so that a message is
	// judged before the time that follows it.
	slack = time.Second
	// slackGap bounds the time for which one look at Receiving speaks, in
	// milliseconds.
	slackGap telemetry.Millis = 2000
	// maxBatch bounds how many messages are evaluated before what they brought
	// about is kept.
	maxBatch = 2000
	// saveEvery is how often the evaluation's state is saved: after a crash so much
	// of the stream is read again.
	saveEvery = 20 * time.Second
	// saveUrgent is how often while the stream has no room for what comes in.
	saveUrgent = time.Second
	// saveShare bounds what saving costs: the stream stands still for a part in so
	// many of the time.
	saveShare = 100
	// reloadEvery is how often it is asked whether people changed something.
	reloadEvery = time.Second
)

// Service is the room at work.
type Service struct {
	opts    Options
	desk    *desk.Desk
	metrics *metrics

	rules atomic.Pointer[rule.Set]

	// mu guards the engine, which belongs to the stream but is looked into by
	// others.
	mu     sync.Mutex
	engine *engine.Engine

	spool    string
	revision string
	ticked   telemetry.Millis // the newest tick
	dirty    bool             // the state has changed since it was saved
	nextSave time.Time
	lastSave time.Time
	size     int    // of the last snapshot, in bytes
	onDisk   uint64 // position of the state on disk
	writing  bool   // a snapshot is being written
	writes   sync.WaitGroup
	written  chan written
	answers  chan answer
	aside    map[string]time.Time // incidents whose change could not be kept, until when they rest; of runClocks
	failures failures
}

// New prepares a Service: it reads what people have configured.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{opts: o, metrics: newMetrics(o.Registerer), spool: o.Source.ID(), answers: make(chan answer), aside: map[string]time.Time{}, written: make(chan written, 1)}
	revision, err := o.People.Revision(ctx)
	if err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	setup, err := o.People.Setup(ctx)
	if err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	rules, err := o.People.Rules(ctx)
	if err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	s.revision = revision
	s.rules.Store(rules)
	s.desk = desk.New(o.Estate, setup, o.Customs)
	s.engine = s.newEngine()
	return s, nil
}

func (s *Service) newEngine() *engine.Engine {
	return engine.New(engine.Options{Estate: s.opts.Estate})
}

// Desk decides for people's deeds what it decides for the stream.
func (s *Service) Desk() *desk.Desk { return s.desk }

// Rules are those in force.
func (s *Service) Rules() *rule.Set { return s.rules.Load() }

// Waiting are conditions that hold, but not yet for long enough.
func (s *Service) Waiting() []engine.Waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.Waiting()
}

// Run works until ctx ends. It returns an error only when the stream fails.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	parts.Go(func() { s.runClocks(ctx) })
	parts.Go(func() { s.runQueries(ctx) })
	err := s.stream(ctx)
	cancel(err)
	parts.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// keep runs do in one transaction of the store, and again until it succeeds: what
// was decided must not be lost, and the stream waits meanwhile.
func (s *Service) keep(ctx context.Context, what string, do func(*incident.Tx) error) error {
	wait := 100 * time.Millisecond
	for {
		err := s.opts.Store.Update(ctx, do)
		if err == nil {
			s.failures.over(s.opts.Logger, what)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.metrics.storeErrors.Inc()
		s.failures.note(s.opts.Logger, what, err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, 5*time.Second)
	}
}

// patience is how often one thing is tried while the store works otherwise.
const patience = 3

// keepOrSetAside is keep for one thing among many. When the store works and this
// one fails all the same, again and again, it is set aside, counted and told of: an
// alarm that cannot be kept must not keep out all others.
func (s *Service) keepOrSetAside(ctx context.Context, what, name string, do func(*incident.Tx) error) (kept bool, err error) {
	for try := 1; ; try++ {
		err := s.opts.Store.Update(ctx, do)
		if err == nil || ctx.Err() != nil {
			return err == nil, ctx.Err()
		}
		s.metrics.storeErrors.Inc()
		works := func(tx *incident.Tx) error {
			_, _, err := tx.Position(s.spool)
			return err
		}
		if try >= patience && s.opts.Store.Update(ctx, works) == nil {
			s.metrics.setAside.Inc()
			s.opts.Logger.Error("alerting sets aside what cannot be kept", "part", what, "about", name, "error", err)
			return false, nil
		}
		s.failures.note(s.opts.Logger, what, err)
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(min(time.Duration(try)*100*time.Millisecond, 5*time.Second)):
		}
	}
}

// failures says once that something fails, and once that it does no longer.
type failures struct {
	mu   sync.Mutex
	what map[string]bool
}

func (f *failures) note(log *slog.Logger, what string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.what == nil {
		f.what = map[string]bool{}
	}
	if !f.what[what] {
		f.what[what] = true
		log.Error("alerting waits", "part", what, "error", err)
	}
}

func (f *failures) over(log *slog.Logger, what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.what[what] {
		delete(f.what, what)
		log.Info("alerting goes on", "part", what)
	}
}

func (s *Service) now() telemetry.Millis { return telemetry.MillisOf(s.opts.Now()) }
