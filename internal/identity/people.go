package identity

import (
	"context"
	"fmt"
	"slices"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// ErrLastAdministrator is an ErrForbidden.
var ErrLastAdministrator = fmt.Errorf("%w: nobody would be left to administer the headquarters", ErrForbidden)

// administrator of the headquarters: there is always one.
var administrator = authz.Grant{Role: authz.Administrator, Place: authz.HQ}

// keepAdministrator fails when nobody but the person is an administrator of the
// headquarters who can sign in.
func keepAdministrator(tx *controldb.Tx, but string) error {
	var others int
	err := tx.Get(&others, `SELECT COUNT(*) FROM people p JOIN grants g ON g.holder = p.id
		WHERE g.role = ? AND g.region = '' AND g.project = '' AND NOT p.disabled AND p.id <> ?`, string(authz.Administrator), but)
	if err == nil && others == 0 {
		return ErrLastAdministrator
	}
	return err
}

// onPerson runs a change of a person whom the caller may see, and makes it count
// at once.
func (v *View) onPerson(ctx context.Context, id string, do func(tx *controldb.Tx, target Person) error) error {
	return v.onRecord(ctx, id, func(tx *controldb.Tx, _ *personRecord, target Person) error { return do(tx, target) })
}

func (v *View) onRecord(ctx context.Context, id string, do func(tx *controldb.Tx, r *personRecord, target Person) error) error {
	defer v.s.sessions.clear()
	return v.s.db.Write(ctx, func(tx *controldb.Tx) error {
		r, target, err := v.person(tx, id)
		if err != nil {
			return err
		}
		return do(tx, &r, target)
	})
}

// CreatePerson makes a person. Without a password one is made, returned once,
// and has to be changed at the first sign-in. A caller who does not manage the
// headquarters gives at least one grant, or nobody but the headquarters would
// see the person.
func (v *View) CreatePerson(ctx context.Context, p Person, password string) (made Person, oneTime string, err error) {
	p.Login = canonicalLogin(p.Login)
	if p.Name == "" {
		p.Name = p.Login
	}
	if err := p.check(); err != nil {
		return Person{}, "", err
	}
	if len(p.Grants) == 0 && !v.scope.All() {
		return Person{}, "", controldb.Invalid("grants", "", "are missing: give at least one at a place that you manage")
	}
	if err := mayGive(v.p, p.Grants); err != nil {
		return Person{}, "", err
	}
	if password == "" {
		oneTime = newPassword()
		password, p.MustChangePassword = oneTime, true
	} else if err := v.s.checkPassword(password, p.Login); err != nil {
		return Person{}, "", err
	}
	hash, err := v.s.hash(ctx, password)
	if err != nil {
		return Person{}, "", err
	}
	now := controldb.Stored(v.s.now())
	r := personRecord{
		ID: newID("p_"), Login: p.Login, Name: p.Name, Email: p.Email, Password: hash,
		MustChange: p.MustChangePassword, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	err = v.s.db.Write(ctx, func(tx *controldb.Tx) error { return v.s.addPerson(tx, v.p, r, p.Grants) })
	if err != nil {
		return Person{}, "", err
	}
	return v.show(r.person(p.Grants, now)), oneTime, nil
}

// addPerson writes a new person down.
func (s *Service) addPerson(tx *controldb.Tx, by authz.Principal, r personRecord, grants []authz.Grant) error {
	if err := r.insert(tx); err != nil {
		return err
	}
	if err := setGrants(tx, r.ID, grants); err != nil {
		return err
	}
	_, err := s.audit(tx, by, change{
		action: "person.create", kind: "person", key: r.ID, at: placeOf(grants),
		after: map[string]any{"login": r.Login, "name": r.Name, "email": r.Email, "grants": grants},
	})
	return err
}

// hash waits for its turn to hash a password.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	leave, err := s.hasher.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return s.hasher.hash(normalize(password)), nil
}

// UpdatePerson changes name, email and grants; Version is the one that was read,
// or it fails with ErrConflict. Everybody may change his own name and email,
// nobody his own grants.
func (v *View) UpdatePerson(ctx context.Context, p Person) (changed Person, err error) {
	p.Login = canonicalLogin(p.Login)
	if err := p.check(); err != nil {
		return Person{}, err
	}
	err = v.onRecord(ctx, p.ID, func(tx *controldb.Tx, r *personRecord, target Person) error {
		if p.Login != target.Login {
			return controldb.Invalid("login", p.Login, "never changes: create another person")
		}
		given, taken := without(p.Grants, target.Grants), without(target.Grants, p.Grants)
		switch {
		case v.self(p.ID) && len(given)+len(taken) > 0:
			return fmt.Errorf("%w: nobody changes his own grants: ask somebody else", ErrForbidden)
		case !v.self(p.ID):
			if err := mayChange(v.p, target.Grants); err != nil {
				return err
			}
			if err := mayGive(v.p, given); err != nil {
				return err
			}
			if len(p.Grants) == 0 && !v.scope.All() {
				return controldb.Invalid("grants", "", "would be none, and the person out of your sight: disable the person instead")
			}
		}
		if p.Version != target.Version {
			return ErrConflict
		}
		if slices.Contains(taken, administrator) && !target.Disabled {
			if err := keepAdministrator(tx, p.ID); err != nil {
				return err
			}
		}
		before, after := map[string]any{}, map[string]any{}
		if p.Name != r.Name {
			before["name"], after["name"] = r.Name, p.Name
			r.Name = p.Name
		}
		if p.Email != r.Email {
			before["email"], after["email"] = r.Email, p.Email
			r.Email, r.Subject = p.Email, "" // whom the provider knows under another email is to prove it again
		}
		if len(given)+len(taken) > 0 {
			before["grants"], after["grants"] = target.Grants, p.Grants
			if err := setGrants(tx, p.ID, p.Grants); err != nil {
				return err
			}
		}
		if len(after) > 0 {
			if err := r.update(tx, controldb.Stored(v.s.now())); err != nil {
				return err
			}
			_, err := v.s.audit(tx, v.p, change{
				action: "person.update", kind: "person", key: p.ID, at: placeOf(target.Grants, p.Grants), before: before, after: after,
			})
			if err != nil {
				return err
			}
		}
		changed = r.person(p.Grants, v.s.now())
		return nil
	})
	return v.show(changed), err
}

// DisablePerson keeps a person from signing in, and ends the sessions.
func (v *View) DisablePerson(ctx context.Context, id string) (Person, error) {
	return v.setDisabled(ctx, id, true)
}

// EnablePerson lets a person sign in again.
func (v *View) EnablePerson(ctx context.Context, id string) (Person, error) {
	return v.setDisabled(ctx, id, false)
}

func (v *View) setDisabled(ctx context.Context, id string, disabled bool) (changed Person, err error) {
	action := map[bool]string{true: "person.disable", false: "person.enable"}[disabled]
	err = v.onRecord(ctx, id, func(tx *controldb.Tx, r *personRecord, target Person) error {
		if v.self(id) {
			return fmt.Errorf("%w: nobody disables himself: ask somebody else", ErrForbidden)
		}
		if err := mayChange(v.p, target.Grants); err != nil {
			return err
		}
		changed = target
		if r.Disabled == disabled {
			return nil
		}
		if disabled && slices.Contains(target.Grants, administrator) {
			if err := keepAdministrator(tx, id); err != nil {
				return err
			}
		}
		r.Disabled = disabled
		if err := r.update(tx, controldb.Stored(v.s.now())); err != nil {
			return err
		}
		if disabled {
			if _, err := tx.Exec(`DELETE FROM sessions WHERE person = ?`, id); err != nil {
				return err
			}
		}
		changed = r.person(target.Grants, v.s.now())
		_, err := v.s.audit(tx, v.p, change{action: action, kind: "person", key: id, at: placeOf(target.Grants)})
		return err
	})
	return v.show(changed), err
}

// Unlock lets a person try again at once who failed to sign in too often.
func (v *View) Unlock(ctx context.Context, id string) (changed Person, err error) {
	err = v.onRecord(ctx, id, func(tx *controldb.Tx, r *personRecord, target Person) error {
		if v.self(id) {
			return fmt.Errorf("%w: nobody unlocks himself: ask somebody else", ErrForbidden)
		}
		if err := mayChange(v.p, target.Grants); err != nil {
			return err
		}
		r.LockedUntil = nil
		changed = r.person(target.Grants, v.s.now())
		if err := unlock(tx, id); err != nil {
			return err
		}
		_, err := v.s.audit(tx, v.p, change{action: "person.unlock", kind: "person", key: id, at: placeOf(target.Grants)})
		return err
	})
	return v.show(changed), err
}

// ResetPassword gives a person a password to be used once, ends the sessions and
// unlocks. One's own is changed with ChangePassword.
func (v *View) ResetPassword(ctx context.Context, id string) (oneTime string, err error) {
	oneTime = newPassword()
	hash, err := v.s.hash(ctx, oneTime)
	if err != nil {
		return "", err
	}
	err = v.onRecord(ctx, id, func(tx *controldb.Tx, r *personRecord, target Person) error {
		if v.self(id) {
			return fmt.Errorf("%w: change your own password instead", ErrForbidden)
		}
		if err := mayChange(v.p, target.Grants); err != nil {
			return err
		}
		r.Password, r.MustChange = hash, true
		if err := r.update(tx, controldb.Stored(v.s.now())); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM sessions WHERE person = ?`, id); err != nil {
			return err
		}
		if err := unlock(tx, id); err != nil {
			return err
		}
		_, err := v.s.audit(tx, v.p, change{action: "person.reset_password", kind: "person", key: id, at: placeOf(target.Grants)})
		return err
	})
	if err != nil {
		return "", err
	}
	return oneTime, nil
}
