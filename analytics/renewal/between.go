package renewal

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Range is within which the optimal age lies.
type Range struct {
	Low  *float64 `json:"low"`  // nil when no life of the region has an optimal age
	High *float64 `json:"high"` // nil also when running to failure is best for some: nothing limits it
	// RunToFailure is of how many lives, in Lives, running to failure is best.
	RunToFailure int `json:"run_to_failure"`
	Lives        int `json:"lives"`
}

// Between is the range of the optimal age over lives that the data do not rule out:
// points of the likelihood region of the parameters, such as its contour or
// [WeibullRegion]. When the region is that of one parameter at a level (a drop of the
// log-likelihood of half a chi-square quantile with one degree of freedom), the range
// is the likelihood interval of the optimal age at that level.
func Between(lives []Life, c Costs) (Range, error) {
	if err := c.Check(); err != nil {
		return Range{}, err
	}
	if len(lives) == 0 {
		return Range{}, errors.New("no lives: give those that the data do not rule out")
	}
	r := Range{Lives: len(lives)}
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range lives {
		p, err := Optimize(l, c, 0)
		if err != nil {
			return Range{}, err
		}
		if p.OptimalAge == nil {
			r.RunToFailure++
			continue
		}
		low, high = min(low, *p.OptimalAge), max(high, *p.OptimalAge)
	}
	if r.RunToFailure < r.Lives {
		r.Low = &low
	}
	if r.RunToFailure == 0 {
		r.High = &high
	}
	return r, nil
}

// WeibullShapes are lives with shapes between two, evenly spaced by logarithm, and one
// scale: for an interval of the shape alone.
func WeibullShapes(low, high, scale float64) ([]Life, error) {
	if !(low > 0) || !(high >= low) {
		return nil, errors.New("the interval of the shape: give two positive numbers, the lower one first")
	}
	const steps = 64
	var lives []Life
	for i := range steps + 1 {
		l, err := Weibull(low*math.Pow(high/low, float64(i)/steps), scale)
		if err != nil {
			return nil, err
		}
		lives = append(lives, l)
	}
	return lives, nil
}

// WeibullRegion is lives within the ellipse of a Weibull's parameters: the covariance
// is that of the logarithms of shape and scale, in this order, and the ellipse such
// that the range of any one function over it is that function's interval at a level.
func WeibullRegion(shape, scale float64, covariance [2][2]float64, level float64) ([]Life, error) {
	a, b, d := covariance[0][0], covariance[0][1], covariance[1][1]
	determinant := a*d - b*b
	if !(a > 0) || !(d > 0) || !(determinant >= 0) || math.IsInf(a+d, 0) || b != covariance[1][0] {
		return nil, errors.New("the covariance of the logarithms of shape and scale is not positive and symmetric")
	}
	if !(level > 0 && level < 1) {
		return nil, errors.New("the level: give a number between 0 and 1, such as 0.95")
	}
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	// Cholesky's factor turns a circle into the ellipse; inner circles are for ages
	// that are least or greatest within.
	sa := math.Sqrt(a)
	const rings, around = 4, 48
	var lives []Life
	for ring := range rings + 1 {
		radius := z * float64(ring) / rings
		for i := range around {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / around)
			u, v := radius*cos, radius*sin
			l, err := Weibull(shape*math.Exp(sa*u), scale*math.Exp(b/sa*u+math.Sqrt(determinant)/sa*v))
			if err != nil {
				return nil, err
			}
			lives = append(lives, l)
			if ring == 0 {
				break
			}
		}
	}
	return lives, nil
}
