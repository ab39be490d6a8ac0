package ingest

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/codec"
	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// Decoded is one message as the processor left it. It has at least one reading,
// state, event or status, and no event that came before. All of it is valid until
// the next call of the Tail.
type Decoded struct {
	Seq      uint64 // of the record in the spool
	Received telemetry.Millis
	Topic    string
	Payload  []byte // as received, people replaced by hashes
	Readings []telemetry.Reading
	States   []telemetry.State
	Events   []telemetry.Event
	Statuses []telemetry.Status
}

// TailOptions say how a Tail reads.
type TailOptions struct {
	Clock telemetry.ClockPolicy // required; that of the store
	// Window is how many events back a repetition is recognised; 16,384.
	Window int
	// Lost is told of records, from <= seq < to, that will never come: the disk
	// did not give them back, or they are deleted already. May be nil.
	Lost       func(from, to uint64, err error)
	Registerer prometheus.Registerer // nil keeps the metrics unpublished
}

const (
	defaultTailWindow = followWindow

	// tailMark is how many records, or which part of what may be kept, lie between
	// the positions at which the memory of duplicates can be rebuilt.
	tailMark     = 1 << 12
	tailMarkPart = 64
)

// Tail reads the spool to its end and on, for a consumer whose state is a
// function of the messages: alerting. It has a cursor of its own, so that nothing
// is deleted that the consumer has not done; a consumer that stands still holds
// the spool as the store does, and in the end nothing more is acknowledged. For a
// consumer that is given up the cursor must be forgotten.
//
// The same records give the same messages, also over a restart in between: before
// the first one a Tail reads again what came before it, as far as a repeated event
// may be apart, and hands nothing of it out. How far back that goes is bounded in
// bytes, as it is for the store, and given up when the spool is full.
//
// A Tail is used by one goroutine at a time; its metrics are safe.
type Tail struct {
	spool  *spool.Spool
	cursor *spool.Cursor
	opts   TailOptions
	most   uint64 // bytes that may be kept for the memory of duplicates

	reader *spool.Reader
	proc   *processor
	marks  marks

	// For the metrics.
	position atomic.Uint64
	inHand   atomic.Bool  // a message is with the consumer
	seen     atomic.Int64 // when that was received, or when nothing more was there; Unix milliseconds
}

// NewTail prepares to read the spool of a store under a name of its own. A new
// name begins at the oldest record that is kept.
func NewTail(s *Store, name string, opts TailOptions) (*Tail, error) {
	if err := opts.Clock.Validate(); err != nil {
		return nil, err
	}
	if opts.Window == 0 {
		opts.Window = defaultTailWindow
	}
	cursor, err := s.spool.Cursor(name)
	if err != nil {
		return nil, err
	}
	t := &Tail{spool: s.spool, cursor: cursor, opts: opts, most: replayBytes(s.spool)}
	t.position.Store(cursor.Load().Position)
	t.seen.Store(time.Now().UnixMilli())
	if opts.Registerer != nil {
		opts.Registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name:        "steward_tail_lag_seconds",
			Help:        "Age of the message that a consumer of the spool has in hand or is to take next; 0 when it has taken all.",
			ConstLabels: prometheus.Labels{"consumer": name},
		}, func() float64 { return t.lag(time.Now()).Seconds() }))
	}
	return t, nil
}

// ID tells the spool from every other: a position is of one spool.
func (t *Tail) ID() string { return t.spool.ID() }

// Saved is the position that was given to Done last, or where a new Tail may
// begin.
func (t *Tail) Saved() uint64 { return t.cursor.Load().Position }

// End is the position behind the last record that is on disk: where a consumer
// begins who does not want what came before him.
func (t *Tail) End() uint64 { return t.spool.Durable() }

// Start makes position the record that comes next: everything below is in the
// consumer's state. It comes before everything else that reads, and may be called
// again.
func (t *Tail) Start(ctx context.Context, position uint64) error {
	if end := t.End(); position > end {
		return fmt.Errorf("record %d is behind the end of spool %s at %d: the position is of another spool, or the spool was restored from a backup", position, t.ID(), end)
	}
	t.Close()
	t.proc = newProcessor(t.opts.Clock, t.opts.Window)
	t.proc.eventsOnly = true
	from := min(t.cursor.Load().Keep, position)
	t.marks = marks{{seq: from}}
	t.reader = t.spool.Reader(from)
	return t.warmUp(ctx, position)
}

// warmUp reads what the consumer knows once more, to remember its events.
func (t *Tail) warmUp(ctx context.Context, position uint64) error {
	for t.reader.Position() < position {
		seq, raw, err := t.reader.Next(ctx)
		if from, to, gone := gap(err); gone {
			if to > position {
				t.lost(max(from, position), to, err)
			}
			continue
		}
		if err != nil {
			return err
		}
		if rec, err := parseRecord(raw); err == nil {
			t.remember(seq, rec)
		}
		t.mark(len(raw))
	}
	t.position.Store(t.reader.Position())
	return nil
}

