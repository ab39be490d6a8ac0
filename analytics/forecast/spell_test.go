package forecast

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/analytics/lifetime"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// courseOf makes one of words such as "fault:A@3" with days as times.
func courseOf(t *testing.T, text string, end telemetry.Millis) *course {
	t.Helper()
	r := newRecorder()
	for _, word := range strings.Fields(text) {
		var at float64
		what, when, _ := strings.Cut(word, "@")
		kind, code, _ := strings.Cut(what, ":")
		if _, err := fmt.Sscan(when, &at); err != nil {
			t.Fatal(word, err)
		}
		r.take(kind, code, telemetry.Millis(at*float64(day)))
	}
	return r.end(end)
}

// said is spells in days: from-to, the age at from or ~ with the age of the device, and
// ! for a failure.
func said(list []spell) string {
	var words []string
	for _, s := range list {
		word := fmt.Sprintf("%g-%g:", float64(s.from)/float64(day), float64(s.to)/float64(day))
		switch {
		case !math.IsNaN(s.age):
			word += fmt.Sprintf("%.4g", s.age*daysPerYear)
		case !math.IsNaN(s.device):
			word += fmt.Sprintf("~%.4g", s.device*daysPerYear)
		default:
			word += "?"
		}
		if s.failed {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestSpells(t *testing.T) {
	f := func(events string, born float64, part, whole string) {
		t.Helper()
		c := courseOf(t, events, 1000*day)
		b := birth{telemetry.Millis(born * float64(day)), born >= 0}
		windows := without(span{100 * day, 1000 * day}, c.silences)
		if got := said(spells(windows, merged(c.faults["A"], c.exchanges()), b)); got != part {
			t.Errorf("%s: part %s, want %s", events, got, part)
		}
		if got := said(wholes(windows, c.replaced, b, false)); got != whole {
			t.Errorf("%s: whole %s, want %s", events, got, whole)
		}
	}
	f("", -1, "100-1000:?", "")
	f("", 20, "100-1000:~80", "100-1000:80")
	f("", 90, "100-1000:10", "100-1000:10") // watched from new, or nearly
	f("fault:A@200 fault_cleared:A@203", 20, "100-200:~80! 203-1000:0", "100-1000:80")
	f("fault:A@200 fault:A@201 fault:B@202 fault_cleared:B@203 fault_cleared:A@204 fault:A@300", 20, "100-200:~80! 204-300:0!", "100-1000:80")
	f("fault:A@200 fault_cleared:@203", -1, "100-200:?! 203-1000:0", "")
	f("fault:A@200 maintenance_done:@201 maintenance_done:@300", -1, "100-200:?! 201-1000:0", "")
	f("fault_cleared:A@200", -1, "100-1000:?", "") // what was not at fault is not made new
	// At fault when watching began: a part as good as new from its restoration on.
	f("fault:A@90 fault_cleared:A@110", 20, "110-1000:0", "100-1000:80")
	f("fault:A@90 fault_cleared:A@95", 20, "100-1000:5", "100-1000:80")
	// A short silence interrupts the watch; after a long one nobody knows the age.
	f("fault:A@200 fault_cleared:A@200 silent:@300 silent_cleared:@302", 20, "100-200:~80! 200-300:0 302-1000:102", "100-300:80 302-1000:282")
	f("fault:A@200 fault_cleared:A@200 silent:@300 silent_cleared:@330", 20, "100-200:~80! 200-300:0 330-1000:?", "100-300:80 330-1000:310")
	f("silent:@300 silent_cleared:@302", 20, "100-300:~80 302-1000:?", "100-300:80 302-1000:282")
	f("silent:@900", 20, "100-900:~80", "100-900:80")
	// A replacement ends the watch of all parts; for a fault it is a failure of the
	// device too, when at fault or within 30 days after.
	f("replaced:@400", 20, "100-400:~80 400-1000:0", "100-400:80 400-1000:0")
	f("fault:A@390 replaced:@400", 20, "100-390:~80! 400-1000:0", "100-400:80! 400-1000:0")
	f("fault:B@370 fault_cleared:B@371 replaced:@400", 20, "100-400:~80 400-1000:0", "100-400:80! 400-1000:0")
	// One that is heard no more before it is exchanged has died when it fell silent: of a
	// fault, whenever it was exchanged, or of what only a long silence tells.
	f("fault:A@300 silent:@301 replaced:@303 silent_cleared:@304", 20, "100-300:~80! 304-1000:1", "100-301:80! 304-1000:1")
	f("fault:A@300 silent:@301 replaced:@390 silent_cleared:@391", 20, "100-300:~80! 391-1000:1", "100-301:80! 391-1000:1")
	f("fault:A@300 fault_cleared:A@300 silent:@310 replaced:@311 silent_cleared:@312", 20, "100-300:~80! 300-310:0 312-1000:1", "100-310:80! 312-1000:1")
	f("silent:@300 replaced:@303 silent_cleared:@304", 20, "100-300:~80 304-1000:1", "100-300:80 304-1000:1")
	f("silent:@300 replaced:@320 silent_cleared:@321", 20, "100-300:~80 321-1000:1", "100-300:80! 321-1000:1")
	f("silent:@300 replaced:@320", 20, "100-300:~80", "100-300:80!")
	f("silent:@300 replaced:@302 replaced:@330 silent_cleared:@331", 20, "100-300:~80 331-1000:1", "100-300:80 331-1000:1")
	f("silent:@300 replaced:@320 replaced:@330 silent_cleared:@331", 20, "100-300:~80 331-1000:1", "100-300:80! 331-1000:1")
	f("silent:@300 silent_cleared:@320 replaced:@320", 20, "100-300:~80 320-1000:0", "100-300:80 320-1000:0") // it spoke again before it went
	f("fault:B@360 fault_cleared:B@361 replaced:@400 replaced:@410", 20, "100-400:~80 400-410:0 410-1000:0", "100-400:80 400-410:0 410-1000:0")
}

func TestUntilAndStanding(t *testing.T) {
	list := spells([]span{{0, 1000 * day}}, courseOf(t, "fault:A@200 fault_cleared:A@210", 1000*day).faults["A"], birth{-400 * day, true})
	f := func(at float64, want string) {
		t.Helper()
		s := stands(list, telemetry.Millis(at*float64(day)))
		got := fmt.Sprintf("age %.4g device %.4g lived %.4g", s.age*daysPerYear, s.device*daysPerYear, s.lived*daysPerYear)
		if got != want {
			t.Errorf("at %g: %s, want %s", at, got, want)
		}
	}
	f(100, "age NaN device 400 lived 100")
	f(205, "age 0 device NaN lived 0") // at fault: as good as new soon
	f(300, "age 90 device NaN lived 0")
	f(1100, "age 890 device NaN lived 0") // as if nothing had happened since
	if s, ok := list[0].until(150 * day); !ok || s.failed || s.to != 150*day {
		t.Errorf("%+v", s)
	}
	if _, ok := list[1].until(210 * day); ok {
		t.Error("it had not begun")
	}
	if n := failures(list, span{200 * day, 201 * day}); n != 1 {
		t.Error(n)
	}
	// That a silence was a failure is known from the exchange on.
	c := courseOf(t, "silent:@300 replaced:@320 silent_cleared:@321", 1000*day)
	dead := wholes(without(span{0, 1000 * day}, c.silences), c.replaced, birth{-400 * day, true}, false)[0]
	for at, want := range map[telemetry.Millis]bool{310 * day: false, 320 * day: false, 321 * day: true} {
		if s, ok := dead.until(at); !ok || s.failed != want || s.to != 300*day {
			t.Errorf("at %d: %+v", at/day, s)
		}
	}
}

// Whether failures end devices is what was known at a time, not what came later.
func TestEndsAsKnownThen(t *testing.T) {
	f := func(events string, want ...bool) {
		t.Helper()
		d := newDevice(authz.HQ, clickhouse.LifetimeDevice{Class: "elevator", FirstReading: day, LastReading: 999 * day}, courseOf(t, events, 1000*day), span{0, 1000 * day}, time.UTC)
		p := pool{class: "elevator", devices: []*device{d}}
		for i, at := range []telemetry.Millis{150 * day, 250 * day, 350 * day} {
			if got := p.ends(at); got != want[i] {
				t.Errorf("%s, at %d: %v, want %v", events, at/day, got, want[i])
			}
		}
	}
	f("fault:A@100 fault_cleared:A@101 silent:@200 replaced:@220 silent:@300 replaced:@320", false, false, false)
	f("silent:@200 replaced:@220 silent_cleared:@221", false, true, true)
	f("fault:A@100 replaced:@101 fault:A@300 fault_cleared:A@301 fault:A@310 fault_cleared:A@311", true, true, false)
}

func TestWatched(t *testing.T) {
	days := func(n int32) *int32 { return &n }
	f := func(d clickhouse.LifetimeDevice, from, to float64, out bool) {
		t.Helper()
		got := newDevice(authz.HQ, d, new(course), span{100 * day, 200 * day}, time.UTC)
		w := watched(&d, got.born, span{100 * day, 200 * day}, time.UTC)
		if float64(w.from)/float64(day) != from || float64(w.to)/float64(day) != to || got.out != out {
			t.Errorf("%+v: %g to %g, out %v", d, float64(w.from)/float64(day), float64(w.to)/float64(day), got.out)
		}
	}
	f(clickhouse.LifetimeDevice{}, 100, 100, false)
	f(clickhouse.LifetimeDevice{RetiredOn: days(900)}, 100, 100, false)
	f(clickhouse.LifetimeDevice{FirstReading: 50 * day, LastReading: 199 * day}, 100, 200, false)
	f(clickhouse.LifetimeDevice{FirstReading: 50 * day, LastReading: 190 * day}, 100, 190, false) // nobody said silent
	f(clickhouse.LifetimeDevice{FirstReading: 120 * day, LastReading: 199 * day, CommissionedOn: days(90)}, 120, 200, false)
	f(clickhouse.LifetimeDevice{FirstEvent: 120 * day, LastEvent: 130 * day, CommissionedOn: days(90)}, 100, 200, false)
	f(clickhouse.LifetimeDevice{FirstEvent: 120 * day, LastEvent: 130 * day}, 120, 200, false)
	f(clickhouse.LifetimeDevice{FirstReading: 50 * day, LastReading: 180 * day, State: "replaced"}, 100, 180, true)
	f(clickhouse.LifetimeDevice{FirstReading: 50 * day, LastReading: 149 * day, RetiredOn: days(148)}, 100, 149, true)
}

// Parts of a constant rate are as good as new at any age, and old devices are in
// equilibrium: what is left of a part has the density of survival over the mean.
func TestResidual(t *testing.T) {
	chance := law{family: lifetime.Weibull}
	r := newResidual(&chance, 10, 3)
	for _, age := range []float64{0, 1, 9} {
		if got, want := r.after(r.cell(age), 1.5)/r.after(r.cell(age), 0), math.Exp(-1.5); math.Abs(got-want) > 2e-3 {
			t.Errorf("at the age %g: %v, want %v", age, got, want)
		}
	}
	wear := law{family: lifetime.Weibull, form: math.Log(2.5)}
	r = newResidual(&wear, 10, 3)
	// The integral of survival from 0.5 on, over the mean life.
	want, step := 0.0, 1e-4
	for x := 0.5; x < 5; x += step {
		want += wear.survival(x+step/2) * step / wear.mean()
	}
	if got := r.after(r.cell(math.NaN()), 0.5); math.Abs(got-want) > 3e-3 {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := r.after(r.cell(0), 0.7), wear.survival(0.7); math.Abs(got-want) > 1e-3 {
		t.Errorf("of a new one %v, want %v", got, want)
	}
}

// Forecasts of many failures a year, of none, and of parts that nobody has ever seen so
// old stay numbers.
func TestRiskStaysANumber(t *testing.T) {
	for _, place := range []float64{-12, -5, 0, 5, 20} {
		for _, form := range []float64{-2, 0, 1, 3} {
			for _, family := range []lifetime.Distribution{lifetime.Weibull, lifetime.Lognormal} {
				l := law{family: family, place: place, form: form, cov: [2][2]float64{{0.3, 0.05}, {0.05, 0.2}}}
				if !l.usable() {
					continue
				}
				tables := newTables(&l, true, 12, 3, quarter, oneYear)
				for _, s := range []standing{{age: 0, device: math.NaN()}, {age: 30, device: math.NaN()}, {age: math.NaN(), device: 7, lived: 3}, {age: math.NaN(), device: math.NaN(), lived: 0.1}} {
					var sum total
					sum.add(tables.risk(s, quarter))
					p, n := sum.fails(9), sum.number(9)
					if p.Value == nil || p.Low == nil || p.High == nil || !(0 <= *p.Low && *p.Low <= *p.Value && *p.Value <= *p.High && *p.High <= 1) || n.Value == nil || n.Low == nil {
						t.Errorf("%s %g %g, %+v: %+v %+v", family, place, form, s, p, n)
					}
				}
			}
		}
	}
}

// A constant rate has the numbers of a Poisson process.
func TestConstantRate(t *testing.T) {
	l := constant(25, 50)
	var sum total
	sum.add(newTables(&l, true, 1, 1, oneYear).risk(standing{device: math.NaN()}, oneYear))
	sum.multiply(factor{value: 2})
	n := sum.number(25)
	if want := oneYear; math.Abs(*n.Value-want) > 1e-9 || math.Abs(*n.Low-want*math.Exp(-reach/5)) > 1e-2 || math.Abs(*n.High-want*math.Exp(reach/5)) > 1e-2 {
		t.Errorf("%v (%v to %v)", *n.Value, *n.Low, *n.High)
	}
	if p := sum.fails(25); math.Abs(*p.Value+math.Expm1(-oneYear)) > 1e-9 {
		t.Error(*p.Value)
	}
}
