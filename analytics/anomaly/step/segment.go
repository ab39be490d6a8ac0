// Package step finds where the level of a series changes for good: a leak that
// begins, a pump that no longer stops, a meter that has moved. [Segments] cuts a
// series into stretches of constant level, [Jumps] finds sudden changes of a level
// that drifts anyway. Both know how often they see a change where there is none, do
// not mistake single outliers for changes, and measure the noise, with its
// correlation from value to value, themselves.
//
// Values are evenly spaced; a NaN is a missing one. The unit of values is of no
// consequence.
package step

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Options of [Segments]; the zero value has sensible defaults.
type Options struct {
	// Shortest is how many values a level has to last, 3 when it is less than 2.
	Shortest int
	// Alpha is the probability of seeing any change in a series without one, 0.01
	// when it is not between 0 and 1.
	Alpha float64
}

func (o Options) withDefaults() Options {
	if o.Shortest < 2 {
		o.Shortest = 3
	}
	if !(o.Alpha > 0 && o.Alpha < 1) {
		o.Alpha = 0.01
	}
	return o
}

// Segment is a stretch of constant level.
type Segment struct {
	From, To  int     // places in the series, To not included
	First     int     // earliest place at which it may have begun, with 95 % confidence
	Last      int     // latest such place; both are From for the first segment
	N         int     // values there are
	Level, SE float64 // mean of the values without outliers, and its standard error
	Z         float64 // the change from the segment before, in standard errors
}

// maxLength bounds the work, which grows with the square of the length: ten
// years of days.
const maxLength = 3660

// Segments cuts a series by circular binary segmentation (Olshen, Venkatraman, Lucito,
// Wigler, Biostatistics 5, 2004, 557-572): the stretch that differs most from the
// rest is taken out if it differs by more than chance would bring about anywhere in
// the series, and so on in each part. Changes that do not stand against their
// neighbours in the end are undone. Of more than ten years of days only the last ten
// are looked at. There is one segment at least unless no value is there.
func Segments(x []float64, opts Options) ([]Segment, Noise) {
	opts = opts.withDefaults()
	skipped := max(len(x)-maxLength, 0)
	s, ok := newSeries(x[skipped:], opts)
	if !ok {
		return nil, Noise{}
	}
	cuts := s.settle(append(s.cut([]int{0}, 0, len(s.sum)-1), len(s.sum)-1))
	if len(cuts) > 2 {
		// Large steps in a short series are noise to the first look. Without them there
		// is less of it, intervals are narrower, and more may be seen.
		s.measure(s.residuals(cuts))
		cuts = s.settle(append(s.cut([]int{0}, 0, len(s.sum)-1), len(s.sum)-1))
	}
	segments := make([]Segment, 0, len(cuts)-1)
	for i := 1; i < len(cuts); i++ {
		segments = append(segments, s.segment(cuts, i, skipped))
	}
	segments[len(segments)-1].To = len(x)
	return segments, Noise{Sigma: s.noise.Sigma * s.unit, Rho: s.noise.Rho}
}

// series is what there is of a series, in units of its largest value, so that squares
// neither overflow nor vanish.
type series struct {
	opts    Options
	unit    float64
	scaled  []float64 // all values, NaN where there is none
	at      []int     // the place of each value that is there
	sum     []float64 // of all values before, without outliers
	noise   Noise
	longRun float64
}

func newSeries(x []float64, opts Options) (*series, bool) {
	s := &series{opts: opts, scaled: make([]float64, len(x))}
	for _, v := range x {
		if a := math.Abs(v); a <= math.MaxFloat64 { // neither NaN nor infinite
			s.unit = max(s.unit, a)
		}
	}
	if s.unit == 0 {
		s.unit = 1
	}
	for i, v := range x {
		if s.scaled[i] = v / s.unit; math.IsInf(s.scaled[i], 0) {
			s.scaled[i] = math.NaN()
		}
		if !math.IsNaN(s.scaled[i]) {
			s.at = append(s.at, i)
		}
	}
	if len(s.at) == 0 {
		return nil, false
	}
	s.measure(s.scaled)
	return s, true
}

