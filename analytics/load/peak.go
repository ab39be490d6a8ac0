package load

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

func quadratic(a, b float64) float64 { return math.Hypot(a, b) }

// Demand is the highest mean power and how well it is used.
type Demand struct {
	KW         Estimate   `json:"kw"`          // the interval is that of the meter's class
	At         *time.Time `json:"at"`          // when
	Mean       Estimate   `json:"mean"`        // kW
	LoadFactor Estimate   `json:"load_factor"` // mean over peak
	// Steps within a tenth below the peak: how many there are to move.
	Near     int     `json:"near"`
	Coverage float64 `json:"coverage"`
}

// Class is the accuracy class of a meter: its error stays within so many per cent
// (IEC 62053-21 and -22, GB/T 17215.321 and .322; for low loads and power factors the
// standards allow more, which is left out).
type Class float64

// DefaultClass is that of ordinary three-phase meters.
const DefaultClass Class = 1

// standard is the relative standard uncertainty: errors anywhere within the class are
// equally likely (JCGM 100:2008, 4.3.7).
func (c Class) standard() float64 {
	if !(c > 0 && c <= 10) {
		c = DefaultClass
	}
	return float64(c) / 100 / math.Sqrt(3)
}

const (
	fewestSteps = 96  // a day of quarters of an hour
	peakKnown   = 0.9 // of the time has to be known before the highest is the highest
)

// Peak is the demand of a curve, whose step is that of the demand: 15 minutes, or an
// hour. A maximum meter of a gap is not known: below nine tenths of the time there is
// none.
func Peak(c *Curve, class Class) Demand {
	d := Demand{Coverage: c.coverage()}
	n := len(c.Uses)
	why := Estimate{}
	switch {
	case n < fewestSteps:
		why = insufficient(n, "%d values, and a peak takes %d", n, fewestSteps)
	case d.Coverage < peakKnown:
		why = insufficient(n, "only %.0f %% of the time is known: the peak may have been in the rest", 100*d.Coverage)
	}
	if why.Why != "" {
		d.KW, d.Mean, d.LoadFactor = why, why, why
		return d
	}
	peak, sum := math.Inf(-1), 0.0
	var at time.Time
	for _, u := range c.Uses {
		kW := c.kW(u)
		sum += kW / float64(n)
		if kW > peak {
			peak, at = kW, u.At.In(c.Zone)
		}
	}
	for _, u := range c.Uses {
		if kW := c.kW(u); kW >= 0.9*peak {
			d.Near++
		}
	}
	u := distuv.UnitNormal.Quantile(0.975) * class.standard()
	spread := func(v float64) Estimate { return known(v, v-u*math.Abs(v), v+u*math.Abs(v), n) }
	d.KW, d.Mean, d.At = spread(peak), spread(sum), &at
	if peak > 0 {
		// One meter measures both: its error divides out.
		d.LoadFactor = known(sum/peak, sum/peak, sum/peak, n)
	} else {
		d.LoadFactor = Estimate{N: n, Why: fmt.Sprintf("insufficient data: the peak is %g kW, and nothing is a share of it", peak)}
	}
	return d
}

// Reactive is the active and reactive energy of a step.
type Reactive struct {
	At    time.Time
	KWh   float64
	KVArh float64 // inductive above zero; capacitive below counts as well
}

// DefaultPowerFactor is the limit for large users in China's rules for adjusting the
// price by the power factor (1983, 水电财字第215号); 0.85 holds for other industry and
// commerce, and 0.80 for farming.
const DefaultPowerFactor = 0.90

// Idle is what a poor power factor amounts to.
type Idle struct {
	PowerFactor Estimate `json:"power_factor"` // of all energy, as it is billed
	Hours       float64  `json:"hours"`        // below the limit
	Share       float64  `json:"share"`        // of the hours with load
	KVArh       Estimate `json:"kvarh"`        // beyond what the limit allows, in those hours
	KVAr        Estimate `json:"kvar"`         // of compensation that would have been enough in 95 % of them
	Limit       float64  `json:"limit"`
	Why         string   `json:"why,omitempty"`
}

// PowerFactor compares steps with a limit. Steps without load have no power factor:
// those below a hundredth of the largest are left out.
func PowerFactor(steps []Reactive, step time.Duration, limit float64, class Class) Idle {
	if !(limit > 0 && limit < 1) {
		limit = DefaultPowerFactor
	}
	r := Idle{Limit: limit}
	if step <= 0 {
		r.Why = "insufficient data: a step of no length"
		return r
	}
	largest := 0.0
	for _, s := range steps {
		if math.Abs(s.KWh) <= sane && math.Abs(s.KVArh) <= sane {
			largest = max(largest, s.KWh)
		}
	}
	allowed := math.Sqrt(1-limit*limit) / limit // kvarh per kWh
	var n int
	var active, reactive, beyond, loaded float64
	var missing []float64
	for _, s := range steps {
		if !(math.Abs(s.KWh) <= sane && math.Abs(s.KVArh) <= sane) || !(s.KWh > largest/100) {
			continue
		}
		n++
		q := math.Abs(s.KVArh)
		active, reactive, loaded = active+s.KWh, reactive+q, loaded+step.Hours()
		if more := q - allowed*s.KWh; more > 0 {
			r.Hours += step.Hours()
			beyond += more
			missing = append(missing, more/step.Hours())
		}
	}
	if n < fewestSteps {
		r.Why = fmt.Sprintf("insufficient data: %d values with load, and a power factor takes %d", n, fewestSteps)
		e := Estimate{N: n, Why: r.Why}
		r.PowerFactor, r.KVArh, r.KVAr, r.Hours = e, e, e, 0
		return r
	}
	r.Share = r.Hours / loaded
	// Active and reactive energy are measured apart; for reactive energy the classes
	// are twice as wide (IEC 62053-23: 2 and 3).
	up, uq := class.standard()*active, 2*class.standard()*reactive
	factor := func(p, q float64) float64 { return p / math.Hypot(p, q) }
	k := distuv.UnitNormal.Quantile(0.975)
	pf := factor(active, reactive)
	half := k * pf * (1 - pf*pf) * math.Hypot(up/active, uq/max(reactive, math.SmallestNonzeroFloat64))
	if reactive == 0 {
		half = 0
	}
	r.PowerFactor = known(pf, max(pf-half, 0), min(pf+half, 1), n)
	half = k * math.Hypot(allowed*up, uq) * r.Share
	r.KVArh = known(beyond, max(beyond-half, 0), beyond+half, n)
	if len(missing) == 0 {
		r.KVAr = known(0, 0, 0, n)
	} else {
		r.KVAr = percentile(missing, 0.95)
	}
	return r
}
