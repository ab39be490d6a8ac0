package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/incident"
	"steward/internal/runs"
)

// Analytics knows the jobs and has them run.
type Analytics interface {
	// Jobs are the jobs by name.
	Jobs() []AnalyticsJob
	// Start queues a run. When the same is queued or running already, that is
	// returned and fresh is false. A request that cannot be is a
	// registry.InvalidError.
	Start(ctx context.Context, who authz.Principal, r AnalyticsRequest) (run runs.Run, fresh bool, err error)
}

// AnalyticsJob is an analysis.
type AnalyticsJob struct {
	Name   string           `json:"name" example:"consumption"`
	Title  incident.Text    `json:"title"`
	About  string           `json:"about"`
	Every  string           `json:"every" example:"daily" doc:"hourly, daily, monthly or on demand."`
	At     string           `json:"at,omitempty" example:"02:30" doc:"When, by the company's clocks; :05 for an hourly one at five past each hour."`
	Needs  []string         `json:"needs" nullable:"false" doc:"Jobs of which the newest results must be there first."`
	Params []AnalyticsParam `json:"params" nullable:"false" doc:"What a run may be told besides its period."`
	Off    bool             `json:"off" doc:"Does not run by itself: switched off in the configuration."`
	Next   *time.Time       `json:"next,omitempty" doc:"When it runs by itself next."`
	Last   *runs.Run        `json:"last,omitempty" doc:"The run that was queued last."`
	Result *runs.Run        `json:"result,omitempty" doc:"The run whose results are the present ones."`
}

// AnalyticsParam is one thing that a run may be told.
type AnalyticsParam struct {
	Name    string `json:"name" example:"level"`
	About   string `json:"about"`
	Default string `json:"default,omitempty"`
}

// AnalyticsRequest is a run that somebody wants.
type AnalyticsRequest struct {
	Job    string            `json:"job" required:"true" maxLength:"64" example:"consumption"`
	From   time.Time         `json:"from,omitzero" doc:"The period; the job's own when both times are absent."`
	To     time.Time         `json:"to,omitzero" doc:"Not included; now when only from is given."`
	Params map[string]string `json:"params,omitempty" maxProperties:"20" doc:"As the job lists them. Results of a run with params are never the present ones: read them by the run's id."`
}

// AnalyticsResults is where results are: clickhouse.Store. Whether a run may be
// asked for is found out before.
type AnalyticsResults interface {
	AnalyticsNumbers(context.Context, authz.Scope, clickhouse.ResultsQuery) (clickhouse.NumbersPage, error)
	AnalyticsChanges(context.Context, authz.Scope, clickhouse.ResultsQuery) (clickhouse.ChangesPage, error)
	AnalyticsDocuments(context.Context, authz.Scope, clickhouse.ResultsQuery) (clickhouse.DocumentsPage, error)
	AnalyticsDocument(ctx context.Context, scope authz.Scope, job, run string, named clickhouse.AnalyticsDocument) (clickhouse.AnalyticsDocument, error)
	AnalyticsRisks(context.Context, authz.Scope, clickhouse.RisksQuery) ([]clickhouse.DeviceRisk, error)
}

var _ AnalyticsResults = (*clickhouse.Store)(nil)

func (a *API) analytics() (Analytics, error) {
	if a.Analytics == nil {
		return nil, notHere("analytics")
	}
	return a.Analytics, nil
}

// runs are the runs as the caller may see them.
func (a *API) runs(c caller) (*runs.View, error) {
	if a.Runs == nil {
		return nil, notHere("analytics")
	}
	return a.Runs.As(c.Principal), nil
}

func (a *API) results() (AnalyticsResults, error) {
	if a.Results == nil {
		return nil, notHere("the store of results")
	}
	return a.Results, nil
}

type analyticsJobsOut struct {
	Body struct {
		Items []AnalyticsJob `json:"items" nullable:"false"`
	} `nameHint:"AnalyticsJobs"`
}

type runsIn struct {
	PageIn
	Job     string       `query:"job" maxLength:"64" doc:"Only those of this job." example:"consumption"`
	State   []runs.State `query:"state" enum:"queued,running,done,failed,cancelled" maxItems:"5" doc:"Only those in one of these states."`
	Regular bool         `query:"regular" doc:"Only those over the job's own period."`
}

