package page

import (
	"math"

	"steward/analytics/report"
)

// scale is an axis: from its first tick to its last one.
type scale struct {
	ticks  []float64
	format report.Format // with the decimals that the ticks need
}

// drawable is a value that a chart can show: a number of a size that an axis can.
func drawable(x *float64) bool {
	return report.Finite(x) != nil && math.Abs(*x) < 1e15
}

// newScale is an axis of about n steps that holds lo and hi. The steps are 1, 2 or 5
// times a power of ten, of a duration such that clocks have.
func newScale(lo, hi float64, n int, f report.Format) scale {
	if hi-lo < 1e-12*math.Max(math.Abs(hi), math.Abs(lo)) || hi-lo < 1e-12 {
		hi = lo + math.Max(math.Abs(lo)*.1, 1e-9)
		if lo == 0 {
			hi = 1
		}
	}
	step := nice((hi-lo)/float64(n), f)
	first, last := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	s := scale{format: f}
	for i := first; i <= last && len(s.ticks) < 4*n; i++ {
		s.ticks = append(s.ticks, i*step)
	}
	if len(s.ticks) == 1 {
		s.ticks = append(s.ticks, s.ticks[0]+step)
	}
	if f.Kind == "percent" {
		step *= 100
	}
	if f.Kind != "duration" {
		s.format.Decimals = min(max(0, int(-math.Floor(math.Log10(step)+1e-9))), 9)
		if f.Kind == "integer" && step < 1 {
			s.format.Kind = "number"
		}
	}
	return s
}

func (s scale) first() float64 { return s.ticks[0] }
func (s scale) last() float64  { return s.ticks[len(s.ticks)-1] }

// at is where a value lies between 0 and 1; outside values are put at the edge.
func (s scale) at(x float64) float64 {
	span := s.last() - s.first()
	if span <= 0 {
		return 0
	}
	return math.Min(1, math.Max(0, (x-s.first())/span))
}

// widest is the width of the widest tick.
func (s scale) widest(lang string, size float64) float64 {
	var most float64
	for _, t := range s.ticks {
		most = math.Max(most, width(s.format.Number(t, lang), size))
	}
	return most
}

var clockSteps = []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400}

func nice(step float64, f report.Format) float64 {
	if f.Kind == "integer" {
		step = math.Max(step, 1)
	}
	base := 1.0
	if f.Kind == "duration" {
		for _, s := range clockSteps {
			if step <= s && step > .5 {
				return s
			}
		}
		if step > 86400 {
			base = 86400
		}
	}
	if f.Kind == "percent" && step > .2 && step <= .25 {
		return .25
	}
	step /= base
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step <= m*power*(1+1e-9) {
			return m * power * base
		}
	}
	return 10 * power * base
}
