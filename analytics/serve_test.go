package analytics

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

func TestTheScheduleIsKept(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		defer h.serve(slowly(h.service("a", nil, daily("response", 2, nil), daily("late", 23, nil)), time.Hour))()
		time.Sleep(3*24*time.Hour + time.Minute)
		h.want("response", "done 01-01 08:00", "done 01-02 02:00", "done 01-03 02:00", "done 01-04 02:00")
		h.want("late", "done 01-01 08:00", "done 01-01 23:00", "done 01-02 23:00", "done 01-03 23:00")
		r := h.all("response")[1]
		if from, to := r.From.In(h.zone).Format(time.DateTime), r.To.In(h.zone).Format(time.DateTime); from != "2026-01-01 00:00:00" || to != "2026-01-02 00:00:00" || !r.Regular {
			t.Errorf("%s to %s, %+v", from, to, r)
		}
		if len(h.results.good) != 8 {
			t.Errorf("ClickHouse knows of %d good runs", len(h.results.good))
		}
	})
}

// What was missed while nobody ran is made up once, for the newest turn.
func TestAMissedTurnIsMadeUpOnce(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		hourly := daily("hourly", 0, nil)
		hourly.Every = job.Hourly
		stop := h.serve(slowly(h.service("a", nil, daily("response", 2, nil), hourly), time.Hour))
		time.Sleep(time.Minute)
		stop()
		time.Sleep(10 * 24 * time.Hour)
		stop = h.serve(slowly(h.service("a", nil, daily("response", 2, nil), hourly), time.Hour))
		time.Sleep(time.Minute)
		stop()
		h.want("response", "done 01-01 08:00", "done 01-11 08:01")
		h.want("hourly", "done 01-01 08:00", "done 01-11 08:01")
		if to := h.all("response")[1].To.In(h.zone).Format(time.DateTime); to != "2026-01-11 00:00:00" {
			t.Errorf("made up to %s", to)
		}
		// And not again by another start.
		stop = h.serve(h.service("b", nil, daily("response", 2, nil), hourly))
		time.Sleep(time.Minute)
		stop()
		h.want("response", "done 01-01 08:00", "done 01-11 08:01")
	})
}

func TestTwoProcessesRunEachTurnOnce(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		var running, most, times atomic.Int64
		j := daily("response", 2, func(ctx context.Context, _ *job.Run) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			times.Add(1)
			return sleep(ctx, time.Minute)
		})
		for _, owner := range []string{"a", "b", "c"} {
			defer h.serve(slowly(h.service(owner, nil, j), 30*time.Minute))()
		}
		time.Sleep(2 * 24 * time.Hour)
		if times.Load() != 3 || most.Load() != 1 {
			t.Errorf("ran %d times, %d at once", times.Load(), most.Load())
		}
	})
}

// A process dies in the middle of a run, which here is one that claims it and does
// nothing more: another one takes over when the lease has ended.
func TestAnotherProcessTakesOver(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		j := daily("response", 2, nil)
		dead := h.service("dead", nil, j)
		r, err := dead.queueTurn(t.Context(), j, lastTurn(j, time.Now(), h.zone))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.runs.Claim(t.Context(), r.ID, "dead", "test", lease); err != nil {
			t.Fatal(err)
		}
		defer h.serve(h.service("b", nil, j))()
		time.Sleep(lease - time.Second)
		h.want("response", "running 01-01 08:00")
		time.Sleep(lookEvery + time.Second)
		h.want("response", "failed 01-01 08:00", "done 01-01 08:01")
		time.Sleep(2 * time.Minute)
		h.alarm.want(t, "response recovered") // it was tried again, and no failure
	})
}

