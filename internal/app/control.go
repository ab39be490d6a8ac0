package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/clickhouse"
	"steward/internal/controldb"
	"steward/internal/identity"
	"steward/internal/registry"
)

// Control is what people keep: the registry, and who they are. The caller calls
// Close at the end.
type Control struct {
	Registry *registry.Store
	Identity *identity.Service

	db *controldb.DB
}

// OpenControl opens the control data that cfg names, which several processes may
// do at the same time.
func OpenControl(ctx context.Context, cfg Config, logger *slog.Logger, reg prometheus.Registerer) (*Control, error) {
	if cfg.Registry.DSN == "" {
		if err := makeDataDir(cfg.DataDir); err != nil {
			return nil, err
		}
	}
	db, err := controldb.Open(ctx, controldb.Options{DSN: cfg.registryDSN(), Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("registry: %w", withDiskRemedy(err))
	}
	opts, err := cfg.identityOptions(db, logger, reg)
	if err != nil {
		return nil, err
	}
	people, err := identity.New(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	places := registry.New(db, registry.Options{Logger: logger, Registerer: reg, MaxPending: cfg.Registry.MaxPending, CheckRule: checkAlertRule(cfg)})
	return &Control{Registry: places, Identity: people, db: db}, nil
}

// Close lets the database go.
func (c *Control) Close() error { return c.db.Close() }

// AuditHead is an end of the audit log.
type AuditHead = controldb.Head

// VerifyAudit proves the audit log, also against ends that were noted before.
func (c *Control) VerifyAudit(ctx context.Context, noted ...AuditHead) (AuditHead, error) {
	return c.db.VerifyAudit(ctx, noted...)
}

// Anchors are the ends of the audit log that were noted in ClickHouse.
func Anchors(ctx context.Context, db *clickhouse.Store) ([]AuditHead, error) {
	anchors, err := db.Anchors(ctx)
	if err != nil {
		return nil, err
	}
	heads := make([]AuditHead, len(anchors))
	for i, a := range anchors {
		heads[i] = AuditHead{Seq: a.Seq, Hash: a.Hash}
	}
	return heads, nil
}

func (a *App) openControl(ctx context.Context) error {
	c, err := OpenControl(ctx, a.cfg, a.logger, a.registry)
	if err != nil {
		return err
	}
	a.control = c
	a.life.onStop("registry", 5*time.Second, func(context.Context) error { return c.Close() })
	a.health.add("registry", c.db.Ping)
	return nil
}
