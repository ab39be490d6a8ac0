package notices

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/controldb"
)

// Deed is what is done to a notice.
type Deed string

// The deeds. The first two are the project's, and take the permission to act there;
// the others take that to manage the whole region.
const (
	Accept   Deed = "accept"   // the caller answers for it
	Submit   Deed = "submit"   // it is done, and may be inspected
	Reject   Deed = "reject"   // the re-inspection found that it is not; a new due day may be given
	Close    Deed = "close"    // the re-inspection found that it is
	Withdraw Deed = "withdraw" // it was issued in error
)

// Action is a deed with what is said of it.
type Action struct {
	Deed     Deed
	Note     string   // needed but for accept and close
	Evidence []string // of submit and of what inspects: addresses of pictures, numbers of orders
	DueOn    string   // of reject: the new due day; empty leaves the old one
	Version  int64    // of the notice as it was read: ErrConflict when it is another by now
}

// step is how a deed changes a notice.
type step struct {
	from    []State
	to      State
	inspect bool // for managers above the project
	note    bool // needs a note
}

var steps = map[Deed]step{
	Accept:   {from: []State{Issued}, to: Accepted},
	Submit:   {from: []State{Issued, Accepted, Rejected}, to: Submitted, note: true},
	Reject:   {from: []State{Submitted}, to: Rejected, inspect: true, note: true},
	Close:    {from: []State{Submitted}, to: Closed, inspect: true},
	Withdraw: {from: []State{Issued, Accepted, Submitted, Rejected}, to: Withdrawn, inspect: true, note: true},
}

// The most evidence of one step.
const (
	maxItems = 20
	maxItem  = 500 // characters
)

func (a *Action) check(st step) error {
	switch {
	case utf8.RuneCountInString(a.Note) > maxText || !usable(a.Note):
		return controldb.Invalid("note", a.Note, "give text of at most %d characters", maxText)
	case st.note && a.Note == "":
		return controldb.Invalid("note", "", "say what was done or found: %s needs it", a.Deed)
	case len(a.Evidence) > maxItems:
		return controldb.Invalid("evidence", "", "give at most %d", maxItems)
	case a.DueOn != "" && a.Deed != Reject:
		return controldb.Invalid("due_on", a.DueOn, "a new due day comes with reject")
	}
	for _, e := range a.Evidence {
		if e == "" || utf8.RuneCountInString(e) > maxItem || !usable(e) {
			return controldb.Invalid("evidence", e, "give texts of 1 to %d characters", maxItem)
		}
	}
	return nil
}

// Act does something to a notice: ErrNotFound, ErrForbidden, ErrConflict, or an
// InvalidError where its state does not allow it. Who submitted a notice, or answers
// for it, does not inspect it, whatever he may manage.
func (v *View) Act(ctx context.Context, id string, a Action) (n Notice, err error) {
	now := controldb.Stored(v.store.o.Now())
	err = v.store.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := v.read(tx, id)
		if err != nil {
			return err
		}
		st, known := steps[a.Deed]
		if err := v.may(tx, r, a.Deed, st); err != nil {
			return err
		}
		if !known {
			return controldb.Invalid("deed", string(a.Deed), "is none of accept, submit, reject, close, withdraw")
		}
		if err := a.check(st); err != nil {
			return err
		}
		if a.Version != r.Version {
			return ErrConflict
		}
		if !slices.Contains(st.from, r.State) {
			return errStep(a.Deed, r.State)
		}
		if r.Version >= maxChanges && a.Deed != Close && a.Deed != Withdraw {
			return controldb.Invalid("deed", string(a.Deed), "the notice has been changed %d times: close or withdraw it", r.Version)
		}
		if err := v.change(r, a, st, now); err != nil {
			return err
		}
		if err := save(tx, r); err != nil {
			return err
		}
		if err := record(tx, r, now, v.caller, a.Note, a.Evidence); err != nil {
			return err
		}
		n = r.notice(now)
		n.History, err = history(tx, id)
		return err
	})
	if err != nil {
		return Notice{}, err
	}
	return n, nil
}

// may finds out whether the caller may do a deed.
func (v *View) may(tx *controldb.Tx, r *row, d Deed, st step) error {
	at := authz.Place{Region: r.Region, Project: r.Project}
	switch {
	case !v.caller.May(authz.Act, at):
		return ErrForbidden
	case !st.inspect:
		// Whom a notice names answers for it, until a manager takes it over.
		if r.Owner != "" && r.Owner != v.caller.ID && !v.caller.May(authz.Manage, at) {
			return ErrForbidden
		}
		return nil
	case !v.MayInspect(at):
		return ErrForbidden
	case d == Withdraw:
		return nil
	}
	var last struct {
		Kind authz.Kind `db:"actor_kind"`
		ID   string     `db:"actor_id"`
	}
	err := tx.Get(&last, `SELECT actor_kind, actor_id FROM rectification_changes WHERE notice = ? ORDER BY version DESC LIMIT 1`, r.ID)
	if err != nil {
		return err
	}
	if last.Kind == v.caller.Kind && last.ID == v.caller.ID && r.State == Submitted || r.Owner != "" && r.Owner == v.caller.ID {
		return fmt.Errorf("%w: %w", ErrForbidden, errOwnWork)
	}
	return nil
}

// change brings a notice into its new state.
func (v *View) change(r *row, a Action, st step, now time.Time) error {
	r.State, r.Live = st.to, st.to.Live()
	r.Version++
	switch {
	case a.Deed == Accept:
		r.Owner = v.caller.ID
	case a.DueOn != "":
		zone := v.store.zone(authz.Place{Region: r.Region, Project: r.Project})
		due, err := checkDue(a.DueOn, calendar.DateOf(now.In(zone)))
		if err != nil {
			return err
		}
		v.store.due(r, due, zone)
	}
	if !r.Live {
		r.ClosedAt = &now
	}
	return nil
}
