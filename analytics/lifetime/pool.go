package lifetime

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Group is the units of one kind: of a model, say.
type Group struct {
	Name string
	Data *Data
}

// PoolOptions say when a group is lent the shape of all.
type PoolOptions struct {
	Level float64 // of intervals; 0.95 when 0
	// FewFailures is how many failures a group must have to stand alone; 5 when 0.
	FewFailures float64
	// Alpha is the probability at which shapes that differ more are not pooled; 0.05
	// when 0.
	Alpha float64
}

// Pooled is what Pool has found.
type Pooled struct {
	// Shape is what the groups have in common, with an interval by likelihood ratio;
	// the value is NaN if no shape could be estimated.
	Shape Estimate
	// EqualShape tests whether they have it in common.
	EqualShape EqualShape
	Groups     []PooledGroup // as the groups were given
}

// EqualShape is the likelihood ratio test of one shape for all against a shape for
// each, of the groups that have one. Pooling rests on its not being refused, and it
// refuses little when few have failed.
type EqualShape struct {
	Statistic float64 // chi squared
	DF        int     // groups less one; 0 when fewer than two have a shape
	PValue    float64 // NaN when DF is 0
}

// PooledGroup is a group with the fit that serves it best.
type PooledGroup struct {
	Name string
	// Fit is nil when even the shape of the others does not help; Why then says so.
	Fit *Fit
	// Pooled says that the shape of Fit is that of all groups, which is part of its
	// intervals.
	Pooled bool
	// Bound is for a group without failures: its scale at least, if its shape is that
	// of all.
	Bound *Weibayes
	Why   string // why it is pooled, or why there is no fit; "" for a fit of its own
}

// Pool fits a Weibull to each group: alone where enough have failed, and otherwise
// with a scale of its own and a shape in common with all the groups, unless their
// shapes are seen to differ. Models of one kind of device wear by the same mechanism
// more often than they wear as fast (Nelson, Accelerated Testing, 1990, chapter 5,
// and Abernethy's New Weibull Handbook on Weibayes, both of which take a common
// shape). The interval of a pooled group includes what is not known of the shape: it
// is by the likelihood of all groups, each of the others at the scale that suits it
// best.
func Pool(groups []Group, o PoolOptions) (*Pooled, error) {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.FewFailures == 0 {
		o.FewFailures = 5
	}
	if o.Alpha == 0 {
		o.Alpha = 0.05
	}
	p := &Pooled{Shape: Estimate{math.NaN(), Interval{math.NaN(), math.NaN()}}, EqualShape: EqualShape{PValue: math.NaN()}}
	samples := make([]*sample, len(groups))
	distinct := 0
	for i, g := range groups {
		own, err := FitWeibull(g.Data, o.Level)
		if err != nil && !errors.Is(err, ErrInsufficient) {
			return nil, err
		}
		result := PooledGroup{Name: g.Name, Fit: own}
		if err != nil {
			result.Why = err.Error()
		}
		p.Groups = append(p.Groups, result)
		samples[i] = newSample(g.Data, extreme{})
		distinct = max(distinct, samples[i].distinct)
	}
	common := p.common(samples, -1)
	if distinct < 2 || common == nil {
		return p, nil
	}
	b, ok := maximize(common)
	if !ok {
		return p, nil
	}
	p.test(samples)
	p.Shape = Estimate{b, profileInterval(common, b, o.Level)}
	for i, g := range groups {
		r := &p.Groups[i]
		switch {
		case g.Data.failures >= o.FewFailures && r.Fit != nil:
			continue
		case len(groups) < 2:
			continue
		case p.EqualShape.DF > 0 && p.EqualShape.PValue < o.Alpha:
			r.Why = joinWhy(r.Why, fmt.Sprintf("not pooled: the shapes of the groups differ (p = %.3g)", p.EqualShape.PValue))
			continue
		case samples[i].failures == 0:
			if bound, ok := g.Data.Weibayes(b, o.Level); ok {
				r.Bound = &bound
				r.Why = joinWhy(r.Why, fmt.Sprintf("with the shape %.3g of all groups only a bound from below", b))
			}
			continue
		}
		s := samples[i]
		s.others = p.common(samples, i)
		if f, err := fitSample(g.Data, s, Weibull, o.Level, b); err == nil {
			r.Fit, r.Pooled = f, true
			r.Why = fmt.Sprintf("%.0f failures are too few for a shape of its own: it has the shape of all groups", s.failures)
		}
	}
	return p, nil
}

func joinWhy(before, more string) string {
	if before == "" {
		return more
	}
	return before + "; " + more
}

// common is the logarithm of the likelihood of a shape for all the groups but one,
// each at its best scale; -1 for all of them. Nil if no other has a failure.
func (p *Pooled) common(samples []*sample, but int) func(b float64) (l, d1, d2 float64) {
	var with []*sample
	for i, s := range samples {
		if i != but && s.failures > 0 {
			with = append(with, s)
		}
	}
	if len(with) == 0 {
		return nil
	}
	return func(b float64) (l, d1, d2 float64) {
		for _, s := range with {
			f, g, h := s.profile(b)
			l, d1, d2 = l+f, d1+g, d2+h
		}
		return l, d1, d2
	}
}

// test compares one shape for all groups that have one with a shape for each.
func (p *Pooled) test(samples []*sample) {
	var apart float64
	var with []*sample
	for i, g := range p.Groups {
		if g.Fit != nil {
			l, _, _ := samples[i].profile(g.Fit.b)
			apart += l
			with = append(with, samples[i])
		}
	}
	if len(with) < 2 {
		return
	}
	together := p.common(with, -1)
	b, ok := maximize(together)
	if !ok {
		return
	}
	l, _, _ := together(b)
	t := &p.EqualShape
	t.Statistic, t.DF = max(0, 2*(apart-l)), len(with)-1
	t.PValue = distuv.ChiSquared{K: float64(t.DF)}.Survival(t.Statistic)
}

// maximize finds where the derivative of a function of b > 0, falling as that of a
// profile does, passes 0. False if it does not.
func maximize(f func(b float64) (l, d1, d2 float64)) (float64, bool) {
	lo, hi := 1.0, 1.0
	for _, d, _ := f(lo); !(d > 0); _, d, _ = f(lo) {
		if lo /= 2; lo < 1e-6 {
			return 0, false
		}
	}
	for _, d, _ := f(hi); d > 0; _, d, _ = f(hi) {
		if hi *= 2; hi > 1e15 {
			return 0, false
		}
	}
	b := (lo + hi) / 2
	for range 200 {
		_, d1, d2 := f(b)
		if d1 > 0 {
			lo = b
		} else {
			hi = b
		}
		next := b - d1/d2
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-b) <= 1e-14*b {
			return next, true
		}
		b = next
	}
	return b, true
}

// profileInterval is where f is within half of chi squared of its maximum at b.
func profileInterval(f func(b float64) (l, d1, d2 float64), b, level float64) Interval {
	top, _, _ := f(b)
	least := top - distuv.ChiSquared{K: 1}.Quantile(level)/2
	end := func(factor float64) float64 {
		in, out := b, b*factor
		for l, _, _ := f(out); l > least; l, _, _ = f(out) {
			in, out = out, out*factor
			if out < 1e-9 || out > 1e18 {
				return out
			}
		}
		for range 100 {
			mid := math.Sqrt(in * out)
			if l, _, _ := f(mid); l > least {
				in = mid
			} else {
				out = mid
			}
		}
		return in
	}
	return Interval{end(0.5), end(2)}
}
