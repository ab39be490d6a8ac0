package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/spool"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// StoreOptions say how batches are cut.
type StoreOptions struct {
	Clock         telemetry.ClockPolicy
	FlushRows     int           // a batch of so many rows goes at once; 50,000
	FlushInterval time.Duration // and one whose first message is so old; 1 s
	DedupWindow   int           // readings back in which a repetition is recognised; 1,000,000
}

func (o *StoreOptions) setDefaults() {
	if o.FlushRows == 0 {
		o.FlushRows = 50_000
	}
	if o.FlushInterval == 0 {
		o.FlushInterval = time.Second
	}
	if o.DedupWindow == 0 {
		o.DedupWindow = 1_000_000
	}
}

const (
	// urgentInterval is how long an event or a dead letter waits for company:
	// somebody may be looking for it.
	urgentInterval = 100 * time.Millisecond

	// busyFactor lets a batch grow while the one before it is being inserted:
	// ClickHouse likes few large inserts better than many small ones.
	busyFactor = 4

	// maxReplay bounds how much of the spool is kept, and read again at start,
	// only to remember what a duplicate would look like; in a small spool it is
	// a part of its size, since what is kept takes room from what comes in.
	maxReplay     = 256 << 20
	maxReplayPart = 4

	cursorName = "store"
)

// appender is where batches go: ClickHouse, or what a test puts in its place.
// An append with a token that was seen before must change nothing.
type appender interface {
	Append(ctx context.Context, b *clickhouse.Batch, token string) error
}

// Store carries messages from the spool to ClickHouse: decoded, validated,
// without duplicates, each exactly once.
//
// Two goroutines share the work. The builder owns the batch that is being
// filled, and its timer; the inserter owns the one that is on its way. The
// position in the spool moves when an insert is confirmed.
type Store struct {
	spool   *spool.Spool
	cursor  *spool.Cursor
	db      appender
	opts    StoreOptions
	metrics *Metrics
	logger  *slog.Logger
	books   books
	busy    atomic.Bool // the inserter has a batch

	proc  *processor
	marks marks
	// released is the end of what was given up to make room in a full spool. It
	// belongs to the inserter.
	released uint64
	start    spool.State
	check    checkpoint
}

// batch is a run of the spool, [from, to), and the rows it became.
type batch struct {
	from, to uint64
	rows     *clickhouse.Batch
	before   tally // of everything below from
	after    tally // of everything below to
	keep     uint64
	kept     uint64 // what keep was before
}

// OpenStore reads where the last run ended and prepares to go on from there.
func OpenStore(s *spool.Spool, db appender, opts StoreOptions, m *Metrics, reg prometheus.Registerer, logger *slog.Logger) (*Store, error) {
	opts.setDefaults()
	if err := opts.Clock.Validate(); err != nil {
		return nil, err
	}
	cursor, err := s.Cursor(cursorName)
	if err != nil {
		return nil, err
	}
	st := &Store{
		spool: s, cursor: cursor, db: db, opts: opts, metrics: m, logger: logger,
		proc: newProcessor(opts.Clock, opts.DedupWindow), start: cursor.Load(),
	}
	if st.check, err = decodeCheckpoint(st.start.Data); err != nil {
		return nil, err
	}
	st.books.set(st.check.Tally.clone())
	reg.MustRegister(&ledgerCollector{store: st, spool: s, now: time.Now})
	return st, nil
}

// Ledger is the account of every message as of now.
func (s *Store) Ledger() Ledger {
	t := s.books.get()
	next := s.spool.Stats().Next
	return Ledger{
		Received: next, Stored: t.Stored, Duplicate: t.Duplicate, Rejected: t.Rejected, InFlight: next - t.messages(),
		Readings: t.Readings, States: t.States, Events: t.Events, Letters: t.Letters, Operations: t.Operations,
		DuplicateValues: t.Dropped, LateReadings: t.Late, LagSeconds: s.lag(time.Now()).Seconds(),
	}
}

// lag is the age of the oldest message that is not confirmed.
func (s *Store) lag(now time.Time) time.Duration {
	oldest := s.books.oldest()
	if oldest == 0 {
		return 0
	}
	return max(0, now.Sub(oldest.Time()))
}

