package runs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// View is the runs of one caller. It is cheap, and made for each request.
//
// A run is of the whole company, and whoever may read anything of it may know that
// it ran, when and over which period: the numbers that he sees are from it. What it
// was told, by whom, what it says of its progress and why it failed may speak of
// any place, and is for those who see all of them.
type View struct {
	store  *Store
	caller authz.Principal
}

// As is the runs as p may see them.
func (s *Store) As(p authz.Principal) *View { return &View{store: s, caller: p} }

// shown is a run as the caller may see it.
func (v *View) shown(r Run) Run {
	if !v.caller.Scope(authz.Read).All() {
		r.Params, r.By, r.Error, r.Progress.What, r.Pins = nil, Starter{Kind: r.By.Kind}, "", "", nil
	}
	return r
}

// reads reports whether the caller may read anything at all.
func (v *View) reads() bool { return !v.caller.Scope(authz.Read).Empty() }

// Get reads a run: ErrNotFound.
func (v *View) Get(ctx context.Context, id string) (run Run, err error) {
	if !v.reads() || id != clean(id, len(id)) {
		return Run{}, ErrNotFound
	}
	err = v.store.db.Read(ctx, func(tx *controldb.Tx) error {
		r, err := one(tx, `WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if run, err = r.run(); err == nil {
			err = tx.Select(&run.Pins, `SELECT name FROM analytics_pins WHERE run = ? ORDER BY name`, id)
		}
		return err
	})
	return v.shown(run), err
}

// Result reads a run whose results may be shown, one that ended well: ErrNotFound.
func (v *View) Result(ctx context.Context, id string) (Run, error) {
	r, err := v.Get(ctx, id)
	if err == nil && (r.State != Done || r.swept) {
		err = ErrNotFound
	}
	return r, err
}

// Latest is the run whose results are those of a job: ErrNotFound.
func (v *View) Latest(ctx context.Context, job string, of Of) (Run, error) {
	if !v.reads() || job != clean(job, len(job)) {
		return Run{}, ErrNotFound
	}
	r, err := v.store.Latest(ctx, job, of)
	return v.shown(r), err
}

// Filter says which runs are wanted; what is empty wants nothing.
type Filter struct {
	Job     string
	States  []State
	Regular bool // only those over the job's own period
}

// List reads runs, those that were queued last first.
func (v *View) List(ctx context.Context, f Filter, p Page) (list List[Run], err error) {
	if p.Sort != "" && p.Sort != "-queued_at" {
		return list, controldb.Invalid("sort", p.Sort, "those that were queued last come first: leave it empty")
	}
	if !v.reads() || f.Job != clean(f.Job, len(f.Job)) {
		return list, nil
	}
	where, args := `WHERE 1 = 1`, []any{}
	if f.Job != "" {
		where, args = where+` AND job = ?`, append(args, f.Job)
	}
	if f.Regular {
		where += ` AND regular`
	}
	if len(f.States) > 0 {
		where += ` AND state IN ` + marks(len(f.States))
		for _, st := range f.States {
			args = append(args, string(st))
		}
	}
	if p.Cursor != "" {
		c, err := openCursor(p.Cursor)
		if err != nil {
			return list, err
		}
		where, args = where+` AND (queued_at, id) < (?, ?)`, append(args, time.UnixMilli(c.At).UTC(), c.ID)
	}
	// One more tells whether there is another page.
	all, err := v.store.list(ctx, where+` ORDER BY queued_at DESC, id DESC LIMIT ?`, append(args, p.Size()+1)...)
	if err != nil {
		return list, err
	}
	if len(all) > p.Size() {
		all = all[:p.Size()]
		last := &all[len(all)-1]
		list.Next = cursor{last.QueuedAt.UnixMilli(), last.ID}.String()
	}
	for i := range all {
		all[i] = v.shown(all[i])
	}
	list.Items = all
	return list, nil
}

// cursor is the position after a run in the list. It opens nothing.
type cursor struct {
	At int64  `json:"m"` // Unix milliseconds
	ID string `json:"p"`
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a number and a text
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func openCursor(text string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || c.ID != clean(c.ID, 100) || c.At < 0 || c.At > 1<<46 {
		return c, controldb.Invalid("cursor", text, "not a cursor of this list: begin without one")
	}
	return c, nil
}

// May reports whether the caller may start, cancel and pin runs, which are of the
// whole company.
func (v *View) May() bool { return v.caller.May(authz.Configure, authz.HQ) }

// Cancel ends a run that waits, and has one that is running end soon. One that has
// ended stays as it is.
func (v *View) Cancel(ctx context.Context, id string) (run Run, err error) {
	err = v.change(ctx, id, func(tx *controldb.Tx, r *row) error {
		switch r.State {
		case Queued:
			r.Cancelled = true
			run, err = v.store.end(tx, r, Outcome{State: Cancelled, Progress: r.Progress}, 0)
			return err
		case Running:
			r.Cancelled = true
			if _, err := tx.Exec(`UPDATE analytics_runs SET cancelled = TRUE WHERE id = ?`, r.ID); err != nil {
				return err
			}
		}
		run, err = r.run()
		return err
	})
	return run, err
}

func (v *View) change(ctx context.Context, id string, do func(*controldb.Tx, *row) error) error {
	if _, err := v.Get(ctx, id); err != nil {
		return err
	}
	if !v.May() {
		return ErrForbidden
	}
	return v.store.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := one(tx, `WHERE id = ?`, id)
		if err != nil {
			return err
		}
		return do(tx, r)
	})
}

// maxPins bounds how many keep one run, and maxPin the length of a name in bytes.
const (
	maxPins = 100
	maxPin  = 200
)

// Pin keeps a run from being removed for as long as something of a name needs it,
// such as report:monthly/2026-10. Only runs that ended well are pinned: ErrNotFound.
func (v *View) Pin(ctx context.Context, id, name string) error {
	if name == "" || name != clean(name, maxPin) {
		return controldb.Invalid("name", name, "want 1 to %d bytes of text that say what needs the run", maxPin)
	}
	return v.change(ctx, id, func(tx *controldb.Tx, r *row) error {
		if r.State != Done || r.Swept {
			return ErrNotFound
		}
		var n int
		if err := tx.Get(&n, `SELECT count(*) FROM analytics_pins WHERE run = ?`, id); err != nil {
			return err
		}
		if n >= maxPins {
			return controldb.Invalid("name", name, "%d pins keep the run already", n)
		}
		by := StarterOf(v.caller)
		_, err := tx.Exec(`INSERT INTO analytics_pins (run, name, actor_kind, actor_id, actor_name, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, name) DO NOTHING`, id, name, string(by.Kind), by.ID, by.Name, v.store.now())
		return err
	})
}

// Unpin takes a pin away. One that is not there is no error.
func (v *View) Unpin(ctx context.Context, id, name string) error {
	return v.change(ctx, id, func(tx *controldb.Tx, _ *row) error {
		if name != clean(name, maxPin) {
			return nil // nothing has such a name
		}
		_, err := tx.Exec(`DELETE FROM analytics_pins WHERE run = ? AND name = ?`, id, name)
		return err
	})
}
