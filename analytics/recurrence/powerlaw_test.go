package recurrence

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// nist is NIST/SEMATECH e-Handbook of Statistical Methods, 8.1.7.2 and 8.4.5.2: ten
// failures in a test of 1500 hours.
var nist = history{5, 40, 43, 175, 389, 712, 747, 795, 1299, 1478, 1500}

// handbook is the numerical example of MIL-HDBK-189, appendix C (time terminated): 27
// failures in 300 hours.
var handbook = history{2.6, 16.5, 16.5, 17.0, 21.4, 29.1, 33.3, 56.5, 63.1, 70.6, 73.0, 77.7, 93.9, 95.5, 98.1, 101.1,
	132.0, 142.2, 147.7, 149.0, 167.2, 190.7, 193.0, 198.7, 251.9, 282.5, 286.1, 300}

// amsaa are three systems simulated by Crow, AMSAA TR-138, 1975, all until 200 hours.
var amsaa = []history{
	{4.3, 4.4, 10.2, 23.5, 23.8, 26.4, 74.0, 77.1, 92.1, 197.2, 200},
	{0.1, 5.6, 18.6, 19.5, 24.2, 26.7, 45.1, 45.8, 75.7, 79.7, 98.6, 120.1, 161.8, 180.6, 190.8, 200},
	{8.4, 32.5, 44.7, 48.4, 50.6, 73.6, 98.7, 112.2, 129.8, 136.0, 195.8, 200},
}

func TestNIST(t *testing.T) {
	p := Fit(data(t, nist), 0.8)
	// The handbook's estimates are those without bias: 1-beta, a, and T/(n(1-beta)).
	b := value(t, "beta", p.BetaUnbiased)
	near(t, "unbiased beta", b, 0.4835, 0.00005)
	near(t, "a", 10/math.Pow(1500, b), 0.2913, 0.0001)
	near(t, "MTBF at the end", 1500/(10*b), 310, 0.5)
	if tr := Test(data(t, nist), 0.95); tr.Direction != Improving {
		t.Errorf("trend %+v", tr)
	}
}

func TestHandbook(t *testing.T) {
	p := Fit(data(t, handbook), 0.9)
	near(t, "beta", *p.Beta, 0.716, 0.0005)
	near(t, "unbiased beta", *p.BetaUnbiased, 0.690, 0.0005)
	near(t, "lambda", *p.Lambda, 0.454, 0.0005)
	near(t, "MTBF", *p.MTBF, 15.5, 0.05)
	near(t, "MTBF low", *p.Intervals.MTBF.Low, 9.9, 0.05)
	near(t, "MTBF high", *p.Intervals.MTBF.High, 26.1, 0.05)
	near(t, "Cramér-von Mises", *p.Goodness.Statistic, 0.091, 0.0005)
	near(t, "critical", *p.Goodness.Critical, 0.172, 1e-9)
	if !*p.Goodness.Fits || *p.At != 300 {
		t.Errorf("%+v", p)
	}
}

func TestSeveralSystems(t *testing.T) {
	p := Fit(data(t, amsaa...), 0.95)
	near(t, "beta", *p.Beta, 0.615, 0.0005)
	near(t, "lambda", *p.Lambda, 0.461, 0.0005)
	// Three systems are one of three times the rate.
	one := Fit(data(t, append(slices.Sorted(slices.Values(slices.Concat(amsaa[0][:10], amsaa[1][:15], amsaa[2][:11]))), 200)), 0.95)
	near(t, "beta of all in one", *one.Beta, *p.Beta, 1e-12)
	near(t, "MTBF of all in one", *one.MTBF*3, *p.MTBF, 1e-9)
	near(t, "its low", *one.Intervals.MTBF.Low*3, *p.Intervals.MTBF.Low, 1e-9)
	near(t, "its high", *one.Intervals.MTBF.High*3, *p.Intervals.MTBF.High, 1e-9)
}

