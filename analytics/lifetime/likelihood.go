package lifetime

import "math"

// maxPoints is how many different ages a likelihood is summed over again and again as
// they are. Beyond, ages that differ by less than grain of themselves are one, at the
// mean of their logarithms. That moves the ends of intervals by some grain^2, far
// below any digit that matters, and keeps a fit of millions of units within seconds.
// The maximum itself is then found for the ages as they are.
const (
	maxPoints = 20_000
	grain     = 3e-4
)

// point is how many units left at, or entered at, a logarithm of age.
type point struct{ y, failed, censored float64 }

// sample is data as a likelihood sees it, for one family. In place of mu and sigma it
// uses
//
//	a = mu / sigma, b = 1 / sigma, so that z = b y - a,
//
// since in these the logarithm of the likelihood of censored data is concave
// (Burridge, A note on maximum likelihood estimation for regression models using
// grouped data, JRSS B 43, 1981): one maximum, and convex regions around it. Left
// truncation subtracts a concave term and gives no such promise; with units that
// were watched for any length of time it holds in practice.
type sample struct {
	kernel   kernel
	exits    []point
	entries  []point // in y and censored
	centre   float64 // of the logarithms: y = ln t - centre
	failures float64
	jacobian float64 // sum of the logarithms of the times of failure
	sumFail  float64 // sum of y of failures
	distinct int     // times of failure
	spread   float64 // standard deviation of y of failures
	full     *sample // with all ages as they are, until the maximum is found; nil if this is so

	// others is what is known of b from elsewhere: a logarithm of a likelihood and
	// its first two derivatives. Nil for nothing.
	others func(b float64) (l, d1, d2 float64)
}

// newSample leaves out what a family on (0, inf) says nothing of: units that were
// never seen to run. Those that failed at age 0 are the caller's to tell of.
func newSample(d *Data, k kernel) *sample {
	s := &sample{kernel: k}
	for _, x := range d.exits {
		if x.time > 0 && x.failed > 0 {
			s.failures += x.failed
			s.jacobian += x.failed * math.Log(x.time)
			s.distinct++
		}
	}
	if s.failures > 0 {
		s.centre = s.jacobian / s.failures
	}
	for _, x := range d.exits {
		if x.time > 0 {
			s.exits = append(s.exits, point{math.Log(x.time) - s.centre, x.failed, x.censored})
		}
	}
	for _, e := range d.entries {
		s.entries = append(s.entries, point{y: math.Log(e.time) - s.centre, censored: e.n})
	}
	if max(len(s.exits), len(s.entries)) > maxPoints {
		full := *s
		s.full = &full
		s.exits, s.entries = thin(s.exits), thin(s.entries)
	}
	var squares float64
	for _, p := range s.exits {
		s.sumFail += p.failed * p.y
		squares += p.failed * p.y * p.y
	}
	if s.failures > 0 {
		s.spread = math.Sqrt(squares / s.failures)
	}
	return s
}

// thin makes one of neighbours.
func thin(points []point) []point {
	var out []point
	var begin, sum, n float64
	for i, p := range points {
		w := p.failed + p.censored
		if i == 0 || p.y-begin > grain {
			begin, sum, n = p.y, 0, 0
			out = append(out, point{})
		}
		sum, n = sum+w*p.y, n+w
		last := &out[len(out)-1]
		last.y, last.failed, last.censored = sum/n, last.failed+p.failed, last.censored+p.censored
	}
	return out
}

// derivatives are the gradient and the matrix of second derivatives in a and b.
type derivatives struct{ a, b, aa, ab, bb float64 }

// at is the logarithm of the likelihood but for the constant jacobian.
func (s *sample) at(a, b float64) (l float64, d derivatives) {
	if !(b > 0) {
		return math.Inf(-1), d
	}
	add := func(y, n, f, d1, d2 float64) {
		l += n * f
		d.a -= n * d1
		d.b += n * d1 * y
		d.aa += n * d2
		d.ab -= n * d2 * y
		d.bb += n * d2 * y * y
	}
	for _, p := range s.exits {
		z := b*p.y - a
		if p.failed > 0 {
			f, d1, d2 := s.kernel.density(z)
			add(p.y, p.failed, f, d1, d2)
		}
		if p.censored > 0 {
			f, d1, d2 := s.kernel.survival(z)
			add(p.y, p.censored, f, d1, d2)
		}
	}
	for _, p := range s.entries {
		f, d1, d2 := s.kernel.survival(b*p.y - a)
		add(p.y, -p.censored, f, d1, d2)
	}
	l += s.failures * math.Log(b)
	d.b += s.failures / b
	d.bb -= s.failures / (b * b)
	if s.others != nil {
		f, d1, d2 := s.others(b)
		l, d.b, d.bb = l+f, d.b+d1, d.bb+d2
	}
	if math.IsNaN(l) {
		// Infinity less infinity, far from anything that fits.
		l = math.Inf(-1)
	}
	return l, d
}

// profile is the maximum over a of the Weibull's logarithm of the likelihood at b,
// which has a closed form, and its first two derivatives.
func (s *sample) profile(b float64) (l, d1, d2 float64) {
	a, mean, square := s.weibullLocation(b)
	r := s.failures
	return r*math.Log(b) + b*s.sumFail - r*a - r, r/b + s.sumFail - r*mean, -r/(b*b) - r*(square-mean*mean)
}

// weibullLocation is the a that is best at b, for the Weibull: exp(a) is the sum of
// exp(b y) over exits, less entries, over the number of failures. mean and square
// are of y and its square with those exponentials as weights.
func (s *sample) weibullLocation(b float64) (a, mean, square float64) {
	top := math.Inf(-1)
	for _, p := range s.exits {
		top = max(top, p.y)
	}
	var m0, m1, m2 float64
	add := func(y, n float64) {
		w := n * math.Exp(b*(y-top))
		m0, m1, m2 = m0+w, m1+w*y, m2+w*y*y
	}
	for _, p := range s.exits {
		add(p.y, p.failed+p.censored)
	}
	for _, p := range s.entries {
		add(p.y, -p.censored)
	}
	return b*top + math.Log(m0/s.failures), m1 / m0, m2 / m0
}
