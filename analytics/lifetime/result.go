package lifetime

import (
	"errors"
	"fmt"
	"math"
)

// Options of an analysis.
type Options struct {
	Level float64 // of intervals; 0.95 when 0
	// At are ages of which the probability to fail within Horizon is wanted.
	At      []float64
	Horizon float64
	// MaxSteps thins the Kaplan-Meier curve; DefaultSteps when 0, all when negative.
	MaxSteps int
}

// DefaultSteps of a Kaplan-Meier curve are more than a chart can show.
const DefaultSteps = 500

// maxAt bounds the ages of Options.
const maxAt = 10_000

// Result is an analysis in full, as JSON has it. What could not be estimated is
// null, and Why and Advice say for what reason.
type Result struct {
	N         float64 `json:"n"`
	Failures  float64 `json:"failures"`
	Censored  float64 `json:"censored"`
	Late      float64 `json:"entered_late"` // units that were not new when watching began
	TotalTime float64 `json:"total_time"`
	Longest   float64 `json:"longest"` // the greatest age seen
	Level     float64 `json:"level"`

	Weibull     *WeibullResult     `json:"weibull"`
	Lognormal   *LognormalResult   `json:"lognormal"`
	Exponential *ExponentialResult `json:"exponential"`
	// Better is which of Weibull and lognormal is more likely; their numbers of
	// parameters are the same.
	Better Distribution `json:"better,omitempty"`

	// B10 is the age by which 10 % have failed: of the Weibull, as is the custom; of
	// the pooled one if there is that; of the exponential for want of both.
	B10             *float64     `json:"b10"`
	B10Interval     *Interval    `json:"b10_interval"`
	B10Distribution Distribution `json:"b10_distribution,omitempty"`
	// Weibayes are bounds from below for shapes that were assumed, if too few failed
	// for a shape of their own.
	Weibayes []Weibayes `json:"weibayes,omitempty"`

	Median         *float64  `json:"median"` // of the Kaplan-Meier curve
	MedianInterval *Interval `json:"median_interval"`
	KaplanMeier    []Step    `json:"kaplan_meier"`
	// KaplanMeierSteps is how many there are, of which KaplanMeier may be a part.
	KaplanMeierSteps int `json:"kaplan_meier_steps"`

	Conditional []Conditional `json:"conditional,omitempty"`
	Pooled      *PooledResult `json:"pooled,omitempty"`
	Advice      []Advice      `json:"advice"`
	// Why is "insufficient data: …" when there is no Weibull.
	Why string `json:"why,omitempty"`
}

// WeibullResult is a Weibull fit.
type WeibullResult struct {
	Shape         float64 `json:"shape"`
	Scale         float64 `json:"scale"`
	LogLikelihood float64 `json:"log_likelihood"`
	Intervals     struct {
		Shape Interval `json:"shape"`
		Scale Interval `json:"scale"`
	} `json:"intervals"`
	FitResult
}

// LognormalResult is a lognormal fit: the logarithm of the lifetime is normal with
// mean Mu and standard deviation Sigma.
type LognormalResult struct {
	Mu            float64 `json:"mu"`
	Sigma         float64 `json:"sigma"`
	LogLikelihood float64 `json:"log_likelihood"`
	Intervals     struct {
		Mu    Interval `json:"mu"`
		Sigma Interval `json:"sigma"`
	} `json:"intervals"`
	FitResult
}

// FitResult is what all fits have.
type FitResult struct {
	AIC          float64         `json:"aic"`
	Method       Method          `json:"method"` // of the intervals
	B1           *float64        `json:"b1"`
	B1Interval   *Interval       `json:"b1_interval"`
	B10          *float64        `json:"b10"`
	B10Interval  *Interval       `json:"b10_interval"`
	B50          *float64        `json:"b50"`
	B50Interval  *Interval       `json:"b50_interval"`
	Mean         *float64        `json:"mean"`
	MeanInterval *Interval       `json:"mean_interval"`
	Goodness     *GoodnessResult `json:"goodness"`
}

// GoodnessResult is Goodness for JSON.
type GoodnessResult struct {
	Statistic *float64 `json:"statistic"` // chi squared; null if too few failed for a test
	DF        int      `json:"df"`
	PValue    *float64 `json:"p_value"`
	// KMGap is the greatest distance to the Kaplan-Meier curve, as a probability, at
	// the age KMGapAt; KMOutside the share of its steps at which the fit is not within
	// its interval.
	KMGap     float64 `json:"km_gap"`
	KMGapAt   float64 `json:"km_gap_at"`
	KMOutside float64 `json:"km_outside"`
	Cells     []Cell  `json:"cells,omitempty"`
}

