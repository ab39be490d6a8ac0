package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/ingest/spool"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// build reads the spool from where the last run ended and cuts it into batches.
func (s *Store) build(ctx context.Context, ready chan<- *batch, free <-chan *clickhouse.Batch) error {
	r := s.spool.Reader(s.start.Keep)
	defer r.Close()
	s.marks = marks{{seq: s.start.Keep}}
	if err := s.warmUp(ctx, r); err != nil {
		return endOr(ctx, err)
	}
	t := s.check.Tally.clone()
	position, kept := s.start.Position, s.start.Keep
	for {
		b := &batch{from: position, to: position, before: t.clone(), kept: kept}
		select {
		case b.rows = <-free:
		case <-ctx.Done():
			return nil
		}
		err := s.fill(ctx, r, b, &t)
		b.after, b.keep = t.clone(), s.keep(b.to)
		if b.to > b.from {
			s.books.handOver()
			ready <- b // whatever happens, the inserter reads this channel to its end
		}
		if err != nil {
			return endOr(ctx, err)
		}
		position, kept = b.to, b.keep
		s.check.Through = 0
	}
}

// endOr makes the end of the context a clean end.
func endOr(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, spool.ErrClosed) {
		return nil
	}
	return err
}

// warmUp goes once more over what is stored already, to remember it as the last
// run did: for that it decodes and drops duplicates, and throws away the result.
func (s *Store) warmUp(ctx context.Context, r *spool.Reader) error {
	for r.Position() < s.start.Position {
		seq, b, err := r.Next(ctx)
		if _, _, gone := gap(err); gone {
			continue // it was accounted for when it was to be stored
		}
		if err != nil {
			return err
		}
		if rec, err := parseRecord(b); err == nil {
			s.proc.process(seq, rec)
			s.marks.progress(s.proc, len(b))
		}
	}
	return nil
}

// fill takes messages into b until it is due: by size, by age, or, when the
// last run died inserting it, at exactly its old end.
func (s *Store) fill(ctx context.Context, r *spool.Reader, b *batch, t *tally) error {
	var due time.Time // zero until the batch has its first message
	for {
		if s.complete(r, b, due) {
			return nil
		}
		seq, rec, err := s.next(ctx, r, due)
		switch {
		case err == nil:
		case errors.Is(err, errDue):
			continue
		case s.corrupt(b, t, err):
			b.to = r.Position()
			continue
		default:
			return err
		}
		urgent := s.take(b, t, seq, rec)
		b.to = r.Position()
		if due.IsZero() {
			due = time.Now().Add(s.opts.FlushInterval)
			s.books.begin(receivedOf(rec))
		}
		if urgent {
			due = earlier(due, time.Now().Add(urgentInterval))
		}
	}
}

// busyPoll is how often a batch that is due looks whether the inserter is free.
const busyPoll = 10 * time.Millisecond

// complete reports whether b should go to the inserter now.
func (s *Store) complete(r *spool.Reader, b *batch, due time.Time) bool {
	if s.check.Through > 0 {
		return r.Position() >= s.check.Through
	}
	rows := b.rows.Rows()
	if rows >= s.opts.FlushRows*busyFactor {
		return true
	}
	full := rows >= s.opts.FlushRows || !due.IsZero() && !time.Now().Before(due)
	return full && !s.busy.Load()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// errDue says that no message came before the batch was due.
var errDue = errors.New("batch is due")

// next reads the next record, or waits for one until due.
func (s *Store) next(ctx context.Context, r *spool.Reader, due time.Time) (uint64, []byte, error) {
	seq, rec, ok, err := r.TryNext()
	if ok || err != nil {
		return seq, rec, err
	}
	if due.IsZero() || s.check.Through > 0 {
		return r.Next(ctx)
	}
	// A batch that is due stays while the inserter is busy, and may grow.
	if soon := time.Now().Add(busyPoll); due.Before(soon) {
		due = soon
	}
	wait, cancel := context.WithDeadline(ctx, due)
	defer cancel()
	seq, rec, err = r.Next(wait)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return 0, nil, errDue
	}
	return seq, rec, err
}

