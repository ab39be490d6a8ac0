package identity

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Token is a machine's right to use the API. It belongs to the places of its
// grants, not to whoever made it: it stays when that person goes.
type Token struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Prefix     string        `json:"prefix"`    // how the secret begins, to recognise it
	Grants     []authz.Grant `json:"grants"`    // those at places that the caller manages
	Elsewhere  bool          `json:"elsewhere"` // there are others
	CreatedBy  string        `json:"created_by"`
	CreatedAt  time.Time     `json:"created_at"`
	ExpiresAt  time.Time     `json:"expires_at"`
	LastUsedAt time.Time     `json:"last_used_at,omitzero"` // to the minute
	RevokedAt  time.Time     `json:"revoked_at,omitzero"`
}

// maxTokenLife is how far ahead an expiry may be.
const maxTokenLife = 10 * 366 * day

// tokenRow is a Token as the table has it.
type tokenRow struct {
	ID         string        `db:"id"`
	Name       string        `db:"name"`
	Search     string        `db:"search"`
	Prefix     string        `db:"prefix"`
	Secret     string        `db:"secret"` // a digest
	CreatedBy  string        `db:"created_by"`
	CreatedAt  time.Time     `db:"created_at"`
	ExpiresAt  time.Time     `db:"expires_at"`
	LastUsedAt *time.Time    `db:"last_used_at"`
	RevokedAt  *time.Time    `db:"revoked_at"`
	Grants     []authz.Grant `db:"-"`
}

func readToken(tx *controldb.Tx, where string, args ...any) (tokenRow, error) {
	var r tokenRow
	if err := tx.Get(&r, `SELECT * FROM tokens `+where, args...); err != nil {
		return r, err
	}
	grants, err := grantsOf(tx, r.ID)
	r.Grants = grants[r.ID]
	return r, err
}

func (r *tokenRow) live(now time.Time) bool { return r.RevokedAt == nil && now.Before(r.ExpiresAt) }

// token is what the caller of a View may see of it.
func (v *View) token(r tokenRow) Token {
	t := Token{
		ID: r.ID, Name: r.Name, Prefix: r.Prefix, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt.UTC(),
		ExpiresAt: r.ExpiresAt.UTC(), LastUsedAt: timeOf(r.LastUsedAt), RevokedAt: timeOf(r.RevokedAt),
	}
	t.Grants, t.Elsewhere = v.visible(r.Grants)
	return t
}

// TokenFilter narrows a list of tokens; a zero field does not.
type TokenFilter struct {
	Search string      // a part of the name
	At     authz.Place // tokens with a grant there or below
	Ended  bool        // also those that were revoked or have expired
}

// Tokens lists those that have a grant at a place that the caller manages, by
// name.
func (v *View) Tokens(ctx context.Context, f TokenFilter, page Page) (List[Token], error) {
	q := newQuery(`SELECT t.* FROM tokens t`, page, "t", map[string]string{"name": "t.name"}, "name")
	q.and(v.holds("t.id", f.At, ""))
	if f.Search != "" {
		q.and(`t.search LIKE ? ESCAPE '!'`, []any{contains(f.Search)})
	}
	if !f.Ended {
		q.and(`t.revoked_at IS NULL`, nil)
		q.and(`t.expires_at > ?`, []any{v.s.now().Truncate(time.Hour)}) // a cursor stays good for a while
	}
	out := List[Token]{Items: []Token{}}
	err := v.s.db.Read(ctx, func(tx *controldb.Tx) error {
		var rows []tokenRow
		next, err := runQuery(tx, q, &rows, func(r tokenRow) (string, string) { return r.Name, r.ID })
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		grants, err := grantsOf(tx, ids...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			r.Grants = grants[r.ID]
			if f.Ended || r.live(v.s.now()) {
				out.Items = append(out.Items, v.token(r))
			}
		}
		out.Next = next
		return nil
	})
	return out, err
}

