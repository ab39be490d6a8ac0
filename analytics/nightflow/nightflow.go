// Package nightflow finds leaks by what a water meter reads when people sleep.
//
// Every night has a minimum night flow: the least mean of an hour between two and
// four o'clock, as in the practice of the International Water Association (M. Farley,
// S. Trow, Losses in Water Distribution Networks, IWA 2003; component analysis "BABE":
// A. Lambert 1994). It consists of what people legitimately use at night and of what
// runs out day and night. A leak that begins lifts it on some night, and it stays
// lifted: package step finds that night, with an interval and a known rate of false
// alarms. A [Builder] takes the readings and gives a [Result].
package nightflow

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/anomaly/step"
)

const (
	// DefaultPrice in yuan per m3 is that of the first tier of households in Beijing
	// since May 2014: 2.07 for water, 1.57 for the resource and 1.36 for sewage.
	DefaultPrice = 5.0

	// DefaultPerHousehold is the legitimate night use of a household in litres an
	// hour: 6 % of people use a flush of 10 litres in an hour of the night (R.
	// McKenzie, SANFLOW user guide, South African Water Research Commission, 1999),
	// and 2.62 people are a household (China's census of 2020, communiqué no. 2). The
	// water companies of the United Kingdom found 1.7 (Managing Leakage, report E, 1994).
	DefaultPerHousehold = 0.06 * 10 * 2.62
)

// Options of a [Builder]; the zero value has sensible defaults.
type Options struct {
	Zone       *time.Location // whose nights they are; UTC when nil
	Cumulative bool           // values are the register of a meter in m3, and not flows in m3/h
	Price      float64        // yuan per m3; DefaultPrice when not above 0
	Alpha      float64        // probability of a false leak in a series without one; 0.01 when not above 0

	Households   int     // behind the meter; 0 is unknown
	PerHousehold float64 // litres an hour at night; DefaultPerHousehold when not above 0

	// LeakHours is how many hours a day a leak runs as it does at night. It is less
	// than 24 where pressure is lower by day; 24 when not above 0, as pumped and
	// regulated buildings have.
	LeakHours float64
}

func (o Options) withDefaults() Options {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if !(o.Price > 0) {
		o.Price = DefaultPrice
	}
	if !(o.Alpha > 0 && o.Alpha < 1) {
		o.Alpha = 0.01
	}
	if !(o.PerHousehold > 0) {
		o.PerHousehold = DefaultPerHousehold
	}
	if !(o.LeakHours > 0) {
		o.LeakHours = 24
	}
	return o
}

// Estimate is a number with its 95 % interval. That of the rate of a leak holds the
// truth in 92 to 94 % of simulated leaks, as the same nights have shown where it begins.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

func (e Estimate) times(f float64) Estimate {
	return Estimate{Value: e.Value * f, Low: e.Low * f, High: e.High * f}
}

// Result is what the nights tell. Flows are in m3/h.
type Result struct {
	N      int        `json:"n"`      // values that were given and are numbers
	Nights int        `json:"nights"` // with a minimum
	From   *time.Time `json:"from,omitempty"`
	To     *time.Time `json:"to,omitempty"`
	Why    string     `json:"why,omitempty"` // "insufficient data: …": then there is no base and no leak
	Method string     `json:"method,omitempty"`

	Base     *Estimate `json:"base"`     // night flow without the leaks that began in these data
	Leak     *Leak     `json:"leak"`     // that runs at the end of the data; null when there is none
	Standing *Standing `json:"standing"` // what the base has beyond the use of households, where their number is given
	History  []Leak    `json:"history"`  // leaks that ended
	Levels   []Level   `json:"levels"`   // of the night flow, in the order of time
	Minima   []Night   `json:"minima"`   // of the nights
	Gaps     []Gap     `json:"gaps"`

	Resets int      `json:"resets,omitempty"` // times that the register of a meter went back
	Price  float64  `json:"price"`
	Advice []Advice `json:"advice"`
}

// Night is a night with its minimum flow.
type Night struct {
	Date string  `json:"date"`
	Flow float64 `json:"flow"`
}

