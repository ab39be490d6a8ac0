package baseline

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"
)

func asContradiction(err error, c **Contradiction) bool { return errors.As(err, c) }

func TestDeduplicate(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC) }
	nan := math.NaN()
	f := func(in, want []Point) {
		t.Helper()
		got, err := Deduplicate(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	f(nil, nil)
	f([]Point{{At: at(1), Value: 1}, {At: at(2), Value: 2}}, []Point{{At: at(1), Value: 1}, {At: at(2), Value: 2}})
	f([]Point{{At: at(2), Value: 2}, {At: at(1), Value: 1}, {At: at(2), Value: 2}}, []Point{{At: at(1), Value: 1}, {At: at(2), Value: 2}})
	// One that says more stays.
	f([]Point{{At: at(1), Value: nan, Temp: 5, HasTemp: true}, {At: at(1), Value: 7}}, []Point{{At: at(1), Value: 7, Temp: 5, HasTemp: true}})
	f([]Point{{At: at(1), Value: 7}, {At: at(1), Value: nan, Temp: 5, HasTemp: true}}, []Point{{At: at(1), Value: 7, Temp: 5, HasTemp: true}})

	_, err := Deduplicate([]Point{{At: at(3), Value: 1}, {At: at(1), Value: 1}, {At: at(3), Value: 2}})
	c := new(Contradiction)
	if !errors.As(err, &c) || c.First != 0 || c.Second != 2 || c.What != "value" || !c.At.Equal(at(3)) {
		t.Errorf("two values at one time: %v", err)
	}
}

// build gathers points at minutes from a Monday's midnight.
func build(t *testing.T, kind Kind, hours, step float64, points map[float64][2]float64, o Options) *series {
	t.Helper()
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var list []Point
	for m, v := range points {
		list = append(list, Point{At: begin.Add(time.Duration(m * float64(time.Minute))), Value: v[0], Temp: v[1], HasTemp: !math.IsNaN(v[1])})
	}
	list, err := Deduplicate(list)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gather(list, grid{kind: kind, zone: time.UTC, from: begin, to: begin.Add(time.Duration(hours * float64(time.Hour))), step: step, zeroIsMissing: o.ZeroIsMissing})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParts(t *testing.T) {
	nan := math.NaN()
	f := func(s *series, i int, value, share float64) {
		t.Helper()
		u := s.units[i]
		if u.hasValue != !math.IsNaN(value) || u.hasValue && (u.value != value || u.share != share) {
			t.Errorf("unit %d is %+v, want %v of share %v", i, u, value, share)
		}
	}
	s := build(t, Hourly, 4, 900, map[float64][2]float64{
		0: {1, 5}, 15: {2, 7}, 30: {3, nan}, 45: {4, nan}, // all of the first hour
		60: {1, nan}, 75: {2, nan}, // half of the second
		120: {9, nan}, // a quarter of the third is too little
	}, Options{})
	f(s, 0, 10, 1)
	f(s, 1, 6, 0.5)
	f(s, 2, nan, 0)
	f(s, 3, nan, 0)
	if u := s.units[0]; !u.hasTemp || u.temp != 6 {
		t.Errorf("temperature %+v", u)
	}

	// Every seven minutes nobody knows how many there should be in an hour: it is their sum.
	irregular := map[float64][2]float64{}
	for m := 0.0; m < 120; m += 7 {
		irregular[m] = [2]float64{1, 20}
	}
	s = build(t, Hourly, 2, 420, irregular, Options{})
	f(s, 0, 9, 1)
	f(s, 1, 9, 1)

	zeros := map[float64][2]float64{0: {0, 1}, 60: {5, 1}}
	f(build(t, Hourly, 2, 3600, zeros, Options{}), 0, 0, 1)
	f(build(t, Hourly, 2, 3600, zeros, Options{ZeroIsMissing: true}), 0, nan, 0)

	day := map[float64][2]float64{}
	for h := range 12 {
		day[float64(h*60)] = [2]float64{2, float64(h)}
	}
	s = build(t, Daily, 24, 3600, day, Options{})
	f(s, 0, 48, 0.5)
	if u := s.units[0]; !u.hasTemp || u.temp != 5.5 {
		t.Errorf("the day's temperature: %+v", u)
	}
	delete(day, 0)
	s = build(t, Daily, 24, 3600, day, Options{})
	f(s, 0, nan, 0)
	if s.units[0].hasTemp {
		t.Error("eleven hours of temperature are a day's")
	}
}

func TestShortGapsOfTemperature(t *testing.T) {
	f := func(gap int, filled bool) {
		t.Helper()
		points := map[float64][2]float64{}
		for h := range 24 {
			temp := 10 + float64(h)
			if h >= 5 && h < 5+gap {
				temp = math.NaN()
			}
			points[float64(h*60)] = [2]float64{1, temp}
		}
		s := build(t, Hourly, 24, 3600, points, Options{})
		for h, u := range s.units {
			missing := h >= 5 && h < 5+gap && !filled
			if u.hasTemp == missing || !missing && math.Abs(u.temp-10-float64(h)) > 1e-12 {
				t.Errorf("gap of %d: hour %d is %+v", gap, h, u)
			}
		}
	}
	f(0, true)
	f(1, true)
	f(6, true)
	f(7, false)
}

func TestAbsurdValues(t *testing.T) {
	s := build(t, Hourly, 5, 3600, map[float64][2]float64{
		0: {math.Inf(1), -999}, 60: {1e200, 85}, 120: {-3, math.Inf(1)}, 180: {math.NaN(), 20}, 240: {1, -40},
	}, Options{})
	if s.values != 2 || s.negative != 1 || len(s.warnings) != 2 {
		t.Errorf("%d values, %d negative, %q", s.values, s.negative, s.warnings)
	}
	for i, u := range s.units {
		if u.hasTemp && (u.temp < coldest || u.temp > hottest) || u.hasValue && i < 2 {
			t.Errorf("hour %d: %+v", i, u)
		}
	}
}

// A temperature that stands for none is not taken for one: the check is recorded as not
// met, and the model says that it goes by time alone.
func TestTimeOnly(t *testing.T) {
	points, _ := years(1, time.UTC)
	for i := range points {
		points[i].Temp, points[i].HasTemp = 20, true
	}
	check := func(m *Model) Check {
		for _, c := range m.Sufficiency.Checks {
			if c.Name == "temperature_hours" {
				return c
			}
		}
		return Check{}
	}
	m := fitted(t, Hourly, office(points, time.UTC, autoregression(1, 0.5, 2)), Options{TimeOnly: true})
	if c := check(m); c.OK || c.Value == nil || *c.Value != 0 || !m.TimeOnly || !m.Sufficiency.OK || m.Why != "" || len(m.Warnings) == 0 {
		t.Errorf("%+v, %+v, %v", c, m.Sufficiency, m.Warnings)
	}
}
