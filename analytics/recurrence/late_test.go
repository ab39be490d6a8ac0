package recurrence

import (
	"math"
	"math/rand/v2"
	"testing"
)

// latecomers are units that enter at ages of their own, with events at the ages at which
// a cumulative rate, whose inverse is given, reaches uniform places.
func latecomers(r *rand.Rand, units, each int, rate, inverse func(float64) float64) *Data {
	d := &Data{}
	for i := range units {
		u := Unit{Entry: 1 + 0.7*float64(i%5), End: 6 + 0.5*float64(i%4)}
		d.Units = append(d.Units, u)
		from, to := rate(u.Entry), rate(u.End)
		for range each {
			d.Events = append(d.Events, Event{Unit: i, Time: inverse(from + r.Float64()*(to-from)), Count: 1})
		}
	}
	return d
}

func refused(t *testing.T, seeds int, make func(*rand.Rand) *Data) float64 {
	t.Helper()
	n := 0
	for seed := range seeds {
		g := newStudy(make(rand.New(rand.NewPCG(uint64(seed), 7)))).goodness()
		if g.Fits == nil || g.Method == "" {
			t.Fatalf("seed %d: no test: %+v", seed, g)
		}
		if !*g.Fits {
			n++
		}
	}
	return float64(n) / float64(seeds)
}

// A power law that is true is refused about as often as the level says, whatever its
// exponent; also where units have few events, and windows that are short for their age.
func TestLateGoodnessHasItsSize(t *testing.T) {
	const seeds = 200
	for _, beta := range []float64{0.6, 2.5} {
		rate := func(age float64) float64 { return math.Pow(age, beta) }
		inverse := func(x float64) float64 { return math.Pow(x, 1/beta) }
		// Four standard errors of a share of 0.1.
		near(t, "share refused", refused(t, seeds, func(r *rand.Rand) *Data { return latecomers(r, 7, 3, rate, inverse) }), goodnessLevel, 4*math.Sqrt(0.1*0.9/seeds))
	}
}

// A rate that is a step, a burst in the middle of the ages watched, is no power of age.
func TestLateGoodnessHasPower(t *testing.T) {
	burst := func(age float64) float64 { // nine in ten failures are between 4 and 4.5
		return age + 100*min(max(age-4, 0), 0.5)
	}
	inverse := func(x float64) float64 {
		low, high := 0.0, 20.0
		for range 60 {
			if middle := (low + high) / 2; burst(middle) < x {
				low = middle
			} else {
				high = middle
			}
		}
		return low
	}
	if share := refused(t, 30, func(r *rand.Rand) *Data { return latecomers(r, 7, 5, burst, inverse) }); share < 0.95 {
		t.Errorf("refused in %g of all", share)
	}
}

func TestLateGoodnessOfHardData(t *testing.T) {
	f := func(d *Data) *Goodness {
		t.Helper()
		p := Fit(d, 0.95)
		if g := p.Goodness; g != nil && (g.Fits == nil) != (g.Why != "") {
			t.Errorf("%+v", g)
		}
		return p.Goodness
	}
	// One unit is watched from new, one is not: beta is positive.
	r := rand.New(rand.NewPCG(1, 1))
	d := latecomers(r, 5, 4, func(x float64) float64 { return x }, func(x float64) float64 { return x })
	d.Units[0].Entry = 0
	if g := f(d); g == nil || g.Fits == nil {
		t.Errorf("%+v", g)
	}
	// Very many events, all of a kind, are bounded in what they cost.
	many := &Data{Units: []Unit{{Entry: 1, End: 3}, {Entry: 2, End: 5}}}
	for i := range 400 {
		many.Events = append(many.Events, Event{Unit: i % 2, Time: 2 + float64(i%40)/40.0, Count: 1000})
	}
	if g := f(many); g == nil || g.Fits == nil || *g.Fits {
		t.Errorf("%+v", g)
	}
	// All at one end.
	f(&Data{Units: []Unit{{Entry: 1, End: 3}}, Events: []Event{{Time: 1.0000001, Count: 4}}})
	f(&Data{Units: []Unit{{Entry: 1, End: 3}}, Events: []Event{{Time: 3, Count: 9}}})
	// The same data have the same answer.
	if a, b := f(many), f(many); *a.Critical != *b.Critical || *a.Statistic != *b.Statistic {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestLateMomentsAgreeAtTheirSeams(t *testing.T) {
	for _, x := range []float64{flat, -flat, 300, -300} {
		m1, v1 := lateMoments(x*(1-1e-9), 1)
		m2, v2 := lateMoments(x*(1+1e-9), 1)
		near(t, "mean", m1/m2, 1, 1e-7)
		near(t, "variance", v1/v2, 1, 1e-6)
	}
}
