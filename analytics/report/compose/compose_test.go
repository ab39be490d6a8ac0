package compose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/analytics/forecast"
	"steward/analytics/rate"
	"steward/analytics/replacement"
	"steward/analytics/report"
	"steward/analytics/response"
	"steward/analytics/scorecard"
	"steward/analytics/standards"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/runs"
)

const onSite = "entrapment_on_site"

// judgedMonth is a run of response over a month, with met of n entrapments in time.
func (w *world) judgedMonth(m time.Time, n, met int, after time.Duration) *runs.Run {
	w.t.Helper()
	r := w.run("response", m, m.AddDate(0, 1, 0), after)
	title := incident.Text{ZH: "困人到场", EN: "On site of an entrapment"}
	limit := 600.0
	p90 := 500.0
	for _, at := range []authz.Place{hq, north, harbor, hill} {
		in := within(n, met)
		doc := standards.Report{From: r.From, To: r.To, Now: r.To, Clocks: []standards.Account{{
			Standard: onSite, Title: title, Limit: &limit,
			Summary: response.Summary{N: n, P90: response.Quantile{Value: &p90}, Median: response.Quantile{Why: "insufficient data: few"}, Within: &in},
			ByHour:  []standards.Hour{{Hour: 3, N: n, Within: &in}},
			ByCause: []standards.Row{{Name: "stuck", N: n, Within: &in}, {Name: "urgent_repair", N: n, Within: &in}, {Name: "odd", N: n, Within: &in}},
			Contractors: []response.Scorecard{
				{Contractor: "快修", Summary: response.Summary{N: n, Within: &in}, Yuan: &limit},
				{Contractor: "慢修", Summary: response.Summary{N: n, Within: &in}},
			},
		}}, Fixed: []standards.Kept{{Standard: onSite, Title: incident.Text{ZH: "困人10分钟到场", EN: "On site of an entrapment in 10 minutes"}, Basis: "the company's promise", Limit: 600, Within: &in}}}
		doc.Causes = map[string]incident.Text{"stuck": {ZH: "电梯困人", EN: "People shut in a lift"}}
		w.note(r.ID, "response", at, "", doc)
		w.number(r.ID, "clocks", at, "clock:"+onSite, float64(n))
		w.number(r.ID, "share_within_limit", at, "clock:"+onSite, *in.Share)
		w.number(r.ID, "share_within_fixed_limit", at, "clock:"+onSite+"/600s", *in.Share)
		if at.Project == "" {
			w.note(r.ID, "projects", at, "clock:"+onSite, standards.Projects{Standard: onSite, Title: title, Projects: []standards.Row{
				{Name: "north/harbour", N: n, Within: &in}, {Name: "north/hill", N: n, Within: &in},
			}})
		}
	}
	for i, at := range []authz.Place{harbor, hill} {
		w.note(r.ID, "breaches", at, "", standards.Breaches{Omitted: 2, Breaches: []standards.Breach{
			{Incident: "i-" + at.Project, Standard: onSite, Started: r.From, Took: 700 + float64(i), Over: 100 + float64(i), Limit: 600, Cause: []string{"stuck", "urgent_repair"}[i]},
		}})
	}
	return r
}

func within(n, met int) response.Within {
	share := float64(met) / float64(n)
	low, high := rate.Share(met, n, 0.95)
	return response.Within{N: n, Met: met, Breached: n - met, Share: &share, Low: &low, High: &high, Level: 0.95}
}

