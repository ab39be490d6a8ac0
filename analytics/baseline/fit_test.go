package baseline

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// Without noise the model that made the data comes back.
func TestDailyIsRecovered(t *testing.T) {
	f := func(name string, load func(float64) float64, form string, base, heat, heatAt, cool, coolAt float64) {
		t.Helper()
		before, _ := years(1, shanghai)
		m := fitted(t, Daily, house(before, shanghai, load, nil), Options{Zone: shanghai})
		p := m.Daily
		if p.Form != form || !m.Sufficiency.OK || m.Stats.N != 365 {
			t.Fatalf("%s: %s with %d days, %+v", name, p.Form, m.Stats.N, m.Sufficiency)
		}
		near(t, name+" base", p.Base.Value, base, 1e-12)
		branch := func(what string, b *Branch, slope, balance float64) {
			t.Helper()
			if (b == nil) != (slope == 0) {
				t.Fatalf("%s: %s is %+v", name, what, b)
			}
			if b != nil {
				near(t, name+" "+what, b.Slope.Value, slope, 1e-12)
				near(t, name+" balance of "+what, b.Balance.Value, balance, 1e-12)
			}
		}
		branch("heating", p.Heating, heat, heatAt)
		branch("cooling", p.Cooling, cool, coolAt)
		if form != InterceptOnly {
			near(t, name+" R²", value(t, "R²", m.Stats.R2), 1, 1e-12)
		}
		if *m.Stats.CVRMSE > 1e-12 {
			t.Errorf("%s: CVRMSE %g of a perfect fit", name, *m.Stats.CVRMSE)
		}
	}
	f("both", two, HDDAndCDD, 50, 3, 15.5, 5, 21.25)
	f("heating", func(t float64) float64 { return 7 + 2*max(12.34-t, 0) }, HDDOnly, 7, 2, 12.34, 0, 0)
	f("cooling", func(t float64) float64 { return 7 + 0.5*max(t-23.1, 0) }, CDDOnly, 7, 0, 0, 0.5, 23.1)
	f("no weather", func(float64) float64 { return 33 }, InterceptOnly, 33, 0, 0, 0, 0)
	f("tiny", func(t float64) float64 { return 1e-12 * two(t) }, HDDAndCDD, 50e-12, 3e-12, 15.5, 5e-12, 21.25)
	f("huge", func(t float64) float64 { return 1e12 * two(t) }, HDDAndCDD, 50e12, 3e12, 15.5, 5e12, 21.25)
}

func TestHourlyIsRecovered(t *testing.T) {
	for _, z := range []*time.Location{shanghai, berlin} {
		before, after := years(2, z)
		m := fitted(t, Hourly, office(before, z, nil), Options{Zone: z})
		w := m.Hourly
		if !m.Sufficiency.OK || m.Stats.N != 365*24 || w.Filled != weekHours {
			t.Fatalf("%d hours, %d of the week: %+v", m.Stats.N, w.Filled, m.Sufficiency)
		}
		if len(w.Loads) != 2 || w.Loads[0].Occupied || !w.Loads[1].Occupied {
			t.Fatalf("loads %+v", w.Loads)
		}
		occupied := 0
		for tow, h := range w.Hours {
			work := tow/24 < 5 && tow%24 >= 8 && tow%24 < 19
			if h.Occupied != work {
				t.Errorf("%s: hour %d of the week: occupied is %v", z, tow, h.Occupied)
			}
			if h.Occupied {
				occupied++
			}
		}
		if occupied != 55 {
			t.Errorf("%d hours of high load", occupied)
		}
		// The slopes are those of office: down to the third end, none, up from the fifth.
		for i, want := range [][2]float64{{-0.4, 0.3}, {-1.1 - 0.4, 2.5 + 0.3}} {
			for j, s := range w.Loads[i].Slopes {
				low := 0.0
				if j > 0 {
					low = w.Loads[i].Endpoints[j-1]
				}
				slope := 0.0
				switch {
				case j == 0 || low < celsius(55)-1e-9:
					slope = want[0]
				case low >= celsius(75)-1e-9:
					slope = want[1]
				}
				if math.Abs(s.Value-slope) > 1e-10 {
					t.Errorf("%s: load %d, bin %d: slope %.12g, want %g", z, i, j, s.Value, slope)
				}
			}
		}
		// And so do the hours of another year, wherever the clocks change.
		truth := office(after, z, nil)
		s := reported(t, m, truth)
		if math.Abs(value(t, "savings", s.Value)) > 1e-9**s.Predicted || s.Coverage != 1 || s.N != 365*24 {
			t.Errorf("%s: savings %v of %v where there are none, coverage %v", z, *s.Value, *s.Predicted, s.Coverage)
		}
	}
}