// A process that cannot reach the database ends its run before others may take it.
func TestALostLeaseEndsTheRun(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		var ended error
		j := daily("response", 2, func(ctx context.Context, r *job.Run) error {
			<-ctx.Done()
			ended = context.Cause(ctx)
			return r.Write(context.WithoutCancel(ctx), []job.Number{{Kind: "x", Value: ptr(1)}}) // late
		})
		s := h.service("a", nil, j)
		r, _, err := s.Start(t.Context(), authz.SystemPrincipal("test"), Request{Job: "response"})
		if err != nil {
			t.Fatal(err)
		}
		claimed, err := h.runs.Claim(t.Context(), r.ID, "a", "test", lease)
		if err != nil {
			t.Fatal(err)
		}
		s.Owner = "another" // so that the lease is not ours
		s.execute(t.Context(), j, claimed, execution{})
		if !errors.Is(ended, runs.ErrLost) {
			t.Errorf("ended by %v", ended)
		}
		if len(h.results.numbers) > 0 {
			t.Error("what was written late was taken")
		}
	})
}

func TestAFailedRunIsTriedAgainAndThenTold(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		fail := true
		j := daily("response", 2, func(context.Context, *job.Run) error {
			if fail {
				return errBroken
			}
			return nil
		})
		defer h.serve(slowly(h.service("a", nil, j), 10*time.Minute))()
		time.Sleep(15 * time.Minute)
		h.want("response", "failed 01-01 08:00", "failed 01-01 08:10", "queued")
		h.alarm.want(t)
		time.Sleep(10 * time.Minute)
		h.want("response", "failed 01-01 08:00", "failed 01-01 08:10", "failed 01-01 08:20")
		h.alarm.want(t, "response failed: broken")
		time.Sleep(time.Hour)
		h.alarm.want(t) // once
		fail = false
		time.Sleep(18*time.Hour + time.Minute)
		h.alarm.want(t, "response recovered")
		if _, err := h.runs.As(authz.SystemPrincipal("x")).Result(t.Context(), h.all("response")[0].ID); !errors.Is(err, runs.ErrNotFound) {
			t.Errorf("results of a run that failed: %v", err)
		}
	})
}

// What could not be told is told later, also by another process.
func TestFailuresAreToldUntilTheyAreHeard(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		j := daily("response", 2, func(context.Context, *job.Run) error { return errBroken })
		h.alarm.fail = errBroken
		stop := h.serve(slowly(h.service("a", nil, j), 5*time.Minute))
		time.Sleep(30 * time.Minute)
		stop()
		h.alarm.mu.Lock()
		h.alarm.fail = nil
		h.alarm.mu.Unlock()
		defer h.serve(h.service("b", nil, j))()
		time.Sleep(2 * time.Minute)
		h.alarm.want(t, "response failed: broken")
	})
}

func TestAPanicIsAFailedRun(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		j := daily("response", 2, func(context.Context, *job.Run) error {
			panic("no such device")
		})
		defer h.serve(h.service("a", nil, j, daily("other", 3, nil)))()
		time.Sleep(time.Minute)
		if r := h.all("response")[0]; r.State != runs.Failed || r.Error != "panic: no such device" {
			t.Errorf("%+v", r)
		}
		h.want("other", "done 01-01 08:00")
	})
}

func TestATimeLimitEndsARun(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		j := daily("response", 2, func(ctx context.Context, _ *job.Run) error { return sleep(ctx, time.Hour) })
		defer h.serve(h.service("a", func(o *Options) { o.TimeLimit = time.Minute }, j))()
		time.Sleep(2 * time.Minute)
		if r := h.all("response")[0]; r.State != runs.Failed || r.Error != "it took longer than its time limit, 1m0s" || r.FinishedAt.Sub(*r.StartedAt) != time.Minute {
			t.Errorf("%+v", r)
		}
	})
}

func TestACancelledRunEnds(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		j := daily("response", 2, func(ctx context.Context, r *job.Run) error {
			r.Progress(1, 3, "reading")
			return sleep(ctx, time.Hour)
		})
		defer h.serve(slowly(h.service("a", nil, j), 5*time.Minute))()
		time.Sleep(time.Minute)
		r := h.all("response")[0]
		if r.State != runs.Running || r.Progress != (runs.Progress{Done: 1, Total: 3, What: "reading"}) {
			t.Errorf("%+v", r)
		}
		if _, err := h.runs.As(authz.SystemPrincipal("x")).Cancel(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * beat)
		h.want("response", "cancelled 01-01 08:00")
		time.Sleep(time.Hour)
		h.want("response", "cancelled 01-01 08:00")
		h.alarm.want(t)
	})
}

