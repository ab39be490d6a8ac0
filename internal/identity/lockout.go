package identity

import (
	"errors"
	"time"

	"steward/internal/controldb"
)

const (
	// failures are forgotten when there was none for so long.
	forgetFailures = day

	// Names that nobody has are counted too, or a lock would tell which exist.
	// The oldest give way beyond this number.
	unknownAccount    = "unknown:"
	maxUnknown        = 10_000
	pruneLockoutsEach = 256 // failures
)

type lockout struct {
	Account  string     `db:"account"`
	Failures int        `db:"failures"`
	LastAt   time.Time  `db:"last_at"`
	Until    *time.Time `db:"locked_until"`
}

// lockFor is how long an account is locked after so many failures in a row.
func (p Policy) lockFor(failures int) time.Duration {
	if failures < p.LockAfter {
		return 0
	}
	d := p.LockFirst
	for range failures - p.LockAfter {
		if d >= p.LockMax/2 {
			return p.LockMax
		}
		d *= 2
	}
	return min(d, p.LockMax)
}

// admit counts an attempt as a failure before its password is looked at, so that
// attempts at the same time cannot try more passwords than attempts one after
// another; a success takes it back. While the account is locked nothing is
// counted, and a LockedError says for how long.
func (s *Service) admit(tx *controldb.Tx, account string) (lockout, error) {
	now := s.now()
	l := lockout{Account: account}
	if err := tx.Get(&l, `SELECT * FROM lockouts WHERE account = ?`, account); err != nil && !errors.Is(err, ErrNotFound) {
		return l, err
	}
	if l.Until != nil && now.Before(*l.Until) {
		return l, &LockedError{RetryAfter: l.Until.Sub(now)}
	}
	if now.Sub(l.LastAt) > forgetFailures {
		l.Failures = 0
	}
	l.Failures++
	l.LastAt, l.Until = now, nil
	if d := s.policy.lockFor(l.Failures); d > 0 {
		until := now.Add(d)
		l.Until = &until
	}
	_, err := tx.NamedExec(`INSERT INTO lockouts (account, failures, last_at, locked_until)
		VALUES (:account, :failures, :last_at, :locked_until)
		ON CONFLICT (account) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, locked_until = excluded.locked_until`, l)
	return l, err
}

func unlock(tx *controldb.Tx, account string) error {
	_, err := tx.Exec(`DELETE FROM lockouts WHERE account = ?`, account)
	return err
}

// pruneLockouts drops what is forgotten and what is too much.
func (s *Service) pruneLockouts(tx *controldb.Tx) error {
	if _, err := tx.Exec(`DELETE FROM lockouts WHERE last_at < ?`, s.now().Add(-forgetFailures)); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM lockouts WHERE account LIKE ? AND account NOT IN
		(SELECT account FROM lockouts WHERE account LIKE ? ORDER BY last_at DESC LIMIT ?)`, unknownAccount+"%", unknownAccount+"%", maxUnknown)
	return err
}
