package scorecard

import (
	"strings"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/analytics/response"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/operations"
)

// What is late over the end of a month is paid for in each month what came to be owed in
// it: once, and not never.
func TestPenaltiesOverMonths(t *testing.T) {
	db := clickhousetest.Start(t)
	if err := db.PutProjects(t.Context(), []clickhouse.ProjectRow{{Region: "north", Project: "harbour", TimeZone: "Asia/Shanghai", Version: 1}}); err != nil {
		t.Fatal(err)
	}
	var b book
	order := func(id, contractor string, made, done time.Time) {
		o := &operations.RepairOrder{Head: b.head(harbour, id, 1), Type: "civil", Priority: operations.Normal, Contractor: contractor, Created: made}
		if !done.IsZero() {
			o.Done = &done
		}
		b.batch.AddOperation(o)
	}
	day := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, shanghai)
	}
	order("august", "维保", day(time.August, 1, 0), time.Time{})                        // still open
	order("long", "维保", day(time.June, 1, 0), day(time.August, 31, 0))                // over before
	order("september", "快修", day(time.September, 29, 12), day(time.October, 3, 0))    // due on 2 October
	order("october", "快修", day(time.October, 30, 12), time.Time{})                    // due in November
	order("kept", "快修", day(time.October, 5, 12), day(time.October, 8, 12))           // exactly in time
	order("free", "无合同", day(time.September, 29, 12), day(time.November, 1, 0))       // nobody's contract
	order("north-no-one", "", day(time.September, 29, 12), day(time.October, 31, 23)) // nobody
	if err := db.Append(t.Context(), &b.batch, "orders"); err != nil {
		t.Fatal(err)
	}
	contracts, err := response.ParseContracts("c.yaml", []byte(`penalties:
  - {contractor: 快修, normal_within: 3d, per_breach: 200, per_period: 100, period: 1d}
  - {contractor: 维保, normal_within: 3d, per_breach: 200, per_period: 100, period: 1d, cap_per_month: 3000}`))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Config: shipped(t), Store: db, Zone: shanghai, Results: stored{}, Contracts: contracts}
	f := func(from, to time.Time, name string, want response.MonthPenalty) {
		t.Helper()
		w := run(t, o, from, to, day(time.December, 1, 5))
		for _, c := range note[Contractors](w, "contractors", authz.HQ).Contractors {
			if c.Contractor != name {
				continue
			}
			if len(c.Penalties) != 1 || c.Penalties[0] != want || *c.Yuan != want.Yuan {
				t.Errorf("%s: %+v, want %+v", name, c.Penalties, want)
			}
			n := w.numbers[key("contractor_penalty", authz.HQ, "contractor:"+name)]
			if n.Value == nil || *n.Value != want.Yuan || n.N != float64(want.Breaches+want.Earlier) || (want.Yuan < want.Uncapped) != strings.Contains(n.Why, "capped") {
				t.Errorf("%s: %+v, want %+v", name, n, want)
			}
			if n := w.numbers[key("contractor_breaches", authz.HQ, "contractor:"+name)]; n.Value == nil || *n.Value != float64(want.Breaches) {
				t.Errorf("%s: %+v, want %+v", name, n, want)
			}
			return
		}
		t.Errorf("%s has no card", name)
	}
	november := to.AddDate(0, 1, 0)
	// A day begins on each of October's 31 days; of November's 30.
	f(from, to, "维保", response.MonthPenalty{Month: "2026-10", Earlier: 1, Open: 1, Yuan: 3000, Uncapped: 3100})
	f(to, november, "维保", response.MonthPenalty{Month: "2026-11", Earlier: 1, Open: 1, Yuan: 3000, Uncapped: 3000})
	f(from, to, "快修", response.MonthPenalty{Month: "2026-10", Breaches: 1, Yuan: 300, Uncapped: 300})
	f(to, november, "快修", response.MonthPenalty{Month: "2026-11", Breaches: 1, Open: 1, Yuan: 200 + 29*100, Uncapped: 200 + 29*100}) // from 2 November at noon on

	late := note[Penalties](run(t, o, from, to, now), "penalties", authz.HQ)
	if len(late.Orders) != 2 || late.Orders[0].Order != "september" || late.Orders[0].Yuan != 300 || late.Orders[0].Over != 12*3600 ||
		!late.Orders[0].Due.Equal(day(time.October, 2, 12)) || late.Orders[1].Order != "august" || !late.Orders[1].Done.IsZero() || late.Orders[1].Place != harbour {
		t.Errorf("late orders %+v", late)
	}
}

// A month that is not over has no card: half of its complaints would look like few.
func TestRunningMonth(t *testing.T) {
	err := New(Options{Config: shipped(t), Store: nil, Zone: shanghai}).Run(t.Context(), &job.Run{From: from, To: to, Now: to.Add(-time.Second)})
	if err == nil || !strings.Contains(err.Error(), "the month 2026-10 is not over") {
		t.Errorf("%v", err)
	}
}