// take adds one record to the batch and reports whether somebody may be waiting
// for it.
func (s *Store) take(b *batch, t *tally, seq uint64, raw []byte) (urgent bool) {
	defer s.marks.progress(s.proc, len(raw))
	rec, err := parseRecord(raw)
	if err != nil {
		t.reject(telemetry.Corrupt, 1)
		t.Letters++
		b.rows.AddDeadLetter(telemetry.DeadLetter{
			ID: hexID(mix(seq, 0)), Received: telemetry.MillisOf(time.Now()), Payload: raw,
			Reason: telemetry.Corrupt, Error: fmt.Sprintf("message %d: %v", seq, err),
		})
		return true
	}
	t.count(s.proc.process(seq, rec), s.proc)
	s.metrics.decoded.Inc()
	s.proc.addTo(b.rows)
	for _, v := range s.proc.letters {
		b.rows.AddDeadLetter(v)
	}
	return len(s.proc.out.Events)+len(s.proc.letters) > 0
}

// corrupt accounts for records that the disk lost, and reports whether that is
// what err says.
func (s *Store) corrupt(b *batch, t *tally, err error) bool {
	from, to, gone := gap(err)
	if !gone {
		return false
	}
	t.reject(telemetry.Corrupt, to-from)
	t.Letters++
	s.metrics.corrupt.Add(float64(to - from))
	s.logger.Error("spool records are lost", "error", err, "remedy", "check the disk that holds the spool")
	b.rows.AddDeadLetter(telemetry.DeadLetter{
		ID: hexID(mix(from, to)), Received: telemetry.MillisOf(time.Now()),
		Reason: telemetry.Corrupt, Error: err.Error(),
	})
	return true
}

// gap reports which records, from ≤ seq < to, a reader says are not to be had.
func gap(err error) (from, to uint64, gone bool) {
	var damaged *spool.CorruptError
	var deleted *spool.TrimmedError
	switch {
	case errors.As(err, &damaged):
		return damaged.From, damaged.To, true
	case errors.As(err, &deleted):
		return deleted.From, deleted.To, true
	}
	return 0, 0, false
}

func receivedOf(raw []byte) telemetry.Millis {
	if rec, err := parseRecord(raw); err == nil {
		return rec.received
	}
	return telemetry.MillisOf(time.Now())
}

// marks remembers how far the duplicate windows had come at some positions, to
// know from where a restart must read to fill them again.
type marks []mark

type mark struct {
	seq    uint64
	values uint64 // keys added to the window of values
	bytes  uint64 // of records
}

// progress counts one more record at the last mark.
func (m marks) progress(p *processor, size int) {
	last := &m[len(m)-1]
	last.values = p.values.added
	last.bytes += uint64(size)
}

// keep starts a new mark at to, the end of a batch, and returns the position
// from which the spool must be kept for the memory of duplicates.
func (s *Store) keep(to uint64) uint64 {
	m := s.marks
	first := m.first(to, uint64(s.opts.DedupWindow), replayBytes(s.spool))
	s.marks = append(m[first:], mark{seq: to, values: m[len(m)-1].values})
	return s.marks[0].seq
}

// first is the latest mark from which reading on, to the position at which the
// last one ends, fills both windows, but not further back than most bytes.
func (m marks) first(to, window, most uint64) int {
	var bytes uint64
	for i := len(m) - 1; i > 0; i-- {
		bytes += m[i].bytes
		enough := m[len(m)-1].values-m[i-1].values >= window && to-m[i].seq >= deliveryWindow
		if enough || bytes > most {
			return i
		}
	}
	return 0
}

// replayBytes is how much of a spool may be kept for the memory of duplicates.
func replayBytes(s *spool.Spool) uint64 {
	return min(maxReplay, uint64(s.Stats().MaxBytes)/maxReplayPart)
}
