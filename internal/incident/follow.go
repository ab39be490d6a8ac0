package incident

import (
	"context"
	"strings"

	"steward/internal/controldb"
)

// FollowerSeq is how far a follower has read the timelines: 0 for a new one.
func (s *Store) FollowerSeq(ctx context.Context, name string) (seq int64, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		return optional(tx.Get(&seq, `SELECT seq FROM incident_followers WHERE name = ?`, name))
	})
	return seq, err
}

// KeepFollowers forgets all followers but these: what nobody reads any more need not
// be kept for him.
func (s *Store) KeepFollowers(ctx context.Context, names ...string) error {
	return s.db.Write(ctx, func(tx *controldb.Tx) error {
		args := make([]any, len(names))
		for i, name := range names {
			args[i] = name
		}
		_, err := tx.Exec(`DELETE FROM incident_followers WHERE name NOT IN (''`+strings.Repeat(", ?", len(names))+`)`, args...)
		return err
	})
}

// SetFollowerSeq notes how far a follower has read. What it has not read is not
// pruned.
func (s *Store) SetFollowerSeq(ctx context.Context, name string, seq int64) error {
	return s.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Exec(`INSERT INTO incident_followers (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`, name, seq)
		return err
	})
}
