package forecast

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/lifetime"
	"steward/analytics/rate"
)

const (
	// fewFailures are too few for a shape: below, a part is lent that of its likes,
	// or counts as failing at a constant rate.
	fewFailures = 5
	// poorFit is the probability below which a fit is called poor.
	poorFit = 0.05
	// A lognormal law takes the place of the Weibull where it is better by this much
	// of Akaike's criterion, with that many failures at known ages: its tail is
	// forgiving, and it is not to be had by chance.
	clearly        = 6.
	clearlyFailed  = 30
	survivalPoints = 60
	// muchLeft is which share of the time left out of a law is worth a word.
	muchLeft = 0.2
)

// fitted is a part with its law; law is nil without enough data.
type fitted struct {
	Part
	law      *law
	longest  float64 // years
	failures float64
	tables   *tables
}

// fit is the life of a part from its evidence. lent is its fit with the shape of its
// likes, and may be nil.
func fit(code string, e *evidence, lent *lifetime.Fit) (*fitted, error) {
	data := e.data()
	f := &fitted{Part: Part{Code: code, N: e.n, Failures: e.failures, Survival: []Point{}}, longest: e.longest, failures: e.failures}
	for _, s := range thin(data) {
		f.Survival = append(f.Survival, Point{Years: s.Time, Value: s.Survival, Low: finite(s.Low), High: finite(s.High), AtRisk: s.AtRisk})
	}
	weibull, err := lifetime.FitWeibull(data, level)
	if err != nil && !errors.Is(err, lifetime.ErrInsufficient) {
		return nil, err
	}
	if weibull != nil {
		if p := weibull.Goodness(data.KaplanMeier(level)).PValue; p < poorFit {
			f.Poor = true
			f.Why = fmt.Sprintf("the Weibull law fits lives of known age poorly (p = %.2g): several causes of failure may be mixed", p)
		}
	}
	if share := e.left / max(e.exposure, 1e-9); share > muchLeft {
		f.Why = joined(f.Why, fmt.Sprintf("%.0f %% of the time watched is of parts of which nobody knows the age, nor that of their device: the law leaves it out", 100*share))
	}
	why := insufficient(fmt.Sprintf("%.0f failures do not tell a shape, at least %d at different ages are needed", e.failures, fewFailures))
	switch {
	case e.failures == 0:
		f.none(insufficient("no failure was seen"), 0)
		return f, nil
	case e.failures >= fewFailures && f.joint(e, weibull):
	case lent != nil:
		f.take(fromFit(lent), lent.Shape(), lent.Scale(), lent.Quantile(0.1), lent.Failures)
		f.Why = joined(f.Why, fmt.Sprintf("%.0f failures are too few for a shape of its own: it has the shape of all models of the class", lent.Failures))
	default:
		f.none(why, e.failures)
		l := constant(e.failures, e.exposure)
		f.law, f.Family = &l, string(lifetime.Exponential)
		// How often it fails is known, and not whether it wears: an age by which a tenth
		// has failed would be one of the assumption.
		r := rate.Of(int(e.failures), e.exposure, level)
		f.Rate = &Estimate{Value: finite(e.failures / e.exposure), Low: r.Low, High: r.High, N: e.failures}
		if r.Low != nil && r.High != nil && *r.Low > 0 {
			b10 := -math.Log1p(-0.1)
			f.B10.Why = joined(why, fmt.Sprintf("at a constant rate a tenth would have failed by %.2g to %.2g years", b10 / *r.High, b10 / *r.Low))
		}
	}
	f.lognormal(data, weibull)
	if !f.law.usable() {
		f.law, f.Family, f.LogMean, f.LogSD, f.Rate = nil, "", nil, nil, nil
		f.none(insufficient("the law has lives or an uncertainty beyond all numbers"), e.failures)
		f.Cov = [2][2]float64{}
	}
	return f, nil
}

func (f *fitted) none(why string, n float64) {
	f.Why = joined(f.Why, why)
	f.Shape, f.Scale, f.B10 = Estimate{N: n, Why: why}, Estimate{N: n, Why: why}, Estimate{N: n, Why: why}
}

