package notices

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/internal/controldb"
)

// Alarm tells people of notices that are overdue. It may be called again for the same
// notice and level: whoever implements it tells people once.
type Alarm interface {
	// Overdue tells that a notice is overdue; its Level says whom.
	Overdue(ctx context.Context, n Notice) error
	// Settled tells that a notice, of which Overdue was called before, up to its Level,
	// is overdue no more since a time: it is over, or was given a new due day.
	Settled(ctx context.Context, n Notice, since time.Time) error
}

// atOnce is how many notices are told of in one round.
const atOnce = 100

// Overdue lists notices that are past due and of which that level was not told yet:
// the region once the due day is over, headquarters some time after. Those that wait
// for their re-inspection are not the project's fault, and are left out. The longest
// overdue come first, a hundred at most.
func (s *Store) Overdue(ctx context.Context, now time.Time) (all []Notice, err error) {
	now = controldb.Stored(now)
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		rows, err := many(tx, `WHERE live AND state <> 'submitted' AND (due_at <= ? AND told = '' OR hq_at <= ? AND told <> 'hq')
			ORDER BY due_at, id LIMIT ?`, now, now, atOnce)
		for i := range rows {
			n := rows[i].notice(now)
			if n.Level = LevelRegion; !now.Before(rows[i].HQAt) {
				n.Level = LevelHQ
			}
			all = append(all, n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for overdue notices: %w", err)
	}
	return all, nil
}

// settled lists notices that are over, or have a new due day, and of which somebody was
// told that they were overdue, but not that they are so no more.
func (s *Store) settled(ctx context.Context, now time.Time) (all []Notice, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		rows, err := many(tx, `WHERE told <> '' AND (NOT live AND NOT settled OR live AND due_at > ?) ORDER BY due_at, id LIMIT ?`, controldb.Stored(now), atOnce)
		for i := range rows {
			all = append(all, rows[i].notice(now))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for settled notices: %w", err)
	}
	return all, nil
}

// Escalate tells of what is overdue, and of what is so no more. What cannot be told is
// tried again in the next round, and holds up nothing else.
func (s *Store) Escalate(ctx context.Context, now time.Time, alarm Alarm) error {
	overdue, err := s.Overdue(ctx, now)
	if err != nil {
		return err
	}
	over, err := s.settled(ctx, now)
	if err != nil {
		return err
	}
	var errs []error
	for _, n := range overdue {
		err := alarm.Overdue(ctx, n)
		if err == nil {
			err = s.mark(ctx, `UPDATE rectification_notices SET told = ? WHERE id = ?`, n.Level, n.ID)
		}
		errs = append(errs, tellError(n, err))
	}
	for _, n := range over {
		since, statement := n.ClosedAt, `UPDATE rectification_notices SET settled = ? WHERE id = ?`
		var mark any = true
		if n.State.Live() {
			// It begins anew. Should it be closed just now, that is told in the next round.
			since, statement, mark = now, `UPDATE rectification_notices SET told = ? WHERE id = ? AND live`, ""
		}
		err := alarm.Settled(ctx, n, since)
		if err == nil {
			err = s.mark(ctx, statement, mark, n.ID)
		}
		errs = append(errs, tellError(n, err))
	}
	return errors.Join(errs...)
}

func tellError(n Notice, err error) error {
	if err != nil {
		return fmt.Errorf("tell of notice %s: %w", n.ID, err)
	}
	return nil
}

// mark notes what was told. It is no change of the notice: a person who has it open
// may go on.
func (s *Store) mark(ctx context.Context, statement string, args ...any) error {
	return s.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	})
}
