package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Session is a browser that somebody signed in.
type Session struct {
	// Secret is the cookie's value. It is set when the browser is to be given it:
	// at sign-in, and while the secret is being changed, with every answer until
	// the new one is used. Otherwise it is empty and the cookie stays.
	Secret string

	CSRF string // stays the same for the whole session
	ID   string // not secret

	// Principal has no grants while MustChangePassword, so that nothing else can
	// be done first.
	Principal          authz.Principal
	MustChangePassword bool

	CreatedAt time.Time
	SeenAt    time.Time // to the minute
	ExpiresAt time.Time // at the latest; earlier when it is not used
}

// SessionInfo is a session in its person's list.
type SessionInfo struct {
	ID        string    `json:"id" db:"id"`
	Via       string    `json:"via" db:"via"` // password or oidc
	CreatedAt time.Time `json:"created_at" db:"created_at"`
	SeenAt    time.Time `json:"seen_at" db:"seen_at"`
	ExpiresAt time.Time `json:"expires_at" db:"expires_at"`
	Remote    string    `json:"remote" db:"remote"`         // the address of the last request
	UserAgent string    `json:"user_agent" db:"user_agent"` // as the browser named itself
}

const (
	viaPassword = "password"
	viaOIDC     = "oidc"

	seenEvery    = time.Minute      // how often it is written down that a session is used
	grace        = 30 * time.Second // for requests under way when a secret was changed
	maxUserAgent = 200
)

// sessionRow is a session with its person.
type sessionRow struct {
	SessionInfo
	Person        string     `db:"person"`
	Secret        string     `db:"secret"` // digests, as the two others
	Next          string     `db:"next_secret"`
	Salt          string     `db:"salt"`
	Previous      string     `db:"previous"`
	PreviousUntil *time.Time `db:"previous_until"`
	RotatedAt     time.Time  `db:"rotated_at"`

	Login      string        `db:"login"`
	MustChange bool          `db:"must_change"`
	Disabled   bool          `db:"disabled"`
	Grants     []authz.Grant `db:"-"`
}

const selectSession = `SELECT s.*, p.login, p.must_change, p.disabled
	FROM sessions s JOIN people p ON p.id = s.person `

func readSession(tx *controldb.Tx, where string, args ...any) (sessionRow, error) {
	var r sessionRow
	if err := tx.Get(&r, selectSession+where, args...); err != nil {
		return r, err
	}
	grants, err := grantsOf(tx, r.Person)
	r.Grants = grants[r.Person]
	return r, err
}

// live reports whether the session has not ended at a time.
func (r *sessionRow) live(now time.Time, p Policy) bool {
	return !r.Disabled && now.Before(r.ExpiresAt) && now.Before(r.SeenAt.Add(p.SessionIdle))
}

func (r *sessionRow) session(k keys, remote string) Session {
	mustChange := r.MustChange && r.Via == viaPassword
	p := authz.Principal{Kind: authz.Person, ID: r.Person, Name: r.Login, Remote: remote}
	if !mustChange {
		p.Grants = r.Grants
	}
	return Session{
		CSRF: mac(k.csrf, r.ID), ID: r.ID, Principal: p, MustChangePassword: mustChange,
		CreatedAt: r.CreatedAt.UTC(), SeenAt: r.SeenAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
	}
}

