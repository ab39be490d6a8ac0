package findings

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Fixed lists what is fixed and not yet verified at a place and below, without
// evidence; the one that was fixed first comes first.
func (s *Store) Fixed(ctx context.Context, at authz.Place) (all []Finding, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		var rows []row
		q := within(authz.Everything(), at).and(`state = ?`, string(Fixed))
		if err := tx.Select(&rows, `SELECT `+light+` FROM findings `+q.where+` ORDER BY fixed_at, id`, q.args...); err != nil {
			return err
		}
		all, err = findingsOf(rows)
		return err
	})
	return all, err
}

// Known lists what was found at a place, in whatever state it is but for what went away
// by itself, without evidence.
func (s *Store) Known(ctx context.Context, at authz.Place) (all []Finding, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		var rows []row
		err := tx.Select(&rows, `SELECT `+light+` FROM findings WHERE region = ? AND project = ? AND state <> ? ORDER BY id`, at.Region, at.Project, string(Cleared))
		if err != nil {
			return err
		}
		all, err = findingsOf(rows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("findings of %s: %w", at, err)
	}
	return all, nil
}

// Verify tells whether use fell after a fix. When it fell the finding is verified; when
// it did not, it is open again; when too little is known it waits on. One that is not
// fixed any more, or was fixed again after v.At, is left as it is, and so is one that
// was told of the same run before. ErrNotFound says that there is none.
func (s *Store) Verify(ctx context.Context, id string, v Verification) error {
	checked, err := v.check()
	if err != nil {
		return fmt.Errorf("verify finding %s: %w", id, err)
	}
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := one(tx, id)
		if err != nil || r.State != Fixed || r.FixedAt != nil && r.FixedAt.After(v.At) || r.Checked == checked {
			return err
		}
		r.Checked = checked
		at := controldb.Stored(v.At)
		switch v.Verdict {
		case Fell:
			r.Saved = v.SavedCNY.Value
			err = step(tx, r, Verified, at, job, v.note("use fell after the fix"))
		case DidNotFall:
			r.reopen()
			err = step(tx, r, Open, at, job, v.note("use did not fall by half of what was found after the fix"))
		}
		if err != nil {
			return err
		}
		return save(tx, r, false)
	})
	if err != nil {
		return fmt.Errorf("verify finding %s: %w", id, err)
	}
	return nil
}

// check brings a verification into the form that is kept.
func (v *Verification) check() (string, error) {
	switch v.Verdict {
	case Fell, DidNotFall, Insufficient:
	default:
		return "", fmt.Errorf("verdict %.80q is not one of fell, did_not_fall, insufficient", v.Verdict)
	}
	if v.At.Year() < 1970 || v.At.Year() >= 2200 {
		return "", fmt.Errorf("at %s is not between 1970 and 2200", v.At)
	}
	if !(v.Days >= 0) || math.IsInf(v.Days, 0) {
		return "", fmt.Errorf("days %v is not a number of days", v.Days)
	}
	if err := v.Saved.check(); err != nil {
		return "", fmt.Errorf("saved_a_year: %w", err)
	}
	if err := v.SavedCNY.check(); err != nil {
		return "", fmt.Errorf("saved_a_year_cny: %w", err)
	}
	v.Why, v.Run, v.At = clean(v.Why, maxText), clean(v.Run, maxName), controldb.Stored(v.At)
	if !v.FixedAt.IsZero() {
		v.FixedAt = controldb.Stored(v.FixedAt)
	}
	text, err := json.Marshal(v)
	return string(text), err
}

func (v *Verification) note(what string) string {
	if v.Why != "" {
		what += ": " + v.Why
	}
	return what
}
