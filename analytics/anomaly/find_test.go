package anomaly

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Stated: hours without fault are called anomalies no more than 1.3 times as often as
// Rate says. Over 100 years each, at rates of 2, 6 and 12, it is 0.65 to 0.71 of it with
// normal noise, 0.77 to 0.89 with a memory, 0.97 to 1.31 with Student's tails (5 degrees
// of freedom; the most at a rate of 2), 0.12 to 0.37 with exponential or skewed ones,
// 0.88 to 1.00 with weather, and 0.63 to 0.67 of ten weeks. Here are 5 years each: a
// count may differ from what is stated by three standard deviations of Poisson's.
func TestFalseAlarms(t *testing.T) {
	f := func(name string, c clean, least float64) {
		t.Helper()
		const rate, seeds, stated = 6, 5, 1.3
		flags, shifts, expected := 0, 0, 0.0
		for seed := range uint64(seeds) {
			r := Find(c.points(seed), Options{Zone: shanghai, Rate: rate})
			flags, expected = flags+len(r.Anomalies), expected+r.ExpectedFalse
			for _, e := range r.Episodes {
				if e.Kind == KindShift {
					shifts++
				}
			}
			if len(r.Gaps) > 0 {
				t.Errorf("%s: gaps %+v", name, r.Gaps)
			}
		}
		low, high := least*expected, stated*expected
		low, high = low-3*math.Sqrt(low), high+3*math.Sqrt(high)
		if n := float64(flags); n < low || n > high || shifts > 0 {
			t.Errorf("%s: %d flags, and not %.0f to %.0f of %.0f expected; %d level shifts", name, flags, low, high, expected, shifts)
		}
	}
	f("normal noise", clean{weeks: 52}, 0.65)
	f("noise with a memory", clean{weeks: 52, rho: 0.8}, 0.77)
	f("noise with heavy tails", clean{weeks: 52, noise: student5}, 0.97)
	f("exponential tails", clean{weeks: 52, noise: laplace}, 0.12)
	f("skewed noise", clean{weeks: 52, noise: skewed}, 0.12)
	f("bounded noise", clean{weeks: 52, noise: uniform}, 0)
	f("weather that is known", clean{weeks: 52, temp: true}, 0.88)
	f("a short series", clean{weeks: 10}, 0.63)
}

// fault is an injected anomaly, of hours at to end.
type fault struct{ at, end int }

// injected are the four kinds of faults in a clean series.
func injected(seed uint64) (points []Point, faults map[string][]fault) {
	points = clean{weeks: 52, rho: 0.5}.points(seed)
	rng := rand.New(rand.NewPCG(seed, 5))
	faults = map[string][]fault{}
	put := func(kind string, count, length, minHour, maxHour int, change func(v float64) float64) {
		for len(faults[kind]) < count {
			day := 20 + rng.IntN(320)
			at := day*24 + minHour + rng.IntN(maxHour-minHour)
			clear := true
			for _, others := range faults {
				for _, o := range others {
					clear = clear && (at > o.end+72 || at+length < o.at-72)
				}
			}
			if !clear {
				continue
			}
			for i := at; i < at+length; i++ {
				points[i].Value = change(points[i].Value)
			}
			faults[kind] = append(faults[kind], fault{at, at + length})
		}
	}
	put("spike", 6, 1, 0, 24, func(v float64) float64 { return v * 1.5 })
	put("stuck on", 3, 30, 19, 23, func(v float64) float64 { return v + 25 })
	put("dropout", 4, 3, 9, 15, func(v float64) float64 { return v * 0.4 })
	return points, faults
}

