package reliability

import (
	"context"
	"time"

	"steward/analytics/job"
	"steward/analytics/recurrence"
	"steward/internal/clickhouse"
)

// mcfSteps are more than a chart can show.
const mcfSteps = 200

// history is of the devices of one model, by age in years: those whose age is known.
type history struct {
	data    recurrence.Data
	ageless int // watched, but nobody knows since when they are there
	group   *group
}

func (h *history) add(d *clickhouse.ReliabilityDevice, t *tally, zone *time.Location) {
	if !(t.watched() > 0) {
		return
	}
	from, known := born(d, zone)
	if !known {
		h.ageless++
		return
	}
	hours := float64(from.UnixMilli()) / 3_600_000
	age := func(at float64) float64 { return max(0, at-hours) / hoursPerYear }
	unit := len(h.data.Units)
	h.data.Units = append(h.data.Units, recurrence.Unit{
		Entry: age(float64(t.window.from) / 3_600_000), End: age(float64(t.window.to) / 3_600_000),
	})
	for _, at := range t.failures {
		h.data.Events = append(h.data.Events, recurrence.Event{Unit: unit, Time: age(at), Count: 1})
	}
}

// Trend is the document of kind "recurrence" of a model: how many failures a device
// has gathered by an age in years, and whether they come faster as it grows older.
// Devices enter at the age that they had when the period began. Silences are not
// taken out of it.
type Trend struct {
	Model   string `json:"model"`
	Unit    string `json:"age_unit"`
	Ageless int    `json:"devices_of_unknown_age"` // left out
	recurrence.Result
}

// report writes the document, and of the power law (Crow-AMSAA) two numbers:
// trend_exponent, above 1 where failures become more frequent with age, and
// current_mtbf, the mean time between failures at the greatest age seen, in hours.
func (h *history) report(ctx context.Context, r *job.Run, subject string) ([]job.Number, error) {
	if len(h.data.Units) == 0 {
		return []job.Number{{
			Kind: "trend_exponent", Subject: subject, Coverage: h.group.coverage(),
			Why: because("insufficient data: of no device it is known since when it is there", h.group.warning()),
		}}, nil
	}
	result, err := recurrence.Analyze(&h.data, recurrence.Options{Level: level, Steps: mcfSteps})
	if err != nil {
		return nil, err
	}
	t := Trend{Model: subject, Unit: "years", Ageless: h.ageless, Result: result}
	if err := r.Note(ctx, "recurrence", "", "", subject, t); err != nil {
		return nil, err
	}
	law := result.PowerLaw
	exposure := 0.0
	for _, u := range h.data.Units {
		exposure += u.End - u.Entry
	}
	number := func(kind, unit string, v *float64, factor float64) job.Number {
		n := job.Number{Kind: kind, Subject: subject, Unit: unit, N: law.Events, Exposure: exposure, Coverage: h.group.coverage(), Value: times(v, factor), Why: law.Why}
		if n.Value == nil {
			if n.Why == "" {
				n.Why = "insufficient data: the power law has no such number"
			}
			return n
		}
		if g := law.Goodness; g != nil {
			if g.Fits != nil && !*g.Fits {
				n.Why = because(n.Why, "a power law does not fit (Cramér-von Mises, 10 %)")
			} else if g.Why != "" {
				n.Why = because(n.Why, "goodness of fit: "+g.Why)
			}
		}
		n.Why = because(n.Why, h.group.warning())
		return n
	}
	beta := number("trend_exponent", "", law.Beta, 1)
	mtbf := number("current_mtbf", "h", law.MTBF, hoursPerYear)
	if in := law.Intervals; in != nil {
		if beta.Value != nil {
			bounded(&beta, in.Beta, 1)
		}
		if mtbf.Value != nil {
			bounded(&mtbf, in.MTBF, hoursPerYear)
		}
	}
	return []job.Number{beta, mtbf}, nil
}

func bounded(n *job.Number, in recurrence.Interval, factor float64) {
	if n.Low, n.High = times(in.Low, factor), times(in.High, factor); n.Low != nil || n.High != nil {
		n.Level = level
	}
}

func times(v *float64, factor float64) *float64 {
	if v == nil {
		return nil
	}
	x := *v * factor
	return &x
}
