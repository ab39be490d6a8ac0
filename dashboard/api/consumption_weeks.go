package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

type weeksIn struct {
	Devices []string  `query:"devices" required:"true" minItems:"1" maxItems:"100" doc:"Of these devices, as region/project/class/id." example:"north/harbour/meter/m1"`
	Metric  []string  `query:"metric" maxItems:"50" doc:"Only these counters; all when absent." example:"energy_kwh"`
	From    time.Time `query:"from" required:"true" doc:"Not before; a week before to at most. Widened to whole hours, as to is." example:"2026-11-20T00:00:00+08:00"`
	To      time.Time `query:"to" doc:"Before; the present when absent or later." example:"2026-11-21T00:00:00+08:00"`
}

type weeksOut struct {
	Body struct {
		Items []weeksUse `json:"items" nullable:"false"`
	} `nameHint:"ConsumptionWeeks"`
}

// weeksUse is what one counter counted. Its numbers are null where nothing is known.
type weeksUse struct {
	DeviceName
	Metric    string     `json:"metric" example:"energy_kwh"`
	Unit      string     `json:"unit" example:"kWh"`
	Medium    string     `json:"medium,omitempty" doc:"Of a meter." example:"electricity"`
	Until     *time.Time `json:"until,omitempty" doc:"The end of the last hour of the period that was counted; absent when none was."`
	Used      *float64   `json:"used" doc:"What was counted from from until until."`
	Hours     int        `json:"hours" doc:"Hours of which that is known."`
	UsedThen  *float64   `json:"used_then" doc:"What was counted in the same hours a week before."`
	HoursThen int        `json:"hours_then" doc:"Hours of which that is known. Where they are not as many as hours, the two cannot be compared."`
}

func (a *API) registerConsumptionWeeks() {
	used, then := 41.2, 38.9
	until := exampleTime.Truncate(time.Hour)
	register(a, authz.Read, operation{
		ID: "consumption-weeks", Method: http.MethodGet, Path: "/consumption/weeks", Tag: "Measurements", Summary: "Compare what was used with the week before",
		Description: "Such as today with the same weekday, up to the same hour. Hours are those that the analysis consumption has counted, which knows replaced, reset and corrected counters: " +
			"the present hour is not among them. Devices that the caller may not see are left out, as are counters of which nothing is known.",
		Heavy: true,
		Answer: map[string]any{"items": []weeksUse{{
			DeviceName: exampleName, Metric: "energy_kwh", Unit: "kWh", Medium: "electricity", Until: &until, Used: &used, Hours: 14, UsedThen: &then, HoursThen: 14,
		}}},
	}, func(ctx context.Context, c caller, in *weeksIn) (*weeksOut, error) {
		q, err := in.query(a.Now())
		if err != nil {
			return nil, err
		}
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		list, err := data.ConsumptionWeeks(ctx, c.Scope(), q)
		if err != nil {
			return nil, err
		}
		out := &weeksOut{}
		out.Body.Items = make([]weeksUse, len(list))
		for i := range list {
			out.Body.Items[i] = weeksUseOf(&list[i])
		}
		return out, nil
	})
}

func (in *weeksIn) query(now time.Time) (clickhouse.WeeksQuery, error) {
	if in.To.IsZero() {
		in.To = now
	}
	q := clickhouse.WeeksQuery{Metrics: in.Metric, From: in.From, To: in.To}
	switch {
	case !within(in.From) || !within(in.To):
		return q, invalid("from", "", "the time is not between 1970 and 2200")
	case !in.From.Before(in.To):
		return q, invalid("from", in.From.Format(time.RFC3339), "is not before to")
	}
	if err := checkMetrics(in.Metric); err != nil {
		return q, err
	}
	var err error
	q.Devices, err = refsOf(in.Devices)
	return q, err
}

func weeksUseOf(u *clickhouse.WeeksUse) weeksUse {
	of := weeksUse{
		DeviceName: nameOf(u.Device), Metric: u.Metric, Unit: telemetry.LookupMetric(u.Metric).Unit, Medium: u.Medium,
		Until: moment(u.Until), Hours: u.Hours, HoursThen: u.ThenHours,
	}
	if u.Hours > 0 {
		of.Used = &u.Used
	}
	if u.ThenHours > 0 {
		of.UsedThen = &u.Then
	}
	return of
}