var eventSuffix = []byte("/" + string(telemetry.StreamEvent))

// remember does to the memory of duplicates what process does. Only events are in
// it, so that a restart need not decode the readings once more.
func (t *Tail) remember(seq uint64, rec record) {
	if bytes.HasSuffix(rec.topic, eventSuffix) {
		t.proc.process(seq, rec)
		return
	}
	t.proc.deliveries.add(rec.delivery())
}

// Next returns the next message that says anything, and waits for it until ctx
// ends. After spool.ErrClosed or spool.ErrFailed there is none.
func (t *Tail) Next(ctx context.Context) (Decoded, error) {
	for {
		d, ok, err := t.TryNext()
		if ok || err != nil {
			return d, err
		}
		if _, err := t.spool.AwaitDurable(ctx, t.reader.Position()); err != nil {
			return Decoded{}, err
		}
	}
}

// TryNext is Next without waiting: ok is false when every record that is on disk
// has been taken, or there is an error.
func (t *Tail) TryNext() (d Decoded, ok bool, err error) {
	for {
		seq, raw, ok, err := t.reader.TryNext()
		if from, to, gone := gap(err); gone {
			t.lost(from, to, err)
			continue
		}
		if !ok || err != nil {
			t.hand(false, telemetry.MillisOf(time.Now()))
			return Decoded{}, false, err
		}
		rec, err := parseRecord(raw)
		if err != nil {
			t.mark(len(raw))
			t.lost(seq, seq+1, fmt.Errorf("spool record %d: %w", seq, err))
			continue
		}
		t.proc.process(seq, rec)
		t.mark(len(raw))
		if out := &t.proc.out; says(out) {
			t.hand(true, rec.received)
			return Decoded{
				Seq: seq, Received: rec.received, Topic: t.proc.topic, Payload: rec.payload,
				Readings: out.Readings, States: out.States, Events: out.Events, Statuses: out.Statuses,
			}, true, nil
		}
	}
}

func says(out *codec.Output) bool {
	return len(out.Readings)+len(out.States)+len(out.Events)+len(out.Statuses) > 0
}

func (t *Tail) lost(from, to uint64, err error) {
	if t.opts.Lost != nil {
		t.opts.Lost(from, to, err)
	}
}

// hand notes for the metrics what the consumer has in hand.
func (t *Tail) hand(message bool, at telemetry.Millis) {
	t.seen.Store(int64(at))
	t.inHand.Store(message)
	t.position.Store(t.reader.Position())
}

// lag is the age of the oldest message that the consumer has in hand or is to
// take next.
func (t *Tail) lag(now time.Time) time.Duration {
	if !t.inHand.Load() && t.position.Load() >= t.spool.Durable() {
		return 0
	}
	return max(0, now.Sub(telemetry.Millis(t.seen.Load()).Time()))
}

// Position is the record that comes next. Between two calls everything below it
// was handed out, or says nothing.
func (t *Tail) Position() uint64 { return t.reader.Position() }

// mark counts a record, and from time to time starts a new mark behind it.
func (t *Tail) mark(size int) {
	t.marks.progress(t.proc, size)
	last := &t.marks[len(t.marks)-1]
	if at := t.reader.Position(); at-last.seq >= tailMark || last.bytes > t.most/tailMarkPart {
		t.marks = append(t.marks, mark{seq: at, values: last.values})
	}
}

// Full reports whether the spool has no room: then it is worth a Done.
func (t *Tail) Full() bool { return t.spool.Full() }

// Done releases the records below position, which the consumer's state on disk
// has: at most Position. It costs a write to the disk; once a second is often
// enough, since the consumer knows its own position better.
func (t *Tail) Done(position uint64) error {
	if at := t.Position(); position > at {
		return fmt.Errorf("record %d was not handed out yet: the next one is %d", position, at)
	}
	return t.cursor.Save(spool.State{Position: position, Keep: t.keep(position)})
}

// keep is from where the spool must be kept, and forgets the marks before. When
// the spool is full that is from position on: room for what comes in is worth more
// than the memory of duplicates after a restart.
func (t *Tail) keep(position uint64) uint64 {
	last := 0
	for last+1 < len(t.marks) && t.marks[last+1].seq <= position {
		last++
	}
	if t.spool.Full() {
		t.marks = t.marks[last:]
		return position
	}
	if last > 0 {
		t.marks = t.marks[t.marks[:last].first(t.marks[last].seq, uint64(t.opts.Window), t.most):]
	}
	return min(t.marks[0].seq, position)
}

// Close lets go of the open file. What was not done comes again after a Start.
func (t *Tail) Close() {
	if t.reader != nil {
		t.reader.Close()
	}
}
