package recurrence

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near compares to a figure as it is printed: half of its last digit.
func near(t *testing.T, what string, got, want, half float64) {
	t.Helper()
	if !(math.Abs(got-want) <= half) {
		t.Errorf("%s = %.9g, want %g", what, got, want)
	}
}

func value(t *testing.T, what string, p *float64) float64 {
	t.Helper()
	if p == nil {
		t.Fatalf("%s is missing", what)
	}
	return *p
}

// history is a unit's ages at failure, and the last one that of the end.
type history []float64

func data(t *testing.T, units ...history) *Data {
	t.Helper()
	d := &Data{}
	for i, u := range units {
		last := len(u) - 1
		d.Units = append(d.Units, Unit{End: u[last]})
		for _, at := range u[:last] {
			d.Events = append(d.Events, Event{Unit: i, Time: at, Count: 1})
		}
	}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	return d
}

// valveSeats are ages in days of 41 diesel engines at valve seat replacements and at
// the end of observation: Nelson and Doganaksoy 1989; Nelson, Confidence limits for
// recurrence data applied to cost or number of product repairs, Technometrics 37,
// 1995, table 1; also valveSeat in R's survival and in SAS/QC's RELIABILITY.
var valveSeats = []history{
	{761}, {759}, {98, 667}, {326, 653, 653, 667}, {665}, {84, 667}, {87, 663}, {646, 653}, {92, 653}, {651},
	{258, 328, 377, 621, 650}, {61, 539, 648}, {254, 276, 298, 640, 644}, {76, 538, 642}, {635, 641},
	{349, 404, 561, 649}, {631}, {596}, {120, 479, 614}, {323, 449, 582}, {139, 139, 589}, {593}, {573, 589},
	{165, 408, 604, 606}, {249, 594}, {344, 497, 613}, {265, 586, 595}, {166, 206, 348, 389}, {601},
	{410, 581, 601}, {611}, {608}, {587}, {367, 603}, {202, 563, 570, 585}, {587}, {578}, {578}, {586}, {585}, {582},
}

// Until the first engine leaves at 389 days the function is the number of
// replacements over 41, as Nelson's table begins; afterwards it must rise by one over
// those still watched.
func TestValveSeats(t *testing.T) {
	d := data(t, valveSeats...)
	c := Mean(d, Events, 0.95, 0)
	at := func(age float64) Step {
		t.Helper()
		i := slices.IndexFunc(c.Steps, func(s Step) bool { return s.Time == age })
		if i < 0 {
			t.Fatalf("no step at %g", age)
		}
		return c.Steps[i]
	}
	if len(d.Events) != 48 {
		t.Fatalf("%d replacements", len(d.Events))
	}
	f := func(age float64, risk int, mcf float64) {
		t.Helper()
		s := at(age)
		if s.AtRisk != risk {
			t.Errorf("%g: %d at risk, want %d", age, s.AtRisk, risk)
		}
		near(t, "mcf", s.MCF, mcf, 1e-12)
	}
	f(61, 41, 1./41)
	f(76, 41, 2./41)
	f(139, 41, 9./41)
	f(377, 41, 27./41)
	f(404, 40, 27./41+1./40)
	f(573, 40, 27./41+12./40)
	f(653, 9, at(646).MCF+2./9)

	// At the first event one engine has 40/41 more than the average and 40 have 1/41
	// less: the sum of squares over 41^2 is 40/41^3. Its interval is that of the
	// logarithm.
	first := c.Steps[0]
	se := math.Sqrt(40. / (41 * 41 * 41))
	near(t, "std err", *first.StdErr, se, 1e-12)
	near(t, "low", *first.Low, 1./41*math.Exp(-1.959963985*se*41), 1e-9)
	near(t, "high", *first.High, 1./41*math.Exp(1.959963985*se*41), 1e-9)
	near(t, "poisson", *first.StdErrPoisson, 1./41, 1e-12)
	if last := c.Steps[len(c.Steps)-1]; *last.StdErr <= *last.StdErrPoisson {
		t.Error("engines with repeated replacements must make the robust error the larger one")
	}
}

