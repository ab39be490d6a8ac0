package rate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// pumps are failures and thousands of hours of ten pumps of a nuclear plant: Gaver
// and O'Muircheartaigh, Robust empirical Bayes analyses of event rates, Technometrics
// 29, 1987, table 3.
var pumps = []Count{
	{5, 94.32}, {1, 15.72}, {5, 62.88}, {14, 125.76}, {3, 5.24},
	{19, 31.44}, {1, 1.048}, {1, 1.048}, {4, 2.096}, {22, 10.48},
}

func shrunk(t *testing.T, counts []Count, level float64) Shrinkage {
	t.Helper()
	s, err := Shrink(counts, level)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The prior is the summit of the negative binomial likelihood, written down here as
// the textbook has it.
func TestShrinkPumps(t *testing.T) {
	s := shrunk(t, pumps, 0.95)
	checkShrinkage(t, pumps, &s)
	shape := 1 / (*s.Variation * *s.Variation)
	rate := shape / *s.Mean
	likelihood := func(shape, rate float64) float64 {
		sum := 0.0
		for _, c := range pumps {
			k := float64(c.Events)
			up, _ := math.Lgamma(shape + k)
			down, _ := math.Lgamma(shape)
			sum += up - down + shape*math.Log(rate/(rate+c.Exposure)) + k*math.Log(c.Exposure/(rate+c.Exposure))
		}
		return sum
	}
	summit := likelihood(shape, rate)
	for _, d := range [][2]float64{{1.001, 1}, {0.999, 1}, {1, 1.001}, {1, 0.999}, {1.001, 1.001}, {0.999, 0.999}, {3, 3}, {0.3, 0.3}} {
		if l := likelihood(shape*d[0], rate*d[1]); l > summit {
			t.Errorf("shape %g, rate %g: %g is above the summit's %g", shape*d[0], rate*d[1], l, summit)
		}
	}
}

// checkShrinkage holds for any data: the total is kept, each rate lies between its
// own and the mean, and within its interval.
func checkShrinkage(t *testing.T, counts []Count, s *Shrinkage) {
	t.Helper()
	total, events := 0.0, 0
	for i, c := range counts {
		e := s.Each[i]
		total += e.Rate * c.Exposure
		events += c.Events
		if !(e.Low <= e.Rate*(1+1e-9) && e.Rate <= e.High*(1+1e-9)) {
			t.Errorf("%v: %g is not within %g to %g", c, e.Rate, e.Low, e.High)
		}
		if e.Own == nil {
			continue
		}
		if low, high := min(*e.Own, *s.Mean), max(*e.Own, *s.Mean); e.Rate < low*(1-1e-9) || e.Rate > high*(1+1e-9) {
			t.Errorf("%v: %g is not between its own %g and the mean %g", c, e.Rate, *e.Own, *s.Mean)
		}
	}
	near(t, "total", total, float64(events), 1e-6*float64(events)+1e-12)
}

func TestShrinkAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		var counts []Count
		for range 3 + r.IntN(40) {
			exposure := math.Exp(2 * r.NormFloat64())
			rate := math.Exp(r.NormFloat64() * float64(r.IntN(3)))
			counts = append(counts, Count{poisson(r, rate*exposure), exposure})
		}
		s := shrunk(t, counts, 0.9)
		checkShrinkage(t, counts, &s)

		// The order and the unit of the exposure change nothing else.
		other := slices.Clone(counts)
		slices.Reverse(other)
		for i := range other {
			other[i].Exposure *= 1e12
		}
		back := shrunk(t, other, 0.9)
		for i := range counts {
			near(t, "in another unit", back.Each[len(counts)-1-i].Rate*1e12/s.Each[i].Rate, 1, 1e-5)
		}
	}
}

func poisson(r *rand.Rand, mean float64) int {
	k := 0
	for at := r.ExpFloat64(); at < mean; at += r.ExpFloat64() {
		k++
	}
	return k
}

func TestShrinkWithoutDifferences(t *testing.T) {
	var counts []Count
	for range 20 {
		counts = append(counts, Count{4, 2})
	}
	counts = append(counts, Count{0, 0})
	s := shrunk(t, counts, 0.95)
	if *s.Variation != 0 {
		t.Errorf("variation %g of estates that are all alike", *s.Variation)
	}
	for _, e := range s.Each {
		if e.Rate != *s.Pooled.Value || e.Low != *s.Pooled.Low || e.Weight != 0 {
			t.Errorf("%+v is not the pooled rate", e)
		}
	}
	// None has an event: all have the pooled limits.
	s = shrunk(t, []Count{{0, 1}, {0, 2}, {0, 3}}, 0.95)
	near(t, "high", s.Each[0].High, 3.68888/6, 1e-5)
}

func TestShrinkRefusals(t *testing.T) {
	for _, counts := range [][]Count{{{-1, 2}}, {{1, 0}}, {{1, -2}}, {{1, math.NaN()}}, {{1, math.Inf(1)}}, {{1, 1e308}, {1, 1e308}}} {
		if _, err := Shrink(counts, 0.95); err == nil {
			t.Errorf("%v was taken", counts)
		}
	}
	if _, err := Shrink(pumps, 1); err == nil {
		t.Error("level 1 was taken")
	}
	for _, counts := range [][]Count{nil, {{3, 4}}, {{3, 4}, {5, 6}, {0, 0}}} {
		if s := shrunk(t, counts, 0.95); s.Each != nil || s.Why == "" {
			t.Errorf("%v: %+v", counts, s)
		}
	}
	// All that happened, happened to one.
	one := []Count{{1000, 1e-12}, {0, 1e12}, {0, 1}}
	s := shrunk(t, one, 0.95)
	checkShrinkage(t, one, &s)
}

// Rates drawn from a gamma distribution: the estimates are nearer to the truth than
// each estate's own, and the posterior intervals cover at their level.
func TestShrinkRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var own, ours float64
	covered, all := 0, 0
	for range 12 {
		var counts []Count
		var truth []float64
		for range 150 {
			exposure := 0.2 + 5*r.Float64()
			rate := (r.ExpFloat64() + r.ExpFloat64()) / 2 // gamma of shape 2, mean 1
			truth = append(truth, rate)
			counts = append(counts, Count{poisson(r, rate*exposure), exposure})
		}
		s := shrunk(t, counts, 0.9)
		for i, e := range s.Each {
			own += (*e.Own - truth[i]) * (*e.Own - truth[i])
			ours += (e.Rate - truth[i]) * (e.Rate - truth[i])
			if all++; e.Low <= truth[i] && truth[i] <= e.High {
				covered++
			}
		}
	}
	if ours > 0.6*own {
		t.Errorf("squared error %g, of their own rates %g", ours, own)
	}
	near(t, "coverage", float64(covered)/float64(all), 0.9, 0.03)
}

func BenchmarkShrink(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 10))
	counts := make([]Count, 10_000)
	for i := range counts {
		counts[i] = Count{poisson(r, 3*r.ExpFloat64()), 3}
	}
	for b.Loop() {
		if _, err := Shrink(counts, 0.95); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(counts)), "estates")
}
