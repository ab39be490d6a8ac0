package baseline

import (
	"fmt"
	"math"
	"time"
)

// Savings are what a reporting period used less than its baseline: below zero it used
// more. Sums are over the hours or days that have a value, a temperature and a
// prediction; of an hour or day that is measured in part, that part is predicted.
type Savings struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`

	Value     *float64 `json:"value"` // predicted - observed; nil when data are insufficient
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	Level     float64  `json:"level"`
	Fraction  *float64 `json:"fraction"` // of what was predicted
	Predicted *float64 `json:"predicted"`
	Observed  *float64 `json:"observed"` // over the same hours or days
	Finding   string   `json:"finding"`  // avoided, excess, or none when the interval holds zero

	N            int     `json:"n"`            // hours or days in the sums
	Expected     int     `json:"expected"`     // of the period
	Coverage     float64 `json:"coverage"`     // share of the period that is in the sums
	Extrapolated int     `json:"extrapolated"` // of N, hotter or colder than the baseline by more than a tenth of its range

	Method   string    `json:"method"` // of the interval
	ASHRAE14 *ASHRAE14 `json:"ashrae14"`
	Advice   []Check   `json:"advice"`
	Why      string    `json:"why,omitempty"` // "insufficient data: …"
	Warnings []string  `json:"warnings"`
}

// ASHRAE14 is the uncertainty by the formula of ASHRAE Guideline 14, which auditors
// know. The interval of [Savings] is another: see there.
type ASHRAE14 struct {
	HalfWidth  float64  `json:"half_width"`
	FSU        *float64 `json:"fractional_savings_uncertainty"` // half width over savings
	Rho        float64  `json:"rho"`
	NEffective float64  `json:"n_effective"`
}

// Findings.
const (
	Avoided = "avoided"
	Excess  = "excess"
	None    = "none"
)

// method names how intervals come about, for those who must repeat them.
const method = "exact variance of the sum of least squares predictions and of the noise, noise inflated for autocorrelation"

// minReporting is the coverage below which a warning is due.
const minReporting = 0.9

// beyondRange is how far beyond the baseline's range of temperatures, as a part of it,
// a prediction is an extrapolation (CalTRACK 3.7.5.2).
const beyondRange = 0.1

// Savings of a reporting period from a time up to, not including, another; zero times
// mean from the first and to the last point. Give the times: what is missing at the
// ends is then counted.
//
// The interval is that of Σ(predicted - observed): the parameters' uncertainty as it
// adds up over the period, g'(X'X)⁻¹g with g the sum of the predictors, and the noise
// of each hour or day, both times the variance of the residuals and their
// autocorrelation's inflation (see [Noise]).
func (m *Model) Savings(points []Point, from, to time.Time) (*Savings, error) {
	v := &Savings{From: from, To: to, Level: m.Level, Finding: None, Method: method, Advice: []Check{}, Warnings: []string{}}
	s, err := m.report(points, &v.From, &v.To)
	if err != nil || s == nil {
		v.Why = "insufficient data: there are no values in the reporting period"
		return v, err
	}
	v.Warnings = append(v.Warnings, s.warnings...)
	v.Expected = len(s.units)
	form, err := m.shape()
	if err != nil || form == nil {
		v.Why = m.Why
		return v, err
	}
	total := form.sum()
	var predicted, observed, weight, squares, largest float64
	margin := beyondRange * (m.TempMax - m.TempMin)
	for i := range s.units {
		u := &s.units[i]
		value, _, ok := form.at(u)
		if !ok || !u.hasValue {
			continue
		}
		v.N++
		predicted += u.share * value
		observed += u.share * u.value
		weight += u.share
		squares += u.share * u.share
		largest = max(largest, math.Abs(value), math.Abs(u.value))
		total.add(u, u.share)
		if u.temp < m.TempMin-margin || u.temp > m.TempMax+margin {
			v.Extrapolated++
		}
	}
	v.Coverage = weight / float64(max(v.Expected, 1))
	if v.N == 0 {
		v.Why = "insufficient data: no " + m.unitName() + " of the reporting period has a value, a temperature and a prediction"
		return v, nil
	}
	v.Observed = known(observed)
	if !m.Sufficiency.OK {
		v.Why = m.Sufficiency.Why
		return v, nil
	}
	v.warnings(m)
	v.Predicted, v.Value = known(predicted), known(predicted-observed)
	if predicted > 0 {
		v.Fraction = known((predicted - observed) / predicted)
	}
	m.interval(v, predicted, predicted-observed, squares, total.leverage(), rounded*largest*weight)
	return v, nil
}

func (m *Model) unitName() string {
	if m.Kind == Hourly {
		return "hour"
	}
	return "day"
}

func (v *Savings) warnings(m *Model) {
	if v.Coverage < minReporting {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%.1f %% of the reporting period is in the sums; nothing is said of the rest", 100*v.Coverage))
	}
	if v.Extrapolated > 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d of %d %ss lie more than a tenth outside the baseline's %.1f to %.1f °C: there the model extrapolates",
			v.Extrapolated, v.N, m.unitName(), m.TempMin, m.TempMax))
	}
}

// report gathers the points of a reporting period, nil when there are none.
func (m *Model) report(points []Point, from, to *time.Time) (*series, error) {
	zone, err := m.location()
	if err != nil {
		return nil, err
	}
	if points, err = Deduplicate(points); err != nil {
		return nil, err
	}
	points = within(points, *from, *to)
	if len(points) > 0 {
		if from.IsZero() {
			*from = points[0].At
		}
		if to.IsZero() {
			*to = points[len(points)-1].At.Add(time.Second)
			if m.Kind == Daily {
				*to = midnight(civil(*to, zone)+1, zone)
			}
		}
	}
	if from.IsZero() || to.IsZero() {
		return nil, nil
	}
	every := m.Step
	if len(points) >= 3 {
		every = step(points, m.Kind)
	}
	if m.Kind == Hourly && every > 1.5*hourSeconds {
		return nil, fmt.Errorf("values come every %s: the hourly model needs one an hour or more", time.Duration(every)*time.Second)
	}
	return gather(points, grid{kind: m.Kind, zone: zone, from: *from, to: *to, step: every, zeroIsMissing: m.ZeroIsMissing})
}

// interval gives savings their uncertainty, which is never below what rounding adds up
// to: a model that left nothing unexplained would take that for a finding.
func (m *Model) interval(v *Savings, predicted, savings, squares, leverage, rounding float64) {
	if m.Noise.Inflation == nil {
		v.Warnings = append(v.Warnings, fmt.Sprintf("no interval: the residuals are so correlated (%.2f from day to day) that the baseline is worth %.1f independent %ss",
			m.Noise.Rho, m.Noise.NEffective, m.unitName()))
		return
	}
	deviation := m.Stats.RMSE * math.Sqrt(*m.Noise.Inflation*(squares+leverage))
	half := max(student(m.Level, m.Noise.Freedom)*deviation, rounding)
	v.Low, v.High = known(savings-half), known(savings+half)
	switch {
	case savings-half > 0:
		v.Finding = Avoided
	case savings+half < 0:
		v.Finding = Excess
	}
	v.ASHRAE14 = m.ashrae14(m.Level, predicted, savings, squares)
	advice := func(name string, value, limit float64, ok bool, detail string) {
		v.Advice = append(v.Advice, Check{Name: name, OK: ok, Value: known(value), Limit: limit, Detail: detail})
	}
	if deviation > 0 {
		ratio := math.Abs(savings) / deviation
		advice("twice_standard_error", ratio, 2, ratio >= 2, "savings of at least twice their standard error, IPMVP")
	}
	if g := m.ashrae14(0.68, predicted, savings, squares); g != nil && g.FSU != nil {
		advice("fsu_68", *g.FSU, 0.5, *g.FSU <= 0.5, "fractional savings uncertainty at most 50 % at 68 % confidence, ASHRAE Guideline 14")
	}
}

// ashrae14 is 1.26 t CVRMSE √(n/n' (1 + 2/n') / m) / F, with n' = n (1-ρ)/(1+ρ), F the
// fraction saved and m the hours or days of the reporting period (ASHRAE Guideline
// 14-2014, annex B, after Reddy and Claridge, "Uncertainty of “Measured” Energy Savings
// from Statistical Baseline Models", HVAC&R Research 6, 2000). The 1.26 stands for what
// the parameters add, which is right for about a year of baseline and half a year of
// reporting; ρ is that of neighbouring residuals, and negative ones count as none.
func (m *Model) ashrae14(level, predicted, savings, periods float64) *ASHRAE14 {
	if m.Stats.Mean <= 0 || m.Stats.N <= m.Stats.P {
		return nil
	}
	n := float64(m.Stats.N)
	rho := min(max(m.Stats.Rho, 0), 1)
	effective := n * (1 - rho) / (1 + rho)
	if effective <= 0 {
		return nil
	}
	t := student(level, n-float64(m.Stats.P))
	half := 1.26 * t * m.Stats.RMSE / m.Stats.Mean * math.Sqrt(n/effective*(1+2/effective)/periods) * math.Abs(predicted)
	if known(half) == nil {
		return nil // of a level so close to 1 that nothing bounds it
	}
	g := &ASHRAE14{HalfWidth: half, Rho: rho, NEffective: effective}
	if savings != 0 {
		g.FSU = known(half / math.Abs(savings))
	}
	return g
}

// Prediction is what the model says of an hour or day, with the interval in which a
// single one lies.
type Prediction struct {
	At       time.Time `json:"at"`
	Value    float64   `json:"value"`
	Low      *float64  `json:"low"`
	High     *float64  `json:"high"`
	Temp     float64   `json:"temp_c"`
	Observed *float64  `json:"observed"` // of the whole hour or day; nil when it was not measured
}

// Predict predicts every hour or day of the points that has a temperature, for a
// chart's line and band.
func (m *Model) Predict(points []Point) ([]Prediction, error) {
	form, err := m.shape()
	if err != nil || form == nil {
		return nil, err
	}
	var from, to time.Time
	s, err := m.report(points, &from, &to)
	if err != nil || s == nil {
		return nil, err
	}
	t := 0.0
	if m.Noise.Inflation != nil {
		t = student(m.Level, m.Noise.Freedom)
	}
	out := make([]Prediction, 0, len(s.units))
	for i := range s.units {
		u := &s.units[i]
		value, leverage, ok := form.at(u)
		if !ok {
			continue
		}
		p := Prediction{At: u.start, Value: value, Temp: u.temp}
		if m.Noise.Inflation != nil {
			// The noise of one hour or day is not inflated: only its sums are.
			half := t * m.Stats.RMSE * math.Sqrt(1+leverage**m.Noise.Inflation)
			p.Low, p.High = known(value-half), known(value+half)
		}
		if u.hasValue {
			p.Observed = known(u.value)
		}
		out = append(out, p)
	}
	return out, nil
}
