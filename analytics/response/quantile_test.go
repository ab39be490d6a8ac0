package response

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Confidence intervals for the population median between order statistics, with
// their level in percent, as printed in table A.7 of a textbook of statistics
// (coursehero.com/file/5646626): n, ranks, level.
func TestPublishedMedianIntervals(t *testing.T) {
	f := func(n, l, u int, percent float64) {
		t.Helper()
		got := 100 * (binomialBelow(u, n, 0.5) - binomialBelow(l, n, 0.5))
		if math.Abs(got-percent) > 0.0501 {
			t.Errorf("of %d the interval [%d, %d] has %.3f%%, want %v%%", n, l, u, got, percent)
		}
		// At that level, or a little below for the rounding, it is the interval.
		level := got/100 - 1e-9
		if gl, gu := ranks(n, 0.5, level); level >= 0.5 && (gl != l || gu != u) {
			t.Errorf("of %d at %.4f: ranks %d and %d, want %d and %d", n, level, gl, gu, l, u)
		}
	}
	f(2, 1, 2, 50)
	f(3, 1, 3, 75)
	f(4, 1, 4, 87.5)
	f(5, 1, 5, 93.8)
	f(6, 1, 6, 96.9)
	f(6, 2, 5, 78.1)
	f(7, 1, 7, 98.4)
	f(7, 2, 6, 87.5)
	f(8, 1, 8, 99.2)
	f(8, 2, 7, 93)
	f(9, 2, 8, 96.1)
	f(9, 3, 7, 82)
	f(10, 1, 10, 99.8)
	f(10, 2, 9, 97.9)
	f(10, 3, 8, 89.1)
	f(11, 3, 9, 93.5)
	f(12, 3, 10, 96.1)
	f(12, 4, 9, 85.4)
	f(13, 3, 11, 97.8)
	f(14, 4, 11, 94.3)
	f(15, 4, 12, 96.5)
	f(16, 6, 11, 79)
	f(17, 5, 13, 95.1)
	f(18, 5, 14, 96.9)
	f(19, 7, 13, 83.3)
	f(20, 6, 15, 95.9)
	// real-statistics.com, Confidence Intervals for Order Statistics, example 1.
	if got := binomialBelow(19, 35, 0.5) - binomialBelow(17, 35, 0.5); math.Abs(got-0.264121) > 5e-7 {
		t.Errorf("[17, 19] of 35 has %v, want 0.264121", got)
	}
}

// TestRanks checks ranks against the definition, by adding up the probabilities.
func TestRanks(t *testing.T) {
	for _, p := range []float64{0.5, 0.9, 0.95} {
		for n := 1; n <= 120; n++ {
			l, u := ranks(n, p, 0.95)
			var below, above float64
			term := math.Pow(1-p, float64(n)) // of 0
			for k := 0; k <= n; k++ {
				if k < l {
					below += term
				}
				if k >= u {
					above += term
				}
				term *= float64(n-k) / float64(k+1) * p / (1 - p)
			}
			if below > 0.025+1e-12 || above > 0.025+1e-12 || l < 0 || u > n+1 || l > u {
				t.Errorf("n %d, p %v: ranks %d and %d leave out %v and %v", n, p, l, u, below, above)
			}
			if both := l >= 1 && u <= n; both != (n >= needed(p, 0.95)) {
				t.Errorf("n %d, p %v: ranks %d and %d, but %d are needed", n, p, l, u, needed(p, 0.95))
			}
		}
	}
	if l, u := ranks(10_000_000, 0.95, 0.95); l != 9_498_650 || u != 9_501_352 {
		t.Logf("of ten million: %d and %d", l, u)
		// Within a rank of the normal approximation: 9,500,000 ± 1.96 × 689.2.
		if math.Abs(float64(l)-9_498_649) > 2 || math.Abs(float64(u)-9_501_352) > 2 {
			t.Errorf("of ten million: ranks %d and %d", l, u)
		}
	}
}

func show(p *float64) any {
	if p == nil {
		return nil
	}
	return *p
}

func same(got *float64, want float64) bool {
	if math.IsNaN(want) {
		return got == nil
	}
	return got != nil && math.Abs(*got-want) <= 1e-9*math.Max(1, math.Abs(want))
}

var none = math.NaN()

