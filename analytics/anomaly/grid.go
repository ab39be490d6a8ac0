package anomaly

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// grid is a series hour by hour, with the local week that people live by.
type grid struct {
	start int64 // Unix seconds of the first hour
	zone  *time.Location

	value []float64 // NaN is missing
	temp  []float64 // NaN is unknown
	slot  []int     // hour of the week, Monday midnight is 0; of holidays that of a Sunday
	day   []int     // local days from the first
	week  []int     // local weeks from the first, which begin on Mondays
}

const (
	slots    = 7 * 24
	maxYears = 50      // longer series are mistaken times
	sane     = 1e300   // beyond it sums overflow
	hour     = 3600    // seconds
	minDays  = 28      // four of each hour of the week: fewer have no median to speak of
	enough   = 14 * 24 // hours with a value, at least
)

// cell is what was read in an hour.
type cell struct {
	hour         int64 // since 1970, of the local clock's whole hours
	value, temp  float64
	count, temps int
}

// Builder takes values in any order, and keeps what they come to by the hour. It is
// not safe for concurrent use.
type Builder struct {
	opts  Options
	n     int
	shift int64 // seconds by which hours begin before those of UTC
	cells []cell
}

// NewBuilder makes a Builder.
func NewBuilder(opts Options) *Builder { return &Builder{opts: opts.withDefaults()} }

// Add takes a value. What is not a finite number is passed over.
func (b *Builder) Add(p Point) {
	if !(math.Abs(p.Value) <= sane) {
		return
	}
	if b.n == 0 {
		// Hours begin where those of the local clock do, which is not everywhere where
		// those of UTC do.
		_, offset := p.Time.In(b.opts.Zone).Zone()
		b.shift = int64((offset%hour + hour) % hour)
	}
	b.n++
	h := floorDiv(p.Time.Unix()+b.shift, hour)
	if len(b.cells) == 0 || b.cells[len(b.cells)-1].hour != h {
		b.cells = append(b.cells, cell{hour: h})
	}
	c := &b.cells[len(b.cells)-1]
	c.value += p.Value
	c.count++
	if math.Abs(p.Temp) < 100 { // °C; also false for NaN
		c.temp += p.Temp
		c.temps++
	}
}

// grid puts the hours in order; nil when there are none.
func (b *Builder) grid() (g *grid, why string) {
	if b.n == 0 {
		return nil, "insufficient data: there is not a single value"
	}
	slices.SortStableFunc(b.cells, func(x, y cell) int { return cmp.Compare(x.hour, y.hour) })
	first, last := b.cells[0].hour, b.cells[len(b.cells)-1].hour
	if last-first > maxYears*hoursPerYear {
		return nil, fmt.Sprintf("insufficient data: times from %d to %d span more than %d years: correct them",
			time.Unix(first*hour, 0).UTC().Year(), time.Unix(last*hour, 0).UTC().Year(), maxYears)
	}
	g = &grid{zone: b.opts.Zone, start: first*hour - b.shift}
	hours := int(last-first) + 1
	g.value, g.temp = make([]float64, hours), make([]float64, hours)
	for i := range hours {
		g.value[i], g.temp[i] = math.NaN(), math.NaN()
	}
	for i := 0; i < len(b.cells); {
		sum := b.cells[i]
		for i++; i < len(b.cells) && b.cells[i].hour == sum.hour; i++ {
			c := b.cells[i]
			sum.value, sum.count, sum.temp, sum.temps = sum.value+c.value, sum.count+c.count, sum.temp+c.temp, sum.temps+c.temps
		}
		g.value[sum.hour-first] = sum.value / float64(sum.count)
		g.temp[sum.hour-first] = sum.temp / float64(sum.temps) // NaN of none
	}
	g.calendar(b.opts.Holiday)
	return g, ""
}

func (g *grid) time(i int) time.Time { return time.Unix(g.start+int64(i)*hour, 0).In(g.zone) }

// calendar says which hour of which week each is.
func (g *grid) calendar(holiday func(time.Time) bool) {
	n := len(g.value)
	g.slot, g.day, g.week = make([]int, n), make([]int, n), make([]int, n)
	var firstDay int64
	day, sunday := -1, false
	for i := range n {
		t := g.time(i)
		_, offset := t.Zone()
		local := t.Unix() + int64(offset)
		d := floorDiv(local, 24*hour)
		if i == 0 {
			firstDay = d
		}
		if int(d-firstDay) != day {
			day = int(d - firstDay)
			sunday = holiday != nil && holiday(t)
		}
		weekday := int(d+3) % 7 // 1 January 1970 was a Thursday
		if weekday < 0 {
			weekday += 7
		}
		g.week[i] = int(floorDiv(d+3, 7) - floorDiv(firstDay+3, 7))
		g.day[i] = day
		if sunday {
			weekday = 6
		}
		g.slot[i] = weekday*24 + int(local-d*24*hour)/hour
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (g *grid) days() int { return g.day[len(g.day)-1] + 1 }

// insufficient says why there is too little to expect anything from, or "".
func (g *grid) insufficient() string {
	hours := 0
	for _, v := range g.value {
		if !math.IsNaN(v) {
			hours++
		}
	}
	switch {
	case len(g.value) < minDays*24:
		return fmt.Sprintf("insufficient data: %d days, and what is usual at an hour of the week takes %d at least", (len(g.value)+23)/24, minDays)
	case hours < enough:
		return fmt.Sprintf("insufficient data: %d hours with a value in %d days, and what is usual takes %d at least", hours, g.days(), enough)
	}
	return ""
}
