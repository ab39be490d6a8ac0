package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// oidcPrincipal is who makes people and changes their grants on the provider's
// behalf.
var oidcPrincipal = authz.SystemPrincipal("oidc")

// signInClaims begins a session of the person whom a provider vouches for.
func (s *Service) signInClaims(ctx context.Context, c oidcClaims, remote, userAgent string) (Session, error) {
	var session Session
	var refused error // what was found out about the groups is kept all the same
	defer s.sessions.clear()
	err := s.db.Write(ctx, func(tx *controldb.Tx) error {
		person, err := s.personOf(tx, c)
		if err != nil {
			return err
		}
		if person.Disabled {
			return fmt.Errorf("%w: the person is disabled here", ErrRefused)
		}
		if person.Managed {
			if err := s.followGroups(tx, person, c); err != nil {
				return err
			}
			if !c.known {
				refused = fmt.Errorf("%w: the person is in no group that may sign in", ErrRefused)
				return nil
			}
		}
		session, err = s.begin(tx, person.ID, viaOIDC, remote, userAgent)
		return err
	})
	return session, cmp.Or(err, refused)
}

// personOf finds the person: by the provider's identifier, or the first time by
// the claim, or makes one.
func (s *Service) personOf(tx *controldb.Tx, c oidcClaims) (personRecord, error) {
	var r personRecord
	err := tx.Get(&r, selectPeople+`WHERE p.oidc_subject = ?`, c.subject)
	if !errors.Is(err, ErrNotFound) {
		return r, err
	}
	switch {
	case s.oidc.Claim == ClaimEmail && c.email != "":
		err = tx.Get(&r, selectPeople+`WHERE p.email = ?`, c.email)
	case s.oidc.Claim == ClaimUsername && c.username != "":
		err = tx.Get(&r, selectPeople+`WHERE p.login = ?`, c.username)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return s.makePerson(tx, c)
	case err != nil:
		return r, err
	case r.Subject != "":
		// An address that was given to somebody else does not give him the account.
		return r, fmt.Errorf("%w: the account belongs to another identity at the provider", ErrRefused)
	}
	r.Subject = c.subject
	if err := r.update(tx, controldb.Stored(s.now())); err != nil {
		return r, err
	}
	grants, err := grantsOf(tx, r.ID)
	if err != nil {
		return r, err
	}
	_, err = s.audit(tx, oidcPrincipal, change{action: "person.link", kind: "person", key: r.ID, at: placeOf(grants[r.ID])})
	return r, err
}

func (s *Service) makePerson(tx *controldb.Tx, c oidcClaims) (personRecord, error) {
	login := c.login()
	if !s.oidc.CreatePeople || !c.known || login == "" {
		return personRecord{}, fmt.Errorf("%w: the person is not known here", ErrRefused)
	}
	now := controldb.Stored(s.now())
	r := personRecord{
		ID: newID("p_"), Login: login, Name: c.name, Subject: c.subject, Managed: true,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if r.Name == "" {
		r.Name = login
	}
	if r.Email, _ = checkEmail(c.email); r.Email != "" {
		var taken int
		if err := tx.Get(&taken, `SELECT COUNT(*) FROM people WHERE email = ?`, r.Email); err != nil {
			return r, err
		}
		if taken > 0 {
			r.Email = ""
		}
	}
	var taken int
	if err := tx.Get(&taken, `SELECT COUNT(*) FROM people WHERE login = ?`, login); err != nil {
		return r, err
	}
	if taken > 0 {
		return r, fmt.Errorf("%w: somebody else here has the login name", ErrRefused)
	}
	return r, s.addPerson(tx, oidcPrincipal, r, c.grants)
}

// followGroups gives a person whom the provider manages the grants of his groups
// of now. The last administrator stays one all the same.
func (s *Service) followGroups(tx *controldb.Tx, r personRecord, c oidcClaims) error {
	stored, err := grantsOf(tx, r.ID)
	if err != nil {
		return err
	}
	was, now := stored[r.ID], c.grants
	given, taken := without(now, was), without(was, now)
	if slices.Contains(taken, administrator) {
		if err := keepAdministrator(tx, r.ID); errors.Is(err, ErrLastAdministrator) {
			s.log.Warn("the provider no longer makes the last administrator of the headquarters one; the grant stays until there is another")
			return nil
		} else if err != nil {
			return err
		}
	}
	if len(given)+len(taken) > 0 {
		if err := setGrants(tx, r.ID, now); err != nil {
			return err
		}
		if err := r.update(tx, controldb.Stored(s.now())); err != nil {
			return err
		}
		_, err := s.audit(tx, oidcPrincipal, change{
			action: "person.update", kind: "person", key: r.ID, at: placeOf(was, now),
			before: map[string]any{"grants": was}, after: map[string]any{"grants": now},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
