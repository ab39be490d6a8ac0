package energy

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/baseline"
	"steward/analytics/load"
	"steward/analytics/nightflow"
	"steward/internal/findings"
)

// estimate is a number with its interval of 95 %.
type estimate struct{ value, low, high float64 }

func (e estimate) ok() bool {
	return !math.IsNaN(e.value+e.low+e.high) && !math.IsInf(e.value+e.low+e.high, 0)
}

var unknown = estimate{math.NaN(), math.NaN(), math.NaN()}

func (e estimate) times(f float64) estimate {
	if f < 0 {
		return estimate{e.value * f, e.high * f, e.low * f}
	}
	return estimate{e.value * f, e.low * f, e.high * f}
}

func fromLoad(e load.Estimate) estimate {
	if e.Value == nil || e.Low == nil || e.High == nil {
		return unknown
	}
	return estimate{*e.Value, *e.Low, *e.High}
}

func fromFlow(e nightflow.Estimate) estimate { return estimate{e.Value, e.Low, e.High} }

// fromSavings is what was used more than the baseline.
func fromSavings(s *baseline.Savings) estimate {
	if s.Value == nil || s.Low == nil || s.High == nil {
		return unknown
	}
	return estimate{*s.Value, *s.Low, *s.High}.times(-1)
}

// fromAmount is an amount that is known.
func fromAmount(a findings.Amount) estimate {
	e := estimate{*a.Value, *a.Value, *a.Value}
	if a.Low != nil && a.High != nil {
		e.low, e.high = *a.Low, *a.High
	}
	return e
}

// amount is an estimate as it is reported.
func (e estimate) amount(unit, why string) findings.Amount {
	if !e.ok() {
		return findings.Amount{Unit: unit, Why: why}
	}
	return findings.Amount{Value: &e.value, Low: &e.low, High: &e.high, Unit: unit, Why: why}
}

// meanOf is the mean of independent values with Student's interval; unknown of less
// than two.
func meanOf(values []float64) estimate {
	n := float64(len(values))
	if n < 2 {
		return unknown
	}
	mean, squares := 0., 0.
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * math.Sqrt(squares/(n-1)/n)
	return estimate{mean, mean - half, mean + half}
}

// difference is how much lower a level is after than before, of days that resemble
// the day before: each standard error is that of n(1-ρ)/(1+ρ) independent days, with
// ρ the autocorrelation at lag one (H. von Storch, F. Zwiers, Statistical Analysis in
// Climate Research, 1999, section 6.6.8), the degrees of freedom are Welch's.
func difference(before, after []float64) estimate {
	m1, v1, n1 := meanVariance(before)
	m2, v2, n2 := meanVariance(after)
	if n1 < 2 || n2 < 2 {
		return unknown
	}
	a, b := v1/n1, v2/n2
	d := m1 - m2
	if a+b == 0 {
		return estimate{d, d, d}
	}
	freedom := (a + b) * (a + b) / (a*a/(n1-1) + b*b/(n2-1))
	half := distuv.StudentsT{Sigma: 1, Nu: max(freedom, 1)}.Quantile(0.975) * math.Sqrt(a+b)
	return estimate{d, d - half, d + half}
}

// meanVariance are of values; n is how many independent ones they are worth.
func meanVariance(values []float64) (mean, variance, n float64) {
	n = float64(len(values))
	if n < 2 {
		return 0, 0, n
	}
	for _, v := range values {
		mean += v / n
	}
	lagged := 0.
	for i, v := range values {
		variance += (v - mean) * (v - mean)
		if i > 0 {
			lagged += (v - mean) * (values[i-1] - mean)
		}
	}
	if variance > 0 {
		if rho := min(max(lagged/variance, 0), 0.9); rho > 0 {
			independent := max(n*(1-rho)/(1+rho), 2)
			return mean, variance / (n - 1), independent
		}
	}
	return mean, variance / (n - 1), n
}