// The valve seats' engines, watched until different ages. Meeker and Escobar 1998 fit
// the same model in chapter 16; the numbers here come of maximising the likelihood by
// golden sections and halving where it has dropped by 1.92.
func TestDifferentEnds(t *testing.T) {
	p := Fit(data(t, valveSeats...), 0.95)
	near(t, "beta", *p.Beta, 1.399579, 5e-7)
	near(t, "age of one", math.Pow(*p.Lambda, -1 / *p.Beta), 553.643, 5e-4)
	near(t, "beta low", *p.Intervals.Beta.Low, 1.042098, 5e-7)
	near(t, "beta high", *p.Intervals.Beta.High, 1.829530, 5e-7)
	near(t, "MTBF", *p.MTBF, 348.360, 5e-4)
	near(t, "MTBF low", *p.Intervals.MTBF.Low, 222.468, 5e-4)
	near(t, "MTBF high", *p.Intervals.MTBF.High, 555.790, 5e-4)
	if p.Intervals.Beta.Method != byLikelihood || p.Intervals.MTBF.Method != byLikelihood {
		t.Errorf("%+v", p.Intervals)
	}
}

// MIL-HDBK-189, confidence intervals for MTBF: factors of the estimate, for a test of
// fixed time (table of time terminated tests) and one that ends with a failure.
func TestCrowFactors(t *testing.T) {
	f := func(n, level, low, high, half float64, factors func(n, mtbf, tail float64) Interval) {
		t.Helper()
		in := factors(n, 1, (1-level)/2)
		near(t, "low", *in.Low, low, half)
		near(t, "high", *in.High, high, half)
	}
	for _, row := range [][5]float64{
		{2, .261, 18.66, .200, 38.66}, {3, .333, 6.326, .263, 9.736}, {4, .385, 4.243, .312, 5.947},
		{5, .426, 3.386, .352, 4.517}, {6, .459, 2.915, .385, 3.764}, {7, .487, 2.616, .412, 3.298},
		{8, .511, 2.407, .436, 2.981}, {9, .531, 2.254, .457, 2.750}, {10, .549, 2.136, .476, 2.575},
	} {
		f(row[0], 0.8, row[1], row[2], 0.0055, timeTruncated)
		f(row[0], 0.9, row[3], row[4], 0.0055, timeTruncated)
	}
	f(2, 0.8, .8065, 33.76, 0.005, failureTruncated)
	f(2, 0.9, .5552, 72.67, 0.005, failureTruncated)
	f(3, 0.8, .6840, 8.927, 0.0005, failureTruncated)
	f(4, 0.8, .6601, 5.328, 0.0005, failureTruncated)
	f(5, 0.8, .6568, 4.000, 0.0005, failureTruncated)

	// Of very many both are the normal distribution's: the estimate's logarithm has the
	// variance 2/n.
	for _, factors := range []func(n, mtbf, tail float64) Interval{timeTruncated, failureTruncated} {
		in := factors(1e6, 1, 0.05)
		near(t, "log low", math.Log(*in.Low)*1000, -1.644854*math.Sqrt2, 0.005)
		near(t, "log high", math.Log(*in.High)*1000, 1.644854*math.Sqrt2, 0.005)
	}
}

// The table's critical values, by simulation of the statistic.
func TestCriticalValues(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{2, 5, 20} {
		const runs = 4000
		beyond := 0
		for range runs {
			h := make(history, 0, n+1)
			for range n {
				h = append(h, math.Pow(r.Float64(), 0.7))
			}
			s := newStudy(data(t, append(h, 1)))
			if !*s.goodness().Fits {
				beyond++
			}
		}
		near(t, "refused", float64(beyond)/runs, 0.10, 0.016)
	}
}

// powerLaw simulates units until their ends.
func powerLaw(r *rand.Rand, lambda, beta float64, ends ...float64) []history {
	var all []history
	for _, end := range ends {
		h := history{}
		for sum := r.ExpFloat64(); sum < lambda*math.Pow(end, beta); sum += r.ExpFloat64() {
			h = append(h, math.Pow(sum/lambda, 1/beta))
		}
		all = append(all, append(h, end))
	}
	return all
}