// Level is a time over which the night flow kept its level.
type Level struct {
	From   string `json:"from"`
	To     string `json:"to"` // last night
	Nights int    `json:"nights"`
	Estimate
	Leaking bool `json:"leaking"`
}

// Leak is one that began within the data, or before them, and was seen to end.
type Leak struct {
	Since     *time.Time `json:"since"`      // nil: before the data begin
	SinceLow  *time.Time `json:"since_low"`  // interval of the beginning
	SinceHigh *time.Time `json:"since_high"` //
	Until     *time.Time `json:"until"`      // nil while it runs
	Nights    int        `json:"nights"`     // that show it
	Rate      Estimate   `json:"rate"`       // m3/h: now, or at last
	M3        Estimate   `json:"m3"`         // so far; of the time within the data
	M3Year    Estimate   `json:"m3_year"`    // if it goes on
	Yuan      Estimate   `json:"yuan"`       // so far
	YuanYear  Estimate   `json:"yuan_year"`
	Steps     int        `json:"steps"` // in which it grew to what it is
	Z         float64    `json:"z"`     // its beginning in standard errors
}

// Standing is flow that nobody accounts for and that is as old as the data.
type Standing struct {
	Allowance float64  `json:"allowance"` // m3/h of legitimate use
	Rate      Estimate `json:"rate"`      // m3/h beyond it; below zero when there is less
	M3Year    Estimate `json:"m3_year"`
	YuanYear  Estimate `json:"yuan_year"`
}

// Gap is a time without nights.
type Gap struct {
	From   string `json:"from"`
	To     string `json:"to"` // last night
	Nights int    `json:"nights"`
	Kind   string `json:"kind"` // "missing", or "zero": days without any flow where there always is some
}

// fewestNights are a week to know what is usual and a week to see a change.
const fewestNights = 14

const hoursPerYear = 365.2425 * 24

// Result is what the readings so far tell.
func (b *Builder) Result() *Result {
	r := &Result{N: b.n, Price: b.opts.Price, History: []Leak{}, Levels: []Level{}, Minima: []Night{}, Gaps: []Gap{}}
	if b.bad != "" {
		r.Why = "insufficient data: " + b.bad
		r.Advice = advice(r)
		return r
	}
	nights := b.nights()
	r.Resets, r.Method = b.resets, b.method
	if len(nights.flow) > 0 {
		from, to := nights.midnight(0), nights.midnight(len(nights.flow))
		r.From, r.To = &from, &to
	}
	r.Gaps = nights.gaps()
	for d, flow := range nights.flow {
		if !math.IsNaN(flow) {
			r.Nights++
			r.Minima = append(r.Minima, Night{Date: nights.date(d), Flow: flow})
		}
	}
	if r.Nights < fewestNights {
		r.Why = fmt.Sprintf("insufficient data: %d nights with readings between 2 and 4 o'clock, and a leak takes %d to tell", r.Nights, fewestNights)
		r.Advice = advice(r)
		return r
	}
	segments, noise := step.Segments(nights.flow, step.Options{Alpha: b.opts.Alpha})
	l := leaks{nights: nights, opts: b.opts, segments: segments, longRun: noise.LongRun()}
	l.judge(r)
	r.Standing = b.opts.standing(r.Base)
	r.Advice = advice(r)
	return r
}

// standing compares a base with what households use at night.
func (o Options) standing(base *Estimate) *Standing {
	if o.Households <= 0 || base == nil {
		return nil
	}
	allowance := float64(o.Households) * o.PerHousehold / 1000
	rate := Estimate{Value: base.Value - allowance, Low: base.Low - allowance, High: base.High - allowance}
	year := rate.times(o.LeakHours / 24 * hoursPerYear)
	return &Standing{Allowance: allowance, Rate: rate, M3Year: year, YuanYear: year.times(o.Price)}
}

// interval is the 95 % interval of a value with a standard error, of n values less
// those that were spent on means.
func interval(value, se float64, n int) Estimate {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(max(n, 1))}.Quantile(0.975)
	return Estimate{Value: value, Low: value - t*se, High: value + t*se}
}
