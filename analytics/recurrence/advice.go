package recurrence

import "fmt"

// Advice is what numbers mean or are not good for, with a code for programs.
type Advice struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Codes of Advice; the first three are also directions of a Trend.
const (
	CodeDeteriorating = string(Deteriorating)
	CodeImproving     = string(Improving)
	CodeSteady        = string(Steady)
	CodeNoTrend       = "no_trend"
	CodeTestsDiffer   = "tests_differ"
	CodePoorFit       = "poor_fit"
	CodeUnitsDiffer   = "units_differ"
	CodeFewEvents     = "few_events"
	CodeAtStart       = "events_at_start"
	CodeFewUnits      = "few_units"
	CodeOneUnit       = "one_unit"
	CodeOpenEnds      = "open_ends"
)

// Below these an estimate is said to be rough.
const (
	fewEvents = 10
	fewUnits  = 10
)

// advise says in words what the result is.
func advise(r *Result, units []Unit) []Advice {
	advice := []Advice{}
	say := func(code, format string, args ...any) {
		advice = append(advice, Advice{code, fmt.Sprintf(format, args...)})
	}
	t, p := &r.Trend, &r.PowerLaw
	switch t.Direction {
	case Deteriorating:
		say(CodeDeteriorating, "failures become more frequent with age: an overhaul, or a replacement by age, may pay")
	case Improving:
		say(CodeImproving, "failures become rarer with age: look for causes in installation and early use, and do not replace by age")
	case Steady:
		say(CodeSteady, "no trend is shown (p %.2g): the rate may be taken for constant, and replacing by age alone saves nothing", t.Handbook.P)
	default:
		say(CodeNoTrend, "no trend can be told: %s", t.Why)
	}
	if t.Direction == Steady && t.Laplace.P < 1-t.Level {
		say(CodeTestsDiffer, "Laplace's test sees a trend (p %.2g) where the other sees none: look at the MCF before taking the rate for constant", t.Laplace.P)
	}
	if g := p.Goodness; g != nil && g.Fits != nil && !*g.Fits {
		say(CodePoorFit, "a power law does not fit (Cramér-von Mises %.3f, critical %.3f): rely on the MCF", *g.Statistic, *g.Critical)
	}
	if p.Differ != nil && p.Differ.P < 0.01 {
		say(CodeUnitsDiffer, "units differ by more than luck (p %.2g), some are worse than others: the power law's intervals are too narrow, those of the MCF are not", p.Differ.P)
	}
	if p.Beta != nil && p.Events < fewEvents {
		say(CodeFewEvents, "%.0f events: the power law's intervals are wide", p.Events)
	}
	if p.AtStart > 0 {
		say(CodeAtStart, "events at the age at which observation begins (%.0f) are in the MCF and not in the power law and the trend", p.AtStart)
	}
	if r.Units > 1 && r.Units < fewUnits && r.Events > 0 {
		say(CodeFewUnits, "%d units: the MCF's intervals, which come from how units differ, are rough", r.Units)
	}
	if r.Units == 1 && r.Events > 0 {
		say(CodeOneUnit, "one unit: the MCF's intervals take failures for independent of one another")
	}
	open := 0
	for _, u := range units {
		if u.Open {
			open++
		}
	}
	if open > 0 {
		say(CodeOpenEnds, "%d of %d units have no end of observation and are taken to be watched until their last event, which makes failures look more frequent: add a row with event 0 for each", open, len(units))
	}
	return advice
}
