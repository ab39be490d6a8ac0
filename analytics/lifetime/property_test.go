package lifetime

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// near wants two numbers to agree to a relative tolerance.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if got == want {
		return // infinities too
	}
	if !(math.Abs(got-want) <= tolerance*max(math.Abs(got), math.Abs(want))) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func nearInterval(t *testing.T, what string, got, want Interval, scale, tolerance float64) {
	t.Helper()
	near(t, "low "+what, got.Low, want.Low*scale, tolerance)
	near(t, "high "+what, got.High, want.High*scale, tolerance)
}

// simulated are units of a family, some of which entered late, watched until random
// times. True lifetimes have the median 1 for shape-free families: location and scale
// of the logarithm are mu and sigma.
func simulated(r *rand.Rand, family Distribution, n int, mu, sigma, late float64) []Unit {
	var units []Unit
	for len(units) < n {
		z := r.NormFloat64()
		if family == Weibull {
			z = math.Log(r.ExpFloat64())
		}
		life := math.Exp(mu + sigma*z)
		u := Unit{Count: 1}
		if r.Float64() < late {
			u.Entry = r.Float64() * math.Exp(mu)
		}
		if life <= u.Entry {
			continue // nobody knows of it
		}
		end := u.Entry + (0.2+r.Float64())*math.Exp(mu)
		u.Time, u.Failed = min(life, end), life <= end
		units = append(units, u)
	}
	return units
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func TestScaleInvariance(t *testing.T) {
	units := simulated(seeded(1), Weibull, 60, 0, 0.5, 0.3)
	for _, family := range []Distribution{Weibull, Lognormal} {
		base := fitted(t, family, units, 0.95)
		for _, k := range []float64{1e-12, 1e-3, 7, 1e12, 1e60} {
			scaled := slices.Clone(units)
			for i := range scaled {
				scaled[i].Time *= k
				scaled[i].Entry *= k
			}
			f := fitted(t, family, scaled, 0.95)
			near(t, "sigma", f.Sigma().Value, base.Sigma().Value, 1e-9)
			nearInterval(t, "sigma", f.Sigma().Interval, base.Sigma().Interval, 1, 1e-7)
			near(t, "scale", f.Scale().Value, base.Scale().Value*k, 1e-9)
			nearInterval(t, "scale", f.Scale().Interval, base.Scale().Interval, k, 1e-7)
			nearInterval(t, "B10", f.Quantile(0.1).Interval, base.Quantile(0.1).Interval, k, 1e-7)
			nearInterval(t, "probability", f.Conditional(k, k/2).Interval, base.Conditional(1, 0.5).Interval, 1, 1e-6)
			near(t, "log likelihood", f.LogLikelihood, base.LogLikelihood-f.Failures*math.Log(k), 1e-9)
			near(t, "p", f.Goodness(data(t, scaled).KaplanMeier(0.95)).PValue, base.Goodness(data(t, units).KaplanMeier(0.95)).PValue, 1e-6)
		}
	}
}

func TestCountsAndOrder(t *testing.T) {
	r := seeded(2)
	units := simulated(r, Weibull, 40, 3, 0.7, 0.4)
	var rows []Unit
	for i := range units {
		units[i].Time = math.Ceil(units[i].Time*2) / 2 // ties
		if units[i].Entry >= units[i].Time {
			units[i].Entry = 0
		}
		units[i].Count = float64(1 + r.IntN(4))
		for range int(units[i].Count) {
			one := units[i]
			one.Count = 1
			rows = append(rows, one)
		}
	}
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	got, err := Analyze(data(t, rows), Options{At: []float64{1, 20}, Horizon: 5})
	if err != nil {
		t.Fatal(err)
	}
	want, err := Analyze(data(t, units), Options{At: []float64{1, 20}, Horizon: 5})
	if err != nil {
		t.Fatal(err)
	}
	g, w := marshal(t, got), marshal(t, want)
	if g != w {
		t.Errorf("rows in another order give\n%s\nwant\n%s", g, w)
	}
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A unit that is cut in two at some age, last seen there and entered there, tells the
// same as the whole: nothing of truncation may be lost.
func TestCutInTwo(t *testing.T) {
	r := seeded(3)
	whole := simulated(r, Weibull, 50, 0, 0.6, 0.3)
	var cut []Unit
	for _, u := range whole {
		at := u.Entry + (u.Time-u.Entry)*r.Float64()
		cut = append(cut, Unit{Time: at, Entry: u.Entry, Count: 1}, Unit{Time: u.Time, Entry: at, Failed: u.Failed, Count: 1})
	}
	for _, family := range []Distribution{Weibull, Lognormal} {
		f, g := fitted(t, family, whole, 0.9), fitted(t, family, cut, 0.9)
		near(t, "log likelihood", g.LogLikelihood, f.LogLikelihood, 1e-10)
		near(t, "scale", g.Scale().Value, f.Scale().Value, 1e-8)
		nearInterval(t, "shape", g.Shape().Interval, f.Shape().Interval, 1, 1e-6)
	}
	a, b := data(t, whole).KaplanMeier(0.95), data(t, cut).KaplanMeier(0.95)
	for i := range a.Steps {
		if x, y := a.Steps[i], b.Steps[i]; x.AtRisk != y.AtRisk || x.Survival != y.Survival || x.Low != y.Low {
			t.Errorf("step %+v, want %+v", y, x)
		}
	}
}

// At the ends of a likelihood ratio interval the best likelihood that is left is
// lower by half of chi squared.
func TestIntervalsDropByChiSquared(t *testing.T) {
	drop := distuv.ChiSquared{K: 1}.Quantile(0.95) / 2
	for seed := range uint64(10) {
		units := simulated(seeded(10+seed), Weibull, 15, 0, 0.8, 0.3*float64(seed%2))
		for _, family := range []Distribution{Weibull, Lognormal} {
			f, err := fit(data(t, units), family, 0.95)
			if errors.Is(err, ErrInsufficient) {
				continue
			}
			// b by itself, and the a that is best with it.
			profiled := func(b float64) float64 {
				lo, hi := f.a-100, f.a+100
				for range 200 {
					mid := (lo + hi) / 2
					if _, d := f.sample.at(mid, b); d.a > 0 {
						lo = mid
					} else {
						hi = mid
					}
				}
				l, _ := f.sample.at((lo+hi)/2, b)
				return l
			}
			shape := f.Shape()
			if !shape.Interval.Contains(shape.Value) || !f.Quantile(.1).Interval.Contains(f.Quantile(.1).Value) {
				t.Errorf("seed %d: an interval leaves out its estimate", seed)
			}
			near(t, fmt.Sprintf("seed %d: %s drop at %v", seed, family, shape.Interval.Low), f.top-profiled(shape.Interval.Low), drop, 1e-5)
			near(t, fmt.Sprintf("seed %d: %s drop at %v", seed, family, shape.Interval.High), f.top-profiled(shape.Interval.High), drop, 1e-5)
			// A quantile: with b free, a follows from it.
			for _, end := range []float64{f.Quantile(.1).Interval.Low, f.Quantile(.1).Interval.High} {
				z, best := f.sample.kernel.quantile(.1), math.Inf(-1)
				for b := shape.Interval.Low / 2; b < 2*shape.Interval.High; b *= 1.003 {
					l, _ := f.sample.at(b*(math.Log(end)-f.sample.centre)-z, b)
					best = max(best, l)
				}
				near(t, fmt.Sprintf("seed %d: %s drop at B10 %v", seed, family, end), f.top-best, drop, 1e-4)
			}
		}
	}
}

// Intervals hold the truth as often as they claim, whatever was censored or came
// late; and the test of fit refuses a right model as seldom as it claims.
func TestCoverage(t *testing.T) {
	const runs = 200
	for _, family := range []Distribution{Weibull, Lognormal} {
		var shape, b10, ahead, curve, poor, tested int
		const mu, sigma = 2.0, 0.5
		truth := &Fit{a: mu / sigma, b: 1 / sigma, sample: &sample{kernel: extreme{}}}
		if family == Lognormal {
			truth.sample.kernel = normal{}
		}
		quantile := math.Exp(mu + sigma*truth.sample.kernel.quantile(0.1))
		for seed := range uint64(runs) {
			d := data(t, simulated(seeded(1000+seed), family, 80, mu, sigma, 0.4))
			f, err := fit(d, family, 0.9)
			if err != nil {
				t.Fatal(err)
			}
			count(&shape, f.Sigma().Interval.Contains(sigma))
			count(&b10, f.Quantile(0.1).Interval.Contains(quantile))
			count(&ahead, f.Conditional(6, 2).Interval.Contains(truth.point(6, 2)))
			km := d.KaplanMeier(0.9)
			count(&curve, km.At(6).Interval.Contains(1-truth.point(0, 6)))
			if g := f.Goodness(km); g.DF > 0 {
				tested++
				count(&poor, g.PValue < 0.1)
			}
		}
		// Within three standard errors.
		for name, n := range map[string]int{"sigma": shape, "B10": b10, "probability": ahead, "Kaplan-Meier": curve} {
			if share := float64(n) / runs; share < 0.835 || share > 0.965 {
				t.Errorf("%s: 90 %% intervals of %s hold the truth in %.1f %%", family, name, 100*share)
			}
		}
		if share := float64(poor) / float64(tested); tested < runs/2 || share < 0.04 || share > 0.17 {
			t.Errorf("%s: of %d right fits %.1f %% are refused at 10 %%", family, tested, 100*share)
		}
		t.Logf("%s: sigma %d, B10 %d, probability %d, curve %d of %d; refused %d of %d", family, shape, b10, ahead, curve, runs, poor, tested)
	}
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// Nothing that comes in may give a panic or a number that JSON does not know.
func TestAnything(t *testing.T) {
	r := seeded(5)
	ages := []float64{0, 1e-100, 1e-12, 1, 1, 2, 2 + 1e-12, 3, 1e12, 1e100}
	for range 800 {
		units := make([]Unit, 0, 8)
		for range r.IntN(8) {
			u := Unit{Time: ages[r.IntN(len(ages))], Failed: r.IntN(2) == 0, Count: float64(r.IntN(3))}
			if r.IntN(3) == 0 {
				u.Entry = ages[r.IntN(len(ages))]
			}
			if r.IntN(20) == 0 {
				u.Count = 1e9
			}
			if u.Entry < u.Time {
				units = append(units, u)
			}
		}
		half := len(units) / 2
		result, err := AnalyzeGroups([]Group{{"a", data(t, units[:half])}, {"b", data(t, units[half:])}}, Options{At: []float64{0, 1, 1e12}, Horizon: 2})
		if err != nil {
			t.Fatalf("%v: %v", units, err)
		}
		marshal(t, result)
		for _, e := range []*Result{result.Groups[0].Result, result.Groups[1].Result, result.All} {
			for _, c := range e.Conditional {
				if c.Probability != nil && !(*c.Probability >= 0 && *c.Probability <= 1 && c.Interval.Low <= *c.Probability*(1+1e-9) && *c.Probability <= c.Interval.High*(1+1e-9)) {
					t.Fatalf("%v: probability %+v of %v", units, *c.Probability, c.Interval)
				}
			}
			if e.Weibull == nil && e.N > 0 && e.Why == "" {
				t.Fatalf("%v: no fit and no reason", units)
			}
		}
	}
}

func TestAddSaysWhatIsWrong(t *testing.T) {
	f := func(u Unit, want string) {
		t.Helper()
		var b Builder
		if err := b.Add(u); err == nil || err.Error() != want {
			t.Errorf("%+v gives %v, want %s", u, err, want)
		}
	}
	f(Unit{Time: -1, Count: 1}, "time -1 is negative; give the age of the unit")
	f(Unit{Time: math.NaN(), Count: 1}, "time is not a number")
	f(Unit{Time: math.Inf(1), Count: 1}, "time +Inf is not within 1e-100 and 1e+100")
	f(Unit{Time: 5, Entry: 6, Count: 1}, "entry 6 is after time 5; both are ages of the unit")
	f(Unit{Time: 5, Entry: 5, Failed: true, Count: 1}, "entry 5 is not before the failure at that very age: nobody watched it fail")
	f(Unit{Time: 5, Count: 1.5}, "count 1.5 is not a whole number of units")
	f(Unit{Time: 5, Count: -1}, "count -1 is not a whole number of units")
}

// Ages that were thought one for the sake of time change nothing that matters.
func TestThinnedFit(t *testing.T) {
	d := data(t, simulated(seeded(6), Weibull, maxPoints+20_000, 5, 0.4, 0.2))
	for _, family := range []Distribution{Weibull, Lognormal} {
		thinned, err := fit(d, family, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(thinned.sample.exits); n > 2*maxPoints {
			t.Errorf("%d points", n)
		}
		s := &sample{kernel: thinned.sample.kernel, failures: thinned.Failures, centre: thinned.sample.centre}
		for _, x := range d.exits {
			s.exits = append(s.exits, point{math.Log(x.time) - s.centre, x.failed, x.censored})
		}
		for _, e := range d.entries {
			s.entries = append(s.entries, point{y: math.Log(e.time) - s.centre, censored: e.n})
		}
		a, b, ok := s.climb(thinned.a, thinned.b)
		if !ok {
			t.Fatal("no maximum")
		}
		near(t, "sigma", 1/thinned.b, 1/b, 1e-9)
		near(t, "scale", thinned.Scale().Value, math.Exp(a/b+s.centre), 1e-9)
		// The interval, from the ages as they are.
		top, at := s.at(a, b)
		exact := &Fit{Level: 0.95, a: a, b: b, sample: s, top: top, contour: newContour(s, a, b, top, at, 0.95)}
		nearInterval(t, "sigma", thinned.Sigma().Interval, exact.Sigma().Interval, 1, 1e-6)
		nearInterval(t, "B10", thinned.Quantile(0.1).Interval, exact.Quantile(0.1).Interval, 1, 1e-6)
	}
}

// A curve of many steps is thinned, and nobody who was censored is lost by it.
func TestThin(t *testing.T) {
	d := data(t, simulated(seeded(8), Weibull, 5000, 5, 0.4, 0))
	c := d.KaplanMeier(0.95)
	for _, most := range []int{2, 3, 500, len(c.Steps) - 1, len(c.Steps), len(c.Steps) + 1} {
		steps := c.Thin(most)
		if len(steps) != min(most, len(c.Steps)) || steps[0].Time != c.Steps[0].Time || steps[len(steps)-1].Survival != c.Steps[len(c.Steps)-1].Survival {
			t.Errorf("%d steps of %d, at most %d", len(steps), len(c.Steps), most)
		}
		censored := c.CensoredBefore
		for _, s := range steps {
			censored += s.Censored
		}
		if censored != d.N()-d.Failures() {
			t.Errorf("%v censored of %v", censored, d.N()-d.Failures())
		}
	}
}

// A million units of as many ages, half of which came late.
func BenchmarkAnalyzeMillionUnits(b *testing.B) {
	units := simulated(seeded(8), Weibull, 1_000_000, 5, 0.4, 0.5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Analyze(data(b, units), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConditional(b *testing.B) {
	d := data(b, shock)
	f, err := FitWeibull(d, 0.95)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f.Conditional(20_000, 1000)
	}
}
