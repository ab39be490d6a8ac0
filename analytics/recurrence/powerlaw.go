package recurrence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// leastEvents is how few events a power law is fitted to: of fewer the interval of
// the exponent spans any trend that there may be.
const leastEvents = 3

// The exponents that are looked at, by logarithm: beyond them the rate of failures is
// a point mass at one end of the ages.
var lowestLogBeta, highestLogBeta = math.Log(1e-6), math.Log(1e6)

// Interval is the limits of an estimate; nil where nothing limits it.
type Interval struct {
	Low, High *float64
	Method    string
}

// MarshalJSON gives [low, high].
func (i Interval) MarshalJSON() ([]byte, error) { return json.Marshal([2]*float64{i.Low, i.High}) }

// Intervals are those of a power law.
type Intervals struct {
	Beta       Interval `json:"beta"`
	MTBF       Interval `json:"mtbf"`
	BetaMethod string   `json:"beta_method"`
	MTBFMethod string   `json:"mtbf_method"`
}

// PowerLaw is the power-law process: a unit fails at the rate lambda beta t^(beta-1)
// at age t, and has failed lambda t^beta times by then.
type PowerLaw struct {
	Events float64 `json:"events"`
	Units  int     `json:"units"`
	// Beta is by maximum likelihood: below 1 failures become rarer, above 1 more
	// frequent. BetaUnbiased has no bias, which of few events is large; it does not
	// exist for units that were not watched from age 0.
	Beta         *float64 `json:"beta"`
	BetaUnbiased *float64 `json:"beta_unbiased"`
	Lambda       *float64 `json:"lambda"` // nil also where it is too large or small for a number
	// MTBF is the instantaneous mean time between failures of a unit at age At, the
	// longest watched: 1 over the rate then, by maximum likelihood.
	MTBF       *float64   `json:"mtbf"`
	At         *float64   `json:"mtbf_at"`
	Intervals  *Intervals `json:"intervals"`
	Level      float64    `json:"level"`
	Likelihood *float64   `json:"log_likelihood"`
	Goodness   *Goodness  `json:"gof"`
	// Differ asks whether units differ by more than luck; nil for a single one.
	Differ *Dispersion `json:"units_differ"`
	// FailureTruncated is of how many units the observation ended with a failure.
	FailureTruncated int `json:"failure_truncated"`
	// AtStart counts events at the very age at which observation begins. A power law
	// has no place for them (units that were dead on arrival), and they are left out.
	AtStart float64 `json:"at_start"`
	Why     string  `json:"why,omitempty"`
}

// Fit fits one power law to all units by maximum likelihood (Crow, Reliability analysis
// for complex, repairable systems, AMSAA TR-138, 1975; MIL-HDBK-189; IEC 61164). Units
// may have been watched over different ages.
//
// The interval of beta is exact (chi-square) when all units were watched from age 0 to
// one and the same age, or when there is one. That of the mean time between failures
// is then exact, too: Crow's (Confidence interval procedures for the Weibull process,
// Technometrics 24, 1982). Otherwise both are by likelihood ratio.
func Fit(d *Data, level float64) PowerLaw {
	s := newStudy(d)
	p := s.fit(level)
	if p.Beta != nil {
		p.Goodness = s.goodness()
	}
	return p
}

// fit is all but the goodness, which may take a thousand times as long.
func (s *study) fit(level float64) PowerLaw {
	p := PowerLaw{Level: level, Events: s.events, Units: s.units, FailureTruncated: s.truncated, AtStart: s.atStart}
	switch {
	case s.events < leastEvents:
		p.Why = fmt.Sprintf("insufficient data: %g events after the start, at least %d needed", s.events, leastEvents)
		return p
	case !(s.logs < 0):
		p.Why = "insufficient data: all events are at the last age watched"
		return p
	}
	beta, ok := s.beta()
	if !ok {
		p.Why = "insufficient data: no power law fits best: the events crowd at one end of the ages watched"
		return p
	}
	exposure := s.exposure(beta)
	p.Beta = &beta
	if s.fromNew && s.tested >= 2 && s.spread > 0 {
		p.BetaUnbiased = finite((s.tested - 1) / s.spread)
	}
	// In units of the longest age the rate there is lambda times beta.
	p.At, p.MTBF = finite(s.longest), finite(s.longest*exposure/(s.events*beta))
	logLambda := math.Log(s.events/exposure) - beta*math.Log(s.longest)
	if l := math.Exp(logLambda); l > 0 {
		p.Lambda = finite(l)
	}
	p.Likelihood = finite(s.events*(logLambda+math.Log(beta)+(beta-1)*math.Log(s.longest)) + (beta-1)*s.logs - s.events)
	p.Intervals = s.intervals(beta, *p.MTBF, level)
	p.Differ = s.dispersion(beta, s.events/exposure)
	return p
}

