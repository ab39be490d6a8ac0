package app

import (
	"context"
	"fmt"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// historyRows is the size of a bulk insert: large, since nobody waits for a
// single row.
const historyRows = 250_000

// WriteHistory streams a fleet's past into the store, for the time from up to
// to with a sample each step. It is safe to repeat after an interruption: each
// insert has a token made of key and its number, and what arrived is not
// inserted again. People in it become pseudonyms, as at the door.
func WriteHistory(ctx context.Context, cfg Config, db *clickhouse.Store, fleet *simulate.Fleet, key string, from, to time.Time, step time.Duration, progress func(rows int)) error {
	redact, err := Redact(cfg)
	if err != nil {
		return err
	}
	w := &historyWriter{ctx: ctx, db: db, redact: redact, key: key, progress: progress, batch: new(clickhouse.Batch)}
	if err := fleet.History(from, to, step, w); err != nil {
		return err
	}
	return w.flush()
}

// historyWriter is the fleet's sink. It belongs to one goroutine.
type historyWriter struct {
	ctx      context.Context
	db       *clickhouse.Store
	redact   func(telemetry.Event) string
	key      string
	batch    *clickhouse.Batch
	inserts  int
	rows     int
	progress func(rows int)
}

func (w *historyWriter) Reading(r telemetry.Reading) error { w.batch.AddReading(r); return w.added() }
func (w *historyWriter) State(s telemetry.State) error     { w.batch.AddState(s); return w.added() }

func (w *historyWriter) Event(e telemetry.Event) error {
	e.Attrs = w.redact(e)
	w.batch.AddEvent(e)
	return w.added()
}

func (w *historyWriter) added() error {
	if w.batch.Rows() < historyRows {
		return nil
	}
	return w.flush()
}

func (w *historyWriter) flush() error {
	if err := w.ctx.Err(); err != nil {
		return context.Cause(w.ctx)
	}
	if w.batch.Rows() == 0 {
		return nil
	}
	if err := w.db.Append(w.ctx, w.batch, fmt.Sprintf("history-%s-%d", w.key, w.inserts)); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	w.inserts++
	w.rows += w.batch.Rows()
	w.batch.Reset()
	if w.progress != nil {
		w.progress(w.rows)
	}
	return nil
}