// successor is the secret that follows another. It takes the old secret to know
// the new one: what the database holds does not suffice.
func successor(secret, salt string) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write([]byte("steward session " + salt)) // a hash does not fail
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// begin makes a session of a person who has proved who he is.
func (s *Service) begin(tx *controldb.Tx, person, via, remote, userAgent string) (Session, error) {
	now := controldb.Stored(s.now())
	secret := newSessionSecret()
	row := sessionRow{
		SessionInfo: SessionInfo{
			ID: newID("s_"), Via: via, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(s.policy.SessionAbsolute),
			Remote: clip(remote, 64), UserAgent: printable(userAgent, maxUserAgent),
		},
		Person: person, Secret: digest(secret), RotatedAt: now,
	}
	_, err := tx.NamedExec(`INSERT INTO sessions
		(id, person, via, secret, next_secret, salt, previous, previous_until, rotated_at, created_at, seen_at, expires_at, remote, user_agent)
		VALUES (:id, :person, :via, :secret, :next_secret, :salt, :previous, :previous_until, :rotated_at, :created_at, :seen_at, :expires_at, :remote, :user_agent)`, row)
	if err != nil {
		return Session{}, fmt.Errorf("begin a session: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM sessions WHERE expires_at <= ?`, now); err != nil {
		return Session{}, err
	}
	_, err = tx.Exec(`DELETE FROM sessions WHERE person = ? AND id <> ? AND id NOT IN
		(SELECT id FROM sessions WHERE person = ? AND id <> ? ORDER BY seen_at DESC, created_at DESC, id LIMIT ?)`,
		person, row.ID, person, row.ID, s.policy.MaxSessions-1)
	if err != nil {
		return Session{}, err
	}
	if _, err := tx.Exec(`UPDATE people SET last_sign_in = ? WHERE id = ?`, now, person); err != nil {
		return Session{}, err
	}
	if row, err = readSession(tx, `WHERE s.id = ?`, row.ID); err != nil {
		return Session{}, err
	}
	session := row.session(s.keys, remote)
	session.Secret = secret
	_, err = s.audit(tx, session.Principal, change{
		action: "person.sign_in", kind: "person", key: person, at: placeOf(row.Grants), after: map[string]string{"via": via, "session": row.ID},
	})
	return session, err
}

// Sessions lists the sessions of a person, the last used first. Others than
// people have none.
func (s *Service) Sessions(ctx context.Context, p authz.Principal) ([]SessionInfo, error) {
	now := s.now()
	list := []SessionInfo{}
	if p.Kind != authz.Person {
		return list, nil
	}
	err := s.db.Read(ctx, func(tx *controldb.Tx) error {
		return tx.Select(&list, `SELECT id, via, created_at, seen_at, expires_at, remote, user_agent FROM sessions
			WHERE person = ? AND expires_at > ? AND seen_at > ? ORDER BY seen_at DESC, id`, p.ID, now, now.Add(-s.policy.SessionIdle))
	})
	return list, err
}

// SignOut ends the session of a secret. One that is none has ended already.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	if len(secret) != sessionSecretLength {
		return nil
	}
	d := digest(secret)
	return s.end(ctx, nil, `WHERE s.secret = ? OR s.next_secret = ? OR s.previous = ?`, d, d, d)
}

// EndSession ends one of the caller's own sessions. ErrNotFound says that it is
// not his, or no more.
func (s *Service) EndSession(ctx context.Context, p authz.Principal, sessionID string) error {
	if p.Kind != authz.Person {
		return ErrNotFound
	}
	return s.end(ctx, &p, `WHERE s.id = ? AND s.person = ?`, sessionID, p.ID)
}

// end deletes a session. by is nil for the session's own person, to whom one
// that is not there is no error.
func (s *Service) end(ctx context.Context, by *authz.Principal, where string, args ...any) error {
	defer s.sessions.clear()
	return s.db.Write(ctx, func(tx *controldb.Tx) error {
		row, err := readSession(tx, where, args...)
		if errors.Is(err, ErrNotFound) && by == nil {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM sessions WHERE id = ?`, row.ID); err != nil {
			return err
		}
		actor := row.session(s.keys, row.Remote).Principal
		if by != nil {
			actor = *by
		}
		_, err = s.audit(tx, actor, change{
			action: "person.sign_out", kind: "person", key: row.Person, at: placeOf(row.Grants), before: map[string]string{"session": row.ID},
		})
		return err
	})
}

// SignOutEverywhere ends all sessions of the caller, or of a person whom he may
// change.
func (s *Service) SignOutEverywhere(ctx context.Context, p authz.Principal, personID string) error {
	return s.As(p).onPerson(ctx, personID, func(tx *controldb.Tx, target Person) error {
		if target.ID != p.ID || p.Kind != authz.Person {
			if err := mayChange(p, target.Grants); err != nil {
				return err
			}
		}
		n, err := tx.Exec(`DELETE FROM sessions WHERE person = ?`, target.ID)
		if err != nil {
			return err
		}
		_, err = s.audit(tx, p, change{
			action: "person.sign_out_everywhere", kind: "person", key: target.ID, at: placeOf(target.Grants), before: map[string]int64{"sessions": n},
		})
		return err
	})
}

// printable is text from outside, shortened, without what a screen or a log
// could take for its own.
func printable(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(clip(s, n), ""))
	return s
}
