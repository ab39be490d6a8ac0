package app

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/simulate"
)

// demoOperationsAtOnce is how many records are written at once.
const demoOperationsAtOnce = 20_000

// fillOperations writes what the simulated estates did beside their devices:
// inspections, complaints, fees and repair orders. Written again it is the same.
func (a *App) fillOperations(ctx context.Context, state demoState) error {
	fleet, err := state.fleet()
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(a.cfg.Analytics.TimeZone)
	if err != nil {
		return err
	}
	var projects []authz.Place
	for _, d := range fleet.Devices() { // by project
		at := authz.Place{Region: d.Device.Region, Project: d.Device.Project}
		if n := len(projects); n == 0 || projects[n-1] != at {
			projects = append(projects, at)
		}
	}
	records, _ := simulate.Operations(simulate.OperationsConfig{Seed: state.Seed, Projects: projects, From: state.Start, To: state.Live, Zone: zone})
	for len(records) > 0 {
		n := min(len(records), demoOperationsAtOnce)
		if err := a.db.PutOperations(ctx, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}
