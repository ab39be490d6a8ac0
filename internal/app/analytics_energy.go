package app

import (
	"time"

	"steward/analytics/energy"
	"steward/analytics/job"
	"steward/analytics/tariff"
	"steward/internal/authz"
	"steward/internal/calendar"
)

// energyJob looks for waste by the clocks, the calendar and the prices of each project.
func energyJob(p AnalyticsParts, company *time.Location, weather string) job.Job {
	o := energy.Options{
		Store: p.Store, Weather: weather,
		Zone: func(at authz.Place) *time.Location {
			if at.Project == "" {
				return company
			}
			return p.Estate.Project(at).Zone
		},
		Calendar: func(at authz.Place) *calendar.Calendar { return p.Files.Calendars.Named(p.Estate.Project(at).Calendar) },
		Tariff: func(at authz.Place, medium string) *tariff.Tariff {
			t, err := p.Analyses.Tariffs.For(p.Estate.Project(at).Tariff, medium)
			if err != nil {
				return nil // it has no prices: findings say so
			}
			return t
		},
		Area:     func(at authz.Place) float64 { return p.Estate.Project(at).AreaM2 },
		Capacity: func(at authz.Place) float64 { return p.Estate.Project(at).KVA },
	}
	if p.Findings != nil {
		o.Sink = p.Findings
	}
	return energy.New(o)
}
