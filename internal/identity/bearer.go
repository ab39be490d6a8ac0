package identity

import (
	"context"
	"errors"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Bearer is the principal of a machine's token. ErrNoToken says that it is none,
// or no more; any other error, that the database did not answer.
func (s *Service) Bearer(ctx context.Context, secret string) (authz.Principal, error) {
	row, err := s.bearer(ctx, secret)
	if err != nil {
		if errors.Is(err, ErrNoToken) {
			s.metrics.badTokens.Inc()
		}
		return authz.Principal{}, err
	}
	return row.principal(), nil
}

func (r *tokenRow) principal() authz.Principal {
	return authz.Principal{Kind: authz.Machine, ID: r.ID, Name: r.Name, Grants: r.Grants}
}

func (s *Service) bearer(ctx context.Context, secret string) (tokenRow, error) {
	if !wellFormedToken(secret) {
		return tokenRow{}, ErrNoToken // costs no query, however many are tried
	}
	shown := digest(secret)
	row, ok, epoch := s.tokens.get(shown)
	if !ok {
		err := s.db.Read(ctx, func(tx *controldb.Tx) (err error) {
			row, err = readToken(tx, `WHERE secret = ?`, shown)
			return err
		})
		if errors.Is(err, ErrNotFound) {
			return row, ErrNoToken
		}
		if err != nil {
			return row, err
		}
		s.tokens.put(shown, row, epoch)
	}
	now := s.now()
	if !row.live(now) {
		return tokenRow{}, ErrNoToken
	}
	if row.LastUsedAt == nil || now.Sub(*row.LastUsedAt) >= seenEvery {
		used := controldb.Stored(now)
		s.tokens.replace(shown, func(kept *tokenRow) { kept.LastUsedAt = &used })
		s.used(ctx, row.ID, used)
	}
	return row, nil
}

// used writes down that a token is in use. That this fails stops no request.
func (s *Service) used(ctx context.Context, id string, at time.Time) {
	err := s.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Exec(`UPDATE tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)`, at, id, at)
		return err
	})
	if err != nil {
		s.log.Warn("the use of a token was not written down", "error", err)
	}
}

// stillToken is the token of a principal that Bearer gave.
func (s *Service) stillToken(ctx context.Context, p authz.Principal) (authz.Principal, error) {
	var row tokenRow
	err := s.db.Read(ctx, func(tx *controldb.Tx) (err error) {
		row, err = readToken(tx, `WHERE id = ?`, p.ID)
		return err
	})
	if errors.Is(err, ErrNotFound) || err == nil && !row.live(s.now()) {
		return authz.Principal{}, ErrNoToken
	}
	if err != nil {
		return authz.Principal{}, err
	}
	now := row.principal()
	now.Remote = p.Remote
	return now, nil
}
