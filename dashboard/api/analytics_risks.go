package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/incident"
	"steward/internal/runs"
)

// lifetimesJob is the analysis that forecasts failures.
const lifetimesJob = "lifetimes"

// Forecast is a number that an analysis expects, with its interval.
type Forecast struct {
	Value *float64 `json:"value" doc:"Null: too little data, and why says what is missing."`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
	N     float64  `json:"n" doc:"The failures that it is made from."`
	Why   string   `json:"why,omitempty"`
}

// RiskCaveat is what to keep in mind of a forecast.
type RiskCaveat struct {
	Code string `json:"code" example:"pooled" doc:"pooled, poor_fit, extrapolated, age_unknown, stale_data or wear."`
	incident.Text
}

// DeviceRisk is what is expected of a device.
type DeviceRisk struct {
	Rank int `json:"rank"`
	authz.Place
	Building    string       `json:"building,omitempty"`
	Class       string       `json:"class" example:"elevator"`
	Device      string       `json:"device" example:"lift-1"`
	Name        string       `json:"name,omitempty"`
	Vendor      string       `json:"vendor,omitempty"`
	Model       string       `json:"model,omitempty"`
	InstalledOn string       `json:"installed_on,omitempty" example:"2019-05-01"`
	AgeYears    *float64     `json:"age_years" doc:"At the end of what the run watched; null when nobody knows."`
	Fail90      Forecast     `json:"fail_90d" doc:"The probability of one failure at least within 90 days, given that the device is as it is."`
	Fail365     Forecast     `json:"fail_365d" doc:"The same within 365 days."`
	Failures365 Forecast     `json:"failures_365d" doc:"How many failures are expected within 365 days."`
	Pool        string       `json:"pool" example:"model:KONE/3000" doc:"Whose lives the forecast is made from: its model's, or its class's where those are few."`
	FaultsYear  float64      `json:"faults_365d" doc:"Faults in the year before."`
	Caveats     []RiskCaveat `json:"caveats" nullable:"false"`
}

type risksIn struct {
	RunPath
	Days    int    `query:"days" default:"365" doc:"Ranked by the probability of a failure within so many days: 90 or 365."`
	Region  string `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project string `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	Class   string `query:"class" maxLength:"64" doc:"Only devices of this class." example:"elevator"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"How many at most."`
}

type risksOut struct {
	Body struct {
		Run   runs.Run     `json:"run" doc:"Whose forecasts these are."`
		Items []DeviceRisk `json:"items" nullable:"false"`
	} `nameHint:"AnalyticsRisks"`
}

func (a *API) registerRisks() {
	value, low, high, age := 0.62, 0.48, 0.75, 7.5
	likely := Forecast{Value: &value, Low: &low, High: &high, N: 41}
	run := exampleRun()
	run.Job = lifetimesJob
	register(a, authz.Read, operation{
		ID: "analytics-risks", Method: http.MethodGet, Path: oneRun + "/risks", Tag: "Analytics", Summary: "Rank devices by the probability that they fail",
		Description: "Of a run of the analysis lifetimes: the likeliest to fail first. Devices without a forecast are not in it. " +
			"All devices are in its documents of the kind prospects.",
		Answer: map[string]any{"run": run, "items": []DeviceRisk{{
			Rank: 1, Place: authz.Place{Region: "north", Project: "harbour"}, Class: "elevator", Device: "lift-1", Name: "1号梯", Vendor: "KONE", Model: "3000", InstalledOn: "2019-05-01",
			AgeYears: &age, Fail90: likely, Fail365: likely, Failures365: likely, Pool: "model:KONE/3000", FaultsYear: 3,
			Caveats: []RiskCaveat{{"extrapolated", incident.Text{ZH: "有部件将比观察到的都旧", EN: "a part will be older than any that was seen"}}},
		}}},
	}, a.analyticsRisks)
}

func (a *API) analyticsRisks(ctx context.Context, c caller, in *risksIn) (*risksOut, error) {
	r, results, err := a.resultsOf(ctx, c, OfRun{Run: in.Run})
	switch {
	case err != nil:
		return nil, err
	case r.Job != lifetimesJob:
		return nil, invalid("run", in.Run, "is a run of %s, and forecasts are of %s", r.Job, lifetimesJob)
	case in.Project != "" && in.Region == "":
		return nil, invalid("project", in.Project, "is given without its region")
	case in.Days != 90 && in.Days != 365:
		return nil, invalid("days", strconv.Itoa(in.Days), "is neither 90 nor 365")
	}
	found, err := results.AnalyticsRisks(ctx, c.Scope(), clickhouse.RisksQuery{
		Job: r.Job, Run: r.ID, By: fmt.Sprintf("fail_%dd", in.Days), Region: in.Region, Project: in.Project, Class: in.Class, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &risksOut{}
	out.Body.Run, out.Body.Items = r, make([]DeviceRisk, len(found))
	for i, f := range found {
		d := &out.Body.Items[i]
		if err := json.Unmarshal(f.Entry, d); err != nil {
			return nil, fmt.Errorf("forecast of a device of %s in run %s: %w", f.Place, r.ID, err)
		}
		d.Rank, d.Place = i+1, f.Place
		if d.Caveats == nil {
			d.Caveats = []RiskCaveat{}
		}
	}
	return out, nil
}
