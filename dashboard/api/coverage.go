package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
)

type coverageIn struct {
	Measured
	Step   string `query:"step" enum:"1h,1d" default:"1h" doc:"The length of a step."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many devices."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"Where to go on: the next of the list before. It belongs to the same query."`
}

type coverageOut struct {
	Link string `header:"Link" doc:"The following page, rel=next; absent on the last one."`
	Body coverageBody
}

type coverageBody struct {
	From  time.Time      `json:"from" doc:"The time asked for, widened to whole steps."`
	To    time.Time      `json:"to"`
	Steps int            `json:"steps" doc:"Steps between from and to."`
	Items []coverageItem `json:"items" nullable:"false"`
	Next  string         `json:"next,omitempty" doc:"The cursor of the following page; absent on the last one."`
}

type coverageItem struct {
	DeviceName
	Covered    int        `json:"covered" doc:"Steps with a reading."`
	Readings   uint64     `json:"readings"`
	First      *time.Time `json:"first,omitempty" doc:"Of the first reading."`
	Last       *time.Time `json:"last,omitempty" doc:"Of the last reading."`
	LongestGap float64    `json:"longest_gap_seconds" doc:"The longest time without a reading. What is shorter than a step may go unnoticed."`
}

func (a *API) registerCoverage() {
	register(a, authz.Read, operation{
		ID: "coverage", Method: http.MethodGet, Path: "/coverage", Tag: "Measurements", Summary: "See how complete the readings of devices are",
		Description: "Also devices are listed that never reported and that the registry says should have.", Heavy: true, Timeout: time.Minute,
		Answer: coverageBody{From: exampleTime, To: exampleTime.AddDate(0, 0, 30), Steps: 720, Items: []coverageItem{{
			DeviceName: exampleName, Covered: 716, Readings: 7160, First: &exampleTime, Last: &exampleTime, LongestGap: 7200,
		}}},
	}, func(ctx context.Context, c caller, in *coverageIn) (*coverageOut, error) {
		f, err := in.filter(a.Now())
		if err != nil {
			return nil, err
		}
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		page, err := data.Coverage(ctx, c.Scope(), clickhouse.CoverageQuery{
			Filter: f, From: in.From, To: in.To, Step: clickhouse.Resolution(in.Step), Limit: in.Limit, Cursor: in.Cursor,
		})
		if err != nil {
			return nil, err
		}
		out := &coverageOut{Link: linkTo(ctx, page.Next), Body: coverageBody{From: page.From, To: page.To, Steps: page.Steps, Next: page.Next}}
		out.Body.Items = make([]coverageItem, len(page.Devices))
		for i := range page.Devices {
			d := &page.Devices[i]
			out.Body.Items[i] = coverageItem{
				DeviceName: nameOf(d.Device), Covered: d.Steps, Readings: d.Readings,
				First: moment(d.First), Last: moment(d.Last), LongestGap: d.LongestGap.Seconds(),
			}
		}
		return out, nil
	})
}
