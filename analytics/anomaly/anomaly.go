// Package anomaly finds hours in which a meter read what nobody would have expected,
// and says how often it is wrong to say so.
//
// What is expected of an hour is the median of the same hour of the week in the eight
// nearest other weeks, on top of a level that may drift slowly, with the effect of the
// temperature taken out where it is known. Nothing that is estimated bends to a few
// wild values. An hour is an anomaly when it lies outside a band that hours without
// fault leave about as often as Options.Rate says: measured over a hundred years of
// each kind of noise, at most 1.3 times as often, and with exponential tails far less.
// Levels that jump and stay are episodes of their own, not thousands of anomalies.
// Hours without data, outages that read zero and meters that hang are gaps.
//
// [Find] does it all for points in memory; a [Builder] takes them one by one.
package anomaly

import (
	"math"
	"time"
)

// Point is a value of a meter: energy, volume or mean power of the time that begins at
// Time. Values finer than an hour are averaged over the hour.
type Point struct {
	Time  time.Time
	Value float64
	Temp  float64 // outdoor temperature in °C; NaN is unknown
}

// Options of [Find] and [Builder]; the zero value has sensible defaults.
type Options struct {
	// Zone in which people live by the clock; UTC when nil.
	Zone *time.Location
	// Rate is how many hours a year may be called anomalies though nothing is wrong: a
	// target that heavy tails exceed by up to a third. 2 when it is not above 0, and
	// 1000 at most.
	Rate float64
	// Holiday says which days are like Sundays; nil: none.
	Holiday func(day time.Time) bool
}

// DefaultRate is a false alarm every half year and meter: what a person who looks
// after a hundred meters can follow up, four a week.
const DefaultRate = 2

func (o Options) withDefaults() Options {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if !(o.Rate > 0) {
		o.Rate = DefaultRate
	}
	o.Rate = min(o.Rate, 1000)
	return o
}

// Result is what is found.
type Result struct {
	N     int        `json:"n"`     // values that were given and are numbers
	Hours int        `json:"hours"` // with a value
	Score int        `json:"scored_hours"`
	From  *time.Time `json:"from,omitempty"`
	To    *time.Time `json:"to,omitempty"`

	Why string `json:"why,omitempty"` // "insufficient data: …": then there is nothing but gaps

	Rate          float64 `json:"rate"`                    // false alarms a year that were allowed
	ExpectedFalse float64 `json:"expected_false"`          // that makes of the hours that were scored
	LimitLow      float64 `json:"limit_low,omitempty"`     // scores beyond which an hour is an anomaly; below zero
	LimitHigh     float64 `json:"limit_high,omitempty"`    //
	Temperature   bool    `json:"temperature,omitempty"`   // its effect was taken into account
	TypicalScale  float64 `json:"typical_scale,omitempty"` // median of the standard deviations, in the unit of values

	Anomalies []Anomaly `json:"anomalies"`
	Episodes  []Episode `json:"episodes"`
	Gaps      []Gap     `json:"gaps"`
	Advice    []Advice  `json:"advice"`
}

// Anomaly is an hour outside its band.
type Anomaly struct {
	TS       time.Time `json:"ts"`
	Value    float64   `json:"value"`
	Expected float64   `json:"expected"`
	Low      float64   `json:"low"`
	High     float64   `json:"high"`
	Score    float64   `json:"score"` // robust standard deviations from what was expected
}

// Kinds of episodes.
const (
	KindHours = "hours"       // anomalies that belong together
	KindShift = "level shift" // the level jumped, and stayed for a week at least
)

// Episode is a stretch of time with too much or too little.
type Episode struct {
	Kind      string    `json:"kind"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`        // not included
	Open      bool      `json:"open"`      // it goes on until the end of the data
	Direction string    `json:"direction"` // "high" or "low"
	Hours     int       `json:"hours"`     // with a value
	Excess    float64   `json:"excess"`    // sum of values less what was expected; below zero when too little
	Peak      float64   `json:"peak"`      // the score that is farthest from zero
	Change    float64   `json:"change"`    // mean excess an hour; of a level shift the jump itself
	// Interval of the change, 95 %; only of level shifts, whose level is estimated.
	ChangeLow  *float64 `json:"change_low,omitempty"`
	ChangeHigh *float64 `json:"change_high,omitempty"`
}

// maxScore is as far as scores go: beyond it "how far" says nothing more.
const maxScore = 100

// Find finds anomalies in points, which may be in any order.
func Find(points []Point, opts Options) *Result {
	b := NewBuilder(opts)
	for _, p := range points {
		b.Add(p)
	}
	return b.Result()
}

// Result is what the values so far tell.
func (b *Builder) Result() *Result {
	opts := b.opts
	result := &Result{N: b.n, Rate: opts.Rate, Anomalies: []Anomaly{}, Episodes: []Episode{}, Gaps: []Gap{}}
	g, why := b.grid()
	result.Why = why
	if g == nil {
		result.Advice = advice(result, g)
		return result
	}
	from, to := g.time(0), g.time(len(g.value))
	result.From, result.To = &from, &to
	gaps := g.missing()
	gaps = append(gaps, g.hung()...)
	for _, v := range g.value {
		if !math.IsNaN(v) {
			result.Hours++
		}
	}
	if result.Why = g.insufficient(); result.Why != "" {
		result.Gaps, result.Advice = sortGaps(gaps), advice(result, g)
		return result
	}

	// The second look is free of what the first has found.
	m := fit(g, nil)
	flags := m.flags(opts.Rate, centre)
	gaps = append(gaps, m.outages(flags)...)
	m = fit(g, m.marked(m.episodes(flags)))
	flags = m.flags(opts.Rate, outer)
	gaps = append(gaps, m.outages(flags)...)
	m.caughtUp(gaps, flags)

	result.Temperature, result.TypicalScale = m.curve != nil, m.typical
	result.LimitLow, result.LimitHigh = -m.limitLow, m.limitHigh
	for i, flagged := range flags {
		if !math.IsNaN(m.expected[i]) && !math.IsNaN(g.value[i]) {
			result.Score++
		}
		if flagged {
			result.Anomalies = append(result.Anomalies, Anomaly{TS: g.time(i), Value: g.value[i], Expected: m.expected[i],
				Low: m.expected[i] - m.limitLow*m.scale[i], High: m.expected[i] + m.limitHigh*m.scale[i], Score: m.score(i)})
		}
	}
	result.ExpectedFalse = opts.Rate * float64(result.Score) / hoursPerYear
	result.Episodes = append(result.Episodes, m.shifts()...)
	for _, s := range m.episodes(flags) {
		result.Episodes = append(result.Episodes, m.episode(s))
	}
	sortEpisodes(result.Episodes)
	result.Gaps = sortGaps(gaps)
	result.Advice = advice(result, g)
	return result
}

// hoursPerYear is that of the Gregorian calendar.
const hoursPerYear = 365.2425 * 24