// An hour of the week is of the local clock: in Berlin summer is an hour off.
func TestWeekIsLocal(t *testing.T) {
	s, err := gather(nil, grid{kind: Hourly, zone: berlin, from: time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC), to: time.Date(2026, 3, 30, 0, 0, 0, 0, berlin), step: 3600})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.units) != 23 { // Sunday 29 March has no hour 2
		t.Fatalf("%d hours", len(s.units))
	}
	for i, u := range s.units {
		want := 6*24 + i
		if i >= 2 {
			want++
		}
		if u.tow != want {
			t.Errorf("hour %d is %d of the week, want %d", i, u.tow, want)
		}
	}
	kolkata := zone("Asia/Kolkata") // half past in UTC
	s, err = gather([]Point{{At: time.Date(2026, 1, 5, 0, 30, 0, 0, kolkata), Value: 5}}, grid{kind: Hourly, zone: kolkata, from: time.Date(2026, 1, 5, 0, 30, 0, 0, kolkata), to: time.Date(2026, 1, 5, 2, 0, 0, 0, kolkata), step: 3600})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.units) != 2 || s.units[0].tow != 0 || s.units[0].start.Minute() != 0 || s.units[0].value != 5 {
		t.Errorf("%+v", s.units)
	}
}

// properties of both models.
func each(t *testing.T, f func(t *testing.T, kind Kind, before, after []Point)) {
	for _, kind := range []Kind{Hourly, Daily} {
		t.Run(string(kind), func(t *testing.T) {
			before, after := years(3, shanghai)
			if kind == Hourly {
				f(t, kind, office(before, shanghai, autoregression(5, 0.5, 6)), office(after, shanghai, autoregression(6, 0.5, 6)))
				return
			}
			f(t, kind, house(before, shanghai, two, autoregression(5, 0.5, 6)), house(after, shanghai, two, autoregression(6, 0.5, 6)))
		})
	}
}

func TestScaleOfValues(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, before, after []Point) {
		o := Options{Zone: shanghai}
		one := fitted(t, kind, before, o)
		want := reported(t, one, after)
		for _, scale := range []float64{1e12, 1e-12, 3} {
			scaled := func(points []Point) []Point {
				out := append([]Point(nil), points...)
				for i := range out {
					out[i].Value *= scale
				}
				return out
			}
			m := fitted(t, kind, scaled(before), o)
			got := reported(t, m, scaled(after))
			near(t, "savings", *got.Value, scale**want.Value, 1e-8)
			near(t, "low", *got.Low, scale**want.Low, 1e-8)
			near(t, "high", *got.High, scale**want.High, 1e-8)
			near(t, "CVRMSE", *m.Stats.CVRMSE, *one.Stats.CVRMSE, 1e-8)
			near(t, "inflation", *m.Noise.Inflation, *one.Noise.Inflation, 1e-8)
			if kind == Daily {
				near(t, "slope", m.Daily.Cooling.Slope.Value, scale*one.Daily.Cooling.Slope.Value, 1e-8)
				near(t, "balance point", m.Daily.Cooling.Balance.Value, one.Daily.Cooling.Balance.Value, 1e-12)
				near(t, "its interval", *m.Daily.Cooling.Balance.Low, *one.Daily.Cooling.Balance.Low, 1e-8)
			} else {
				near(t, "slope", *m.Hourly.Loads[1].Slopes[0].Low, scale**one.Hourly.Loads[1].Slopes[0].Low, 1e-7)
			}
		}
	})
}

func TestConstantIsAdded(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, before, after []Point) {
		o := Options{Zone: shanghai}
		one := fitted(t, kind, before, o)
		want := reported(t, one, after)
		raised := func(points []Point) []Point {
			out := append([]Point(nil), points...)
			for i := range out {
				out[i].Value += 1000
			}
			return out
		}
		m := fitted(t, kind, raised(before), o)
		got := reported(t, m, raised(after))
		near(t, "savings", *got.Value, *want.Value, 1e-7)
		near(t, "low", *got.Low, *want.Low, 1e-7)
		near(t, "predicted", *got.Predicted, *want.Predicted+1000*float64(want.N), 1e-10)
		if kind == Daily {
			near(t, "base", m.Daily.Base.Value, one.Daily.Base.Value+1000, 1e-10)
		}
	})
}

func TestWeeksAreAlike(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, before, after []Point) {
		o := Options{Zone: shanghai}
		want := reported(t, fitted(t, kind, before, o), after)
		for _, weeks := range []int{1, 52, -400} {
			moved := func(points []Point) []Point {
				out := append([]Point(nil), points...)
				for i := range out {
					out[i].At = out[i].At.AddDate(0, 0, 7*weeks)
				}
				return out
			}
			got := reported(t, fitted(t, kind, moved(before), o), moved(after))
			near(t, "savings", *got.Value, *want.Value, 1e-9)
			near(t, "low", *got.Low, *want.Low, 1e-9)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, before, after []Point) {
		o := Options{Zone: shanghai}
		one := fitted(t, kind, before, o)
		want := reported(t, one, after)
		r := rand.New(rand.NewPCG(1, 1))
		r.Shuffle(len(before), func(i, j int) { before[i], before[j] = before[j], before[i] })
		r.Shuffle(len(after), func(i, j int) { after[i], after[j] = after[j], after[i] })
		m := fitted(t, kind, before, o)
		if got := reported(t, m, after); !reflect.DeepEqual(got, want) {
			t.Errorf("another order, other savings: %+v, want %+v", got, want)
		}
	})
}