// The truth is within the intervals as often as they promise: exact ones for one
// observation, by likelihood ratio for many, and for units that were old when they
// began to be watched.
func TestIntervalsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	const runs, level, beta, lambda = 250, 0.9, 1.6, 0.02
	f := func(name string, slack float64, make func() *Data) {
		t.Helper()
		var forBeta, forMTBF, fitted int
		for range runs {
			p := newStudy(make()).fit(level)
			if p.Beta == nil {
				continue
			}
			fitted++
			truth := 1 / (lambda * beta * math.Pow(*p.At, beta-1))
			if in := p.Intervals.Beta; *in.Low <= beta && beta <= *in.High {
				forBeta++
			}
			if in := p.Intervals.MTBF; *in.Low <= truth && truth <= *in.High {
				forMTBF++
			}
		}
		if b := float64(forBeta) / float64(fitted); math.Abs(b-level) > slack {
			t.Errorf("%s: beta is covered %.3f", name, b)
		}
		if m := float64(forMTBF) / float64(fitted); math.Abs(m-level) > slack+0.02 {
			t.Errorf("%s: MTBF is covered %.3f", name, m)
		}
	}
	f("one", 0.05, func() *Data { return data(t, powerLaw(r, lambda, beta, 60)...) })
	f("different ends", 0.05, func() *Data { return data(t, powerLaw(r, lambda, beta, 40, 30, 55, 60, 20, 10)...) })
	f("late entries", 0.05, func() *Data {
		d := data(t, powerLaw(r, lambda, beta, 40, 60, 55, 60, 50, 30)...)
		for i := range d.Units {
			d.Units[i].Entry = float64(5 * i)
		}
		d.Events = slices.DeleteFunc(d.Events, func(e Event) bool { return e.Time < d.Units[e.Unit].Entry })
		return d
	})
	f("ended by a failure", 0.05, func() *Data {
		h, sum := history{}, 0.0
		for range 9 {
			sum += r.ExpFloat64()
			h = append(h, math.Pow(sum/lambda, 1/beta))
		}
		return data(t, append(h, h[8]))
	})
}

// The general likelihood and its search give what the closed form of one observation
// gives.
func TestSearchAgainstClosedForm(t *testing.T) {
	p := Fit(data(t, amsaa...), 0.9)
	// Another unit that was watched for so short that it tells nothing makes windows differ.
	d := data(t, append(slices.Clone(amsaa), history{1e-9})...)
	q := Fit(d, 0.9)
	near(t, "beta", *q.Beta, *p.Beta, 1e-6)
	near(t, "MTBF", *q.MTBF, *p.MTBF, 1e-4)
	if q.Intervals.Beta.Method != byLikelihood || q.Intervals.MTBF.Method != byLikelihood {
		t.Errorf("%+v", q.Intervals)
	}
	near(t, "beta low", *q.Intervals.Beta.Low / *p.Intervals.Beta.Low, 1, 0.02)
	near(t, "beta high", *q.Intervals.Beta.High / *p.Intervals.Beta.High, 1, 0.02)
	near(t, "MTBF low", *q.Intervals.MTBF.Low / *p.Intervals.MTBF.Low, 1, 0.05)
	near(t, "MTBF high", *q.Intervals.MTBF.High / *p.Intervals.MTBF.High, 1, 0.05)
}

