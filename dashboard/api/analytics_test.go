package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/runs"
)

// numbersBody is an answer of analytics-numbers as clients read it.
type numbersBody struct {
	Run   runs.Run
	Items []struct {
		Kind, Region, Project, Subject, Why string
		Value                               *float64
	}
	Next string
}

func TestNumbersOfALatestRun(t *testing.T) {
	w := newWorld(t)
	hq := somebody(authz.Viewer, authz.HQ)
	f := func(want string, n int, more ...string) {
		t.Helper()
		body := answerIn[numbersBody](t, w.do(hq, get(query("/analytics/numbers", more...))), http.StatusOK)
		if body.Run.ID != want || len(body.Items) != n {
			t.Errorf("%q: %d numbers of run %s, want %d of %s", more, len(body.Items), body.Run.ID, n, want)
		}
	}
	run, err := w.runs.Get(t.Context(), w.run)
	w.must(err)
	f(w.run, 11, "job", "reliability")
	f(w.against, 11, "run", w.against)
	f(w.against, 11, "job", "reliability", "as_of", run.FinishedAt.Add(-time.Millisecond).Format(time.RFC3339Nano))
	f(w.run, 11, "job", "reliability", "from", run.From.Format(time.RFC3339), "to", run.To.Format(time.RFC3339))
	f(w.run, 7, "job", "reliability", "kind", "mtbf")
	f(w.run, 4, "job", "reliability", "type", "model")
	f(w.run, 1, "job", "reliability", "per", "company")
	f(w.run, 2, "job", "reliability", "region", "zqnorth", "project", "zqhill")
	f(w.run, 1, "job", "reliability", "building", "b-zqhill")

	missing := func(status int, field string, more ...string) {
		t.Helper()
		p := problemIn(t, w.do(hq, get(query("/analytics/numbers", more...))))
		if p.Status != status || field != "" && (len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Field, field)) {
			t.Errorf("%q: %+v, want %d about %s", more, p, status, field)
		}
	}
	missing(404, "", "job", "consumption")
	missing(404, "", "run", "20260101-aaaaaaaaaaaaaaaa")
	missing(404, "", "job", "reliability", "as_of", "2001-01-01T00:00:00Z")
	missing(422, "run")
	missing(422, "run", "job", "reliability", "run", w.run)
	missing(422, "run", "run", w.run, "as_of", "2026-01-01T00:00:00Z")
	missing(422, "from", "job", "reliability", "from", "2026-01-01T00:00:00Z")
	missing(422, "as_of", "job", "reliability", "as_of", "3026-01-01T00:00:00Z")
	missing(422, "project", "job", "reliability", "project", "zqhill")
	missing(422, "region", "job", "reliability", "region", "Zq")
	missing(422, "per", "job", "reliability", "per", "floor")
}

// A run that fails, is cancelled or is under way has no results, whatever it wrote.
func TestRunsThatDidNotEndWellHaveNoResults(t *testing.T) {
	w := newWorld(t)
	hq := somebody(authz.Administrator, authz.HQ)
	r, _, err := w.runs.Enqueue(t.Context(), runs.New{Job: "reliability", From: w.now.Add(-time.Hour), To: w.now, Regular: true, By: runs.StarterOf(root)})
	w.must(err)
	for _, state := range []runs.State{runs.Queued, runs.Running, runs.Failed} {
		switch state {
		case runs.Running:
			_, err = w.runs.Claim(t.Context(), r.ID, "test", "v1", time.Minute)
		case runs.Failed:
			_, err = w.runs.Finish(t.Context(), r.ID, "test", runs.Outcome{State: runs.Failed, Error: "broken at zqharbour"})
		}
		w.must(err)
		for _, path := range []string{"/analytics/numbers?run=" + r.ID, "/analytics/documents?run=" + r.ID, "/analytics/runs/" + r.ID + "/changes?against=" + w.run, "/analytics/runs/" + w.run + "/changes?against=" + r.ID, "/analytics/runs/" + r.ID + "/document?kind=plan"} {
			if p := problemIn(t, w.do(hq, get(path))); p.Status != 404 {
				t.Errorf("%s, %s: %+v", state, path, p)
			}
		}
		if body := answerIn[numbersBody](t, w.do(hq, get("/analytics/numbers?job=reliability")), 200); body.Run.ID != w.run {
			t.Errorf("%s: the latest is %s", state, body.Run.ID)
		}
	}
	if p := problemIn(t, w.do(hq, post("/analytics/runs/"+r.ID+"/pin", fields{"name": "x"}))); p.Status != 404 {
		t.Errorf("a run that failed was pinned: %+v", p)
	}
	// Why it failed is for those who see everything.
	for who, want := range map[authz.Place]string{authz.HQ: "broken at zqharbour", {Region: "zqeast"}: ""} {
		got := answerIn[runs.Run](t, w.do(somebody(authz.Viewer, who), get("/analytics/runs/"+r.ID)), 200)
		if got.State != runs.Failed || got.Error != want {
			t.Errorf("%s: %+v", who, got)
		}
	}
}

