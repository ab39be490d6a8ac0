package coverage

import (
	"context"
	"math"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// tally is what a run made of a project.
type tally struct {
	hours, expected, came    float64 // came counts no more than was expected in an hour
	rejected, late, silences float64
}

func (t *tally) hour(h clickhouse.CoverageHour) {
	t.rejected += float64(h.Rejected)
	t.late += float64(h.Late)
	if h.Expected > 0 {
		t.hours++
		t.expected += h.Expected
		t.came += min(h.Expected, float64(h.Received))
	}
}

func (t *tally) add(o *tally) {
	t.hours, t.expected, t.came = t.hours+o.hours, t.expected+o.expected, t.came+o.came
	t.rejected, t.late, t.silences = t.rejected+o.rejected, t.late+o.late, t.silences+o.silences
}

// report writes how complete the data are. All messages are counted: there is no
// interval.
func report(ctx context.Context, j *job.Run, places []clickhouse.MeasuredPlace, tallies map[authz.Place]*tally) error {
	var all tally
	var numbers []job.Number
	for _, p := range places {
		if t := tallies[p.Place]; t != nil {
			all.add(t)
			numbers = append(numbers, t.numbers(p.Place)...)
		}
	}
	numbers = append(numbers, all.numbers(authz.Place{})...)
	return j.Write(ctx, numbers)
}

// numbers have the messages expected for N and the device-hours for Exposure.
func (t *tally) numbers(at authz.Place) []job.Number {
	share, coverage := math.NaN(), math.NaN()
	if t.expected > 0 {
		share = t.came / t.expected
		coverage = share
	}
	number := func(kind string, v float64) job.Number {
		n := job.Number{Kind: kind, Region: at.Region, Project: at.Project, N: t.expected, Exposure: t.hours, Coverage: coverage}
		if math.IsNaN(v) {
			n.Why = "insufficient data: no device with a cadence reported in the period"
			return n
		}
		n.Value = &v
		return n
	}
	return []job.Number{
		number("received_share", share), number("rejected", t.rejected), number("late", t.late), number("silences", t.silences),
	}
}