type RunPath struct {
	Run string `path:"run" pattern:"^[0-9]{8}-[a-z2-7]{16}$" example:"20261122-mfrggzdfmztwq2lk" doc:"The run."`
}

type runOut struct {
	Status   int
	Location string `header:"Location" doc:"Where a new run is."`
	Body     runs.Run
}

type runStart struct{ Body AnalyticsRequest }

type runPin struct {
	RunPath
	Body struct {
		Name string `json:"name" required:"true" minLength:"1" maxLength:"200" example:"report:monthly/2026-10" doc:"What needs the run."`
	} `nameHint:"AnalyticsPin"`
}

const (
	oneRun    = "/analytics/runs/{run}"
	runsShown = "A run is of the whole company. What it was told, by whom, and why it failed is shown to those who see all of it."
)

func (a *API) registerAnalytics() {
	register(a, authz.Read, operation{
		ID: "list-analytics-jobs", Method: http.MethodGet, Path: "/analytics/jobs", Tag: "Analytics", Summary: "List the analyses",
		Description: "With when they run, and their last run. " + runsShown, Answer: map[string]any{"items": []AnalyticsJob{exampleJob()}},
	}, a.analyticsJobs)
	register(a, authz.Read, operation{
		ID: "list-analytics-runs", Method: http.MethodGet, Path: "/analytics/runs", Tag: "Analytics", Summary: "List runs of analyses",
		Description: "Those that were queued last come first. " + runsShown, Answer: listBody[runs.Run]{Items: []runs.Run{exampleRun()}},
	}, func(ctx context.Context, c caller, in *runsIn) (*listOut[runs.Run], error) {
		view, err := a.runs(c)
		if err != nil {
			return nil, err
		}
		l, err := view.List(ctx, runs.Filter{Job: in.Job, States: in.State, Regular: in.Regular}, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	queued := exampleRun()
	queued.State, queued.StartedAt, queued.FinishedAt, queued.Coverage, queued.Version = runs.Queued, nil, nil, nil, ""
	queued.Numbers, queued.Documents, queued.Progress, queued.Regular = 0, 0, runs.Progress{}, false
	register(a, authz.Configure, operation{
		ID: "start-analytics-run", Method: http.MethodPost, Path: "/analytics/runs", Tag: "Analytics", Summary: "Run an analysis",
		Description: "It is queued; its progress is to be read from the run. The same that is queued or running already is answered with 200.",
		Everywhere:  true, Status: http.StatusCreated,
		Request: AnalyticsRequest{Job: "consumption", From: exampleTime.AddDate(0, -1, 0), To: exampleTime}, Answer: queued,
	}, a.startRun)
	register(a, authz.Read, operation{
		ID: "get-analytics-run", Method: http.MethodGet, Path: oneRun, Tag: "Analytics", Summary: "Read a run",
		Description: runsShown, Answer: exampleRun(),
	}, func(ctx context.Context, c caller, in *RunPath) (*runOut, error) {
		view, err := a.runs(c)
		if err != nil {
			return nil, err
		}
		r, err := view.Get(ctx, in.Run)
		return &runOut{Status: http.StatusOK, Body: r}, err
	})
	register(a, authz.Configure, operation{
		ID: "cancel-analytics-run", Method: http.MethodPost, Path: oneRun + "/cancel", Tag: "Analytics", Summary: "Cancel a run",
		Description: "One that runs ends within a few seconds; one that has ended stays as it is.", Everywhere: true, Answer: exampleRun(),
	}, func(ctx context.Context, c caller, in *RunPath) (*runOut, error) {
		view, err := a.runs(c)
		if err != nil {
			return nil, err
		}
		r, err := view.Cancel(ctx, in.Run)
		if err != nil {
			return nil, err
		}
		return &runOut{Status: http.StatusOK, Body: r}, a.note(ctx, c, Deed{Action: "analytics_run.cancel", Kind: "analytics_run", Key: in.Run})
	})
	for _, pin := range []struct {
		verb, summary, description string
		do                         func(*runs.View, context.Context, string, string) error
	}{
		{"pin", "Keep a run", "Its results stay for as long as something of this name needs them. Only runs that ended well can be kept.", (*runs.View).Pin},
		{"unpin", "Keep a run no longer", "It goes when it is old, if nothing else needs it.", (*runs.View).Unpin},
	} {
		register(a, authz.Configure, operation{
			ID: pin.verb + "-analytics-run", Method: http.MethodPost, Path: oneRun + "/" + pin.verb, Tag: "Analytics", Summary: pin.summary,
			Description: pin.description, Everywhere: true, Request: map[string]any{"name": "report:monthly/2026-10"}, Answer: exampleRun(),
		}, func(ctx context.Context, c caller, in *runPin) (*runOut, error) {
			view, err := a.runs(c)
			if err != nil {
				return nil, err
			}
			if err := pin.do(view, ctx, in.Run, in.Body.Name); err != nil {
				return nil, err
			}
			if err := a.note(ctx, c, Deed{Action: "analytics_run." + pin.verb, Kind: "analytics_run", Key: in.Run, After: in.Body}); err != nil {
				return nil, err
			}
			r, err := view.Get(ctx, in.Run)
			return &runOut{Status: http.StatusOK, Body: r}, err
		})
	}
	a.registerAnalyticsResults()
	a.registerRisks()
}

func (a *API) analyticsJobs(ctx context.Context, c caller, _ *struct{}) (*analyticsJobsOut, error) {
	known, err := a.analytics()
	if err != nil {
		return nil, err
	}
	view, err := a.runs(c)
	if err != nil {
		return nil, err
	}
	out := &analyticsJobsOut{}
	out.Body.Items = known.Jobs()
	if out.Body.Items == nil {
		out.Body.Items = []AnalyticsJob{}
	}
	for i := range out.Body.Items {
		j := &out.Body.Items[i]
		if j.Needs == nil {
			j.Needs = []string{}
		}
		if j.Params == nil {
			j.Params = []AnalyticsParam{}
		}
		last, err := view.List(ctx, runs.Filter{Job: j.Name}, runs.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(last.Items) > 0 {
			j.Last = &last.Items[0]
		}
		switch result, err := view.Latest(ctx, j.Name, runs.Of{}); {
		case err == nil:
			j.Result = &result
		case !errors.Is(err, runs.ErrNotFound):
			return nil, err
		}
	}
	return out, nil
}

func (a *API) startRun(ctx context.Context, c caller, in *runStart) (*runOut, error) {
	for _, at := range []time.Time{in.Body.From, in.Body.To} {
		if !at.IsZero() && !within(at) {
			return nil, invalid("from", at.Format(time.RFC3339), "the time is not between 1970 and 2200")
		}
	}
	known, err := a.analytics()
	if err != nil {
		return nil, err
	}
	r, fresh, err := known.Start(ctx, c.Principal, in.Body)
	if err != nil {
		return nil, err
	}
	if !fresh {
		return &runOut{Status: http.StatusOK, Body: r}, nil
	}
	err = a.note(ctx, c, Deed{Action: "analytics_run.start", Kind: "analytics_run", Key: r.ID, After: in.Body})
	return &runOut{Status: http.StatusCreated, Location: Prefix + "/analytics/runs/" + r.ID, Body: r}, err
}

func exampleJob() AnalyticsJob {
	next, run := exampleTime.Add(20*time.Hour), exampleRun()
	return AnalyticsJob{
		Name: "consumption", Title: incident.Text{ZH: "用量", EN: "Consumption"}, About: "Use per hour and day, from counters that may be reset or replaced.",
		Every: "daily", At: "02:30", Needs: []string{}, Params: []AnalyticsParam{}, Next: &next, Last: &run, Result: &run,
	}
}

func exampleRun() runs.Run {
	started, finished, coverage := exampleTime.Add(time.Second), exampleTime.Add(42*time.Second), 0.983
	return runs.Run{
		ID: "20261120-mfrggzdfmztwq2lk", Job: "consumption", From: exampleTime.AddDate(0, 0, -1), To: exampleTime, Regular: true, Attempt: 1,
		State: runs.Done, QueuedAt: exampleTime, ReadyAt: exampleTime, StartedAt: &started, FinishedAt: &finished,
		By: runs.Starter{Kind: authz.System, ID: "schedule", Name: "schedule"}, Progress: runs.Progress{Done: 120, Total: 120, What: "north/harbour"},
		Version: "0.5.0", Coverage: &coverage, Numbers: 480, Documents: 1,
	}
}
