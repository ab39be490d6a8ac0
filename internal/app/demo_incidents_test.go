package app

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"steward/alerting/estate"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/simulate"
)

// The incidents of the past are whole: their chains hold, their clocks say what their
// times say, nobody is told of them, and writing them again adds none.
func TestDemoTellsThePast(t *testing.T) {
	cfg := DefaultConfig()
	cfg.DataDir = t.TempDir()
	files, err := LoadAlerting(cfg)
	if err != nil {
		t.Fatal(err)
	}
	store, release, err := OpenIncidents(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	}()
	a := &App{cfg: cfg, alertingFiles: files, incidents: store, estate: estate.New()}
	live := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	state := demoState{Seed: 7, Devices: 200, Days: 120, Start: live.AddDate(0, 0, -120), Live: live}
	fleet, err := state.fleet()
	if err != nil {
		t.Fatal(err)
	}
	fleet.Advance(live)
	truth := fleet.Truth()
	at := authz.Place{Region: truth.Devices[0].Device.Region, Project: truth.Devices[0].Device.Project}
	records, _ := simulate.Operations(simulate.OperationsConfig{Seed: 7, Projects: []authz.Place{at}, From: state.Start, To: live})
	count := func() (n int, all []incident.Incident) {
		view := store.As(authz.SystemPrincipal("test"))
		for p := (incident.Page{Limit: 1000}); ; {
			list, err := view.List(t.Context(), incident.Filter{}, p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, list.Items...)
			if p.Cursor = list.Next; p.Cursor == "" {
				return len(all), all
			}
		}
	}
	if err := a.fillIncidents(t.Context(), state, truth, records); err != nil {
		t.Fatal(err)
	}
	n, all := count()
	kinds, breaches := map[string]int{}, 0
	for _, i := range all {
		kinds[i.Kind]++
		if i.Open() || i.ResolvedAt == nil || !i.ResolvedAt.Before(live) || i.StartedAt.Before(state.Start) {
			t.Errorf("%s %s: from %s to %v, %s", i.Kind, i.ID, i.StartedAt, i.ResolvedAt, i.State)
		}
		for _, c := range i.Clocks {
			late := c.StoppedAt != nil && c.Elapsed != nil && *c.Elapsed > c.Limit
			switch {
			case c.State == incident.Running, c.State == incident.Waiting, c.State == incident.Met && late, c.State == incident.Breached && !late && c.StoppedAt != nil:
				t.Errorf("%s: clock %s is %s, took %v of %v", i.ID, c.Standard, c.State, c.Elapsed, c.Limit)
			case c.State == incident.Breached:
				breaches++
			}
		}
		if !slices.IsSortedFunc(i.Stages, func(a, b incident.Stage) int { return a.At.Compare(b.At) }) {
			t.Errorf("%s: stages are not in order of time: %+v", i.ID, i.Stages)
		}
	}
	for _, kind := range []string{"entrapment", "fire_alarm", "repair", "urgent_repair", "complaint"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s in %d incidents", kind, n)
		}
	}
	if breaches == 0 {
		t.Error("nobody was ever late")
	}
	if _, err := store.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if waiting, err := store.Backlog(t.Context()); err != nil || waiting.Waiting != 0 {
		t.Errorf("notices wait: %+v, %v", waiting, err)
	}
	if err := a.fillIncidents(t.Context(), state, truth, records); err != nil {
		t.Fatal(err)
	}
	if again, _ := count(); again != n {
		t.Errorf("%d incidents, and %d when written again", n, again)
	}
}

// The contracts of a demonstration are ones that an installation could have.
func TestDemoContracts(t *testing.T) {
	cfg := DefaultConfig()
	path, err := writeDemoContracts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Analytics.Contracts = filepath.Clean(path)
	files, err := LoadAnalytics(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if files.Contracts.For("anybody") == nil {
		t.Error("no contract is for all")
	}
}
