package anomaly

import (
	"math"
	"slices"

	"steward/analytics/anomaly/robust"
	"steward/analytics/anomaly/step"
)

// model is what is expected of each hour, and how far from it an hour may be.
type model struct {
	*grid
	use       []float64 // the values the model is made from; NaN are left out
	leftOut   int       // how many
	level     []float64 // of each day
	daily     []float64 // of each day: median without the hours of the week and the temperature
	jumps     []step.Jump
	profile   []float64 // of each slot, for hours whose weeks are missing
	curve     *curve    // nil without temperatures
	expected  []float64 // of each hour; NaN when nothing can be expected
	scale     []float64 // of each hour: standard deviation
	typical   float64
	least     float64 // of all scales; 0 until it is needed
	limitLow  float64 // in standard deviations, above zero
	limitHigh float64
}

const (
	rounds    = 3     // of backfitting: the third changes nothing that matters
	levelDays = 14    // either side of the median that follows slow changes
	dayHours  = 12    // with a value that make the median of a day
	nearby    = 8     // weeks that say what is usual
	farthest  = 8     // weeks away that still do
	fewest    = 3     // values that make a median
	falseJump = 0.001 // probability of a level shift in a series without one; where weather and noise last for days it is 0.02
)

// fit makes the model of all hours but those left out.
//
// Level, hours of the week and temperature are estimated in turn, each from what the
// others leave (backfitting: Hastie, Tibshirani, Generalized Additive Models, 1990,
// with medians for means as in Tukey's median polish).
func fit(g *grid, leftOut []bool) *model {
	n := len(g.value)
	m := &model{grid: g, use: slices.Clone(g.value), profile: make([]float64, slots), level: make([]float64, g.days())}
	for i, out := range leftOut {
		if out {
			m.leftOut++
			m.use[i] = math.NaN()
		}
	}
	rest := make([]float64, n)
	temps := m.temperatures()
	for round := range rounds {
		m.residuals(rest)
		m.daily = m.dayMedians(rest)
		if round > 0 {
			m.jumps = m.findJumps()
		}
		if m.level = m.levels(); round == 0 && temps != nil {
			// What the weather explains is the weather's: a level that follows the season
			// would leave it nothing.
			middle := robust.Median(slices.DeleteFunc(slices.Clone(m.daily), math.IsNaN))
			for d := range m.level {
				m.level[d] = middle
			}
		}
		m.residuals(rest)
		m.addProfile(rest)
		if temps != nil {
			m.residuals(rest)
			m.curve = temps.fit(rest, m.curve)
		}
	}
	m.expect()
	m.measure()
	return m
}

// residuals are the values without all that is known of them so far.
func (m *model) residuals(rest []float64) {
	for i, v := range m.use {
		rest[i] = v - m.level[m.day[i]] - m.profile[m.slot[i]] - m.curve.at(i)
	}
}

// dayMedians are the levels of days: median residual plus the level so far.
func (m *model) dayMedians(rest []float64) []float64 {
	daily := make([]float64, len(m.level))
	day := make([]float64, 0, 25)
	i := 0
	for d := range daily {
		day = day[:0]
		for ; i < len(rest) && m.day[i] == d; i++ {
			if !math.IsNaN(rest[i]) {
				day = append(day, rest[i])
			}
		}
		if daily[d] = math.NaN(); len(day) >= dayHours {
			daily[d] = m.level[d] + robust.Median(day)
		}
	}
	return daily
}

// findJumps finds the days on which the level jumps, where it matters: by at least
// a thousandth of what the meter reads.
func (m *model) findJumps() []step.Jump {
	floor := 1e-3 * m.magnitude()
	return slices.DeleteFunc(step.Jumps(m.daily, falseJump), func(j step.Jump) bool { return math.Abs(j.Size) < floor })
}

// magnitude is the median size of values.
func (m *model) magnitude() float64 {
	size := make([]float64, 0, len(m.use))
	for _, v := range m.use {
		if !math.IsNaN(v) {
			size = append(size, math.Abs(v))
		}
	}
	return robust.Median(size)
}

// levels follows slow changes by the rolling median of days, from jump to jump. Days
// of which nothing is known have the level of the nearest before, or else after.
func (m *model) levels() []float64 {
	level := make([]float64, 0, len(m.daily))
	from := 0
	for _, j := range m.jumps {
		level = append(level, robust.Rolling(m.daily[from:j.At], levelDays)...)
		from = j.At
	}
	level = append(level, robust.Rolling(m.daily[from:], levelDays)...)
	last := math.NaN()
	for _, v := range level {
		if !math.IsNaN(v) {
			last = v
			break
		}
	}
	if math.IsNaN(last) {
		last = 0
	}
	for d, v := range level {
		if math.IsNaN(v) {
			level[d] = last
		}
		last = level[d]
	}
	return level
}

// addProfile adds to each hour of the week the median of what is left of it.
func (m *model) addProfile(rest []float64) {
	var cells [slots][]float64
	weeks := m.week[len(m.week)-1] + 1
	for i, v := range rest {
		if !math.IsNaN(v) {
			if cells[m.slot[i]] == nil {
				cells[m.slot[i]] = make([]float64, 0, weeks+2)
			}
			cells[m.slot[i]] = append(cells[m.slot[i]], v)
		}
	}
	for s, cell := range cells {
		if len(cell) > 0 {
			m.profile[s] += robust.Median(cell)
		}
	}
}

// expect says what is expected of each hour: the median of the same hour in the
// nearest other weeks, so that no value speaks for itself and a week that slowly
// changes its shape with the season is followed.
func (m *model) expect() {
	weeks := m.week[len(m.week)-1] + 1
	cells := make([]float64, weeks*slots)
	for c := range cells {
		cells[c] = math.NaN()
	}
	for i, v := range m.use {
		if !math.IsNaN(v) {
			cells[m.week[i]*slots+m.slot[i]] = v - m.level[m.day[i]] - m.curve.at(i)
		}
	}
	m.expected = make([]float64, len(m.use))
	near := make([]float64, 0, nearby+1)
	for i := range m.expected {
		near = near[:0]
		w, s := m.week[i], m.slot[i]
		for away := 1; away <= farthest && len(near) < nearby; away++ {
			if w-away >= 0 {
				if v := cells[(w-away)*slots+s]; !math.IsNaN(v) {
					near = append(near, v)
				}
			}
			if w+away < weeks {
				if v := cells[(w+away)*slots+s]; !math.IsNaN(v) {
					near = append(near, v)
				}
			}
		}
		usual := m.profile[s]
		if len(near) >= fewest {
			usual = robust.Median(near)
		}
		m.expected[i] = m.level[m.day[i]] + m.curve.at(i) + usual
	}
}