// Run works until ctx ends, then inserts what it has in hand if that goes
// quickly; the rest stays in the spool. It returns an error only when the spool
// fails: ClickHouse is waited for, for ever.
func (s *Store) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ready := make(chan *batch)
	free := make(chan *clickhouse.Batch, 2)
	free <- new(clickhouse.Batch)
	free <- new(clickhouse.Batch)

	inserted := make(chan error, 1)
	go func() {
		err := s.insertAll(ctx, ready, free)
		cancel(err) // the builder has nobody to build for
		for range ready {
		}
		inserted <- err
	}()
	built := s.build(ctx, ready, free)
	close(ready)
	return errors.Join(built, <-inserted)
}

// insertAll sends batches in order. After ctx ended it still tries what it is
// given, for a few seconds; what fails then stays in the spool.
func (s *Store) insertAll(ctx context.Context, ready <-chan *batch, free chan<- *clickhouse.Batch) error {
	for b := range ready {
		s.busy.Store(true)
		err := s.insert(ctx, b)
		s.busy.Store(false)
		if err != nil {
			if ctx.Err() != nil && !errors.Is(err, errSpool) {
				return nil
			}
			return err
		}
		b.rows.Reset()
		free <- b.rows
	}
	return nil
}

var errSpool = errors.New("save the position in the spool")

// lastTry is how long an insert may go on after the end was announced.
const lastTry = 5 * time.Second

func (s *Store) insert(ctx context.Context, b *batch) error {
	// The intent first: should the process die from here on, the next one
	// builds this very batch again, with this very token.
	intent := checkpoint{Tally: b.before, Through: b.to}
	if err := s.save(b.from, s.keptOf(b.kept, b.from), intent); err != nil {
		return err
	}
	if b.rows.Rows() > 0 {
		if err := s.append(ctx, b); err != nil {
			return err
		}
		s.metrics.insertRows.Add(float64(b.rows.Rows()))
	}
	if err := s.save(b.to, s.keptOf(b.keep, b.to), checkpoint{Tally: b.after}); err != nil {
		return err
	}
	s.books.confirm(b.after.clone())
	return nil
}

// keptOf is the position from which the spool is kept: wanted for the memory of
// duplicates, unless the spool is full. Then everything below position goes:
// taking messages in comes before recognising, after a restart, which of them
// came twice.
func (s *Store) keptOf(wanted, position uint64) uint64 {
	if s.spool.Full() {
		s.released = position
	}
	return max(wanted, s.released)
}

func (s *Store) save(position, keep uint64, c checkpoint) error {
	data, err := c.encode()
	if err == nil {
		err = s.cursor.Save(spool.State{Position: position, Keep: keep, Data: data})
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	return nil
}

// append inserts a batch, again and again until it is confirmed.
func (s *Store) append(ctx context.Context, b *batch) error {
	// After ctx has ended one more try is made, with a limit of its own.
	const longest = 10 * time.Second
	token := fmt.Sprintf("%s-%d-%d", s.spool.ID(), b.from, b.to)
	wait := 100 * time.Millisecond
	for failures := 0; ; failures++ {
		last := ctx.Err() != nil
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), insertTimeout)
		stop := context.AfterFunc(ctx, func() {
			time.AfterFunc(lastTry, cancel)
		})
		started := time.Now()
		err := s.db.Append(try, b.rows, token)
		stop()
		cancel()
		if err == nil {
			s.metrics.insertSeconds.Observe(time.Since(started).Seconds())
			if failures > 0 {
				s.logger.Info("insert succeeded again", "rows", b.rows.Rows(), "failures", failures)
			}
			return nil
		}
		if last {
			return err
		}
		s.metrics.insertFailures.Inc()
		if failures&(failures+1) == 0 { // the 1st, 2nd, 4th, 8th …: a long outage is not a long log
			s.logger.Warn("insert failed and will be tried again", "rows", b.rows.Rows(), "failures", failures+1, "error", err,
				"remedy", "see that ClickHouse runs and is reachable; the spool holds the messages meanwhile")
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait/2 + rand.N(wait/2+1)):
		}
		wait = min(2*wait, longest)
	}
}

// insertTimeout ends an insert that hangs; the retry has the same token.
const insertTimeout = 2 * time.Minute
