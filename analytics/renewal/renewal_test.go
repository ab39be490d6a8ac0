package renewal

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, half float64) {
	t.Helper()
	if !(math.Abs(got-want) <= half) {
		t.Errorf("%s = %.9g, want %g", what, got, want)
	}
}

func life(t *testing.T) func(l Life, err error) Life {
	return func(l Life, err error) Life {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
}

func plan(t *testing.T, l Life, c Costs) Plan {
	t.Helper()
	p, err := Optimize(l, c, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ReliaSoft, System Analysis Reference, example "Optimum Replacement Time": a Weibull
// life of shape 2.5 and scale 1000 hours, 1 dollar planned and 5 after a failure.
func TestReliaSoft(t *testing.T) {
	p := plan(t, life(t)(Weibull(2.5, 1000)), Costs{1, 5})
	near(t, "age", *p.OptimalAge, 493.0470, 0.0005)
	// The Python package reliability gives the cost in its documentation of the same.
	near(t, "cost rate", p.CostRate, 0.0035, 0.00005)
	near(t, "run to failure", p.RunToFail, 5/(1000*math.Gamma(1.4)), 1e-12)
	near(t, "savings", p.Savings, p.RunToFail-p.CostRate, 1e-15)
}

// simpson integrates the reliability, and so knows nothing of the closed forms.
func simpson(l Life, until float64) float64 {
	const n = 400
	h, sum := until/n, 1+l.Reliability(until)
	for i := 1; i < n; i++ {
		sum += float64(2+2*(i%2)) * l.Reliability(h*float64(i))
	}
	return sum * h / 3
}

// At the age found, and nowhere on a fine grid, is the cost by plain integration the
// least; the closed forms of integral, failed share and hazard are right.
func TestAgainstPlainIntegration(t *testing.T) {
	for _, l := range []Life{
		life(t)(Weibull(1.3, 50)), life(t)(Weibull(2, 1)), life(t)(Weibull(7, 1e6)),
		life(t)(Lognormal(3, 0.3)), life(t)(Lognormal(0, 0.8)),
	} {
		for _, c := range []Costs{{1, 3}, {1, 20}, {100, 101}, {1, 1000}} {
			p := plan(t, l, c)
			at := p.MeanLife
			if p.OptimalAge != nil {
				at = *p.OptimalAge
			}
			for _, x := range []float64{0.2, 0.7, 1, 1.5, 4} {
				age := x * at
				near(t, "integral", l.Lived(age)/simpson(l, age), 1, 1e-5)
				near(t, "failed", l.Failed(age)+l.Reliability(age), 1, 1e-12)
				slope := (l.Failed(age*(1+1e-5)) - l.Failed(age*(1-1e-5))) / (2e-5 * age)
				if r := l.Reliability(age); r > 1e-3 && r < 1-1e-12 {
					near(t, "hazard", l.Hazard(age)/(slope/r), 1, 1e-4)
				}
			}
			for x := 0.05; x < 3; x += 0.05 {
				age := x * at
				rate := (c.Planned*l.Reliability(age) + c.Failure*l.Failed(age)) / simpson(l, age)
				if rate < p.CostRate*(1-2e-5) && p.RunToFail-rate > leastSavings*p.RunToFail {
					t.Errorf("%+v, %+v: %g at age %g is less than %g at %v", l, c, rate, age, p.CostRate, p.OptimalAge)
				}
			}
		}
	}
}

func TestRunToFailure(t *testing.T) {
	f := func(l Life, c Costs) {
		t.Helper()
		p, err := Optimize(l, c, 20)
		if err != nil {
			t.Fatal(err)
		}
		if p.OptimalAge != nil || p.Reason == "" || p.CostRate != p.RunToFail || p.Savings != 0 {
			t.Errorf("%+v, %+v: %+v", l, c, p)
		}
	}
	f(life(t)(Weibull(1, 10)), Costs{1, 100})
	f(life(t)(Weibull(0.5, 10)), Costs{1, 100})
	f(life(t)(Weibull(3, 10)), Costs{5, 5})
	f(life(t)(Weibull(3, 10)), Costs{5, 4})
	f(life(t)(Weibull(1.001, 10)), Costs{1, 2})
	f(life(t)(Weibull(3, 10)), Costs{1, 1.000001}) // beyond the life of all
	f(life(t)(Lognormal(2, 2)), Costs{1, 2})       // its hazard falls before it is worth it
}

// A change of the unit of age or of money changes the results by as much.
func TestScaleInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		shape, ratio := 1.1+4*r.Float64(), 1.5+30*r.Float64()
		a := plan(t, life(t)(Weibull(shape, 1)), Costs{1, ratio})
		for _, unit := range []float64{1e-12, 1e12} {
			b := plan(t, life(t)(Weibull(shape, unit)), Costs{1 / unit, ratio / unit})
			if (a.OptimalAge == nil) != (b.OptimalAge == nil) {
				t.Fatalf("%v and %v", a, b)
			}
			if a.OptimalAge != nil {
				near(t, "age", *b.OptimalAge/(*a.OptimalAge*unit), 1, 1e-8)
			}
			near(t, "cost rate", b.CostRate*unit*unit/a.CostRate, 1, 1e-9)
		}
		mu := plan(t, life(t)(Lognormal(0, 0.4)), Costs{1, ratio})
		mu2 := plan(t, life(t)(Lognormal(5, 0.4)), Costs{1, ratio})
		if mu.OptimalAge != nil {
			near(t, "lognormal age", *mu2.OptimalAge / *mu.OptimalAge, math.Exp(5), 1e-5)
		}
	}
}

// The dearer a failure, the earlier the replacement; what is extreme is still a number.
func TestCostsAndExtremes(t *testing.T) {
	last := math.Inf(1)
	for ratio := 1.5; ratio < 1e12; ratio *= 3 {
		p := plan(t, life(t)(Weibull(2.5, 1000)), Costs{1, ratio})
		if p.OptimalAge == nil {
			continue
		}
		if *p.OptimalAge >= last {
			t.Errorf("ratio %g: %g is not before %g", ratio, *p.OptimalAge, last)
		}
		last = *p.OptimalAge
		// Of rare failures the optimum has a closed form.
		if ratio > 1e6 {
			near(t, "age", last/(1000*math.Pow(1/(1.5*(ratio-1)), 1/2.5)), 1, 1e-3)
		}
	}
	for _, l := range []Life{
		life(t)(Weibull(1e4, 5)), life(t)(Weibull(1.01, 1e300)), life(t)(Weibull(2, 1e-300)), life(t)(Weibull(0.01, 1)),
		life(t)(Weibull(1.5, 1e308)), life(t)(Weibull(0.5, 6e307)),
		life(t)(Lognormal(250, 10)), life(t)(Lognormal(-250, 10)), life(t)(Lognormal(0, 1e-4)),
	} {
		for _, c := range []Costs{{1, 10}, {1e-12, 1e12}, {1, 1e300}} {
			p, err := Optimize(l, c, 50)
			if err != nil {
				continue // said in words
			}
			if _, err := json.Marshal(p); err != nil {
				t.Errorf("%+v, %+v: %v", l, c, err)
			}
			if p.CostRate > p.RunToFail {
				t.Errorf("%+v, %+v: worse than running to failure: %+v", l, c, p)
			}
		}
	}
	sudden := plan(t, life(t)(Weibull(1e4, 5)), Costs{1, 10})
	near(t, "age of a sudden life", *sudden.OptimalAge, 5, 0.01)
}

func TestCurve(t *testing.T) {
	p, err := Optimize(life(t)(Weibull(2.5, 1000)), Costs{1, 5}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Curve) != 100 {
		t.Fatalf("%d points", len(p.Curve))
	}
	for _, point := range p.Curve {
		if point.CostRate < p.CostRate {
			t.Errorf("%+v is below the least", point)
		}
	}
	near(t, "end", p.Curve[99].Age, 2.5**p.OptimalAge, 1e-9)
}

func TestBetween(t *testing.T) {
	c := Costs{1, 5}
	shapes := func(low, high float64) []Life {
		lives, err := WeibullShapes(low, high, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return lives
	}
	between := func(lives []Life) Range {
		r, err := Between(lives, c)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := between(shapes(2, 3))
	near(t, "low", *r.Low, min(*plan(t, life(t)(Weibull(2, 1000)), c).OptimalAge, 493.047), 1)
	if r.High == nil || *r.Low > 493.05 || *r.High < 493.04 {
		t.Errorf("%+v", r)
	}
	// A shape that may be 1 leaves no upper limit.
	if r := between(shapes(0.8, 3)); r.Low == nil || r.High != nil || r.RunToFailure == 0 {
		t.Errorf("%+v", r)
	}
	if r := between(shapes(0.5, 0.9)); r.Low != nil || r.High != nil || r.RunToFailure != r.Lives {
		t.Errorf("%+v", r)
	}

	// Of a small covariance the ellipse gives the delta method's interval: the age is the
	// scale times a function of the shape.
	const sd = 1e-3
	lives, err := WeibullRegion(2.5, 1000, [2][2]float64{{sd * sd, 0.3 * sd * sd}, {0.3 * sd * sd, sd * sd}}, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	r = between(lives)
	age := func(shape float64) float64 { return math.Log(*plan(t, life(t)(Weibull(shape, 1000)), c).OptimalAge) }
	slope := (age(2.5*1.001) - age(2.5/1.001)) / (2 * math.Log(1.001))
	se := sd * math.Sqrt(slope*slope+2*0.3*slope+1)
	near(t, "reach", math.Log(*r.High / *r.Low), 2*1.959964*se, 0.01*se*2)
}

func TestRefusals(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, p := range [][2]float64{{0, 1}, {1, 0}, {-1, 1}, {nan, 1}, {1, nan}, {inf, 1}, {1, inf}, {1e5, 1}, {1e-3, 1}} {
		if _, err := Weibull(p[0], p[1]); err == nil {
			t.Errorf("Weibull%v was taken", p)
		}
	}
	for _, p := range [][2]float64{{nan, 1}, {inf, 1}, {0, 0}, {0, nan}, {0, 11}, {300, 1}} {
		if _, err := Lognormal(p[0], p[1]); err == nil {
			t.Errorf("Lognormal%v was taken", p)
		}
	}
	l := life(t)(Weibull(2, 1))
	for _, c := range []Costs{{0, 1}, {1, 0}, {-1, 2}, {nan, 1}, {1, inf}} {
		if _, err := Optimize(l, c, 0); err == nil {
			t.Errorf("%+v was taken", c)
		}
		if _, err := Between([]Life{l}, c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	if _, err := Between(nil, Costs{1, 2}); err == nil {
		t.Error("no lives were taken")
	}
	for _, cov := range [][2][2]float64{{{1, 2}, {2, 1}}, {{0, 0}, {0, 1}}, {{nan, 0}, {0, 1}}, {{1, 0.5}, {0.4, 1}}} {
		if _, err := WeibullRegion(2, 1, cov, 0.95); err == nil {
			t.Errorf("covariance %v was taken", cov)
		}
	}
	for _, s := range [][2]float64{{0, 1}, {3, 2}, {nan, 2}} {
		if _, err := WeibullShapes(s[0], s[1], 1); err == nil {
			t.Errorf("shapes %v were taken", s)
		}
	}
}

func BenchmarkOptimize(b *testing.B) {
	l, err := Weibull(2.5, 1000)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Optimize(l, Costs{1, 5}, 100); err != nil {
			b.Fatal(err)
		}
	}
}
