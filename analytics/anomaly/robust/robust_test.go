package robust

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	f := func(want float64, x ...float64) {
		t.Helper()
		if got := Median(slices.Clone(x)); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("the median of %v is %v, want %v", x, got, want)
		}
	}
	f(math.NaN())
	f(3, 3)
	f(2, 3, 1)
	f(2, 9, 1, 2)
	f(math.MaxFloat64, math.MaxFloat64, math.MaxFloat64)
	f(0, -math.MaxFloat64, math.MaxFloat64)
	f(5, slices.Repeat([]float64{5}, 100)...)
}

func TestMedianOfManyIsThatOfTheSorted(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		x := make([]float64, 1+rng.IntN(70))
		for i := range x {
			x[i] = float64(rng.IntN(30)) // with ties
		}
		sorted := slices.Sorted(slices.Values(x))
		n := len(x)
		if got, want := Median(x), (sorted[(n-1)/2]+sorted[n/2])/2; got != want {
			t.Fatalf("the median of %v is %v, want %v", sorted, got, want)
		}
	}
}

func TestScaleOfNormalNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, 100_000)
	for i := range x {
		if x[i] = 3 * rng.NormFloat64(); i%10 == 0 {
			x[i] = 1e9 // a tenth of them is wrong
		}
	}
	if got := Scale(x); got < 3 || got > 3.6 {
		t.Errorf("the scale is %v, want a little over 3", got)
	}
}

func TestQuantile(t *testing.T) {
	f := func(p, want float64, x ...float64) {
		t.Helper()
		if got := Quantile(x, p); got != want {
			t.Errorf("the %v-quantile of %v is %v, want %v", p, x, got, want)
		}
	}
	f(0, 1, 1, 2, 3)
	f(1, 3, 1, 2, 3)
	f(0.5, 2, 1, 2, 3)
	f(0.25, 1.5, 1, 2, 3)
	f(0.9, 7, 7)
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("there is no quantile of nothing")
	}
}

func TestRolling(t *testing.T) {
	nan := math.NaN()
	f := func(reach int, x, want []float64) {
		t.Helper()
		got := Rolling(x, reach)
		for i := range want {
			if got[i] != want[i] && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
				t.Errorf("rolling over %v by %d is %v, want %v", x, reach, got, want)
				return
			}
		}
	}
	f(1, []float64{1, 9, 2, 3}, []float64{5, 2, 3, 2.5})
	f(0, []float64{1, nan, 2}, []float64{1, nan, 2})
	f(1, []float64{nan, nan, 4}, []float64{nan, 4, 4})
	f(5, []float64{1, 2, 3}, []float64{2, 2, 2})
	f(2, nil, nil)
	// A step stays where it is.
	f(2, []float64{0, 0, 0, 0, 7, 7, 7, 7}, []float64{0, 0, 0, 0, 7, 7, 7, 7})
}