// joint is the Weibull law of all the evidence.
func (f *fitted) joint(e *evidence, start *lifetime.Fit) bool {
	place, form := math.Log(e.exposure/e.failures), 0.0
	if start != nil && start.Failures >= fewFailures {
		place, form = math.Log(start.Scale().Value), math.Log(start.Shape().Value)
	}
	// Failures over time bound the mean life, whatever the shape.
	mean := e.exposure / e.failures
	l := newLikelihood(e, mean)
	if l.failures < fewFailures {
		return false
	}
	m, ok := l.climb(place, form)
	if !ok {
		if m, ok = l.climb(math.Log(mean), 0.3); !ok {
			return false
		}
	}
	law := law{family: lifetime.Weibull, place: m.place, form: m.form, cov: m.cov, failures: l.failures}
	contour := l.contour(m)
	of := func(g func(place, form float64) float64) lifetime.Estimate {
		v := g(m.place, m.form)
		low, high := v, v
		if contour == nil {
			v, low, high = m.wald(g)
		}
		for _, p := range contour {
			x := g(p[0], p[1])
			low, high = min(low, x), max(high, x)
		}
		return lifetime.Estimate{Value: math.Exp(v), Interval: lifetime.Interval{Low: math.Exp(low), High: math.Exp(high)}}
	}
	f.take(law,
		of(func(_, form float64) float64 { return form }),
		of(func(place, _ float64) float64 { return place }),
		of(func(place, form float64) float64 { return place + math.Exp(-form)*math.Log(-math.Log1p(-0.1)) }),
		l.failures)
	return true
}

// wald stands in where the likelihood does not bound the parameters.
func (m maximum) wald(g func(place, form float64) float64) (v, low, high float64) {
	v = g(m.place, m.form)
	l := law{place: m.place, form: m.form, cov: m.cov}
	sum := 0.0
	for _, side := range l.around() {
		d := (g(side[0].place, side[0].form) - g(side[1].place, side[1].form)) / 2
		sum += d * d
	}
	half := distuv.UnitNormal.Quantile((1+level)/2) * math.Sqrt(sum)
	return v, v - half, v + half
}

func (f *fitted) take(l law, shape, scale, b10 lifetime.Estimate, n float64) {
	f.law, f.Family, f.Cov = &l, string(lifetime.Weibull), l.cov
	f.Cov[0][0], f.Cov[1][1] = l.cov[1][1], l.cov[0][0] // shape comes first there
	f.Shape, f.Scale, f.B10 = estimate(shape, n), estimate(scale, n), estimate(b10, n)
}

// lognormal takes its place where it is clearly better, for lives of known age.
func (f *fitted) lognormal(data *lifetime.Data, weibull *lifetime.Fit) {
	if weibull == nil || weibull.Failures < clearlyFailed {
		return
	}
	l, err := lifetime.FitLognormal(data, level)
	if err != nil || weibull.AIC-l.AIC < clearly || l.Failures < 0.5*f.failures {
		return
	}
	law := fromFit(l)
	f.law, f.Family, f.B10 = &law, string(lifetime.Lognormal), estimate(l.Quantile(0.1), l.Failures)
	f.LogMean, f.LogSD = finite(l.Mu().Value), finite(l.Sigma().Value)
	f.Why = joined(f.Why, "a lognormal law fits clearly better than the Weibull, of which shape and scale are")
	if p := l.Goodness(data.KaplanMeier(level)).PValue; !(p < poorFit) {
		f.Poor = false
	}
}

func thin(d *lifetime.Data) []lifetime.Step {
	return d.KaplanMeier(level).Thin(survivalPoints)
}

func estimate(e lifetime.Estimate, n float64) Estimate {
	low, high := e.Interval.Bounds()
	return Estimate{Value: finite(e.Value), Low: low, High: high, N: n}
}

func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return &x
}

func insufficient(why string) string { return "insufficient data: " + why }

// joined joins reasons, the main one first.
func joined(reasons ...string) string {
	out := ""
	for _, r := range reasons {
		switch {
		case r == "":
		case out == "":
			out = r
		default:
			out += "; " + r
		}
	}
	return out
}
