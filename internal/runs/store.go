package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"steward/internal/controldb"
)

// Options of a Store.
type Options struct {
	Now func() time.Time // the present; time.Now when nil
}

// Store keeps runs. It is safe for concurrent use. The clocks of processes that
// share a database must agree to within a fraction of a lease.
type Store struct {
	db  *controldb.DB
	now func() time.Time
}

// NewStore is the store in db, which has the set of tables controldb.Analytics and
// which the store does not close.
func NewStore(db *controldb.DB, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{db: db, now: o.Now}
}

// maxQueued bounds how many runs wait.
const maxQueued = 200

// Enqueue puts a run into the queue. When its turn of the schedule has come before,
// or the same is asked for by a run that is queued or running, that run is returned
// and fresh is false.
func (s *Store) Enqueue(ctx context.Context, n New) (run Run, fresh bool, err error) {
	if len(n.Params) == 0 {
		n.Params = nil
	}
	params, err := json.Marshal(n.Params)
	if err != nil {
		return Run{}, false, fmt.Errorf("queue a run of %s: params: %w", n.Job, err)
	}
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		now := controldb.Stored(s.now())
		r := row{
			ID: newID(now), Job: n.Job, From: n.From.UnixMilli(), To: n.To.UnixMilli(), Params: string(params), Fingerprint: fingerprint(n.Job, n.From, n.To, string(params)),
			Regular: n.Regular, Slot: n.Slot, Attempt: 1, Foreground: n.Foreground, State: Queued, Active: true,
			QueuedAt: now, ReadyAt: now, Starter: n.By,
		}
		known, err := standing(tx, &r)
		if err == nil && known == nil {
			fresh, known = true, &r
			err = insert(tx, &r)
		}
		if err != nil {
			return err
		}
		run, err = known.run()
		return err
	})
	if err != nil {
		return Run{}, false, fmt.Errorf("queue a run of %s: %w", n.Job, err)
	}
	return run, fresh, nil
}

// standing is the run that is there instead of r already; nil when there is none.
func standing(tx *controldb.Tx, r *row) (*row, error) {
	if r.Slot != "" {
		if known, err := one(tx, `WHERE slot = ? ORDER BY attempt DESC LIMIT 1`, r.Slot); !errors.Is(err, ErrNotFound) {
			return known, err
		}
	}
	known, err := one(tx, `WHERE fingerprint = ? AND active`, r.Fingerprint)
	if errors.Is(err, ErrNotFound) {
		var waiting int
		if err := tx.Get(&waiting, `SELECT count(*) FROM analytics_runs WHERE state = 'queued'`); err != nil {
			return nil, err
		}
		if waiting >= maxQueued {
			return nil, controldb.Invalid("job", r.Job, "%d runs are waiting, and no more are taken: wait for some to end, or cancel them", waiting)
		}
		return nil, nil
	}
	if err != nil || r.Slot == "" || known.Slot != "" {
		return known, err
	}
	// Somebody asked by hand for what the schedule wants now: it is that turn.
	known.Slot, known.Foreground = r.Slot, false
	_, err = tx.Exec(`UPDATE analytics_runs SET slot = ?, foreground = ? WHERE id = ?`, known.Slot, known.Foreground, known.ID)
	return known, err
}

const columns = `id, job, period_from, period_to, params, fingerprint, regular, slot, attempt, successor, foreground, state, active, owner,
	lease_until, cancelled, queued_at, ready_at, started_at, finished_at, done, total, what, actor_kind, actor_id, actor_name, error, version,
	coverage, numbers, documents, noted, swept`

func insert(tx *controldb.Tx, r *row) error {
	_, err := tx.NamedExec(`INSERT INTO analytics_runs (`+columns+`)
		VALUES (:id, :job, :period_from, :period_to, :params, :fingerprint, :regular, :slot, :attempt, :successor, :foreground, :state, :active, :owner,
		:lease_until, :cancelled, :queued_at, :ready_at, :started_at, :finished_at, :done, :total, :what, :actor_kind, :actor_id, :actor_name, :error, :version,
		:coverage, :numbers, :documents, :noted, :swept)`, r)
	return err
}

