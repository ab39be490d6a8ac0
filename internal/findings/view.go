package findings

import (
	"context"
	"fmt"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// View is the findings of one caller. It is cheap, and made for each request. What the
// caller may not read is not there: ErrNotFound.
type View struct {
	store  *Store
	caller authz.Principal
}

// As is the findings as p may see them.
func (s *Store) As(p authz.Principal) *View { return &View{store: s, caller: p} }

// one is a finding that the caller may read.
func (v *View) one(tx *controldb.Tx, id string) (*row, error) {
	r, err := one(tx, id)
	if err == nil && !v.caller.May(authz.Read, r.place()) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// whole is a finding with its history.
func whole(tx *controldb.Tx, r *row) (Finding, error) {
	f, err := r.finding()
	if err != nil {
		return Finding{}, err
	}
	var steps []struct {
		At    time.Time `db:"at"`
		State State     `db:"state"`
		Kind  string    `db:"actor_kind"`
		Actor string    `db:"actor_name"`
		Note  string    `db:"note"`
	}
	err = tx.Select(&steps, `SELECT at, state, actor_kind, actor_name, note FROM finding_changes WHERE finding = ? ORDER BY n`, r.ID)
	f.History = make([]Step, len(steps))
	for i, s := range steps {
		f.History[i] = Step{At: s.At.UTC(), State: s.State, Kind: authz.Kind(s.Kind), Actor: s.Actor, Note: s.Note}
	}
	return f, err
}

// Get reads a finding with its evidence and its history.
func (v *View) Get(ctx context.Context, id string) (f Finding, err error) {
	if id != clean(id, maxName) {
		return Finding{}, ErrNotFound
	}
	err = v.store.db.Read(ctx, func(tx *controldb.Tx) error {
		r, err := v.one(tx, id)
		if err != nil {
			return err
		}
		f, err = whole(tx, r)
		return err
	})
	return f, err
}

// Filter says which findings are wanted; what is empty wants nothing.
type Filter struct {
	Region   string // and below
	Project  string // with its region
	Building string
	Subject  string
	Medium   string
	States   []State  // any of these
	Kinds    []string // any of these
	MinCNY   float64  // a year or more; those of which it is not known are left out. 0 for all
}

// maxAny bounds the values of one field of a Filter.
const maxAny = 20

func (f *Filter) check() error {
	switch {
	case len(f.States) > maxAny:
		return controldb.Invalid("state", "", "at most %d values", maxAny)
	case len(f.Kinds) > maxAny:
		return controldb.Invalid("kind", "", "at most %d values", maxAny)
	case f.Project != "" && f.Region == "":
		return controldb.Invalid("project", f.Project, "without its region: give both")
	case !(f.MinCNY >= 0):
		return controldb.Invalid("min_cny", fmt.Sprint(f.MinCNY), "is not an amount of yuan")
	}
	return nil
}

// texts are all texts of f, which a database may not take as they are.
func (f *Filter) texts() []string {
	all := []string{f.Region, f.Project, f.Building, f.Subject, f.Medium}
	for _, s := range f.States {
		all = append(all, string(s))
	}
	return append(all, f.Kinds...)
}

// query is what the caller may read of what f wants.
func (v *View) query(f *Filter) *query {
	for _, t := range f.texts() {
		if t != clean(t, maxName) { // nothing has such a name
			return within(authz.Scope{}, authz.HQ)
		}
	}
	q := within(v.caller.Scope(authz.Read), authz.Place{Region: f.Region, Project: f.Project})
	q.is("building", f.Building).is("subject", f.Subject).is("medium", f.Medium)
	in(in(q, "state", f.States), "kind", f.Kinds)
	if f.MinCNY > 0 {
		q.and("weight >= ?", f.MinCNY)
	}
	return q
}

// List reads findings without evidence and history: those that waste most first, or
// sorted by since, or -since for those that began last.
func (v *View) List(ctx context.Context, f Filter, p Page) (list List[Finding], err error) {
	if err := f.check(); err != nil {
		return list, err
	}
	o, err := orderOf(p.Sort)
	if err != nil {
		return list, err
	}
	q := v.query(&f)
	if p.Cursor != "" {
		c, err := openCursor(p.Cursor, o.seal(&f))
		if err != nil {
			return list, err
		}
		q.and(o.after, o.key(c), c.ID)
	}
	err = v.store.db.Read(ctx, func(tx *controldb.Tx) error {
		var rows []row
		// One more tells whether there is another page.
		if err := tx.Select(&rows, `SELECT `+light+` FROM findings `+q.where+` `+o.by+` LIMIT ?`, append(q.args, p.Size()+1)...); err != nil {
			return err
		}
		if len(rows) > p.Size() {
			rows = rows[:p.Size()]
			last := &rows[len(rows)-1]
			list.Next = cursor{Seal: o.seal(&f), Weight: last.Weight, Since: last.Since, ID: last.ID}.String()
		}
		list.Items, err = findingsOf(rows)
		return err
	})
	return list, err
}
