package findings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Deed is what somebody does with a finding.
type Deed string

// The deeds.
const (
	Confirm Deed = "confirm" // it is so
	Dismiss Deed = "dismiss" // it is not waste, for a reason
	Fix     Deed = "fix"     // something was done about it
	Reopen  Deed = "reopen"  // what was said of it does not hold
)

// Deeds lists the deeds.
func Deeds() []Deed { return []Deed{Confirm, Dismiss, Fix, Reopen} }

// deeds say what each is possible for, and whom it needs. Whoever works at a project
// says what he saw and did; that something is to be shown no more, or again, is for
// whoever configures what is shown.
var deeds = map[Deed]struct {
	from  []State
	to    State
	needs authz.Permission
}{
	Confirm: {[]State{Open}, Confirmed, authz.Act},
	Dismiss: {[]State{Open, Confirmed}, Dismissed, authz.Configure},
	Fix:     {[]State{Open, Confirmed}, Fixed, authz.Act},
	Reopen:  {[]State{Confirmed, Dismissed, Fixed, Verified}, Open, authz.Configure},
}

// Action is a deed with what belongs to it.
type Action struct {
	Deed    Deed
	Note    string    // needed for Dismiss: why
	At      time.Time // of Fix: when it was done; now when zero
	Version int64     // of the finding as it was read; 0 does not care
}

func (a *Action) check(now time.Time) error {
	if _, known := deeds[a.Deed]; !known {
		return controldb.Invalid("deed", string(a.Deed), "is not one of confirm, dismiss, fix, reopen")
	}
	a.Note = strings.TrimSpace(a.Note)
	switch {
	case a.Note != clean(a.Note, maxNote):
		return controldb.Invalid("note", a.Note, "is not a text of at most %d bytes in UTF-8", maxNote)
	case a.Deed == Dismiss && a.Note == "":
		return controldb.Invalid("note", "", "is missing: say why it is not waste")
	case a.Version < 0:
		return controldb.Invalid("version", fmt.Sprint(a.Version), "is not a version: give that of the finding as you read it, or 0")
	case a.At.IsZero():
	case a.Deed != Fix:
		return controldb.Invalid("at", a.At.Format(time.RFC3339), "is of fix alone: leave it out")
	case a.At.After(now) || a.At.Year() < 1970:
		return controldb.Invalid("at", a.At.Format(time.RFC3339), "is in the future, or before 1970: say when it was fixed")
	}
	return nil
}

// Act does something with a finding. ErrNotFound: there is none that the caller may
// read; ErrForbidden: the caller may read it alone; ErrConflict: it is not the version
// that the caller read.
func (v *View) Act(ctx context.Context, id string, a Action) (f Finding, err error) {
	now := controldb.Stored(v.store.now())
	if err := a.check(now); err != nil {
		return Finding{}, err
	}
	if id != clean(id, maxName) {
		return Finding{}, ErrNotFound
	}
	deed := deeds[a.Deed]
	err = v.store.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := v.one(tx, id)
		switch {
		case err != nil:
			return err
		case !v.caller.May(deed.needs, r.place()):
			return ErrForbidden
		case a.Version != 0 && a.Version != r.Version:
			return ErrConflict
		case !slices.Contains(deed.from, r.State):
			return controldb.Invalid("deed", string(a.Deed), "is not possible for a finding that is %s%s", r.State, remedy(r.State, a.Deed))
		}
		if err := r.done(a, now); err != nil {
			return err
		}
		note := a.Note
		if a.Deed == Fix && !a.At.IsZero() {
			note = strings.TrimSpace("done at " + a.At.UTC().Format(time.RFC3339) + " " + note)
		}
		if err := step(tx, r, deed.to, now, v.caller, note); err != nil {
			return err
		}
		if err := save(tx, r, false); err != nil {
			return err
		}
		f, err = whole(tx, r)
		return err
	})
	return f, err
}

// done changes what a deed changes besides the state.
func (r *row) done(a Action, now time.Time) error {
	switch a.Deed {
	case Dismiss:
		f, err := r.finding()
		if err != nil {
			return err
		}
		text, err := json.Marshal(dismissal{f.Rate, f.RateCNY})
		r.Dismissed = string(text)
		return err
	case Fix:
		at := now
		if !a.At.IsZero() {
			at = controldb.Stored(a.At)
		}
		r.FixedAt, r.Checked = &at, "" // what is known of an earlier fix says nothing of this one
	case Reopen:
		r.reopen()
	}
	return nil
}

// remedy says what may be done instead.
func remedy(s State, d Deed) string {
	switch {
	case s == Cleared:
		return ": it went away, and is opened again when it is back"
	case s == Open && d == Reopen, s == Confirmed && d == Confirm:
		return " already"
	case s == Dismissed, s == Fixed, s == Verified:
		return ": reopen it first"
	}
	return ""
}
