package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
	"steward/internal/simulate"
)

// demoOperationsAtOnce is how many records are written at once.
const demoOperationsAtOnce = 20_000

// fillOperations writes what the simulated estates did beside their devices:
// inspections, complaints, fees and repair orders, which it returns. Written again it
// is the same.
func (a *App) fillOperations(ctx context.Context, state demoState) ([]operations.Record, error) {
	fleet, err := state.fleet()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(a.cfg.Analytics.TimeZone)
	if err != nil {
		return nil, err
	}
	lifts := map[authz.Place][]string{}
	for _, d := range fleet.Devices() {
		if d.Kind == simulate.Lift {
			at := authz.Place{Region: d.Device.Region, Project: d.Device.Project}
			lifts[at] = append(lifts[at], d.Device.ID)
		}
	}
	records, _ := simulate.Operations(simulate.OperationsConfig{Seed: state.Seed, Projects: projectsOf(fleet), Lifts: lifts, From: state.Start, To: state.Live, Zone: zone})
	for part := range slices.Chunk(records, demoOperationsAtOnce) {
		if err := a.db.PutOperations(ctx, part); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// demoContracts is what the contractors of a demonstration pay: with it the cards of
// contractors have something to say of money.
const demoContracts = `penalties:
  - contractor: default
    urgent_within: 4h
    normal_within: 24h
    per_breach: 200
    per_period: 50
    period: 4h
    cap_per_month: 5000
`

func writeDemoContracts(dir string) (path string, err error) {
	path = filepath.Join(dir, "contracts.yaml")
	if err := os.WriteFile(path, []byte(demoContracts), 0o600); err != nil {
		return "", withDiskRemedy(err)
	}
	return path, nil
}

// demoMonths is how many months before the last one are looked back at.
const demoMonths = 12

// lookBack has the standards judged for the months of the history too, and the energy of
// the last ones: trends and reports begin with the first of them, as they would had
// Steward run all the time. It does not wait.
func (a *App) lookBack(ctx context.Context, state demoState) error {
	zone, err := time.LoadLocation(a.cfg.Analytics.TimeZone)
	if err != nil {
		return err
	}
	year, month, _ := state.Live.In(zone).Date()
	for back := 1; back <= demoMonths+1; back++ {
		from := time.Date(year, month-time.Month(back), 1, 0, 0, 0, 0, zone)
		if from.Before(state.Start) {
			return nil // of a part of a month nothing could be compared
		}
		var jobs []string
		if back > 1 { // the last month's is the regular run
			jobs = append(jobs, "response")
		}
		if back <= 2 { // what the first of the month would have counted, and what that is compared with
			jobs = append(jobs, "energy")
		}
		for _, job := range jobs {
			_, _, err := a.analytics.Start(ctx, demoPrincipal, AnalyticsRequest{Job: job, From: from.UTC(), To: from.AddDate(0, 1, 0).UTC()})
			if err != nil {
				return fmt.Errorf("look back at %s of %s: %w", job, from.Format("2006-01"), err)
			}
		}
	}
	return nil
}