// A process that is stopped gives its run back.
func TestAStoppedProcessGivesItsRunBack(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		j := daily("response", 2, func(ctx context.Context, _ *job.Run) error { return sleep(ctx, time.Minute) })
		stop := h.serve(h.service("a", nil, j))
		time.Sleep(30 * time.Second)
		stop()
		h.want("response", "failed 01-01 08:00", "queued")
		defer h.serve(h.service("b", nil, j))()
		time.Sleep(2 * time.Minute)
		h.want("response", "failed 01-01 08:00", "done 01-01 08:00")
	})
}

func TestNeedsComeFirst(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		var mu sync.Mutex
		var order []string
		fail := false
		note := func(name string, d time.Duration) func(context.Context, *job.Run) error {
			return func(ctx context.Context, _ *job.Run) error {
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				if fail && name == "consumption" {
					return errBroken
				}
				return sleep(ctx, d)
			}
		}
		// Due at the same time, and named against their order.
		last, middle, first := daily("baseline", 2, note("baseline", 0)), daily("coverage", 2, note("coverage", 10*time.Second)), daily("consumption", 2, note("consumption", 10*time.Second))
		last.Needs, middle.Needs = []string{"consumption", "coverage"}, []string{"consumption"}
		defer h.serve(slowly(h.service("a", func(o *Options) { o.Concurrency = 3 }, last, middle, first), 20*time.Minute))()
		time.Sleep(2 * time.Hour)
		mu.Lock()
		if got := strings.Join(order, " "); got != "consumption coverage baseline" {
			t.Errorf("order %s", got)
		}
		fail = true
		mu.Unlock()
		time.Sleep(24 * time.Hour)
		all := h.all("baseline")
		if r := all[len(all)-1]; r.State != runs.Failed || !strings.Contains(r.Error, "needs ") {
			t.Errorf("without what it needs: %+v", r)
		}
		mu.Lock()
		defer mu.Unlock()
		if n := strings.Count(strings.Join(order, " "), "baseline"); n != 1 {
			t.Errorf("ran %d times", n)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	for _, most := range []int{1, 2} {
		bubble(t, func(t *testing.T, h *house) {
			var running, peak atomic.Int64
			work := func(ctx context.Context, _ *job.Run) error {
				peak.Store(max(peak.Load(), running.Add(1)))
				defer running.Add(-1)
				return sleep(ctx, 10*time.Second)
			}
			defer h.serve(h.service("a", func(o *Options) { o.Concurrency = most }, daily("a", 1, work), daily("b", 1, work), daily("c", 1, work), daily("d", 1, work)))()
			time.Sleep(time.Minute)
			if peak.Load() != int64(most) {
				t.Errorf("%d at once, want %d", peak.Load(), most)
			}
			for _, name := range []string{"a", "b", "c", "d"} {
				if r := h.all(name); len(r) != 1 || r[0].State != runs.Done {
					t.Errorf("%s: %+v", name, r)
				}
			}
		})
	}
}

func TestJobsThatAreOff(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		s := h.service("a", func(o *Options) { o.Off = []string{"response"} }, daily("response", 2, nil))
		defer h.serve(slowly(s, 15*time.Minute))()
		time.Sleep(24 * time.Hour)
		h.want("response")
		if _, _, err := s.Start(t.Context(), authz.SystemPrincipal("li"), Request{Job: "response"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		h.want("response", "done 01-02 08:00")
		if p := s.Plans(); len(p) != 1 || !p[0].Off || !p[0].Next.IsZero() {
			t.Errorf("plans %+v", p)
		}
	})
}

func TestWhatARunWrites(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		var id string
		j := daily("response", 2, func(ctx context.Context, r *job.Run) error {
			id = r.ID
			if r.Params["level"] != "0.9" || r.To.Sub(r.From) != time.Hour || !r.Now.Equal(time.Now()) {
				t.Errorf("run %+v", r)
			}
			err := r.Write(ctx, []job.Number{
				{Kind: "share", Region: "north", Project: "hill", Value: ptr(0.5), Low: ptr(0.4), High: ptr(0.6), Level: 0.95, N: 30, Coverage: 0.8},
				{Kind: "p95", Why: "insufficient data: no calls", Coverage: math.NaN()},
				{Kind: "calls", Value: ptr(7), Coverage: 0.9},
			})
			if err != nil {
				return err
			}
			if err := r.Note(ctx, "curve", "north", "", "clock:on_site", []float64{math.NaN()}); err == nil {
				t.Error("a document that JSON cannot hold was taken")
			}
			return r.Note(ctx, "curve", "north", "", "clock:on_site", []float64{1, 2})
		})
		j.Params = []job.Param{{Name: "level"}}
		s := h.service("a", func(o *Options) { o.Off = []string{"response"} }, j)
		defer h.serve(s)()
		now := time.Now()
		if _, _, err := s.Start(t.Context(), authz.SystemPrincipal("li"), Request{Job: "response", From: now.Add(-time.Hour), Params: map[string]string{"level": "0.9"}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		r, err := h.runs.Get(t.Context(), id)
		if err != nil || r.State != runs.Done || r.Numbers != 3 || r.Documents != 1 || r.Coverage == nil || *r.Coverage != 0.8 || r.Regular || r.Version != "test" {
			t.Errorf("%+v, %v", r, err)
		}
		numbers := h.results.numbers[id]
		if len(numbers) != 3 || numbers[1].Coverage != nil || *numbers[0].Coverage != 0.8 || numbers[0].Place != (authz.Place{Region: "north", Project: "hill"}) {
			t.Errorf("numbers %+v", numbers)
		}
		if d := h.results.documents[id]; len(d) != 1 || string(d[0].Body) != "[1,2]" {
			t.Errorf("documents %+v", d)
		}
	})
}

func TestCoverageAsTheJobSays(t *testing.T) {
	w := &writer{results: &resultsFake{}, ctx: t.Context(), run: runs.Run{StartedAt: new(time.Time)}}
	if err := w.write(t.Context(), []job.Number{{Kind: "x", Value: ptr(1), Coverage: 0.2}}); err != nil {
		t.Fatal(err)
	}
	f := func(share, want float64) {
		t.Helper()
		w.cover(share)
		if got := w.outcome(nil).Coverage; got == nil || *got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
	f(math.NaN(), 0.2)
	f(0.7, 0.7)
	f(7, 1)
	f(-1, 0)
	f(math.NaN(), 0)
}

func TestWhatCannotBeStarted(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		j := daily("response", 2, nil)
		j.Params = []job.Param{{Name: "level", Check: func(v string) error {
			if v != "0.9" {
				return errors.New("is not 0.9")
			}
			return nil
		}}}
		s := h.service("a", nil, j, daily("other", 2, nil))
		now := time.Now()
		f := func(q Request, field, want string) {
			t.Helper()
			_, _, err := s.Start(t.Context(), authz.SystemPrincipal("li"), q)
			var wrong *runs.InvalidError
			if !errors.As(err, &wrong) || wrong.Fields[0].Field != field || !strings.Contains(wrong.Fields[0].Problem, want) {
				t.Errorf("%+v: %v, want %s: %s", q, err, field, want)
			}
		}
		f(Request{Job: "respons"}, "job", "is not one of other, response")
		f(Request{Job: "other", To: now}, "from", "is missing")
		f(Request{Job: "other", From: now.Add(-time.Hour), To: now.Add(time.Second)}, "to", "has not come yet")
		f(Request{Job: "other", From: now, To: now}, "from", "is not before to")
		f(Request{Job: "other", From: time.Unix(-1, 0), To: now}, "from", "is before 1970")
		f(Request{Job: "other", Params: map[string]string{"x": "1"}}, "params", "job other has none")
		f(Request{Job: "response", Params: map[string]string{"x": "1"}}, "params", "it has level")
		f(Request{Job: "response", Params: map[string]string{"level": "1"}}, "params.level", "is not 0.9")
		f(Request{Job: "response", Params: map[string]string{"level": strings.Repeat("9", 1001)}}, "params.level", "more than")
	})
}