func TestResponse(t *testing.T) {
	w := newWorld(t)
	w.judgedMonth(month(2026, 8), 10, 10, time.Hour)
	w.judgedMonth(month(2026, 9), 20, 20, time.Hour)
	w.judgedMonth(month(2026, 10), 23, 21, time.Hour)
	r := w.must(all, Request{Name: Response, Month: "2026-10"})

	s := section(r, "response")
	want := report.Text{
		ZH: "困人10分钟到场：10 月共 23 起，10 分钟内 91.3 %（95 % 区间 72–99），目标 100 %。",
		EN: "On site of an entrapment in 10 minutes: 23 in October 2026; within 10 minutes 91.3 % (95 % interval 72 to 99), target 100 %.",
	}
	if len(s.Text) == 0 || s.Text[0] != want {
		t.Errorf("it says %q, want %q", s.Text, want)
	}
	if f := s.Facts[0]; *f.Value.Value != 21./23 || f.Before == nil || *f.Before.Value != 1 {
		t.Errorf("fact %+v", f)
	}
	trend := section(r, "response_trend")
	if len(trend.Charts) != 1 || len(trend.Charts[0].X) != 3 || *trend.Charts[0].Series[0].Values[2].Value != 21./23 {
		t.Errorf("trend %+v", trend)
	}
	if heat := section(r, "response_hours").Charts[0]; *heat.Series[0].Values[3].Value != 2 || heat.Series[0].Values[4].Value != nil {
		t.Errorf("hours %+v", heat)
	}
	if b := tableOf(r, "response_breaches"); len(b.Rows) != 2 || b.Rows[0][1].Text != "i-hill" || b.Rows[1][0].Words.ZH != "海港" {
		t.Errorf("breaches %+v", b.Rows)
	}
	// Causes go by the titles of rules, and by words for what people enter.
	var causes []report.Text
	for _, row := range append(tableOf(r, "response_causes").Rows, tableOf(r, "response_breaches").Rows...) {
		causes = append(causes, *row[map[bool]int{true: 1, false: 10}[len(row) == 6]].Words)
	}
	shut, repair := say("电梯困人", "People shut in a lift"), say("紧急报修", "urgent repair")
	if want := []report.Text{shut, repair, say("odd", "odd"), repair, shut}; !slices.Equal(causes, want) {
		t.Errorf("causes %q, want %q", causes, want)
	}
	// From all in time to 21 of 23 is a fall by 8.7 percentage points.
	clocks := tableOf(r, "response_clocks")
	last := len(clocks.Columns) - 1
	if by := *clocks.Rows[0][last].Value.Value; by < -8.7 || by > -8.6 || clocks.Columns[last].Format.Sign("en") != "percentage points" || clocks.Columns[last].Format.Sign("zh") != "百分点" {
		t.Errorf("change %v of %+v", by, clocks.Columns[last])
	}
	if rows := tableOf(r, "response_contractors").Rows; len(rows) == 0 {
		t.Error("no contractors")
	}
	// The runs that it is made from: three months.
	if len(r.Runs) != 3 || !r.MadeAt.Equal(month(2026, 11).Add(time.Hour)) || !r.AsOf.Equal(r.MadeAt) {
		t.Errorf("made at %s of %+v", r.MadeAt, r.Runs)
	}
}

