package notices

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// View is the notices of one caller. It is cheap, and made for each request. What the
// caller may not read is not there for him.
type View struct {
	store  *Store
	caller authz.Principal
}

// As is the notices as p may see and change them.
func (s *Store) As(p authz.Principal) *View { return &View{store: s, caller: p} }

// Get reads a notice with its history: ErrNotFound.
func (v *View) Get(ctx context.Context, id string) (n Notice, err error) {
	err = v.store.db.Read(ctx, func(tx *controldb.Tx) error {
		r, err := v.read(tx, id)
		if err != nil {
			return err
		}
		n = r.notice(v.store.o.Now())
		n.History, err = history(tx, id)
		return err
	})
	if err != nil {
		return Notice{}, err
	}
	return n, nil
}

func (v *View) read(tx *controldb.Tx, id string) (*row, error) {
	if !usable(id) {
		return nil, ErrNotFound
	}
	r, err := one(tx, `WHERE id = ?`, id)
	if err == nil && !v.caller.May(authz.Read, authz.Place{Region: r.Region, Project: r.Project}) {
		err = ErrNotFound
	}
	return r, err
}

// Filter says which notices are wanted; what is empty wants nothing.
type Filter struct {
	Region, Project string
	States          []State
	Kind, Month     string
	Live            bool // only those that are neither closed nor withdrawn
	Overdue         bool // only those that are overdue
}

// List reads notices without their history, those that were issued last first.
func (v *View) List(ctx context.Context, f Filter, p Page) (list List[Notice], err error) {
	if p.Sort != "" && p.Sort != "-issued_at" {
		return list, controldb.Invalid("sort", p.Sort, "those that were issued last come first: leave it empty")
	}
	for _, st := range f.States {
		if !slices.Contains(States(), st) {
			return list, controldb.Invalid("state", string(st), "is none of issued, accepted, submitted, rejected, closed, withdrawn")
		}
	}
	scope := v.caller.Scope(authz.Read)
	if scope.Empty() || !usable(f.Region+f.Project+f.Kind+f.Month) {
		return list, nil
	}
	now := controldb.Stored(v.store.o.Now())
	where, args := f.where(scope, now)
	if p.Cursor != "" {
		c, err := openCursor(p.Cursor)
		if err != nil {
			return list, err
		}
		where, args = where+` AND (issued_at, id) < (?, ?)`, append(args, time.UnixMilli(c.At).UTC(), c.ID)
	}
	var rows []row
	err = v.store.db.Read(ctx, func(tx *controldb.Tx) (err error) {
		// One more tells whether there is another page.
		rows, err = many(tx, where+` ORDER BY issued_at DESC, id DESC LIMIT ?`, append(args, p.Size()+1)...)
		return err
	})
	if err != nil {
		return list, fmt.Errorf("list notices: %w", err)
	}
	if len(rows) > p.Size() {
		rows = rows[:p.Size()]
		last := &rows[len(rows)-1]
		list.Next = cursor{last.IssuedAt.UnixMilli(), last.ID}.String()
	}
	for i := range rows {
		list.Items = append(list.Items, rows[i].notice(now))
	}
	return list, nil
}

func (f *Filter) where(scope authz.Scope, now time.Time) (where string, args []any) {
	where = `WHERE 1 = 1`
	and := func(condition string, values ...any) {
		where, args = where+` AND `+condition, append(args, values...)
	}
	if !scope.All() {
		var reach []string
		var values []any
		for _, at := range scope.Places() {
			if at.Project == "" {
				reach, values = append(reach, `region = ?`), append(values, at.Region)
			} else {
				reach, values = append(reach, `region = ? AND project = ?`), append(values, at.Region, at.Project)
			}
		}
		and(`(`+strings.Join(reach, ` OR `)+`)`, values...)
	}
	for _, c := range []struct{ column, value string }{{"region", f.Region}, {"project", f.Project}, {"kind", f.Kind}, {"month", f.Month}} {
		if c.value != "" {
			and(c.column+` = ?`, c.value)
		}
	}
	if len(f.States) > 0 {
		values := make([]any, len(f.States))
		for i, st := range f.States {
			values[i] = string(st)
		}
		and(`state IN (?`+strings.Repeat(`, ?`, len(values)-1)+`)`, values...)
	}
	if f.Live {
		and(`live`)
	}
	if f.Overdue {
		and(`live AND state <> 'submitted' AND due_at <= ?`, now)
	}
	return where, args
}

// cursor is the position after a notice in the list. It opens nothing.
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
	if err != nil || json.Unmarshal(raw, &c) != nil || len(c.ID) > maxName || !usable(c.ID) || c.At < 0 || c.At > 1<<46 {
		return c, controldb.Invalid("cursor", text, "not a cursor of this list: begin without one")
	}
	return c, nil
}

// Create issues a notice by hand, which takes the permission to manage the project.
// Kind is Manual whatever n says.
func (v *View) Create(ctx context.Context, n New) (Notice, error) {
	switch {
	case !v.caller.May(authz.Read, n.Place):
		return Notice{}, ErrNotFound
	case !v.caller.May(authz.Manage, n.Place):
		return Notice{}, ErrForbidden
	}
	n.Kind = Manual
	notice, _, err := v.store.issue(ctx, v.caller, n)
	if err != nil {
		return Notice{}, err
	}
	return v.Get(ctx, notice.ID)
}

// MayInspect reports whether the caller may judge what a project has done: managers
// of its region and of headquarters. The project's own are not asked.
func (v *View) MayInspect(project authz.Place) bool {
	return v.caller.May(authz.Manage, authz.Place{Region: project.Region})
}

// errStep says what may be done in a state instead.
func errStep(d Deed, s State) error {
	return controldb.Invalid("deed", string(d), "a notice that is %s cannot be so: %s", s, map[State]string{
		Issued: "accept, submit or withdraw it", Accepted: "submit or withdraw it", Submitted: "reject, close or withdraw it",
		Rejected: "submit or withdraw it", Closed: "it is over", Withdrawn: "it is over",
	}[s])
}

var errOwnWork = errors.New("who submitted it does not inspect it")
