package lifetime

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

func analyzed(t *testing.T, units []Unit, o Options) *Result {
	t.Helper()
	r, err := Analyze(data(t, units), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAdvice(t *testing.T) {
	f := func(name string, units []Unit, want ...string) {
		t.Helper()
		r := analyzed(t, units, Options{})
		var got []string
		for _, a := range r.Advice {
			got = append(got, a.Code)
			if strings.Contains(a.Text, "Inf") || strings.Contains(a.Text, "NaN") || strings.Contains(a.Text, "%!") {
				t.Errorf("%s: %s", name, a.Text)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: advice %v, want %v", name, got, want)
		}
	}
	f("nothing", nil, CodeNoUnits)
	f("none failed", running(1, 2), CodeNoFailures)
	f("all failed at 0", failed(0, 0), CodeNoFailures, CodeFailedAtZero)
	f("one failed", append(running(1, 2), failed(1.5)...), CodeOneFailure)
	f("one age", failed(4, 4, 4), CodeNoFit)
	f("two failed of many", append(failed(5, 9), slices.Repeat(running(10), 500)...), CodeRandom, CodeFewFailures, CodeUndecided, CodeExtrapolated)
	f("shock absorbers", shock, CodeWearOut, CodeUndecided)
	f("fans", fans, CodeRandom, CodeUndecided, CodeExtrapolated)
	f("dead on arrival", append(failed(0, 0), shock...), CodeWearOut, CodeFailedAtZero, CodeUndecided)
	f("falling risk", simulated(seeded(30), Weibull, 300, 3, 2, 0), CodeInfantMortality)
	f("rising risk", simulated(seeded(35), Weibull, 500, 3, 0.3, 0), CodeWearOut)
	f("lognormal", simulated(seeded(32), Lognormal, 1000, 3, 1, 0), CodeWearOut, CodeLognormal)
	late := []Unit{{Time: 9, Entry: 4, Failed: true, Count: 1}, {Time: 8, Entry: 5, Count: 1}, {Time: 12, Entry: 4, Failed: true, Count: 1}, {Time: 13, Entry: 6, Count: 1}}
	r := analyzed(t, late, Options{})
	if !slices.ContainsFunc(r.Advice, func(a Advice) bool { return a.Code == CodeBeginsLate }) {
		t.Errorf("advice %v", r.Advice)
	}
	gap := []Unit{{Time: 2, Failed: true, Count: 1}, {Time: 8, Entry: 5, Failed: true, Count: 2}, {Time: 12, Entry: 6, Count: 5}}
	r = analyzed(t, gap, Options{})
	if !slices.ContainsFunc(r.Advice, func(a Advice) bool { return a.Code == CodeRiskSetEmpty }) {
		t.Errorf("advice %v", r.Advice)
	}
}

// Two causes of failure in one heap fit no Weibull.
func TestPoorFit(t *testing.T) {
	r := seeded(40)
	mixed := append(simulated(r, Weibull, 300, 0, 0.15, 0), simulated(r, Weibull, 300, 2.5, 0.15, 0)...)
	result := analyzed(t, mixed, Options{})
	p := result.Weibull.Goodness.PValue
	if p == nil || *p > 1e-6 || !slices.ContainsFunc(result.Advice, func(a Advice) bool { return a.Code == CodePoorFit }) {
		t.Errorf("p %v, advice %v", p, result.Advice)
	}
}

func TestShape(t *testing.T) {
	var got map[string]any
	text := marshal(t, analyzed(t, shock, Options{At: []float64{10_000}, Horizon: 5000}))
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"n", "failures", "total_time", "weibull", "lognormal", "exponential", "b10", "b10_interval", "kaplan_meier", "advice", "conditional"} {
		if got[key] == nil {
			t.Errorf("no %s in %s", key, text)
		}
	}
	w := got["weibull"].(map[string]any)
	shape, interval := w["shape"].(float64), w["intervals"].(map[string]any)["shape"].([]any)
	if !(interval[0].(float64) < shape && shape < interval[1].(float64)) {
		t.Errorf("shape %v in %v", shape, interval)
	}
	var back Result
	if err := json.Unmarshal([]byte(text), &back); err != nil || marshal(t, back) != text {
		t.Errorf("%v: read and written again it is %s", err, marshal(t, back))
	}
}

func TestOptions(t *testing.T) {
	f := func(want string, o Options) {
		t.Helper()
		if _, err := Analyze(data(t, shock), o); err == nil || err.Error() != want {
			t.Errorf("%+v gives %v, want %s", o, err, want)
		}
	}
	f("level 95 is not between 0 and 1", Options{Level: 95})
	f("horizon 0 is not a time ahead", Options{At: []float64{1}})
	f("age -1 is negative; give the age of the unit", Options{At: []float64{-1}, Horizon: 1})
}

// One failure in 60 unit-years: the exact interval of a Poisson mean of 1 is 0.0253
// to 5.572 (Garwood 1936).
func TestOneFailureIsExact(t *testing.T) {
	r := analyzed(t, append(running(10, 30), failed(20)...), Options{})
	digits(t, "low", 60*r.Exponential.RateInterval.Low, 0.0253, 1e-4)
	digits(t, "high", 60*r.Exponential.RateInterval.High, 5.572, 1e-3)
	near(t, "B10", *r.B10, -60*math.Log(0.9), 1e-12)
}

// The curve at its ends: 1 before anything failed, 0 after everything has.
func TestCurveAtItsEnds(t *testing.T) {
	c := data(t, append(failed(2, 3, 4), running(1)...)).KaplanMeier(0.95)
	if e := c.At(1.5); e.Value != 1 || e.Interval.High != 1 {
		t.Errorf("before the first failure %+v", e)
	}
	// Three at risk that all survive: 0.025^(1/3).
	near(t, "low", c.At(1.5).Interval.Low, math.Pow(0.025, 1.0/3), 1e-12)
	last, before := c.Steps[2], c.Steps[1]
	if last.Survival != 0 || last.Low != 0 || last.StdErr != 0 || last.High != before.High {
		t.Errorf("at the end %+v after %+v", last, before)
	}
	if q := c.Quantile(0.5); q.Value != 3 {
		t.Errorf("median %+v", q)
	}
	for _, units := range [][]Unit{nil, running(1, 2)} {
		if c := data(t, units).KaplanMeier(0.95); len(c.Steps) != 0 || !math.IsInf(c.Quantile(0.5).Value, 1) || c.At(5).Value != 1 {
			t.Errorf("%+v", c)
		}
	}
}
