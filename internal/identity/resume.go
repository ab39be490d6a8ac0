package identity

import (
	"context"
	"errors"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Resume is the session of a cookie. ErrNoSession says that there is none any
// more; any other error, that the database did not answer.
//
// The secret is changed every Policy.RotateEvery, in two steps, so that no lost
// answer signs anybody out: from then on Session.Secret is the new secret in
// every answer, and the old one stays good until the new one is first used, and
// 30 s more for requests that are under way. Whoever shows a secret after that
// has an old copy: the session is ended for all, since one of them may be a
// thief.
func (s *Service) Resume(ctx context.Context, secret, remote string) (Session, error) {
	if len(secret) != sessionSecretLength {
		return Session{}, ErrNoSession
	}
	shown := digest(secret)
	row, err := s.sessionOf(ctx, shown)
	if err != nil {
		return Session{}, err
	}
	now := s.now()
	if !row.live(now, s.policy) {
		return Session{}, ErrNoSession
	}
	switch {
	case shown == row.Previous && (row.PreviousUntil == nil || now.After(*row.PreviousUntil)):
		s.replayed(ctx, row, remote)
		return Session{}, ErrNoSession
	case shown == row.Next:
		s.upkeep(ctx, shown, row, s.promote)
	case shown == row.Secret && row.Next == "" && now.Sub(row.RotatedAt) >= s.policy.RotateEvery:
		row.Salt = newSessionSecret()
		row.Next = digest(successor(secret, row.Salt))
		if !s.upkeep(ctx, shown, row, s.rotate) {
			row.Salt, row.Next = "", "" // not kept, so not to be given out
		}
	}
	if now.Sub(row.SeenAt) >= seenEvery {
		row.SeenAt, row.Remote = controldb.Stored(now), clip(remote, 64)
		s.sessions.replace(shown, func(kept *sessionRow) { kept.SeenAt = row.SeenAt })
		s.upkeep(ctx, "", row, s.touch)
	}
	session := row.session(s.keys, remote)
	if shown == row.Secret && row.Next != "" {
		session.Secret = successor(secret, row.Salt)
	}
	return session, nil
}

func (s *Service) sessionOf(ctx context.Context, shown string) (sessionRow, error) {
	row, ok, epoch := s.sessions.get(shown)
	if ok {
		return row, nil
	}
	err := s.db.Read(ctx, func(tx *controldb.Tx) (err error) {
		row, err = readSession(tx, `WHERE s.secret = ? OR s.next_secret = ? OR s.previous = ?`, shown, shown, shown)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return row, ErrNoSession
	}
	if err != nil {
		return row, err
	}
	s.sessions.put(shown, row, epoch)
	return row, nil
}

// upkeep runs a change of the session's own row, and reports whether it was
// kept. That it fails must not stop the request, whose session is good: the
// next one tries again. What was known under the secret is forgotten.
func (s *Service) upkeep(ctx context.Context, forget string, row sessionRow, do func(*controldb.Tx, sessionRow) error) bool {
	err := s.db.Write(ctx, func(tx *controldb.Tx) error { return do(tx, row) })
	if err != nil && !errors.Is(err, errMeanwhile) {
		s.log.Warn("a session was not kept up", "error", err)
	}
	if forget != "" {
		s.sessions.drop(forget)
	}
	return err == nil
}

// errMeanwhile says that a request at the same time has done it already.
var errMeanwhile = errors.New("done meanwhile")

func once(changed int64, err error) error {
	if err == nil && changed == 0 {
		return errMeanwhile
	}
	return err
}

// rotate begins to change the secret.
func (s *Service) rotate(tx *controldb.Tx, r sessionRow) error {
	return once(tx.Exec(`UPDATE sessions SET next_secret = ?, salt = ? WHERE id = ? AND secret = ? AND next_secret = ''`, r.Next, r.Salt, r.ID, r.Secret))
}

// promote ends it: the browser has the new secret.
func (s *Service) promote(tx *controldb.Tx, r sessionRow) error {
	now := s.now()
	return once(tx.Exec(`UPDATE sessions SET previous = secret, previous_until = ?, secret = next_secret, next_secret = '', salt = '', rotated_at = ?
		WHERE id = ? AND next_secret = ?`, now.Add(grace), now, r.ID, r.Next))
}

func (s *Service) touch(tx *controldb.Tx, r sessionRow) error {
	return once(tx.Exec(`UPDATE sessions SET seen_at = ?, remote = ? WHERE id = ? AND seen_at < ?`, r.SeenAt, r.Remote, r.ID, r.SeenAt))
}

// replayed ends a session of which somebody holds an old copy.
func (s *Service) replayed(ctx context.Context, r sessionRow, remote string) {
	defer s.sessions.clear()
	err := s.db.Write(ctx, func(tx *controldb.Tx) error {
		if err := once(tx.Exec(`DELETE FROM sessions WHERE id = ?`, r.ID)); err != nil {
			return err
		}
		_, err := s.audit(tx, authz.Principal{Remote: remote}, change{
			action: "person.session_replayed", kind: "person", key: r.Person, at: placeOf(r.Grants), before: map[string]string{"session": r.ID},
		})
		return err
	})
	if err != nil && !errors.Is(err, errMeanwhile) {
		s.log.Error("a session of which an old copy was shown could not be ended", "error", err)
		return
	}
	s.metrics.replayed.Inc()
}

// trustWithout is how long what was true stays so while the database does not
// answer: a screen with alarms is not to go dark over a restart of PostgreSQL.
const trustWithout = 5 * time.Minute

// Still is for connections that stay open: it reports whether the session (of a
// person) or the token that opened one is still good, and gives the principal
// with the grants of now. While the database does not answer, the last answer
// holds for five minutes.
func (s *Service) Still(ctx context.Context, p authz.Principal, sessionID string) (authz.Principal, bool) {
	var now authz.Principal
	var err error
	switch p.Kind {
	case authz.Person:
		now, err = s.stillSession(ctx, p, sessionID)
	case authz.Machine:
		now, err = s.stillToken(ctx, p)
	case authz.System:
		return p, true
	default:
		return authz.Principal{}, false
	}
	switch {
	case err == nil:
		s.contact.Store(s.now().UnixNano())
		return now, true
	case errors.Is(err, ErrNoSession), errors.Is(err, ErrNoToken):
		s.contact.Store(s.now().UnixNano())
		return authz.Principal{}, false
	}
	s.log.Warn("cannot ask whether a session is still good", "error", err)
	return p, s.now().Sub(time.Unix(0, s.contact.Load())) < trustWithout
}

func (s *Service) stillSession(ctx context.Context, p authz.Principal, id string) (authz.Principal, error) {
	var row sessionRow
	err := s.db.Read(ctx, func(tx *controldb.Tx) (err error) {
		row, err = readSession(tx, `WHERE s.id = ? AND s.person = ?`, id, p.ID)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return authz.Principal{}, ErrNoSession
	}
	if err != nil {
		return authz.Principal{}, err
	}
	// An open connection is use: a wall screen shows live values for days
	// without a request. The absolute limit ends it all the same.
	now := s.now()
	if !row.Disabled && now.Sub(row.SeenAt) >= seenEvery && row.live(now, s.policy) {
		row.SeenAt = controldb.Stored(now)
		s.upkeep(ctx, "", row, s.touch)
	}
	if !row.live(now, s.policy) {
		return authz.Principal{}, ErrNoSession
	}
	return row.session(s.keys, p.Remote).Principal, nil
}
