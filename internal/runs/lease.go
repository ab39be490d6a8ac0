package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/internal/controldb"
)

// MaxAttempts is how often a run is tried when it fails or its process ends: one
// that takes its process with it must not do so for ever.
const MaxAttempts = 3

// retryAfter is how long a run waits before it is tried again after it failed.
const retryAfter = 10 * time.Minute

// errOrphaned is what is said of a run whose process is gone.
var errOrphaned = errors.New("the process that ran it ended without a word")

// Claim takes a run into the hands of owner, until lease has passed or is renewed.
// ErrTaken says that it is not to be had (any more).
func (s *Store) Claim(ctx context.Context, id, owner, version string, lease time.Duration) (run Run, err error) {
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := one(tx, `WHERE id = ?`, id)
		if err != nil {
			return err
		}
		var busy int
		if err := tx.Get(&busy, `SELECT count(*) FROM analytics_runs WHERE job = ? AND state = 'running'`, r.Job); err != nil {
			return err
		}
		if r.State != Queued || busy > 0 {
			return ErrTaken
		}
		now := controldb.Stored(s.now())
		until := now.Add(lease)
		r.State, r.Owner, r.Version, r.StartedAt, r.LeaseUntil = Running, owner, version, &now, &until
		_, err = tx.Exec(`UPDATE analytics_runs SET state = ?, owner = ?, version = ?, started_at = ?, lease_until = ? WHERE id = ?`,
			string(r.State), r.Owner, r.Version, now, until, id)
		if err == nil {
			run, err = r.run()
		}
		return err
	})
	if err != nil {
		return Run{}, fmt.Errorf("take run %s: %w", id, err)
	}
	return run, nil
}

// Renew keeps a run in the hands of owner for another lease, and notes how far it
// is. It reports whether somebody wants the run to end. ErrLost says that it is in
// other hands.
func (s *Store) Renew(ctx context.Context, id, owner string, lease time.Duration, p Progress) (cancel bool, err error) {
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := held(tx, id, owner)
		if err != nil {
			return err
		}
		cancel = r.Cancelled
		_, err = tx.Exec(`UPDATE analytics_runs SET lease_until = ?, done = ?, total = ?, what = ? WHERE id = ?`,
			s.now().Add(lease), p.Done, p.Total, clean(p.What, maxWhat), id)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("renew the lease of run %s: %w", id, err)
	}
	return cancel, nil
}

// held is a run in the hands of owner.
func held(tx *controldb.Tx, id, owner string) (*row, error) {
	r, err := one(tx, `WHERE id = ?`, id)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && (r.State != Running || r.Owner != owner):
		return nil, ErrLost
	}
	return r, err
}

// Outcome is how a run ended.
type Outcome struct {
	State     State // Done, Failed or Cancelled
	Error     string
	Progress  Progress
	Coverage  *float64
	Numbers   int64
	Documents int64
	// Interrupted says that the run failed because its process is being stopped: it
	// is tried again at once.
	Interrupted bool
}

// Finish ends a run that is in the hands of owner: ErrLost. One that failed is
// queued again, as a run of its own, unless it was tried often enough or somebody
// waited for it, who is told.
func (s *Store) Finish(ctx context.Context, id, owner string, o Outcome) (run Run, err error) {
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := held(tx, id, owner)
		if err != nil {
			return err
		}
		wait := retryAfter
		if o.Interrupted {
			wait = 0
		}
		run, err = s.end(tx, r, o, wait)
		return err
	})
	if err != nil {
		return Run{}, fmt.Errorf("end run %s: %w", id, err)
	}
	return run, nil
}

// end writes how a run ended, and queues the next attempt.
func (s *Store) end(tx *controldb.Tx, r *row, o Outcome, wait time.Duration) (Run, error) {
	now := controldb.Stored(s.now())
	r.State, r.Active, r.Owner, r.LeaseUntil, r.FinishedAt = o.State, false, "", nil, &now
	r.Progress, r.Error, r.Coverage, r.Numbers, r.Documents = o.Progress, clean(o.Error, maxError), o.Coverage, o.Numbers, o.Documents
	r.What = clean(r.What, maxWhat)
	again := o.State == Failed && !r.Foreground && !r.Cancelled && r.Attempt < MaxAttempts
	if again {
		r.Successor = newID(now)
	}
	_, err := tx.NamedExec(`UPDATE analytics_runs SET state = :state, active = :active, owner = :owner, lease_until = :lease_until,
		finished_at = :finished_at, done = :done, total = :total, what = :what, error = :error, coverage = :coverage,
		numbers = :numbers, documents = :documents, successor = :successor WHERE id = :id`, r)
	if err == nil && again {
		err = insert(tx, &row{
			ID: r.Successor, Job: r.Job, From: r.From, To: r.To, Params: r.Params, Fingerprint: r.Fingerprint, Regular: r.Regular,
			Slot: r.Slot, Attempt: r.Attempt + 1, State: Queued, Active: true, QueuedAt: now, ReadyAt: now.Add(wait), Starter: r.Starter,
		})
	}
	if err != nil {
		return Run{}, err
	}
	return r.run()
}

// Expired ends the runs whose processes let their leases end, as failed, and queues
// them again. It returns those that it ended.
func (s *Store) Expired(ctx context.Context) (ended []Run, err error) {
	const due = `WHERE state = 'running' AND lease_until <= ? ORDER BY lease_until, id`
	// Mostly there are none, and to learn that nobody has to wait for the writers.
	if found, err := s.list(ctx, due, s.now()); err != nil || len(found) == 0 {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		ended = nil
		rows, err := many(tx, due, s.now())
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			o := Outcome{State: Failed, Error: errOrphaned.Error(), Progress: r.Progress}
			if r.Cancelled {
				o.State, o.Error = Cancelled, ""
			}
			run, err := s.end(tx, r, o, 0)
			if err != nil {
				return err
			}
			ended = append(ended, run)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("end abandoned runs: %w", err)
	}
	return ended, nil
}
