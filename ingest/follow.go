package ingest

import (
	"context"

	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// Sink is who wants to see messages as they arrive: the live board.
type Sink interface {
	Reading(telemetry.Reading)
	State(telemetry.State)
	Event(telemetry.Event)
	Status(telemetry.Status)
	Rejected(telemetry.DeadLetter)
}

// followWindow is the memory for duplicates on the way to the screens, in
// events: a repeated event would be shown twice. A repeated value is the same
// value, and the board keeps the latest anyway.
const followWindow = 1 << 14

// Follower carries messages from the spool to the screens. It reads the spool
// on its own, so that a ClickHouse that is away, or behind, stops nobody from
// seeing an alarm.
type Follower struct {
	spool *spool.Spool
	proc  *processor
	sink  Sink
	from  uint64
}

// NewFollower prepares to follow the spool from the position of the store: what
// is below it comes from ClickHouse.
func NewFollower(s *Store, sink Sink) *Follower {
	f := &Follower{spool: s.spool, proc: newProcessor(s.opts.Clock, followWindow), sink: sink, from: s.start.Position}
	f.proc.eventsOnly = true
	return f
}

// Run follows until ctx ends or the spool fails.
func (f *Follower) Run(ctx context.Context) error {
	r := f.spool.Reader(f.from)
	defer r.Close()
	for {
		seq, raw, err := r.Next(ctx)
		if _, _, gone := gap(err); gone {
			continue // the store has it, or accounts for it
		}
		if err != nil {
			return endOr(ctx, err)
		}
		rec, err := parseRecord(raw)
		if err != nil {
			continue
		}
		f.proc.process(seq, rec)
		f.show()
	}
}

func (f *Follower) show() {
	for _, v := range f.proc.out.Readings {
		f.sink.Reading(v)
	}
	for _, v := range f.proc.out.States {
		f.sink.State(v)
	}
	for _, v := range f.proc.out.Events {
		f.sink.Event(v)
	}
	for _, v := range f.proc.out.Statuses {
		f.sink.Status(v)
	}
	for _, v := range f.proc.letters {
		f.sink.Rejected(v)
	}
}
