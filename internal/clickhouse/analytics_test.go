package clickhouse_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
)

func ptr(v float64) *float64 { return &v }

func analyticsRun(id string) clickhouse.AnalyticsRun {
	return clickhouse.AnalyticsRun{ID: id, Job: "reliability", ComputedAt: day.Time()}
}

// numbersOf are the same numbers of each place of a world, of its regions, and of
// the company; each betrays its place.
func numbersOf(plus float64) []clickhouse.AnalyticsNumber {
	var all []clickhouse.AnalyticsNumber
	add := func(at authz.Place) {
		for i, subject := range []string{"", "model:KONE/3000", "model:it's\t\\odd", "device:elevator/e-1"} {
			all = append(all, clickhouse.AnalyticsNumber{
				Kind: "failure_rate", Place: at, Subject: subject, Unit: "1/a", Value: ptr(float64(i) + plus), Low: ptr(0.5), High: ptr(9),
				Level: 0.95, N: 3, Exposure: 120.5, Coverage: ptr(0.98),
			})
		}
		all = append(all, clickhouse.AnalyticsNumber{Kind: "mtbf", Place: at, Building: "b1", Unit: "h", Why: "insufficient data: no failure in " + at.String()})
	}
	add(authz.HQ)
	for _, name := range worldPlaces {
		at, err := authz.ParsePlace(name)
		if err != nil {
			panic(err)
		}
		add(at)
		if region := (authz.Place{Region: at.Region}); !slices.ContainsFunc(all, func(n clickhouse.AnalyticsNumber) bool { return n.Place == region }) {
			add(region)
		}
	}
	return all
}

func putNumbers(t *testing.T, db *clickhouse.Store, run string, numbers []clickhouse.AnalyticsNumber) {
	t.Helper()
	if err := db.PutAnalyticsNumbers(t.Context(), analyticsRun(run), numbers); err != nil {
		t.Fatal(err)
	}
}

// allNumbers goes through all pages.
func allNumbers(t *testing.T, db *clickhouse.Store, scope authz.Scope, q clickhouse.ResultsQuery) []clickhouse.AnalyticsNumber {
	t.Helper()
	var all []clickhouse.AnalyticsNumber
	for range 1000 {
		page, err := db.AnalyticsNumbers(t.Context(), scope, q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Numbers...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
	}
	t.Fatal("the pages do not end")
	return nil
}

func numberText(n clickhouse.AnalyticsNumber) string {
	show := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprint(*v)
	}
	return fmt.Sprintf("%q", []any{n.Kind, n.Region, n.Project, n.Building, n.Subject, n.Unit, show(n.Value), show(n.Low), show(n.High), n.Level, n.N, n.Exposure, show(n.Coverage), n.Why})
}

func numberTexts(list []clickhouse.AnalyticsNumber) []string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = numberText(n)
	}
	slices.Sort(texts)
	return texts
}

func TestAnalyticsNumbersAreScoped(t *testing.T) {
	db := clickhousetest.Start(t)
	all := numbersOf(0)
	for range 2 { // the answer to the first was lost
		putNumbers(t, db, "r1", all)
	}
	putNumbers(t, db, "r2", numbersOf(100)) // another run's are not shown
	for _, who := range watchers {
		var want []clickhouse.AnalyticsNumber
		for _, n := range all {
			if who.sees(n.Region, n.Project) {
				want = append(want, n)
			}
		}
		for _, limit := range []int{0, 1, 7} {
			got := allNumbers(t, db, who.scope(t), clickhouse.ResultsQuery{Job: "reliability", Run: "r1", Limit: limit})
			if a, b := numberTexts(got), numberTexts(want); !slices.Equal(a, b) {
				t.Errorf("%s by %d: %d numbers\n%s\nwant %d\n%s", who, limit, len(a), strings.Join(a, "\n"), len(b), strings.Join(b, "\n"))
			}
		}
	}
}