// Stated: of the spikes by half 95 % are found, of plant that stays on for a night
// and a day, by a third of the peak, 95 %, of drops by 60 % in working hours 95 %; and
// of the hours that are flagged 95 % lie in a fault.
func TestInjectedFaultsAreFound(t *testing.T) {
	const seeds = 8
	count, found := map[string]int{}, map[string]int{}
	flagged, right := 0, 0
	for seed := range uint64(seeds) {
		points, faults := injected(seed)
		r := Find(points, Options{Zone: shanghai})
		inside := func(at time.Time, f fault) bool {
			return !at.Before(points[f.at].Time) && at.Before(points[f.end].Time)
		}
		for kind, all := range faults {
			for _, f := range all {
				count[kind]++
				for _, a := range r.Anomalies {
					if inside(a.TS, f) {
						found[kind]++
						break
					}
				}
			}
		}
		for _, a := range r.Anomalies {
			flagged++
			hit := false
			for _, all := range faults {
				for _, f := range all {
					hit = hit || inside(a.TS, f)
				}
			}
			if hit {
				right++
			}
		}
	}
	for kind, n := range count {
		if share := float64(found[kind]) / float64(n); share < 0.95 {
			t.Errorf("%s: %d of %d are found", kind, found[kind], n)
		}
	}
	if precision := float64(right) / float64(flagged); precision < 0.95 {
		t.Errorf("of %d flagged hours %d lie in a fault", flagged, right)
	}
	t.Logf("recall %v of %v, precision %d of %d", found, count, right, flagged)
}

func TestLevelShifts(t *testing.T) {
	const seeds = 8
	found, covered := 0, 0
	for seed := range uint64(seeds) {
		points := clean{weeks: 52, rho: 0.5}.points(seed)
		from, to := 150*24, 260*24
		for i := from; i < to; i++ {
			points[i].Value += 8
		}
		r := Find(points, Options{Zone: shanghai})
		var shifts []Episode
		for _, e := range r.Episodes {
			if e.Kind == KindShift {
				shifts = append(shifts, e)
			}
		}
		if len(shifts) != 1 || shifts[0].Direction != "high" || shifts[0].Open {
			continue
		}
		if s := shifts[0]; s.From.Equal(points[from].Time) && s.To.Equal(points[to].Time) {
			found++
			if *s.ChangeLow <= 8 && 8 <= *s.ChangeHigh {
				covered++
			}
			if math.Abs(s.Excess-8*float64(to-from)) > 0.3*8*float64(to-from) {
				t.Errorf("the excess is %v of %d", s.Excess, 8*(to-from))
			}
		}
		if len(r.Anomalies) > 12 {
			t.Errorf("a level shift brings about %d anomalies", len(r.Anomalies))
		}
	}
	if found < 7 || covered < 6 {
		t.Errorf("of %d shifts by 8 %d are found to the day, and in %d the size is inside its interval", seeds, found, covered)
	}
}

func TestGaps(t *testing.T) {
	points := clean{weeks: 30}.points(3)
	due := 0.0
	for i := range points {
		switch {
		case i >= 1000 && i < 1005: // no values
			due += points[i].Value
			points[i].Value = math.NaN()
		case i == 1005: // the meter went on counting
			points[i].Value += due
		case i >= 2010 && i < 2014: // an outage at noon
			points[i].Value = 0
		case i >= 2500 && i < 2600: // an outage of days
			points[i].Value = 0
		case i >= 3000 && i < 3060:
			points[i].Value = points[2999].Value
		}
	}
	points = append(points[:4000], points[4010:]...)
	r := Find(points, Options{Zone: shanghai, Rate: 0.1})
	if len(r.Anomalies) > 0 || len(r.Episodes) > 0 {
		t.Errorf("anomalies %+v, episodes %+v", r.Anomalies, r.Episodes)
	}
	type gap struct {
		at, hours int
		kind      string
	}
	var got []gap
	for _, g := range r.Gaps {
		got = append(got, gap{int(g.From.Sub(monday).Hours()), g.Hours, g.Kind})
		if (g.CaughtUp != nil) != (g.Kind == GapMissing && g.Hours == 5) {
			t.Errorf("gap %+v", g)
		}
	}
	want := []gap{{1000, 5, GapMissing}, {2010, 4, GapZero}, {2500, 100, GapZero}, {2999, 61, GapHung}, {4000, 10, GapMissing}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the gaps are %v, want %v", got, want)
	}
	if c := *r.Gaps[0].CaughtUp; math.Abs(c-due) > 0.2*due {
		t.Errorf("caught up %v of %v", c, due)
	}
}

func constant(hours int, v float64) []Point {
	points := make([]Point, hours)
	for i := range points {
		points[i] = Point{Time: monday.Add(time.Duration(i) * time.Hour), Value: v, Temp: math.NaN()}
	}
	return points
}