func TestJobsThatCannotBe(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		f := func(want string, change func(a, b *job.Job), off ...string) {
			t.Helper()
			a, b := daily("a", 1, nil), daily("b", 1, nil)
			change(&a, &b)
			_, err := New(Options{Jobs: []job.Job{a, b}, Off: off, Runs: h.runs, Results: h.results, Owner: "x"})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
		f("two jobs b", func(a, _ *job.Job) { a.Name = "b" })
		f("waits for itself", func(a, b *job.Job) { a.Needs, b.Needs = []string{"b"}, []string{"a"} })
		f("waits for itself", func(a, _ *job.Job) { a.Needs = []string{"a"} })
		f(`needs "c", which does not exist`, func(a, _ *job.Job) { a.Needs = []string{"c"} })
		f("never runs by itself", func(a, b *job.Job) { a.Needs, b.Every = []string{"b"}, job.OnDemand })
		f("which is off", func(a, _ *job.Job) { a.Needs = []string{"b"} }, "b")
		f("there is no job", func(_, _ *job.Job) {}, "c")
		f("not one of hourly", func(a, _ *job.Job) { a.Every = "weekly" })
		f("less than 1h", func(a, _ *job.Job) { a.Every, a.At = job.Hourly, time.Hour })
		f("less than 24h", func(a, _ *job.Job) { a.At = 24 * time.Hour })
		f("something to run", func(a, _ *job.Job) { a.Run = nil })
	})
}

