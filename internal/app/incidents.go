package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"steward/internal/clickhouse"
	"steward/internal/controldb"
	"steward/internal/incident"
)

// OpenIncidents opens the incidents that cfg names, which several processes may do
// at the same time. The caller calls release at the end.
func OpenIncidents(ctx context.Context, cfg Config, logger *slog.Logger) (store *incident.Store, release func() error, err error) {
	if cfg.Registry.DSN == "" {
		if err := makeDataDir(cfg.DataDir); err != nil {
			return nil, nil, err
		}
	}
	db, err := incidentDB(ctx, cfg, logger)
	if err != nil {
		return nil, nil, err
	}
	return incident.NewStore(db, incident.Options{}), db.Close, nil
}

func incidentDB(ctx context.Context, cfg Config, logger *slog.Logger) (*controldb.DB, error) {
	db, err := controldb.Open(ctx, controldb.Options{DSN: cfg.incidentsDSN(), Set: controldb.Incidents, Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("incidents: %w", withDiskRemedy(err))
	}
	return db, nil
}

// IncidentProof is what was proved of the timelines of incidents.
type IncidentProof struct {
	incident.Proof
	Noted int64 `json:"noted"` // entries in ClickHouse with which they were compared
}

// VerifyIncidents proves the timelines of all incidents and, unless db is nil, that
// they are those that were noted in ClickHouse, entry by entry. That they were
// tampered with is an error that names the incident and the entry.
func VerifyIncidents(ctx context.Context, store *incident.Store, db *clickhouse.Store) (p IncidentProof, err error) {
	if p.Proof, err = store.Verify(ctx); err != nil || db == nil {
		return p, err
	}
	const at = 1000 // entries that are compared at a time
	var part []incident.Anchor
	compare := func() error {
		p.Noted += int64(len(part))
		err := store.Compare(ctx, part)
		part = part[:0]
		return err
	}
	err = db.IncidentAnchors(ctx, func(n clickhouse.IncidentAnchor) error {
		part = append(part, incident.Anchor{Incident: n.Incident, N: int(n.N), Hash: n.Hash})
		if len(part) < at {
			return nil
		}
		return compare()
	})
	return p, errors.Join(err, compare())
}