// A series that never changes has no scale of its own.
func TestSeriesWithoutNoise(t *testing.T) {
	f := func(usual, odd float64, flagged bool) {
		t.Helper()
		for _, unit := range []float64{1, 1e12, 1e-12, 1e290, 1e-290} {
			points := constant(10*slots, usual*unit)
			points[700].Value = odd * unit
			r := Find(points, Options{Zone: shanghai})
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("%v and once %v, times %v: %v", usual, odd, unit, err)
			}
			if got := len(r.Anomalies) == 1 && r.Anomalies[0].TS.Equal(points[700].Time); got != flagged || len(r.Anomalies) > 1 {
				t.Errorf("%v and once %v, times %v: %+v", usual, odd, unit, r.Anomalies)
			}
		}
	}
	f(50, 80, true)
	f(50, 50.1, false) // less than what the meter is sure of
	f(50, 20, true)
	f(0, 3, true)
	f(0, 0, false)
	f(-20, 20, true)
	f(50, -1e6, true)
}

// A meter that counts in whole units, at night 2 or 3 of them.
func TestACoarseRegister(t *testing.T) {
	points := clean{weeks: 40}.points(1)
	for i := range points {
		points[i].Value = math.Round(points[i].Value / 10)
	}
	points[3000].Value += 9
	r := Find(points, Options{Zone: shanghai})
	if len(r.Anomalies) == 0 || len(r.Anomalies) > 4 {
		t.Errorf("%d anomalies, limits %v and %v", len(r.Anomalies), r.LimitLow, r.LimitHigh)
	}
}

func TestInsufficientData(t *testing.T) {
	f := func(points []Point, want string) {
		t.Helper()
		r := Find(points, Options{})
		if !strings.HasPrefix(r.Why, "insufficient data: ") || !strings.Contains(r.Why, want) || len(r.Anomalies) > 0 {
			t.Errorf("%+v, want %q", r, want)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	}
	f(nil, "not a single value")
	f([]Point{{Time: monday, Value: math.NaN()}, {Time: monday, Value: math.Inf(1)}}, "not a single value")
	f(constant(27*24, 3), "27 days")
	f([]Point{{Time: monday, Value: 1}, {Time: monday.AddDate(0, 6, 0), Value: 1}}, "2 hours with a value in")
	f([]Point{{Time: monday, Value: 1}, {Time: monday.AddDate(900, 0, 0), Value: 1}}, "more than 50 years")
	f([]Point{{Time: monday.AddDate(-70, 0, 0).Add(time.Minute), Value: 1}}, "1 days")
}

// flagged are the hours, by their place in the series.
func flagged(r *Result, start time.Time) []int {
	var all []int
	for _, a := range r.Anomalies {
		all = append(all, int(a.TS.Sub(start).Hours()))
	}
	return all
}

func TestUnitOrderAndWeekAreOfNoConsequence(t *testing.T) {
	points, _ := injected(7)
	want := Find(points, Options{Zone: shanghai})
	if len(want.Anomalies) < 20 {
		t.Fatalf("only %d anomalies", len(want.Anomalies))
	}
	f := func(what string, start time.Time, change func(p *Point)) {
		t.Helper()
		changed := append([]Point(nil), points...)
		for i := range changed {
			change(&changed[i])
		}
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(changed), func(i, j int) { changed[i], changed[j] = changed[j], changed[i] })
		got := Find(changed, Options{Zone: shanghai})
		if !reflect.DeepEqual(flagged(got, start), flagged(want, monday)) || len(got.Episodes) != len(want.Episodes) {
			t.Errorf("%s: %d anomalies, want %d", what, len(got.Anomalies), len(want.Anomalies))
		}
	}
	f("another order", monday, func(*Point) {})
	f("in 2^40 smaller units", monday, func(p *Point) { p.Value *= 1 << 40 })
	f("in 2^40 larger units", monday, func(p *Point) { p.Value /= 1 << 40 })
	later := monday.AddDate(0, 0, 7*9)
	f("nine weeks later", later, func(p *Point) { p.Time = p.Time.AddDate(0, 0, 7*9) })
}

