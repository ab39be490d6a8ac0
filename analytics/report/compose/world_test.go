package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

var (
	zone   = time.FixedZone("CST", 8*3600)
	hq     = authz.HQ
	north  = authz.Place{Region: "north"}
	south  = authz.Place{Region: "south"}
	harbor = authz.Place{Region: "north", Project: "harbour"}
	hill   = authz.Place{Region: "north", Project: "hill"}
	lake   = authz.Place{Region: "south", Project: "lake"}
	all    = authz.Everything()
)

// only is the scope of a manager of one place.
func only(at authz.Place) authz.Scope {
	p := authz.Principal{Kind: authz.Person, ID: "p", Name: "p", Grants: []authz.Grant{{Role: authz.Manager, Place: at}}}
	return p.Scope(authz.Read)
}

func month(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, zone) }

// world is runs and their results in memory.
type world struct {
	t       *testing.T
	list    []runs.Run
	swept   map[string]bool
	numbers map[string][]clickhouse.AnalyticsNumber
	docs    map[string][]clickhouse.AnalyticsDocument
}

func newWorld(t *testing.T) *world {
	return &world{t: t, swept: map[string]bool{}, numbers: map[string][]clickhouse.AnalyticsNumber{}, docs: map[string][]clickhouse.AnalyticsDocument{}}
}

// run is a good run that ended so long after its period.
func (w *world) run(job string, from, to time.Time, after time.Duration) *runs.Run {
	done := to.Add(after)
	w.list = append(w.list, runs.Run{
		ID: fmt.Sprintf("%s-%d", job, len(w.list)+1), Job: job, From: from.UTC(), To: to.UTC(), Regular: true, State: runs.Done,
		QueuedAt: done.Add(-time.Minute), FinishedAt: &done, Version: "test",
	})
	return &w.list[len(w.list)-1]
}

func (w *world) note(run, kind string, at authz.Place, subject string, body any) {
	w.t.Helper()
	text, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		text = string(b)
	}
	w.docs[run] = append(w.docs[run], clickhouse.AnalyticsDocument{Kind: kind, Place: at, Subject: subject, Body: []byte(text), Size: len(text)})
}

func (w *world) number(run, kind string, at authz.Place, subject string, v float64) {
	w.numbers[run] = append(w.numbers[run], clickhouse.AnalyticsNumber{Kind: kind, Place: at, Subject: subject, Value: &v, N: 10, Exposure: 20})
}

func (w *world) List(_ context.Context, f runs.Filter, p runs.Page) (list runs.List[runs.Run], err error) {
	var some []runs.Run
	for _, r := range w.list {
		if r.Job == f.Job && slices.Contains(f.States, r.State) {
			some = append(some, r)
		}
	}
	slices.SortStableFunc(some, func(a, b runs.Run) int { return b.QueuedAt.Compare(a.QueuedAt) })
	from := 0
	if p.Cursor != "" {
		_, _ = fmt.Sscan(p.Cursor, &from) // it is our own
	}
	const size = 3 // so that there are pages
	to := min(from+size, len(some))
	if list.Items = some[from:to]; to < len(some) {
		list.Next = fmt.Sprint(to)
	}
	return list, nil
}

func (w *world) Result(_ context.Context, id string) (runs.Run, error) {
	for _, r := range w.list {
		if r.ID == id && !w.swept[id] {
			return r, nil
		}
	}
	return runs.Run{}, runs.ErrNotFound
}

func asked(scope authz.Scope, q clickhouse.ResultsQuery, kind string, at authz.Place) bool {
	per := map[string]bool{"": true, "company": at == hq, "region": at.Region != "" && at.Project == "", "project": at.Project != ""}
	return scope.Covers(at) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, kind)) && (q.Region == "" || q.Region == at.Region) && (q.Project == "" || q.Project == at.Project) && per[q.Per]
}

func (w *world) AnalyticsNumbers(_ context.Context, scope authz.Scope, q clickhouse.ResultsQuery) (page clickhouse.NumbersPage, err error) {
	for _, n := range w.numbers[q.Run] {
		if asked(scope, q, n.Kind, n.Place) {
			page.Numbers = append(page.Numbers, n)
		}
	}
	return page, nil
}

func (w *world) AnalyticsChanges(_ context.Context, scope authz.Scope, q clickhouse.ResultsQuery) (page clickhouse.ChangesPage, err error) {
	for _, n := range w.numbers[q.Run] {
		for _, m := range w.numbers[q.Against] {
			if n.Kind == m.Kind && n.Place == m.Place && n.Subject == m.Subject && *n.Value != *m.Value && asked(scope, q, n.Kind, n.Place) {
				page.Changes = append(page.Changes, clickhouse.NumberChange{Kind: n.Kind, Place: n.Place, Subject: n.Subject, Was: &clickhouse.NumberThen{Value: m.Value}, Is: &clickhouse.NumberThen{Value: n.Value}})
			}
		}
	}
	return page, nil
}

