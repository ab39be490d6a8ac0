package simulate

import (
	"math"

	"steward/internal/telemetry"
)

// A load is what flows through a meter, as a function of time without state:
// kW of electricity or heat, m³/h of water or gas. Meters integrate it.
type load struct {
	id      uint64
	climate *climate
	shape   shape
	base    float64 // at weight one
	standby float64 // always there
	gust    float64 // relative deviation from one cell to the next

	// bursts, when positive, makes a draw come and go instead of being steady:
	// the number of users who would draw in one cell at weight one. At night
	// most cells are then empty, as they are in healthy pipes.
	bursts float64

	cooling   float64 // more at weight one for each °C above 24
	heating   float64 // more at weight one for each °C below heatBelow
	heatBelow float64 // °C outside

	spells   []spell
	children []*load // metered below this one, and part of it
	losses   float64 // of the children's sum, lost on the way to them
}

// A spell changes a load for a time: a leak adds, plant left running never
// falls below what it draws when it runs.
type spell struct {
	from, to telemetry.Millis // to is exclusive; 0 is for ever
	add      float64
	least    float64
}

func (s *spell) covers(t telemetry.Millis) bool { return t >= s.from && (s.to == 0 || t < s.to) }

// at is the load at the beginning of a cell. Between two cells it is the
// straight line, whose integral is exact.
func (l *load) at(c cell) float64 {
	t := c.start()
	m := momentOf(t)
	v := l.standby
	if l.shape != nil {
		v += l.used(c, t, m)
	}
	for _, child := range l.children {
		v += child.at(c) * (1 + l.losses)
	}
	for i := range l.spells {
		if s := &l.spells[i]; s.covers(t) {
			v = max(v+s.add, s.least)
		}
	}
	return v
}

// used is the part of the load that habits and weather make.
func (l *load) used(c cell, t telemetry.Millis, m moment) float64 {
	weight := l.shape(m)
	size := l.base
	if l.cooling != 0 || l.heating != 0 {
		outside := l.climate.temperature(t, m)
		size += l.cooling*max(0, outside-24) + l.heating*max(0, l.heatBelow-outside)
	}
	v := size * weight
	if l.bursts > 0 {
		quiet := math.Exp(-l.bursts * weight)
		if uniform(l.id, uint64(c)) < quiet {
			return 0
		}
		v /= 1 - quiet
	}
	return v * max(0, 1+l.gust*bell(l.id+1, uint64(c)))
}

// between integrates the load from the beginning of one cell to that of
// another, in its unit times hours.
func (l *load) between(from, to cell) float64 {
	sum, before := 0.0, l.at(from)
	for c := from; c < to; c++ {
		after := l.at(c + 1)
		sum += (before + after) / 2 * cellHours
		before = after
	}
	return sum
}
