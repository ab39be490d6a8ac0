package incident

import (
	"context"
	"errors"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Options of a Store.
type Options struct {
	Now func() time.Time // the present; time.Now when nil
}

// Store keeps incidents. It is safe for concurrent use.
//
// What it reads by itself is for Steward's own work and knows no scope: requests
// of people and machines go through As.
type Store struct {
	db   *controldb.DB
	now  func() time.Time
	bell bell
}

// NewStore is the store in db, which has the set of tables controldb.Incidents and
// which the store does not close.
func NewStore(db *controldb.DB, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{db: db, now: o.Now}
}

// Tx is a transaction that may change incidents. It lives as long as the function
// that was given it.
type Tx struct {
	tx   *controldb.Tx
	now  time.Time
	news bool // something that somebody may be waiting for
}

// Update runs do in one transaction: all of it is kept when do returns nil, and
// nothing of it otherwise. Transactions come one after another, also those of
// other processes. It must not be called within itself.
func (s *Store) Update(ctx context.Context, do func(*Tx) error) error {
	news := false
	err := s.db.Write(ctx, func(tx *controldb.Tx) error {
		t := &Tx{tx: tx, now: controldb.Stored(s.now())}
		err := do(t)
		news = t.news
		return err
	})
	if err == nil && news {
		s.bell.ring()
	}
	return err
}

// Now is the time at which the transaction happens, for all that is done in it.
func (tx *Tx) Now() time.Time { return tx.now }

// Changed is closed when this process next commits a timeline entry or a notice.
// Take it before reading: what is committed after that closes it, so that
// nothing is missed. Commits of other processes do not show: look again each
// second.
func (s *Store) Changed() <-chan struct{} { return s.bell.wait() }

// own is the view of Steward itself.
func (s *Store) own() *View { return s.As(authz.SystemPrincipal("steward")) }

// Incident reads an incident, for Steward's own work: ErrNotFound.
func (s *Store) Incident(ctx context.Context, id string) (Incident, error) {
	return s.own().Get(ctx, id)
}

// Open reads the open incidents, at most MaxOpen, the gravest and newest first,
// and the number of the newest timeline entry that is in them. Those of rules on
// trial are not among them.
func (s *Store) Open(ctx context.Context) ([]Incident, int64, error) { return s.own().Open(ctx) }

// After reads the timeline entries after one, in their order, and the incidents
// to which they belong as they are now. Those of rules on trial are among them.
func (s *Store) After(ctx context.Context, seq int64, limit int) ([]Entry, []Incident, error) {
	return s.own().After(ctx, seq, limit)
}

// Head is the number of the newest timeline entry; 0 before the first.
func (s *Store) Head(ctx context.Context) (seq int64, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		seq, err = headOf(tx)
		return err
	})
	return seq, err
}

func headOf(tx *controldb.Tx) (seq int64, err error) {
	err = tx.Get(&seq, `SELECT seq FROM incident_head`)
	return seq, err
}

// Due names the open incidents to which something is to happen by now, at most
// limit, the gravest first and of equal ones the one that has waited longest.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) (ids []string, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		return tx.Select(&ids, `SELECT id FROM incidents WHERE due_at <= ? ORDER BY gravity DESC, due_at, id LIMIT ?`, now, max(0, limit))
	})
	return ids, err
}

// optional is ErrNotFound as nil.
func optional(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
