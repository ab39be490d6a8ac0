package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/alerting/estate"
	"steward/internal/incident"
)

// Options are what a Worker needs. Channels, Outbox and Logger are required.
type Options struct {
	Channels *Channels
	Outbox   Outbox
	// Changed gives a channel that is closed when something may have come into the
	// outbox; without it the outbox is asked every second.
	Changed func() <-chan struct{}
	// Open gives the incidents that are open, for the channels that want to hear of
	// them every minute.
	Open    func(ctx context.Context) ([]incident.Incident, int64, error)
	Backlog func(ctx context.Context) (incident.Backlog, error) // for the metrics
	// Estate has the names of places and devices and their time zones. Without it
	// messages have the names of topics, and times in UTC.
	Estate     *estate.Estate
	Registerer prometheus.Registerer // nil keeps the metrics unpublished
	Logger     *slog.Logger
	Now        func() time.Time // time.Now
}

// Worker empties the outbox. Several may work on one outbox; their channels'
// rates add up.
type Worker struct {
	opts    Options
	render  *renderer
	metrics *metrics
	log     *failureLog

	// What follows belongs to the goroutine of Run.
	lanes   map[string]*lane
	unknown *lane            // of names that are no channel's
	held    map[string]*held // by key: what is in the lanes or being sent

	done chan outcome // what senders are through with; never full
}

// outcome is what a sender is through with.
type outcome struct {
	lane   *lane
	urgent bool
	batch  []*held
	alone  time.Duration // for so long the channel wants to be left alone
	again  time.Time     // when the first of the batch is to be tried again; zero for never
}

const (
	claimLimit = 100
	// lease is how long a claimed notice is ours; after a crash it is sent so much
	// later. Longer than any channel's timeout.
	lease = 2 * time.Minute
	// The outbox is asked every pollEvery, and not more often than claimEvery.
	pollEvery     = time.Second
	claimEvery    = 50 * time.Millisecond
	claimTimeout  = 10 * time.Second
	finishTimeout = 10 * time.Second // to note the outcome of an attempt
	// shutdownGrace is how long messages that are being sent may take at the end.
	shutdownGrace = 5 * time.Second
	// borrowed is how long a notice about life safety waits for room in the rate of
	// its channel before it takes the next channel.
	borrowed     = 5 * time.Second
	syncEvery    = time.Minute
	backlogEvery = 15 * time.Second
)