// Meeker and Escobar, Statistical Methods for Reliability Data, 1998, example 16.4 and
// 16.5: three units, their MCF and its variance by hand.
func TestMeekerEscobarByHand(t *testing.T) {
	c := Mean(data(t, history{5, 8, 12}, history{16}, history{1, 8, 16, 20}), Events, 0.95, 0)
	want := []struct{ time, mcf, variance float64 }{
		{1, 1. / 3, 6. / 81}, {5, 2. / 3, 6. / 81}, {8, 4. / 3, 24. / 81}, {16, 11. / 6, 163. / 216},
	}
	if len(c.Steps) != len(want) {
		t.Fatalf("%d steps", len(c.Steps))
	}
	for i, w := range want {
		s := c.Steps[i]
		near(t, "time", s.Time, w.time, 0)
		near(t, "mcf", s.MCF, w.mcf, 1e-12)
		near(t, "variance", *s.StdErr**s.StdErr, w.variance, 1e-12)
	}
}

// The example of ReliaSoft's Reference on recurrent event data, as the Python package
// reliability prints it in its documentation of MCF_nonparametric.
func TestReliaSoftExample(t *testing.T) {
	c := Mean(data(t, history{5, 10, 15, 17}, history{6, 13, 17, 19}, history{12, 20, 25, 26},
		history{13, 15, 24}, history{16, 22, 25, 28}), Events, 0.95, 0)
	want := map[float64]float64{5: 0.2, 6: 0.4, 10: 0.6, 12: 0.8, 13: 1.2, 15: 1.6, 16: 1.8, 20: 2.33333, 22: 2.66667}
	for _, s := range c.Steps {
		if w, known := want[s.Time]; known {
			near(t, "mcf", s.MCF, w, 5e-6)
			delete(want, s.Time)
		}
	}
	if len(want) > 0 {
		t.Errorf("without steps at %v", want)
	}
}

// Six systems with costs of repairs: Nelson, Graphical analysis of system repair data,
// Journal of Quality Technology 20, 1988; the data as in SAS/QC's RELIABILITY,
// example "Art". The function is worked out by hand as there.
func TestCost(t *testing.T) {
	d := &Data{Units: []Unit{{End: 42}, {End: 33}, {End: 29}, {End: 20}, {End: 16}, {End: 12}}}
	for _, e := range [][3]float64{{0, 19, 2}, {0, 39, 2}, {1, 8, 2}, {1, 14, 1}, {1, 26, 1}, {2, 18, 3}, {3, 16, 2}, {3, 2, 1}, {3, 8, 1}, {5, 5, 3}, {5, 12, 1}} {
		d.Events = append(d.Events, Event{Unit: int(e[0]), Time: e[1], Count: 1, Cost: e[2]})
	}
	var got []float64
	for _, s := range Mean(d, Cost, 0.95, 0).Steps {
		got = append(got, s.MCF)
	}
	want := []float64{1. / 6, 4. / 6, 7. / 6, 8. / 6, 8./6 + 1./5, 8./6 + 3./5}
	for _, rise := range []float64{3. / 4, 2. / 4, 1. / 3, 2} {
		want = append(want, want[len(want)-1]+rise)
	}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range got {
		near(t, "cost", got[i], want[i], 1e-12)
	}
}

// plain is Lawless and Nadeau's variance as it is written down, in time that grows
// with the product of units and steps.
func plain(d *Data, until float64) float64 {
	excess := make([]float64, len(d.Units))
	var ages []float64
	for _, e := range d.Events {
		ages = append(ages, e.Time)
	}
	slices.Sort(ages)
	for _, at := range slices.Compact(ages) {
		if at > until {
			break
		}
		own, risk, sum := make([]float64, len(d.Units)), 0.0, 0.0
		for _, e := range d.Events {
			if e.Time == at {
				own[e.Unit] += e.Count
				sum += e.Count
			}
		}
		for _, u := range d.Units {
			if u.Entry <= at && at <= u.End {
				risk++
			}
		}
		for i, u := range d.Units {
			if u.Entry <= at && at <= u.End {
				excess[i] += (own[i] - sum/risk) / risk
			}
		}
	}
	variance := 0.0
	for _, e := range excess {
		variance += e * e
	}
	return variance
}

// random is units of their own temper, with ties, counts and late entries.
func random(r *rand.Rand, units int, late bool) *Data {
	d := &Data{}
	for i := range units {
		u := Unit{End: 1 + math.Floor(60*r.Float64())}
		if late && r.IntN(3) == 0 {
			u.Entry = math.Floor(u.End * r.Float64())
		}
		d.Units = append(d.Units, u)
		frailty := r.ExpFloat64()
		for at := u.Entry + 15*r.ExpFloat64()/frailty; at <= u.End; at += 15 * r.ExpFloat64() / frailty {
			d.Events = append(d.Events, Event{Unit: i, Time: max(u.Entry, math.Floor(at)), Count: 1 + math.Floor(2*r.Float64()), Cost: 100 * r.Float64()})
		}
	}
	return d
}

