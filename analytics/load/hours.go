package load

import (
	"time"
)

// Overrun is what is used when nobody is there, beyond what the night shows to be
// needed.
type Overrun struct {
	Days     int     `json:"days"`      // that are known at least to four fifths
	OpenDays int     `json:"open_days"` // of them with opening hours
	KWh      float64 `json:"kwh"`       // used in all in closed hours
	Share    float64 `json:"share"`     // of all that is used; 0 when that is nothing

	// Excess over the night base, per day and kind of day, and what it comes to a year.
	AfterHours     Estimate `json:"after_hours"`      // kWh a working day, before opening and after closing
	ClosedDays     Estimate `json:"closed_days"`      // kWh a closed day: weekends and holidays
	AfterHoursYear Estimate `json:"after_hours_year"` // kWh
	ClosedDaysYear Estimate `json:"closed_days_year"` // kWh
}

// dayKnown is the share of a day's steps that make it count.
const dayKnown = 0.8

// OutOfHours is what is used while open says that nobody is there: open is asked about
// the middle of each step. Steps beside opening hours, an hour before and after, do
// not count: people come early, and plant has to start.
//
// base is that of [NightBase]: what runs then is another finding.
func OutOfHours(c *Curve, base Base, open func(time.Time) bool) Overrun {
	var o Overrun
	if base.KW.Value == nil {
		o.AfterHours, o.ClosedDays = base.KW, base.KW
		o.AfterHoursYear, o.ClosedDaysYear = base.KW, base.KW
		return o
	}
	night := *base.KW.Value
	total := 0.0
	var after, closed []float64
	var afterBase, closedBase float64 // hours for which the base was taken off
	for i := 0; i < len(c.Uses); {
		day := c.date(c.Uses[i].At)
		steps, opened := 0, false
		excess, used, hours := 0.0, 0.0, 0.0
		for ; i < len(c.Uses) && c.date(c.Uses[i].At) == day; i++ {
			u := c.Uses[i]
			steps++
			total += u.KWh
			middle := u.At.Add(c.Step / 2)
			if open(middle) {
				opened = true
				continue
			}
			if open(middle.Add(time.Hour)) || open(middle.Add(-time.Hour)) {
				continue
			}
			used += u.KWh
			excess += u.KWh - night*c.Step.Hours()
			hours += c.Step.Hours()
		}
		o.KWh += used
		length := time.Date(day.y, day.m, day.d+1, 0, 0, 0, 0, c.Zone).Sub(day.start(c.Zone))
		if float64(steps)*c.Step.Hours() < dayKnown*length.Hours() {
			continue
		}
		o.Days++
		if opened {
			o.OpenDays++
			after, afterBase = append(after, excess), afterBase+hours
		} else {
			closed, closedBase = append(closed, excess), closedBase+hours
		}
	}
	if total > 0 {
		o.Share = o.KWh / total
	}
	o.AfterHours = mean(after).widened(base.KW, afterBase)
	o.ClosedDays = mean(closed).widened(base.KW, closedBase)
	if o.Days > 0 {
		perYear := hoursPerYear / 24 / float64(o.Days)
		o.AfterHoursYear = o.AfterHours.times(perYear * float64(len(after)))
		o.ClosedDaysYear = o.ClosedDays.times(perYear * float64(len(closed)))
	} else {
		o.AfterHoursYear, o.ClosedDaysYear = o.AfterHours, o.ClosedDays
	}
	return o
}

// widened adds to the interval of an excess a day what the base may be off, over the
// hours of all its days together.
func (e Estimate) widened(base Estimate, hours float64) Estimate {
	if e.Value == nil {
		return e
	}
	perDay := hours / float64(e.N)
	low := *e.Value - quadratic(*e.Value-*e.Low, (*base.High-*base.Value)*perDay)
	high := *e.Value + quadratic(*e.High-*e.Value, (*base.Value-*base.Low)*perDay)
	return known(*e.Value, low, high, e.N)
}
