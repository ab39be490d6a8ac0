package identity

import (
	"context"
	"errors"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Attempt is a sign-in with a password.
type Attempt struct {
	Login     string // in any case
	Password  string
	Remote    string // the caller's address, without a port
	UserAgent string
}

// personRow is what sign-in needs of a person.
type personRow struct {
	ID         string `db:"id"`
	Login      string `db:"login"`
	Password   string `db:"password"`
	MustChange bool   `db:"must_change"`
	Disabled   bool   `db:"disabled"`
}

const selectPerson = `SELECT id, login, password, must_change, disabled FROM people `

const (
	// Failed attempts with names that nobody has are in the audit log, without
	// the name, at this rate at most; all are in the metrics.
	unknownAuditBurst = 60
	unknownAuditEvery = time.Minute
)

// SignIn begins a session with a password. It fails with ErrBadCredentials, the
// same for an unknown name, a disabled person and a wrong password; with a
// LockedError when the account or the address failed too often; with ErrBusy
// when too many try at once.
func (s *Service) SignIn(ctx context.Context, a Attempt) (Session, error) {
	session, err := s.signIn(ctx, a)
	s.metrics.signIn("password", err)
	return session, err
}

func (s *Service) signIn(ctx context.Context, a Attempt) (Session, error) {
	address := addressKey(a.Remote)
	if wait := s.limits.take(address); wait > 0 {
		return Session{}, &LockedError{RetryAfter: wait, Address: true}
	}
	leave, err := s.hasher.enter(ctx)
	if err != nil {
		s.limits.giveBack(address)
		return Session{}, err
	}
	defer leave()

	// From here on known and unknown names take the same steps.
	login, password := canonicalLogin(a.Login), normalize(clip(a.Password, maxPassword))
	if checkLogin(login) != nil {
		login = "" // nobody's, and not to be shown to a database
	}
	var person personRow
	var failures lockout
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		err := tx.Get(&person, selectPerson+`WHERE login = ?`, login)
		account := person.ID
		if errors.Is(err, ErrNotFound) {
			account, err = unknownAccount+mac(s.keys.lockout, login), nil
		}
		if err != nil {
			return err
		}
		failures, err = s.admit(tx, account)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	ok, outdated, err := s.hasher.verify(person.Password, password)
	if err != nil {
		s.log.Error("a stored password cannot be read", "error", err)
	}
	ok = ok && !person.Disabled && len(a.Password) <= maxPassword

	// The outcome is written also when the caller has gone: it was found out.
	ctx = context.WithoutCancel(ctx)
	if !ok {
		if err := s.failed(ctx, a, person, failures); err != nil {
			s.log.Error("a failed sign-in is not in the audit log", "error", err)
		}
		return Session{}, ErrBadCredentials
	}
	rehashed := ""
	if outdated {
		rehashed = s.hasher.hash(password)
	}
	var session Session
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		var now personRow
		if err := tx.Get(&now, selectPerson+`WHERE id = ?`, person.ID); err != nil {
			return err
		}
		if now.Password != person.Password || now.Disabled {
			return ErrBadCredentials // changed while the password was looked at
		}
		if rehashed != "" {
			if _, err := tx.Exec(`UPDATE people SET password = ? WHERE id = ?`, rehashed, person.ID); err != nil {
				return err
			}
		}
		if err := unlock(tx, person.ID); err != nil {
			return err
		}
		session, err = s.begin(tx, person.ID, viaPassword, a.Remote, a.UserAgent)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	s.limits.giveBack(address)
	return session, nil
}

// failed writes a failed attempt down. The log cannot be flooded: a lock spaces
// the failures of a person, and those of unknown names are limited.
func (s *Service) failed(ctx context.Context, a Attempt, person personRow, failures lockout) error {
	known := person.ID != ""
	if !known && s.unknown.take("") > 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *controldb.Tx) error {
		grants, err := grantsOf(tx, person.ID)
		if err != nil {
			return err
		}
		after := map[string]any{"failures": failures.Failures}
		if failures.Until != nil {
			after["locked_for_seconds"] = int(failures.Until.Sub(failures.LastAt).Seconds())
		}
		if s.attempts.Add(1)%pruneLockoutsEach == 0 {
			if err := s.pruneLockouts(tx); err != nil {
				return err
			}
		}
		_, err = s.audit(tx, authz.Principal{Remote: a.Remote}, change{
			action: "person.sign_in_failed", kind: "person", key: person.ID, at: placeOf(grants[person.ID]), after: after,
		})
		return err
	})
}

// clip shortens s to n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
