package forecast

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/analytics/lifetime"
)

const level = 0.95 // of all intervals

// weighted is how many there are at a logarithm of age.
type weighted struct{ y, n float64 }

// remaining is how many residual lives of a cell of device ages lasted so many half
// steps, and failed or did not.
type remaining struct {
	cell, halves int
	failed       bool
	n            float64
}

// likelihood is that of the Weibull law of a part, from lives of known age as they are
// and from residual lives by the theory of renewal.
type likelihood struct {
	exits, fails, enters []weighted
	remaining            []remaining
	oldest, lived        float64
	failures             float64
}

// newLikelihood lays the grid of residual lives for a mean life that is guessed. The
// age of a device that many lives have passed in is as good as without end, and a part
// that lives only a few steps is left to the lives that were seen whole.
func newLikelihood(e *evidence, mean float64) *likelihood {
	l := &likelihood{
		exits: byAge(e.exits), fails: byAge(e.fails), enters: byAge(e.enters),
		lived: e.lived, failures: e.knownFailures,
	}
	if len(e.residuals) == 0 || !(e.oldest > 0) {
		return l
	}
	l.oldest = min(e.oldest, manyLives*mean)
	step := l.oldest / steps
	if mean < fewSteps*step || e.lived > 40*l.oldest {
		l.oldest = 0
		return l
	}
	counts := map[remaining]float64{}
	for k, n := range e.residuals {
		cell := min(steps, int(math.Round(float64(k.device)/daysPerYear/step)))
		halves := int(math.Round(2 * float64(k.lived) / daysPerYear / step))
		counts[remaining{cell: cell, halves: halves, failed: k.failed}] += n
		if k.failed {
			l.failures += n
		}
	}
	for k, n := range counts {
		k.n = n
		l.remaining = append(l.remaining, k)
	}
	slices.SortFunc(l.remaining, func(a, b remaining) int { // sums come out the same each time
		failed := map[bool]int{true: 1}
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.halves, b.halves), failed[a.failed]-failed[b.failed])
	})
	return l
}

const (
	manyLives = 10
	fewSteps  = 4
)

func byAge(m map[int32]float64) []weighted {
	list := make([]weighted, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, weighted{float64(k) * grain, m[k]})
	}
	return list
}

// at is the logarithm of the likelihood of the logarithms of scale and shape.
func (l *likelihood) at(place, form float64) float64 {
	if math.Abs(form) > 5 || math.Abs(place) > 30 {
		return math.Inf(-1)
	}
	shape := math.Exp(form)
	sum := 0.0
	for _, w := range l.exits {
		sum -= w.n * math.Exp(shape*(w.y-place))
	}
	for _, w := range l.enters {
		sum += w.n * math.Exp(shape*(w.y-place))
	}
	for _, w := range l.fails {
		sum += w.n * (form + shape*(w.y-place) - w.y)
	}
	if len(l.remaining) > 0 {
		law := law{family: lifetime.Weibull, place: place, form: form}
		r := newResidual(&law, l.oldest, l.lived)
		whole, of := -1, 1.0
		for _, w := range l.remaining {
			if w.cell != whole {
				whole, of = w.cell, r.survive(w.cell, 0)
			}
			p := r.survive(w.cell, w.halves)
			if w.failed {
				// Within a step around the time, or from now on if that is earlier.
				p = r.survive(w.cell, max(0, w.halves-1)) - r.survive(w.cell, w.halves+1)
			}
			sum += w.n * math.Log(max(p/of, 1e-300))
		}
	}
	if math.IsNaN(sum) {
		return math.Inf(-1)
	}
	return sum
}

// maximum is where the likelihood is greatest, and its curvature there.
type maximum struct {
	place, form float64
	top         float64
	cov         [2][2]float64
}

// climb goes up by Newton's method with differences for derivatives. False when
// nothing bounds the way, as when failures tell no shape.
func (l *likelihood) climb(place, form float64) (maximum, bool) {
	const h = 2e-3
	top := l.at(place, form)
	for range 60 {
		if math.IsInf(top, 0) {
			return maximum{}, false
		}
		pp, pm := l.at(place+h, form), l.at(place-h, form)
		fp, fm := l.at(place, form+h), l.at(place, form-h)
		both, neither := l.at(place+h, form+h), l.at(place-h, form-h)
		g, k := (pp-pm)/(2*h), (fp-fm)/(2*h)
		aa, bb := (pp-2*top+pm)/(h*h), (fp-2*top+fm)/(h*h)
		ab := (both + neither - pp - pm - fp - fm + 2*top) / (2 * h * h)
		det := aa*bb - ab*ab
		concave := aa < 0 && det > 0
		if !concave {
			aa, bb, ab = -math.Abs(aa)-1, -math.Abs(bb)-1, 0
			det = aa * bb
		}
		dp, df := (ab*k-bb*g)/det, (ab*g-aa*k)/det
		if long := max(math.Abs(dp), math.Abs(df)); long > 0.7 {
			dp, df = dp*0.7/long, df*0.7/long
		}
		gain := dp*g + df*k
		if gain < 1e-6 {
			if !concave {
				return maximum{}, false
			}
			return maximum{place, form, top, [2][2]float64{{-bb / det, ab / det}, {ab / det, -aa / det}}}, true
		}
		step := 1.0
		for {
			next := l.at(place+step*dp, form+step*df)
			if next > top {
				place, form, top = place+step*dp, form+step*df, next
				break
			}
			if step /= 2; step < 1e-4 {
				if !concave {
					return maximum{}, false
				}
				return maximum{place, form, top, [2][2]float64{{-bb / det, ab / det}, {ab / det, -aa / det}}}, gain < 1e-2
			}
		}
	}
	return maximum{}, false
}

// contour are points at which the likelihood falls short of its maximum by what chi
// squared allows: the values of a function on it end its likelihood ratio interval
// (Meeker and Escobar 1998, section 8.3). Nil when it does not close.
func (l *likelihood) contour(m maximum) [][2]float64 {
	const directions = 32
	chi := distuv.ChiSquared{K: 1}.Quantile(level)
	a := math.Sqrt(m.cov[0][0])
	b := m.cov[0][1] / a
	c := math.Sqrt(max(0, m.cov[1][1]-b*b))
	points := make([][2]float64, directions)
	r := math.Sqrt(chi)
	for k := range points {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / directions)
		at := func(r float64) (float64, float64) { return m.place + r*a*cos, m.form + r*(b*cos+c*sin) }
		lost := func(r float64) float64 {
			loss := math.Sqrt(max(0, 2*(m.top-l.at(at(r))))) - math.Sqrt(chi)
			return loss
		}
		in, out := 0.0, r
		fin, fout := -math.Sqrt(chi), lost(out)
		for fout < 0 {
			if in, fin, out = out, fout, out*1.6; out > 50 {
				return nil
			}
			fout = lost(out)
		}
		for range 12 {
			mid := (in + out) / 2
			if !math.IsInf(fout, 0) {
				mid = in + (out-in)*fin/(fin-fout)
				mid = min(max(mid, in+0.02*(out-in)), out-0.02*(out-in))
			}
			f := lost(mid)
			if math.Abs(f) < 2e-3 {
				in = mid
				break
			}
			if f < 0 {
				in, fin = mid, f
			} else {
				out, fout = mid, f
			}
		}
		r = in
		x, y := at(r)
		points[k] = [2]float64{x, y}
	}
	return points
}
