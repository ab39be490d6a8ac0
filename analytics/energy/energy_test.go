package energy

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"steward/analytics/baseline"
	"steward/internal/clickhouse"
	"steward/internal/findings"
)

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, shanghai) }

func TestPeriods(t *testing.T) {
	f := func(from, to time.Time, reported time.Time, begin time.Time) {
		t.Helper()
		p, err := periodOf(from, to, shanghai)
		if err != nil || !p.to.Equal(reported) || !p.begin.Equal(begin) || !p.end.Equal(to) {
			t.Errorf("%s to %s: %+v, %v", from, to, p, err)
		}
	}
	f(day(2026, 10, 1), day(2026, 11, 27), day(2026, 11, 1), day(2025, 10, 1))
	f(day(2026, 10, 1), day(2026, 11, 1), day(2026, 11, 1), day(2025, 10, 1))
	f(day(2026, 10, 1), day(2026, 10, 15), day(2026, 10, 15), day(2025, 10, 1))
	for _, to := range []time.Time{day(2026, 10, 1), day(2026, 9, 1), day(2028, 1, 1)} {
		if _, err := periodOf(day(2026, 10, 1), to, shanghai); err == nil {
			t.Errorf("to %s is taken", to)
		}
	}
	from, to := New(Options{}).Period(time.Date(2026, 11, 27, 3, 30, 0, 0, shanghai), shanghai)
	if !from.Equal(day(2026, 10, 1)) || !to.Equal(day(2026, 11, 27)) {
		t.Errorf("%s to %s", from, to)
	}
}

func TestParams(t *testing.T) {
	checks := map[string]func(string) error{}
	for _, p := range New(Options{}).Params {
		checks[p.Name] = p.Check
		if err := p.Check(""); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	f := func(name, value string, ok bool) {
		t.Helper()
		if err := checks[name](value); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("%s %s: %v", name, value, err)
		}
	}
	f("model", "daily", true)
	f("model", "weekly", false)
	f("min_yuan_a_year", "0", true)
	f("min_yuan_a_year", "NaN", false)
	f("min_yuan_a_year", "-1", false)
	f("max_findings", "0", false)
	f("night_share", "1.1", false)
}

func examOf(use float64) *exam {
	p := period{begin: day(2025, 1, 1).UTC(), from: day(2025, 12, 1).UTC(), to: day(2026, 1, 1).UTC(), end: day(2026, 1, 1).UTC()}
	g := &ground{settings: settings{floor: 500}, period: p, at: hz, zone: shanghai, weather: &weather{}, prices: map[string]*prices{}}
	return &exam{ground: g, subject: &subject{name: "point:m", medium: "electricity", unit: "kWh"}, yearUse: use}
}

func TestWhatIsMaterial(t *testing.T) {
	f := func(want bool, rate estimate, price float64) {
		t.Helper()
		e := examOf(100_000)
		e.see(claim{kind: "excess", rate: rate, sofar: rate, unit: "kWh", price: price, coverage: 0.9, pattern: 1, since: day(2025, 12, 1)})
		if (len(e.seen) == 1) != want {
			t.Errorf("%+v at %v: %d", rate, price, len(e.seen))
			return
		}
		for _, s := range e.seen {
			if s.Score <= 0 || s.Score > 1 || s.Rate.Value == nil || s.RateCNY.Value == nil && s.RateCNY.Why == "" {
				t.Errorf("%+v", s)
			}
		}
	}
	none := math.NaN()
	f(true, estimate{1000, 800, 1200}, 0.8)
	f(false, estimate{1000, -1, 2001}, 0.8)
	f(false, estimate{1000, 0, 2000}, 0.8)
	f(false, estimate{600, 500, 700}, 0.8) // 480 yuan
	f(true, estimate{2001, 1500, 2500}, none)
	f(false, estimate{1999, 1500, 2500}, none) // less than 2 % of the use
	f(false, unknown, 0.8)
	f(false, estimate{math.Inf(1), 1, math.Inf(1)}, 0.8)
}

func TestTheCostliestAreKept(t *testing.T) {
	one := func(subject string, yuan float64) findings.Seen {
		return findings.Seen{Kind: "excess", Subject: subject, RateCNY: findings.Amount{Value: &yuan}}
	}
	seen := []findings.Seen{one("a", 1), one("b", 3), one("c", 2)}
	kept, looked, left := costliest(seen, []string{"excess a", "excess b", "excess c", "excess d"}, 2)
	if left != 1 || kept[0].Subject != "b" || kept[1].Subject != "c" || strings.Join(looked, ",") != "excess b,excess c,excess d" {
		t.Error(kept, looked, left)
	}
}

