// Package consumption counts what was used by the hour and by the day: the job that
// brings the counters in ClickHouse through analytics/continuity into the tables
// consumption_1h, consumption_1d and meter_breaks.
//
// A run covers its period and, so that nothing that came late is forgotten, the hours
// before it of which other readings are stored than were counted. Hours in which a
// counter simply grew are read from the hourly rollup; only the others, and those in
// which something is on record, from the readings. What was counted before is counted
// again in the same way, and takes the place of what it was.
package consumption

import (
	"context"
	"fmt"
	"slices"
	"time"

	"steward/analytics/continuity"
	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// New is the job. Multipliers may be nil: those of the mirror then hold for all
// times. Zone is that of projects which the registry does not know.
func New(store *clickhouse.Store, multipliers Multipliers, zone *time.Location) job.Job {
	return job.Job{
		Name:  "consumption",
		Title: incident.Text{ZH: "用量统计", EN: "Consumption"},
		About: "counts what meters and other counters used by hour and day, over resets, rollovers and exchanges",
		Every: job.Hourly,
		Period: func(now time.Time, _ *time.Location) (from, to time.Time) {
			to = now.UTC().Truncate(time.Hour)
			// The end of an hour is known when the next reading is there; and a jump is
			// told from a lasting change by what follows.
			return to.Add(-6 * time.Hour), to
		},
		Params: []job.Param{{
			Name: placeParam, About: "a region or region/project: only its counters are counted, and nothing is reported of the company in all", Default: "the whole company",
			Check: func(v string) error { _, err := placeOf(v); return err },
		}},
		Run: func(ctx context.Context, r *job.Run) error {
			at, err := placeOf(r.Params[placeParam])
			if err != nil {
				return err
			}
			return (&runner{store: store, multipliers: multipliers, zone: zone, id: r.ID, now: r.Now, at: at}).run(ctx, r)
		},
	}
}

const (
	// lookback is how far around a window readings are looked for when there are
	// none near its ends.
	lookback = time.Duration(continuity.MaxGap+continuity.Horizon) * time.Millisecond
	nearby   = time.Duration(continuity.Horizon) * time.Millisecond

	// slice is how much is counted at once: the server reads all parts of its months
	// side by side, in the order of series, and the hours of one series are in memory.
	slice = 31 * 24 * time.Hour

	// What was received in the last three days is compared with what was counted:
	// a spool may hold it back so long when ClickHouse is away.
	recently = 3 * 24 * time.Hour
	// lateBy is how old late readings may be that an hourly run finds; once a day,
	// in the run that ends at lateHour (UTC; in China the night), it is lateByNight,
	// the oldest that a device may send.
	lateBy      = 8 * 24 * time.Hour
	lateByNight = 400 * 24 * time.Hour
	lateHour    = 18
	maxLate     = 200_000 // hours of a project in one run; the next finds the rest
)

// placeParam is where a run counts: corrections of a meter count one project again.
const placeParam = "place"

// placeOf reads it; "" is the whole company.
func placeOf(v string) (authz.Place, error) {
	if v == "" {
		return authz.HQ, nil
	}
	return authz.ParsePlace(v)
}

// runner is one run of the job.
type runner struct {
	at          authz.Place // and below
	store       *clickhouse.Store
	multipliers Multipliers
	zone        *time.Location
	id          string
	now         time.Time
	batch       clickhouse.ConsumptionBatch
	tallies     map[authz.Place]*tally
}

func (r *runner) run(ctx context.Context, j *job.Run) error {
	r.tallies = map[authz.Place]*tally{}
	from, to := j.From.UTC().Truncate(time.Hour), j.To.UTC().Truncate(time.Hour)
	if !from.Before(to) {
		return fmt.Errorf("consumption: the period from %s to %s has no whole hour: give one that has", j.From.Format(time.RFC3339), j.To.Format(time.RFC3339))
	}
	late := lateBy
	if to.Hour() == lateHour {
		late = lateByNight
	}
	places, err := r.store.MeasuredPlaces(ctx, from.Add(-late), to)
	if err != nil {
		return err
	}
	places = slices.DeleteFunc(places, func(p clickhouse.MeasuredPlace) bool { return !r.at.Contains(p.Place) })
	if len(places) == 0 && r.at != authz.HQ {
		return fmt.Errorf("consumption: nothing was measured at %s: give a region or region/project that has devices", r.at)
	}
	rounds := int64((to.Sub(from) + slice - 1) / slice)
	total, done := int64(len(places))*rounds, int64(0)
	for begin := from; begin.Before(to); begin = begin.Add(slice) {
		end := begin.Add(slice)
		if end.After(to) {
			end = to
		}
		for _, p := range places {
			j.Progress(done, total, p.Region+"/"+p.Project)
			lateFrom := begin
			if begin.Equal(from) {
				lateFrom = from.Add(-late)
			}
			if err := r.project(ctx, p, lateFrom, begin, end); err != nil {
				return fmt.Errorf("consumption of %s/%s: %w", p.Region, p.Project, err)
			}
			done++
		}
	}
	j.Progress(total, total, "")
	return r.report(ctx, j, places)
}

// project counts a window of a project, and what came late from lateFrom on.
func (r *runner) project(ctx context.Context, p clickhouse.MeasuredPlace, lateFrom, from, to time.Time) error {
	e, err := r.estate(ctx, p, from, to)
	if err != nil {
		return err
	}
	var written []span
	whole := &pass{run: r, estate: e, from: telemetry.MillisOf(from), to: telemetry.MillisOf(to), margin: nearby}
	if err := whole.do(ctx); err != nil {
		return err
	}
	written = append(written, whole.touched)
	again := []window{{whole.from, whole.to, whole.open}}
	if lateFrom.Before(from) {
		late, err := r.late(ctx, e, lateFrom, from)
		if err != nil {
			return err
		}
		again = append(again, late...)
	}
	for _, w := range again {
		for names := w.series; len(names) > 0; {
			n := min(len(names), clickhouse.MaxSeries)
			part := &pass{run: r, estate: e, only: names[:n], from: w.from, to: w.to, margin: lookback, patient: true}
			if err := part.do(ctx); err != nil {
				return err
			}
			written, names = append(written, part.touched), names[n:]
		}
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	for _, s := range join(written) {
		if err := r.store.CountDays(ctx, p.Place, e.zone, s.from.Time(), s.to.Time(), r.id, r.now); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) flush(ctx context.Context) error {
	err := r.store.PutConsumption(ctx, &r.batch, r.id, r.now)
	r.batch.Reset()
	return err
}
