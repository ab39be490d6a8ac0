package rate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// near compares to a figure as it is printed: half of its last digit.
func near(t *testing.T, what string, got, want, half float64) {
	t.Helper()
	if !(math.Abs(got-want) <= half) {
		t.Errorf("%s = %.9g, want %g", what, got, want)
	}
}

func value(t *testing.T, what string, p *float64) float64 {
	t.Helper()
	if p == nil {
		t.Fatalf("%s is missing", what)
	}
	return *p
}

// Pearson and Hartley, Biometrika Tables for Statisticians, volume 1, table 40:
// confidence limits for the expectation of a Poisson variable.
func TestPoissonAgainstTheTable(t *testing.T) {
	f := func(k int, level, low, high float64) {
		t.Helper()
		gotLow, gotHigh := Poisson(k, 1, level)
		near(t, "low", gotLow, low, 0.005)
		near(t, "high", gotHigh, high, 0.005)
	}
	f(0, 0.95, 0, 3.69)
	f(1, 0.95, 0.0253, 5.57)
	f(2, 0.95, 0.242, 7.22)
	f(3, 0.95, 0.619, 8.77)
	f(4, 0.95, 1.09, 10.24)
	f(5, 0.95, 1.62, 11.67)
	f(10, 0.95, 4.80, 18.39)
	f(20, 0.95, 12.22, 30.89)
	f(50, 0.95, 37.11, 65.92)
	f(0, 0.99, 0, 5.30)
	f(1, 0.99, 0.005, 7.43)
	f(5, 0.99, 1.08, 14.15)
	f(10, 0.99, 3.72, 21.40)

	// The example in the help of R's poisson.test, as R prints it.
	low, high := Poisson(137, 24.19893, 0.95)
	near(t, "low", low, 4.753125, 5e-7)
	near(t, "high", high, 6.692709, 5e-7)
}

// NIST/SEMATECH e-Handbook of Statistical Methods, section 8.4.5.1, its example: 800
// hours of operation with 2 failures, an MTBF of 400 hours with a 90 % interval from
// 127 to 2251 hours, by the factors 0.3177 and 5.6281 of its table,
// https://www.itl.nist.gov/div898/handbook/apr/section4/apr451.htm
func TestHandbookMTBF(t *testing.T) {
	r := Of(2, 800, 0.9)
	near(t, "MTBF", value(t, "MTBF", r.Between), 400, 1e-9)
	low, high := value(t, "low", r.BetweenLow), value(t, "high", r.BetweenHigh)
	near(t, "low", low, 127, 0.5)
	near(t, "high", high, 2251, 0.5)
	near(t, "factor of the low end", low/400, 0.3177, 0.00005)
	near(t, "factor of the high end", high/400, 5.6281, 0.00005)
}

// Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
// Medicine 17, 1998, table I.
func TestShareAgainstTheTable(t *testing.T) {
	f := func(k, n int, low, high, wilsonLow, wilsonHigh float64) {
		t.Helper()
		gotLow, gotHigh := Share(k, n, 0.95)
		near(t, "exact low", gotLow, low, 0.00005)
		near(t, "exact high", gotHigh, high, 0.00005)
		gotLow, gotHigh = Wilson(k, n, 0.95)
		near(t, "score low", gotLow, wilsonLow, 0.00005)
		near(t, "score high", gotHigh, wilsonHigh, 0.00005)
	}
	f(81, 263, 0.2527, 0.3676, 0.2553, 0.3662)
	f(15, 148, 0.0578, 0.1617, 0.0624, 0.1605)
	f(0, 20, 0, 0.1684, 0, 0.1611)
	f(1, 29, 0.0009, 0.1776, 0.0061, 0.1718)

	// The example in the help of R's binom.test (Mendel's peas, from Conover).
	low, high := Share(682, 925, 0.95)
	near(t, "low", low, 0.7076683, 5e-8)
	near(t, "high", high, 0.7654066, 5e-8)
}

// At every truth the chances of the outcomes whose interval holds it add up to the
// level at least.
func TestExactIntervalsCover(t *testing.T) {
	type limits struct{ low, high float64 }
	covered := func(all []limits, truth float64, chance func(k float64) float64) float64 {
		sum := 0.0
		for k, l := range all {
			if l.low <= truth && truth <= l.high {
				sum += chance(float64(k))
			}
		}
		return sum
	}
	for _, level := range []float64{0.8, 0.95, 0.99} {
		all := make([]limits, 120)
		for k := range all {
			all[k].low, all[k].high = Poisson(k, 1, level)
		}
		for truth := 0.01; truth < 50; truth *= 1.13 {
			c := covered(all, truth, func(k float64) float64 {
				log, _ := math.Lgamma(k + 1)
				return math.Exp(k*math.Log(truth) - truth - log)
			})
			if c < level-1e-9 {
				t.Errorf("Poisson %g: mean %g is covered %g of the time", level, truth, c)
			}
		}
		for _, n := range []int{1, 2, 7, 30} {
			all := make([]limits, n+1)
			for k := range all {
				all[k].low, all[k].high = Share(k, n, level)
			}
			for truth := 0.005; truth < 1; truth += 0.011 {
				c := covered(all, truth, func(k float64) float64 {
					m := float64(n)
					return math.Exp(k*math.Log(truth) + (m-k)*math.Log1p(-truth) - math.Log(m+1) - mathext.Lbeta(k+1, m-k+1))
				})
				if c < level-1e-9 {
					t.Errorf("Share %g of %d: %g is covered %g of the time", level, n, truth, c)
				}
			}
		}
	}
}

