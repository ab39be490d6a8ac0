package lifetime

import "math"

// Step is the Kaplan-Meier curve from one age of failure to the next.
type Step struct {
	Time     float64 `json:"time"`
	AtRisk   float64 `json:"at_risk"`  // running and watched just before Time
	Failures float64 `json:"failures"` // at Time
	Censored float64 `json:"censored"` // last seen from Time on and before the next step
	Survival float64 `json:"survival"` // from Time on
	// StdErr is Greenwood's, of Survival.
	StdErr float64 `json:"std_err"`
	// Low and High are the pointwise interval of Survival.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Hazard is Nelson's and Aalen's estimate of the cumulative hazard.
	Hazard       float64 `json:"hazard"`
	HazardStdErr float64 `json:"hazard_std_err"`
}

// Curve is the Kaplan-Meier estimate.
type Curve struct {
	Steps []Step
	// CensoredBefore is how many were last seen before the first failure.
	CensoredBefore float64
	Level          float64
	// Begin is the least age of entry. Above 0 nobody was watched from new, and
	// Survival is of units that have reached this age.
	Begin float64
	// Emptied is the age, if not NaN, at which all who were watched had failed while
	// others were still to enter: the curve is 0 from there on, and says nothing of
	// older units. It comes of few being watched at low ages.
	Emptied float64

	exits   []exit
	entries []entry
}

// KaplanMeier is the curve with pointwise intervals at a level. A unit is at risk
// after its age of entry and up to its exit, so that what fails at an age was at
// risk, what is censored there was too, and what enters there was not yet (Klein and
// Moeschberger, Survival Analysis, 2003, sections 4.2 and 4.6).
//
// Intervals are on the scale of log(-log S), by Greenwood's variance (Kalbfleisch
// and Prentice 1980, section 1.3), and so within 0 and 1. Where the curve has come
// down to 0 that scale ends: the low end is 0, the high one that of the step before,
// which is still right as survival never rises.
func (d *Data) KaplanMeier(level float64) *Curve {
	c := &Curve{Level: level, Emptied: math.NaN(), exits: d.exits, entries: d.entries}
	z := normalQuantile(level)
	if d.n > 0 && d.late == d.n {
		c.Begin = d.entries[0].time
	}
	// At the age 0 all are at risk that entered at 0, and those that enter later not.
	risk, next := d.n-d.late, 0
	// log S, and the sums of Greenwood and of Nelson and Aalen.
	var logS, greenwood, hazard, variance float64
	high := 1.0
	for _, x := range d.exits {
		for next < len(d.entries) && d.entries[next].time < x.time {
			risk += d.entries[next].n
			next++
		}
		if x.failed > 0 {
			hazard += x.failed / risk
			variance += x.failed / (risk * risk)
			s := Step{Time: x.time, AtRisk: risk, Failures: x.failed, Hazard: hazard, HazardStdErr: math.Sqrt(variance)}
			if x.failed < risk && !math.IsInf(logS, -1) {
				logS += math.Log1p(-x.failed / risk)
				greenwood += x.failed / (risk * (risk - x.failed))
				se := math.Sqrt(greenwood)
				s.Survival = math.Exp(logS)
				s.StdErr = s.Survival * se
				width := math.Exp(z * se / -logS)
				s.Low, s.High = math.Exp(logS*width), math.Exp(logS/width)
			} else {
				logS = math.Inf(-1)
				s.High = high
				if math.IsNaN(c.Emptied) && next < len(d.entries) {
					c.Emptied = x.time
				}
			}
			high = s.High
			c.Steps = append(c.Steps, s)
		}
		risk -= x.failed + x.censored
		if len(c.Steps) == 0 {
			c.CensoredBefore += x.censored
		} else {
			c.Steps[len(c.Steps)-1].Censored += x.censored
		}
	}
	return c
}

// At is the survival at an age. Before the first failure it is 1, and its low end the
// survival at which those still watched then would all have come so far with
// probability (1 - level) / 2.
func (c *Curve) At(age float64) Estimate {
	if s := c.step(age); s != nil {
		return Estimate{s.Survival, Interval{s.Low, s.High}}
	}
	risk := 0.0
	for _, x := range c.exits {
		if x.time >= age {
			risk += x.failed + x.censored
		}
	}
	for _, e := range c.entries {
		// A unit that entered late may not have lived to be seen.
		if e.time > 0 {
			risk -= e.n
		}
	}
	low := 0.0
	if risk >= 1 {
		low = math.Pow((1-c.Level)/2, 1/risk)
	}
	return Estimate{1, Interval{low, 1}}
}

func (c *Curve) step(age float64) *Step {
	lo, hi := 0, len(c.Steps)
	for lo < hi {
		if mid := (lo + hi) / 2; c.Steps[mid].Time <= age {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return nil
	}
	return &c.Steps[lo-1]
}

// Quantile is the first age by which a share p has failed, p = 0.5 for the median,
// with the interval of Brookmeyer and Crowley (Biometrics 38, 1982): from where the
// low end of the curve's interval passes 1 - p to where the high one does. What the
// curve does not reach is +Inf.
func (c *Curve) Quantile(p float64) Estimate {
	e := Estimate{math.Inf(1), Interval{math.Inf(1), math.Inf(1)}}
	// One part in a million million is for 1 - p that is not exact.
	limit := (1 - p) * (1 + 1e-12)
	for i := len(c.Steps) - 1; i >= 0; i-- {
		s := &c.Steps[i]
		if s.Survival <= limit {
			e.Value = s.Time
		}
		if s.Low <= limit {
			e.Interval.Low = s.Time
		}
		if s.High <= limit {
			e.Interval.High = s.Time
		}
	}
	return e
}

// Thin is the curve with at most so many steps, at least 2: the first, the last and
// some evenly between. Censored of a step that stays takes in those after it that
// went, and so do the failures not: what a step says of its own age stays true.
func (c *Curve) Thin(most int) []Step {
	n := len(c.Steps)
	if n <= most {
		return c.Steps
	}
	out := make([]Step, most)
	for i := range out {
		from := i * (n - 1) / (most - 1)
		to := n
		if i+1 < most {
			to = (i + 1) * (n - 1) / (most - 1)
		}
		out[i] = c.Steps[from]
		for _, s := range c.Steps[from+1 : to] {
			out[i].Censored += s.Censored
		}
	}
	return out
}
