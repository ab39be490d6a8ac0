package forecast

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/lifetime"
)

// The horizons of forecasts, in years, and into how many moments the longer is divided
// to count failures after the first.
const (
	quarter = 90 / daysPerYear
	oneYear = 365 / daysPerYear
	moments = 24
)

// risk is what is to be expected of a part, of a whole device, or of many: the
// cumulative hazard over a horizon, -ln of the probability of no failure, and the mean
// number of failures, each with the standard error of its logarithm.
type risk struct {
	hazard, count     float64
	hazardSE, countSE float64
}

// tables are what forecasts by one law need again and again: of itself and of its
// neighbours, see law.around.
type tables struct {
	repaired bool
	centre   table
	around   [][2]table
	fresh    map[float64]risk // of a new part, by horizon
}

type table struct {
	law      law
	residual *residual
	renewed  map[float64][]float64 // by horizon: renewals of a new part until each moment
}

func newTables(l *law, repaired bool, oldest, lived float64, horizons ...float64) *tables {
	most := 0.0
	for _, h := range horizons {
		most = max(most, h)
	}
	make1 := func(l law) table {
		t := table{law: l, renewed: map[float64][]float64{}}
		if repaired && l.family != lifetime.Exponential {
			age := min(max(oldest, oneYear), manyLives*l.mean())
			// Beyond, parts of unknown age are as likely to fail from day to day.
			t.residual = newResidual(&l, age, min(lived+most, 20*age))
		}
		for _, h := range horizons {
			t.renewed[h] = renewals(&l, h)
		}
		return t
	}
	t := &tables{repaired: repaired, centre: make1(*l), fresh: map[float64]risk{}}
	for _, side := range l.around() {
		t.around = append(t.around, [2]table{make1(side[0]), make1(side[1])})
	}
	for _, h := range horizons {
		t.fresh[h] = t.risk(standing{device: math.NaN()}, h)
	}
	return t
}

// renewals are how often a new part is renewed until each moment of a horizon.
func renewals(l *law, h float64) []float64 {
	list := make([]float64, moments+1)
	if mean := l.mean(); mean < fewSteps*h/steps {
		// In the long run it is the time over the mean life, whatever the law.
		for k := range list {
			list[k] = h * float64(k) / moments / mean
		}
		return list
	}
	r := newResidual(l, h, h/steps)
	sum := 0.0
	for i := 1; i <= steps; i++ {
		sum += r.mass[i]
		if i%(steps/moments) == 0 {
			list[i/(steps/moments)] = sum
		}
	}
	return list
}

// ahead is the cumulative hazard of a part from now on over a time.
func (t *table) ahead(s standing, h float64) float64 {
	switch {
	case t.law.family == lifetime.Exponential:
		return t.law.hazard(h)
	case !math.IsNaN(s.age):
		return t.law.hazard(s.age+h) - t.law.hazard(s.age)
	case t.residual == nil:
		return t.law.hazard(h)
	}
	cell := t.residual.cell(s.device)
	// Of a part that nearly all have outlived long ago the tail is that of its last
	// years.
	lived := s.lived
	for t.residual.after(cell, lived+h) < 1e-9 && lived > 1e-3 {
		lived /= 2
	}
	p, q := t.residual.after(cell, lived), t.residual.after(cell, lived+h)
	if !(p > 0) {
		return t.law.hazard(h)
	}
	return -math.Log(max(q/p, 1e-12))
}

// of is the cumulative hazard and the mean number of failures: the first comes by the
// law of what is left, those after by renewal from there on.
func (t *table) of(s standing, h float64, repaired bool) (hazard, count float64) {
	hazard = t.ahead(s, h)
	if !repaired {
		return hazard, -math.Expm1(-hazard)
	}
	if t.law.family == lifetime.Exponential {
		return hazard, hazard
	}
	renewed := t.renewed[h]
	before := 0.0
	for k := 1; k <= moments; k++ {
		failed := -math.Expm1(-t.ahead(s, h*float64(k)/moments))
		// After the middle of a moment there are so many more.
		later := (renewed[moments-k] + renewed[moments-k+1]) / 2
		count += (failed - before) * (1 + later)
		before = failed
	}
	return hazard, count
}

// risk of a part, with the delta method on the logarithm.
func (t *tables) risk(s standing, h float64) risk {
	if s.age == 0 {
		if r, is := t.fresh[h]; is {
			return r
		}
	}
	var r risk
	r.hazard, r.count = t.centre.of(s, h, t.repaired)
	for i := range t.around {
		plusH, plusC := t.around[i][0].of(s, h, t.repaired)
		minusH, minusC := t.around[i][1].of(s, h, t.repaired)
		r.hazardSE += square(half(plusH, minusH))
		r.countSE += square(half(plusC, minusC))
	}
	r.hazardSE, r.countSE = math.Sqrt(r.hazardSE), math.Sqrt(r.countSE)
	return r
}

func square(x float64) float64 { return x * x }

// half of the difference of two logarithms; of what is as good as nothing none.
func half(a, b float64) float64 {
	if !(a > 1e-300 && b > 1e-300) {
		return 0
	}
	return math.Log(a/b) / 2
}

// total adds up independent risks. The interval is that of sums of which only the
// intervals of the parts are known (Zou and Donner, Construction of confidence limits
// about effect measures, Statistics in Medicine 27, 2008): the distances to both ends
// add by their squares.
type total struct {
	hazard, count                            float64
	hazardDown, hazardUp, countDown, countUp float64
}

var reach = distuv.UnitNormal.Quantile((1 + level) / 2)

func (t *total) add(r risk) {
	hazard, count := r.hazard, r.count
	t.hazard, t.count = t.hazard+hazard, t.count+count
	t.hazardDown += square(hazard * -math.Expm1(-reach*r.hazardSE))
	t.hazardUp += square(hazard * math.Expm1(reach*min(r.hazardSE, 50)))
	t.countDown += square(count * -math.Expm1(-reach*r.countSE))
	t.countUp += square(count * math.Expm1(reach*min(r.countSE, 50)))
}

// factor is what multiplies a hazard, with the standard error of its logarithm.
type factor struct{ value, se float64 }

var plain = factor{value: 1}

// multiply multiplies all that was added. The error of the factor is the same for all
// parts of a device, so it joins that of their sum and not that of each.
func (t *total) multiply(f factor) {
	for _, x := range []*float64{&t.hazard, &t.count} {
		*x *= f.value
	}
	down, up := square(math.Expm1(-reach*f.se)), square(math.Expm1(reach*min(f.se, 50)))
	t.hazardDown = square(f.value)*t.hazardDown + square(t.hazard)*down
	t.hazardUp = square(f.value)*t.hazardUp + square(t.hazard)*up
	t.countDown = square(f.value)*t.countDown + square(t.count)*down
	t.countUp = square(f.value)*t.countUp + square(t.count)*up
}

// fails is the probability of one failure at least.
func (t total) fails(n float64) Estimate {
	p := func(hazard float64) *float64 { return finite(-math.Expm1(-max(0, hazard))) }
	return Estimate{Value: p(t.hazard), Low: p(t.hazard - math.Sqrt(t.hazardDown)), High: p(t.hazard + math.Sqrt(t.hazardUp)), N: n}
}

// number is how many failures are expected.
func (t total) number(n float64) Estimate {
	return Estimate{Value: finite(t.count), Low: finite(max(0, t.count-math.Sqrt(t.countDown))), High: finite(t.count + math.Sqrt(t.countUp)), N: n}
}
