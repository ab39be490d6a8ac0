package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/registry"
	"steward/internal/runs"
)

// OfRun says of which run the results are: of one by its id, or of the latest of a
// job.
type OfRun struct {
	Run  string    `query:"run" pattern:"^[0-9]{8}-[a-z2-7]{16}$" doc:"Those of this run; instead of job." example:"20261122-mfrggzdfmztwq2lk"`
	Job  string    `query:"job" maxLength:"64" doc:"Those of the latest run of this job." example:"consumption"`
	AsOf time.Time `query:"as_of" doc:"With job: as it was known then." example:"2026-11-01T00:00:00Z"`
	From time.Time `query:"from" doc:"With job and to: of the latest run over just this period."`
	To   time.Time `query:"to" doc:"With job and from."`
}

// Chosen are the results that are wanted.
type Chosen struct {
	PageIn
	Kind    []string `query:"kind" maxItems:"50" doc:"Only these kinds." example:"failure_rate"`
	Region  string   `query:"region" maxLength:"64" doc:"Only those of this region and its projects." example:"north"`
	Project string   `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	Subject string   `query:"subject" maxLength:"256" doc:"Only those about this." example:"model:KONE/3000"`
	Type    string   `query:"type" maxLength:"64" doc:"Only those about something of this type: what is before the colon of subject." example:"model"`
	Per     string   `query:"per" enum:"company,region,project" doc:"Only those of the company, of regions, or of projects."`
}

func (in *Chosen) query(r runs.Run) (clickhouse.ResultsQuery, error) {
	q := clickhouse.ResultsQuery{
		Job: r.Job, Run: r.ID, Kinds: in.Kind, Region: in.Region, Project: in.Project, Subject: in.Subject, Type: in.Type, Per: in.Per,
		Limit: in.Limit, Cursor: in.Cursor,
	}
	if in.Project != "" && in.Region == "" {
		return q, invalid("project", in.Project, "is given without its region")
	}
	return q, nil
}

type numbersIn struct {
	OfRun
	Chosen
	Building string `query:"building" maxLength:"64" doc:"Only those of this building."`
}

type changesIn struct {
	RunPath
	Chosen
	Building string `query:"building" maxLength:"64" doc:"Only those of this building."`
	Against  string `query:"against" required:"true" pattern:"^[0-9]{8}-[a-z2-7]{16}$" doc:"The run to compare with, of the same job." example:"20261022-nbswy3dpeb3w64tm"`
	Changed  bool   `query:"changed" default:"true" doc:"Only what differs."`
}

type documentsIn struct {
	OfRun
	Chosen
}

type documentIn struct {
	RunPath
	Kind    string `query:"kind" required:"true" maxLength:"256" doc:"Its kind." example:"replacement_plan"`
	Region  string `query:"region" maxLength:"64" doc:"Its region; absent for one of the company." example:"north"`
	Project string `query:"project" maxLength:"64" doc:"Its project; absent for one of a region." example:"harbour"`
	Subject string `query:"subject" maxLength:"256" doc:"What it is about, if it has a subject."`
}

type numbersOut struct {
	Link string `header:"Link" doc:"The following page, rel=next, of the same run; absent on the last one."`
	Body struct {
		Run   runs.Run                     `json:"run" doc:"Whose results these are."`
		Items []clickhouse.AnalyticsNumber `json:"items" nullable:"false"`
		Next  string                       `json:"next,omitempty" doc:"The cursor of the following page, to be asked for with run; absent on the last one."`
	} `nameHint:"AnalyticsNumbers"`
}

type changesOut struct {
	Link string `header:"Link" doc:"The following page, rel=next; absent on the last one."`
	Body struct {
		Run     runs.Run                  `json:"run"`
		Against runs.Run                  `json:"against"`
		Items   []clickhouse.NumberChange `json:"items" nullable:"false"`
		Next    string                    `json:"next,omitempty" doc:"The cursor of the following page; absent on the last one."`
	} `nameHint:"AnalyticsChanges"`
}

// analyticsDocument is a document, with its body where one is read.
type analyticsDocument struct {
	Kind string `json:"kind" example:"replacement_plan"`
	authz.Place
	Subject string          `json:"subject,omitempty"`
	Size    int             `json:"size" doc:"Of the body, in bytes."`
	Body    json.RawMessage `json:"body,omitempty"`
}

type documentsOut struct {
	Link string `header:"Link" doc:"The following page, rel=next, of the same run; absent on the last one."`
	Body struct {
		Run   runs.Run            `json:"run" doc:"Whose results these are."`
		Items []analyticsDocument `json:"items" nullable:"false"`
		Next  string              `json:"next,omitempty" doc:"The cursor of the following page, to be asked for with run; absent on the last one."`
	} `nameHint:"AnalyticsDocuments"`
}

type documentOut struct{ Body analyticsDocument }

const resultsShown = "Those of the company are for those who see all of it, those of a region for those who see all of that. " +
	"Runs that did not end well have none. Pages after the first are asked for with run, since there may be a later run by then."

func (a *API) registerAnalyticsResults() {
	value, low, high, coverage := 0.41, 0.33, 0.5, 0.983
	number := clickhouse.AnalyticsNumber{
		Kind: "failure_rate", Place: authz.Place{Region: "north", Project: "harbour"}, Subject: "model:KONE/3000", Unit: "1/a",
		Value: &value, Low: &low, High: &high, Level: 0.95, N: 97, Exposure: 236.6, Coverage: &coverage,
	}
	scarce := clickhouse.AnalyticsNumber{Kind: "mtbf", Place: number.Place, Unit: "h", Why: "insufficient data: no failure in 31 device-days"}
	document := analyticsDocument{Kind: "replacement_plan", Place: authz.Place{Region: "north"}, Size: 14, Body: json.RawMessage(`{"devices":[]}`)}
	listed := document
	listed.Body = nil

	register(a, authz.Read, operation{
		ID: "analytics-numbers", Method: http.MethodGet, Path: "/analytics/numbers", Tag: "Analytics", Summary: "Read results",
		Description: "By kind, place and subject. Where value is null there is too little data, and why says what is missing. " + resultsShown,
		Answer:      map[string]any{"run": exampleRun(), "items": []clickhouse.AnalyticsNumber{number, scarce}},
	}, func(ctx context.Context, c caller, in *numbersIn) (*numbersOut, error) {
		r, results, err := a.resultsOf(ctx, c, in.OfRun)
		if err != nil {
			return nil, err
		}
		q, err := in.query(r)
		if err != nil {
			return nil, err
		}
		q.Building = in.Building
		page, err := results.AnalyticsNumbers(ctx, c.Scope(), q)
		out := &numbersOut{Link: linkOfRun(ctx, r, page.Next)}
		out.Body.Run, out.Body.Next = r, page.Next
		out.Body.Items = append([]clickhouse.AnalyticsNumber{}, page.Numbers...)
		return out, err
	})
	was := clickhouse.NumberThen{Value: &low, N: 80}
	is := clickhouse.NumberThen{Value: &value, N: 97}
	register(a, authz.Read, operation{
		ID: "analytics-changes", Method: http.MethodGet, Path: oneRun + "/changes", Tag: "Analytics", Summary: "Compare the results of two runs",
		Description: "Number by number; was or is are absent where the run has no such number. " + resultsShown,
		Answer: map[string]any{"run": exampleRun(), "against": exampleRun(), "items": []clickhouse.NumberChange{{
			Kind: number.Kind, Place: number.Place, Subject: number.Subject, Unit: number.Unit, Was: &was, Is: &is,
		}}},
	}, a.analyticsChanges)
	register(a, authz.Read, operation{
		ID: "analytics-documents", Method: http.MethodGet, Path: "/analytics/documents", Tag: "Analytics", Summary: "List results that are not single numbers",
		Description: "Curves, plans, lists; without their bodies. " + resultsShown,
		Answer:      map[string]any{"run": exampleRun(), "items": []analyticsDocument{listed}},
	}, func(ctx context.Context, c caller, in *documentsIn) (*documentsOut, error) {
		r, results, err := a.resultsOf(ctx, c, in.OfRun)
		if err != nil {
			return nil, err
		}
		q, err := in.query(r)
		if err != nil {
			return nil, err
		}
		page, err := results.AnalyticsDocuments(ctx, c.Scope(), q)
		out := &documentsOut{Link: linkOfRun(ctx, r, page.Next)}
		out.Body.Run, out.Body.Next, out.Body.Items = r, page.Next, []analyticsDocument{}
		for _, d := range page.Documents {
			out.Body.Items = append(out.Body.Items, analyticsDocument{Kind: d.Kind, Place: d.Place, Subject: d.Subject, Size: d.Size})
		}
		return out, err
	})
	register(a, authz.Read, operation{
		ID: "analytics-document", Method: http.MethodGet, Path: oneRun + "/document", Tag: "Analytics", Summary: "Read a result that is not a single number",
		Description: "By all of its name, as the list has it.", Answer: document,
	}, func(ctx context.Context, c caller, in *documentIn) (*documentOut, error) {
		r, results, err := a.resultsOf(ctx, c, OfRun{Run: in.Run})
		if err != nil {
			return nil, err
		}
		d, err := results.AnalyticsDocument(ctx, c.Scope(), r.Job, r.ID, clickhouse.AnalyticsDocument{
			Kind: in.Kind, Place: authz.Place{Region: in.Region, Project: in.Project}, Subject: in.Subject,
		})
		return &documentOut{analyticsDocument{Kind: d.Kind, Place: d.Place, Subject: d.Subject, Size: d.Size, Body: d.Body}}, err
	})
}

// resultsOf finds the run whose results are wanted: one that ended well.
func (a *API) resultsOf(ctx context.Context, c caller, of OfRun) (runs.Run, AnalyticsResults, error) {
	view, err := a.runs(c)
	if err != nil {
		return runs.Run{}, nil, err
	}
	results, err := a.results()
	if err != nil {
		return runs.Run{}, nil, err
	}
	for name, at := range map[string]time.Time{"as_of": of.AsOf, "from": of.From, "to": of.To} {
		if !at.IsZero() && !within(at) {
			return runs.Run{}, nil, invalid(name, at.Format(time.RFC3339), "is not between 1970 and 2200")
		}
	}
	var r runs.Run
	switch {
	case (of.Run == "") == (of.Job == ""):
		return r, nil, invalid("run", of.Run, "say whose results: either those of a run, or those of a job")
	case of.Run != "" && (!of.AsOf.IsZero() || !of.From.IsZero() || !of.To.IsZero()):
		return r, nil, invalid("run", of.Run, "is one run: as_of, from and to choose among those of a job")
	case of.From.IsZero() != of.To.IsZero():
		return r, nil, invalid("from", "", "and to are given together or not at all")
	case of.Run != "":
		r, err = view.Result(ctx, of.Run)
	default:
		r, err = view.Latest(ctx, of.Job, runs.Of{AsOf: of.AsOf, From: of.From, To: of.To})
	}
	if errors.Is(err, runs.ErrNotFound) {
		err = registry.ErrNotFound
	}
	return r, results, err
}

func (a *API) analyticsChanges(ctx context.Context, c caller, in *changesIn) (*changesOut, error) {
	r, results, err := a.resultsOf(ctx, c, OfRun{Run: in.Run})
	if err != nil {
		return nil, err
	}
	against, _, err := a.resultsOf(ctx, c, OfRun{Run: in.Against})
	if err != nil {
		return nil, err
	}
	if against.Job != r.Job {
		return nil, invalid("against", in.Against, "is a run of another job, %s and not %s", against.Job, r.Job)
	}
	q, err := in.query(r)
	if err != nil {
		return nil, err
	}
	q.Building, q.Against, q.Changed = in.Building, against.ID, in.Changed
	page, err := results.AnalyticsChanges(ctx, c.Scope(), q)
	out := &changesOut{Link: linkTo(ctx, page.Next)}
	out.Body.Run, out.Body.Against, out.Body.Next = r, against, page.Next
	out.Body.Items = append([]clickhouse.NumberChange{}, page.Changes...)
	return out, err
}

// linkOfRun is the address of the next page, which is of the same run also when
// there is a later one by then.
func linkOfRun(ctx context.Context, r runs.Run, next string) string {
	v := visitFrom(ctx)
	if next == "" || v == nil {
		return ""
	}
	query := v.url.Query()
	for _, name := range []string{"job", "as_of", "from", "to"} {
		query.Del(name)
	}
	query.Set("run", r.ID)
	query.Set("cursor", next)
	to := url.URL{Path: v.url.Path, RawQuery: query.Encode()}
	return "<" + to.String() + `>; rel="next"`
}