// The hours of a day are those of the clock on the wall: an office that opens at eight
// opens at eight in summer, too.
func TestDaylightSaving(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var points []Point
	start := time.Date(2025, 1, 6, 0, 0, 0, 0, berlin)
	for at := start; at.Before(start.AddDate(1, 0, 0)); at = at.Add(time.Hour) {
		v := 10.0
		if h := at.In(berlin).Hour(); h >= 8 && h < 18 {
			v = 100
		}
		points = append(points, Point{Time: at, Value: v + rng.NormFloat64(), Temp: math.NaN()})
	}
	if r := Find(points, Options{Zone: berlin}); len(r.Anomalies) > 8 || r.LimitHigh > 6 {
		t.Errorf("%d anomalies in an office that keeps its hours, beyond %v", len(r.Anomalies), r.LimitHigh)
	}
	b := NewBuilder(Options{Zone: berlin})
	for _, p := range points {
		b.Add(p)
	}
	g, _ := b.grid()
	for i, s := range g.slot {
		at := g.time(i)
		if want := (int(at.Weekday())+6)%7*24 + at.Hour(); s != want {
			t.Fatalf("%s is hour %d of the week, want %d", at, s, want)
		}
		if i > 0 && (g.week[i] != g.week[i-1]) != (s == 0) {
			t.Fatalf("%s begins week %d after %d", at, g.week[i], g.week[i-1])
		}
	}
}

func TestFinerValuesAreAveraged(t *testing.T) {
	hourly := clean{weeks: 6}.points(2)
	var fine []Point
	for _, p := range hourly {
		for q := range 4 {
			at := p
			at.Time = p.Time.Add(time.Duration(q) * 15 * time.Minute)
			at.Value += float64(q)*4 - 6
			fine = append(fine, at)
		}
	}
	a, b := Find(hourly, Options{Zone: shanghai}), Find(fine, Options{Zone: shanghai})
	if b.Hours != a.Hours || b.N != 4*a.N || math.Abs(a.LimitHigh-b.LimitHigh) > 1e-6 {
		t.Errorf("hourly %+v, finer %+v", a, b)
	}
}

// Holidays are Sundays to the model, and no anomalies.
func TestHolidays(t *testing.T) {
	points := clean{weeks: 30}.points(4)
	day := monday.AddDate(0, 0, 7*12+2) // a Wednesday
	for i := range points {
		if at := points[i].Time; !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) {
			points[i].Value = points[i+4*24].Value // the Sunday after
		}
	}
	if r := Find(points, Options{Zone: shanghai}); len(r.Anomalies) < 5 {
		t.Errorf("a holiday that nobody knows of brings about %d anomalies", len(r.Anomalies))
	}
	r := Find(points, Options{Zone: shanghai, Holiday: func(d time.Time) bool { return d.YearDay() == day.YearDay() }})
	if len(r.Anomalies) > 2 {
		t.Errorf("a known holiday brings about %d anomalies", len(r.Anomalies))
	}
}

func TestEpisodes(t *testing.T) {
	points := clean{weeks: 30}.points(5)
	from := 100*24 + 20 // a night
	for i := from; i < from+10; i++ {
		points[i].Value += 40
	}
	points[from+4].Value -= 35 // it does not end the episode
	r := Find(points, Options{Zone: shanghai, Rate: 0.5})
	if len(r.Episodes) != 1 {
		t.Fatalf("episodes %+v", r.Episodes)
	}
	e := r.Episodes[0]
	if !e.From.Equal(points[from].Time) || !e.To.Equal(points[from+10].Time) || e.Direction != "high" || e.Open || e.Hours != 10 {
		t.Errorf("the episode is %+v", e)
	}
	if math.Abs(e.Excess-365) > 15 || e.Peak < 10 {
		t.Errorf("the excess is %v, the peak %v", e.Excess, e.Peak)
	}
	for _, a := range r.Anomalies {
		if a.Low >= a.Expected || a.High <= a.Expected || a.Value <= a.High || a.Score <= r.LimitHigh {
			t.Errorf("anomaly %+v", a)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, c := range []struct {
		name string
		clean
	}{{"year", clean{weeks: 52}}, {"year with temperatures", clean{weeks: 52, temp: true}}} {
		b.Run(c.name, func(b *testing.B) {
			points := c.points(1)
			b.ReportAllocs()
			for b.Loop() {
				Find(points, Options{Zone: shanghai})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "meter-years/s")
		})
	}
}
