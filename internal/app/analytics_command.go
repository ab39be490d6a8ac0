package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"steward/analytics/report/compose"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/findings"
	"steward/internal/runs"
)

// AnalyticsDoor is analytics for a command, whether steward serve runs or not: both
// may be at the same databases, and each run is carried out once.
type AnalyticsDoor struct {
	*AnalyticsService
	Runs     *runs.Store
	Findings *findings.Store
	Store    *clickhouse.Store // nil when it was not asked for, and so what follows

	Reports *compose.Composer
}

// OpenAnalytics opens what analyses stand on. Without results only the jobs and the
// runs can be looked at, and no engine is started for it. The caller calls release
// at the end.
func OpenAnalytics(ctx context.Context, cfg Config, results bool, version string, logger *slog.Logger) (door *AnalyticsDoor, release func() error, err error) {
	var closers []func() error
	closeAll := func() error {
		var errs []error
		for i := len(closers) - 1; i >= 0; i-- {
			errs = append(errs, closers[i]())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	parts := AnalyticsParts{Version: version, Logger: logger}
	door = &AnalyticsDoor{}
	if results {
		db, letGo, err := Reach(ctx, cfg, logger)
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, letGo)
		if err := Migrate(ctx, cfg, db); err != nil {
			return nil, nil, err
		}
		control, err := OpenControl(ctx, cfg, logger, nil)
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, control.Close)
		door.Store, parts.Store, parts.Registry = db, db, control.Registry
		incidents, closeIncidents, err := OpenIncidents(ctx, cfg, logger)
		if err != nil {
			return nil, nil, err
		}
		closers = append(closers, closeIncidents)
		parts.Incidents = incidents
		if parts.Files, err = LoadAlerting(cfg); err != nil {
			return nil, nil, err
		}
		if parts.Analyses, err = LoadAnalytics(cfg); err != nil {
			return nil, nil, err
		}
		a := &App{cfg: cfg, control: control}
		if _, err := a.fillEstate(ctx); err != nil {
			return nil, nil, err
		}
		parts.Estate = a.estate
	}
	runsDB, err := openRunsDB(ctx, cfg, logger)
	if err != nil {
		return nil, nil, err
	}
	closers = append(closers, runsDB.Close)
	store := runs.NewStore(runsDB, runs.Options{})
	door.Runs, parts.Runs = store, store
	door.Findings = findings.NewStore(runsDB, findings.Options{})
	parts.Findings = door.Findings
	parts.Notices = newNotices(runsDB, parts.Analyses, func(at authz.Place) *time.Location {
		if parts.Estate == nil {
			return time.UTC
		}
		return parts.Estate.Project(at).Zone
	})
	if results {
		if door.Reports, err = newReports(cfg, store, door.Store, parts.Registry); err != nil {
			return nil, nil, err
		}
	}
	if door.AnalyticsService, err = NewAnalytics(cfg, parts); err != nil {
		return nil, nil, err
	}
	return door, closeAll, nil
}

// checkAnalytics opens the runs, which migrates them, and says of which jobs the
// last run over their own period failed.
func checkAnalytics(ctx context.Context, cfg Config, logger *slog.Logger) (detail string, err error) {
	d, release, err := OpenAnalytics(ctx, cfg, false, "", logger)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release()) }()
	var failed []string
	for _, p := range d.Plans() {
		r, err := d.Runs.Standing(ctx, p.Name)
		switch {
		case errors.Is(err, runs.ErrNotFound):
		case err != nil:
			return "", err
		case r.State == runs.Failed:
			failed = append(failed, fmt.Sprintf("%s (run %s: %.200s)", p.Name, r.ID, r.Error))
		}
	}
	if len(failed) > 0 {
		return "", fmt.Errorf("failed, and not succeeded since: %s", strings.Join(failed, ", "))
	}
	return fmt.Sprintf("%d jobs, none of them failed last; clocks of %s", len(d.Plans()), cfg.Analytics.TimeZone), nil
}
