package lifetime

import (
	"fmt"
	"math"
)

// Advice is what the numbers mean or what they are not good for: a code for
// machines, one sentence for people.
type Advice struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Codes of Advice.
const (
	CodeWearOut         = "wear_out"
	CodeRandom          = "random"
	CodeInfantMortality = "infant_mortality"
	CodeNoUnits         = "no_units"
	CodeNoFailures      = "no_failures"
	CodeOneFailure      = "one_failure"
	CodeNoFit           = "no_fit"
	CodeFewFailures     = "few_failures"
	CodePoorFit         = "poor_fit"
	CodeLognormal       = "lognormal_better"
	CodeUndecided       = "distribution_undecided"
	CodeExtrapolated    = "extrapolated"
	CodeFailedAtZero    = "failed_at_zero"
	CodeRiskSetEmpty    = "risk_set_empty"
	CodeBeginsLate      = "begins_late"
	CodeWald            = "wald_intervals"
	CodePooled          = "pooled"
	CodeNotPooled       = "not_pooled"
)

const (
	// fewFailures is below which the ends of a shape's interval are more than a factor
	// of 2 apart, and maximum likelihood gives a shape that is too high: by 16 % on
	// average for ten that all failed (Thoman, Bain and Antle, Inferences on the
	// parameters of the Weibull distribution, Technometrics 11, 1969).
	fewFailures = 10
	// poorFit is the probability below which a fit is called poor.
	poorFit = 0.05
	// clearly is the difference of AIC above which one model is preferred (Burnham and
	// Anderson, Model Selection and Multimodel Inference, 2002, section 2.6).
	clearly = 2
)

// advise says what a reader of the result has to know.
func advise(d *Data, r *Result, weibull, lognormal *Fit, curve *Curve) []Advice {
	advice := []Advice{}
	say := func(code, format string, args ...any) {
		advice = append(advice, Advice{code, fmt.Sprintf(format, args...)})
	}
	percent := fmt.Sprintf("%g %%", 100*r.Level)
	switch {
	case d.n == 0:
		say(CodeNoUnits, "there are no units")
		return advice
	case weibull != nil:
		shape := r.Weibull.Intervals.Shape
		switch {
		case shape.Low > 1:
			say(CodeWearOut, "the shape is above 1 (%s): the risk grows with age, and replacing by age can pay", shape)
		case shape.High < 1:
			say(CodeInfantMortality, "the shape is below 1 (%s): the risk falls with age, and replacing by age does harm; look for faults of manufacture and installation", shape)
		default:
			say(CodeRandom, "the shape may be 1 (%s): the failures could as well be random, and replacing by age is not shown to pay", shape)
		}
		if need := failuresNeeded(shape, weibull.Failures); weibull.Failures < fewFailures && need > weibull.Failures {
			say(CodeFewFailures, "%.0f failures leave the intervals wide and the shape likely too high; about %.0f would bring the ends of its interval within a factor of 2", weibull.Failures, need)
		}
	case d.failures-d.failedAtZero() == 0:
		say(CodeNoFailures, "none of the units has failed: a rate is at most %s (%s, one-sided), and B10 at least what is listed for shapes that are assumed; two failures at different ages would give a shape", short(rateHigh(r)), percent)
	case d.failures-d.failedAtZero() == 1:
		say(CodeOneFailure, "one failure gives a constant rate and no shape; bounds are listed for shapes that are assumed; one more failure at another age would give a shape")
	default:
		say(CodeNoFit, "%s; a constant rate is given, and bounds for shapes that are assumed", r.Why)
	}
	if n := d.failedAtZero(); n > 0 {
		say(CodeFailedAtZero, "%.0f failed at age 0: the fits leave them out and are of units that ran at all; the Kaplan-Meier curve has them", n)
	}
	if !math.IsNaN(curve.Emptied) {
		say(CodeRiskSetEmpty, "all units that were watched at age %s had failed then, before others were old enough to be watched: the Kaplan-Meier curve is 0 from there on and says nothing of them; the fits do", short(curve.Emptied))
	} else if curve.Begin > 0 {
		say(CodeBeginsLate, "no unit was watched before age %s: the Kaplan-Meier curve is of units that have reached it, and what the fits say of younger ones is extrapolated", short(curve.Begin))
	}
	better := weibull
	if r.Better == Lognormal {
		better = lognormal
	}
	if weibull != nil && lognormal != nil {
		switch by := weibull.AIC - lognormal.AIC; {
		case by > clearly:
			say(CodeLognormal, "a lognormal fits better (AIC lower by %.1f); its B10 is %s", by, shortOrNone(r.Lognormal.B10))
		case math.Abs(by) <= clearly:
			say(CodeUndecided, "Weibull and lognormal fit alike (AIC differs by %.1f); where they differ, as beyond age %s, neither is proven", math.Abs(by), short(d.Longest()))
		}
	}
	if better == nil {
		return advice
	}
	var fit FitResult
	if better == lognormal {
		fit = r.Lognormal.FitResult
	} else {
		fit = r.Weibull.FitResult
	}
	if p := fit.Goodness.PValue; p != nil && *p < poorFit {
		say(CodePoorFit, "the %s fits poorly (p = %.2g): at age %s it is %.1f percentage points from the Kaplan-Meier curve; several causes of failure or kinds of unit may be mixed", better.Distribution, *p, short(fit.Goodness.KMGapAt), 100*fit.Goodness.KMGap)
	}
	if better.Method == Wald || weibull != nil && weibull.Method == Wald {
		say(CodeWald, "the likelihood does not bound the parameters; the intervals are approximate ones, symmetric on a logarithmic scale")
	}
	for _, b := range []struct {
		name string
		age  *float64
	}{{"B10", fit.B10}, {"B50", fit.B50}} {
		if b.age == nil || *b.age > d.Longest() {
			say(CodeExtrapolated, "%s lies beyond the greatest age seen, %s: it rests on the %s going on as before", b.name, short(d.Longest()), better.Distribution)
			break
		}
	}
	return advice
}

// failuresNeeded is how many failures of the same kind bring the ends of the shape's
// interval within a factor of 2: the width of the logarithm falls with the root.
func failuresNeeded(shape Interval, failures float64) float64 {
	ratio := math.Log(shape.High/shape.Low) / math.Ln2
	return math.Ceil(failures * ratio * ratio)
}

// String is for sentences.
func (i Interval) String() string { return short(i.Low) + " to " + short(i.High) }

func short(x float64) string {
	if math.IsInf(x, 0) {
		return "no bound"
	}
	if x >= 1000 && x < 1e9 {
		return fmt.Sprintf("%.0f", x) // and not 2.81e+04
	}
	return fmt.Sprintf("%.4g", x)
}

func shortOrNone(x *float64) string {
	if x == nil {
		return "beyond any number"
	}
	return short(*x)
}

func rateHigh(r *Result) float64 {
	if r.Exponential == nil {
		return math.Inf(1)
	}
	return r.Exponential.RateInterval.High
}