func TestAnHourOfTwoMeters(t *testing.T) {
	e := examOf(0)
	s := newSeries(e.period)
	f := &fold{s: s}
	begin := s.begin.Unix()
	f.add(begin, 1, 1, true)
	f.add(begin+3600, 0.25, 0.25, false)
	f.add(begin+3600, 0.75, 0.74, false)
	f.add(begin+7200, 0.5, 0.5, false)
	f.add(begin+7200, 0.1, 0.1, false)
	f.add(begin-3600, 9, 1, true)
	f.add(begin+1e9, 9, 1, true)
	f.add(begin+10800, math.NaN(), 1, true)
	if sum, known, measured := s.total(0, 10); sum != 2.6 || known != 3 || measured != 2 {
		t.Error(sum, known, measured)
	}
	if !math.IsNaN(s.sure(2)) || s.sure(1) != 1 || !math.IsNaN(s.sure(-1)) {
		t.Error(s.value[:4], s.measured[:4])
	}
}

// A kWh that a flat, its floor and its building see is wasted once.
func TestWasteIsCountedOnce(t *testing.T) {
	main, floor, flat := &point{id: "main", medium: "water", building: "b", metric: "m"}, &point{id: "floor", medium: "water", building: "b", metric: "m"}, &point{id: "flat", medium: "water", building: "b", metric: "m"}
	main.children, floor.parent = []*point{floor}, main
	floor.children, flat.parent = []*point{flat}, floor
	e := &estate{points: map[string]*point{"main": main, "floor": floor, "flat": flat}}
	one := func(kind, subject string, m3 float64) findings.Seen {
		low, high, yuan, yl, yh := m3/2, m3*2, 5*m3, 2.5*m3, 10*m3
		return findings.Seen{
			Kind: kind, Subject: subject, Medium: "water", Since: day(2026, 1, 1),
			Rate: findings.Amount{Value: &m3, Low: &low, High: &high, Unit: "m3"}, RateCNY: findings.Amount{Value: &yuan, Low: &yl, High: &yh, Unit: "CNY"},
		}
	}
	all := []findings.Seen{
		one("water_leak", "point:main", 100), one("water_leak", "point:flat", 90), one("excess", "point:flat", 40), one("balance_loss", "point:floor", 7),
		one("excess", "building:b/water", 60), one("anomaly", "point:main", 500),
	}
	l := newLedger(all)
	if w := l.below(flat); w.use.value != 90 || w.n != 1 {
		t.Errorf("%+v", w)
	}
	if w := l.below(floor); w.use.value != 97 || w.use.low != 48.5 || w.yuan.high != 970 {
		t.Errorf("%+v", w)
	}
	if w := l.below(main); w.use.value != 500 {
		t.Errorf("%+v", w)
	}
	if w := l.building("building:b/water", []*point{main}); w.use.value != 500 {
		t.Errorf("%+v", w)
	}
	var left []string
	for _, s := range told(all, e) {
		left = append(left, s.Kind+" "+s.Subject)
	}
	if got := strings.Join(left, ","); got != "water_leak point:flat,excess point:flat,balance_loss point:floor,anomaly point:main" {
		t.Error(got)
	}
}

func TestTreesOfMeters(t *testing.T) {
	row := func(device, point, metric, medium, parent, state string) clickhouse.EnergyMeter {
		return clickhouse.EnergyMeter{Device: device, Point: point, Metric: metric, Medium: medium, Parent: parent, State: state, Building: "b", Used: 1, Last: int32(len(device))}
	}
	e := newEstate([]clickhouse.EnergyMeter{
		row("a", "a", "energy_kwh", "electricity", "b", "active"),
		row("b", "b", "energy_kwh", "electricity", "a", "active"), // in a circle
		row("new-1", "old", "volume_m3", "", "", "active"), row("old", "old", "volume_m3", "water", "", "replaced"),
		row("heat", "heat", "heat_gj", "heat", "", "active"), row("heat", "heat", "volume_m3", "heat", "", "active"),
		row("dumb", "", "", "electricity", "a", "active"),
	})
	if len(e.points) != 5 || len(e.counting()) != 4 {
		t.Fatalf("%d points, %d counting", len(e.points), len(e.counting()))
	}
	if p := e.points["old"]; p.device != "new-1" || len(p.devices) != 2 || p.retired || p.medium != "water" || p.used != 2 {
		t.Errorf("%+v", p)
	}
	if e.points["heat"].used != 1 {
		t.Errorf("%+v", e.points["heat"])
	}
	a, b := e.points["a"], e.points["b"]
	if (a.parent == b) == (b.parent == a) {
		t.Errorf("a behind %v, b behind %v", a.parent, b.parent)
	}
}

