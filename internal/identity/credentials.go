package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// CredentialFilter narrows a list of credentials; a zero field does not.
type CredentialFilter struct {
	Search  string      // a part of the name
	At      authz.Place // of a region or project
	Kind    CredentialKind
	Revoked bool // also those that were revoked
}

// Credentials lists those of the projects that the caller manages, by name.
func (v *View) Credentials(ctx context.Context, f CredentialFilter, page Page) (List[Credential], error) {
	q := newQuery(`SELECT c.* FROM mqtt_credentials c`, page, "c", map[string]string{"name": "c.name"}, "name")
	q.and(within("c", v.scope))
	if f.At.Region != "" {
		q.and(`c.region = ?`, []any{f.At.Region})
	}
	if f.At.Project != "" {
		q.and(`c.project = ?`, []any{f.At.Project})
	}
	if f.Kind != "" {
		q.and(`c.kind = ?`, []any{string(f.Kind)})
	}
	if f.Search != "" {
		q.and(`c.name LIKE ? ESCAPE '!'`, []any{contains(f.Search)})
	}
	if !f.Revoked {
		q.and(`c.revoked_at IS NULL`, nil)
	}
	out := List[Credential]{Items: []Credential{}}
	err := v.s.db.Read(ctx, func(tx *controldb.Tx) (err error) {
		var rows []credentialRow
		out.Next, err = runQuery(tx, q, &rows, func(r credentialRow) (string, string) { return r.Name, r.ID })
		for _, r := range rows {
			out.Items = append(out.Items, r.credential())
		}
		return err
	})
	return out, err
}

// Credential is one of Credentials.
func (v *View) Credential(ctx context.Context, id string) (c Credential, err error) {
	err = v.s.db.Read(ctx, func(tx *controldb.Tx) error {
		r, err := v.credential(tx, id)
		c = r.credential()
		return err
	})
	return c, err
}

func (v *View) credential(tx *controldb.Tx, id string) (credentialRow, error) {
	var r credentialRow
	if err := tx.Get(&r, `SELECT * FROM mqtt_credentials WHERE id = ?`, id); err != nil {
		return r, err
	}
	if !v.scope.Covers(authz.Place{Region: r.Region, Project: r.Project}) {
		return credentialRow{}, ErrNotFound
	}
	return r, nil
}

// CreateCredential makes a credential and returns its password, this once.
func (v *View) CreateCredential(ctx context.Context, c Credential) (made Credential, password string, err error) {
	if err := c.check(); err != nil {
		return Credential{}, "", err
	}
	switch {
	case !v.p.Scope(authz.Read).Covers(c.Place()):
		return Credential{}, "", ErrNotFound
	case !v.scope.Covers(c.Place()):
		return Credential{}, "", ErrForbidden
	}
	now := controldb.Stored(v.s.now())
	c.ID, c.Version, c.CreatedBy, c.CreatedAt, c.UpdatedAt = newID("c_"), 1, v.p.Name, now, now
	password = mqttPassword()
	r := rowOf(c)
	if r.Hash, err = mqttHash(password); err != nil {
		return Credential{}, "", err
	}
	err = v.s.db.Write(ctx, func(tx *controldb.Tx) (err error) {
		r.Changed, err = v.s.audit(tx, v.p, change{
			action: "credential.create", kind: "credential", key: c.ID, at: c.Place(), after: described(c),
		})
		if err != nil {
			return err
		}
		_, err = tx.NamedExec(`INSERT INTO mqtt_credentials (id, name, kind, region, project, class, device, children, hash, note, version,
				created_by, created_at, updated_at, last_used_at, revoked_at, changed)
			VALUES (:id, :name, :kind, :region, :project, :class, :device, :children, :hash, :note, :version,
				:created_by, :created_at, :updated_at, :last_used_at, :revoked_at, :changed)`, r)
		return err
	})
	if err != nil {
		return Credential{}, "", err
	}
	return r.credential(), password, nil
}

