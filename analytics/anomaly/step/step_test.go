package step

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise is a first-order autoregression with standard deviation 1 about a level.
func noise(rng *rand.Rand, n int, level, rho float64) []float64 {
	x := make([]float64, n)
	p := rng.NormFloat64()
	for i := range x {
		p = rho*p + math.Sqrt(1-rho*rho)*rng.NormFloat64()
		x[i] = level + p
	}
	return x
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 77)) }

func TestNoiseOf(t *testing.T) {
	f := func(rho float64) {
		t.Helper()
		var sigma, found float64
		const runs = 40
		for seed := range uint64(runs) {
			x := noise(seeded(seed), 300, 5, rho)
			for i := 150; i < 300; i++ {
				x[i] += 20 // a step is no noise
			}
			x[10], x[20], x[30] = 1e6, math.NaN(), -1e6 // nor are outliers
			n := NoiseOf(x)
			sigma, found = sigma+n.Sigma/runs, found+n.Rho/runs
		}
		// Steps and outliers make it a little larger, which is the safe side.
		if sigma < 0.95 || sigma > 1.2 || math.Abs(found-rho) > 0.1 {
			t.Errorf("noise with correlation %v is measured as %.2f with %.2f", rho, sigma, found)
		}
	}
	f(0)
	f(0.3)
	f(0.6)
	if n := NoiseOf([]float64{1, 2, 3}); n != (Noise{}) {
		t.Errorf("three values have the noise %+v", n)
	}
}

// The formula of the false alarm rate against simulation, with noise that is known.
func TestTailAgainstSimulation(t *testing.T) {
	f := func(n int) {
		t.Helper()
		const runs, p = 1500, 0.05
		exceeded := 0
		for seed := range uint64(runs) {
			s, _ := newSeries(noise(seeded(seed), n, 0, 0), Options{}.withDefaults())
			s.longRun = 1 / s.unit
			if _, _, z := s.widest(0, n); tail(z, n, 3) < p {
				exceeded++
			}
		}
		if got := float64(exceeded) / runs; got < 0.6*p || got > 1.4*p {
			t.Errorf("with %d values p < %v happens in %.3f of all cases", n, p, got)
		}
	}
	f(30)
	f(100)
}

func TestSegmentsSeeNothingWhereNothingIs(t *testing.T) {
	f := func(n int, rho float64) {
		t.Helper()
		const runs = 150
		wrong, jumps := 0, 0
		for seed := range uint64(runs) {
			x := noise(seeded(seed), n, 10, rho)
			if s, _ := Segments(x, Options{}); len(s) > 1 {
				wrong++
			}
			if len(Jumps(x, 0.01)) > 0 {
				jumps++
			}
		}
		// 1 % is asked for; the correlation that has to be estimated may double that.
		if wrong > 7 || jumps > 7 {
			t.Errorf("in %d series of %d values with correlation %v there are %d with changes, %d with jumps", runs, n, rho, wrong, jumps)
		}
	}
	f(30, 0)
	f(100, 0.3)
	f(250, 0.5)
}

func TestSegmentsFindAChange(t *testing.T) {
	const runs = 100
	found, covered, sure := 0, 0, 0
	for seed := range uint64(runs) {
		x := noise(seeded(seed), 120, 10, 0.2)
		for i := 80; i < 120; i++ {
			x[i] += 2.5
		}
		s, _ := Segments(x, Options{})
		if len(s) != 2 {
			continue
		}
		found++
		if s[1].First <= 80 && 80 <= s[1].Last {
			covered++
		}
		if d := s[1].Level - s[0].Level - 2.5; math.Abs(d) < 1.96*math.Hypot(s[0].SE, s[1].SE) {
			sure++
		}
	}
	if found < 95 || covered < 93*found/100 || sure < 90*found/100 {
		t.Errorf("of %d changes %d are found, the place is inside its interval in %d, the size in %d", runs, found, covered, sure)
	}
}