// offices is a meter of an office: what runs by hour of the week, and some noise.
func offices(seed uint64, night, evening, weekend float64) func(time.Time) float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	return func(t time.Time) float64 {
		local := t.In(shanghai)
		h, load := local.Hour(), night
		worked := local.Weekday() != time.Saturday && local.Weekday() != time.Sunday
		switch {
		case worked && h >= 8 && h < 18:
			load = 40
		case worked && h >= 20 && h < 24:
			load = evening
		case !worked && h >= 8 && h < 18:
			load = weekend
		}
		return load * (1 + 0.05*r.NormFloat64())
	}
}

func TestHabits(t *testing.T) {
	to := day(2026, 3, 20)
	f := func(want string, use func(time.Time) float64) {
		t.Helper()
		store := &fake{}
		store.add(clickhouse.EnergyMeter{Device: "m", Metric: "energy_kwh", Medium: "electricity"}, to.AddDate(0, 0, -100).UTC(), to.UTC(), use)
		b := &board{}
		o := options(t, store, b)
		o.Calendar = office(t)
		runJob(t, o, day(2026, 2, 1), to, to, nil)
		var kinds []string
		for _, s := range b.seen {
			kinds = append(kinds, s.Kind)
			if s.Subject != "point:m" || s.Title.ZH == "" || s.Advice.EN == "" || len(s.Evidence) == 0 || *s.Rate.Low <= 0 {
				t.Errorf("%+v", s)
			}
		}
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("", offices(1, 4, 4, 4))
	f("out_of_hours", offices(2, 4, 20, 4))
	f("holiday", offices(3, 4, 4, 20))
	f("night_base", offices(4, 25, 25, 25))
	r := rand.New(rand.NewPCG(5, 1))
	f("", func(t time.Time) float64 { // flats: evenings and weekends, which is no waste
		h := t.In(shanghai).Hour()
		return (8 + 10*math.Exp(-float64((h-20)*(h-20))/8)) * (1 + 0.1*r.NormFloat64())
	})
}

// seasons are hours of temperature of a city in the lower Yangtze.
func seasons(from, to time.Time) map[int64]float64 {
	m := map[int64]float64{}
	r := rand.New(rand.NewPCG(9, 9))
	front := 0.
	for t := from; t.Before(to); t = t.Add(time.Hour) {
		front = 0.98*front + 0.5*r.NormFloat64()
		local := t.In(shanghai)
		m[t.Unix()] = 17 - 11*math.Cos(2*math.Pi*float64(local.YearDay()-20)/365) + 4*math.Cos(2*math.Pi*float64(local.Hour()-15)/24) + front
	}
	return m
}

// Of meters that did not change nineteen of twenty intervals hold none, with weather
// and without it, and a meter that used more is found.
func TestBaselinesCover(t *testing.T) {
	from, to := day(2026, 4, 1), day(2026, 5, 1)
	begin := from.AddDate(-1, 0, 0).UTC()
	store := &fake{weather: seasons(begin, to.UTC())}
	const meters = 30
	for i := range meters {
		r, slow := rand.New(rand.NewPCG(uint64(i), 3)), 0.
		work := offices(uint64(i), 4, 4, 4)
		store.add(clickhouse.EnergyMeter{Device: "m" + string(rune('A'+i)), Metric: "energy_kwh", Medium: "electricity"}, begin, to.UTC(), func(at time.Time) float64 {
			slow = 0.95*slow + 0.3*r.NormFloat64()
			v := work(at) + 0.8*max(0, store.weather[at.Unix()]-24) + 0.4*max(0, 12-store.weather[at.Unix()]) + slow
			if i == 0 && !at.Before(from) {
				v *= 1.3
			}
			return max(v, 0)
		})
	}
	for _, model := range []baseline.Kind{baseline.Hourly, baseline.Daily} {
		b := &board{}
		got := runJob(t, options(t, store, b), from, to, to, map[string]string{"model": string(model)})
		held := 0
		for i := 1; i < meters; i++ {
			if n := got.find(t, "excess", "east", "hz", "point:m"+string(rune('A'+i))); n.Value != nil && *n.Low <= 0 && *n.High >= 0 {
				held++
			}
		}
		t.Logf("%s: %d of %d intervals hold no change", model, held, meters-1)
		if held < 25 {
			t.Errorf("%s: %d of %d intervals hold no change", model, held, meters-1)
		}
		s := b.find("excess", "point:mA")
		if s == nil || b.find("excess", "point:mB") != nil {
			t.Fatalf("%s: %+v", model, b.seen)
		}
		if n := got.find(t, "cvrmse", "east", "hz", "point:mB"); n.Value == nil || model == baseline.Hourly && *n.Value > 0.2 {
			t.Errorf("%+v", n)
		}
		if n := got.find(t, "avoided_use", "east", "hz", "point:mA"); *n.High >= 0 {
			t.Errorf("%+v", n)
		}
	}
	// Nobody knows the weather: time alone, and a warning.
	store.weather = nil
	got := runJob(t, options(t, store, nil), from, to, to, nil)
	if n := got.find(t, "excess", "east", "hz", "point:mB"); n.Value == nil || !strings.Contains(n.Why, "outdoor temperature is unknown") {
		t.Errorf("%+v", n)
	}
}

// Without the temperature an excess is doubtful and says so, and of heat there is none.
func TestWithoutWeather(t *testing.T) {
	from, to := day(2026, 2, 1), day(2026, 3, 1)
	begin := from.AddDate(-1, 0, 0).UTC()
	store := &fake{weather: seasons(begin, to.UTC())}
	for _, medium := range []string{"electricity", "heat"} {
		use := offices(1, 4, 4, 4)
		store.add(clickhouse.EnergyMeter{Device: medium, Metric: media[medium].metric, Medium: medium, Building: "b"}, begin, to.UTC(), func(at time.Time) float64 {
			v := use(at)
			if !at.Before(from) {
				v *= 1.4
			}
			return v
		})
	}
	seen := func() (*board, *results) {
		b := &board{}
		return b, runJob(t, options(t, store, b), from, to, to, nil)
	}
	known, _ := seen()
	sure := known.find("excess", "point:electricity")
	store.weather = nil
	blind, got := seen()
	doubt := blind.find("excess", "point:electricity")
	if sure == nil || doubt == nil || !(doubt.Score <= 0.6*sure.Score) || !strings.Contains(doubt.Advice.EN, "No outdoor temperature") || strings.Contains(sure.Advice.EN, "No outdoor temperature") {
		t.Errorf("%+v, with the temperature %+v", doubt, sure)
	}
	if n := got.find(t, "excess", "east", "hz", "point:heat"); n.Value != nil || !strings.Contains(n.Why, "no outdoor temperature") || blind.find("excess", "point:heat") != nil {
		t.Errorf("%+v", n)
	}
	if n := got.find(t, "avoided_use", "", "", "medium:electricity"); n.Value == nil || !strings.Contains(n.Why, "1 of 1 baselines go by time alone") {
		t.Errorf("%+v", n)
	}
	// What was measured is one thing, and what a year of it would be another.
	if doubt.Sofar.Why != "" || doubt.Sofar.Low == nil || !strings.Contains(doubt.Rate.Why, "a projection of 28 days") || !strings.Contains(doubt.RateCNY.Why, "a projection of 28 days") || !strings.Contains(doubt.Advice.ZH, "推算") {
		t.Errorf("%+v %+v %+v", doubt.Sofar, doubt.Rate, doubt.RateCNY)
	}
	if n := got.find(t, "waste_a_year_cny", "", "", ""); !strings.Contains(n.Why, "projections of a month or two") {
		t.Errorf("%+v", n)
	}
}

// Of a meter that has said nothing for a while nobody knows whether it still leaks, and
// of one of which nothing can be judged nobody knows what it wastes.
func TestSilenceIsNoAnswer(t *testing.T) {
	begin, to := day(2026, 1, 1), day(2026, 4, 1)
	f := func(silentFor int, kept func(time.Time) bool, leak, judged bool) {
		t.Helper()
		store := &fake{}
		use := flows(1, day(2026, 2, 1), day(2100, 1, 1), 0.5)
		store.add(clickhouse.EnergyMeter{Device: "m", Metric: "volume_m3", Medium: "water"}, begin.UTC(), to.AddDate(0, 0, -silentFor).UTC(), func(at time.Time) float64 {
			if v := use(at); kept(at) {
				return v
			}
			return math.NaN()
		})
		b := &board{}
		got := runJob(t, options(t, store, b), day(2026, 3, 1), to, to, nil)
		n := got.find(t, "waste_a_year", "east", "hz", "medium:water")
		if s := b.find("water_leak", "point:m"); (s != nil) != leak || (n.Value != nil) != judged || s != nil && s.Until.After(to.AddDate(0, 0, -silentFor)) {
			t.Errorf("silent for %d days: leak %v, waste %v (%s)", silentFor, s, n.Value, n.Why)
		}
		if !judged && len(b.looked) > 0 {
			t.Errorf("silent for %d days: looked for %v", silentFor, b.looked)
		}
	}
	always := func(time.Time) bool { return true }
	f(0, always, true, true)
	f(5, always, true, true)
	f(10, always, false, false)
	f(0, func(at time.Time) bool { return at.In(shanghai).Hour() > 8 }, false, true) // never at night: no word of leaks
}