func TestOldRunsAreRemoved(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		s := h.service("a", func(o *Options) { o.Keep = 10 * 24 * time.Hour }, daily("response", 2, nil))
		defer h.serve(slowly(s, 6*time.Hour))()
		time.Sleep(30*24*time.Hour + time.Hour)
		if all := h.all("response"); len(all) < 10 || len(all) > 12 {
			t.Errorf("%d runs are left", len(all))
		}
		if n := len(h.results.dropped); n < 18 || n > 22 {
			t.Errorf("the results of %d were removed", n)
		}
	})
}

func TestMetrics(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		reg := prometheus.NewRegistry()
		fail := daily("broken", 2, func(context.Context, *job.Run) error { return errBroken })
		defer h.serve(h.service("a", func(o *Options) { o.Registerer = reg }, daily("response", 2, nil), fail))()
		time.Sleep(2 * time.Minute)
		err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP steward_analytics_last_success_timestamp_seconds When the last run that ended well did so, by job, whichever process ran it.
# TYPE steward_analytics_last_success_timestamp_seconds gauge
steward_analytics_last_success_timestamp_seconds{job="response"} 1.7672256e+09
# HELP steward_analytics_runs_total Runs of analyses that this process ended, by job and by how they ended.
# TYPE steward_analytics_runs_total counter
steward_analytics_runs_total{job="broken",state="failed"} 1
steward_analytics_runs_total{job="response",state="done"} 1
`), "steward_analytics_last_success_timestamp_seconds", "steward_analytics_runs_total")
		if err != nil {
			t.Error(err)
		}
	})
}

// ClickHouse is away: runs that write fail, good ones are told of later.
func TestResultsAway(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.results.fail = errors.Join(clickhouse.ErrUnreachable)
		writing := daily("writing", 2, func(ctx context.Context, r *job.Run) error {
			return r.Write(ctx, []job.Number{{Kind: "x", Value: ptr(1)}})
		})
		defer h.serve(slowly(h.service("a", nil, daily("response", 2, nil), writing), 5*time.Minute))()
		time.Sleep(time.Minute)
		h.want("response", "done 01-01 08:00")
		if len(h.results.good) > 0 || h.all("writing")[0].State != runs.Failed {
			t.Errorf("good %v, writing %+v", h.results.good, h.all("writing"))
		}
		h.results.mu.Lock()
		h.results.fail = nil
		h.results.mu.Unlock()
		time.Sleep(time.Hour)
		if r := h.all("writing"); len(h.results.good) != 2 || r[len(r)-1].State != runs.Done {
			t.Errorf("good %v, writing %+v", h.results.good, r)
		}
	})
}

func TestForeground(t *testing.T) {
	who := authz.SystemPrincipal("li")
	bubble(t, func(t *testing.T, h *house) {
		var seen []string
		watch := func(r runs.Run) { seen = append(seen, r.Job+" "+string(r.State)+" "+r.Progress.What) }
		first := daily("consumption", 1, nil)
		second := daily("baseline", 2, func(_ context.Context, r *job.Run) error { r.Progress(1, 2, "fitting"); return nil })
		second.Needs = []string{"consumption"}
		r, err := h.service("cli", nil, first, second).Foreground(t.Context(), who, Request{Job: "baseline"}, watch)
		if err != nil || r.State != runs.Done || r.Job != "baseline" || r.Progress != (runs.Progress{Done: 2, Total: 2}) {
			t.Fatalf("%+v, %v", r, err)
		}
		if got := strings.Join(seen, ", "); got != "consumption running , baseline running , baseline running fitting" {
			t.Errorf("seen %s", got)
		}
		if len(h.results.good) != 2 {
			t.Errorf("ClickHouse knows %v", h.results.good)
		}
	})
	bubble(t, func(t *testing.T, h *house) { // a server has the job in hand
		slow := daily("response", 2, func(ctx context.Context, _ *job.Run) error { return sleep(ctx, time.Minute) })
		defer h.serve(h.service("server", nil, slow))()
		time.Sleep(20 * time.Second)
		began := time.Now()
		r, err := h.service("cli", nil, slow).Foreground(t.Context(), who, Request{Job: "response", From: began.Add(-time.Hour)}, nil)
		if err != nil || r.State != runs.Done || time.Since(began) < 100*time.Second || time.Since(began) > 110*time.Second {
			t.Errorf("%+v after %s, %v", r, time.Since(began), err)
		}
	})
	bubble(t, func(t *testing.T, h *house) { // the one who waits gives up
		slow := daily("response", 2, func(ctx context.Context, _ *job.Run) error { return sleep(ctx, 5*time.Minute) })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r, err := h.service("cli", nil, slow).Foreground(ctx, who, Request{Job: "response"}, nil)
		if err != nil || r.State != runs.Cancelled || r.Successor != "" {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := h.runs.Turn(t.Context(), slot(slow, lastTurn(slow, time.Now(), h.zone))); !errors.Is(err, runs.ErrNotFound) {
			t.Errorf("the turn is gone with it: %v", err)
		}
	})
	bubble(t, func(t *testing.T, h *house) { // it fails, and so does what needs it
		broken := daily("consumption", 1, func(context.Context, *job.Run) error { return errBroken })
		r, err := h.service("cli", nil, broken).Foreground(t.Context(), who, Request{Job: "consumption"}, nil)
		if err != nil || r.State != runs.Failed || r.Error != "broken" || r.Successor != "" {
			t.Errorf("%+v, %v", r, err)
		}
		second := daily("baseline", 2, nil)
		second.Needs = []string{"consumption"}
		if _, err := h.service("cli", nil, broken, second).Foreground(t.Context(), who, Request{Job: "baseline"}, nil); err == nil || !strings.Contains(err.Error(), "job baseline needs consumption") {
			t.Errorf("error %v", err)
		}
	})
}