func TestSegmentsOfATransientChange(t *testing.T) {
	x := noise(seeded(1), 200, 3, 0)
	for i := 60; i < 90; i++ {
		x[i] += 6
	}
	for i := 95; i < 100; i++ {
		x[i] = math.NaN()
	}
	x[30], x[150], x[151] = 500, -500, 500 // neither one nor two outliers are a level
	s, _ := Segments(x, Options{})
	if len(s) != 3 || s[1].From != 60 || s[2].From != 90 || s[2].To != 200 || s[2].N != 105 || s[0].To != 60 {
		t.Errorf("the segments are %+v", s)
	}
}

func TestSegmentsAtTheBorders(t *testing.T) {
	nan := math.NaN()
	f := func(x []float64, levels ...float64) {
		t.Helper()
		s, _ := Segments(x, Options{})
		var got []float64
		for _, seg := range s {
			got = append(got, seg.Level)
			if math.IsNaN(seg.SE) || math.IsInf(seg.Z, 0) || math.IsNaN(seg.Z) || seg.First > seg.From || seg.Last < seg.From {
				t.Errorf("segment %+v of %v", seg, x)
			}
		}
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
		if !slices.EqualFunc(got, levels, near) {
			t.Errorf("the levels of %v are %v, want %v", x, got, levels)
		}
		Jumps(x, 0.01)
	}
	f(nil)
	f([]float64{nan, nan})
	f([]float64{4}, 4)
	f([]float64{4, nan, 4, 4, 4, 4, 4, 4}, 4)
	f([]float64{0, 0, 0, 0, 0, 0, 0}, 0)
	f([]float64{1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9}, 1, 9)
	f([]float64{1, 1, 1, 1, 1, 1, 1, math.Inf(1), 9, 9, 9, 9, 9, 9}, 1, 9)
}

func TestScaleIsOfNoConsequence(t *testing.T) {
	x := noise(seeded(5), 90, 0, 0.3)
	for i := 50; i < 90; i++ {
		x[i] += 9
	}
	want, _ := Segments(x, Options{})
	jumps := Jumps(x, 0.01)
	if len(want) != 2 || len(jumps) != 1 || jumps[0].At != want[1].From {
		t.Fatalf("segments %+v, jumps %+v", want, jumps)
	}
	for _, unit := range []float64{1e-12, 1e12, 1e200, -1} {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = x[i] * unit
		}
		got, _ := Segments(y, Options{})
		if len(got) != 2 || got[1].From != want[1].From || math.Abs(got[1].Level/want[1].Level/unit-1) > 1e-9 {
			t.Errorf("times %v the segments are %+v", unit, got)
		}
		if j := Jumps(y, 0.01); len(j) != 1 || j[0].At != jumps[0].At {
			t.Errorf("times %v the jumps are %+v", unit, j)
		}
	}
}

// A level that drifts is no jump; a jump on top of it is.
func TestJumpsOfADriftingLevel(t *testing.T) {
	const runs = 60
	wrong, found := 0, 0
	for seed := range uint64(runs) {
		x := noise(seeded(seed), 365, 0, 0.2)
		for i := range x {
			x[i] += 15 * math.Sin(2*math.Pi*float64(i)/365)
		}
		if len(Jumps(x, 0.01)) > 0 {
			wrong++
		}
		for i := 200; i < 365; i++ {
			x[i] += 8
		}
		if j := Jumps(x, 0.01); len(j) == 1 && j[0].At == 200 && math.Abs(j[0].Size-8) < 4*j[0].SE {
			found++
		}
	}
	if wrong > 3 || found < 54 {
		t.Errorf("of %d drifting levels %d jump, and of as many jumps %d are found", runs, wrong, found)
	}
}

func BenchmarkSegments(b *testing.B) {
	x := noise(seeded(1), 365, 0, 0.3)
	for i := 200; i < 365; i++ {
		x[i] += 4
	}
	b.ReportAllocs()
	for b.Loop() {
		Segments(x, Options{})
	}
}