func TestNothingIsKnown(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, bad := range [][3]float64{{-1, 1, 0.95}, {1, 0, 0.95}, {1, -1, 0.95}, {1, nan, 0.95}, {1, inf, 0.95}, {1, 1, 0}, {1, 1, 1}, {1, 1, nan}} {
		if low, high := Poisson(int(bad[0]), bad[1], bad[2]); low != 0 || !math.IsInf(high, 1) {
			t.Errorf("Poisson(%v) = %g, %g", bad, low, high)
		}
	}
	for _, bad := range [][2]int{{0, 0}, {-1, 3}, {4, 3}, {1, -1}} {
		if low, high := Share(bad[0], bad[1], 0.95); low != 0 || high != 1 {
			t.Errorf("Share(%v) = %g, %g", bad, low, high)
		}
		if low, high := Wilson(bad[0], bad[1], 0.95); low != 0 || high != 1 {
			t.Errorf("Wilson(%v) = %g, %g", bad, low, high)
		}
	}
	for _, r := range []Rate{Of(3, 0, 0.95), Of(-1, 5, 0.95), Of(3, nan, 0.95), Of(3, inf, 0.95)} {
		if r.Value != nil || r.Between != nil || r.Why == "" {
			t.Errorf("%+v", r)
		}
	}
}

func TestOf(t *testing.T) {
	r := Of(0, 12, 0.95)
	if *r.Value != 0 || r.Between != nil || r.BetweenHigh != nil || r.Why == "" {
		t.Errorf("no event: %+v", r)
	}
	near(t, "high", *r.High, 3.68888/12, 1e-6)
	near(t, "mtbf low", *r.BetweenLow, 12/3.68888, 1e-5)

	// A change of the unit changes the result by as much, at any size.
	for _, unit := range []float64{1e-12, 1, 1e12} {
		r := Of(7, 35*unit, 0.9)
		near(t, "mtbf", *r.Between/unit, 5, 1e-12)
		near(t, "mtbf low", *r.BetweenLow/unit, 35/13.1481138, 1e-6)
		near(t, "rate low", *r.Low*unit, 3.2853157/35, 1e-8)
	}
	// What cannot be written as a number is missing, not infinite.
	if r := Of(5, 5e-324, 0.95); r.Value != nil || r.High != nil || r.Between == nil {
		t.Errorf("tiny exposure: %+v", r)
	}
	if r := Of(1<<40, 1, 0.95); !(*r.Low < 1<<40 && *r.High > 1<<40) {
		t.Errorf("many events: %+v", r)
	}
}

// The example in the help of R's poisson.test: 11 in 800 against 21 in 3011.
func TestCompare(t *testing.T) {
	c := Compare(11, 800, 6+8+7, 1083+1050+878, 0.95)
	near(t, "ratio", *c.Ratio, 1.971488, 5e-7)
	near(t, "low", *c.Low, 0.8584264, 5e-8)
	near(t, "high", *c.High, 4.2772659, 5e-8)

	// The p-value and the interval say the same, whatever the unit.
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		k1, k2 := r.IntN(12), r.IntN(12)
		e1, e2 := 0.1+r.Float64(), 0.1+r.Float64()
		c := Compare(k1, e1, k2, e2, 0.95)
		if k1+k2 == 0 {
			if c.P != nil || c.Why == "" {
				t.Errorf("no event: %+v", c)
			}
			continue
		}
		outside := c.Low != nil && *c.Low > 1 || c.High != nil && *c.High < 1
		if outside != (*c.P < 0.05) {
			t.Errorf("%d in %g against %d in %g: p %g, interval %v to %v", k1, e1, k2, e2, *c.P, c.Low, c.High)
		}
		back := Compare(k2, e2*1e9, k1, e1*1e9, 0.95)
		near(t, "p", *back.P, *c.P, 1e-9)
		if c.High != nil && *c.High > 0 {
			near(t, "mirrored", *back.Low**c.High, 1, 1e-9)
		}
	}
	if c := Compare(3, 10, 0, 10, 0.95); c.Ratio != nil || c.Low == nil || c.High != nil || c.Why == "" {
		t.Errorf("none in the second: %+v", c)
	}
	if c := Compare(3, 10, 2, 0, 0.95); c.P != nil || c.Why == "" {
		t.Errorf("no exposure: %+v", c)
	}
}

