package forecast

import (
	"math"

	"steward/analytics/lifetime"
)

// law is a distribution of lives in years, with what is not known of it.
type law struct {
	family lifetime.Distribution
	// place and form are the logarithms of scale and shape of a Weibull distribution,
	// or the mean and the logarithm of the standard deviation of the logarithm of a
	// lognormal life.
	place, form float64
	cov         [2][2]float64 // of place and form
	failures    float64
}

// hazard is the cumulative hazard at an age: minus the logarithm of survival.
func (l *law) hazard(t float64) float64 {
	if t <= 0 {
		return 0
	}
	if l.family != lifetime.Lognormal {
		return math.Exp(min(700, math.Exp(l.form)*(math.Log(t)-l.place)))
	}
	z := (math.Log(t) - l.place) / math.Exp(l.form)
	if z > 30 {
		// Mills' ratio: where Erfc runs out of exponents.
		return z*z/2 + math.Log(z) + 0.5*math.Log(2*math.Pi)
	}
	return -math.Log(math.Erfc(z/math.Sqrt2) / 2)
}

func (l *law) survival(t float64) float64 { return math.Exp(-l.hazard(t)) }

// mean life in years.
func (l *law) mean() float64 {
	if l.family == lifetime.Lognormal {
		s := math.Exp(l.form)
		return math.Exp(l.place + s*s/2)
	}
	return math.Exp(l.place) * math.Gamma(1+math.Exp(-l.form))
}

// usable tells whether forecasts can be made by a law and its neighbours: parts live
// for half a minute at least on average, and nothing is without bound.
func (l *law) usable() bool {
	const least = 1e-6 // years
	all := [][2]law{{*l, *l}}
	for _, side := range append(all, l.around()...) {
		for _, x := range side {
			if !(x.mean() > least) || math.IsInf(x.place, 0) || math.IsNaN(x.form) || math.Abs(x.form) > 20 {
				return false
			}
		}
	}
	return true
}

// around are laws one standard error away along two directions that are independent
// of one another: the columns of a square root of the covariance. The variance of any
// smooth quantity is the sum over directions of the square of half the difference
// between both sides, which is the delta method (Meeker and Escobar 1998, appendix
// B.2) with differences in place of derivatives.
func (l *law) around() [][2]law {
	var list [][2]law
	a := math.Sqrt(max(0, l.cov[0][0]))
	root := [][2]float64{{a, 0}, {0, 0}}
	if a > 0 {
		root[0][1] = l.cov[0][1] / a
	}
	root[1][1] = math.Sqrt(max(0, l.cov[1][1]-root[0][1]*root[0][1]))
	for _, r := range root {
		if r[0] == 0 && r[1] == 0 {
			continue
		}
		plus, minus := *l, *l
		plus.place, plus.form = l.place+r[0], l.form+r[1]
		minus.place, minus.form = l.place-r[0], l.form-r[1]
		list = append(list, [2]law{plus, minus})
	}
	return list
}

// constant is the law of a constant rate, of so many failures in so many years. The
// logarithm of the rate has the variance of one over the failures.
func constant(failures, exposure float64) law {
	return law{family: lifetime.Exponential, place: math.Log(exposure / failures), cov: [2][2]float64{{1 / failures, 0}, {0, 0}}, failures: failures}
}

// fromFit is the law of a fit. Its covariance is of mu and sigma.
func fromFit(f *lifetime.Fit) law {
	l := law{family: f.Distribution, place: f.Mu().Value, failures: f.Failures}
	s := f.Sigma().Value
	c := f.Covariance
	sign := 1.0
	if f.Distribution == lifetime.Weibull {
		sign = -1 // the shape is one over sigma
	}
	l.form = sign * math.Log(s)
	l.cov = [2][2]float64{{c[0][0], sign * c[0][1] / s}, {sign * c[0][1] / s, c[1][1] / (s * s)}}
	return l
}