// Token is one of Tokens.
func (v *View) Token(ctx context.Context, id string) (t Token, err error) {
	err = v.s.db.Read(ctx, func(tx *controldb.Tx) error {
		r, err := v.readToken(tx, id)
		t = v.token(r)
		return err
	})
	return t, err
}

func (v *View) readToken(tx *controldb.Tx, id string) (tokenRow, error) {
	r, err := readToken(tx, `WHERE id = ?`, id)
	if err != nil {
		return tokenRow{}, err
	}
	if !v.maySee(r.Grants) {
		return tokenRow{}, ErrNotFound
	}
	return r, nil
}

// CreateToken makes a token of a name, grants and an expiry, and returns its
// secret, this once. The caller can give what he could give to a person. Without
// an expiry it is Policy.TokenLife.
func (v *View) CreateToken(ctx context.Context, t Token) (made Token, secret string, err error) {
	now := controldb.Stored(v.s.now())
	if t.ExpiresAt.IsZero() {
		t.ExpiresAt = now.Add(v.s.policy.TokenLife)
	}
	var nameErr, expiryErr error
	if t.Name == "" {
		nameErr = controldb.Invalid("name", "", "is missing: say which machine the token is for")
	}
	if !t.ExpiresAt.After(now) || t.ExpiresAt.Sub(now) > maxTokenLife {
		expiryErr = controldb.Invalid("expires_at", t.ExpiresAt.Format(time.RFC3339), "is not within the next ten years")
	}
	grants, grantsErr := checkGrants(t.Grants)
	if grantsErr == nil && len(grants) == 0 {
		grantsErr = controldb.Invalid("grants", "", "are missing: a token without any can do nothing")
	}
	if err := together(nameErr, checkText("name", t.Name, maxName), expiryErr, grantsErr); err != nil {
		return Token{}, "", err
	}
	if err := mayGive(v.p, grants); err != nil {
		return Token{}, "", err
	}
	secret = newTokenSecret()
	r := tokenRow{
		ID: newID("t_"), Name: t.Name, Search: searchable(t.Name), Prefix: secret[:tokenShown], Secret: digest(secret),
		CreatedBy: v.p.Name, CreatedAt: now, ExpiresAt: controldb.Stored(t.ExpiresAt), Grants: grants,
	}
	err = v.s.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.NamedExec(`INSERT INTO tokens (id, name, search, prefix, secret, created_by, created_at, expires_at, last_used_at, revoked_at)
			VALUES (:id, :name, :search, :prefix, :secret, :created_by, :created_at, :expires_at, :last_used_at, :revoked_at)`, r)
		if err != nil {
			return err
		}
		if err := setGrants(tx, r.ID, grants); err != nil {
			return err
		}
		_, err = v.s.audit(tx, v.p, change{
			action: "token.create", kind: "token", key: r.ID, at: placeOf(grants),
			after: map[string]any{"name": r.Name, "prefix": r.Prefix, "grants": grants, "expires_at": r.ExpiresAt},
		})
		return err
	})
	if err != nil {
		return Token{}, "", err
	}
	return v.token(r), secret, nil
}

// RevokeToken ends a token for good. One that was revoked stays so.
func (v *View) RevokeToken(ctx context.Context, id string) (revoked Token, err error) {
	defer v.s.tokens.clear()
	err = v.s.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := v.readToken(tx, id)
		if err != nil {
			return err
		}
		if err := mayChange(v.p, r.Grants); err != nil {
			return err
		}
		if r.RevokedAt == nil {
			now := controldb.Stored(v.s.now())
			r.RevokedAt = &now
			if _, err := tx.Exec(`UPDATE tokens SET revoked_at = ? WHERE id = ?`, now, id); err != nil {
				return err
			}
			if _, err := v.s.audit(tx, v.p, change{action: "token.revoke", kind: "token", key: id, at: placeOf(r.Grants)}); err != nil {
				return err
			}
		}
		revoked = v.token(r)
		return nil
	})
	return revoked, err
}
