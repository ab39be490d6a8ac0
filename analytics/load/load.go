// Package load reads the load curve of an electricity meter: what runs at night
// ([NightBase]), when nobody is there ([OutOfHours]), and since when more than before
// ([StuckOn]); how high the peak is ([Peak]) and how much of the current is idle
// ([PowerFactor]). [Balance] compares a meter with those behind it.
//
// Every number has its size, its interval and the number of days or values that it is
// made from, or says what data are missing.
package load

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// Use is the energy that went through a meter in the step of time that begins at At.
type Use struct {
	At  time.Time
	KWh float64
}

// Curve is the load curve of a meter. Steps that are missing are left out. It must not
// be modified once it is used.
type Curve struct {
	Step time.Duration  // of all values: an hour, or 15 minutes
	Zone *time.Location // in which people live by the clock; UTC when nil
	Uses []Use          // in the order of time, each step at most once
}

// NewCurve makes a curve of values in any order. Those of one step of time are added
// up; what is not a finite number is left out. A step is a minute at least and a day
// at most.
func NewCurve(uses []Use, step time.Duration, zone *time.Location) (*Curve, error) {
	if step < time.Minute || step > 24*time.Hour {
		return nil, fmt.Errorf("a step of %s is not between a minute and a day", step)
	}
	if zone == nil {
		zone = time.UTC
	}
	c := &Curve{Step: step, Zone: zone, Uses: make([]Use, 0, len(uses))}
	for _, u := range uses {
		if math.Abs(u.KWh) <= sane {
			c.Uses = append(c.Uses, Use{At: u.At.Truncate(step), KWh: u.KWh})
		}
	}
	slices.SortFunc(c.Uses, func(a, b Use) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.KWh, b.KWh)) })
	kept := c.Uses[:0]
	for _, u := range c.Uses {
		if n := len(kept); n > 0 && kept[n-1].At.Equal(u.At) {
			kept[n-1].KWh += u.KWh
		} else {
			kept = append(kept, u)
		}
	}
	c.Uses = kept
	return c, nil
}

// sane bounds what is taken for a number: beyond it sums overflow.
const sane = 1e300

// kW is the mean power of a step.
func (c *Curve) kW(u Use) float64 { return u.KWh / c.Step.Hours() }

// span is the time from the first step until the end of the last.
func (c *Curve) span() time.Duration {
	if len(c.Uses) == 0 {
		return 0
	}
	return c.Uses[len(c.Uses)-1].At.Sub(c.Uses[0].At) + c.Step
}

// coverage is the share of the steps of the span that have a value.
func (c *Curve) coverage() float64 {
	if span := c.span(); span > 0 {
		return min(float64(len(c.Uses))*c.Step.Hours()/span.Hours(), 1)
	}
	return 0
}

// Estimate is a number with its interval of 95 %. Value is nil where there is too
// little data, and Why says what is missing.
type Estimate struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	N     int      `json:"n"` // days, nights or steps that it is made from
	Why   string   `json:"why,omitempty"`
}

func known(value, low, high float64, n int) Estimate {
	if math.IsNaN(value+low+high) || math.IsInf(value+low+high, 0) {
		return Estimate{N: n, Why: "insufficient data: the values are too large to calculate with"}
	}
	return Estimate{Value: &value, Low: &low, High: &high, N: n}
}

func insufficient(n int, format string, args ...any) Estimate {
	return Estimate{N: n, Why: "insufficient data: " + fmt.Sprintf(format, args...)}
}

// times is the estimate in another unit.
func (e Estimate) times(f float64) Estimate {
	if e.Value == nil {
		return e
	}
	a, b := *e.Low*f, *e.High*f
	return known(*e.Value*f, min(a, b), max(a, b), e.N)
}

// mean is the mean of days with its interval. Days resemble the day before: as in the
// method of batch means the interval is that of the means of whole weeks, where there
// are four of them at least, and else that of days (J. Banks et al., Discrete-Event
// System Simulation, 5th ed., section 11.5.5).
func mean(days []float64) Estimate {
	n := len(days)
	if n < fewestDays {
		return insufficient(n, "%d days, and a mean of days takes %d", n, fewestDays)
	}
	batch := 1
	if n >= 28 {
		batch = 7
	}
	var batches []float64
	all := 0.0
	for i := 0; i+batch <= n; i += batch {
		sum := 0.0
		for _, v := range days[i : i+batch] {
			sum += v / float64(batch)
		}
		batches = append(batches, sum)
	}
	for _, v := range days {
		all += v / float64(n)
	}
	k := float64(len(batches))
	middle, squares := 0.0, 0.0
	for _, v := range batches {
		middle += v / k
	}
	for _, v := range batches {
		squares += (v - middle) * (v - middle)
	}
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: k - 1}.Quantile(0.975) * math.Sqrt(squares/(k-1)/k)
	return known(all, all-half, all+half, n)
}

// fewestDays is a week: no day of it is like the others.
const fewestDays = 7

// median is the median of days with the interval between two of them that holds the
// true one with 95 % at least, whatever their distribution (W. J. Conover, Practical
// Nonparametric Statistics, 3rd ed., section 3.2).
func median(days []float64) Estimate {
	n := len(days)
	if n < fewestDays {
		return insufficient(n, "%d nights, and a median with an interval takes %d", n, fewestDays)
	}
	sorted := slices.Sorted(slices.Values(days))
	// The most that may be left out at either end.
	out, p := 0, 0.0
	binomial := distuv.Binomial{N: float64(n), P: 0.5}
	for k := 0; k < n/2; k++ {
		if p += binomial.Prob(float64(k)); p > 0.025 {
			break
		}
		out = k + 1
	}
	out = max(out-1, 0)
	return known(sorted[(n-1)/2]/2+sorted[n/2]/2, sorted[out], sorted[n-1-out], n)
}

// date is a local day.
type date struct {
	y int
	m time.Month
	d int
}

func (c *Curve) date(t time.Time) date {
	y, m, d := t.In(c.Zone).Date()
	return date{y, m, d}
}

func (d date) start(zone *time.Location) time.Time { return time.Date(d.y, d.m, d.d, 0, 0, 0, 0, zone) }

// number is that of the day since 1970.
func (d date) number() int { return int(d.start(time.UTC).Unix() / 86400) }

const hoursPerYear = 365.2425 * 24