// Pages put together are the whole, also when a later run comes in between.
func TestPagesOfNumbers(t *testing.T) {
	w := newWorld(t)
	north := somebody(authz.Viewer, authz.Place{Region: "zqnorth"})
	var got []string
	next := call{method: http.MethodGet, path: "/analytics/numbers?job=reliability&limit=2"}
	first := w.run
	for range 10 {
		rec := w.do(north, next)
		body := answerIn[numbersBody](t, rec, 200)
		if body.Run.ID != first {
			t.Errorf("a page of run %s", body.Run.ID)
		}
		for _, n := range body.Items {
			got = append(got, fmt.Sprint(n.Kind, " ", n.Region, "/", n.Project, " ", n.Value != nil))
		}
		link := rec.Header().Get("Link")
		if link == "" {
			break
		}
		address, _, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
		next = get(strings.TrimPrefix(address, Prefix))
		w.run = w.analyticsRun(3)
	}
	want := "mtbf zqnorth/ true, mtbf zqnorth/zqharbour true, mtbf zqnorth/zqhill true, mttr zqnorth/zqharbour false, mttr zqnorth/zqhill false"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestChangesBetweenRuns(t *testing.T) {
	w := newWorld(t)
	type changes struct {
		Run, Against runs.Run
		Items        []struct {
			Project string
			Was, Is *struct{ Value *float64 }
		}
	}
	path := "/analytics/runs/" + w.run + "/changes?against=" + w.against
	hill := somebody(authz.Viewer, hill)
	body := answerIn[changes](t, w.do(hill, get(path)), 200)
	if len(body.Items) != 1 || *body.Items[0].Was.Value != 1 || *body.Items[0].Is.Value != 2 || body.Against.ID != w.against {
		t.Errorf("%+v", body)
	}
	if body := answerIn[changes](t, w.do(hill, get(path+"&changed=false")), 200); len(body.Items) != 2 {
		t.Errorf("with what is the same: %+v", body)
	}
	r, _, err := w.runs.Enqueue(t.Context(), runs.New{Job: "other", From: w.now.Add(-time.Hour), To: w.now, By: runs.StarterOf(root)})
	w.must(err)
	_, err = w.runs.Claim(t.Context(), r.ID, "test", "v1", time.Minute)
	w.must(err)
	_, err = w.runs.Finish(t.Context(), r.ID, "test", runs.Outcome{State: runs.Done})
	w.must(err)
	if p := problemIn(t, w.do(hill, get("/analytics/runs/"+w.run+"/changes?against="+r.ID))); p.Status != 422 || p.Errors[0].Field != "against" {
		t.Errorf("of another job: %+v", p)
	}
}

func TestStartCancelAndPin(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, authz.HQ)
	ask := post("/analytics/runs", fields{"job": "reliability", "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"})
	rec := w.do(engineer, ask)
	r := answerIn[runs.Run](t, rec, 201)
	if r.State != runs.Queued || rec.Header().Get("Location") != Prefix+"/analytics/runs/"+r.ID || r.By.ID != engineer.ID {
		t.Errorf("%+v", r)
	}
	if again := answerIn[runs.Run](t, w.do(engineer, ask), 200); again.ID != r.ID {
		t.Errorf("the same was queued again: %+v", again)
	}
	if got := answerIn[runs.Run](t, w.do(engineer, post("/analytics/runs/"+r.ID+"/cancel", nil)), 200); got.State != runs.Cancelled {
		t.Errorf("%+v", got)
	}
	for verb, want := range map[string]int{"pin": 1} {
		if got := answerIn[runs.Run](t, w.do(engineer, post("/analytics/runs/"+w.run+"/"+verb, fields{"name": "report:2026-10"})), 200); len(got.Pins) != want {
			t.Errorf("%s: %+v", verb, got)
		}
	}
	if got := answerIn[runs.Run](t, w.do(engineer, post("/analytics/runs/"+w.run+"/unpin", fields{"name": "report:2026-10"})), 200); len(got.Pins) != 0 {
		t.Errorf("%+v", got)
	}
	audit := w.dump(t, "audit")
	for _, action := range []string{"analytics_run.start", "analytics_run.cancel", "analytics_run.pin", "analytics_run.unpin"} {
		if !strings.Contains(audit, action) {
			t.Errorf("%s is not in the audit log", action)
		}
	}
}

func TestAnalyticsElsewhere(t *testing.T) {
	w := newWorld(t)
	w.api.Analytics, w.api.Runs, w.api.Results = nil, nil, nil
	hq := somebody(authz.Administrator, authz.HQ)
	a := w.aimAt(t, harbour, false)
	for id, r := range analyticsRecipes() {
		if p := problemIn(t, w.do(hq, r.call(a))); p.Status != 503 && p.Status != 501 {
			t.Errorf("%s: %+v", id, p)
		}
	}
}
