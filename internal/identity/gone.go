package identity

import (
	"context"
	"sync"
	"time"

	"steward/internal/controldb"
)

// goneCredentials knows which credentials were changed since the process
// started. Every change carries the number of its audit entry, which only grows,
// so that one small query finds out what happened since the last.
type goneCredentials struct {
	mu       sync.Mutex // guards all below
	seq      int64      // of the last change that is known
	versions map[string]int64
	asked    time.Time
}

// askGone is how often the database is asked at most.
const askGone = 2 * time.Second

func (g *goneCredentials) start(ctx context.Context, db *controldb.DB) error {
	head, err := db.AuditHead(ctx)
	g.seq, g.versions = head.Seq, map[string]int64{}
	return err
}

// since reports whether a credential has changed since it had a version. While
// the database does not answer, what is known holds: nothing can be revoked
// meanwhile either.
func (g *goneCredentials) since(ctx context.Context, s *Service, id string, version int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := s.now(); now.Sub(g.asked) >= askGone {
		g.asked = now
		if err := g.ask(ctx, s.db); err != nil {
			s.log.Warn("cannot ask which MQTT credentials were changed", "error", err)
		}
	}
	return g.versions[id] > version
}

func (g *goneCredentials) ask(ctx context.Context, db *controldb.DB) error {
	ctx, cancel := context.WithTimeout(ctx, askGone) // others wait for the answer
	defer cancel()
	var changes []struct {
		ID      string `db:"id"`
		Version int64  `db:"version"`
		Changed int64  `db:"changed"`
	}
	err := db.Read(ctx, func(tx *controldb.Tx) error {
		return tx.Select(&changes, `SELECT id, version, changed FROM mqtt_credentials WHERE changed > ? ORDER BY changed`, g.seq)
	})
	for _, c := range changes {
		g.seq = c.Changed
		if c.Version > 1 {
			g.versions[c.ID] = c.Version
		}
	}
	return err
}
