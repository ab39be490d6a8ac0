package load

import (
	"math"
	"slices"
	"time"

	"steward/analytics/anomaly/step"
)

// Base is what runs when nothing has to.
type Base struct {
	KW      Estimate `json:"kw"`
	KWhYear Estimate `json:"kwh_year"` // if it runs day and night
	Share   Estimate `json:"share"`    // of all that is used
}

// NightBase is the least mean power of an hour of the night, from midnight to five, as
// the median of nights.
func NightBase(c *Curve) Base {
	_, nights := c.nights()
	all := make([]float64, 0, len(nights))
	for _, v := range nights {
		if !math.IsNaN(v) {
			all = append(all, v)
		}
	}
	b := Base{KW: median(all)}
	b.KWhYear = b.KW.times(hoursPerYear)
	total, hours := 0.0, 0.0
	for _, u := range c.Uses {
		total, hours = total+u.KWh, hours+c.Step.Hours()
	}
	if b.Share = b.KW; total > 0 {
		b.Share = b.KW.times(hours / total)
	} else if b.KW.Value != nil {
		b.Share = insufficient(len(all), "nothing is used in all, and no share is a share of it")
	}
	return b
}

// nightEnd is the hour until which nobody has come yet.
const nightEnd = 5

// nights is the least hour of each night, from the first day on; NaN where less than
// three hours of the night are known.
func (c *Curve) nights() (first date, least []float64) {
	if len(c.Uses) == 0 || c.Step > time.Hour || c.span() > maxSpan {
		return date{}, nil
	}
	first = c.date(c.Uses[0].At)
	days := c.date(c.Uses[len(c.Uses)-1].At).number() - first.number() + 1
	least = make([]float64, days)
	known := make([]int, days)
	for i := range least {
		least[i] = math.NaN()
	}
	per := int(time.Hour / c.Step) // steps in an hour
	for i, u := range c.Uses {
		t := u.At.In(c.Zone)
		if t.Hour() >= nightEnd {
			continue
		}
		d := c.date(u.At).number() - first.number()
		known[d]++
		if i+per > len(c.Uses) || c.Uses[i+per-1].At.Sub(u.At) != time.Duration(per-1)*c.Step {
			continue
		}
		sum := 0.0
		for _, v := range c.Uses[i : i+per] {
			sum += v.KWh
		}
		if kW := sum / (float64(per) * c.Step.Hours()); !(kW >= least[d]) {
			least[d] = kW
		}
	}
	for d := range least {
		if known[d] < 3*per {
			least[d] = math.NaN()
		}
	}
	return first, least
}

// maxSpan bounds the days that a curve makes: ten years.
const maxSpan = 3660 * 24 * time.Hour

// Plant is plant that came on and stayed on: a step of the night base.
type Plant struct {
	Since     time.Time  `json:"since"`
	SinceLow  time.Time  `json:"since_low"`
	SinceHigh time.Time  `json:"since_high"`
	Until     *time.Time `json:"until"` // nil while it runs
	KW        Estimate   `json:"kw"`
	KWh       Estimate   `json:"kwh"` // so far
	Z         float64    `json:"z"`   // in standard errors
}

// Stuck is what [StuckOn] finds.
type Stuck struct {
	Nights int     `json:"nights"`
	Why    string  `json:"why,omitempty"` // "insufficient data: …"
	Now    []Plant `json:"now"`           // runs at the end of the data, each step apart
	Ended  []Plant `json:"ended"`
}

// stuckNights are the nights in which a base is known, and in which a step shows.
const stuckNights = 14

// matters is the share of the base below which a step is no plant: twice the class of
// an ordinary meter.
const matters = 0.02

// StuckOn finds plant that came on some night and stayed on for three nights at least.
// In a curve without any it finds some with a probability of one in a hundred.
func StuckOn(c *Curve) Stuck {
	first, nights := c.nights()
	s := Stuck{Now: []Plant{}, Ended: []Plant{}}
	for _, v := range nights {
		if !math.IsNaN(v) {
			s.Nights++
		}
	}
	if s.Nights < stuckNights {
		s.Why = insufficient(s.Nights, "%d nights with three known hours between midnight and five, and a step takes %d", s.Nights, stuckNights).Why
		return s
	}
	segments, _ := step.Segments(nights, step.Options{})
	at := func(d int) time.Time {
		return time.Date(first.y, first.m, first.d+d, 0, 0, 0, 0, c.Zone)
	}
	// Steps up are open until a step down takes them back, the last one first.
	var open []Plant
	for i := 1; i < len(segments); i++ {
		before, now := segments[i-1], segments[i]
		size := now.Level - before.Level
		if size > 0 {
			if size > matters*math.Abs(before.Level) {
				half := 1.96 * math.Hypot(before.SE, now.SE)
				open = append(open, Plant{Since: at(now.From), SinceLow: at(now.First), SinceHigh: at(now.Last), Z: now.Z,
					KW: known(size, size-half, size+half, before.N+now.N)})
			}
			continue
		}
		for n := len(open); n > 0 && -size > *open[n-1].KW.Value/2; n = len(open) {
			p := open[n-1]
			until := at(now.From)
			p.Until = &until
			size += *p.KW.Value
			s.Ended, open = append(s.Ended, p.used(until)), open[:n-1]
		}
	}
	end := at(len(nights))
	for _, p := range open {
		s.Now = append(s.Now, p.used(end))
	}
	slices.SortFunc(s.Ended, func(a, b Plant) int { return a.Since.Compare(b.Since) })
	return s
}

// used is the plant with what it has used until a time.
func (p Plant) used(until time.Time) Plant {
	value := *p.KW.Value * until.Sub(p.Since).Hours()
	low := max(*p.KW.Low, 0) * max(until.Sub(p.SinceHigh).Hours(), 0)
	high := *p.KW.High * until.Sub(p.SinceLow).Hours()
	p.KWh = known(value, low, high, p.KW.N)
	return p
}
