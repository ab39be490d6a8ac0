package runs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"steward/internal/controldb"
)

// atOnce is how many runs are noted or removed at a time.
const atOnce = 100

// Unnoted lists good runs that ClickHouse has not been told of.
func (s *Store) Unnoted(ctx context.Context) ([]Run, error) {
	return s.list(ctx, `WHERE state = 'done' AND NOT noted AND NOT swept ORDER BY finished_at, id LIMIT ?`, atOnce)
}

// Noted notes that ClickHouse has been told of runs.
func (s *Store) Noted(ctx context.Context, all []Run) error {
	ids := make([]any, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	return s.change(ctx, `UPDATE analytics_runs SET noted = TRUE WHERE id IN `, ids)
}

func (s *Store) change(ctx context.Context, statement string, ids []any) error {
	if len(ids) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Exec(statement+marks(len(ids)), ids...)
		return err
	})
}

func marks(n int) string { return "(?" + strings.Repeat(", ?", n-1) + ")" }

// leftovers is for how long what a run that failed or was cancelled has written
// stays: somebody may want to look into it.
const leftovers = 24 * time.Hour

// Sweep removes what is not to be kept: results of runs that did not end well, and
// runs that ended before a time. It spares those that are pinned, of each job its
// present results, and of each job the run that ended last. The results are
// removed by drop, after nobody is shown them any more and before the run is
// forgotten. It returns how many runs were forgotten.
func (s *Store) Sweep(ctx context.Context, before time.Time, drop func(ctx context.Context, ids []string) error) (forgotten int, err error) {
	for {
		n, more, err := s.sweepSome(ctx, before, drop)
		forgotten += n
		if err != nil {
			return forgotten, fmt.Errorf("remove old runs: %w", err)
		}
		if !more {
			return forgotten, nil
		}
	}
}

func (s *Store) sweepSome(ctx context.Context, before time.Time, drop func(context.Context, []string) error) (forgotten int, more bool, err error) {
	var old, failed []string
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		spared, err := spared(tx)
		if err != nil {
			return err
		}
		err = tx.Select(&old, `SELECT id FROM analytics_runs WHERE finished_at < ? AND id NOT IN (SELECT run FROM analytics_pins)
			AND id NOT IN `+marks(len(spared))+` ORDER BY finished_at, id LIMIT ?`, append(append([]any{before}, spared...), atOnce)...)
		if err != nil {
			return err
		}
		err = tx.Select(&failed, `SELECT id FROM analytics_runs WHERE state IN ('failed', 'cancelled') AND NOT swept AND finished_at < ?
			ORDER BY finished_at, id LIMIT ?`, s.now().Add(-leftovers), atOnce)
		if err != nil || len(old) == 0 {
			return err
		}
		// From here on they are shown to nobody and pinned by nobody.
		_, err = tx.Exec(`UPDATE analytics_runs SET swept = TRUE WHERE id IN `+marks(len(old)), anys(old)...)
		return err
	})
	if err != nil || len(old)+len(failed) == 0 {
		return 0, false, err
	}
	if err := drop(ctx, append(old[:len(old):len(old)], failed...)); err != nil {
		return 0, false, err
	}
	if err := s.change(ctx, `UPDATE analytics_runs SET swept = TRUE WHERE id IN `, anys(failed)); err != nil {
		return 0, false, err
	}
	if err := s.change(ctx, `DELETE FROM analytics_runs WHERE id IN `, anys(old)); err != nil {
		return 0, false, err
	}
	return len(old), len(old) == atOnce || len(failed) == atOnce, nil
}

func anys(ids []string) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// spared are the ids of runs that stay however old they are, and "" so that there
// is one.
func spared(tx *controldb.Tx) ([]any, error) {
	ids := []any{""}
	var jobs []string
	if err := tx.Select(&jobs, `SELECT DISTINCT job FROM analytics_runs ORDER BY job`); err != nil {
		return nil, err
	}
	for _, job := range jobs {
		present, args := Of{}.latest(job)
		for _, q := range []struct {
			where string
			args  []any
		}{{present, args}, {`WHERE job = ? AND finished_at IS NOT NULL ORDER BY finished_at DESC, id DESC LIMIT 1`, []any{job}}} {
			rows, err := many(tx, q.where, q.args...)
			if err != nil {
				return nil, err
			}
			for i := range rows {
				ids = append(ids, rows[i].ID)
			}
		}
	}
	return ids, nil
}
