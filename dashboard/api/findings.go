package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/findings"
	"steward/internal/incident"
	"steward/internal/registry"
)

// FindingsFilter is how findings are chosen.
type FindingsFilter struct {
	Region   string           `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project  string           `query:"project" maxLength:"64" doc:"Only those of this project; with region."`
	Building string           `query:"building" maxLength:"64" doc:"Only those of this building."`
	Subject  string           `query:"subject" maxLength:"300" doc:"Only those about this." example:"device:meter/w1"`
	Medium   string           `query:"medium" maxLength:"64" doc:"Only those of this medium." example:"water"`
	State    []findings.State `query:"state" enum:"open,confirmed,dismissed,fixed,verified,cleared" maxItems:"6" doc:"Only those in one of these states."`
	Kind     []string         `query:"kind" maxItems:"20" doc:"Only those of these kinds." example:"water_leak"`
	MinCNY   float64          `query:"min_cny" minimum:"0" doc:"Only those that cost at least so much a year, in yuan; not those of which it is not known."`
}

func (f FindingsFilter) filter() findings.Filter {
	return findings.Filter{
		Region: f.Region, Project: f.Project, Building: f.Building, Subject: f.Subject, Medium: f.Medium,
		States: f.State, Kinds: f.Kind, MinCNY: f.MinCNY,
	}
}

type findingsIn struct {
	SortedIn
	FindingsFilter
}

type findingsSummaryIn struct {
	FindingsFilter
	Per string `query:"per" enum:"company,region,project" default:"project" doc:"Of what the sums are. Company is all that the caller may see."`
}

type findingsSummaryOut struct {
	Body struct {
		Items []findings.Sum `json:"items" nullable:"false"`
	} `nameHint:"FindingsSummary"`
}

type FindingPath struct {
	ID string `path:"finding" pattern:"^[0-9]{8}-[a-z2-7]{16}$" example:"20261122-mfrggzdfmztwq2lk" doc:"The finding."`
}

type findingGet struct {
	FindingPath
	Conditional
}

type findingAct struct {
	FindingPath
	Body struct {
		Deed    findings.Deed `json:"deed" required:"true" enum:"confirm,dismiss,fix,reopen" example:"fix" doc:"Confirm: it is so. Dismiss: it is not waste. Fix: something was done about it, and the analysis looks whether use falls. Reopen: what was said of it does not hold."`
		Note    string        `json:"note,omitempty" maxLength:"2000" doc:"In words; needed for dismiss."`
		At      time.Time     `json:"at,omitzero" doc:"Of fix: when it was done; now when absent."`
		Version int64         `json:"version,omitempty" minimum:"0" doc:"Of the finding as it was read: refused when it is another by now. 0 does not care."`
	} `nameHint:"FindingAction"`
}

const oneFinding = "/findings/{finding}"

// findingsOf are the findings as the caller may see them.
func (a *API) findingsOf(c caller) (*findings.View, error) {
	if a.Findings == nil {
		return nil, notHere("the store of findings")
	}
	return a.Findings.As(c.Principal), nil
}

func (a *API) registerFindings() {
	listed := exampleFinding()
	listed.Evidence, listed.History = nil, nil
	register(a, authz.Read, operation{
		ID: "list-findings", Method: http.MethodGet, Path: "/findings", Tag: "Analytics", Summary: "List findings of waste",
		Description: "Without their evidence and history. Those that cost most a year come first; they can be sorted by since, when they began, as well (-since: the newest first).",
		Answer:      listBody[findings.Finding]{Items: []findings.Finding{listed}},
	}, func(ctx context.Context, c caller, in *findingsIn) (*listOut[findings.Finding], error) {
		view, err := a.findingsOf(c)
		if err != nil {
			return nil, err
		}
		l, err := view.List(ctx, in.filter(), in.page())
		return list(ctx, l.Items, l.Next), err
	})
	cost, saved := 18_400.0, 5_200.0
	register(a, authz.Read, operation{
		ID: "findings-summary", Method: http.MethodGet, Path: "/findings/summary", Tag: "Analytics", Summary: "Add up findings of waste",
		Description: "By place, kind, medium and state.",
		Answer: map[string]any{"items": []findings.Sum{
			{Place: authz.Place{Region: "north", Project: "harbour"}, Kind: "water_leak", Medium: "water", State: findings.Open, Count: 3, CNY: &cost, Unknown: 1},
			{Place: authz.Place{Region: "north", Project: "harbour"}, Kind: "water_leak", Medium: "water", State: findings.Verified, Count: 1, CNY: &saved, Saved: &saved},
		}},
	}, func(ctx context.Context, c caller, in *findingsSummaryIn) (*findingsSummaryOut, error) {
		view, err := a.findingsOf(c)
		if err != nil {
			return nil, err
		}
		sums, err := view.Summary(ctx, in.filter(), in.Per)
		out := &findingsSummaryOut{}
		out.Body.Items = append([]findings.Sum{}, sums...)
		return out, err
	})
	register(a, authz.Read, operation{
		ID: "get-finding", Method: http.MethodGet, Path: oneFinding, Tag: "Analytics", Summary: "Read a finding with its evidence and its history",
		Answer: exampleFinding(),
	}, func(ctx context.Context, c caller, in *findingGet) (*objectOut[findings.Finding], error) {
		view, err := a.findingsOf(c)
		if err != nil {
			return nil, err
		}
		f, err := view.Get(ctx, in.ID)
		return object(f, f.Version, in.Conditional), err
	})
	register(a, authz.Act, operation{
		ID: "act-on-finding", Method: http.MethodPost, Path: oneFinding + "/actions", Tag: "Analytics", Summary: "Confirm, dismiss, fix or reopen a finding",
		Description: "To dismiss and to reopen needs the permission to configure at the place. What is dismissed is shown again when it grows by half.",
		Request:     map[string]any{"deed": findings.Fix, "note": "已更换阀门", "version": 3}, Answer: exampleFinding(),
	}, a.actOnFinding)
}

func (a *API) actOnFinding(ctx context.Context, c caller, in *findingAct) (*objectOut[findings.Finding], error) {
	view, err := a.findingsOf(c)
	if err != nil {
		return nil, err
	}
	f, err := view.Act(ctx, in.ID, findings.Action{Deed: in.Body.Deed, Note: in.Body.Note, At: in.Body.At, Version: in.Body.Version})
	switch {
	case errors.Is(err, registry.ErrConflict): // there is no If-Match that could have failed
		return nil, problem(http.StatusConflict, CodeChanged, "something happened to the finding after you read it: read it again and repeat what is still needed")
	case err != nil:
		return nil, err
	}
	// Its own history has it in any case.
	err = a.note(ctx, c, Deed{Action: "finding." + string(in.Body.Deed), Kind: "finding", Key: f.ID, Place: authz.Place{Region: f.Region, Project: f.Project}, After: in.Body})
	return object(f, f.Version, Conditional{}), err
}

func exampleFinding() findings.Finding {
	amount := func(value, low, high float64, unit string) findings.Amount {
		return findings.Amount{Value: &value, Low: &low, High: &high, Unit: unit}
	}
	return findings.Finding{
		ID: "20261122-mfrggzdfmztwq2lk", Region: "north", Project: "harbour",
		Seen: findings.Seen{
			Building: "b3", Kind: "water_leak", Subject: "device:meter/w1", Medium: "water",
			Title:  incident.Text{ZH: "夜间最小流量持续偏高，疑似漏水", EN: "The least flow at night stays high: a leak is likely"},
			Advice: incident.Text{ZH: "夜间分段关阀查漏", EN: "Close the valves one after another at night and watch the meter"},
			Since:  exampleTime.AddDate(0, -1, 0), Until: exampleTime,
			Rate: amount(4100, 3600, 4600, "m3"), RateCNY: amount(18_400, 16_200, 20_700, "CNY"),
			Sofar: amount(340, 300, 380, "m3"), SofarCNY: amount(1530, 1350, 1710, "CNY"),
			Score: 0.93, N: 31, Coverage: 0.98, Evidence: json.RawMessage(`{"nights":[{"day":"2026-11-19","m3h":0.47}]}`),
		},
		State: findings.Fixed, Run: "20261120-mfrggzdfmztwq2lk", OpenedAt: exampleTime.AddDate(0, 0, -20), SeenAt: exampleTime.AddDate(0, 0, -1),
		FixedAt: exampleTime, Version: 21,
		History: []findings.Step{
			{At: exampleTime.AddDate(0, 0, -20), State: findings.Open, Kind: authz.System, Actor: "analytics"},
			{At: exampleTime, State: findings.Fixed, Kind: authz.Person, Actor: "li", Note: "已更换阀门"},
		},
	}
}