// NewWorker makes a worker.
func NewWorker(o Options) (*Worker, error) {
	if o.Channels == nil || o.Outbox == nil || o.Logger == nil {
		return nil, errors.New("notify: Channels, Outbox and Logger are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Worker{
		opts: o, render: &renderer{o.Channels.publicURL, o.Estate}, metrics: newMetrics(o.Registerer, o.Now),
		log: newFailureLog(o.Logger, o.Now), lanes: map[string]*lane{}, held: map[string]*held{},
	}
	for name, ch := range o.Channels.byName {
		w.lanes[name] = &lane{opened: ch, budget: ch.budget()}
	}
	w.unknown = &lane{
		opened: &opened{Channel: missing{}, kind: kindUnknown, timeout: defaultTimeout, digestAfter: maxDigest},
		budget: &budget{},
	}
	w.done = make(chan outcome, (len(w.lanes)+1)*(urgentAtOnce+1))
	return w, nil
}

// missing stands for a channel that is not there.
type missing struct{}

func (missing) Send(context.Context, Message) error {
	return refused("no channel has this name: add it to channels.yaml, or take it from the contact")
}

// Run sends until ctx ends, and then waits a little for what is being sent. What
// is left over stays in the outbox.
func (w *Worker) Run(ctx context.Context) {
	// Messages being sent outlive ctx for a while: their outcome should be known.
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var senders, others sync.WaitGroup
	if w.opts.Open != nil {
		others.Go(func() { every(ctx, syncEvery, w.sync) })
	}
	if w.opts.Backlog != nil {
		others.Go(func() { every(ctx, backlogEvery, w.count) })
	}
	defer others.Wait()

	timer := time.NewTimer(0)
	defer timer.Stop()
	var claimed, due time.Time // the last claim, and when the next is due
	for {
		var news <-chan struct{}
		if w.opts.Changed != nil {
			news = w.opts.Changed() // before the claim, so that nothing comes between
		}
		now := w.opts.Now()
		if !now.Before(due) {
			claimed, due = now, now.Add(pollEvery)
			if w.claim(ctx) {
				due = now.Add(claimEvery)
			}
		}
		wait := min(w.dispatch(sending, &senders), due.Sub(w.opts.Now()))
		timer.Reset(max(wait, 0))
		select {
		case <-ctx.Done():
			defer time.AfterFunc(shutdownGrace, stop).Stop()
			senders.Wait()
			return
		case <-timer.C:
		case <-news:
			due = earlier(due, claimed.Add(claimEvery))
		case o := <-w.done:
			w.settle(o)
			if !o.again.IsZero() {
				due = earlier(due, later(o.again, claimed.Add(claimEvery)))
			}
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// every runs do at once and then so often until ctx ends.
func every(ctx context.Context, period time.Duration, do func(context.Context)) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// claim takes what is due into the lanes, and reports whether there may be more.
// A lane that is full takes no more of what is not about life safety.
func (w *Worker) claim(ctx context.Context) (more bool) {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	now := w.opts.Now()
	notices, err := w.opts.Outbox.Claim(ctx, now, claimLimit, lease)
	if err != nil {
		if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			w.log.outbox(err)
		}
		return false
	}
	for _, n := range notices {
		fresh := &held{notice: n, lease: now.Add(lease)}
		switch h := w.held[n.Key]; {
		case h == nil:
			w.hold(fresh)
		case h.sending:
			h.next = fresh
		default:
			h.lease = fresh.lease
		}
	}
	return len(notices) == claimLimit
}

// hold puts a notice into its lane, if there is room.
func (w *Worker) hold(h *held) {
	if w.lane(&h.notice).put(h) {
		w.held[h.notice.Key] = h
	}
}

// lane is that of the notice's next channel.
func (w *Worker) lane(n *incident.Notice) *lane {
	if n.Channel >= 0 && n.Channel < len(n.Channels) {
		if l := w.lanes[n.Channels[n.Channel]]; l != nil {
			return l
		}
	}
	return w.unknown
}

// dispatch sends what may be sent now, and says after how long there may be more.
func (w *Worker) dispatch(ctx context.Context, senders *sync.WaitGroup) (wait time.Duration) {
	wait = pollEvery
	now := w.opts.Now()
	all := append(make([]*lane, 0, len(w.lanes)+1), w.unknown)
	for _, l := range w.lanes {
		all = append(all, l)
	}
	for _, l := range all {
		for _, h := range l.expired(now) {
			delete(w.held, h.notice.Key)
		}
		wait = min(wait, w.dispatchUrgent(ctx, senders, l, now), w.dispatchCalm(ctx, senders, l, now))
	}
	return wait
}

func (w *Worker) dispatchUrgent(ctx context.Context, senders *sync.WaitGroup, l *lane, now time.Time) time.Duration {
	for len(l.urgent) > 0 && l.urgentBusy < urgentAtOnce {
		h := l.urgent[0]
		wait := l.budget.take(now, true)
		if wait > 0 && (wait <= borrowed || len(h.notice.Channels) < 2) {
			return wait
		}
		l.urgent = l.urgent[1:]
		l.urgentBusy++
		h.sending = true
		senders.Go(func() {
			o := outcome{lane: l, urgent: true, batch: []*held{h}}
			if wait > 0 {
				w.pass(ctx, &o, wait)
			} else {
				w.deliver(ctx, &o)
			}
			w.done <- o
		})
	}
	return pollEvery
}

func (w *Worker) dispatchCalm(ctx context.Context, senders *sync.WaitGroup, l *lane, now time.Time) time.Duration {
	switch {
	case len(l.calm) == 0, l.calmBusy:
		return pollEvery
	case now.Before(l.alone):
		return l.alone.Sub(now)
	}
	if wait := l.budget.take(now, false); wait > 0 {
		return wait
	}
	batch := l.batch()
	l.take(batch)
	l.calmBusy = true
	senders.Go(func() {
		o := outcome{lane: l, batch: batch}
		w.deliver(ctx, &o)
		w.done <- o
	})
	return pollEvery
}

// settle takes note of what a sender is through with.
func (w *Worker) settle(o outcome) {
	for _, h := range o.batch {
		delete(w.held, h.notice.Key)
		if h.next != nil {
			w.hold(h.next)
		}
	}
	if o.urgent {
		o.lane.urgentBusy--
	} else {
		o.lane.calmBusy = false
	}
	if until := w.opts.Now().Add(o.alone); o.alone > 0 && until.After(o.lane.alone) {
		o.lane.alone = until
	}
}

// sync tells the channels that want it which incidents are open, each by itself:
// one that hangs holds up no other.
func (w *Worker) sync(ctx context.Context) {
	open, _, err := w.opts.Open(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.log.outbox(err)
		}
		return
	}
	var all sync.WaitGroup
	for name, ch := range w.opts.Channels.byName {
		s, ok := ch.Channel.(Syncer)
		if !ok {
			continue
		}
		all.Go(func() {
			bounded, cancel := context.WithTimeout(ctx, ch.timeout)
			defer cancel()
			if err := s.Sync(bounded, open); err != nil && ctx.Err() == nil {
				w.log.channel(name, err)
			}
		})
	}
	all.Wait()
}

// count brings the metrics of the outbox up to date.
func (w *Worker) count(ctx context.Context) {
	b, err := w.opts.Backlog(ctx)
	if err != nil {
		return // the claim says so
	}
	w.metrics.waiting.Set(float64(b.Waiting))
	oldest := int64(0)
	if !b.Oldest.IsZero() {
		oldest = b.Oldest.UnixMilli()
	}
	w.metrics.oldest.Store(oldest)
}