func TestAnalyticsNumbersAreChosen(t *testing.T) {
	db := clickhousetest.Start(t)
	putNumbers(t, db, "r1", numbersOf(0))
	f := func(q clickhouse.ResultsQuery, want int, sample string) {
		t.Helper()
		q.Job, q.Run = "reliability", "r1"
		got := allNumbers(t, db, authz.Everything(), q)
		if len(got) != want || want > 0 && !strings.Contains(strings.Join(numberTexts(got), "\n"), sample) {
			t.Errorf("%+v: %d numbers, want %d with %s:\n%s", q, len(got), want, sample, strings.Join(numberTexts(got), "\n"))
		}
	}
	places := 1 + len(worldPlaces) + 4 // the company, the projects, the regions
	f(clickhouse.ResultsQuery{}, 5*places, "mtbf")
	f(clickhouse.ResultsQuery{Kinds: []string{"mtbf", "other"}}, places, "insufficient data")
	f(clickhouse.ResultsQuery{Per: "company"}, 5, `["failure_rate" "" "" "" "device:elevator/e-1"`)
	f(clickhouse.ResultsQuery{Per: "region"}, 20, `"failure_rate" "northern" ""`)
	f(clickhouse.ResultsQuery{Per: "project", Region: "north"}, 15, `"harbour"`)
	f(clickhouse.ResultsQuery{Region: "north", Project: "hill", Type: "model"}, 2, `model:it's\t\\odd`)
	f(clickhouse.ResultsQuery{Per: "company", Subject: "model:it's\t\\odd"}, 1, "model")
	f(clickhouse.ResultsQuery{Building: "b1"}, places, "mtbf")
	f(clickhouse.ResultsQuery{Building: "b2"}, 0, "")

	bad := func(field string, q clickhouse.ResultsQuery) {
		t.Helper()
		_, err := db.AnalyticsNumbers(t.Context(), authz.Everything(), q)
		var wrong *clickhouse.ArgumentError
		if !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%+v: %v, want an error about %s", q, err, field)
		}
	}
	bad("job", clickhouse.ResultsQuery{Run: "r1"})
	bad("run", clickhouse.ResultsQuery{Job: "reliability"})
	bad("per", clickhouse.ResultsQuery{Job: "reliability", Run: "r1", Per: "floor"})
	bad("region", clickhouse.ResultsQuery{Job: "reliability", Run: "r1", Region: "../x"})
	bad("limit", clickhouse.ResultsQuery{Job: "reliability", Run: "r1", Limit: -1})
	page, err := db.AnalyticsNumbers(t.Context(), authz.Everything(), clickhouse.ResultsQuery{Job: "reliability", Run: "r1", Limit: 1})
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	bad("cursor", clickhouse.ResultsQuery{Job: "reliability", Run: "r2", Limit: 1, Cursor: page.Next})
}

