// Package runs keeps what is known of runs of analyses: what was asked for, which
// process has it in hand, how far it is, and what became of it. What the runs found
// out is in ClickHouse, under their ids.
//
// [Store] is for the processes that run jobs: [Store.Enqueue], [Store.Claim],
// [Store.Renew], [Store.Finish], [Store.Expired]. [Store.As] gives a [View], the
// runs as one caller may see and change them.
//
// Promises: a turn of the schedule is taken once, and a job runs once at a time,
// over all processes that share the database; a process that no longer has a run in
// hand cannot end it, so that what it wrote late is never a result; a run that ended
// well stays readable under its id until it is old, superseded and pinned by nobody.
package runs

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Errors, for errors.Is.
var (
	ErrNotFound  = controldb.ErrNotFound
	ErrForbidden = controldb.ErrForbidden

	// ErrTaken: the run is not to be had: another process was quicker, or another
	// run of the same job is under way.
	ErrTaken = errors.New("taken by another run or process")
	// ErrLost: the run is no longer in the caller's hands.
	ErrLost = errors.New("the run was taken away: its lease ended")
)

// What the control database's packages share.
type (
	InvalidError = controldb.InvalidError
	FieldError   = controldb.FieldError
	Page         = controldb.Page
	List[T any]  = controldb.List[T]
)

// State is where a run stands.
type State string

// The states of a run.
const (
	Queued    State = "queued"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Ended reports whether nothing more happens to the run.
func (s State) Ended() bool { return s == Done || s == Failed || s == Cancelled }

// Starter is who asked for a run.
type Starter struct {
	Kind authz.Kind `json:"kind" db:"actor_kind"`
	ID   string     `json:"id" db:"actor_id"`
	Name string     `json:"name" db:"actor_name"`
}

// StarterOf is a caller.
func StarterOf(p authz.Principal) Starter { return Starter{p.Kind, p.ID, p.Name} }

// Progress is how far a run is.
type Progress struct {
	Done  int64  `json:"done" db:"done"`
	Total int64  `json:"total" db:"total"` // 0 while unknown
	What  string `json:"what,omitempty" db:"what"`
}

// Run is one run of a job.
type Run struct {
	ID        string            `json:"id"`
	Job       string            `json:"job"`
	From      time.Time         `json:"from"`
	To        time.Time         `json:"to"` // not included
	Params    map[string]string `json:"params,omitempty"`
	Regular   bool              `json:"regular"` // over the job's own period, without params
	Slot      string            `json:"slot,omitempty"`
	Attempt   int               `json:"attempt"`
	Successor string            `json:"successor,omitempty"` // the run that tries again
	State     State             `json:"state"`
	Cancelled bool              `json:"cancel_requested,omitempty"`

	QueuedAt   time.Time  `json:"queued_at"`
	ReadyAt    time.Time  `json:"ready_at"` // when it may begin
	StartedAt  *time.Time `json:"started_at,omitempty"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	By         Starter    `json:"by"`
	Progress   Progress   `json:"progress"`

	Error     string   `json:"error,omitempty"`
	Version   string   `json:"version,omitempty"` // of the program that ran it
	Coverage  *float64 `json:"coverage,omitempty"`
	Numbers   int64    `json:"numbers"`
	Documents int64    `json:"documents"`
	Pins      []string `json:"pins,omitempty"` // what keeps it from being removed

	// Foreground says that somebody waits for it: it is not tried again by itself.
	Foreground bool `json:"-"`

	swept bool // its results are being removed
}

// New is a run that is wanted.
type New struct {
	Job        string
	From, To   time.Time
	Params     map[string]string
	Regular    bool
	Slot       string // the turn of the schedule; empty on demand
	By         Starter
	Foreground bool // somebody waits for it: it is not tried again by itself
}

// fingerprint is of what is asked for: two with the same one are the same question.
func fingerprint(job string, from, to time.Time, params string) string {
	return controldb.Seal("run", job, fmt.Sprint(from.UnixMilli()), fmt.Sprint(to.UnixMilli()), params)
}

// newID begins with the day, so that people can tell runs apart, and is not to be
// guessed.
func newID(now time.Time) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // does not fail
	return now.UTC().Format("20060102") + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// row is a Run as the table has it.
type row struct {
	ID          string     `db:"id"`
	Job         string     `db:"job"`
	From        int64      `db:"period_from"` // Unix milliseconds
	To          int64      `db:"period_to"`
	Params      string     `db:"params"`
	Fingerprint string     `db:"fingerprint"`
	Regular     bool       `db:"regular"`
	Slot        string     `db:"slot"`
	Attempt     int        `db:"attempt"`
	Successor   string     `db:"successor"`
	Foreground  bool       `db:"foreground"`
	State       State      `db:"state"`
	Active      bool       `db:"active"`
	Owner       string     `db:"owner"`
	LeaseUntil  *time.Time `db:"lease_until"`
	Cancelled   bool       `db:"cancelled"`
	QueuedAt    time.Time  `db:"queued_at"`
	ReadyAt     time.Time  `db:"ready_at"`
	StartedAt   *time.Time `db:"started_at"`
	FinishedAt  *time.Time `db:"finished_at"`
	Progress
	Starter
	Error     string   `db:"error"`
	Version   string   `db:"version"`
	Coverage  *float64 `db:"coverage"`
	Numbers   int64    `db:"numbers"`
	Documents int64    `db:"documents"`
	Noted     bool     `db:"noted"`
	Swept     bool     `db:"swept"`
}

func (r *row) run() (Run, error) {
	run := Run{
		ID: r.ID, Job: r.Job, From: time.UnixMilli(r.From).UTC(), To: time.UnixMilli(r.To).UTC(), Regular: r.Regular, Slot: r.Slot, Attempt: r.Attempt,
		Successor: r.Successor, State: r.State, Cancelled: r.Cancelled, QueuedAt: r.QueuedAt.UTC(), ReadyAt: r.ReadyAt.UTC(),
		StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt), By: r.Starter, Progress: r.Progress,
		Error: r.Error, Version: r.Version, Coverage: r.Coverage, Numbers: r.Numbers, Documents: r.Documents, Foreground: r.Foreground, swept: r.Swept,
	}
	if err := json.Unmarshal([]byte(r.Params), &run.Params); err != nil {
		return Run{}, fmt.Errorf("run %s: params: %w", r.ID, err)
	}
	return run, nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func runsOf(rows []row) ([]Run, error) {
	all := make([]Run, len(rows))
	for i := range rows {
		var err error
		if all[i], err = rows[i].run(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// clean is a text that both databases take, bounded in bytes.
func clean(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// The most that is kept of texts, in bytes.
const (
	maxError = 2000
	maxWhat  = 200
)
