package identity

import (
	"context"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Bootstrap makes the first administrator of the headquarters, with a password
// that is returned this once. When there are people already it does nothing.
// The password need not be changed: nobody else has seen it.
func (s *Service) Bootstrap(ctx context.Context, login string) (password string, created bool, err error) {
	login = canonicalLogin(login)
	if err := checkLogin(login); err != nil {
		return "", false, err
	}
	var people int
	count := func(tx *controldb.Tx) error { return tx.Get(&people, `SELECT COUNT(*) FROM people`) }
	if err := s.db.Read(ctx, count); err != nil || people > 0 {
		return "", false, err
	}
	password = newPassword()
	hash, err := s.hash(ctx, password)
	if err != nil {
		return "", false, err
	}
	now := controldb.Stored(s.now())
	r := personRecord{ID: newID("p_"), Login: login, Name: login, Password: hash, Version: 1, CreatedAt: now, UpdatedAt: now}
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		if err := count(tx); err != nil || people > 0 {
			return err // another process was first
		}
		created = true
		return s.addPerson(tx, authz.SystemPrincipal("bootstrap"), r, []authz.Grant{administrator})
	})
	if err != nil || !created {
		return "", false, err
	}
	return password, true, nil
}
