package incident

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"steward/internal/controldb"
)

// pruneBatch is how many incidents are removed in one transaction: alarms wait
// for no more than that.
const pruneBatch = 50

// Prune removes incidents that were resolved before a time, with their timelines
// and notices, and returns how many. How many entries each had, and the hash of the
// last, are kept, so that Verify can account for them. What a follower has not
// read yet stays, and so does what somebody is still to be told of. The zero time
// removes nothing.
func (s *Store) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	for !before.IsZero() {
		n := 0
		err := s.db.Write(ctx, func(tx *controldb.Tx) error {
			n, err = pruneSome(tx, before, controldb.Stored(s.now()))
			return err
		})
		if err != nil {
			return removed, fmt.Errorf("prune incidents: %w", err)
		}
		removed += n
		if n < pruneBatch {
			break
		}
	}
	return removed, nil
}

func pruneSome(tx *controldb.Tx, before, now time.Time) (int, error) {
	seen := int64(math.MaxInt64)
	if err := tx.Get(&seen, `SELECT seq FROM incident_followers ORDER BY seq LIMIT 1`); err != nil && !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	var ids []string
	err := tx.Select(&ids, `SELECT id FROM incidents WHERE resolved_at < ? AND NOT open AND seq <= ?
		AND NOT EXISTS (SELECT 1 FROM incident_notices WHERE incident = incidents.id AND state = 'waiting')
		ORDER BY resolved_at LIMIT ?`, before, seen, pruneBatch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	in := " IN (?" + strings.Repeat(", ?", len(ids)-1) + ")"
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	_, err = tx.Exec(`INSERT INTO incident_pruned (incident, region, project, entries, head, pruned_at)
		SELECT id, region, project, entries, head, ? FROM incidents WHERE id`+in+`
		ON CONFLICT (incident) DO UPDATE SET entries = incident_pruned.entries + excluded.entries, head = excluded.head, pruned_at = excluded.pruned_at`,
		append([]any{now}, args...)...)
	if err != nil {
		return 0, err
	}
	for _, statement := range []string{
		`DELETE FROM incident_attempts WHERE incident`, `DELETE FROM incident_notices WHERE incident`,
		`DELETE FROM incident_entries WHERE incident`, `DELETE FROM incidents WHERE id`,
	} {
		if _, err := tx.Exec(statement+in, args...); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
