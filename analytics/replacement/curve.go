package replacement

import (
	"fmt"
	"math"

	"steward/analytics/forecast"
	"steward/analytics/renewal"
)

// level is that of all intervals.
const level = 0.95

// curvePoints is how many ages a curve shows.
const curvePoints = 60

// pool is devices whose lives are one.
type pool struct {
	forecast.Life
	oldest  float64 // the greatest age until which a life was watched, in years; 0 unknown
	planned []float64
	failure []float64
	devices int
	curve   *Curve
}

// newPool keeps of a life what the plan needs.
func newPool(l forecast.Life) *pool {
	p := &pool{Life: l}
	for i := range p.Parts {
		for _, s := range p.Parts[i].Survival {
			p.oldest = max(p.oldest, s.Years)
		}
		p.Parts[i].Survival = nil
	}
	return p
}

// part is a part of a pool of which is known how it lives.
type part struct {
	*forecast.Part
	life   renewal.Life
	region []renewal.Life // lives that the data do not rule out; nil when unknown
}

// lives are the parts of which is known how they live, and what is to be said of the
// others. wear is how many of them have a shape that failures told: of the rest is
// known how often they fail, and taken that age does not matter.
func (p *pool) lives() (parts []part, wear int, failures float64, warnings []string) {
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	for i := range p.Parts {
		one := part{Part: &p.Parts[i]}
		shape, scale := one.Shape.Value, one.Scale.Value
		worn := shape != nil && scale != nil && one.Family != ""
		if !worn {
			if shape, scale = constant(one.Part); scale == nil {
				warn("part %s is left out: %s", one.Code, because(one.Why, "insufficient data: nobody knows how it lives"))
				continue
			}
		}
		life, err := renewal.Weibull(*shape, *scale)
		if err != nil || !usable(life.Mean()) {
			warn("part %s is left out: its life of shape %g and scale %g years cannot be computed with", one.Code, *shape, *scale)
			continue
		}
		one.life = life
		switch {
		case !worn:
			one.region = chances(one.Part)
			warn("part %s: its failures are too few to tell whether it wears, and count by their rate", one.Code)
		case one.Cov != [2][2]float64{}:
			if one.region, err = renewal.WeibullRegion(*shape, *scale, one.Cov, level); err != nil {
				one.region = nil
			}
		}
		if one.Poor {
			warn("part %s: its life fits poorly", one.Code)
		}
		if one.Family == "lognormal" {
			warn("part %s: forecasts go by a lognormal life; the curve goes by the Weibull one, in which wear does not let up", one.Code)
		}
		if worn {
			wear++
		}
		failures += one.Failures
		parts = append(parts, one)
	}
	return parts, wear, failures, warnings
}

// tenth is the age by which a tenth has failed, in mean lives, at a constant rate.
var tenth = -math.Log1p(-0.1)

// constant is the life of a part of which only the rate of failures is known; nil
// without one. Earlier runs have it only as the age by which a tenth has failed.
func constant(p *forecast.Part) (shape, scale *float64) {
	one, mean := 1., 0.
	switch {
	case p.Family != "exponential":
		return nil, nil
	case p.Rate != nil && p.Rate.Value != nil && *p.Rate.Value > 0:
		mean = 1 / *p.Rate.Value
	case p.B10.Value != nil:
		mean = *p.B10.Value / tenth
	default:
		return nil, nil
	}
	return &one, &mean
}

// chances are the ends of the interval of such a life; nil without one.
func chances(p *forecast.Part) []renewal.Life {
	var means [2]float64
	switch r := p.Rate; {
	case r != nil && r.Low != nil && r.High != nil && *r.Low > 0:
		means = [2]float64{1 / *r.High, 1 / *r.Low}
	case r == nil && p.B10.Low != nil && p.B10.High != nil:
		means = [2]float64{*p.B10.Low / tenth, *p.B10.High / tenth}
	default:
		return nil
	}
	var ends []renewal.Life
	for _, mean := range means {
		l, err := renewal.Weibull(1, mean)
		if err != nil {
			return nil
		}
		ends = append(ends, l)
	}
	return ends
}

func because(why, otherwise string) string {
	if why == "" {
		return otherwise
	}
	return why
}

// price makes the curve of a pool, by the median costs of its devices.
func (p *pool) price() *Curve {
	c := &Curve{Pool: p.Pool, Class: p.Class, Model: p.Model, Vendor: p.Vendor, Devices: p.devices, Policy: "age", Points: []CurvePoint{}, Level: level}
	p.curve = c
	if p.Repaired {
		c.Policy = "block"
	}
	parts, wear, failures, warnings := p.lives()
	c.Warnings, c.Optimum.N = warnings, failures
	switch {
	case len(p.planned) == 0 || len(p.failure) == 0:
		return c.fail("insufficient data: no device of the pool has both costs: give them in the registry, or for its class in the policy of replacement")
	case len(parts) == 0:
		return c.fail("insufficient data: of no part of the pool is known how it lives: " + p.lack())
	case wear == 0:
		return c.fail("insufficient data: the failures of no part are enough to tell whether it wears: " + p.lack())
	case !p.Repaired && len(parts) > 1:
		return c.fail(fmt.Sprintf("insufficient data: devices that a failure ends have one life, and this pool has %d", len(parts)))
	}
	costs := renewal.Costs{Planned: median(p.planned), Failure: median(p.failure)}
	c.Planned, c.Failure = costs.Planned, costs.Failure
	if p.Repaired {
		c.block(costs, parts)
	} else {
		c.age(costs, &parts[0])
	}
	if age := c.Optimum.Value; age != nil && p.oldest > 0 && *age > p.oldest {
		c.Warnings = append(c.Warnings, fmt.Sprintf("the optimal age is beyond %.3g years, the greatest that was watched: nobody has seen parts so old", p.oldest))
	}
	return c
}

