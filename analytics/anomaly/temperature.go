package anomaly

import (
	"math"
	"slices"

	"steward/analytics/anomaly/robust"
)

// curve is the effect of temperature: lines between the medians of classes of
// temperature with equally many hours, the outermost of which go on: heating does not
// stop to grow in the coldest hours. Hours in which people are there have one, the
// others another.
type curve struct {
	*temperatures
	knots  []float64
	effect [2][]float64 // of quiet and busy hours, at the knots
}

// temperatures are what a curve is made from.
type temperatures struct {
	temp  []float64
	class []int // of temperature, by hour; -1 unknown
	knots []float64
	busy  []int // 0 quiet, 1 busy, by hour
}

const (
	knownShare   = 0.8 // of the hours have a temperature, or it is not used
	hoursPerKnot = 150 // of one class, at least
	mostKnots    = 12
)

// temperatures sorts the hours into classes; nil when too few temperatures are known,
// or when all are the same.
func (m *model) temperatures() *temperatures {
	var known []float64
	hours := 0
	for i, v := range m.use {
		if math.IsNaN(v) {
			continue
		}
		if hours++; !math.IsNaN(m.temp[i]) {
			known = append(known, m.temp[i])
		}
	}
	if float64(len(known)) < knownShare*float64(hours) {
		return nil
	}
	slices.Sort(known)
	classes := min(max(len(known)/(2*hoursPerKnot), 2), mostKnots)
	var bounds, knots []float64
	for c := range classes {
		knot := robust.Quantile(known, (float64(c)+0.5)/float64(classes))
		if len(knots) > 0 && knot-knots[len(knots)-1] < 0.1 { // °C: as good as the same
			continue
		}
		if len(knots) > 0 {
			bounds = append(bounds, (knots[len(knots)-1]+knot)/2)
		}
		knots = append(knots, knot)
	}
	if len(knots) < 2 {
		return nil
	}
	t := &temperatures{temp: m.temp, knots: knots, class: make([]int, len(m.use)), busy: m.busyHours()}
	for i, v := range m.temp {
		if t.class[i] = -1; !math.IsNaN(v) {
			t.class[i], _ = slices.BinarySearch(bounds, v)
		}
	}
	return t
}

// busyHours are those whose hour of the week reads more than the middle between the
// quiet and the busy ones.
func (m *model) busyHours() []int {
	var cells [slots][]float64
	for i, v := range m.use {
		if !math.IsNaN(v) {
			cells[m.slot[i]] = append(cells[m.slot[i]], v)
		}
	}
	var typical [slots]float64
	var all []float64
	for s, cell := range cells {
		typical[s] = robust.Median(cell)
		if len(cell) > 0 {
			all = append(all, typical[s])
		}
	}
	slices.Sort(all)
	middle := robust.Quantile(all, 0.1)/2 + robust.Quantile(all, 0.9)/2
	busy := make([]int, len(m.use))
	for i, s := range m.slot {
		if typical[s] > middle {
			busy[i] = 1
		}
	}
	return busy
}

// fit adds to a curve, or a new one, the medians of what is left.
func (t *temperatures) fit(rest []float64, before *curve) *curve {
	c := &curve{temperatures: t, knots: t.knots}
	cells := make([][]float64, 2*len(t.knots))
	for i, v := range rest {
		if k := t.class[i]; k >= 0 && !math.IsNaN(v) {
			cells[2*k+t.busy[i]] = append(cells[2*k+t.busy[i]], v)
		}
	}
	for b := range c.effect {
		c.effect[b] = make([]float64, len(t.knots))
		for k := range c.effect[b] {
			if before != nil {
				c.effect[b][k] = before.effect[b][k]
			}
			if cell := cells[2*k+b]; len(cell) >= fewest {
				c.effect[b][k] += robust.Median(cell)
			}
		}
	}
	return c
}

// at is the effect in an hour; none of a nil curve, nor where nothing is known.
func (c *curve) at(i int) float64 {
	if c == nil || c.class[i] < 0 {
		return 0
	}
	effect, v := c.effect[c.busy[i]], c.temp[i]
	k, _ := slices.BinarySearch(c.knots, v)
	k = min(max(k, 1), len(c.knots)-1)
	f := (v - c.knots[k-1]) / (c.knots[k] - c.knots[k-1])
	return effect[k-1]*(1-f) + effect[k]*f
}
