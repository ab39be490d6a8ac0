package page

import (
	"strings"
)

// lines draws lines with their bands; it gives the height of the drawing. A line is
// broken where a value is missing: silence is not a value between its neighbours.
func (d *chart) lines() float64 {
	lo, hi := d.bounds()
	if lo > 0 && lo < hi*.4 || d.Format.Kind == "integer" && lo > 0 { // near enough to zero to show it
		lo = 0
	}
	if hi < 0 && hi > lo*.4 {
		hi = 0
	}
	s := newScale(lo, hi, 5, d.Format)
	top := d.unit(d.legend(2, true, d.sample)) + 10
	left := d.lean(s.widest(d.lang, letters) + 12)
	d.level(s, left, top)
	slot := (chartWidth - left) / float64(len(d.x))
	x := func(i int) float64 { return left + slot*(float64(i)+.5) }
	y := func(v float64) float64 { return top + plotHeight*(1-s.at(v)) }
	for n := range d.series {
		d.band(n, x, y)
	}
	for n := range d.series {
		d.path(n, x, y)
	}
	d.limit(s, left, top)
	return d.foot(left, top+plotHeight, slot) + 4
}

// band fills between the ends of the intervals, wherever neighbours have them.
func (d *chart) band(n int, x func(int) float64, y func(float64) float64) {
	flush := func(from, to int) {
		if to-from < 2 {
			return
		}
		var path strings.Builder
		point := func(i int, v float64) {
			letter := "L"
			if path.Len() == 0 {
				letter = "M"
			}
			path.WriteString(letter + short(x(i)) + " " + short(y(v)))
		}
		for i := from; i < to; i++ {
			_, high, _ := whiskers(value(&d.series[n], i))
			point(i, high)
		}
		for i := to - 1; i >= from; i-- {
			low, _, _ := whiskers(value(&d.series[n], i))
			point(i, low)
		}
		d.mark("path", "", a{"d", geometry(path.String() + "Z"), "fill", colours[n], "fill-opacity", ".16", "stroke", colours[n], "stroke-opacity", ".45", "stroke-width", ".7"})
	}
	from := -1
	for i := 0; i <= len(d.x); i++ {
		ok := false
		if i < len(d.x) {
			_, _, ok = whiskers(value(&d.series[n], i))
		}
		switch {
		case ok && from < 0:
			from = i
		case !ok && from >= 0:
			flush(from, i)
			from = -1
		}
	}
}

// mostMarks is up to how many points each has a mark; beyond them they run together.
const mostMarks = 62

func (d *chart) path(n int, x func(int) float64, y func(float64) float64) {
	var path strings.Builder
	run := 0
	alone := map[int]bool{}
	for i := range d.x {
		v := value(&d.series[n], i)
		if !drawable(v.Value) {
			run = 0
			continue
		}
		letter := "L"
		if run == 0 {
			letter = "M"
			next := value(&d.series[n], i+1)
			alone[i] = i+1 >= len(d.x) || !drawable(next.Value)
		}
		path.WriteString(letter + short(x(i)) + " " + short(y(*v.Value)))
		run++
	}
	d.mark("path", "", a{"d", geometry(path.String()), "fill", "none", "stroke", colours[n], "stroke-width", "2", "stroke-linejoin", "round", "stroke-dasharray", dash(n)})
	for i := range d.x {
		if v := value(&d.series[n], i); drawable(v.Value) && (len(d.x) <= mostMarks || alone[i]) {
			d.point(n, x(i), y(*v.Value), d.describe(n, i))
		}
	}
}

func dash(n int) string {
	if dashes[n] == "" {
		return "none"
	}
	return dashes[n]
}

// point is a mark of the shape of its series.
func (d *chart) point(n int, x, y float64, title string) {
	const r = 3.2
	at := func(dx, dy float64) string { return short(x+dx*r) + " " + short(y+dy*r) }
	fill := colours[n]
	if n >= 4 {
		fill = "#fff"
	}
	rest := a{"fill", fill, "stroke", colours[n], "stroke-width", "1.4"}
	switch n % 4 {
	case 0:
		d.mark("circle", title, append(a{"cx", x, "cy", y, "r", r}, rest...))
	case 1:
		d.mark("rect", title, append(a{"x", x - r, "y", y - r, "width", 2 * r, "height", 2 * r}, rest...))
	case 2:
		d.mark("path", title, append(a{"d", "M" + at(0, -1.2) + "L" + at(1.2, 1) + "L" + at(-1.2, 1) + "Z"}, rest...))
	default:
		d.mark("path", title, append(a{"d", "M" + at(0, -1.4) + "L" + at(1.4, 0) + "L" + at(0, 1.4) + "L" + at(-1.4, 0) + "Z"}, rest...))
	}
}

func (d *chart) sample(n int, x, y float64) {
	d.mark("line", "", a{"x1", x, "y1", y + 6, "x2", x + 24, "y2", y + 6, "stroke", colours[n], "stroke-width", "2", "stroke-dasharray", dash(n)})
	d.point(n, x+12, y+6, "")
}