func TestQuantile(t *testing.T) {
	f := func(closed, open []float64, p, value, low, high, atLeast float64, method, why string) {
		t.Helper()
		d := Durations{Closed: closed, Open: open}
		q := d.quantiles(0.95, p)[0]
		if !same(q.Value, value) || !same(q.Low, low) || !same(q.High, high) || !same(q.AtLeast, atLeast) || q.Method != method || q.Why != why {
			t.Errorf("p%g of %v and open %v: %v [%v, %v], at least %v, %q %q", 100*p, closed, open, show(q.Value), show(q.Low), show(q.High), show(q.AtLeast), q.Method, q.Why)
		}
	}
	ten := func() []float64 { return []float64{7, 3, 9, 1, 5, 2, 8, 10, 4, 6} }
	few := "no interval: insufficient data: 1 calls, and 6 are needed at this level"
	f(nil, nil, 0.5, none, none, none, none, "", "insufficient data: there are no calls")
	f([]float64{5}, nil, 0.5, 5, none, none, none, "sample", few)
	f(ten(), nil, 0.5, 5.5, 2, 9, none, "sample", "")
	f(ten(), nil, 0.9, 9.1, 7, none, none, "sample", "no upper end: insufficient data: 10 calls, and 36 are needed at this level")
	f([]float64{4, 4, 4, 4, 4, 4}, nil, 0.5, 4, 4, 4, none, "sample", "")
	// Open calls that have run for longer than the quantile do not hide it.
	f(ten()[:9], []float64{100}, 0.5, 6, 2, 10, none, "sample", "")
	// By hand: of five at 2, 4, 5+, 6, 8 the share still running is .8, .6, .3.
	f([]float64{2, 4, 6, 8}, []float64{5}, 0.5, 6, none, none, 5, "kaplan-meier", "no interval: insufficient data: 5 calls, and 6 are needed at this level")
	// An open call at the time of an end was still at risk: .75, .5, then 0.
	f([]float64{1, 2, 3}, []float64{2}, 0.5, 2, none, none, 2, "kaplan-meier", "no interval: insufficient data: 4 calls, and 6 are needed at this level")
	f(nil, []float64{1, 2, 3}, 0.5, none, none, none, 2, "", "insufficient data: 3 of 3 calls are still open")
	f([]float64{1, 2, 3, 4}, []float64{1, 1, 1, 1, 1, 1}, 0.5, 3, 1, none, 1, "kaplan-meier", "no upper end: 6 of 10 calls are still open")
}

// TestScale: the unit does not matter.
func TestScale(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, scale := range []float64{1e-12, 1e-3, 1e3, 1e12} {
		var d, e Durations
		for range 100 {
			v := r.ExpFloat64()
			if r.IntN(5) == 0 {
				d.Open, e.Open = append(d.Open, v), append(e.Open, v*scale)
			} else {
				d.Closed, e.Closed = append(d.Closed, v), append(e.Closed, v*scale)
			}
		}
		a, b := d.quantiles(0.95, 0.5, 0.9, 0.95), e.quantiles(0.95, 0.5, 0.9, 0.95)
		for i := range a {
			for _, pair := range [][2]*float64{{a[i].Value, b[i].Value}, {a[i].Low, b[i].Low}, {a[i].High, b[i].High}, {a[i].AtLeast, b[i].AtLeast}} {
				if (pair[0] == nil) != (pair[1] == nil) || pair[0] != nil && math.Abs(*pair[0]*scale / *pair[1] - 1) > 1e-9 {
					t.Errorf("scaled by %v: %v becomes %v", scale, show(pair[0]), show(pair[1]))
				}
			}
		}
	}
}

// TestCoverage: the intervals hold what they promise, whatever calls are still open:
// here those that will take longest are open more often, which Kaplan and Meier
// would not forgive.
func TestCoverage(t *testing.T) {
	const runs, n = 2000, 60
	truth := map[float64]float64{0.5: math.Ln2, 0.9: math.Log(10)}
	missed := map[float64]int{}
	r := rand.New(rand.NewPCG(3, 4))
	for range runs {
		var d Durations
		var full []float64
		for range n {
			v := r.ExpFloat64()
			full = append(full, v)
			if r.Float64() < 0.3*v {
				d.Open = append(d.Open, v*r.Float64())
			} else {
				d.Closed = append(d.Closed, v)
			}
		}
		slices.Sort(full)
		for _, q := range d.quantiles(0.95, 0.5, 0.9) {
			want := truth[q.P]
			if q.Low != nil && *q.Low > want || q.High != nil && *q.High < want {
				missed[q.P]++
			}
			if k := int(float64(n-1) * q.P); q.AtLeast != nil && *q.AtLeast > full[k+1] {
				t.Fatalf("p%g of the calls is at least %v, but was at most %v", 100*q.P, *q.AtLeast, full[k+1])
			}
			if q.Value != nil && (q.Low != nil && *q.Value < *q.Low || q.High != nil && *q.Value > *q.High) {
				t.Fatalf("p%g %v is outside of [%v, %v]", 100*q.P, *q.Value, show(q.Low), show(q.High))
			}
		}
	}
	for p, n := range missed {
		if share := float64(n) / runs; share > 0.05+3*math.Sqrt(0.05*0.95/runs) {
			t.Errorf("p%g: %.1f%% of the intervals miss the truth, want at most 5%%", 100*p, 100*share)
		}
	}
}
