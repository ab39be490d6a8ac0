package api

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/controldb/controldbtest"
	"steward/internal/runs"
)

// analyticsStandIn queues runs, which nobody carries out.
type analyticsStandIn struct{ store *runs.Store }

func (s analyticsStandIn) Jobs() []AnalyticsJob {
	return []AnalyticsJob{{Name: "reliability", Every: "daily", At: "02:30"}}
}

func (s analyticsStandIn) Start(ctx context.Context, who authz.Principal, r AnalyticsRequest) (runs.Run, bool, error) {
	return s.store.Enqueue(ctx, runs.New{Job: r.Job, From: r.From, To: r.To, Params: r.Params, By: runs.StarterOf(who)})
}

// analyticsRecipes are those of analyses. Runs are of the whole company; what they
// found out is of places.
func analyticsRecipes() map[string]recipe {
	return map[string]recipe{
		"list-analytics-jobs": {needs: authz.Read, where: anywhere, call: func(aim) call { return get("/analytics/jobs") }},
		"list-analytics-runs": {needs: authz.Read, where: anywhere, call: func(aim) call { return get("/analytics/runs?job=reliability&state=done") }},
		"get-analytics-run":   {needs: authz.Read, where: anywhere, call: func(a aim) call { return get("/analytics/runs/" + a.run) }},
		"start-analytics-run": {needs: authz.Configure, where: atHQ, call: func(a aim) call {
			return post("/analytics/runs", fields{"job": "reliability", "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z", "params": fields{"level": "0.9"}})
		}},
		"cancel-analytics-run": {needs: authz.Configure, where: atHQ, call: func(a aim) call { return post("/analytics/runs/"+a.run+"/cancel", nil) }},
		"pin-analytics-run":    {needs: authz.Configure, where: atHQ, call: func(a aim) call { return post("/analytics/runs/"+a.run+"/pin", fields{"name": "report:x"}) }},
		"unpin-analytics-run":  {needs: authz.Configure, where: atHQ, call: func(a aim) call { return post("/analytics/runs/"+a.run+"/unpin", fields{"name": "report:x"}) }},

		"analytics-numbers": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call {
			return get("/analytics/numbers" + a.query("job", "reliability", "kind", "mtbf"))
		}},
		"analytics-changes": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call {
			return get("/analytics/runs/" + a.run + "/changes" + a.query("against", a.against))
		}},
		"analytics-documents": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call {
			return get("/analytics/documents" + a.query("run", a.run))
		}},
		"analytics-risks": {needs: authz.Read, where: anywhere, lists: true, call: func(a aim) call {
			return get("/analytics/runs/" + a.forecasts + "/risks" + a.query("class", "elevator", "days", "90"))
		}},
		"analytics-document": {needs: authz.Read, call: func(a aim) call {
			return get("/analytics/runs/" + a.run + "/document" + a.query("kind", "plan", "subject", "estate:"+a.at.Project))
		}},
	}
}

// plantAnalytics makes two runs that found out something of each estate, of the
// regions and of the company.
func (w *world) plantAnalytics() {
	w.t.Helper()
	w.against = w.analyticsRun(1)
	w.run = w.analyticsRun(2)
	w.forecasts = w.forecastRun()
}

