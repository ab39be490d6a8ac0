package registry

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/incident"
	"steward/internal/registry/scoped"
)

// What alerting reads of the registry: there is no caller, and nothing is left out.

// Revision changes with every change of the registry, so that who keeps a copy of a
// part of it can ask often. What is read after it is at least as new.
func (s *Store) Revision(ctx context.Context) (last int64, err error) {
	err = s.db.Read(ctx, authz.SystemPrincipal("alerting"), func(tx *scoped.Tx) error {
		last, err = tx.Revision()
		return err
	})
	return last, err
}

// AlertRules are the alerting rules that were made here, by name.
func (s *Store) AlertRules(ctx context.Context) ([]AlertRule, error) {
	return everywhere(ctx, s, alertRules)
}

// ActiveSilences are the silences that are not over, also those that have not begun.
func (s *Store) ActiveSilences(ctx context.Context, now time.Time) ([]incident.Silence, error) {
	rows, err := everywhere(ctx, s, silences, notOver(now))
	list := make([]incident.Silence, len(rows))
	for i := range rows {
		list[i] = rows[i].object().Silence
	}
	return list, err
}

// Overrides are those that are not over, oldest first, also those that have not
// begun.
func (s *Store) Overrides(ctx context.Context, now time.Time) ([]Override, error) {
	return everywhere(ctx, s, overrides, notOver(now))
}

// Responders are those whose card counts.
func (s *Store) Responders(ctx context.Context) ([]Responder, error) {
	return everywhere(ctx, s, responders, scoped.Is("retired", false))
}

func notOver(now time.Time) scoped.Cond { return scoped.Future("until", controldb.Stored(now)) }

func everywhere[T any](ctx context.Context, s *Store, k *kind[T], conds ...scoped.Cond) (all []T, err error) {
	err = s.db.Read(ctx, authz.SystemPrincipal("alerting"), func(tx *scoped.Tx) error {
		all, err = k.Within(tx, authz.Read, authz.HQ, conds...).All()
		return err
	})
	return all, err
}
