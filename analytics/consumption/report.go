package consumption

import (
	"context"
	"math"

	"steward/analytics/continuity"
	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// tally is what a run made of a project.
type tally struct {
	series                                   map[clickhouse.Series]bool
	measured, interpolated, suspect, missing float64 // hours
	breaks                                   float64
}

func (r *runner) tally(at authz.Place) *tally {
	t := r.tallies[at]
	if t == nil {
		t = &tally{series: map[clickhouse.Series]bool{}}
		r.tallies[at] = t
	}
	return t
}

func (t *tally) hour(h continuity.Hour) {
	switch h.Quality {
	case continuity.Measured:
		t.measured++
	case continuity.Interpolated:
		t.interpolated++
	case continuity.Suspect:
		t.suspect++
	default:
		t.missing++
	}
}

// report writes how well counting went. These are counts of all hours and no sample,
// so that there is no interval.
func (r *runner) report(ctx context.Context, j *job.Run, places []clickhouse.MeasuredPlace) error {
	var all tally
	var series float64
	var numbers []job.Number
	for _, p := range places {
		t := r.tally(p.Place)
		numbers = append(numbers, t.numbers(p.Region, p.Project, float64(len(t.series)))...)
		all.measured, all.interpolated = all.measured+t.measured, all.interpolated+t.interpolated
		all.suspect, all.missing, all.breaks = all.suspect+t.suspect, all.missing+t.missing, all.breaks+t.breaks
		series += float64(len(t.series))
	}
	if r.at == authz.HQ {
		numbers = append(numbers, all.numbers("", "", series)...)
	}
	return j.Write(ctx, numbers)
}

func (t *tally) numbers(region, project string, series float64) []job.Number {
	hours := t.measured + t.interpolated + t.suspect + t.missing
	known := hours - t.missing
	number := func(kind, unit string, v float64) job.Number {
		n := job.Number{Kind: kind, Region: region, Project: project, Unit: unit, N: known, Exposure: series, Coverage: math.NaN()}
		if hours > 0 {
			n.Coverage = known / hours
		}
		if known == 0 {
			n.Why = "insufficient data: no counter reported in the period"
			return n
		}
		n.Value = &v
		return n
	}
	share := func(v float64) float64 { return v / max(known, 1) }
	return []job.Number{
		number("measured_share", "", share(t.measured)),
		number("interpolated_share", "", share(t.interpolated)),
		number("suspect_share", "", share(t.suspect)),
		number("breaks", "", t.breaks),
	}
}