// ExponentialResult is a constant failure rate.
type ExponentialResult struct {
	Rate          float64   `json:"rate"`
	RateInterval  Interval  `json:"rate_interval"` // without failures the high end is one-sided
	Mean          *float64  `json:"mean"`
	MeanInterval  *Interval `json:"mean_interval"`
	LogLikelihood *float64  `json:"log_likelihood"`
	AIC           *float64  `json:"aic"`
}

// Conditional is the probability that a unit that has reached an age fails within a
// further time.
type Conditional struct {
	Age         float64   `json:"age"`
	Horizon     float64   `json:"horizon"`
	Probability *float64  `json:"probability"`
	Interval    *Interval `json:"interval"`
	// Distribution it is by: the pooled one, the better one, or the exponential.
	Distribution Distribution `json:"distribution,omitempty"`
	// Extrapolated says that no unit has been seen to the end of it.
	Extrapolated bool `json:"extrapolated"`
}

// PooledResult is a Weibull with the shape that all groups have in common.
type PooledResult struct {
	Shape     float64 `json:"shape"`
	Scale     float64 `json:"scale"`
	Intervals struct {
		Shape Interval `json:"shape"`
		Scale Interval `json:"scale"`
	} `json:"intervals"`
	B10         *float64  `json:"b10"`
	B10Interval *Interval `json:"b10_interval"`
}

// Analyze estimates all that the data allow. An error is of the options; lack of
// data is none, but told in the result.
func Analyze(d *Data, o Options) (*Result, error) {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return analyze(d, o, nil)
}

// analyze is Analyze, of valid options, for units that may have been lent a shape.
func analyze(d *Data, o Options, lent *PooledGroup) (*Result, error) {
	r := &Result{
		N: d.n, Failures: d.failures, Censored: d.n - d.failures, Late: d.late,
		TotalTime: d.totalTime, Longest: d.Longest(), Level: o.Level,
	}
	curve := d.KaplanMeier(o.Level)
	r.setCurve(curve, o.MaxSteps)

	rate, err := d.FailureRate(o.Level)
	if err == nil {
		r.setRate(rate)
	}
	var weibull *Fit
	if lent != nil && lent.Fit != nil && !lent.Pooled {
		weibull = lent.Fit // its own, which need not be found again
	} else if weibull, err = FitWeibull(d, o.Level); err != nil {
		r.Why = err.Error()
		if !errors.Is(err, ErrInsufficient) {
			return nil, err
		}
	}
	lognormal, err := FitLognormal(d, o.Level)
	if err != nil && !errors.Is(err, ErrInsufficient) {
		return nil, err
	}
	running := curve
	if d.running() != d {
		running = d.running().KaplanMeier(o.Level)
	}
	var best *Fit
	if weibull != nil {
		shape, scale := weibull.Shape(), weibull.Scale()
		w := &WeibullResult{Shape: shape.Value, Scale: scale.Value, LogLikelihood: weibull.LogLikelihood, FitResult: fitResult(weibull, running)}
		w.Intervals.Shape, w.Intervals.Scale = shape.Interval, scale.Interval
		r.Weibull, r.Better, best = w, Weibull, weibull
		r.B10, r.B10Interval, r.B10Distribution = w.B10, w.B10Interval, Weibull
	}
	if lognormal != nil {
		mu, sigma := lognormal.Mu(), lognormal.Sigma()
		l := &LognormalResult{Mu: mu.Value, Sigma: sigma.Value, LogLikelihood: lognormal.LogLikelihood, FitResult: fitResult(lognormal, running)}
		l.Intervals.Mu, l.Intervals.Sigma = mu.Interval, sigma.Interval
		r.Lognormal = l
		if best == nil || lognormal.LogLikelihood > best.LogLikelihood {
			r.Better, best = Lognormal, lognormal
		}
	}
	if weibull == nil {
		for _, shape := range []float64{1, 2, 3} {
			if w, ok := d.Weibayes(shape, o.Level); ok {
				r.Weibayes = append(r.Weibayes, w)
			}
		}
	}
	if lent != nil && lent.Pooled {
		r.setPooled(lent.Fit)
		best = lent.Fit
	}
	for _, age := range o.At {
		r.Conditional = append(r.Conditional, conditional(d, best, rate, age, o.Horizon))
	}
	r.Advice = advise(d, r, weibull, lognormal, curve)
	if lent != nil && lent.Pooled {
		r.Advice = append(r.Advice, Advice{CodePooled, lent.Why + "; B10 and probabilities are by that shape"})
	} else if lent != nil && lent.Why != "" {
		if lent.Bound != nil {
			r.Weibayes = append(r.Weibayes, *lent.Bound)
		}
		r.Advice = append(r.Advice, Advice{CodeNotPooled, lent.Why})
	}
	return r, nil
}

