package baseline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"
)

var shanghai, berlin = zone("Asia/Shanghai"), zone("Europe/Berlin")

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// near fails unless got is want within a part of it.
func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// value of a number that must be known.
func value(t *testing.T, what string, v *float64) float64 {
	t.Helper()
	if v == nil {
		t.Fatalf("%s is not known", what)
	}
	return *v
}

// fitted fits, and wants a fit.
func fitted(t testing.TB, kind Kind, points []Point, o Options) *Model {
	t.Helper()
	m, err := Fit(kind, points, o)
	if err != nil {
		t.Fatal(err)
	}
	if m.Why != "" && m.Hourly == nil && m.Daily == nil {
		t.Fatal(m.Why)
	}
	return m
}

func reported(t testing.TB, m *Model, points []Point) *Savings {
	t.Helper()
	s, err := m.Savings(points, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// weather is hours of temperature, °C, somewhat like Shanghai's: the year, the day, and
// spells of a few days. begin is local.
func weather(seed uint64, begin time.Time, hours int) []Point {
	r := rand.New(rand.NewPCG(seed, 7))
	points := make([]Point, hours)
	spell := 0.0
	for i := range points {
		at := begin.Add(time.Duration(i) * time.Hour)
		year := 2 * math.Pi * (float64(at.YearDay()) - 28) / 365
		spell = 0.985*spell + 0.5*r.NormFloat64()
		points[i] = Point{At: at, HasTemp: true,
			Temp: 16 - 12*math.Cos(year) - 3.5*math.Cos(2*math.Pi*(float64(at.Hour())-3)/24) + spell}
	}
	return points
}

// office gives an hourly load that the time-of-week-and-temperature model can say
// exactly: a level for each hour of the week, of which working hours respond to heat
// and cold and others less. Its kinks are ends of bins.
func office(points []Point, z *time.Location, noise func(i int) float64) []Point {
	out := make([]Point, len(points))
	for i, p := range points {
		local := p.At.In(z)
		work := local.Weekday() >= time.Monday && local.Weekday() <= time.Friday && local.Hour() >= 8 && local.Hour() < 19
		cold, hot := max(celsius(55)-p.Temp, 0), max(p.Temp-celsius(75), 0)
		v := 40 + 3*math.Sin(float64(local.Hour())) + 0.4*cold + 0.3*hot
		if work {
			v += 80 + 1.1*cold + 2.5*hot
		}
		p.Value = v
		if noise != nil {
			p.Value += noise(i)
		}
		out[i] = p
	}
	return out
}

// house gives the daily points of a change-point load.
func house(points []Point, z *time.Location, f func(temp float64) float64, noise func(i int) float64) []Point {
	var out []Point
	sum, n, day := 0.0, 0.0, -1
	add := func() {
		if n > 0 {
			mean := sum / n
			p := Point{At: midnight(day, z), Value: f(mean), Temp: mean, HasTemp: true}
			if noise != nil {
				p.Value += noise(len(out))
			}
			out = append(out, p)
		}
		sum, n = 0, 0
	}
	for _, p := range points {
		if d := civil(p.At, z); d != day {
			add()
			day = d
		}
		sum, n = sum+p.Temp, n+1
	}
	add()
	return out
}

// autoregression is noise with a correlation from one to the next.
func autoregression(seed uint64, rho, deviation float64) func(int) float64 {
	r := rand.New(rand.NewPCG(seed, 11))
	last := r.NormFloat64()
	return func(int) float64 {
		v := last
		last = rho*last + math.Sqrt(1-rho*rho)*r.NormFloat64()
		return deviation * v
	}
}

// years are two years of hours from a local midnight.
func years(seed uint64, z *time.Location) (baseline, reporting []Point) {
	begin := time.Date(2024, 7, 1, 0, 0, 0, 0, z)
	all := weather(seed, begin, 2*365*24)
	return all[:365*24], all[365*24:]
}

// two is the load of a building that heats and cools.
func two(t float64) float64 { return 50 + 3*max(15.5-t, 0) + 5*max(t-21.25, 0) }
