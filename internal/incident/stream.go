package incident

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Tick is a moment at which time alone was looked at, between two messages of a
// stream: whoever reads the stream again must look then as well.
type Tick struct {
	Position uint64 // of the next message
	At       time.Time
}

// Position is how far a spool was taken; known is false for one that never was.
func (tx *Tx) Position(spool string) (position uint64, known bool, err error) {
	var at int64
	err = tx.tx.Get(&at, `SELECT position FROM incident_positions WHERE spool = ?`, spool)
	if errors.Is(err, ErrNotFound) {
		return 0, false, nil
	}
	return uint64(at), err == nil, err
}

// SetPosition notes how far a spool was taken.
func (tx *Tx) SetPosition(spool string, position uint64) error {
	if err := storable(position); err != nil {
		return fmt.Errorf("spool %s: %w", spool, err)
	}
	_, err := tx.tx.Exec(`INSERT INTO incident_positions (spool, position, updated_at) VALUES (?, ?, ?)
		ON CONFLICT (spool) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at`, spool, int64(position), tx.now)
	return err
}

// AddTick notes a tick. The same one twice is one.
func (tx *Tx) AddTick(spool string, position uint64, at time.Time) error {
	if err := storable(position); err != nil {
		return fmt.Errorf("spool %s: %w", spool, err)
	}
	_, err := tx.tx.Exec(`INSERT INTO incident_ticks (spool, position, at) VALUES (?, ?, ?) ON CONFLICT (spool, position, at) DO NOTHING`,
		spool, int64(position), at)
	return err
}

// Ticks reads the ticks from a position on, in their order. DropTicks keeps them
// few.
func (tx *Tx) Ticks(spool string, from uint64) ([]Tick, error) {
	var rows []struct {
		Position int64     `db:"position"`
		At       time.Time `db:"at"`
	}
	if err := tx.tx.Select(&rows, `SELECT position, at FROM incident_ticks WHERE spool = ? AND position >= ? ORDER BY position, at`, spool, int64(min(from, math.MaxInt64))); err != nil {
		return nil, err
	}
	ticks := make([]Tick, len(rows))
	for i, r := range rows {
		ticks[i] = Tick{uint64(r.Position), r.At.UTC()}
	}
	return ticks, nil
}

// DropTicks forgets the ticks before a position.
func (tx *Tx) DropTicks(spool string, below uint64) error {
	_, err := tx.tx.Exec(`DELETE FROM incident_ticks WHERE spool = ? AND position < ?`, spool, int64(min(below, math.MaxInt64)))
	return err
}

func storable(position uint64) error {
	if position > math.MaxInt64 {
		return fmt.Errorf("position %d is beyond what the database counts", position)
	}
	return nil
}
