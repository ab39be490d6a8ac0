package replacement

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"steward/analytics/forecast"
	"steward/analytics/renewal"
)

func near(t *testing.T, what string, got *float64, want, half float64) {
	t.Helper()
	if got == nil || !(math.Abs(*got-want) <= half) {
		t.Errorf("%s is %v, want %v", what, word(got), want)
	}
}

func word(x *float64) any {
	if x == nil {
		return "nothing"
	}
	return *x
}

// weibullOf is the Weibull life of mean 1 with a squared coefficient of variation.
func weibullOf(t *testing.T, square float64) renewal.Life {
	low, high := 0.1, 20.
	for range 100 {
		k := (low + high) / 2
		if math.Gamma(1+2/k)/math.Pow(math.Gamma(1+1/k), 2)-1 > square {
			low = k
		} else {
			high = k
		}
	}
	l, err := renewal.Weibull(low, 1/math.Gamma(1+1/low))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// H. C. Tijms, A First Course in Stochastic Models (Wiley 2003), table 8.1.1: the
// renewal function of Weibull lives with mean 1.
func TestRenewalsAsPublished(t *testing.T) {
	f := func(square float64, step float64, want map[float64]float64, digits float64) {
		t.Helper()
		m := renewals(weibullOf(t, square), step, 760)
		for at, w := range want {
			if got := m[int(math.Round(at/step))-1]; math.Abs(got-w) > digits {
				t.Errorf("square %g: M(%g) = %.5f, want %g", square, at, got, w)
			}
		}
	}
	f(0.25, 0.02, map[float64]float64{0.1: 0.0061, 0.2: 0.0261, 0.4: 0.1087, 0.6: 0.2422, 0.8: 0.4141, 1: 0.6091, 1.2: 0.8143, 1.5: 1.124, 2: 1.627, 2.5: 2.125}, 6e-4)
	f(2, 0.01, map[float64]float64{0.2: 0.3841, 0.5: 0.7785, 1: 1.357, 1.5: 1.901, 2: 2.428, 2.5: 2.947, 3: 3.460, 3.5: 3.969, 5: 5.485, 7.5: 7.995}, 6e-3)
}

// Of lives without memory, failures come at a constant rate; and a part that is far
// shorter-lived than a step is counted by its mean.
func TestRenewalsOfChance(t *testing.T) {
	chance, err := renewal.Weibull(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range renewals(chance, 0.01, 500) {
		if want := 0.01 * float64(i+1) / 2; math.Abs(m-want) > 1e-3*want+1e-6 {
			t.Fatalf("M = %v, want %v", m, want)
		}
	}
	brief, err := renewal.Weibull(3, 1e-4)
	if err != nil {
		t.Fatal(err)
	}
	if m := renewals(brief, 0.1, 100); math.Abs(m[99]*brief.Mean()/10-1) > 1e-9 {
		t.Errorf("%v renewals in 10 years", m[99])
	}
}

// priced is the curve of a pool with costs.
func priced(l forecast.Life, planned, failure float64) *Curve {
	p := newPool(l)
	p.planned, p.failure, p.devices = []float64{planned}, []float64{failure}, 1
	return p.price()
}

func weibullPart(code string, shape, scale float64, cov [2][2]float64) forecast.Part {
	return forecast.Part{Code: code, Family: "weibull", Failures: 30, Shape: forecast.Estimate{Value: &shape}, Scale: forecast.Estimate{Value: &scale}, Cov: cov}
}

// The numbers of package renewal: ReliaSoft's example, of which hours are here years.
func TestAgeReplacementAsPublished(t *testing.T) {
	cov := [2][2]float64{{0.01, 0.001}, {0.001, 0.004}}
	c := priced(forecast.Life{Pool: "p", Parts: []forecast.Part{weibullPart("device", 2.5, 1000, cov)}}, 1, 5)
	near(t, "age", c.Optimum.Value, 493.0470, 0.0005)
	near(t, "cost rate", c.CostRate, 0.0035, 0.00005)
	near(t, "run to failure", c.RunToFailure, 5/(1000*math.Gamma(1.4)), 1e-12)
	if c.Policy != "age" || c.Optimum.N != 30 || c.Why != "" || len(c.Points) != curvePoints {
		t.Errorf("%+v", c)
	}
	lives, err := renewal.WeibullRegion(2.5, 1000, cov, level)
	if err != nil {
		t.Fatal(err)
	}
	r, err := renewal.Between(lives, renewal.Costs{Planned: 1, Failure: 5})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "low", c.Optimum.Low, *r.Low, 0)
	near(t, "high", c.Optimum.High, *r.High, 0)
	for _, p := range c.Points {
		if p.CostRate < *c.CostRate-1e-12 || p.Low == nil || *p.Low > p.CostRate || *p.High < p.CostRate {
			t.Fatalf("%+v", p)
		}
	}
}

// A device of one part that is repaired is block replacement: at the best age the
// renewal density times the failure's cost is the cost rate (Barlow and Proschan 1965,
// chapter 4), whatever the grid.
func TestBlockReplacement(t *testing.T) {
	cov := [2][2]float64{{0.004, 0.001}, {0.001, 0.002}}
	c := priced(forecast.Life{Pool: "p", Repaired: true, Parts: []forecast.Part{weibullPart("a", 3, 5, cov)}}, 1000, 4000)
	if c.Policy != "block" || c.Optimum.Value == nil || c.Optimum.Low == nil || c.Optimum.High == nil {
		t.Fatalf("%+v", c)
	}
	life, err := renewal.Weibull(3, 5)
	if err != nil {
		t.Fatal(err)
	}
	const step = 0.005
	m := renewals(life, step, 1200)
	best, at := math.Inf(1), 0.
	for i, x := range m {
		if rate := (1000 + 4000*x) / (float64(i+1) * step); rate < best {
			best, at = rate, float64(i+1)*step
		}
	}
	near(t, "age", c.Optimum.Value, at, 0.01)
	near(t, "cost rate", c.CostRate, best, best*1e-3)
	near(t, "forever", c.RunToFailure, 4000/life.Mean(), 1e-9)
	if !(*c.Optimum.Low < at && at < *c.Optimum.High) {
		t.Errorf("%v to %v", *c.Optimum.Low, *c.Optimum.High)
	}

	// With a part that fails by chance the age stays, and a year costs its rate more.
	d := priced(forecast.Life{Pool: "p", Repaired: true, Parts: []forecast.Part{weibullPart("a", 3, 5, cov), weibullPart("b", 1, 4, cov)}}, 1000, 4000)
	near(t, "age with chance", d.Optimum.Value, at, 0.02)
	near(t, "cost rate with chance", d.CostRate, best+4000/4., 2)
}

func TestNothingToPlan(t *testing.T) {
	f := func(l forecast.Life, planned, failure float64, want string) *Curve {
		t.Helper()
		c := priced(l, planned, failure)
		if c.Optimum.Value != nil || !strings.Contains(c.Optimum.Why, want) {
			t.Errorf("%v: %s, want %s", word(c.Optimum.Value), c.Optimum.Why, want)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Error(err)
		}
		return c
	}
	var none [2][2]float64
	one := func(shape, scale float64) []forecast.Part {
		return []forecast.Part{weibullPart("a", shape, scale, none)}
	}
	c := f(forecast.Life{Parts: one(0.9, 10)}, 1, 5, "run to failure")
	near(t, "cost rate", c.CostRate, *c.RunToFailure, 0)
	f(forecast.Life{Parts: one(3, 10)}, 5, 4, "costs no more than a planned")
	c = f(forecast.Life{Repaired: true, Parts: one(1.3, 0.5)}, 400_000, 3000, "going on with repairs") // a lift
	near(t, "cost rate", c.CostRate, *c.RunToFailure, 0)
	f(forecast.Life{Repaired: true, Parts: one(0.5, 3)}, 10, 30, "going on with repairs")
	f(forecast.Life{}, 1, 5, "insufficient data: of no part")
	f(forecast.Life{Parts: []forecast.Part{{Code: "a", Why: "insufficient data: 2 failures"}}}, 1, 5, "2 failures")
	f(forecast.Life{Parts: append(one(3, 10), one(2, 10)...)}, 1, 5, "have one life")
	f(forecast.Life{Repaired: true, Parts: one(-3, 10)}, 1, 5, "insufficient data")
	f(forecast.Life{Repaired: true, Parts: one(0.01, 1e300)}, 1, 5, "insufficient data")
	for _, scale := range []float64{1e300, 1e-300, 1e100, 1e-100} {
		for _, repaired := range []bool{false, true} {
			if _, err := json.Marshal(priced(forecast.Life{Repaired: repaired, Parts: one(2, scale)}, 1, 5)); err != nil {
				t.Errorf("scale %g: %v", scale, err)
			}
		}
	}
	if c := newPool(forecast.Life{Parts: one(3, 10)}).price(); !strings.Contains(c.Why, "no device of the pool has both costs") {
		t.Error(c.Why)
	}

	// What is known only in part is said.
	c = priced(forecast.Life{Repaired: true, Parts: append(one(3, 5), forecast.Part{Code: "b", Why: "insufficient data: 1 failure"})}, 1000, 4000)
	words := strings.Join(c.Warnings, "\n")
	if c.Optimum.Value == nil || c.Optimum.Low != nil || !strings.Contains(words, "part b is left out") || !strings.Contains(words, "without an interval") {
		t.Errorf("%+v", c)
	}
	// Of too few failures only the rate is known. It moves no age, and tells of none.
	rare := forecast.Part{Code: "c", Family: "exponential", Failures: 2, B10: forecast.Estimate{Value: val(10 * tenth), Low: val(4 * tenth), High: val(50 * tenth)}, Why: "insufficient data: 2 failures"}
	told := forecast.Part{Code: "c", Family: "exponential", Failures: 2, Rate: &forecast.Estimate{Value: val(1. / 10), Low: val(1. / 50), High: val(1. / 4)}, Why: rare.Why}
	was, is := priced(forecast.Life{Repaired: true, Parts: []forecast.Part{weibullPart("a", 3, 5, none), rare}}, 1000, 4000), priced(forecast.Life{Repaired: true, Parts: []forecast.Part{weibullPart("a", 3, 5, none), told}}, 1000, 4000)
	near(t, "cost rate by the rate and by the age of earlier runs", is.CostRate, *was.CostRate, 1e-6)
	if a, b := chances(&rare), chances(&told); len(a) != 2 || len(b) != 2 || math.Abs(a[1].Mean()-b[1].Mean()) > 1e-9 {
		t.Errorf("%v and %v", a, b)
	}
	f(forecast.Life{Repaired: true, Parts: []forecast.Part{rare}}, 1000, 4000, "enough to tell whether it wears: insufficient data: 2 failures")
	f(forecast.Life{Parts: []forecast.Part{rare}}, 1000, 4000, "enough to tell whether it wears")
	cov := [2][2]float64{{0.004, 0.001}, {0.001, 0.002}}
	alone := priced(forecast.Life{Repaired: true, Parts: []forecast.Part{weibullPart("a", 3, 5, cov)}}, 1000, 4000)
	both := priced(forecast.Life{Repaired: true, Parts: []forecast.Part{weibullPart("a", 3, 5, cov), rare}}, 1000, 4000)
	near(t, "age", both.Optimum.Value, *alone.Optimum.Value, 0.05)
	near(t, "cost rate", both.CostRate, *alone.CostRate+400, 2)
	if both.Optimum.Low == nil || !strings.Contains(strings.Join(both.Warnings, "\n"), "part c: its failures are too few") {
		t.Errorf("%+v", both)
	}
	p := weibullPart("a", 3, 5, none)
	p.Survival = []forecast.Point{{Years: 1}, {Years: 2}}
	if c = priced(forecast.Life{Repaired: true, Parts: []forecast.Part{p}}, 1000, 4000); !strings.Contains(strings.Join(c.Warnings, "\n"), "beyond 2 years") {
		t.Errorf("%+v", c.Warnings)
	}
	// A life so vague that some of what is possible does not wear out.
	c = priced(forecast.Life{Repaired: true, Parts: []forecast.Part{weibullPart("a", 2.2, 5, [2][2]float64{{0.4, 0}, {0, 0.01}})}}, 1000, 4000)
	if c.Optimum.Value == nil || c.Optimum.Low == nil || c.Optimum.High != nil || c.Optimum.Why != unlimited {
		t.Errorf("%+v", c.Optimum)
	}
}

// The currency and the unit of costs do not matter to the age.
func TestCurveScales(t *testing.T) {
	cov := [2][2]float64{{0.004, 0.001}, {0.001, 0.002}}
	for _, repaired := range []bool{false, true} {
		l := forecast.Life{Repaired: repaired, Parts: []forecast.Part{weibullPart("a", 3, 5, cov)}}
		a, b := priced(l, 1000, 4000), priced(l, 7.2e3, 7.2*4000)
		near(t, "age", b.Optimum.Value, *a.Optimum.Value, 1e-9)
		near(t, "low", b.Optimum.Low, *a.Optimum.Low, 1e-9)
		near(t, "high", b.Optimum.High, *a.Optimum.High, 1e-9)
		near(t, "cost", b.CostRate, *a.CostRate*7.2, 1e-6)
	}
}