func TestRobustVariance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		d := random(r, 2+r.IntN(30), true)
		if err := d.Check(); err != nil {
			t.Fatal(err)
		}
		for _, s := range Mean(d, Events, 0.95, 0).Steps {
			near(t, "variance", *s.StdErr**s.StdErr, plain(d, s.Time), 1e-10*(1+s.MCF*s.MCF))
		}
	}
}

func TestIdenticalUnits(t *testing.T) {
	c := Mean(data(t, history{2, 5, 9}, history{2, 5, 9}, history{2, 5, 9}), Events, 0.95, 0)
	for i, s := range c.Steps {
		near(t, "mcf", s.MCF, float64(i+1), 1e-12)
		near(t, "std err", *s.StdErr, 0, 1e-7)
	}
}

func TestSingleUnit(t *testing.T) {
	c := Mean(data(t, history{2, 5, 9}), Events, 0.95, 0)
	if c.Method != "poisson" || c.Steps[0].StdErr != nil {
		t.Errorf("%+v", c)
	}
	near(t, "high", *c.Steps[0].High, math.Exp(1.959963985), 1e-8)
}

// Counts are as many rows, the order of rows and the units of age and cost are
// without meaning.
func TestCurveInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, scale := range []float64{1e-12, 1, 1e12} {
		d := random(r, 20, true)
		other := &Data{Units: slices.Clone(d.Units)}
		for i := range other.Units {
			other.Units[i].Entry *= scale
			other.Units[i].End *= scale
		}
		for _, e := range d.Events {
			for range int(e.Count) {
				other.Events = append(other.Events, Event{e.Unit, e.Time * scale, 1, e.Cost * scale})
			}
		}
		r.Shuffle(len(other.Events), func(i, j int) { other.Events[i], other.Events[j] = other.Events[j], other.Events[i] })
		for _, what := range []Measure{Events, Cost} {
			by := 1.0
			if what == Cost {
				by = scale
			}
			a, b := Mean(d, what, 0.9, 0), Mean(other, what, 0.9, 0)
			if len(a.Steps) != len(b.Steps) {
				t.Fatalf("%d steps and %d", len(a.Steps), len(b.Steps))
			}
			for i, s := range a.Steps {
				o := b.Steps[i]
				near(t, "time", o.Time, s.Time*scale, 1e-12*s.Time*scale)
				near(t, "mcf", o.MCF/(s.MCF*by), 1, 1e-9)
				near(t, "std err", *o.StdErr/(*s.StdErr*by), 1, 1e-9)
				near(t, "high", *o.High/(*s.High*by), 1, 1e-9)
			}
		}
	}
}

func TestThinning(t *testing.T) {
	for all := range 40 {
		for most := range 45 {
			th := thinned(all, most)
			kept := 0
			for step := range all {
				has := th.has(step)
				if has {
					kept++
				}
				if (step == 0 || step == all-1) && !has {
					t.Errorf("%d of %d: step %d is not kept", most, all, step)
				}
			}
			if want := max(min(most, all), min(all, 2)); most > 0 && kept != want || most == 0 && kept != all || kept != th.size() {
				t.Errorf("%d of %d: %d kept", most, all, kept)
			}
		}
	}
}

// The robust interval holds the true mean at its level although units differ, where
// the one that takes events for independent does not.
func TestRobustIntervalCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const runs, units = 400, 60
	robust, poisson := 0, 0
	for range runs {
		var all []history
		for range units {
			rate, h := 3*r.ExpFloat64(), history{} // the mean at age 1 is 3
			for at := r.ExpFloat64() / rate; at < 1; at += r.ExpFloat64() / rate {
				h = append(h, at)
			}
			all = append(all, append(h, 1))
		}
		c := Mean(data(t, all...), Events, 0.9, 2)
		s := c.Steps[len(c.Steps)-1]
		if *s.Low <= 3 && 3 <= *s.High {
			robust++
		}
		if math.Abs(s.MCF-3) <= 1.645**s.StdErrPoisson {
			poisson++
		}
	}
	near(t, "coverage", float64(robust)/runs, 0.9, 0.045)
	if poisson > runs*3/4 {
		t.Errorf("the naive interval covers %d of %d: units do not differ enough for this test", poisson, runs)
	}
}