// described is what the audit log keeps of a credential.
func described(c Credential) map[string]any {
	return map[string]any{"name": c.Name, "kind": c.Kind, "class": c.Class, "device": c.Device, "children": c.Children, "note": c.Note}
}

// UpdateCredential changes the children of a gateway and the note; Version is
// the one that was read, or it fails with ErrConflict.
func (v *View) UpdateCredential(ctx context.Context, c Credential) (Credential, error) {
	return v.changeCredential(ctx, c.ID, "credential.update", func(r *credentialRow) error {
		was := r.credential()
		now := was
		now.Children, now.Note = c.Children, c.Note
		if err := together(now.checkChildren(), checkText("note", c.Note, maxNote)); err != nil {
			return err
		}
		if c.Version != was.Version {
			return ErrConflict
		}
		if slices.Equal(was.Children, now.Children) && was.Note == now.Note {
			return errUnchanged
		}
		to := rowOf(now)
		r.Children, r.Note = to.Children, to.Note
		return nil
	})
}

// RotateCredential gives a credential another password, returned this once.
// Connections with the old one end.
func (v *View) RotateCredential(ctx context.Context, id string) (c Credential, password string, err error) {
	password = mqttPassword()
	hash, err := mqttHash(password)
	if err != nil {
		return Credential{}, "", err
	}
	c, err = v.changeCredential(ctx, id, "credential.rotate", func(r *credentialRow) error {
		r.Hash = hash
		return nil
	})
	if err != nil {
		return Credential{}, "", err
	}
	return c, password, nil
}

// RevokeCredential ends a credential for good, and its connections. Its name is
// free again.
func (v *View) RevokeCredential(ctx context.Context, id string) (Credential, error) {
	return v.changeCredential(ctx, id, "credential.revoke", func(r *credentialRow) error {
		now := controldb.Stored(v.s.now())
		r.RevokedAt = &now
		return nil
	})
}

var (
	errUnchanged = errors.New("nothing changed")
	errRevoked   = fmt.Errorf("%w: revoked: create another", ErrForbidden)
)

// changeCredential writes what do changes. One that was revoked never changes
// again: ErrForbidden.
func (v *View) changeCredential(ctx context.Context, id, action string, do func(*credentialRow) error) (changed Credential, err error) {
	err = v.s.db.Write(ctx, func(tx *controldb.Tx) error {
		r, err := v.credential(tx, id)
		if err != nil {
			return err
		}
		if r.RevokedAt != nil {
			return errRevoked
		}
		was := r.credential()
		if err := do(&r); err != nil {
			changed = was
			return err
		}
		r.Version++
		r.UpdatedAt = controldb.Stored(v.s.now())
		c := change{action: action, kind: "credential", key: id, at: was.Place()}
		if action == "credential.update" {
			c.before, c.after = described(was), described(r.credential())
		}
		if r.Changed, err = v.s.audit(tx, v.p, c); err != nil {
			return err
		}
		changed = r.credential()
		_, err = tx.NamedExec(`UPDATE mqtt_credentials SET children = :children, hash = :hash, note = :note, version = :version,
			updated_at = :updated_at, revoked_at = :revoked_at, changed = :changed WHERE id = :id`, r)
		return err
	})
	if errors.Is(err, errUnchanged) {
		return changed, nil
	}
	if err != nil {
		return Credential{}, err
	}
	return changed, nil
}

// EachCredential hands over every credential that is good, with its hash in
// Mosquitto's form, by name. It is for the files of a broker, and for the
// operator alone: it asks nobody's permission.
func (s *Service) EachCredential(ctx context.Context, each func(c Credential, hash string) error) error {
	return s.db.Read(ctx, func(tx *controldb.Tx) error {
		return tx.Each(func(rows *sqlx.Rows) error {
			var r credentialRow
			if err := rows.StructScan(&r); err != nil {
				return err
			}
			return each(r.credential(), r.Hash)
		}, `SELECT * FROM mqtt_credentials WHERE revoked_at IS NULL ORDER BY name`)
	})
}