// Counts are as many rows; order and unit of age are without meaning.
func TestPowerLawInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, scale := range []float64{1e-12, 1e3, 1e12} {
		d := random(r, 15, true)
		other := &Data{}
		for _, u := range d.Units {
			other.Units = append(other.Units, Unit{Entry: u.Entry * scale, End: u.End * scale})
		}
		for _, e := range d.Events {
			for range int(e.Count) {
				other.Events = append(other.Events, Event{e.Unit, e.Time * scale, 1, 0})
			}
		}
		r.Shuffle(len(other.Events), func(i, j int) { other.Events[i], other.Events[j] = other.Events[j], other.Events[i] })
		p, q := Fit(d, 0.95), Fit(other, 0.95)
		near(t, "beta", *q.Beta / *p.Beta, 1, 1e-8)
		near(t, "MTBF", *q.MTBF/(*p.MTBF*scale), 1, 1e-8)
		near(t, "MTBF high", *q.Intervals.MTBF.High/(*p.Intervals.MTBF.High*scale), 1, 1e-6)
		near(t, "beta low", *q.Intervals.Beta.Low / *p.Intervals.Beta.Low, 1, 1e-6)
		near(t, "expected", *q.Lambda*math.Pow(scale, *q.Beta) / *p.Lambda, 1, 1e-6)
		a, b := Test(d, 0.95), Test(other, 0.95)
		near(t, "chi-square", b.Handbook.ChiSquare, a.Handbook.ChiSquare, 1e-6)
		near(t, "z", b.Laplace.Z, a.Laplace.Z, 1e-9)
	}
}

func TestTrend(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	const runs = 400
	f := func(beta float64, want Direction, least, most int) {
		t.Helper()
		n := 0
		for range runs {
			if Test(data(t, powerLaw(r, 8, beta, 1, 1.5, 2)...), 0.95).Direction == want {
				n++
			}
		}
		if n < least || n > most {
			t.Errorf("beta %g is %s %d times of %d", beta, want, n, runs)
		}
	}
	f(1, Steady, runs*92/100, runs*98/100)
	f(2, Deteriorating, runs*98/100, runs)
	f(0.4, Improving, runs*95/100, runs)
	// Units of very different rates and ages have no trend by that alone.
	steady := 0
	for range runs {
		all := slices.Concat(powerLaw(r, 30, 1, 0.5, 0.5), powerLaw(r, 2, 1, 5, 5))
		if Test(data(t, all...), 0.95).Direction == Steady {
			steady++
		}
	}
	near(t, "steady", float64(steady)/runs, 0.95, 0.035)
}

// More events than a float64 can count one by one are no reason to count for ever, and
// where sums end and the normal distribution begins the limits go on.
func TestVeryManyEvents(t *testing.T) {
	for _, factors := range []func(n, mtbf, tail float64) Interval{timeTruncated, failureTruncated} {
		below, above := factors(manyEvents, 1, 0.025), factors(manyEvents+1, 1, 0.025)
		near(t, "low", *above.Low, *below.Low, 1e-7)
		near(t, "high", *above.High, *below.High, 1e-7)
		in := factors(1e18, 1, 0.025)
		near(t, "reach", math.Log(*in.High), 1.959963985*math.Sqrt(2e-18), 1e-9)
	}
}

