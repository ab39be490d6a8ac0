package app

import (
	"context"
	"errors"
	"log/slog"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
)

// Reach connects a command to the store: the configured ClickHouse, or the
// embedded engine of a steward that runs on the same data folder, or, when none
// runs, an engine started for as long as the command takes. The caller calls
// release at the end.
func Reach(ctx context.Context, cfg Config, logger *slog.Logger) (db *clickhouse.Store, release func() error, err error) {
	opts, err := cfg.clickHouseOptions()
	if err != nil {
		return nil, nil, err
	}
	stop := func() error { return nil }
	if cfg.embeddedEngine() {
		opts, err = embedded.Running(cfg.EngineDir())
		if errors.Is(err, embedded.ErrNotRunning) {
			engine, startErr := embedded.Start(ctx, cfg.engineOptions(logger, prometheus.NewRegistry()))
			if startErr != nil {
				return nil, nil, startErr
			}
			stop = func() error { return engine.Stop(context.WithoutCancel(ctx)) }
			opts, err = engine.Options(), nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
	db, err = clickhouse.Open(opts)
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	release = func() error { return errors.Join(db.Close(), stop()) }
	if err := firstPing(ctx, db); err != nil {
		return nil, nil, errors.Join(clickHouseRemedy(cfg, err), release())
	}
	return db, release, nil
}

// firstPing asks again when the server breaks the connection off: one that refuses a
// password closes so fast that its reason may be lost on the way.
func firstPing(ctx context.Context, db *clickhouse.Store) (err error) {
	for range 4 {
		if err = db.Ping(ctx); !errors.Is(err, syscall.ECONNRESET) {
			break
		}
	}
	return err
}

// EngineRuns reports whether a steward with an embedded engine runs on the data
// folder.
func EngineRuns(cfg Config) bool {
	_, err := embedded.Running(cfg.EngineDir())
	return cfg.embeddedEngine() && err == nil
}

// Migrate brings the tables of a reached store up to date.
func Migrate(ctx context.Context, cfg Config, db *clickhouse.Store) error {
	return db.Migrate(ctx, cfg.retention())
}
