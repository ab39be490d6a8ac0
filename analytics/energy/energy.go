// Package energy says where electricity, water, gas and heat are wasted: the job that
// holds what meters used against what they should have used, and opens findings.
//
// A run looks at each metering point by itself and at each building, which is the sum
// of the meters that nothing of the building is metered before. Baselines compare a
// month with the year before it (excess.go); load curves show what runs at night, out
// of hours and since when (night.go); water meters show leaks (leak.go); whoever pays
// for demand and reactive energy sees what of it can be saved (demand.go); and a meter
// is compared with those behind it (balance.go). What is found counts only when the
// lower end of its interval is above zero and it is worth somebody's time (material.go).
//
// Only measured hours are judged. Interpolated and suspect ones count as used, since a
// gap does not lose what went through, and as nothing else.
package energy

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"steward/analytics/baseline"
	"steward/analytics/job"
	"steward/analytics/tariff"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/clickhouse"
	"steward/internal/findings"
	"steward/internal/incident"
)

// Store is what the job reads; *clickhouse.Store is one.
type Store interface {
	MeasuredPlaces(ctx context.Context, from, to time.Time) ([]clickhouse.MeasuredPlace, error)
	EnergyMeters(ctx context.Context, at authz.Place, from, to time.Time, each func(clickhouse.EnergyMeter) error) error
	EnergyHours(ctx context.Context, at authz.Place, devices []string, from, to time.Time, each func(point, metric string, h clickhouse.EnergyHour) error) error
	EnergyDemands(ctx context.Context, at authz.Place, devices []string, from, to time.Time) ([]clickhouse.EnergyDemand, error)
	EnergyWeather(ctx context.Context, at authz.Place, from, to time.Time, each func(hour int64, celsius float64)) error
}

// Sink keeps findings.
type Sink interface {
	// Sync takes what a run saw at a place. looked are the kinds and subjects, as
	// "kind subject", that had enough data: of these what was not seen is gone, of all
	// others nobody knows.
	Sync(ctx context.Context, run string, at authz.Place, now time.Time, seen []findings.Seen, looked []string) error
	// Fixed are the findings of a place that somebody says are mended.
	Fixed(ctx context.Context, at authz.Place) ([]findings.Finding, error)
	// Known are the findings of a place with their states, but for those that are gone.
	Known(ctx context.Context, at authz.Place) ([]findings.Finding, error)
	// Verify takes whether use fell.
	Verify(ctx context.Context, id string, v findings.Verification) error
}

// Options are what the job is made of.
type Options struct {
	Store Store
	Sink  Sink // nil: findings are in documents only

	// Zone, Calendar, Tariff and Area are of a project. Any of them may be nil, and so
	// may what they return: times are then UTC, nobody knows when people work, there are
	// no prices, and the area is unknown.
	Zone     func(authz.Place) *time.Location
	Calendar func(authz.Place) *calendar.Calendar
	Tariff   func(at authz.Place, medium string) *tariff.Tariff
	Area     func(authz.Place) float64 // m²
	// Capacity is how large a project's transformers are, kVA; nil or 0: unknown. By it
	// goes the basic charge of some tariffs.
	Capacity func(authz.Place) float64

	// Weather is a file of outdoor temperatures (ts, temp_c[, region][, project]) for
	// places of which nobody reads any; "" without one.
	Weather string
}

const (
	modelParam   = "model"
	floorParam   = "min_yuan_a_year"
	mostParam    = "max_findings"
	nightParam   = "night_share"
	floorYuan    = 500.
	mostFindings = 50
	nightShare   = 0.5

	// maxDays bounds the period of a run.
	maxDays = 400
	// current is how far behind a run its period may end for its findings to be opened
	// and cleared: what is computed again for a month long ago says nothing of today.
	current = 3 * 24 * time.Hour
)

// New is the job.
func New(o Options) job.Job {
	return job.Job{
		Name:  "energy",
		Title: incident.Text{ZH: "能耗诊断", EN: "Energy waste"},
		About: "compares use with baselines, finds what runs at night and out of hours, leaks, losses, peaks and poor power factors, and whether fixes helped",
		Every: job.Daily,
		At:    3*time.Hour + 30*time.Minute,
		Needs: []string{"consumption"},
		Period: func(now time.Time, zone *time.Location) (from, to time.Time) {
			y, m, d := now.In(zone).Date()
			return time.Date(y, m-1, 1, 0, 0, 0, 0, zone), time.Date(y, m, d, 0, 0, 0, 0, zone)
		},
		Params: []job.Param{
			{Name: modelParam, About: "of baselines: hourly (time of week and temperature) or daily (change points of temperature)", Default: string(baseline.Hourly), Check: func(v string) error { _, err := parseModel(v); return err }},
			numberParam(floorParam, "yuan a year below which a finding is not worth anybody's time; where there are no prices it is 2 % of the meter's use", floorYuan, 0, 1e9),
			numberParam(mostParam, "findings of a project at most, the costliest first", mostFindings, 1, 1000),
			numberParam(nightParam, "share of the mean load of opening hours above which the load of the night is too much", nightShare, 0.05, 1),
		},
		Run: func(ctx context.Context, r *job.Run) error {
			s, err := settingsOf(r.Params)
			if err != nil {
				return err
			}
			return (&runner{Options: o, settings: s, job: r}).run(ctx)
		},
	}
}

// settings are what a run was told.
type settings struct {
	model baseline.Kind
	floor float64 // yuan a year
	most  int     // findings of a project
	night float64
}

func settingsOf(params map[string]string) (s settings, err error) {
	if s.model, err = parseModel(params[modelParam]); err != nil {
		return s, err
	}
	if s.floor, err = parseNumber(floorParam, params[floorParam], floorYuan, 0, 1e9); err != nil {
		return s, err
	}
	most, err := parseNumber(mostParam, params[mostParam], mostFindings, 1, 1000)
	if err != nil {
		return s, err
	}
	s.most = int(most)
	s.night, err = parseNumber(nightParam, params[nightParam], nightShare, 0.05, 1)
	return s, err
}

func parseModel(v string) (baseline.Kind, error) {
	switch k := baseline.Kind(v); k {
	case "":
		return baseline.Hourly, nil
	case baseline.Hourly, baseline.Daily:
		return k, nil
	}
	return "", fmt.Errorf("%s %.40q: give %s or %s", modelParam, v, baseline.Hourly, baseline.Daily)
}

func numberParam(name, about string, def, least, most float64) job.Param {
	return job.Param{Name: name, About: about, Default: fmt.Sprint(def), Check: func(v string) error {
		_, err := parseNumber(name, v, def, least, most)
		return err
	}}
}

func parseNumber(name, v string, def, least, most float64) (float64, error) {
	if v == "" {
		return def, nil
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !(n >= least && n <= most) {
		return 0, fmt.Errorf("%s %.40q: give a number from %g to %g", name, v, least, most)
	}
	return n, nil
}
