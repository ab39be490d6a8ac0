package baseline

import (
	"math"
	"slices"
	"testing"
)

// The documented cases of CalTRACK 2.0 (docs.caltrack.org, methods) and of its
// reference implementation (github.com/openeemeter/eemeter, version 2, tests). They are
// in degrees Fahrenheit, which the functions of temperature do not mind.

// The table of methods 3.9.2.
func TestTemperatureComponents(t *testing.T) {
	ends := []float64{30, 45, 55, 65, 75, 90}
	f := func(temp float64, want ...float64) {
		t.Helper()
		if got := components(temp, ends, nil); !slices.Equal(got, want) {
			t.Errorf("%v °F: %v, want %v", temp, got, want)
		}
	}
	f(20, 20, 0, 0, 0, 0, 0, 0)
	f(40, 30, 10, 0, 0, 0, 0, 0)
	f(50, 30, 15, 5, 0, 0, 0, 0)
	f(60, 30, 15, 10, 5, 0, 0, 0)
	f(70, 30, 15, 10, 10, 5, 0, 0)
	f(80, 30, 15, 10, 10, 10, 5, 0)
	f(100, 30, 15, 10, 10, 10, 15, 10)
	f(-10, -10, 0, 0, 0, 0, 0, 0) // as 3.9.1.3 has it
	if got := components(-7, nil, nil); !slices.Equal(got, []float64{-7}) {
		t.Errorf("without endpoints: %v", got)
	}
}

// test_compute_temperature_bin_features: the components of 2000 temperatures with
// endpoints 25 and 75 add up to 112000.
func TestComponentsAddUp(t *testing.T) {
	total := 0.0
	for range 400 {
		for _, temp := range []float64{10, 35, 55, 80, 100} {
			for _, v := range components(temp, []float64{25, 75}, nil) {
				total += v
			}
		}
	}
	if total != 112000 {
		t.Errorf("they add up to %v", total)
	}
}

func TestMergeBins(t *testing.T) {
	ends := []float64{30, 45, 55, 65, 75, 90}
	f := func(counts [7]int, want ...float64) {
		t.Helper()
		var temps []float64
		for i, mid := range []float64{20, 40, 50, 60, 70, 80, 100} {
			for range counts[i] {
				temps = append(temps, mid)
			}
		}
		if got := mergeBins(temps, ends); !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", counts, got, want)
		}
	}
	f([7]int{20, 20, 20, 20, 20, 20, 20}, ends...)
	f([7]int{19, 20, 20, 20, 20, 20, 20}, 45, 55, 65, 75, 90) // the larger endpoint goes
	f([7]int{20, 20, 20, 20, 20, 20, 19}, 30, 45, 55, 65, 75) // and the lower one of the last bin
	f([7]int{10, 10, 20, 20, 20, 20, 20}, 45, 55, 65, 75, 90)
	f([7]int{20, 20, 0, 0, 20, 20, 20}, 30, 45, 75, 90)
	f([7]int{0, 0, 0, 500, 0, 0, 0})
	f([7]int{500, 0, 0, 0, 0, 0, 0})
	f([7]int{0, 0, 0, 0, 0, 0, 500})
	f([7]int{})
	f([7]int{0, 0, 0, 300, 300, 0, 0}, 65)

	// test_fit_temperature_bins_no_segmentation: four endpoints of six remain.
	var temps []float64
	for range 400 {
		temps = append(temps, 10, 35, 55, 80, 100)
	}
	if got := mergeBins(temps, ends); len(got) != 4 {
		t.Errorf("endpoints %v, want four of them", got)
	}
}

// test_metrics.py: observed 1 3 4 1 6, predicted 2 3 3 2 4, two parameters. eemeter's
// NMBE has the other sign and divides by n.
func TestPublishedStatistics(t *testing.T) {
	observed, predicted := []float64{1, 3, 4, 1, 6}, []float64{2, 3, 3, 2, 4}
	residuals, sse := make([]float64, 5), 0.0
	for i := range observed {
		residuals[i] = observed[i] - predicted[i]
		sse += residuals[i] * residuals[i]
	}
	f := func(what string, got *float64, want float64) {
		t.Helper()
		if v := value(t, what, got); math.Abs(v-want) > 0.0005 {
			t.Errorf("%s is %.4f, want %.3f", what, v, want)
		}
	}
	s := statistics(observed, sse, 0, residuals)
	f("CVRMSE over n", s.CVRMSE, 0.394)
	f("NMBE over n", s.NMBE, 0.067)
	f("autocorrelation", &s.Rho, -0.674)
	s = statistics(observed, sse, 2, residuals)
	f("CVRMSE over n-p", s.CVRMSE, 0.509)
	// By hand: SSE 7, SST 18, mean 3.
	near(t, "CVRMSE", *s.CVRMSE, math.Sqrt(7.0/3)/3, 1e-15)
	near(t, "NMBE", *s.NMBE, 1.0/(3*3), 1e-15)
	near(t, "R²", *s.R2, 1-7.0/18, 1e-15)
	near(t, "adjusted R²", *s.AdjR2, 1-(7.0/3)/(18.0/4), 1e-15)
}