// measure takes the noise from a series without steps, or with few, and calms the
// outliers accordingly.
func (s *series) measure(flat []float64) {
	s.noise = NoiseOf(flat)
	// A series without noise has the noise of its arithmetic: every real step is
	// infinitely sure, and still a finite number.
	s.noise.Sigma = max(s.noise.Sigma, 1e-9)
	s.longRun = s.noise.LongRun()
	there := make([]float64, len(s.at))
	for i, at := range s.at {
		there[i] = s.scaled[at]
	}
	s.sum = make([]float64, len(there)+1)
	for i, v := range calm(there, s.opts.Shortest-1, s.noise.Sigma) {
		s.sum[i+1] = s.sum[i] + v
	}
}

// residuals are the values less the mean of their segment.
func (s *series) residuals(cuts []int) []float64 {
	rest := slices.Repeat([]float64{math.NaN()}, len(s.scaled))
	for c := 1; c < len(cuts); c++ {
		level := s.mean(cuts[c-1], cuts[c])
		for _, at := range s.at[cuts[c-1]:cuts[c]] {
			rest[at] = s.scaled[at] - level
		}
	}
	return rest
}

// cut appends the ends of all segments of the values from lo until hi, but hi.
func (s *series) cut(cuts []int, lo, hi int) []int {
	from, to, z := s.widest(lo, hi)
	if z == 0 || tail(z, hi-lo, s.opts.Shortest) > s.opts.Alpha {
		return cuts
	}
	if from > lo {
		cuts = append(s.cut(cuts, lo, from), from)
	}
	cuts = s.cut(cuts, from, to)
	if to < hi {
		cuts = s.cut(append(cuts, to), to, hi)
	}
	return cuts
}

// widest is the stretch that differs most from the rest of lo to hi, and by how many
// standard errors; both it and what it leaves at either side are long enough.
func (s *series) widest(lo, hi int) (from, to int, z float64) {
	n, m := hi-lo, s.opts.Shortest
	if n < 2*m {
		return 0, 0, 0
	}
	mean := (s.sum[hi] - s.sum[lo]) / float64(n)
	best := 0.0
	for length := m; length <= n-m; length++ {
		weight := float64(n) / (float64(length) * float64(n-length))
		expected := mean * float64(length)
		for i := lo; i+length <= hi; i++ {
			if left, right := i-lo, hi-i-length; left > 0 && left < m || right > 0 && right < m {
				continue
			}
			d := s.sum[i+length] - s.sum[i] - expected
			if q := d * d * weight; q > best {
				best, from, to = q, i, i+length
			}
		}
	}
	return from, to, math.Sqrt(best) / s.longRun
}

// tail is the probability that the widest stretch of n values of pure noise reaches
// z (E. S. Venkatraman, A. B. Olshen, Bioinformatics 23, 2007, 657-663, formula 5,
// after D. Siegmund): two-sided, for stretches of shortest values at least. The
// tests compare it with simulation.
func tail(z float64, n, shortest int) float64 {
	if n < 2*shortest {
		return 1
	}
	const steps = 200
	lo := float64(shortest) / float64(n)
	hi := 1 - lo
	if z > 38 { // the density is below the smallest number
		return 0
	}
	sum := 0.0
	width := math.Log(hi/(1-hi)) - math.Log(lo/(1-lo)) // even steps of the logit resolve the ends
	for i := range steps {
		u := math.Log(lo/(1-lo)) + width*(float64(i)+0.5)/steps
		t := 1 / (1 + math.Exp(-u))
		v := overshoot(z / math.Sqrt(float64(n)*t*(1-t)))
		sum += v * v / (t * t * (1 - t)) * t * (1 - t)
	}
	p := z * z * z * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) / 2 * sum * width / steps
	return min(p, 1)
}

// overshoot is Siegmund's correction for looking at whole places only (Sequential
// Analysis, Springer 1985, formula 4.38), in the closed form of Siegmund and Yakir.
func overshoot(x float64) float64 {
	if x < 1e-6 {
		return 1
	}
	phi := distuv.UnitNormal.CDF(x / 2)
	return 2 / x * (phi - 0.5) / (x/2*phi + distuv.UnitNormal.Prob(x/2))
}

