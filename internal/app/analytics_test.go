package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/analytics/job"
	"steward/internal/incident"
	"steward/internal/runs"
	"steward/internal/telemetry"
)

// A job that fails is an incident of headquarters, one until it succeeds.
func TestAFailedJobIsAnIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)))
		w := newWorld(t, t.TempDir(), newPeople(t, func(string) []byte { return nil }))
		w.begin()
		defer w.end()
		alarm, ctx := analyticsAlarm{w.life.desk}, context.Background()
		j := job.Job{Name: "consumption"}
		run := func(state runs.State) runs.Run {
			time.Sleep(time.Minute)
			now := time.Now()
			started := now.Add(-time.Second)
			return runs.Run{ID: "r", Job: j.Name, State: state, StartedAt: &started, FinishedAt: &now, Error: "clickhouse is unreachable"}
		}
		open := func(want int) []incident.Incident {
			t.Helper()
			all, _, err := w.life.incidents.Open(ctx)
			if err != nil || len(all) != want {
				t.Fatalf("%d incidents are open, want %d: %v", len(all), want, err)
			}
			return all
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(alarm.Recovered(ctx, j, run(runs.Done))) // nothing was wrong
		open(0)
		failed := run(runs.Failed)
		must(alarm.Failed(ctx, j, failed))
		must(alarm.Failed(ctx, j, failed)) // another process tells the same
		must(alarm.Failed(ctx, j, run(runs.Failed)))
		first := open(1)[0]
		if first.Severity != telemetry.Warning || !strings.Contains(first.Title.EN, "consumption") || first.Summary.EN != "clickhouse is unreachable" ||
			first.Region != "" || first.Labels["run"] != "r" {
			t.Errorf("%+v", first)
		}
		must(alarm.Failed(ctx, job.Job{Name: "coverage"}, run(runs.Failed)))
		open(2)
		must(alarm.Recovered(ctx, j, run(runs.Done)))
		if left := open(1)[0]; left.ID == first.ID {
			t.Errorf("the wrong one ended: %+v", left)
		}
		must(alarm.Failed(ctx, j, run(runs.Failed)))
		open(2)
	})
}

// Every job that is shipped can be planned, and is described.
func TestShippedAnalyses(t *testing.T) {
	cfg := DefaultConfig()
	cfg.DataDir = t.TempDir()
	d, release, err := OpenAnalytics(t.Context(), cfg, false, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	}()
	zone, err := time.LoadLocation(cfg.Analytics.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	plans := d.Plans()
	if len(plans) == 0 || len(AnalyticsJobs(d.AnalyticsService)) != len(plans) {
		t.Fatal("there are none")
	}
	for _, p := range plans {
		if p.Title.ZH == "" || p.Title.EN == "" || p.About == "" {
			t.Errorf("%s is not described", p.Name)
		}
		now := time.Date(2026, 3, 1, 0, 30, 0, 0, zone)
		if from, to := p.Period(now, zone); !from.Before(to) || to.After(now) {
			t.Errorf("%s covers %s to %s", p.Name, from, to)
		}
		for _, q := range p.Params {
			if q.Name == "" || q.About == "" {
				t.Errorf("%s: param %+v is not described", p.Name, q)
			}
		}
	}
	if _, err := d.Runs.Latest(t.Context(), plans[0].Name, runs.Of{}); !errors.Is(err, runs.ErrNotFound) {
		t.Errorf("results before the first run: %v", err)
	}
	if files, err := filepath.Glob(filepath.Join(cfg.DataDir, "*")); err != nil || len(files) == 0 || strings.Contains(strings.Join(files, " "), "clickhouse") {
		t.Errorf("files %v, %v", files, err)
	}
}