func (w *world) AnalyticsDocuments(_ context.Context, scope authz.Scope, q clickhouse.ResultsQuery) (page clickhouse.DocumentsPage, err error) {
	for _, d := range w.docs[q.Run] {
		if asked(scope, q, d.Kind, d.Place) {
			d.Body = nil
			page.Documents = append(page.Documents, d)
		}
	}
	return page, nil
}

func (w *world) AnalyticsDocument(_ context.Context, scope authz.Scope, _, run string, named clickhouse.AnalyticsDocument) (clickhouse.AnalyticsDocument, error) {
	for _, d := range w.docs[run] {
		if d.Kind == named.Kind && d.Place == named.Place && d.Subject == named.Subject && scope.Covers(d.Place) {
			return d, nil
		}
	}
	return clickhouse.AnalyticsDocument{}, clickhouse.ErrNotFound
}

func (w *world) compose(scope authz.Scope, r Request) (*report.Report, error) {
	w.t.Helper()
	c := New(Options{Runs: w, Results: w, Zone: zone, Names: func(_ context.Context, at authz.Place) report.Text {
		if at == harbor {
			return report.Text{ZH: "海港"}
		}
		return report.Text{}
	}})
	out, err := c.Compose(w.t.Context(), scope, r)
	if err == nil {
		checkReport(w.t, out)
	}
	return out, err
}

// must makes a report that can be made.
func (w *world) must(scope authz.Scope, r Request) *report.Report {
	w.t.Helper()
	out, err := w.compose(scope, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// checkReport holds a report against what renderings rely on.
func checkReport(t *testing.T, r *report.Report) {
	t.Helper()
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("not JSON: %v", err)
	}
	both := func(what string, texts ...report.Text) {
		for _, x := range texts {
			if x.ZH == "" || x.EN == "" || strings.Contains(x.ZH+x.EN, "%!") {
				t.Errorf("%s: %q / %q", what, x.ZH, x.EN)
			}
		}
	}
	sections, tables := map[string]bool{}, map[string]bool{}
	both("report", r.Title, r.Of)
	for _, s := range r.Sections {
		if sections[s.Name] || s.Name == "" {
			t.Errorf("section %q stands twice", s.Name)
		}
		sections[s.Name] = true
		both(s.Name, s.Title)
		both(s.Name+" text", s.Text...)
		both(s.Name+" notes", s.Notes...)
		for _, f := range s.Facts {
			both(s.Name+" fact", f.Title)
			if f.Value.Value == nil && f.Value.Why == "" {
				t.Errorf("%s: fact %s has neither a value nor a reason", s.Name, f.Title.EN)
			}
		}
		for _, c := range s.Charts {
			both(s.Name+" chart", c.Title)
			if len(c.X) == 0 || len(c.Series) == 0 || c.Kind == "heat" && len(c.Y) != len(c.Series) {
				t.Errorf("%s: chart %s is empty", s.Name, c.Title.EN)
			}
			for _, one := range c.Series {
				if len(one.Values) != len(c.X) {
					t.Errorf("%s: chart %s: %d values for %d", s.Name, c.Title.EN, len(one.Values), len(c.X))
				}
			}
		}
		for _, table := range s.Tables {
			if tables[table.Name] {
				t.Errorf("table %q stands twice", table.Name)
			}
			tables[table.Name] = true
			for _, c := range table.Columns {
				both(table.Name, c.Title)
			}
			for _, row := range append(table.Rows, table.Total) {
				if row != nil && len(row) != len(table.Columns) {
					t.Errorf("%s: %d cells for %d columns", table.Name, len(row), len(table.Columns))
				}
				for i, c := range row {
					if c.Value != nil && c.Value.Value != nil && math.IsNaN(*c.Value.Value) {
						t.Errorf("%s: NaN", table.Name)
					}
					if kind := table.Columns[i].Type; c.Value != nil && kind != "number" || (c.Text != "" || c.Words != nil) && kind != "text" && i > 0 {
						t.Errorf("%s: column %s is of %s", table.Name, table.Columns[i].Name, kind)
					}
				}
			}
		}
	}
}

// section is one by its name, empty where there is none.
func section(r *report.Report, name string) report.Section {
	for _, s := range r.Sections {
		if s.Name == name {
			return s
		}
	}
	return report.Section{}
}

func tableOf(r *report.Report, name string) report.Table {
	for _, s := range r.Sections {
		for _, t := range s.Tables {
			if t.Name == name {
				return t
			}
		}
	}
	return report.Table{}
}