// The same runs make the same report, however often and whenever it is asked for.
func TestSameAsOf(t *testing.T) {
	w := newWorld(t)
	w.judgedMonth(month(2026, 10), 23, 21, time.Hour)
	asOf := month(2026, 11).Add(2 * time.Hour)
	text := func(r Request) []byte {
		b, err := json.Marshal(w.must(all, r))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	request := Request{Name: Monthly, Month: "2026-10", AsOf: asOf}
	before := text(request)
	w.judgedMonth(month(2026, 10), 23, 23, 24*time.Hour) // it was computed again
	if after := text(request); !bytes.Equal(before, after) {
		t.Errorf("as of %s it was\n%s\nand is\n%s", asOf, before, after)
	}
	request.AsOf = time.Time{}
	if bytes.Equal(before, text(request)) {
		t.Error("what was computed again is not in the report")
	}
	request.AsOf = month(2026, 11)
	_, err := w.compose(all, request)
	if missing := new(MissingError); !errors.As(err, &missing) {
		t.Errorf("before the first run: %v", err)
	}
}

func TestLatest(t *testing.T) {
	w := newWorld(t)
	from, to := month(2026, 10), month(2026, 11)
	f := func(want *runs.Run, job string) {
		t.Helper()
		b := &book{Composer: New(Options{Runs: w, Results: w, Zone: zone}), ctx: t.Context(), from: from, to: to, listed: map[string][]runs.Run{}}
		got, found, err := b.latest(job, from, to, nil)
		if err != nil || found != (want != nil) || want != nil && got.ID != want.ID {
			t.Errorf("%s: got %+v, %t, %v; want %+v", job, got, found, err, want)
		}
	}
	f(nil, "response")
	w.run("response", from.AddDate(0, -1, 0), from, 0)
	w.run("response", from, to.AddDate(0, 0, 1), 0)  // beyond
	w.run("response", from.AddDate(0, 0, 3), to, 50) // not from the first on
	f(nil, "response")
	so := *w.run("response", from, from.AddDate(0, 0, 9), 0)
	f(&so, "response") // of a month under way
	first := *w.run("response", from, to, time.Hour)
	f(&first, "response")
	again := w.run("response", from, to, 2*time.Hour)
	again.Regular = false // mended by hand
	second := *again
	f(&second, "response")
	told := w.run("response", from, to, 3*time.Hour)
	told.Params = map[string]string{"x": "y"}
	f(&second, "response")
	w.swept[second.ID] = true
	f(&first, "response")

	// Rates want a year, and what is regular goes before what somebody looked into.
	odd := w.run("reliability", from.AddDate(0, -1, 0), to, 5*time.Hour)
	odd.Regular = false
	year := *w.run("reliability", to.AddDate(-1, 0, 0), to, time.Hour)
	f(&year, "reliability")

	// A daily job counts by the last day of the month.
	for day := range 5 {
		w.run("replacement", from.AddDate(-1, 0, day), to.AddDate(0, 0, day-2), time.Hour)
	}
	last := w.list[len(w.list)-3]
	f(&last, "replacement")
}

func TestRefused(t *testing.T) {
	w := newWorld(t)
	w.judgedMonth(month(2026, 10), 23, 21, time.Hour)
	f := func(scope authz.Scope, r Request, want string, is error) {
		t.Helper()
		_, err := w.compose(scope, r)
		if err == nil || !strings.Contains(err.Error(), want) || is != nil && !errors.Is(err, is) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
	f(all, Request{Name: "weekly", Month: "2026-10"}, `report "weekly": no such report`, ErrUnknown)
	f(all, Request{Name: Response}, "month", nil)
	f(all, Request{Name: Response, Month: "2026-13"}, `month "2026-13": is not a month such as 2026-10`, nil)
	f(all, Request{Name: Response, Month: "2026-10", From: month(2026, 1)}, "is given with from and to", nil)
	f(all, Request{Name: Response, From: month(2026, 2), To: month(2026, 1)}, "a later to", nil)
	f(all, Request{Name: Response, Month: "2026-10", Place: authz.Place{Project: "p"}}, "scope", nil)
	f(all, Request{Name: Replacement, Month: "2026-10", Budget: ptr(-1)}, "is not an amount", nil)
	f(all, Request{Name: Response, Month: "2026-09"}, "report response: nothing is computed for September 2026; run `steward analyze run response --from 2026-09-01 --to 2026-10-01`", nil)
	f(all, Request{Name: Energy, Month: "2026-09"}, "run `steward analyze run energy --from 2026-09-01 --to 2026-10-01`", nil)
	f(all, Request{Name: Replacement, Month: "2026-10"}, "run `steward analyze run replacement --from 2025-11-01 --to 2026-11-01` or `steward analyze run lifetimes", nil)
	f(only(harbor), Request{Name: Response, Month: "2026-10"}, "not yours", ErrOutside)
	f(only(harbor), Request{Name: Response, Month: "2026-10", Place: hill}, "not yours", ErrOutside)
	f(authz.Scope{}, Request{Name: Response, Month: "2026-10", Place: harbor}, "not yours", ErrOutside)
}

// Whoever may read one project learns nothing of another.
func TestScope(t *testing.T) {
	w := full(t)
	for _, name := range []string{Monthly, Replacement, Energy, Response} {
		for _, scope := range []authz.Scope{only(harbor), all} {
			text, err := json.Marshal(w.must(scope, Request{Name: name, Month: "2026-10", Place: harbor, Difference: true}))
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range []string{"hill", "lake", "south"} {
				if strings.Contains(string(text), other) {
					t.Errorf("%s of harbour speaks of %s: %s", name, other, text)
				}
			}
		}
	}
}

// full is a world in which every job has its results of two months.
func full(t *testing.T) *world {
	w := newWorld(t)
	for i, m := range []time.Time{month(2026, 9), month(2026, 10)} {
		end := m.AddDate(0, 1, 0)
		w.judgedMonth(m, 20+i, 18+i, time.Hour)
		w.judgedMonth(m, 20+i, 19+i, 2*time.Hour)
		rel := w.run("reliability", end.AddDate(-1, 0, 0), end, time.Hour)
		card := w.run("scorecard", m, end, time.Hour)
		plan := w.run("replacement", end.AddDate(-1, 0, 0), end, time.Hour)
		life := w.run("lifetimes", end.AddDate(-1, 0, 0), end, time.Hour)
		waste := w.run("energy", end.AddDate(0, -2, 0), end, time.Hour)
		for n, at := range []authz.Place{hq, north, south, harbor, hill, lake} {
			for _, kind := range reliabilityKinds {
				w.number(rel.ID, kind, at, "", 0.5+float64(n+i)/100)
				w.number(rel.ID, kind, at, "class:elevator", 0.4)
			}
			score := 80 + float64(n+i)
			w.note(card.ID, "scorecard", at, "", scorecard.Card{Month: m.Format("2006-01"), Score: &score, Known: 0.9, Rank: 1, Of: 2, Components: []scorecard.Component{
				{Name: "availability", Weight: 0.5, Value: ptr(0.9), Limit: ptr(0.99), Outside: true}, {Name: "collection_rate", Weight: 0.5, Why: "insufficient data: no fees"},
			}})
			w.note(plan.ID, "plan", at, "", planFor(at))
			w.note(plan.ID, "cost_curve", at, "model:A/1", replacement.Curve{Pool: "model:A/1", Devices: 3, Points: []replacement.CurvePoint{{Age: 1, CostRate: 9}, {Age: 2, CostRate: 7}}})
			w.note(life.ID, "backtest", at, "", forecast.Backtest{AsOf: "2025-10-01", HorizonDays: 365, Devices: 50, Failed: 5, Brier: ptr(0.08), Left: 3, Classes: []forecast.ClassTest{{Class: "elevator", Devices: 50, Failed: 5, Brier: ptr(0.08)}}, Intervals: forecast.Intervals{Brier: forecast.Interval{Low: ptr(0.05), High: ptr(0.11)}}, Calibration: []forecast.Bin{{Devices: 25, Forecast: 0.1, Failed: 0.12, Low: 0.03, High: 0.3}}})
			w.note(life.ID, "life", at, "model:A/1", forecast.Life{Pool: "model:A/1", Devices: 3, Parts: []forecast.Part{{Code: "door", N: 3, Survival: []forecast.Point{{Years: 0, Value: 1}, {Years: 2, Value: 0.5}}}}})
			w.between(waste.ID, "waste_a_year_cny", at, "", 500+10*float64(i), 400, 700)
			w.energyOf(waste.ID, at, float64(n))
			if at.Project == "" {
				w.note(card.ID, "contractors", at, "", scorecard.Contractors{Contractors: []response.Scorecard{{Contractor: "otis", Summary: response.Summary{N: 9}, Yuan: ptr(700)}}})
			}
			if at.Project != "" {
				w.note(waste.ID, "findings", at, "", `{"at":"2026-11-01T00:00:00Z","of_tomorrow":[1],"findings":[{"region":"`+at.Region+`","project":"`+at.Project+`","kind":"night_base","subject":"device:meter/m-`+at.Project+`","title":{"zh":"夜间","en":"night"},"advice":{"zh":"关","en":"switch off"},"a_year_cny":{"value":`+map[int]string{3: "100", 4: "300", 5: "200"}[n]+`,"low":50,"high":400,"unit":"CNY"},"confidence":0.9}]}`)
			}
		}
	}
	return w
}

func planFor(at authz.Place) replacement.Plan {
	p := replacement.Plan{Year: 2027, Budget: 250, Devices: 10}
	n := 0
	for _, d := range []authz.Place{harbor, hill, lake} {
		if !at.Contains(d) {
			continue
		}
		n++
		p.Lines = append(p.Lines, replacement.Line{
			Rank: n, Within: n < 3, Cost: 100 * float64(n), Worth: true, Avoided: replacement.Money{Value: ptr(10)},
			Prospect: forecast.Prospect{Region: d.Region, Project: d.Project, Class: "elevator", Device: "e-" + d.Project}, DueOn: "2027-05-01",
			Reasons: []replacement.Reason{{Code: "likely_failure", ZH: "可能故障", EN: "likely to fail"}},
		})
	}
	return p
}

// Every report of every place is whole, and nothing of it is missing.
func TestWhole(t *testing.T) {
	w := full(t)
	for _, kind := range Kinds() {
		for _, at := range []authz.Place{hq, north, harbor} {
			r := w.must(all, Request{Name: kind.Name, Month: "2026-10", Place: at})
			for _, s := range r.Sections {
				for _, text := range s.Text {
					if strings.Contains(text.EN, "not yet computed") || strings.Contains(text.EN, "nothing of this place") {
						t.Errorf("%s of %s: %s: %s", kind.Name, at, s.Name, text.EN)
					}
				}
			}
		}
	}
	r := w.must(all, Request{Name: Monthly, Month: "2026-10"})
	// What findings come to is the analysis's, which counts the same energy once: not 600.
	if f := section(r, "energy").Facts; *f[0].Value.Value != 510 || *f[0].Value.Low != 400 || *f[0].Before.Value != 500 || *f[1].Value.Value != 3 {
		t.Errorf("energy %+v", f)
	}
	if total := tableOf(r, "energy_kinds").Total; *total[2].Value.Value != 510 {
		t.Errorf("kinds %+v", total)
	}
	if rows := tableOf(r, "energy_findings").Rows; len(rows) != 3 || rows[0][0].Text != "north/hill" {
		t.Errorf("findings %+v", rows)
	}
	if f := section(r, "notices").Facts; *f[0].Value.Value != 3 {
		t.Errorf("notices %+v", f)
	}
}

// A job that nobody ran is a section that says so.
func TestAbsent(t *testing.T) {
	w := newWorld(t)
	w.judgedMonth(month(2026, 10), 23, 21, time.Hour)
	r := w.must(all, Request{Name: Monthly, Month: "2026-10"})
	for _, name := range []string{"scorecards", "reliability", "energy", "replacement"} {
		s := section(r, name)
		if len(s.Text) == 0 || s.Text[0].EN != "Insufficient data: not yet computed for this period." || len(s.Notes) == 0 || !strings.Contains(s.Notes[0].EN, "steward analyze run ") {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if len(section(r, "response").Facts) == 0 {
		t.Error("no response")
	}
}

func TestDifference(t *testing.T) {
	w := full(t)
	r := w.must(all, Request{Name: Response, Month: "2026-10", Difference: true})
	s := section(r, "differences")
	if len(s.Tables) != 1 || len(s.Text) != 1 || !strings.Contains(s.Text[0].EN, "numbers differ") {
		t.Fatalf("differences %+v", s)
	}
	row := s.Tables[0].Rows[0]
	if *row[5].Value.Value != 19./21 || *row[6].Value.Value != 20./21 {
		t.Errorf("changed %+v", row)
	}
	r = w.must(all, Request{Name: Replacement, Month: "2026-10", Difference: true})
	if s := section(r, "differences"); len(s.Text) != 2 || !strings.Contains(s.Text[0].EN, "there is but one run of the period") {
		t.Errorf("differences %+v", s)
	}
}

// Another budget takes devices in the order of the plan, until one does not fit.
func TestBudget(t *testing.T) {
	f := func(budget float64, want int, cost float64) {
		t.Helper()
		p := planFor(hq)
		rebudget(&p, hq, budget)
		if taken(&p) != want || p.Cost != cost || *p.Avoided.Value != 10*float64(want) {
			t.Errorf("with %v: %d devices for %v", budget, p.Within, p.Cost)
		}
	}
	f(0, 3, 600)
	f(99, 0, 0)
	f(100, 1, 100)
	f(250, 1, 100)
	f(300, 2, 300)
	f(400, 2, 300)
	f(600, 3, 600)
}

// Of the budget of another place a report says whose it is, and no more, also where a plan
// of an earlier version has its yuan.
func TestBudgetOfAnotherPlace(t *testing.T) {
	f := func(of string, budget *float64, want ...string) {
		t.Helper()
		w := full(t)
		p := planFor(harbor)
		p.BudgetOf, p.Budget, p.Short = of, 5_000_000, 777_000
		for i, d := range w.docs {
			for j := range d {
				if d[j].Kind == "plan" && d[j].Project == harbor.Project {
					text, err := json.Marshal(p)
					if err != nil {
						t.Fatal(err)
					}
					w.docs[i][j].Body = text
				}
			}
		}
		text := fmt.Sprint(section(w.must(only(harbor), Request{Name: Replacement, Month: "2026-10", Place: harbor, Budget: budget}), "replacement"))
		for _, word := range want {
			if word, unwanted := strings.CutPrefix(word, "!"); strings.Contains(text, word) == unwanted {
				t.Errorf("budget of %q: %q is there %v: %s", of, word, unwanted, text)
			}
		}
	}
	f("hq", nil, "that of the company", "预算属于全公司", "!5,000,000", "!777,000", "!no limit")
	f("north", nil, "that of north", "!5,000,000", "!777,000")
	f("north/harbour", nil, "The budget is 5,000,000 yuan", "lacks 777,000 yuan", "!that of")
	f("", nil, "The budget is 5,000,000 yuan", "!that of")
	f("hq", ptr(250.), "The budget is 250 yuan", "!that of", "!5,000,000")
}

// What is in a document and no JSON that anybody wrote ends no report in a panic.
func FuzzDocuments(f *testing.F) {
	f.Add(`{}`)
	f.Add(`{"clocks":[{"by_hour":[{"hour":-1},{"hour":99,"within":{}}],"within":{"share":1e308}}],"fixed_limits":[{}]}`)
	f.Add(`{"parent":"p","daily":[{"parent":1e308},{"parent":1e308}],"share":{"value":-1},"days":[{"baseline":1}],"projects":[{"rank":-1}],"contractors":[{"penalty_yuan":1e308},{"penalty_yuan":1e308}]}`)
	f.Add(`{"findings":[{"a_year_cny":{"value":-1e308}},{"a_year_cny":{"value":1e308}}],"lines":[{"reasons":null}],"components":[{}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) {
			t.Skip()
		}
		w := newWorld(t)
		from, to := month(2026, 10), month(2026, 11)
		for _, job := range []string{"response", "scorecard", "replacement", "lifetimes", "energy", "reliability"} {
			begin := from
			if job == "reliability" {
				begin = to.AddDate(-1, 0, 0)
			}
			r := w.run(job, begin, to, 0)
			for _, kind := range []string{"response", "projects", "breaches", "scorecard", "plan", "cost_curve", "backtest", "life", "findings", "verified", "baseline", "balance", "ranking", "contractors"} {
				w.note(r.ID, kind, harbor, "", body)
				w.note(r.ID, kind, hq, "", body)
			}
		}
		c := New(Options{Runs: w, Results: w, Zone: zone})
		for _, at := range []authz.Place{harbor, hq} {
			for _, kind := range Kinds() {
				r, err := c.Compose(t.Context(), all, Request{Name: kind.Name, Month: "2026-10", Place: at})
				if err != nil {
					continue // a document of another shape is an error that names it
				}
				if _, err := json.Marshal(r); err != nil {
					t.Errorf("%s: %v", kind.Name, err)
				}
			}
		}
	})
}

// The places of a report are in the order of the shrunken rate, each class for itself: one
// of few devices with a bad year does not lead, nor does a class that fails more.
func TestPlacesAreRankedByShrunkenRates(t *testing.T) {
	w := newWorld(t)
	end := month(2026, 11)
	run := w.run("reliability", end.AddDate(-1, 0, 0), end, time.Hour)
	for _, n := range []struct {
		at               authz.Place
		class            string
		own, drawn, high float64
	}{
		{north, "elevator", 5, 5, 6}, {north, "meter", 0.1, 0.1, 0.2},
		{harbor, "elevator", 9, 4, 6}, {hill, "elevator", 6, 5, 7},
		{harbor, "meter", 0.3, 0.2, 0.3}, {hill, "meter", 0.2, 0.3, 0.4},
	} {
		w.number(run.ID, "failure_rate", n.at, "", 1)
		w.number(run.ID, "failure_rate", n.at, "class:"+n.class, n.own)
		w.between(run.ID, "failure_rate_shrunk", n.at, "class:"+n.class, n.drawn, 0.05, n.high)
	}
	r := w.must(all, Request{Name: Monthly, Month: "2026-10", Place: north})
	var got []string
	for _, row := range tableOf(r, "reliability_places").Rows {
		got = append(got, row[0].Words.EN+" "+row[1].Text+fmt.Sprintf(" %g to %g", *row[3].Value.Value, *row[3].Value.High))
	}
	if want := []string{"elevator north/hill 5 to 7", "elevator north/harbour 4 to 6", "meter north/hill 0.3 to 0.4", "meter north/harbour 0.2 to 0.3"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if charts := section(r, "reliability").Charts; len(charts) != 2 || *charts[0].Series[0].Values[0].Value != 5 {
		t.Errorf("%+v", charts)
	}
}

// The last row of a plan that is cut is of what else is in the plan, and never of what it
// advises against; how many lines are left out the table alone says.
func TestPlanThatIsCut(t *testing.T) {
	f := func(within, listed, omitted int, full bool, shown float64, last, note string) {
		t.Helper()
		p := replacement.Plan{Year: 2027, Devices: 99, Within: within, Cost: 100 * float64(within), Omitted: omitted}
		if omitted > 0 {
			p.Warnings = []string{fmt.Sprintf("%d devices ranked below those listed are left out of the list", omitted)}
		}
		for i := range listed {
			l := replacement.Line{Rank: i + 1, Within: i < within, Cost: 100, Prospect: forecast.Prospect{Region: "north", Project: "hill", Device: "e"}}
			if !l.Within {
				l.Cost = 100_000
			}
			p.Lines = append(p.Lines, l)
		}
		w := newWorld(t)
		end := month(2026, 11)
		w.note(w.run("replacement", end.AddDate(-1, 0, 0), end, time.Hour).ID, "plan", hq, "", p)
		name := Monthly
		if full {
			name = Replacement
		}
		r := w.must(all, Request{Name: name, Month: "2026-10"})
		table, total, sum := tableOf(r, "replacement_plan"), "", 0.
		for _, row := range table.Rows {
			if row[1].Words != nil {
				sum += *row[12].Value.Value
			}
		}
		if table.Total != nil {
			total = fmt.Sprintf("%s: %g", table.Total[4].Words.EN, *table.Total[12].Value.Value)
			sum += *table.Total[12].Value.Value
		}
		notes := ""
		for _, n := range section(r, "replacement").Notes {
			notes += n.EN
		}
		if total != last || sum != p.Cost || float64(len(table.Rows)) != shown || notes != note {
			t.Errorf("%d of %d and %d: last row %q, want %q; it adds up to %v of %v; notes %q, want %q", within, listed, omitted, total, last, sum, p.Cost, notes, note)
		}
	}
	f(3, 10, 0, false, 10, "", "")
	f(3, 12, 0, false, 10, "", "No device that is not listed is in the plan: they are beyond the budget, or better kept.")
	f(12, 12, 0, false, 10, "2 more within the budget: 200", "")
	f(11, 12, 0, false, 10, "1 more within the budget: 100", "Of the devices that are not listed 1 is not in the plan: it is beyond the budget, or better kept.")
	f(11, 12, 0, true, 12, "", "")
	f(20, 12, 9, true, 12, "8 more within the budget: 800", "Of the devices that are not listed 1 is not in the plan: it is beyond the budget, or better kept.")
}

// Parts of a component are in its unit, but for those of energy.
func TestParts(t *testing.T) {
	table := partTable(&scorecard.Card{Components: []scorecard.Component{
		{Name: "complaint_rate", Unit: "1/(100 households month)", Parts: []scorecard.Share{{Name: "noise", Value: 0.3, N: 12}}},
		{Name: "collection_rate", Parts: []scorecard.Share{{Name: "property", Value: 0.5, N: 1440}}},
		{Name: "energy_intensity", Unit: "x median", Parts: []scorecard.Share{{Name: "kwh_per_m2_a", Value: 81, N: 3}, {Name: "percentile", Value: 60, N: 3}}},
	}})
	var got []string
	for _, row := range table.Rows {
		got = append(got, fmt.Sprintf("%s %g %s of %g", row[1].Words.ZH, *row[2].Value.Value, row[3].Words.EN, *row[4].Value.Value))
	}
	want := []string{"噪音 0.3 per 100 homes a month of 12", "物业费 50 % of 1440", "用电 81 kWh per m² and year of 3", "同类楼栋百分位 60  of 3"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// One of something is not several.
func TestPlurals(t *testing.T) {
	f := func(got report.Text, zh, en string) {
		t.Helper()
		if got != say(zh, en) {
			t.Errorf("%q, want %q / %q", got, zh, en)
		}
	}
	f(outsideWords(1, 1), "1 个项目的 1 项指标超出限值，应发整改通知。", "1 project is outside its limit in 1 component: a rectification notice is due.")
	f(outsideWords(1, 2), "1 个项目的 2 项指标超出限值，应发整改通知。", "1 project is outside its limits in 2 components: rectification notices are due.")
	f(outsideWords(2, 3), "2 个项目的 3 项指标超出限值，应发整改通知。", "2 projects are outside their limits in 3 components: rectification notices are due.")
	f(sayn(1, "%d 项", "%d thing", "%d things"), "1 项", "1 thing")
	f(sayn(0, "%[2]s %[1]d 项", "%[2]s: %[1]d thing", "%[2]s: %[1]d things", "x"), "x 0 项", "x: 0 things")
}

// Costs by place are those of the places' own plans, also where the list of the company
// leaves devices out; for another budget it says how many it left out.
func TestCostByPlaceIsWhole(t *testing.T) {
	w := newWorld(t)
	end := month(2026, 11)
	run := w.run("replacement", end.AddDate(-1, 0, 0), end, time.Hour)
	p := planFor(hq)
	p.Omitted, p.Cost = 3000, 3_000_300
	w.note(run.ID, "plan", hq, "", p)
	for _, at := range []authz.Place{north, south} {
		for kind, v := range map[string]float64{"plan_devices": 1500, "plan_mandatory_devices": 1400, "plan_cost": 1_500_000} {
			w.number(run.ID, kind, at, "", v)
		}
		w.between(run.ID, "plan_avoided", at, "", 20, 10, 30)
	}
	r := w.must(all, Request{Name: Replacement, Month: "2026-10"})
	rows := tableOf(r, "replacement_places").Rows
	if len(rows) != 2 || *rows[0][2].Value.Value != 1500 || *rows[0][3].Value.Value != 1400 || *rows[0][4].Value.Value != 1_500_000 || *rows[0][5].Value.Low != 10 || *rows[0][5].Value.High != 30 {
		t.Errorf("%+v", rows)
	}
	if notes := section(r, "replacement_places").Notes; len(notes) != 1 || !strings.Contains(notes[0].EN, "add up to 3,000,000 yuan, the plan to 3,000,300") {
		t.Errorf("%+v", notes)
	}
	budget := 100.
	r = w.must(all, Request{Name: Replacement, Month: "2026-10", Budget: &budget})
	if notes := section(r, "replacement_places").Notes; len(notes) != 1 || !strings.Contains(notes[0].EN, "3000 devices that the plan does not list") {
		t.Errorf("%+v", notes)
	}
	if row := tableOf(r, "replacement_places").Rows[0]; row[5].Value.Low != nil || row[5].Value.Why == "" {
		t.Errorf("%+v", row)
	}
}
