package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/alerting/estate"
	"steward/analytics"
	"steward/analytics/consumption"
	"steward/analytics/coverage"
	"steward/analytics/forecast"
	"steward/analytics/job"
	"steward/analytics/reliability"
	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/controldb"
	"steward/internal/findings"
	"steward/internal/incident"
	"steward/internal/notices"
	"steward/internal/registry"
	"steward/internal/runs"
	"steward/internal/telemetry"
)

// What commands ask of analytics, in its own words.
type (
	AnalyticsService = analytics.Service
	AnalyticsRequest = analytics.Request
)

// openRuns opens the database of runs, and of what they found.
func (a *App) openRuns(ctx context.Context) error {
	db, err := runsDB(ctx, a.cfg, a.logger)
	if err != nil {
		return err
	}
	a.life.onStop("analytics runs", 5*time.Second, func(context.Context) error { return db.Close() })
	a.health.add("analytics runs", db.Ping)
	a.runs, a.findings = runs.NewStore(db, runs.Options{}), findings.NewStore(db, findings.Options{})
	a.notices = newNotices(db, a.analyticsFiles, a.projectZone)
	return nil
}

func runsDB(ctx context.Context, cfg Config, logger *slog.Logger) (*controldb.DB, error) {
	db, err := controldb.Open(ctx, controldb.Options{DSN: cfg.runsDSN(), Set: controldb.Analytics, Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("analytics runs: %w", withDiskRemedy(err))
	}
	return db, nil
}

// openRunsDB opens the database of runs that cfg names for a command, which several
// processes may do at the same time.
func openRunsDB(ctx context.Context, cfg Config, logger *slog.Logger) (*controldb.DB, error) {
	if cfg.Registry.DSN == "" {
		if err := makeDataDir(cfg.DataDir); err != nil {
			return nil, err
		}
	}
	return runsDB(ctx, cfg, logger)
}

// startAnalytics runs the analyses, unless this process is not to: what people queue
// here then waits for another one.
func (a *App) startAnalytics(_ context.Context, version string) error {
	service, err := NewAnalytics(a.cfg, AnalyticsParts{
		Runs: a.runs, Findings: a.findings, Notices: a.notices, Store: a.db, Registry: a.control.Registry, Incidents: a.incidents, Estate: a.estate, Files: a.alertingFiles,
		Analyses: a.analyticsFiles, Version: version, Logger: a.logger, Registerer: a.registry, alarm: analyticsAlarm{deskDoor{a}},
	})
	if err != nil {
		return err
	}
	a.analytics = service
	a.life.run("overdue rectification notices", 10*time.Second, a.escalateNotices)
	if a.cfg.Analytics.Enabled {
		a.life.run("analytics", 30*time.Second, service.Run)
	}
	return nil
}

// AnalyticsParts are what analyses stand on.
type AnalyticsParts struct {
	Runs       *runs.Store
	Findings   *findings.Store
	Notices    *notices.Store
	Store      *clickhouse.Store // nil to look at the jobs alone
	Registry   *registry.Store   // nil likewise, and so those that follow
	Incidents  *incident.Store
	Estate     *estate.Estate
	Files      *AlertingFiles
	Analyses   *AnalyticsFiles
	Version    string
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil for no metrics

	alarm analytics.Alarm // nil tells nobody
}

// NewAnalytics is the analyses as cfg wants them.
func NewAnalytics(cfg Config, p AnalyticsParts) (*analytics.Service, error) {
	zone, err := time.LoadLocation(cfg.Analytics.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("analytics.time_zone: %w", err) // it was checked
	}
	if p.Analyses == nil { // to look at the jobs alone
		p.Analyses = &AnalyticsFiles{}
	}
	jobs, err := analyticsJobs(cfg, p, zone)
	if err != nil {
		return nil, err
	}
	c := cfg.Analytics
	return analytics.New(analytics.Options{
		Jobs: jobs, Off: c.Off, Runs: p.Runs, Results: p.Store, Alarm: p.alarm,
		Zone: zone, Concurrency: c.Concurrency, TimeLimit: c.TimeLimit.Std(), Keep: c.Keep.Std(), Owner: processName(), Version: p.Version,
		Logger: p.Logger, Registerer: p.Registerer,
	})
}

// analyticsJobs are all analyses.
func analyticsJobs(cfg Config, p AnalyticsParts, zone *time.Location) ([]job.Job, error) {
	reports, err := reportsJob(cfg, p, p.Analyses.Reports, zone)
	if err != nil {
		return nil, err
	}
	return []job.Job{
		consumption.New(p.Store, consumption.History{Registry: p.Registry}, zone),
		coverage.New(p.Store, zone),
		reliability.New(p.Store, zone),
		standardsJob(p, zone),
		forecast.New(p.Store, zone),
		replacementJob(p, p.Analyses.Replacement, zone),
		energyJob(p, zone, cfg.Analytics.Weather),
		scorecardJob(p, zone),
		reports,
	}, nil
}

// processName names this process among those that share the database of runs, and
// is not that of one that had its number before.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	var b [4]byte
	_, _ = rand.Read(b[:]) // does not fail
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), hex.EncodeToString(b[:]))
}

