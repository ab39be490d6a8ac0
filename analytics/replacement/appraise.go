package replacement

import (
	"math"
	"slices"
	"time"

	"steward/analytics/forecast"
	"steward/internal/calendar"
	"steward/internal/telemetry"
)

// appraisal is what the policy makes of a device.
type appraisal struct {
	planned, failure         float64 // yuan; 0 unknown
	plannedFrom, failureFrom string

	action    string
	cost      float64 // of the action; 0 unknown
	mandatory bool
	due       calendar.Date // of what is mandatory

	limit    *Limit        // by which it goes; may be nil
	unsure   bool          // nobody knows whether it is of a kind that must go
	undated  bool          // nobody knows since when it serves, and there is a limit that it must go by
	limitEnd calendar.Date // when that is reached; zero when unknown
	verifyBy calendar.Date // likewise

	failures forecast.Estimate // avoided in the year
	avoided  Money
	life     float64  // years for which a new one serves; 0 unknown
	yearly   *float64 // cost
	benefit  *float64
	worth    bool
}

// Where a cost is from.
const (
	fromRegistry = "registry"
	fromClass    = "class"
	fromNowhere  = "unknown"
)

// bought is the first of two amounts that can be meant.
func bought(registry, class float64) (yuan float64, from string) {
	switch {
	case sane(registry):
		return registry, fromRegistry
	case sane(class):
		return class, fromClass
	}
	return 0, fromNowhere
}

func sane(yuan float64) bool { return yuan > 0 && yuan <= maxCost } // not NaN

// year is the one that is planned.
type year struct {
	number int
	asof   calendar.Date // until when lives were watched
}

func (y year) end() calendar.Date {
	return calendar.Date{Year: y.number, Month: time.December, Day: 31}
}

// appraise weighs a device. Repaired says that its failures are repaired.
func (p *Policy) appraise(d *forecast.Prospect, repaired bool, y year) appraisal {
	class := p.Costs(d.Class, d.Medium)
	a := appraisal{action: Replace, life: class.Life}
	a.planned, a.plannedFrom = bought(d.ReplacementCost, class.Replacement)
	a.failure, a.failureFrom = bought(d.FailureCost, class.Failure)
	if l := d.ExpectedLifeYears; l > 0 && l <= maxYears {
		a.life = l
	}
	p.duties(d, class, y, &a)
	p.worth(d, repaired, &a)
	a.cost = a.planned
	if a.action == Verify {
		if a.worth {
			a.action = Replace // which makes verifying the old one needless
		} else {
			zero := 0.
			a.cost = class.Verification
			if a.cost == 0 {
				a.cost = a.planned // as much as is known
			}
			a.avoided = Money{Value: &zero, Low: &zero, High: &zero, Why: "a verification avoids no failures"}
			a.yearly, a.benefit = nil, nil
		}
	}
	return a
}

// duties finds what the law and standards want until the end of the year.
func (p *Policy) duties(d *forecast.Prospect, class Costs, y year, a *appraisal) {
	var perhaps *Limit
	a.limit, perhaps = p.limitOf(d)
	// Only meters are verified. What else has such a date is inspected by then, which
	// is no reason to replace it nor to let it serve for longer.
	if verify, err := calendar.ParseDate(d.VerifyBy); err == nil && d.Class == string(telemetry.Meter) {
		a.verifyBy = verify
		// The date of the registry is the very one that the age of a meter stands for.
		a.limit = nil
		if !y.end().Before(verify) {
			a.mandatory, a.due = true, verify
			if class.Verification > 0 {
				a.action = Verify
			}
		}
	}
	installed, known := installation(d, y)
	if perhaps != nil && (!known || !y.end().Before(later(installed, perhaps.Years))) {
		a.unsure = true
	}
	if a.limit == nil {
		return
	}
	if !known {
		a.undated = a.limit.Mandatory
		return
	}
	a.limitEnd = later(installed, a.limit.Years)
	if a.limit.Mandatory && !y.end().Before(a.limitEnd) {
		a.mandatory, a.due, a.action = true, a.limitEnd, a.limit.Action
	}
}

