package energy

import (
	"math"
	"time"

	"steward/analytics/baseline"
	"steward/analytics/load"
)

// series is what was used in each hour of a period.
type series struct {
	period
	value    []float64 // NaN where nothing is known
	measured []bool    // and where it was neither interpolated nor is suspect
}

func newSeries(p period) *series {
	s := &series{period: p, value: make([]float64, p.hours()), measured: make([]bool, p.hours())}
	for i := range s.value {
		s.value[i] = math.NaN()
	}
	return s
}

// least is the part of an hour that has to be known for the hour to be measured: that
// of package continuity.
const leastCovered = 0.95

// fold takes in hours in the order of time; of a meter that was exchanged within an
// hour there are two parts of it.
type fold struct {
	s       *series
	last    int
	covered float64
}

func (f *fold) add(hour int64, value, covered float64, measured bool) {
	i := int((hour - f.s.begin.Unix()) / 3600)
	if i < 0 || i >= len(f.s.value) || math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	if math.IsNaN(f.s.value[i]) {
		f.s.value[i], f.s.measured[i], f.last, f.covered = value, measured, i, covered
		return
	}
	f.s.value[i] += value
	if f.last == i {
		f.covered += covered
	}
	// Each of two parts is less than an hour, and so suspect by itself.
	f.s.measured[i] = f.covered >= leastCovered
}

// sure is a measured value, or NaN.
func (s *series) sure(i int) float64 {
	if i < 0 || i >= len(s.value) || !s.measured[i] {
		return math.NaN()
	}
	return s.value[i]
}

// total is what is known to have been used between two hours, with the hours that are
// known and those that were measured.
func (s *series) total(from, to int) (sum float64, known, measured int) {
	for i := max(from, 0); i < min(to, len(s.value)); i++ {
		if math.IsNaN(s.value[i]) {
			continue
		}
		sum += s.value[i]
		known++
		if s.measured[i] {
			measured++
		}
	}
	return sum, known, measured
}

// year is what a year's use is by what is known of the last one, and the share of it
// that is known; 0 without anything.
func (s *series) year() (use, coverage float64) {
	from := max(0, len(s.value)-yearHours)
	sum, known, _ := s.total(from, len(s.value))
	if known == 0 {
		return 0, 0
	}
	// A meter that is younger than a year, or was silent, is taken to have used as much
	// in the hours that are not known: only to say what is much, and never as a result.
	return sum * yearHours / float64(known), float64(known) / float64(len(s.value)-from)
}

const (
	yearHours   = 8766
	daysPerYear = 365.25
)

// curve is the load curve of the measured hours between two.
func (s *series) curve(from, to int, zone *time.Location) *load.Curve {
	c := &load.Curve{Step: time.Hour, Zone: zone}
	for i := max(from, 0); i < min(to, len(s.value)); i++ {
		if s.measured[i] {
			c.Uses = append(c.Uses, load.Use{At: s.at(i), KWh: s.value[i]})
		}
	}
	return c
}

// coverage is the share of hours between two that were measured.
func (s *series) coverage(from, to int) float64 {
	from, to = max(from, 0), min(to, len(s.value))
	if to <= from {
		return 0
	}
	_, _, measured := s.total(from, to)
	return float64(measured) / float64(to-from)
}

// points are the measured hours between two with their temperatures. A temperature of
// its own is needed by a model: without weather it is the same at all times, and the
// model is one of time alone.
func (s *series) points(from, to int, w *weather) []baseline.Point {
	from, to = max(from, 0), min(to, len(s.value))
	list := make([]baseline.Point, 0, max(to-from, 0))
	for i := from; i < to; i++ {
		p := baseline.Point{At: s.at(i), Value: s.sure(i)}
		p.Temp, p.HasTemp = w.at(i)
		list = append(list, p)
	}
	return list
}

// plus adds another series: an hour of a sum is known when all of its parts are.
func (s *series) plus(o *series) {
	for i := range s.value {
		s.value[i] += o.value[i]
		s.measured[i] = s.measured[i] && o.measured[i]
	}
}

func (s *series) clone() *series {
	return &series{period: s.period, value: append([]float64(nil), s.value...), measured: append([]bool(nil), s.measured...)}
}

// tail is a copy of what follows an hour.
func (s *series) tail(from int) *series {
	p := s.period
	p.begin = s.at(from)
	return &series{period: p, value: append([]float64(nil), s.value[from:]...), measured: append([]bool(nil), s.measured[from:]...)}
}