func TestRepeats(t *testing.T) {
	f := func(window float64, followed, repeats int, units ...History) {
		t.Helper()
		r := Repeats(units, window, 0.95)
		if r.Followed != followed || r.Repeats != repeats {
			t.Errorf("%d of %d, want %d of %d", r.Repeats, r.Followed, repeats, followed)
		}
		if (r.Share == nil) != (followed == 0) || (r.Why == "") != (followed > 0) {
			t.Errorf("%+v", r)
		}
	}
	f(7, 0, 0)
	f(7, 0, 0, History{nil, 100})
	f(7, 1, 0, History{[]float64{10}, 17}) // watched for exactly the window
	f(7, 0, 0, History{[]float64{10.5}, 17})
	f(7, 2, 1, History{[]float64{17, 10}, 100}) // the end of the window is within it
	f(7, 2, 0, History{[]float64{10, 17.1}, 100})
	f(7, 1, 0, History{[]float64{10, 10}, 100}) // one trouble reported twice
	f(7, 0, 0, History{[]float64{95, 96}, 100}) // who knows
	f(0, 0, 0, History{[]float64{10}, 100})
	f(math.NaN(), 0, 0, History{[]float64{10}, 100})
	f(30, 4, 3, History{[]float64{1, 20, 40}, 100}, History{[]float64{50, 60, 95}, 100}.until(81))
}

func (h History) until(end float64) History { h.End = end; return h }

func TestAvailability(t *testing.T) {
	a := Availability(990, 10, 5, 0.95)
	near(t, "availability", value(t, "availability", a.Value), 0.99, 1e-12)
	// F(10,10) at 0.975 is 3.7168 (any table): the ratio 1/99 times and by it.
	near(t, "low", *a.Low, 1/(1+3.7168/99), 1e-6)
	near(t, "high", *a.High, 1/(1+1/(3.7168*99)), 1e-6)

	for _, a := range []Available{
		Availability(0, 0, 3, 0.95), Availability(-1, 2, 3, 0.95), Availability(math.NaN(), 2, 3, 0.95), Availability(math.Inf(1), 2, 3, 0.95),
		AvailabilityByUnit(nil, 0.95), AvailabilityByUnit([]Spell{{-1, 2}, {3, 4}}, 0.95),
	} {
		if a.Value != nil || a.Why == "" {
			t.Errorf("%+v", a)
		}
	}
	for _, a := range []Available{
		Availability(100, 0, 0, 0.95), Availability(100, 0, 3, 0.95), Availability(0, 9, 3, 0.95),
		AvailabilityByUnit([]Spell{{100, 1}}, 0.95), AvailabilityByUnit([]Spell{{100, 0}, {50, 0}}, 0.95),
	} {
		if a.Value == nil || a.Low != nil || a.Why == "" {
			t.Errorf("%+v", a)
		}
	}
	// Units that are all alike leave no doubt; a change of the unit changes nothing.
	alike := AvailabilityByUnit([]Spell{{99e12, 1e12}, {99e12, 1e12}, {198e12, 2e12}}, 0.95)
	near(t, "low", *alike.Low, 0.99, 1e-9)
	near(t, "high", *alike.High, 0.99, 1e-9)
}

// Of no failure in a year of 8766 hours at most 3.688879 are to be expected (Garwood), of 5
// hours each.
func TestUnfailedAvailability(t *testing.T) {
	a := Unfailed(8766, 5, 0.95)
	near(t, "availability", value(t, "availability", a.Value), 1, 0)
	near(t, "low", *a.Low, 1/(1+3.688879*5/8766), 1e-9)
	near(t, "high", *a.High, 1, 0)
	if a.Why != "" || *Unfailed(10*8766, 5, 0.95).Low <= *a.Low {
		t.Errorf("%+v", a)
	}
	for _, a := range []Available{Unfailed(8766, 0, 0.95), Unfailed(8766, math.NaN(), 0.95), Unfailed(8766, math.Inf(1), 0.95), Unfailed(8766, 5, 1)} {
		if a.Value == nil || a.Low != nil || a.High != nil || a.Why == "" {
			t.Errorf("%+v", a)
		}
	}
	if a := Unfailed(0, 5, 0.95); a.Value != nil || a.Why == "" {
		t.Errorf("%+v", a)
	}
}

// Both intervals cover the truth at their level, each where its assumptions hold.
func TestAvailabilityCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const runs = 800
	exact, byUnit := 0, 0
	for range runs {
		up, down := 0.0, 0.0
		for range 4 {
			up += 90 * r.ExpFloat64()
			down += 10 * r.ExpFloat64()
		}
		if a := Availability(up, down, 4, 0.9); *a.Low <= 0.9 && 0.9 <= *a.High {
			exact++
		}
		// Lognormal repairs, far from exponential, and units of their own temper.
		var units []Spell
		for range 40 {
			s := Spell{}
			for range 5 {
				s.Up += 90 * r.ExpFloat64()
				s.Down += 10 * math.Exp(1.2*r.NormFloat64()-0.72)
			}
			units = append(units, s)
		}
		if a := AvailabilityByUnit(units, 0.9); *a.Low <= 0.9 && 0.9 <= *a.High {
			byUnit++
		}
	}
	near(t, "coverage", float64(exact)/runs, 0.9, 0.032)
	near(t, "coverage by unit", float64(byUnit)/runs, 0.88, 0.04)
}
