package runs

import (
	"context"

	"steward/internal/controldb"
)

// Pinned lists the runs that something of a name keeps, for Steward's own work.
func (s *Store) Pinned(ctx context.Context, name string) (ids []string, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		ids = nil
		return tx.Select(&ids, `SELECT run FROM analytics_pins WHERE name = ? ORDER BY run`, name)
	})
	return ids, err
}