// A model that was stored says the same, to the last bit.
func TestStoredModel(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, before, after []Point) {
		m := fitted(t, kind, before, Options{Zone: shanghai})
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var again Model
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if got, want := reported(t, &again, after), reported(t, m, after); !reflect.DeepEqual(got, want) {
			t.Errorf("read again: %+v, want %+v", got, want)
		}
		one, err := m.Predict(after)
		if err != nil {
			t.Fatal(err)
		}
		two, err := again.Predict(after)
		if err != nil || !reflect.DeepEqual(one, two) {
			t.Errorf("predictions differ, %v", err)
		}
		if kind == Hourly {
			again.Hourly.Loads[0].Slopes = nil
		} else {
			again.Daily.Covariance = nil
		}
		if _, err := again.Predict(after); err == nil {
			t.Error("a damaged model predicts")
		}
		again.Zone, again.zone = "Nowhere/Land", nil
		if _, err := again.Savings(after, time.Time{}, time.Time{}); err == nil {
			t.Error("a model of no zone has savings")
		}
	})
}

// Hours make days: the daily model of hourly data is that of their sums and means, with
// days of 23 and 25 hours.
func TestHoursMakeDays(t *testing.T) {
	before, _ := years(4, berlin)
	hourly := office(before, berlin, nil)
	sums := map[int]*Point{}
	var days []Point
	counts := map[int]float64{}
	for _, p := range hourly {
		d := civil(p.At, berlin)
		if sums[d] == nil {
			sums[d] = &Point{At: midnight(d, berlin), HasTemp: true}
		}
		sums[d].Value += p.Value
		sums[d].Temp += p.Temp
		counts[d]++
	}
	lengths := map[float64]int{}
	for d, p := range sums {
		p.Temp /= counts[d]
		days = append(days, *p)
		lengths[counts[d]]++
	}
	if lengths[23] != 1 || lengths[25] != 1 {
		t.Fatalf("days of hours: %v", lengths)
	}
	one := fitted(t, Daily, hourly, Options{Zone: berlin})
	two := fitted(t, Daily, days, Options{Zone: berlin})
	if one.Stats.N != 365 || two.Stats.N != 365 || one.Daily.Form != two.Daily.Form {
		t.Fatalf("%d and %d days, %s and %s", one.Stats.N, two.Stats.N, one.Daily.Form, two.Daily.Form)
	}
	near(t, "base", one.Daily.Base.Value, two.Daily.Base.Value, 1e-9)
	near(t, "SSE", one.Stats.SSE, two.Stats.SSE, 1e-9)

	// Quarters of hours too.
	var quarters []Point
	for _, p := range hourly {
		for q := range 4 {
			quarters = append(quarters, Point{At: p.At.Add(time.Duration(q) * 15 * time.Minute), Value: p.Value / 4, Temp: p.Temp + float64(q) - 1.5, HasTemp: true})
		}
	}
	three := fitted(t, Daily, quarters, Options{Zone: berlin})
	near(t, "base of quarters", three.Daily.Base.Value, two.Daily.Base.Value, 1e-9)
	four, five := fitted(t, Hourly, quarters, Options{Zone: berlin}), fitted(t, Hourly, hourly, Options{Zone: berlin})
	near(t, "mean of quarters", four.Stats.Mean, five.Stats.Mean, 1e-12)
	if four.Stats.N != five.Stats.N {
		t.Errorf("%d hours of quarters, %d of hours", four.Stats.N, five.Stats.N)
	}
}

func TestMistakes(t *testing.T) {
	f := func(kind Kind, o Options, points []Point) {
		t.Helper()
		if _, err := Fit(kind, points, o); err == nil {
			t.Errorf("%s with %+v is accepted", kind, o)
		}
	}
	before, _ := years(1, shanghai)
	f("weekly", Options{}, before)
	f(Hourly, Options{Level: 1}, before)
	f(Hourly, Options{Level: -1}, before)
	f(Hourly, Options{Level: math.NaN()}, before)
	f(Daily, Options{Days: -1}, before)
	f(Daily, Options{Days: 364}, before) // less than CalTRACK's
	f(Daily, Options{Days: 1 << 40}, before)
	f(Daily, Options{From: before[9].At, To: before[9].At}, before)
	f(Daily, Options{Zone: time.FixedZone("somewhere", 60)}, before)
	f(Hourly, Options{}, house(before, time.UTC, two, nil)) // days

	twice := append([]Point(nil), before[:50]...)
	twice = append(twice, before[20])
	if _, err := Fit(Hourly, twice, Options{}); err != nil {
		t.Errorf("the same point twice: %v", err)
	}
	twice[50].Temp++
	_, err := Fit(Hourly, twice, Options{})
	if c := new(Contradiction); !asContradiction(err, &c) || c.First != 20 || c.Second != 50 || c.What != "temperature" {
		t.Errorf("two temperatures at one time: %v", err)
	}
}