// settle moves every cut to the best place between its neighbours, and takes out,
// one after the other, those that are not significant against their neighbours.
func (s *series) settle(cuts []int) []int {
	for len(cuts) > 2 {
		for i := 1; i < len(cuts)-1; i++ {
			cuts[i] = s.place(cuts[i-1], cuts[i+1])
		}
		weakest, at := s.opts.Alpha, 0
		for i := 1; i < len(cuts)-1; i++ {
			if p := edge(s.z(cuts, i), cuts[i+1]-cuts[i-1], s.opts.Shortest); p > weakest {
				weakest, at = p, i
			}
		}
		if at == 0 {
			break
		}
		cuts = append(cuts[:at], cuts[at+1:]...)
	}
	return cuts
}

// z is how much a cut parts its two neighbours, in standard errors.
func (s *series) z(cuts []int, i int) float64 {
	a, b := float64(cuts[i]-cuts[i-1]), float64(cuts[i+1]-cuts[i])
	return math.Abs(s.mean(cuts[i-1], cuts[i])-s.mean(cuts[i], cuts[i+1])) / (s.longRun * math.Sqrt(1/a+1/b))
}

func (s *series) mean(from, to int) float64 { return (s.sum[to] - s.sum[from]) / float64(to-from) }

// gain is by how much one cut lessens the sum of squares.
func (s *series) gain(lo, at, hi int) float64 {
	d := s.mean(lo, at) - s.mean(at, hi)
	return d * d * float64(at-lo) * float64(hi-at) / float64(hi-lo)
}

// place is where one cut parts lo to hi best.
func (s *series) place(lo, hi int) int {
	best, at := -1.0, lo+s.opts.Shortest
	for i := lo + s.opts.Shortest; i <= hi-s.opts.Shortest; i++ {
		if g := s.gain(lo, i, hi); g > best {
			best, at = g, i
		}
	}
	return at
}

// edge is the probability that the best single cut of n values of pure noise parts
// them by z (B. James, K. L. James, D. Siegmund, Biometrika 74, 1987, 71-83, after
// R. Miller and D. Siegmund 1982).
func edge(z float64, n, shortest int) float64 {
	lo := float64(shortest) / float64(n)
	if lo >= 0.5 {
		lo = 0.499
	}
	if z < 1.5 { // the expansion is one of large z
		return 1
	}
	span := 2 * math.Log((1-lo)/lo)
	return min(1, z*distuv.UnitNormal.Prob(z)*((1-1/(z*z))*span+4/(z*z)))
}

// placeCritical bounds the places at which a step may have been: those that fit
// worse by less than this many variances, with 95 % confidence (B. E. Hansen,
// Econometrica 68, 2000, 575-603, table 1).
const placeCritical = 7.35

func (s *series) segment(cuts []int, i, skipped int) Segment {
	lo, hi := cuts[i-1], cuts[i]
	seg := Segment{From: s.at[lo] + skipped, N: hi - lo,
		Level: s.mean(lo, hi) * s.unit, SE: s.longRun / math.Sqrt(float64(hi-lo)) * s.unit}
	seg.First, seg.Last = seg.From, seg.From
	if i == 1 {
		seg.From, seg.First, seg.Last = 0, 0, 0
	} else {
		seg.Z = s.z(cuts, i-1)
		best := s.gain(cuts[i-2], lo, hi)
		bound := placeCritical * s.longRun * s.longRun
		for at := cuts[i-2] + 1; at < hi; at++ {
			if best-s.gain(cuts[i-2], at, hi) > bound {
				continue
			}
			// It began after the value before, which may be some missing ones away.
			seg.First = min(seg.First, s.at[at-1]+1+skipped)
			seg.Last = max(seg.Last, s.at[at]+skipped)
		}
		seg.First = min(seg.First, s.at[lo-1]+1+skipped)
	}
	if hi < len(s.at) {
		seg.To = s.at[hi] + skipped
	}
	return seg
}