func one(tx *controldb.Tx, where string, args ...any) (*row, error) {
	var r row
	if err := tx.Get(&r, `SELECT `+columns+` FROM analytics_runs `+where, args...); err != nil {
		return nil, err
	}
	return &r, nil
}

func many(tx *controldb.Tx, where string, args ...any) ([]row, error) {
	var rows []row
	err := tx.Select(&rows, `SELECT `+columns+` FROM analytics_runs `+where, args...)
	return rows, err
}

func (s *Store) list(ctx context.Context, where string, args ...any) (all []Run, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		rows, err := many(tx, where, args...)
		if err == nil {
			all, err = runsOf(rows)
		}
		return err
	})
	return all, err
}

func (s *Store) first(ctx context.Context, where string, args ...any) (Run, error) {
	all, err := s.list(ctx, where, args...)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Run{}, err
	}
	return all[0], nil
}

// Get reads a run, for Steward's own work: ErrNotFound.
func (s *Store) Get(ctx context.Context, id string) (Run, error) {
	return s.first(ctx, `WHERE id = ?`, id)
}

// Ready lists the runs that wait and may begin, in the order in which they should,
// without those of jobs that are running.
func (s *Store) Ready(ctx context.Context) ([]Run, error) {
	return s.list(ctx, `WHERE state = 'queued' AND ready_at <= ?
		AND job NOT IN (SELECT job FROM analytics_runs WHERE state = 'running')
		ORDER BY ready_at, queued_at, id LIMIT ?`, s.now(), maxQueued)
}

// Turn is the newest attempt at a turn of the schedule: ErrNotFound.
func (s *Store) Turn(ctx context.Context, slot string) (Run, error) {
	return s.first(ctx, `WHERE slot = ? ORDER BY attempt DESC LIMIT 1`, slot)
}

// Of says which result of a job is wanted. The zero Of is the present one.
type Of struct {
	AsOf     time.Time // as it was known then; zero for now
	From, To time.Time // over just this period; zero for any
}

// latest orders the good runs of a job. Those over the job's own period come first,
// so that a look at some other period does not stand in for the regular result; of
// a given period the one that was computed last counts.
func (o Of) latest(job string) (where string, args []any) {
	where, args = `WHERE job = ? AND state = 'done' AND NOT swept AND params = 'null'`, []any{job}
	if !o.AsOf.IsZero() {
		where += ` AND finished_at <= ?`
		args = append(args, o.AsOf)
	}
	if !o.From.IsZero() || !o.To.IsZero() {
		return where + ` AND period_from = ? AND period_to = ? ORDER BY finished_at DESC, id DESC LIMIT 1`, append(args, o.From.UnixMilli(), o.To.UnixMilli())
	}
	return where + ` ORDER BY regular DESC, period_to DESC, finished_at DESC, id DESC LIMIT 1`, args
}

// Latest is the run whose results are those of a job: ErrNotFound. Runs with params
// are read by their ids alone.
func (s *Store) Latest(ctx context.Context, job string, of Of) (Run, error) {
	where, args := of.latest(job)
	return s.first(ctx, where, args...)
}

// Standing is the run that says how a job is at present: of those over its own
// period that ended, well or badly, and are not tried again, the last one:
// ErrNotFound.
func (s *Store) Standing(ctx context.Context, job string) (Run, error) {
	return s.first(ctx, `WHERE job = ? AND regular AND successor = '' AND state IN ('done', 'failed') ORDER BY finished_at DESC, id DESC LIMIT 1`, job)
}

// LastDone is the run of a job that ended well last: ErrNotFound.
func (s *Store) LastDone(ctx context.Context, job string) (Run, error) {
	return s.first(ctx, `WHERE job = ? AND state = 'done' ORDER BY finished_at DESC, id DESC LIMIT 1`, job)
}