// installation is the day from which a device served, as far as is known.
func installation(d *forecast.Prospect, y year) (calendar.Date, bool) {
	if day, err := calendar.ParseDate(d.InstalledOn); err == nil {
		return day, true
	}
	if d.AgeYears != nil && *d.AgeYears >= 0 && *d.AgeYears <= maxYears {
		return y.asof.Add(-int(math.Round(*d.AgeYears * daysOfYear))), true
	}
	return calendar.Date{}, false
}

const daysOfYear = 365.25

// later is a day so many years on; whole years keep the day of the year.
func later(d calendar.Date, years float64) calendar.Date {
	whole, rest := math.Modf(years)
	on := calendar.DateOf(time.Date(d.Year+int(whole), d.Month, d.Day, 0, 0, 0, 0, time.UTC))
	return on.Add(int(math.Round(rest * daysOfYear)))
}

// worth weighs the failures that a new device avoids within a year against what it
// costs for a year.
//
// Keeping a device a year longer costs its failures of that year, less those that a
// new one would have too; replacing it now costs the yearly share of a new one, for it
// is bought a year earlier. That is the marginal analysis of when to replace (a
// defender against its challenger). Where a failure ends the device, the new one is
// bought after a failure as well: only what a failure costs beyond that is avoided, as
// in age replacement, in which (failure - planned) × hazard is set against the yearly
// cost (Barlow and Proschan, Mathematical Theory of Reliability, 1965, chapter 4).
func (p *Policy) worth(d *forecast.Prospect, repaired bool, a *appraisal) {
	a.failures = fewer(d.Failures365, d.New365)
	each := a.failure
	switch {
	case a.failures.Value == nil:
		a.avoided.Why = a.failures.Why
		return
	case a.planned == 0 || a.failure == 0:
		a.avoided.Why = "insufficient data: nobody knows what replacing it or a failure costs: give replacement_cost_cny and failure_cost_cny in the registry, or costs of its class in the policy of replacement"
		return
	case !repaired:
		each = max(a.failure-a.planned, 0)
	}
	times := func(v *float64) *float64 {
		if v == nil {
			return nil
		}
		yuan := *v * each
		return &yuan
	}
	a.avoided = Money{Value: times(a.failures.Value), Low: times(a.failures.Low), High: times(a.failures.High)}
	if each == 0 {
		a.avoided.Why = "a failure costs no more than a planned replacement"
	}
	if a.life == 0 {
		return
	}
	yearly := a.planned / a.life
	benefit := *a.avoided.Value / yearly
	a.yearly, a.benefit = &yearly, &benefit
	a.worth = benefit > 0 && benefit >= p.LeastBenefit
}

// maxFailures bounds what can be meant by failures of one device in a year.
const maxFailures = 1e5

// fewer is the difference of two estimates, with an interval from theirs (Zou and
// Donner 2008, as in Curve.block). They come from the same lives and go up and down
// together, for which the interval is rather too wide.
func fewer(kept, fresh forecast.Estimate) forecast.Estimate {
	for _, e := range []forecast.Estimate{kept, fresh} {
		if e.Value == nil || !(*e.Value >= 0 && *e.Value <= maxFailures) {
			return forecast.Estimate{N: kept.N, Why: because(e.Why, "insufficient data: its failures are not forecast")}
		}
	}
	value := *kept.Value - *fresh.Value
	d := forecast.Estimate{Value: &value, N: kept.N, Why: kept.Why}
	if kept.Low == nil || kept.High == nil || fresh.Low == nil || fresh.High == nil {
		return d
	}
	low := value - math.Hypot(max(*kept.Value-*kept.Low, 0), max(*fresh.High-*fresh.Value, 0))
	high := value + math.Hypot(max(*kept.High-*kept.Value, 0), max(*fresh.Value-*fresh.Low, 0))
	if math.IsInf(low, 0) || math.IsInf(high, 0) {
		return d
	}
	d.Low, d.High = &low, &high
	return d
}

func median(values []float64) float64 {
	n := len(values)
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}
