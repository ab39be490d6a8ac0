package replacement

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"steward/analytics"
	"steward/analytics/forecast"
	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
	"steward/internal/runs"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// fakeLifetimes is a job of that name that writes documents as the real one does.
func fakeLifetimes(w *world) job.Job {
	return job.Job{
		Name: Needs, Title: incident.Text{ZH: "寿命", EN: "Lifetimes"}, About: "lives", Every: job.Monthly, At: 4 * time.Hour,
		Period: New(Options{}).Period,
		Run: func(ctx context.Context, r *job.Run) error {
			for _, l := range w.lives {
				if err := r.Note(ctx, "life", "", "", l.Pool, l); err != nil {
					return err
				}
			}
			for i, p := range w.parts {
				if err := r.Note(ctx, "prospects", p.at.Region, p.at.Project, fmt.Sprint("part-", i), forecast.Prospects{Devices: p.devices}); err != nil {
					return err
				}
			}
			return r.Note(ctx, "other", "", "", "", "something else")
		},
	}
}

// From the documents of an earlier run to a plan that can be read, on the real engine
// and the real store of runs.
func TestOnTheEngine(t *testing.T) {
	db := clickhousetest.Start(t)
	who := authz.SystemPrincipal("analytics")
	store := runs.NewStore(controldbtest.SQLiteAnalytics(t), runs.Options{})
	w := six()
	w.add("south/lake", lift("e7", 4, 0)) // another part
	w.lives = []forecast.Life{{Pool: "model:A/1", Class: "elevator", Repaired: true, Parts: []forecast.Part{
		weibullPart("E35", 3, 1, [2][2]float64{{0.004, 0.001}, {0.001, 0.002}}),
	}}}
	o := Options{Policy: policyOf(t, "budgets:\n  - {place: hq, cny: 2000}\n"), Zone: china, Prospects: Stored(store.As(who), db, who.Scope(authz.Read))}
	service, err := analytics.New(analytics.Options{
		Jobs: []job.Job{fakeLifetimes(w), New(o)}, Runs: store, Results: db, Zone: china, Owner: "test", Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	carry := func(params map[string]string) runs.Run {
		t.Helper()
		r, err := service.Foreground(t.Context(), who, analytics.Request{Job: "replacement", Params: params}, func(runs.Run) {})
		if err != nil || r.State != runs.Done {
			t.Fatalf("%+v: %v", r, err)
		}
		return r
	}
	read := func(run, kind, place, subject string, into any) {
		t.Helper()
		at, err := authz.ParsePlace(place)
		if err != nil {
			t.Fatal(err)
		}
		d, err := db.AnalyticsDocument(t.Context(), who.Scope(authz.Read), "replacement", run, clickhouse.AnalyticsDocument{Kind: kind, Place: at, Subject: subject})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(d.Body, into); err != nil {
			t.Fatal(err)
		}
	}
	plan := func(run, place, want string) Plan {
		t.Helper()
		var p Plan
		if read(run, "plan", place, "", &p); brief(p) != want {
			t.Errorf("plan of %s: %s, want %s", place, brief(p), want)
		}
		return p
	}

	r := carry(nil) // and what it needs before it
	if !r.Regular || r.Coverage == nil || *r.Coverage != 1 {
		t.Errorf("%+v", r)
	}
	lives, err := store.LastDone(t.Context(), Needs)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		to   time.Time
		want string
	}{{lives.To, lives.ID}, {lives.To.AddDate(0, 1, 0), ""}} {
		if run, _, err := o.Prospects.Latest(t.Context(), lives.From, f.to); err != nil || run != f.want {
			t.Errorf("lives until %s are those of %q, want %q: %v", f.to, run, f.want, err)
		}
	}
	if p := plan(r.ID, "hq", "e7 e1 | e3 e2 e4 e5"); p.Run != lives.ID || p.Asof != lives.To.UTC().Format(time.RFC3339) || p.Lines[0].Project != "lake" {
		t.Errorf("%+v", p)
	}
	plan(r.ID, "south/lake", "e7 | e4")
	plan(r.ID, "north", "e1 | e3 e2 e5")
	var c Curve
	if read(r.ID, "cost_curve", "hq", "model:A/1", &c); c.Devices != 7 || c.Planned != 1000 || c.Failure != 200 || c.RunToFailure == nil || len(c.Points) != curvePoints {
		t.Errorf("%+v", c)
	}
	// What somebody asks for beside it goes by the same lives, and is not the present
	// result.
	other := carry(map[string]string{"budget": "4000", "year": "2031"})
	if p := plan(other.ID, "hq", "e7 e1 e3 e2 | e4 e5"); p.Year != 2031 || p.Run != lives.ID {
		t.Errorf("%+v", p)
	}
	page, err := db.AnalyticsNumbers(t.Context(), who.Scope(authz.Read), clickhouse.ResultsQuery{Job: "replacement", Run: r.ID, Kinds: []string{"plan_cost"}})
	if err != nil || len(page.Numbers) != 6 || *page.Numbers[0].Value != 2000 || page.Numbers[0].Place != authz.HQ {
		t.Errorf("%+v: %v", page, err)
	}
	latest, err := store.Latest(t.Context(), "replacement", runs.Of{})
	if err != nil || latest.ID != r.ID {
		t.Errorf("%s is the present one, want %s: %v", latest.ID, r.ID, err)
	}

	// Somebody who sees one project is not told of others.
	scope := authz.Principal{}.Scope(authz.Read)
	if err := Stored(store.As(authz.Principal{}), db, scope).Each(t.Context(), lives.ID, func(at authz.Place, _ forecast.Prospects) error {
		t.Errorf("%s is shown", at)
		return nil
	}); err != nil {
		t.Error(err)
	}
}