// analyticsAlarm makes a job that fails an incident of headquarters, and ends it
// when the job succeeds.
type analyticsAlarm struct{ desk deskDoor }

var analyticsPrincipal = authz.SystemPrincipal("analytics")

func (al analyticsAlarm) Failed(ctx context.Context, j job.Job, r runs.Run) error {
	e := alertOfJob(j)
	e.Summary, e.StartedAt = r.Error, *r.FinishedAt
	e.Labels = map[string]string{"job": j.Name, "run": r.ID}
	return al.tell(ctx, e)
}

func (al analyticsAlarm) Recovered(ctx context.Context, j job.Job, r runs.Run) error {
	e := alertOfJob(j)
	e.StartedAt, e.EndedAt = *r.StartedAt, *r.FinishedAt
	return al.tell(ctx, e)
}

func alertOfJob(j job.Job) api.External {
	return api.External{
		Fingerprint: "analytics/" + j.Name, Name: "分析失败 Analysis failed: " + j.Name, Severity: telemetry.Warning,
	}
}

func (al analyticsAlarm) tell(ctx context.Context, e api.External) error {
	_, err := al.desk.External(ctx, analyticsPrincipal, []api.External{e})
	return err
}

// analyses are what the API asks of analytics.
type analyses struct{ service *analytics.Service }

func (s analyses) Jobs() []api.AnalyticsJob {
	all := []api.AnalyticsJob{}
	for _, p := range s.service.Plans() {
		j := api.AnalyticsJob{Name: p.Name, Title: p.Title, About: p.About, Every: string(p.Every), Needs: append([]string{}, p.Needs...), Params: []api.AnalyticsParam{}, Off: p.Off}
		switch p.Every {
		case job.Hourly:
			j.At = fmt.Sprintf(":%02d", int(p.At.Minutes()))
		case job.Daily, job.Monthly:
			j.At = fmt.Sprintf("%02d:%02d", int(p.At.Hours()), int(p.At.Minutes())%60)
		}
		if !p.Next.IsZero() {
			next := p.Next.UTC()
			j.Next = &next
		}
		for _, q := range p.Params {
			j.Params = append(j.Params, api.AnalyticsParam{Name: q.Name, About: q.About, Default: q.Default})
		}
		all = append(all, j)
	}
	return all
}

func (s analyses) Start(ctx context.Context, who authz.Principal, r api.AnalyticsRequest) (runs.Run, bool, error) {
	return s.service.Start(ctx, who, analytics.Request{Job: r.Job, From: r.From, To: r.To, Params: r.Params})
}

// AnalyticsJobs are the analyses for lists, by name.
func AnalyticsJobs(s *analytics.Service) []api.AnalyticsJob { return analyses{s}.Jobs() }
