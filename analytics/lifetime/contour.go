package lifetime

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// contour is the line around the maximum on which the logarithm of the likelihood is
// lower by half of chi squared with one degree of freedom. The values that any
// function of the parameters takes inside are its profile likelihood interval: a
// value belongs to it if, and only if, some parameters that give it are likely
// enough. So one contour, walked once, serves the shape, every quantile, and the
// probability of every device, and costs the likelihood nothing more.
//
// It is kept as distances from the maximum in directions evenly spread over the
// circle that the contour would be, were the likelihood a parabola.
type contour struct {
	a, b   float64    // the maximum
	axes   [3]float64 // a + axes[0] u + axes[1] v, b + axes[2] v for a point (u, v) of the plane of circles
	target float64    // the radius of the circle
	radius []float64
}

// Directions that are tried, and for how many points of data it is still cheap to
// try the more. With very many points there are very many failures or hardly any
// information in each, and the contour is nearly a circle.
const (
	directions     = 72
	fewDirections  = 36
	pointsForFewer = maxPoints
)

// newContour is nil if the contour does not close.
func newContour(s *sample, a, b, top float64, d derivatives, level float64) *contour {
	// The information is L times its transpose; axes are the inverse of that
	// transpose, so that a circle of radius r is where the parabola has lost r^2 / 2.
	laa := math.Sqrt(-d.aa)
	lab := -d.ab / laa
	lbb := math.Sqrt(-d.bb - lab*lab)
	if !(laa > 0 && lbb > 0) {
		return nil
	}
	c := &contour{
		a: a, b: b, axes: [3]float64{1 / laa, -lab / (laa * lbb), 1 / lbb},
		target: math.Sqrt(distuv.ChiSquared{K: 1}.Quantile(level)),
	}
	n := directions
	if len(s.exits)+len(s.entries) > pointsForFewer {
		n = fewDirections
	}
	c.radius = make([]float64, n)
	guess := c.target
	for k := range c.radius {
		r, ok := c.reach(s, top, 2*math.Pi*float64(k)/float64(n), guess)
		if !ok {
			return nil
		}
		c.radius[k], guess = r, r
	}
	return c
}

// at is the point in a direction at a distance.
func (c *contour) at(angle, r float64) (a, b float64) {
	sin, cos := math.Sincos(angle)
	return c.a + r*(c.axes[0]*cos+c.axes[1]*sin), c.b + r*c.axes[2]*sin
}

// reach is how far the contour is in a direction; false if it is not met.
func (c *contour) reach(s *sample, top, angle, guess float64) (float64, bool) {
	// The root of twice the loss grows nearly in proportion to the distance, which
	// suits the secant; it is kept within what is known to be inside and outside.
	excess := func(r float64) float64 {
		a, b := c.at(angle, r)
		l, _ := s.at(a, b)
		return math.Sqrt(max(0, 2*(top-l))) - c.target
	}
	// Where b would be 0 all is lost.
	edge := math.Inf(1)
	if sin := math.Sin(angle); sin < 0 {
		edge = c.b / (c.axes[2] * -sin)
	}
	// Sums of very many logarithms are not known to nine digits of a difference, and
	// to look for what is lost in rounding would take for ever.
	tolerance := max(1e-9, 1e-12*math.Abs(top)) * c.target
	in, fin := 0.0, -c.target
	out := min(guess, 0.9*edge)
	fout := excess(out)
	for fout < 0 {
		if in, fin = out, fout; in > 1e4*c.target {
			return 0, false
		}
		out = min(2*in, (in+edge)/2)
		if out == in {
			return in, true
		}
		fout = excess(out)
	}
	side := 0
	for range 50 {
		r := (in*fout - out*fin) / (fout - fin)
		if !(r > in && r < out) {
			r = (in + out) / 2
		}
		f := excess(r)
		if math.Abs(f) < tolerance || out-in < 1e-12*out {
			return r, true
		}
		// The Illinois method: an end that stays twice loses half of its weight.
		if f < 0 {
			in, fin = r, f
			if side == -1 {
				fout /= 2
			}
			side = -1
		} else {
			out, fout = r, f
			if side == 1 {
				fin /= 2
			}
			side = 1
		}
	}
	return (in + out) / 2, true
}

// between is the distance of the contour in any direction: a cubic between two that
// were tried, with slopes from four neighbours, right to the fourth order.
func (c *contour) between(angle float64) float64 {
	n := len(c.radius)
	x := angle / (2 * math.Pi) * float64(n)
	k := math.Floor(x)
	x -= k
	at := func(i int) float64 { return c.radius[((int(k)+i)%n+n)%n] }
	slope := func(i int) float64 { return (8*(at(i+1)-at(i-1)) - (at(i+2) - at(i-2))) / 12 }
	p, q, sp, sq := at(0), at(1), slope(0), slope(1)
	return p + x*(sp+x*(3*(q-p)-2*sp-sq+x*(2*(p-q)+sp+sq)))
}

// extremum is where on the contour a function is lowest or highest.
type extremum struct{ value, angle float64 }

// extremes are the lowest and the highest value of a function inside the contour.
// They are on it, as inside no function here has a point at which it changes neither
// with a nor with b: each falls, or rises, with a wherever it depends on it at all.
func (c *contour) extremes(of func(a, b float64) float64) (low, high extremum) {
	n := len(c.radius)
	low, high = extremum{value: math.Inf(1)}, extremum{value: math.Inf(-1)}
	for k, r := range c.radius {
		angle := 2 * math.Pi * float64(k) / float64(n)
		v := of(c.at(angle, r))
		if v < low.value {
			low = extremum{v, angle}
		}
		if v > high.value {
			high = extremum{v, angle}
		}
	}
	along := func(angle float64) float64 { return of(c.at(angle, c.between(angle))) }
	h := 2 * math.Pi / float64(n)
	low = peak(func(x float64) float64 { return -along(x) }, extremum{-low.value, low.angle}, h)
	low.value = -low.value
	return low, peak(along, high, h)
}

// peak is the highest value within h of the highest so far, by golden section.
func peak(f func(float64) float64, best extremum, h float64) extremum {
	const golden = 0.618033988749894848
	lo, hi := best.angle-h, best.angle+h
	x, y := hi-golden*(hi-lo), lo+golden*(hi-lo)
	fx, fy := f(x), f(y)
	for range 32 { // h * 0.618^32 is 2e-7 of h: the value is right to the square of that
		if fx > fy {
			hi, y, fy = y, x, fx
			x = hi - golden*(hi-lo)
			fx = f(x)
		} else {
			lo, x, fx = x, y, fy
			y = lo + golden*(hi-lo)
			fy = f(y)
		}
	}
	for _, e := range []extremum{{fx, x}, {fy, y}} {
		if e.value > best.value {
			best = e
		}
	}
	return best
}

// exactly puts an extremum on the contour itself rather than on the line drawn
// between points of it.
func (c *contour) exactly(f *Fit, of func(a, b float64) float64, e extremum) extremum {
	if len(c.radius) == fewDirections {
		return e // the line is nearly a circle, and the likelihood dear
	}
	r, ok := c.reach(f.sample, f.top, e.angle, c.between(e.angle))
	if ok {
		e.value = of(c.at(e.angle, r))
	}
	return e
}