// study is data as the power law and the trend tests need it, ages in units of the
// longest one watched.
type study struct {
	longest float64
	units   int      // of which anything was watched
	windows []window // each once
	each    []span   // of every unit
	fromNew bool     // all were watched from age 0
	same    bool     // all over the same ages

	events  float64
	logs    float64 // sum of the logarithms of their ages
	atStart float64

	// Given its number of events, a unit's ages are a sample of which the last one is
	// no part if it is what ended the observation.
	ages      []aged
	tested    float64 // events in ages
	spread    float64 // sum of ln(end/age) over them
	truncated int     // units whose observation ended with a failure
}

// window is the ages over which some units were watched, of which the logarithm of
// the first may be -Inf.
type window struct{ from, to, logFrom, logTo, units float64 }

// span is the ages over which a unit was watched and its events.
type span struct{ from, to, events float64 }

// aged is events of a unit at an age, with the ages that it was watched over.
type aged struct{ at, from, to, count float64 }

func newStudy(d *Data) *study {
	s := &study{fromNew: true, each: make([]span, len(d.Units))}
	for _, u := range d.Units {
		if u.End > u.Entry {
			s.longest = max(s.longest, u.End)
		}
	}
	for i, u := range d.Units {
		if u.End > u.Entry {
			s.units++
			s.each[i] = span{from: u.Entry / s.longest, to: u.End / s.longest}
			s.fromNew = s.fromNew && s.each[i].from == 0
		}
	}
	s.windows = windowsOf(s.each)
	s.same = len(s.windows) == 1
	endsWith := make([]bool, len(d.Units)) // the unit's observation ends with a failure that is yet to be taken off
	for _, e := range d.Events {
		if u := d.Units[e.Unit]; e.Time == u.End && u.End > u.Entry && !endsWith[e.Unit] {
			endsWith[e.Unit] = true
			s.truncated++
		}
	}
	s.takeEvents(inOrder(d.Events), d.Units, endsWith)
	return s
}

// windowsOf gathers units that were watched over the same ages: a fleet has few
// windows when its units are watched until the same age, and as many as units when
// until the same day.
func windowsOf(each []span) []window {
	sorted := slices.Clone(each)
	slices.SortFunc(sorted, func(a, b span) int { return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.from, b.from)) })
	var all []window
	for _, u := range sorted {
		last := len(all) - 1
		switch {
		case !(u.to > u.from):
		case last >= 0 && all[last].from == u.from && all[last].to == u.to:
			all[last].units++
		default:
			all = append(all, window{u.from, u.to, math.Log(u.from), math.Log(u.to), 1})
		}
	}
	return all
}

// takeEvents takes events by age, so that sums are the same whatever their order was.
func (s *study) takeEvents(events []Event, units []Unit, endsWith []bool) {
	for _, e := range events {
		u := units[e.Unit]
		at, from, to := e.Time/s.longest, s.each[e.Unit].from, s.each[e.Unit].to
		if !(at > from) { // also where the longest age is so long that this one vanishes
			s.atStart += e.Count
			continue
		}
		s.events += e.Count
		s.each[e.Unit].events += e.Count
		s.logs += e.Count * math.Log(at)
		count := e.Count
		if e.Time == u.End && endsWith[e.Unit] {
			endsWith[e.Unit] = false
			count--
		}
		if count > 0 {
			s.ages = append(s.ages, aged{at: at, from: from, to: to, count: count})
			s.tested += count
			s.spread += count * math.Log(to/at)
		}
	}
}