// The fits of test_caltrack_usage_per_day.py: values 1 1 1 6 with 0 0.1 0 5 degree days
// give intercept 0.97 and slope 1.01; 6 1 1 6 with two kinds, 0.85 and 1.03.
func TestPublishedDegreeDayFits(t *testing.T) {
	f := func(y []float64, columns [][]float64, want ...float64) {
		t.Helper()
		one := make([]float64, len(y))
		for i := range one {
			one[i] = 1
		}
		fit, err := leastSquares(append([][]float64{one}, columns...), y, nil)
		if err != nil {
			t.Fatal(err)
		}
		for j, w := range want {
			if math.Abs(fit.beta[j]-w) > 0.005 {
				t.Errorf("%v: coefficients %.3f, want %v", y, fit.beta, want)
			}
		}
	}
	f([]float64{1, 1, 1, 6}, [][]float64{{0, 0.1, 0, 5}}, 0.97, 1.01)
	f([]float64{1, 1, 1, -4}, [][]float64{{0, 0.1, 0, 5}}, 1.03, -1.01)
	f([]float64{6, 1, 1, 6}, [][]float64{{5, 0, 0.1, 0}, {0, 0.1, 0.1, 5}}, 0.85, 1.03, 1.03)
	f([]float64{-4, 1, 1, -4}, [][]float64{{5, 0, 0.1, 0}, {0, 0.1, 0, 5}}, 1.10, -1.02, -1.02)
}

// test_caltrack_predict_*: a year of hours whose temperature rises from 50 to 80 °F,
// with slope 1, base 1 and balance points 65, or 60 and 70, gives 1733 of cooling, 1734
// of heating, and 1582 of both.
func TestPublishedPredictions(t *testing.T) {
	f := func(want float64, p *ChangePoint) {
		t.Helper()
		total := 0.0
		for day := range 365 {
			sum := 0.0
			for h := range 24 {
				sum += 50 + 30*float64(day*24+h)/(365*24)
			}
			total += p.predict(sum / 24)
		}
		if math.Round(total) != want {
			t.Errorf("the year is %.2f, want %v", total, want)
		}
	}
	at := func(balance float64) *Branch {
		return &Branch{Balance: Estimate{Value: balance}, Slope: Estimate{Value: 1}}
	}
	base := Estimate{Value: 1}
	f(365, &ChangePoint{Base: base})
	f(1733, &ChangePoint{Base: base, Cooling: at(65)})
	f(1734, &ChangePoint{Base: base, Heating: at(65)})
	f(1582, &ChangePoint{Base: base, Heating: at(60), Cooling: at(70)})
}

// The rules of 3.2.2.2 and 3.4.3.2 on the edge.
func TestCandidatesQualify(t *testing.T) {
	f := func(what string, temps, y []float64, o Options, want string) {
		t.Helper()
		p := &ChangePoint{}
		got, err := p.search(&sample{y: y, temps: temps}, o)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got.form != want {
			t.Errorf("%s: %s, want %s", what, got.form, want)
		}
	}
	// n cold days among ones that are hotter than any balance point.
	winter := func(n int, cold, slope float64) (temps, y []float64) {
		for i := range 365 {
			temp := 33.0
			if i < n {
				temp = cold
			}
			temps, y = append(temps, temp), append(y, 100+slope*(33-temp))
		}
		return temps, y
	}
	temps, y := winter(10, 5, 1)
	f("ten days", temps, y, Options{}, HDDOnly)
	temps, y = winter(9, 5, 1)
	f("nine days are too few", temps, y, Options{}, InterceptOnly)
	temps, y = winter(10, 30.8, 1) // ten days of 1.2 degrees, of Celsius: 21.6 degree days of Fahrenheit
	f("twelve degree days", temps, y, Options{}, HDDOnly)
	temps, y = winter(10, 31.1, 1)
	f("too few degree days", temps, y, Options{}, InterceptOnly)
	temps, y = winter(60, 5, -1)
	f("use that falls in the cold is no heating", temps, y, Options{HeatingOnly: true}, InterceptOnly)
	f("but it rises in the heat", temps, y, Options{}, CDDOnly)

	for i := range temps {
		temps[i] = float64(i % 36)
		y[i] = two(temps[i])
	}
	f("both", temps, y, Options{}, HDDAndCDD)
	f("gas has no cooling", temps, y, Options{HeatingOnly: true}, HDDOnly)

	negative := make([]float64, len(y))
	for i := range y {
		negative[i] = -y[i]
	}
	if _, err := (&ChangePoint{}).search(&sample{y: negative, temps: temps}, Options{}); err == nil {
		t.Error("negative use has a model")
	}
	f("a meter that may run backwards", temps, negative, Options{AllowNegative: true}, HDDOnly)
}