// forecastRun is a run that forecasts the failures of a lift and a meter of each
// estate: lifts of later ones fail likelier.
func (w *world) forecastRun() string {
	w.t.Helper()
	ctx := w.t.Context()
	to := w.now.Truncate(24 * time.Hour)
	r, _, err := w.runs.Enqueue(ctx, runs.New{Job: lifetimesJob, From: to.AddDate(-1, 0, 0), To: to, Regular: true, By: runs.StarterOf(root)})
	w.must(err)
	r, err = w.runs.Claim(ctx, r.ID, "test", "v1", time.Minute)
	w.must(err)
	written := clickhouse.AnalyticsRun{ID: r.ID, Job: r.Job, ComputedAt: *r.StartedAt}
	for i, at := range estates() {
		risk := func(p float64) string { return fmt.Sprintf(`{"value":%g,"low":0.1,"high":0.9,"n":7}`, p) }
		w.must(w.data.PutAnalyticsDocument(ctx, written, clickhouse.AnalyticsDocument{Kind: "prospects", Place: at, Body: []byte(fmt.Sprintf(
			`{"at":"2026-11-01T00:00:00Z","devices":[{"class":"elevator","device":"lift-%[1]s","fail_90d":%[2]s,"fail_365d":%[3]s,"pool":"class:elevator","caveats":[{"code":"wear","zh":"磨","en":"wear"}]},`+
				`{"class":"meter","device":"meter-%[1]s","fail_90d":{"value":null,"why":"insufficient data"},"fail_365d":%[2]s}]}`,
			at.Project, risk(0.2+0.1*float64(i)), risk(0.8-0.1*float64(i)),
		))}))
	}
	_, err = w.runs.Finish(ctx, r.ID, "test", runs.Outcome{State: runs.Done, Documents: int64(len(estates()))})
	w.must(err)
	return r.ID
}

func (w *world) analyticsRun(value float64) string {
	w.t.Helper()
	ctx := w.t.Context()
	to := w.now.Truncate(24 * time.Hour)
	r, _, err := w.runs.Enqueue(ctx, runs.New{Job: "reliability", From: to.AddDate(0, 0, -1), To: to, Regular: true, By: runs.StarterOf(root)})
	w.must(err)
	r, err = w.runs.Claim(ctx, r.ID, "test", "v1", time.Minute)
	w.must(err)
	written := clickhouse.AnalyticsRun{ID: r.ID, Job: r.Job, ComputedAt: *r.StartedAt}
	total := 4 * value
	numbers := []clickhouse.AnalyticsNumber{{Kind: "mtbf", Unit: "h", Value: &total, Why: "of zqharbour, zqhill, zqpark and zqlake"}}
	for _, at := range estates() {
		numbers = append(numbers,
			clickhouse.AnalyticsNumber{Kind: "mtbf", Place: at, Building: "b-" + at.Project, Subject: "model:model-" + at.Project, Unit: "h", Value: &value, Low: &value, High: &total, Level: 0.95, N: 3},
			clickhouse.AnalyticsNumber{Kind: "mttr", Place: at, Why: "insufficient data: no failure in " + at.Project})
		w.must(w.data.PutAnalyticsDocument(ctx, written, clickhouse.AnalyticsDocument{Kind: "plan", Place: at, Subject: "estate:" + at.Project, Body: []byte(`{"of":"` + at.Project + `"}`)}))
	}
	for _, region := range []string{"zqnorth", "zqeast"} {
		numbers = append(numbers, clickhouse.AnalyticsNumber{Kind: "mtbf", Place: authz.Place{Region: region}, Unit: "h", Value: &value, Why: "all estates of " + region})
	}
	w.must(w.data.PutAnalyticsNumbers(ctx, written, numbers))
	w.must(w.data.PutAnalyticsDocument(ctx, written, clickhouse.AnalyticsDocument{Kind: "plan", Body: []byte(`{"of":["zqharbour","zqhill","zqpark","zqlake"]}`)}))
	w.now = w.now.Add(time.Second) // so that one of two is later
	_, err = w.runs.Finish(ctx, r.ID, "test", runs.Outcome{State: runs.Done, Numbers: int64(len(numbers)), Documents: 5, Progress: runs.Progress{What: "zqharbour"}})
	w.must(err)
	return r.ID
}

// openRuns is the database of runs of a world.
func (w *world) openRuns() {
	w.runs = runs.NewStore(controldbtest.SQLiteAnalytics(w.t), runs.Options{Now: func() time.Time { return w.now }})
}

// query adds parameters to an address.
func query(path string, more ...string) string {
	q := url.Values{}
	for i := 0; i < len(more); i += 2 {
		q.Add(more[i], more[i+1])
	}
	return path + "?" + q.Encode()
}