// Whatever comes, the answer is numbers or reasons, and can be written as JSON.
func TestDegenerate(t *testing.T) {
	f := func(name string, fitted bool, d *Data) {
		t.Helper()
		r, err := Analyze(d, Options{Level: 0.95, Cost: true, Window: 1})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if (r.PowerLaw.Beta != nil) != fitted || (r.PowerLaw.Why == "") != fitted {
			t.Errorf("%s: fitted %v, %q", name, r.PowerLaw.Beta != nil, r.PowerLaw.Why)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(r.Advice) == 0 {
			t.Errorf("%s: no word of advice", name)
		}
	}
	f("nothing", false, &Data{})
	f("no failure", false, data(t, history{10}, history{20}))
	f("one failure", false, data(t, history{3, 10}, history{20}))
	f("three at once", true, data(t, history{3, 3, 3, 10}))
	f("all at the end", false, data(t, history{10, 10, 10, 10}))
	f("all at the start", false, data(t, history{0, 0, 0, 0, 10}))
	f("some at the start", true, data(t, history{0, 0, 1, 2, 3, 10}))
	f("never watched", false, data(t, history{0, 0, 0}, history{0}))
	f("huge", true, data(t, history{1e300, 2e300, 3e300, 1e301}))
	f("tiny", true, data(t, history{1e-300, 2e-300, 3e-300, 1e-299}))
	f("far apart", false, data(t, history{1e-300, 1, 1e300, 1e301}, history{1e-200}))
	f("many of each", true, &Data{Units: []Unit{{End: 10}, {End: 7}}, Events: []Event{{0, 3, 1e12, 1e12}, {0, 5, 1e12, 1e-12}, {1, 5, 1e12, 0}}})
	f("costs beyond squares", true, &Data{Units: []Unit{{End: 10}, {End: 7}}, Events: []Event{{0, 3, 1, 1e200}, {0, 5, 1, 1e200}, {1, 5, 1, 0}}})
	f("late entry", true, &Data{Units: []Unit{{Entry: 5, End: 10}, {Entry: 3, End: 4}}, Events: []Event{{0, 6, 1, 0}, {0, 9, 1, 0}, {0, 9.5, 1, 0}, {1, 3, 1, 0}}})
	f("early ones of late entry", false, &Data{Units: []Unit{{Entry: 5, End: 10}, {Entry: 5, End: 10}}, Events: []Event{{0, 5.01, 1, 0}, {0, 5.02, 1, 0}, {1, 5.01, 1, 0}}})
}

func TestCheck(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, d := range []Data{
		{Units: []Unit{{End: -1}}}, {Units: []Unit{{End: nan}}}, {Units: []Unit{{End: inf}}}, {Units: []Unit{{Entry: -1, End: 2}}}, {Units: []Unit{{Entry: 3, End: 2}}},
		{Events: []Event{{0, 1, 1, 0}}},
		{Units: []Unit{{End: 5}}, Events: []Event{{0, 6, 1, 0}}}, {Units: []Unit{{End: 5}}, Events: []Event{{0, nan, 1, 0}}},
		{Units: []Unit{{End: 5}}, Events: []Event{{0, 1, 0, 0}}}, {Units: []Unit{{End: 5}}, Events: []Event{{0, 1, 1.5, 0}}}, {Units: []Unit{{End: 5}}, Events: []Event{{0, 1, 1e13, 0}}},
		{Units: []Unit{{End: 5}}, Events: []Event{{0, 1, 1, -1}}}, {Units: []Unit{{End: 5}}, Events: []Event{{0, 1, 1, inf}}},
	} {
		if d.Check() == nil {
			t.Errorf("%+v was taken", d)
		}
	}
	if _, err := Analyze(&Data{}, Options{Level: 95}); err == nil {
		t.Error("level 95 was taken")
	}
}

func TestUnitsDiffer(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	const runs = 300
	alike := 0
	for range runs {
		ends := make([]float64, 50)
		for i := range ends {
			ends[i] = 0.2 + r.Float64()
		}
		if Fit(data(t, powerLaw(r, 1, 1.3, ends...)...), 0.95).Differ.P < 0.05 {
			alike++
		}
	}
	near(t, "refused though alike", float64(alike)/runs, 0.05, 0.035)
	if p := Fit(data(t, slices.Concat(powerLaw(r, 40, 1, 1, 1, 1), powerLaw(r, 2, 1, 1, 1, 1))...), 0.95).Differ.P; p > 1e-6 {
		t.Errorf("p %g of units that differ twentyfold", p)
	}
}

func BenchmarkAnalyze(b *testing.B) {
	r := rand.New(rand.NewPCG(17, 18))
	d := &Data{}
	for len(d.Events) < 1_000_000 {
		unit := len(d.Units)
		u := Unit{Entry: 500 * r.Float64(), End: 1000 + 2000*r.Float64()}
		d.Units = append(d.Units, u)
		for at := u.Entry + 100*r.ExpFloat64(); at < u.End; at += 100 * r.ExpFloat64() {
			d.Events = append(d.Events, Event{unit, at, 1, 1})
		}
	}
	r.Shuffle(len(d.Events), func(i, j int) { d.Events[i], d.Events[j] = d.Events[j], d.Events[i] })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Analyze(d, Options{Level: 0.95, Steps: 1000, Cost: true, Window: 30}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(d.Events)), "events")
}