func TestAnalyticsNumbersThatAreNone(t *testing.T) {
	db := clickhousetest.Start(t)
	f := func(want string, change func(n *clickhouse.AnalyticsNumber)) {
		t.Helper()
		n := clickhouse.AnalyticsNumber{Kind: "mtbf", Value: ptr(1)}
		change(&n)
		err := db.PutAnalyticsNumbers(t.Context(), analyticsRun("r1"), []clickhouse.AnalyticsNumber{{Kind: "good", Value: ptr(1)}, n})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	f("value is NaN", func(n *clickhouse.AnalyticsNumber) { n.Value = ptr(math.NaN()) })
	f("high is +Inf", func(n *clickhouse.AnalyticsNumber) { n.High = ptr(math.Inf(1)) })
	f("exposure is -Inf", func(n *clickhouse.AnalyticsNumber) { n.Exposure = math.Inf(-1) })
	f("why is empty", func(n *clickhouse.AnalyticsNumber) { n.Value = nil })
	f("kind: empty", func(n *clickhouse.AnalyticsNumber) { n.Kind = "" })
	f("without its region", func(n *clickhouse.AnalyticsNumber) { n.Project = "harbour" })
	f("coverage 1.5", func(n *clickhouse.AnalyticsNumber) { n.Coverage = ptr(1.5) })
	f("subject has 300 bytes", func(n *clickhouse.AnalyticsNumber) { n.Subject = strings.Repeat("x", 300) })
	query(t, db, "0", "SELECT count() FROM analytics_numbers")
}

func TestAnalyticsChanges(t *testing.T) {
	db := clickhousetest.Start(t)
	was := []clickhouse.AnalyticsNumber{
		{Kind: "a", Value: ptr(1), N: 3}, {Kind: "b", Value: ptr(2), N: 3}, {Kind: "c", Why: "insufficient data"}, {Kind: "gone", Value: ptr(7)},
		{Kind: "a", Place: authz.Place{Region: "north", Project: "hill"}, Value: ptr(5)}, {Kind: "same", Value: ptr(0), N: 1},
	}
	is := []clickhouse.AnalyticsNumber{
		{Kind: "a", Value: ptr(1), N: 4}, {Kind: "b", Value: ptr(2.5), N: 3}, {Kind: "c", Value: ptr(0)}, {Kind: "new", Value: ptr(8)},
		{Kind: "a", Place: authz.Place{Region: "north", Project: "hill"}, Value: ptr(6)}, {Kind: "same", Value: ptr(0), N: 1},
	}
	putNumbers(t, db, "was", was)
	putNumbers(t, db, "is", is)
	f := func(who watcher, changed bool, want ...string) {
		t.Helper()
		var got []string
		q := clickhouse.ResultsQuery{Job: "reliability", Run: "is", Against: "was", Changed: changed, Limit: 2}
		for range 100 {
			page, err := db.AnalyticsChanges(t.Context(), who.scope(t), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page.Changes {
				show := func(n *clickhouse.NumberThen) string {
					switch {
					case n == nil:
						return "none"
					case n.Value == nil:
						return "unknown"
					}
					return fmt.Sprintf("%v/%v", *n.Value, n.N)
				}
				got = append(got, fmt.Sprintf("%s %s: %s to %s", c.Kind, c.Place, show(c.Was), show(c.Is)))
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", who, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	f(watcher{"hq"}, true, "a hq: 1/3 to 1/4", "a north/hill: 5/0 to 6/0", "b hq: 2/3 to 2.5/3", "c hq: unknown to 0/0", "gone hq: 7/0 to none", "new hq: none to 8/0")
	f(watcher{"hq"}, false, "a hq: 1/3 to 1/4", "a north/hill: 5/0 to 6/0", "b hq: 2/3 to 2.5/3", "c hq: unknown to 0/0", "gone hq: 7/0 to none", "new hq: none to 8/0", "same hq: 0/1 to 0/1")
	f(watcher{"north"}, true, "a north/hill: 5/0 to 6/0")
	f(watcher{"east"}, true)
}

func TestAnalyticsRisks(t *testing.T) {
	db := clickhousetest.Start(t)
	put := func(run string, at authz.Place, subject, body string) {
		t.Helper()
		if err := db.PutAnalyticsDocument(t.Context(), clickhouse.AnalyticsRun{ID: run, Job: "lifetimes", ComputedAt: day.Time()}, clickhouse.AnalyticsDocument{Kind: "prospects", Place: at, Subject: subject, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	hill, lake := authz.Place{Region: "north", Project: "hill"}, authz.Place{Region: "east", Project: "lake"}
	put("r1", hill, "", `{"devices":[{"class":"elevator","device":"l1","fail_90d":{"value":0.2},"fail_365d":{"value":0.9}},{"class":"meter","device":"m1","fail_90d":{"value":null},"fail_365d":{"value":0.5}}]}`)
	put("r1", hill, "part-00002", `{"devices":[{"class":"elevator","device":"l2","fail_90d":{"value":0.3},"fail_365d":{"value":0.5}}]}`)
	put("r1", lake, "", `{"devices":[{"class":"elevator","device":"l3","fail_90d":{"value":0.25},"fail_365d":{"value":0.7}},{"class":"fire","device":"none"}]}`)
	put("r2", hill, "", `{"devices":[{"class":"elevator","device":"of another run","fail_365d":{"value":1}}]}`)
	f := func(who watcher, q clickhouse.RisksQuery, want ...string) {
		t.Helper()
		q.Job, q.Run = "lifetimes", "r1"
		risks, err := db.AnalyticsRisks(t.Context(), who.scope(t), q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range risks {
			var d struct{ Device string }
			if err := json.Unmarshal(r.Entry, &d); err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Project+" "+d.Device)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %+v: got %q, want %q", who, q, got, want)
		}
	}
	f(watcher{"hq"}, clickhouse.RisksQuery{By: "fail_365d"}, "hill l1", "lake l3", "hill l2", "hill m1")
	f(watcher{"hq"}, clickhouse.RisksQuery{By: "fail_90d"}, "hill l2", "lake l3", "hill l1")
	f(watcher{"hq"}, clickhouse.RisksQuery{By: "fail_365d", Limit: 2}, "hill l1", "lake l3")
	f(watcher{"hq"}, clickhouse.RisksQuery{By: "fail_365d", Class: "meter"}, "hill m1")
	f(watcher{"hq"}, clickhouse.RisksQuery{By: "fail_365d", Region: "east"}, "lake l3")
	f(watcher{"north/hill"}, clickhouse.RisksQuery{By: "fail_365d"}, "hill l1", "hill l2", "hill m1")
	f(watcher{}, clickhouse.RisksQuery{By: "fail_365d"})
	for _, bad := range []clickhouse.RisksQuery{{Job: "lifetimes", Run: "r1", By: "age"}, {Run: "r1", By: "fail_90d"}, {Job: "lifetimes", Run: "r1", By: "fail_90d", Limit: clickhouse.MaxRisks + 1}} {
		if _, err := db.AnalyticsRisks(t.Context(), watcher{"hq"}.scope(t), bad); err == nil {
			t.Errorf("took %+v", bad)
		}
	}
}

func TestAnalyticsDocuments(t *testing.T) {
	db := clickhousetest.Start(t)
	for _, d := range []clickhouse.AnalyticsDocument{
		{Kind: "plan", Body: []byte(`{"all":1}`)},
		{Kind: "plan", Place: authz.Place{Region: "north"}, Body: []byte(`{"of":"north"}`)},
		{Kind: "curve", Place: authz.Place{Region: "north", Project: "hill"}, Subject: "model:A/1", Body: []byte(`[1,2,"困\\'"]`)},
	} {
		if err := db.PutAnalyticsDocument(t.Context(), analyticsRun("r1"), d); err != nil {
			t.Fatal(err)
		}
	}
	f := func(who watcher, want ...string) {
		t.Helper()
		page, err := db.AnalyticsDocuments(t.Context(), who.scope(t), clickhouse.ResultsQuery{Job: "reliability", Run: "r1"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range page.Documents {
			whole, err := db.AnalyticsDocument(t.Context(), who.scope(t), "reliability", "r1", d)
			if err != nil || whole.Size != d.Size {
				t.Errorf("%s: %+v: %v", who, whole, err)
			}
			got = append(got, fmt.Sprintf("%s %s %s %s", d.Kind, d.Place, d.Subject, whole.Body))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", who, got, want)
		}
	}
	f(watcher{"hq"}, `curve north/hill model:A/1 [1,2,"困\\'"]`, `plan hq  {"all":1}`, `plan north  {"of":"north"}`)
	f(watcher{"north"}, `curve north/hill model:A/1 [1,2,"困\\'"]`, `plan north  {"of":"north"}`)
	f(watcher{"north/hill"}, `curve north/hill model:A/1 [1,2,"困\\'"]`)
	f(watcher{})
	for _, named := range []clickhouse.AnalyticsDocument{{Kind: "plan"}, {Kind: "plan", Place: authz.Place{Region: "north"}}, {Kind: "none", Place: authz.Place{Region: "north", Project: "hill"}}} {
		if _, err := db.AnalyticsDocument(t.Context(), watcher{"north/hill"}.scope(t), "reliability", "r1", named); !errors.Is(err, clickhouse.ErrNotFound) {
			t.Errorf("%+v: %v", named, err)
		}
	}
	for _, bad := range []clickhouse.AnalyticsDocument{{}, {Kind: "x", Place: authz.Place{Project: "hill"}}, {Kind: "x", Body: make([]byte, clickhouse.MaxDocument+1)}} {
		if err := db.PutAnalyticsDocument(t.Context(), analyticsRun("r1"), bad); err == nil {
			t.Errorf("took %+v", bad.Kind)
		}
	}
}

func TestAnalyticsRunsAreRemoved(t *testing.T) {
	db := clickhousetest.Start(t)
	for _, id := range []string{"r1", "it's", "r3"} {
		putNumbers(t, db, id, numbersOf(0))
		if err := db.PutAnalyticsDocument(t.Context(), analyticsRun(id), clickhouse.AnalyticsDocument{Kind: "plan", Body: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		run := clickhouse.GoodRun{AnalyticsRun: analyticsRun(id), From: day.Time(), To: (day + hour).Time(), Regular: true, FinishedAt: day.Time(), Coverage: ptr(0.5), Version: "1"}
		if err := db.PutGoodRuns(t.Context(), []clickhouse.GoodRun{run}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := db.DropAnalytics(t.Context(), []string{"r1", "it's"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.DropAnalytics(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"analytics_numbers", "analytics_documents", "analytics_runs"} {
		query(t, db, "['r3']", "SELECT groupUniqArray(run_id::String) FROM "+table)
	}
}

func TestColumns(t *testing.T) {
	db := clickhousetest.Start(t)
	const rows = 300_000
	clickhousetest.Query(t, db, `INSERT INTO readings (ts, received, region, project, class, device, metric, value)
		SELECT toDateTime64('2026-06-01 00:00:00', 3, 'UTC') + number % 3600 AS ts, ts, 'north', 'harbour', 'meter', concat('m-', toString(number % 7)), 'power_kw', number
		FROM numbers(`+fmt.Sprint(rows)+`)`)
	var sum float64
	batches, names := 0, map[string]bool{}
	err := db.Columns(t.Context(), "latest", clickhouse.Args{"since": day.Time().Add(-24 * 1e9)}, func(b arrow.Record) error {
		values, err := clickhouse.Column[*array.Float64](b, "value")
		if err != nil {
			return err
		}
		devices, err := clickhouse.Column[*array.String](b, "device")
		if err != nil {
			return err
		}
		if _, err := clickhouse.Column[*array.Float64](b, "device"); err == nil {
			t.Error("a text was taken for a number")
		}
		if _, err := clickhouse.Column[*array.Float64](b, "nothing"); err == nil {
			t.Error("a column that is not there was found")
		}
		batches++
		for i := range values.Len() {
			sum += values.Value(i)
			names[strings.Clone(devices.Value(i))] = true
		}
		return nil
	})
	if err != nil || batches == 0 || len(names) != 7 || sum == 0 {
		t.Fatalf("%d batches, %v, sum %v, %v", batches, names, sum, err)
	}

	enough := errors.New("enough")
	if err := db.Columns(t.Context(), "latest", clickhouse.Args{"since": day.Time()}, func(arrow.Record) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("a listener that had enough got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Columns(ctx, "latest", clickhouse.Args{"since": day.Time()}, func(arrow.Record) error { return nil }); err == nil {
		t.Error("a query that was cancelled ended well")
	}
	for _, err := range []error{
		db.Columns(t.Context(), "no_such", nil, nil),
		db.Columns(t.Context(), "scoped/events", nil, nil),
		db.Columns(t.Context(), "latest", clickhouse.Args{"since": struct{}{}}, nil),
		db.Do(t.Context(), "no_such", nil),
	} {
		if err == nil {
			t.Error("was taken")
		}
	}
	if err := db.Columns(t.Context(), "latest", nil, func(arrow.Record) error { return nil }); !errors.Is(err, clickhouse.ErrRefused) {
		t.Errorf("without its parameter: %v", err)
	}
}

func TestDo(t *testing.T) {
	db := clickhousetest.Start(t)
	if err := db.Do(t.Context(), "put_anchor", clickhouse.Args{"seq": 7, "hash": "it's\t\\"}); err != nil {
		t.Fatal(err)
	}
	query(t, db, `7	it's	\`, "SELECT seq, hash FROM audit_anchors")
	if err := db.Do(t.Context(), "put_anchor", nil); !errors.Is(err, clickhouse.ErrRefused) {
		t.Errorf("without parameters: %v", err)
	}
}