func (p *pool) lack() string {
	for i := range p.Parts {
		if p.Parts[i].Why != "" {
			return p.Parts[i].Why
		}
	}
	return "watch it for longer"
}

func (c *Curve) fail(why string) *Curve {
	c.Why, c.Optimum.Why = why, why
	return c
}

const noInterval = "without an interval: the covariance of the life's parameters is not known"

// age is of devices that are replaced when they fail, or at an age: package renewal.
func (c *Curve) age(costs renewal.Costs, p *part) {
	plan, err := renewal.Optimize(p.life, costs, 0)
	if err != nil {
		c.fail("insufficient data: " + err.Error())
		return
	}
	c.CostRate, c.RunToFailure = &plan.CostRate, &plan.RunToFail
	c.Optimum.Value, c.Optimum.Why = plan.OptimalAge, plan.Reason
	switch r, err := renewal.Between(p.region, costs); {
	case p.region == nil || err != nil:
		c.Warnings = append(c.Warnings, noInterval)
	case plan.OptimalAge != nil:
		c.Optimum.Low, c.Optimum.High = r.Low, r.High
		if r.RunToFailure > 0 {
			c.Optimum.Why = unlimited
		}
	}
	until := min(2*plan.MeanLife, horizon)
	if plan.OptimalAge != nil {
		until = min(2.5**plan.OptimalAge, max(horizon, 1.5**plan.OptimalAge))
	}
	rate := func(l renewal.Life, t float64) float64 {
		return (costs.Planned*l.Reliability(t) + costs.Failure*l.Failed(t)) / l.Lived(t)
	}
	for i := range curvePoints {
		t := until * float64(i+1) / curvePoints
		at := CurvePoint{Age: t, CostRate: rate(p.life, t)}
		if !usable(at.CostRate) {
			continue
		}
		low, high := at.CostRate, at.CostRate
		for _, l := range p.region {
			r := rate(l, t)
			low, high = min(low, r), max(high, r)
		}
		if p.region != nil && usable(low) && usable(high) {
			at.Low, at.High = &low, &high
		}
		c.Points = append(c.Points, at)
	}
}

const unlimited = "without an upper limit: with lives that the data do not rule out, running to failure is best"

// block is of devices that are repaired.
//
// Parts are estimated each for itself. So the interval of a sum over them is found by
// the distances of the limits of each from its estimate, of which the squares add up
// (G. Y. Zou and A. Donner, Construction of confidence limits about effect measures: a
// general approach, Statistics in Medicine 27, 2008). The logarithm of the optimal age
// is such a sum as far as it is linear in the parts.
func (c *Curve) block(costs renewal.Costs, parts []part) {
	lives := make([]renewal.Life, len(parts))
	for i := range parts {
		lives[i] = parts[i].life
	}
	b := newBlock(costs, lives)
	rates, forever := b.rates(-1, nil), b.forever(-1, 0)
	if !usable(forever) || !usable(rates[0]) || !usable(rates[blockSteps-1]) {
		c.fail("insufficient data: the cost of the pool's parts is too large or too small to be written as a number")
		return
	}
	c.RunToFailure, c.CostRate = &forever, &forever
	age, least, ok := b.best(rates, forever)
	if ok {
		c.Optimum.Value, c.CostRate = &age, &least
	} else {
		c.Optimum.Why = fmt.Sprintf("run to failure: at no age within %.3g years is replacing the whole cheaper than going on with repairs", b.step*blockSteps)
	}

	bounded := true
	below, above := make([]float64, blockSteps), make([]float64, blockSteps) // sums of squares
	var earlier, later float64
	open := false // nothing limits the optimum
	for k := range parts {
		if parts[k].region == nil {
			bounded = false
			continue
		}
		lows, highs := append([]float64(nil), rates...), append([]float64(nil), rates...)
		first, last := age, age
		for _, l := range parts[k].region {
			if !usable(l.Mean()) {
				open = true
				continue
			}
			other := b.rates(k, renewals(l, b.step, blockSteps))
			for i, r := range other {
				lows[i], highs[i] = min(lows[i], r), max(highs[i], r)
			}
			if at, _, ok := b.best(other, b.forever(k, l.Mean())); ok {
				first, last = min(first, at), max(last, at)
			} else {
				open = true
			}
		}
		for i, r := range rates {
			below[i] += (r - lows[i]) * (r - lows[i])
			above[i] += (highs[i] - r) * (highs[i] - r)
		}
		if ok && first > 0 {
			earlier += math.Pow(math.Log(age/first), 2)
			later += math.Pow(math.Log(last/age), 2)
		}
	}
	if !bounded {
		c.Warnings = append(c.Warnings, noInterval)
	} else if ok {
		low := age * math.Exp(-math.Sqrt(earlier))
		c.Optimum.Low = &low
		if open {
			c.Optimum.Why = unlimited
		} else {
			high := age * math.Exp(math.Sqrt(later))
			c.Optimum.High = &high
		}
	}
	for n := range curvePoints {
		i := (n+1)*blockSteps/curvePoints - 1
		at := CurvePoint{Age: float64(i+1) * b.step, CostRate: rates[i]}
		if low, high := rates[i]-math.Sqrt(below[i]), rates[i]+math.Sqrt(above[i]); bounded && usable(high) {
			low = max(low, 0)
			at.Low, at.High = &low, &high
		}
		c.Points = append(c.Points, at)
	}
}