func (o Options) check() error {
	if !(o.Level > 0 && o.Level < 1) {
		return fmt.Errorf("level %v is not between 0 and 1", o.Level)
	}
	if len(o.At) > maxAt {
		return fmt.Errorf("%d ages; at most %d", len(o.At), maxAt)
	}
	for _, age := range o.At {
		if err := check("age", age); err != nil {
			return err
		}
	}
	if len(o.At) > 0 && !(o.Horizon > 0) {
		return fmt.Errorf("horizon %v is not a time ahead", o.Horizon)
	}
	return check("horizon", o.Horizon)
}

func (r *Result) setCurve(c *Curve, most int) {
	median := c.Quantile(0.5)
	if r.Median = finite(median.Value); r.Failures > 0 {
		r.MedianInterval = &median.Interval
	}
	if most == 0 {
		most = DefaultSteps
	}
	r.KaplanMeierSteps, r.KaplanMeier = len(c.Steps), c.Steps
	if most > 0 {
		r.KaplanMeier = c.Thin(max(most, 2))
	}
	if r.KaplanMeier == nil {
		r.KaplanMeier = []Step{}
	}
}

// setRate also takes the B10 from the rate, for want of better.
func (r *Result) setRate(rate Rate) {
	e := &ExponentialResult{
		Rate: rate.Value, RateInterval: rate.Interval,
		Mean: finite(1 / rate.Value), MeanInterval: &Interval{1 / rate.Interval.High, 1 / rate.Interval.Low},
		LogLikelihood: finite(rate.LogLikelihood), AIC: finite(rate.AIC),
	}
	r.Exponential = e
	if rate.Value > 0 {
		tenth := -math.Log1p(-0.1)
		r.B10, r.B10Distribution = finite(tenth/rate.Value), Exponential
		r.B10Interval = &Interval{tenth / rate.Interval.High, tenth / rate.Interval.Low}
	}
}

func (r *Result) setPooled(f *Fit) {
	shape, scale, b10 := f.Shape(), f.Scale(), f.Quantile(0.1)
	p := &PooledResult{Shape: shape.Value, Scale: scale.Value, B10: finite(b10.Value), B10Interval: &b10.Interval}
	p.Intervals.Shape, p.Intervals.Scale = shape.Interval, scale.Interval
	r.Pooled = p
	r.B10, r.B10Interval, r.B10Distribution = p.B10, p.B10Interval, WeibullPooled
}

func fitResult(f *Fit, curve *Curve) FitResult {
	r := FitResult{AIC: f.AIC, Method: f.Method}
	set := func(e Estimate) (*float64, *Interval) { return finite(e.Value), &e.Interval }
	r.B1, r.B1Interval = set(f.Quantile(0.01))
	r.B10, r.B10Interval = set(f.Quantile(0.1))
	r.B50, r.B50Interval = set(f.Quantile(0.5))
	r.Mean, r.MeanInterval = set(f.Mean())
	g := f.Goodness(curve)
	r.Goodness = &GoodnessResult{DF: g.DF, PValue: finite(g.PValue), KMGap: g.Gap, KMGapAt: g.GapAt, KMOutside: g.Outside, Cells: g.Cells}
	if g.DF > 0 {
		r.Goodness.Statistic = finite(g.Statistic)
	}
	return r
}

// conditional is by the best fit, or else by the constant rate.
func conditional(d *Data, best *Fit, rate Rate, age, horizon float64) Conditional {
	c := Conditional{Age: age, Horizon: horizon, Extrapolated: age+horizon > d.Longest()}
	switch {
	case best != nil:
		e := best.Conditional(age, horizon)
		c.Probability, c.Interval, c.Distribution = finite(e.Value), &e.Interval, best.name()
	case d.totalTime > 0:
		fails := func(rate float64) float64 { return -math.Expm1(-rate * horizon) }
		if rate.Value > 0 {
			c.Probability = finite(fails(rate.Value))
		}
		c.Interval = &Interval{fails(rate.Interval.Low), fails(rate.Interval.High)}
		c.Distribution = Exponential
	}
	return c
}
