package replacement

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"steward/analytics/forecast"
	"steward/analytics/job"
	"steward/internal/authz"
)

// The world is watched until the end of October 2026, and 2027 is planned.
var (
	until = time.Date(2026, time.October, 31, 16, 0, 0, 0, time.UTC)
	china = time.FixedZone("China", 8*3600)
)

// policyOf is a policy by which things are easily reckoned: a lift costs 1000 and
// serves 10 years, a failure costs 200; what is worth its cost is proposed.
func policyOf(t testing.TB, more string) *Policy {
	t.Helper()
	p, err := Parse("p.yaml", []byte(`
costs:
  - { class: elevator, replacement_cny: 1000, failure_cny: 200, life_years: 10, source: test }
  - { class: meter, medium: heat, replacement_cny: 500, failure_cny: 800, life_years: 10, verification_cny: 50, source: test }
  - { class: meter, medium: water, replacement_cny: 200, failure_cny: 300, life_years: 6, source: test }
limits:
  - { class: meter, medium: water, years: 6, mandatory: true, title: {zh: 水表六年, en: six years}, source: JJG 162 }
  - { class: elevator, years: 15, mandatory: false, title: {zh: 十五年, en: fifteen years}, source: custom }
`+more))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func val(x float64) *float64 { return &x }

func est(value, half float64) forecast.Estimate {
	return forecast.Estimate{Value: val(value), Low: val(value - half), High: val(value + half), N: 20}
}

// lift is one of which so many failures are expected, of a new one so many.
func lift(id string, kept, fresh float64) forecast.Prospect {
	return forecast.Prospect{Class: "elevator", Device: id, Pool: "model:A/1", Failures365: est(kept, kept/10), New365: est(fresh, fresh/10)}
}

type place2 struct {
	at      authz.Place
	devices []forecast.Prospect
}

// world is prospects in memory.
type world struct {
	run   string
	parts []place2
	lives []forecast.Life
}

func (w *world) add(at string, devices ...forecast.Prospect) {
	p, err := authz.ParsePlace(at)
	if err != nil {
		panic(err)
	}
	w.parts = append(w.parts, place2{p, devices})
}

func (w *world) Latest(_ context.Context, _, to time.Time) (string, time.Time, error) {
	if to.Equal(until) || to.IsZero() {
		return w.run, until, nil
	}
	return "", time.Time{}, nil
}

func (w *world) Lives(_ context.Context, _ string, do func(forecast.Life) error) error {
	for _, l := range w.lives {
		if err := do(l); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) Each(_ context.Context, _ string, do func(authz.Place, forecast.Prospects) error) error {
	for _, p := range w.parts {
		if err := do(p.at, forecast.Prospects{Devices: p.devices}); err != nil {
			return err
		}
	}
	return nil
}

// results are what a run wrote.
type results struct {
	t       testing.TB
	numbers map[string]job.Number
	plans   map[string]Plan
	curves  map[string]Curve
	covered float64
}

func recorder(t testing.TB, params map[string]string) (*job.Run, *results) {
	out := &results{t: t, numbers: map[string]job.Number{}, plans: map[string]Plan{}, curves: map[string]Curve{}, covered: math.NaN()}
	return &job.Run{
		ID: "r", From: until.AddDate(0, -1, 0), To: until, Now: until.Add(5 * time.Hour), Params: params,
		Progress: func(int64, int64, string) {},
		Cover:    func(share float64) { out.covered = share },
		Write: func(_ context.Context, numbers []job.Number) error {
			for _, n := range numbers {
				key := n.Kind + " " + authz.Place{Region: n.Region, Project: n.Project}.String() + " " + n.Subject
				if _, twice := out.numbers[key]; twice || n.Value == nil && n.Why == "" {
					t.Errorf("%s is written twice, or says nothing: %+v", key, n)
				}
				for _, v := range []*float64{n.Value, n.Low, n.High} {
					if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
						t.Errorf("%s: %v", key, *v)
					}
				}
				out.numbers[key] = n
			}
			return nil
		},
		Note: func(_ context.Context, kind, region, project, subject string, body any) error {
			text, err := json.Marshal(body)
			if err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			key := authz.Place{Region: region, Project: project}.String()
			if kind == "plan" {
				var p Plan
				err = json.Unmarshal(text, &p)
				if _, twice := out.plans[key]; twice {
					t.Errorf("the plan of %s is written twice", key)
				}
				out.plans[key] = p
			} else {
				var c Curve
				err = json.Unmarshal(text, &c)
				out.curves[subject] = c
			}
			return err
		},
	}, out
}

func planned(t testing.TB, p *Policy, w *world, params map[string]string) *results {
	t.Helper()
	w.run = "lifetimes-1"
	r, out := recorder(t, params)
	if err := New(Options{Prospects: w, Policy: p, Zone: china}).Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return out
}

// brief is a plan in a few words: each device, with ! mandatory, and | where the
// budget ends.
func brief(p Plan) string {
	var words []string
	ended := false
	for _, l := range p.Lines {
		if !l.Within && !ended {
			ended = true
			words = append(words, "|")
		} else if l.Within && ended {
			words = append(words, "OUT OF ORDER")
		}
		word := l.Device
		if l.Mandatory {
			word = "!" + word
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func (r *results) is(place, want string) Plan {
	r.t.Helper()
	p, ok := r.plans[place]
	if got := brief(p); !ok || got != want {
		r.t.Errorf("plan of %s: %s, want %s", place, got, want)
	}
	return p
}

// Of these a year costs 100: e1 avoids 400, e2 and e3 200, e4 exactly 100, e5 20, and
// of e6 a new one would fail more often.
func six() *world {
	w := new(world)
	w.add("north/harbour", lift("e1", 3, 1), lift("e5", 1.1, 1), lift("e3", 2, 1))
	w.add("north/hill", lift("e2", 2, 1), lift("e6", 0.5, 1))
	w.add("south/lake", lift("e4", 1.5, 1))
	return w
}

func TestBudget(t *testing.T) {
	f := func(budget, want string) {
		t.Helper()
		params := map[string]string{}
		if budget != "" {
			params["budget"] = budget
		}
		p := planned(t, policyOf(t, ""), six(), params).is("hq", want)
		if p.Budget > 0 && p.Cost > p.Budget {
			t.Errorf("%s: %v yuan are planned", budget, p.Cost)
		}
	}
	f("", "e1 e3 e2 e4 | e5") // ties go by place and name
	f("10000", "e1 e3 e2 e4 | e5")
	f("3000", "e1 e3 e2 | e4 e5")
	f("2999.99", "e1 e3 | e2 e4 e5")
	f("1000", "e1 | e3 e2 e4 e5")
	f("0.01", "| e1 e3 e2 e4 e5")
	f("1e12", "e1 e3 e2 e4 | e5")
}

func TestPlanOfPlaces(t *testing.T) {
	r := planned(t, policyOf(t, "budgets:\n  - {place: hq, cny: 5000}\n  - {place: hq, year: 2027, cny: 3500}\n  - {place: south, year: 2026, cny: 1}\n"), six(), nil)
	hq := r.is("hq", "e1 e3 e2 | e4 e5")
	if hq.Year != 2027 || hq.Budget != 3500 || hq.BudgetOf != "hq" || hq.Cost != 3000 || hq.Devices != 6 || hq.Within != 3 || hq.Kept != 1 || hq.Dear != 1 || hq.Unknown != 0 ||
		*hq.Avoided.Value != 800 || hq.Run != "lifetimes-1" || hq.Asof != "2026-10-31T16:00:00Z" || len(hq.Warnings) != 1 || !strings.Contains(hq.Warnings[0], "500.00 yuan of the budget are left") {
		t.Errorf("%+v", hq)
	}
	// All are of one pool, and off together: 0.1 of each failure, kept and fresh.
	want := 200 * (math.Hypot(0.3, 0.1) + 2*math.Hypot(0.2, 0.1))
	if math.Abs(*hq.Avoided.High-800-want) > 1e-9 || math.Abs(800-*hq.Avoided.Low-want) > 1e-9 {
		t.Errorf("%v to %v", *hq.Avoided.Low, *hq.Avoided.High)
	}
	// What is below is a part of that.
	if p := r.is("north", "e1 e3 e2 | e5"); p.BudgetOf != "hq" || p.Budget != 0 || p.Cost != 3000 || p.Lines[2].Cumulative != 3000 || p.Lines[2].Rank != 3 {
		t.Errorf("%+v", p)
	}
	r.is("north/harbour", "e1 e3 | e5")
	r.is("north/hill", "e2")
	r.is("south", "| e4")
	if p := r.is("south/lake", "| e4"); p.Cost != 0 || *p.Avoided.Value != 0 || p.Lines[0].Region != "south" || p.Lines[0].Project != "lake" {
		t.Errorf("%+v", p)
	}
	for key, want := range map[string]float64{"plan_cost hq ": 3000, "plan_avoided hq ": 800, "plan_devices north/harbour ": 2, "plan_cost south ": 0} {
		if n := r.numbers[key]; n.Value == nil || *n.Value != want || n.Coverage != 1 {
			t.Errorf("%s: %+v", key, n)
		}
	}

	// A place with a budget of its own goes by that, and so does what is below it.
	r = planned(t, policyOf(t, "budgets:\n  - {place: hq, cny: 1000}\n  - {place: north, cny: 2000}\n  - {place: north/hill, cny: 1000}\n"), six(), nil)
	r.is("hq", "e1 | e3 e2 e4 e5")
	r.is("north", "e1 e3 | e2 e5")
	r.is("north/harbour", "e1 e3 | e5")
	if p := r.is("north/hill", "e2"); p.BudgetOf != "north/hill" || p.Budget != 1000 {
		t.Errorf("%+v", p)
	}
	r.is("south/lake", "| e4")
}

// What a budget is, and what it lacks, is told at the place whose budget it is alone: of
// what goes to others, and what the law wants elsewhere, a project knows nothing.
func TestBudgetOfAnotherPlace(t *testing.T) {
	w := new(world)
	w.add("north/harbour", lift("e1", 3, 1))
	due := func(id string) forecast.Prospect {
		return forecast.Prospect{Class: "meter", Medium: "heat", Device: id, VerifyBy: "2027-01-01", Failures365: forecast.Estimate{Why: "insufficient data: no failure"}}
	}
	w.add("south/lake", due("h1"), due("h2"))
	r := planned(t, policyOf(t, "budgets: [{place: hq, cny: 60}, {place: south, cny: 40}]\n"), w, nil)
	f := func(place, of string, budget, short float64, warned bool) {
		t.Helper()
		p := r.plans[place]
		if p.BudgetOf != of || p.Budget != budget || p.Short != short || strings.Contains(strings.Join(p.Warnings, "\n"), budgetLacks) != warned {
			t.Errorf("%s: budget %v of %s, %v missing, %q", place, p.Budget, p.BudgetOf, p.Short, p.Warnings)
		}
	}
	f("hq", "hq", 60, 40, true)
	f("north", "hq", 0, 0, false)
	f("north/harbour", "hq", 0, 0, false)
	f("south", "south", 40, 60, true)
	f("south/lake", "south", 0, 0, false)

	// Where nobody has a budget there is no limit anywhere, and it is nobody else's.
	r = planned(t, policyOf(t, ""), w, nil)
	for _, place := range []string{"hq", "south", "south/lake"} {
		f(place, place, 0, 0, false)
	}
}

// What must be done comes first, in the order in which it is due.
func TestMandatory(t *testing.T) {
	meter := func(id, medium, installed, verify string) forecast.Prospect {
		return forecast.Prospect{Class: "meter", Medium: medium, Device: id, InstalledOn: installed, VerifyBy: verify, Failures365: forecast.Estimate{Why: "insufficient data: no failure"}}
	}
	w := new(world)
	aged := meter("w5", "water", "", "")
	aged.AgeYears = val(7)
	w.add("north/harbour",
		lift("e1", 3, 1),
		meter("w1", "water", "2021-12-31", ""), // on the last day of the year
		meter("w2", "water", "2022-01-01", ""),
		meter("w3", "water", "2015-02-28", "2030-01-01"), // its date of verification counts
		meter("w4", "water", "nonsense", "2026-01-01"),
		meter("h1", "heat", "2015-01-01", "2027-12-31"),
		aged,
	)
	r := planned(t, policyOf(t, ""), w, nil)
	p := r.is("hq", "!w5 !w4 !h1 !w1 e1")
	if p.Mandatory != 4 || p.MandatoryCost != 650 || p.Short != 0 || p.Unknown != 6 || p.Cost != 1650 || *p.Avoided.Value != 400 || !strings.HasPrefix(p.Avoided.Why, "of 3 devices the failures are not forecast") {
		t.Errorf("%+v", p)
	}
	h1 := p.Lines[2]
	if h1.Action != Verify || h1.Cost != 50 || h1.CostFrom != "class" || h1.DueOn != "2027-12-31" || *h1.Avoided.Value != 0 || h1.Avoided.Why == "" || h1.Reasons[0].Code != "verification_due" || !strings.Contains(h1.Reasons[0].ZH, "需送检") {
		t.Errorf("%+v", h1)
	}
	if w1 := p.Lines[3]; w1.DueOn != "2027-12-31" || w1.Avoided.Value != nil || w1.Reasons[0].Code != "statutory" || !strings.Contains(w1.Reasons[0].EN, "the limit of 6 years is reached on 2027-12-31 (JJG 162)") {
		t.Errorf("%+v", w1)
	}
	if r.covered < 0.142 || r.covered > 0.143 {
		t.Errorf("coverage %v", r.covered)
	}
	// The year before, the year after.
	planned(t, policyOf(t, ""), w, map[string]string{"year": "2026"}).is("hq", "!w5 !w4 e1")
	planned(t, policyOf(t, ""), w, map[string]string{"year": "2028"}).is("hq", "!w5 !w4 !h1 !w1 !w2 e1")
	// A budget that does not cover it says so, and nothing else is within.
	p = planned(t, policyOf(t, ""), w, map[string]string{"budget": "460"}).is("hq", "!w5 !w4 !h1 | !w1 e1")
	if p.Short != 190 || p.Cost != 450 || !strings.Contains(strings.Join(p.Warnings, "\n"), "does not cover what is mandatory: 190.00 yuan are missing") {
		t.Errorf("%+v", p)
	}
	// A meter that fails often is replaced rather than verified.
	w = new(world)
	bad := meter("h2", "heat", "", "2027-01-01")
	bad.Failures365, bad.New365 = est(2, 0), est(1, 0)
	w.add("north/harbour", bad)
	if l := planned(t, policyOf(t, ""), w, nil).is("hq", "!h2").Lines[0]; l.Action != Replace || l.Cost != 500 || *l.Avoided.Value != 800 {
		t.Errorf("%+v", l)
	}
}

// A limit for what senses smoke is for nothing else of the class, and a date of
// inspection of what is no meter replaces nothing; what is not known is said.
func TestLimitOfWhatIsSensed(t *testing.T) {
	policy := policyOf(t, "  - { class: fire, senses: smoke, years: 12, mandatory: true, title: {zh: 十二年, en: twelve years}, source: GB 29837 }\n")
	fire := func(id, senses, installed string) forecast.Prospect {
		return forecast.Prospect{Class: "fire", Device: id, Senses: senses, InstalledOn: installed, VerifyBy: "2027-03-01"}
	}
	w := new(world)
	inspected := lift("e1", 1, 1)
	inspected.VerifyBy = "2027-05-01"
	w.add("north/harbour", inspected, fire("s1", "smoke", "2010-01-01"), fire("s2", "smoke", "2020-01-01"), fire("s3", "smoke", ""),
		fire("p1", "water", "2010-01-01"), fire("u1", "", "2010-01-01"), fire("u2", "", "2020-01-01"))
	p := planned(t, policy, w, nil).is("hq", "!s1")
	all := strings.Join(p.Warnings, "\n")
	if !strings.Contains(all, "1 device must be replaced or verified at an age") || !strings.Contains(all, "1 device has reached an age at which smoke detectors") {
		t.Error(all)
	}
}

// A run over an earlier period goes by the forecasts of then, or says that it does not.
func TestForecastsOfThen(t *testing.T) {
	w := six()
	w.run = "lifetimes-1"
	r, out := recorder(t, nil)
	r.To = until.AddDate(0, -3, 0)
	if err := New(Options{Prospects: w, Policy: policyOf(t, ""), Zone: china}).Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(out.plans["hq"].Warnings, "\n"); !strings.Contains(all, "the forecasts are from 2026-11-01, those from 2026-08-01 are not there") {
		t.Error(all)
	}
	if all := strings.Join(planned(t, policyOf(t, ""), w, nil).plans["hq"].Warnings, "\n"); strings.Contains(all, "the forecasts are from") {
		t.Error(all)
	}
}

func TestCosts(t *testing.T) {
	f := func(change func(d *forecast.Prospect), want string, cost float64, from string) {
		t.Helper()
		w := new(world)
		d := lift("e1", 3, 1)
		change(&d)
		w.add("north/harbour", d)
		p := planned(t, policyOf(t, ""), w, nil).is("hq", want)
		if len(p.Lines) > 0 && (p.Lines[0].Cost != cost || p.Lines[0].CostFrom != from) {
			t.Errorf("%v of %s, want %v of %s", p.Lines[0].Cost, p.Lines[0].CostFrom, cost, from)
		}
		if len(p.Lines) == 0 && p.Unpriced+p.Unknown+p.Kept != 1 {
			t.Errorf("nothing is said of it: %+v", p)
		}
	}
	f(func(d *forecast.Prospect) {}, "e1", 1000, "class")
	f(func(d *forecast.Prospect) { d.ReplacementCost = 800 }, "e1", 800, "registry")
	for _, bad := range []float64{0, -5, 1e13} {
		f(func(d *forecast.Prospect) { d.ReplacementCost, d.FailureCost = bad, bad }, "e1", 1000, "class")
	}
	f(func(d *forecast.Prospect) { d.ReplacementCost = 1e12 }, "| e1", 1e12, "registry") // not worth it
	f(func(d *forecast.Prospect) { d.ReplacementCost = 1e-9 }, "e1", 0, "registry")
	f(func(d *forecast.Prospect) { d.FailureCost = 1e12 }, "e1", 1000, "class")
	f(func(d *forecast.Prospect) { d.ExpectedLifeYears = 2 }, "| e1", 1000, "class") // 500 a year for 400
	f(func(d *forecast.Prospect) { d.ExpectedLifeYears = -2 }, "e1", 1000, "class")
	f(func(d *forecast.Prospect) { d.Class = "access" }, "", 0, "")
	f(func(d *forecast.Prospect) { d.Class, d.ReplacementCost = "access", 1000 }, "", 0, "")
	f(func(d *forecast.Prospect) { d.Failures365 = forecast.Estimate{Why: "too few"} }, "", 0, "")
	f(func(d *forecast.Prospect) { d.New365.Value = nil }, "", 0, "")
	f(func(d *forecast.Prospect) { d.New365.Value = val(-1) }, "", 0, "")
	f(func(d *forecast.Prospect) { d.Failures365.Value = val(1e300) }, "", 0, "")
	f(func(d *forecast.Prospect) { d.New365 = est(3, 1) }, "", 0, "")

	// What must be done and has no cost is in the plan, which says so.
	w := new(world)
	w.add("north/harbour", forecast.Prospect{Class: "meter", Medium: "gas", Device: "g1", VerifyBy: "2026-12-01"})
	p := planned(t, policyOf(t, ""), w, nil).is("hq", "!g1")
	if p.Lines[0].CostFrom != "unknown" || p.Cost != 0 || !strings.Contains(strings.Join(p.Warnings, "\n"), "1 mandatory device has no known cost") || p.Avoided.Value != nil {
		t.Errorf("%+v", p)
	}
}

// The best age rests on as much of the data as the lives do, or says that nobody knows.
func TestCoverageOfTheBestAge(t *testing.T) {
	for _, covered := range []*float64{val(0.8), nil} {
		w := new(world)
		d := lift("e1", 1, 0)
		d.FailureCost = 40_000
		w.add("north/harbour", d)
		w.lives = []forecast.Life{{Pool: "model:A/1", Repaired: true, Parts: []forecast.Part{weibullPart("a", 3, 5, [2][2]float64{})}, Coverage: covered}}
		n := planned(t, policyOf(t, ""), w, nil).numbers["optimal_age hq model:A/1"]
		if n.Value == nil || covered != nil && (n.Coverage != 0.8 || strings.Contains(n.Why, uncounted)) || covered == nil && (!math.IsNaN(n.Coverage) || !strings.Contains(n.Why, uncounted)) {
			t.Errorf("%+v", n)
		}
	}
}

// Where a failure ends a device, a new one is bought after it as well.
func TestNotRepaired(t *testing.T) {
	w := new(world)
	d := lift("e1", 1, 0)
	d.FailureCost = 1400
	w.add("north/harbour", d)
	w.lives = []forecast.Life{{Pool: "model:A/1", Repaired: false}}
	p := planned(t, policyOf(t, ""), w, nil).is("hq", "e1")
	if *p.Lines[0].Avoided.Value != 400 || *p.Lines[0].YearlyCost != 100 || *p.Lines[0].Benefit != 4 {
		t.Errorf("%+v", p.Lines[0])
	}
	w.parts[0].devices[0].FailureCost = 900 // less than a planned replacement
	if p := planned(t, policyOf(t, ""), w, nil).is("hq", ""); p.Kept != 1 {
		t.Errorf("%+v", p)
	}
}

func TestReasons(t *testing.T) {
	d := lift("e1", 1.8, 0.4)
	d.Failures365.Low, d.Failures365.High = val(1.2), val(2.6)
	d.FailureCost, d.AgeYears, d.ExpectedLifeYears, d.FaultsYear, d.InstalledOn = 2000, val(16.24), 15, 5, "2010-08-01"
	p := policyOf(t, "")
	y := year{2027, yearAsof()}
	best := est(9.5, 1.2)
	a := p.appraise(&d, true, y)
	var codes []string
	got := p.reasons(&d, &a, &best, y)
	for _, r := range got {
		codes = append(codes, r.Code)
	}
	if want := []string{"standard_age", "past_optimal_age", "likely_failure", "repeat_faults", "expected_life_over"}; !reflect.DeepEqual(codes, want) {
		t.Fatalf("%v, want %v", codes, want)
	}
	f := func(n int, zh, en string) {
		t.Helper()
		if got[n].ZH != zh || got[n].EN != en {
			t.Errorf("%s\n%s\nwant\n%s\n%s", got[n].ZH, got[n].EN, zh, en)
		}
	}
	f(0, "十五年：15年期限已于 2025-08-01 到期（custom）", "fifteen years: the limit of 15 years was reached on 2025-08-01 (custom)")
	f(1, "已使用 16 年，超过最佳更换年龄 9.5 年（95% 区间 8.3–11）", "in use for 16 years, past the best age for its replacement of 9.5 years (95 % interval 8.3 to 11)")
	f(2, "预计一年内故障 1.8 次（95% 区间 1.2–2.6），新设备 0.4 次；更换可避免损失约 2,800 元（95% 区间 1,597–4,402）",
		"1.8 failures expected within a year (95 % interval 1.2 to 2.6), 0.4 of a new one; replacing it avoids some 2,800 yuan (95 % interval 1,597 to 4,402)")
	f(3, "过去一年故障 5 次", "5 faults in the year before")
	f(4, "已使用 16 年，预期寿命 15 年", "in use for 16 years, expected to last 15")

	d = lift("e1", 1.1, 1)
	a = p.appraise(&d, true, y)
	got = p.reasons(&d, &a, nil, y)
	if last := got[len(got)-1]; last.Code != "not_worth" || !strings.Contains(last.EN, "avoids 20 yuan a year, less than the 100 yuan that a new one costs a year: better kept") {
		t.Errorf("%+v", got)
	}
}

func TestWords(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f(short(0), "0")
	f(short(0.001), "<0.01")
	f(short(-0.001), "0")
	f(short(0.5), "0.5")
	f(short(0.123), "0.12")
	f(short(0.999), "1")
	f(short(1.75), "1.8")
	f(short(9.96), "10")
	f(short(100), "100")
	f(money(0), "0")
	f(money(999.4), "999")
	f(money(999.5), "1,000")
	f(money(1234567), "1,234,567")
	f(money(-1234), "-1,234")
}

func TestLongLists(t *testing.T) {
	w := new(world)
	var devices []forecast.Prospect
	for i := range maxLines + 5 {
		d := lift(fmt.Sprintf("e%05d", i), 3, 1)
		d.Warnings = []string{strings.Repeat("长", maxWarning+1), "b", "c", "d"}
		devices = append(devices, d)
	}
	w.add("north/harbour", devices[:7]...)
	w.add("north/harbour", devices[7:]...) // in two parts
	r := planned(t, policyOf(t, ""), w, nil)
	for _, place := range []string{"hq", "north", "north/harbour"} {
		p := r.plans[place]
		if len(p.Lines) != maxLines || p.Omitted != 5 || p.Within != maxLines+5 || p.Cost != 1000*(maxLines+5) || p.Lines[0].Device != "e00000" {
			t.Errorf("%s: %d lines, %d left out, %v yuan", place, len(p.Lines), p.Omitted, p.Cost)
		}
		if got := p.Lines[0].Warnings; len(got) != maxWarnings || len([]rune(got[0])) != maxWarning+1 {
			t.Errorf("%d warnings", len(got))
		}
	}
}

func TestRefusals(t *testing.T) {
	f := func(w *world, p *Policy, params map[string]string, want string) {
		t.Helper()
		r, _ := recorder(t, params)
		o := Options{Policy: p}
		if w != nil {
			o.Prospects = w
		}
		if err := New(o).Run(t.Context(), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	p := policyOf(t, "")
	f(nil, p, nil, "not at hand")
	f(six(), nil, nil, "there is no policy")
	f(six(), p, nil, "there is no result of lifetimes: run it first")
	w := six()
	w.run = "r"
	f(w, p, map[string]string{"budget": "-1"}, `budget "-1": give yuan, 0.01 to 1000000000000`)
	f(w, p, map[string]string{"year": "26"}, `year "26": give a year, 2000 to 2199`)
	w.add("north/harbour", lift("e9", 1, 1))
	f(w, p, nil, "the prospects of north/harbour are not one after another")
	w = &world{run: "r"}
	w.parts = []place2{{at: authz.Place{Region: "north"}}}
	f(w, p, nil, "prospects of north are not those of a project")

	params := New(Options{}).Params
	for _, v := range []string{"", "0", "-1", "NaN", "Inf", "x", "1e13"} {
		if err := params[0].Check(v); err == nil {
			t.Errorf("budget %q is taken", v)
		}
	}
	for _, v := range []string{"", "0", "2027.5", "NaN", "2200", "x"} {
		if err := params[1].Check(v); err == nil {
			t.Errorf("year %q is taken", v)
		}
	}
	if err := params[0].Check("1e6"); err != nil {
		t.Error(err)
	}
}

// Without devices nothing is said to be saved.
func TestEmpty(t *testing.T) {
	r := planned(t, policyOf(t, ""), new(world), nil)
	if p := r.is("hq", ""); p.Avoided.Value != nil || !strings.HasPrefix(p.Avoided.Why, "insufficient data") || !math.IsNaN(r.covered) {
		t.Errorf("%+v", p)
	}
}

func TestYear(t *testing.T) {
	f := func(at string, want int) {
		t.Helper()
		ts, err := time.ParseInLocation(time.DateOnly, at, china)
		if err != nil {
			t.Fatal(err)
		}
		if y, err := yearOf(&job.Run{}, ts, china); err != nil || y.number != want {
			t.Errorf("of %s: %d, want %d: %v", at, y.number, want, err)
		}
	}
	f("2026-01-01", 2026)
	f("2026-07-01", 2026)
	f("2026-07-03", 2027)
	f("2026-12-01", 2027)
}
