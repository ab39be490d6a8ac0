package identity

import (
	"context"
	"errors"
	"fmt"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// PasswordChange is a person's wish for another password.
type PasswordChange struct {
	Old, New  string
	UserAgent string // of the session that begins
}

// ChangePassword changes the caller's own password. All of the person's sessions
// end, and a new one begins in place of the one that asked. ErrBadCredentials
// says that Old is wrong; after several such a LockedError makes the caller
// wait, whatever sessions he holds; an InvalidError says what is wrong with New.
func (s *Service) ChangePassword(ctx context.Context, p authz.Principal, c PasswordChange) (Session, error) {
	if p.Kind != authz.Person {
		return Session{}, fmt.Errorf("%w: only people have passwords", ErrForbidden)
	}
	// Limited apart from sign-in: whoever found an open session must not guess
	// on, and whoever knocks outside must not keep the person from changing it.
	attempts := "password of " + p.ID
	if wait := s.limits.take(attempts); wait > 0 {
		return Session{}, &LockedError{RetryAfter: wait}
	}
	if err := s.checkPassword(c.New, p.Name); err != nil {
		s.limits.giveBack(attempts)
		return Session{}, err
	}
	if normalize(c.New) == normalize(c.Old) {
		s.limits.giveBack(attempts)
		return Session{}, controldb.Invalid("password", "", "is the old one: choose another")
	}
	leave, err := s.hasher.enter(ctx)
	if err != nil {
		s.limits.giveBack(attempts)
		return Session{}, err
	}
	defer leave()
	var person personRow
	err = s.db.Read(ctx, func(tx *controldb.Tx) error { return tx.Get(&person, selectPerson+`WHERE id = ?`, p.ID) })
	if errors.Is(err, ErrNotFound) {
		return Session{}, ErrBadCredentials
	}
	if err != nil {
		return Session{}, err
	}
	ok, _, err := s.hasher.verify(person.Password, normalize(clip(c.Old, maxPassword)))
	if err != nil {
		return Session{}, fmt.Errorf("change the password: %w", err)
	}
	if !ok || person.Disabled {
		return Session{}, ErrBadCredentials
	}
	s.limits.giveBack(attempts)
	hash := s.hasher.hash(normalize(c.New))

	var session Session
	err = s.As(p).onRecord(ctx, p.ID, func(tx *controldb.Tx, r *personRecord, target Person) error {
		if r.Password != person.Password || r.Disabled {
			return ErrConflict // changed meanwhile
		}
		r.Password, r.MustChange = hash, false
		if err := r.update(tx, controldb.Stored(s.now())); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM sessions WHERE person = ?`, p.ID); err != nil {
			return err
		}
		if err := unlock(tx, p.ID); err != nil {
			return err
		}
		if _, err := s.audit(tx, p, change{action: "person.change_password", kind: "person", key: p.ID, at: placeOf(target.Grants)}); err != nil {
			return err
		}
		session, err = s.begin(tx, p.ID, viaPassword, p.Remote, c.UserAgent)
		return err
	})
	return session, err
}
