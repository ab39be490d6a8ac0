package page

import (
	"math"

	"steward/analytics/report"
)

// named reports whether the bars of a chart are below one another, each behind its
// name, because the names do not fit below them side by side.
func (d *chart) named() bool {
	if d.Kind == "lines" || d.Kind == "heat" || sequence(d.x) {
		return false
	}
	slot := (chartWidth - 60) / float64(max(1, len(d.x)))
	for _, x := range d.x {
		if width(x, letters-1)+8 > slot {
			return true
		}
	}
	return false
}

// columns are bars side by side; it gives the height of the drawing.
func (d *chart) columns() float64 {
	lo, hi := d.bounds()
	s := newScale(math.Min(lo, 0), math.Max(hi, 0), 5, d.Format)
	d.patterns()
	top := d.unit(d.legend(2, true, d.swatch)) + 16
	left := s.widest(d.lang, letters) + 12
	d.level(s, left, top)
	slot := (chartWidth - left) / float64(len(d.x))
	wide := slot * .72 / float64(len(d.series))
	wide = math.Min(wide, 56)
	start := (slot - wide*float64(len(d.series))) / 2
	y := func(v float64) float64 { return top + plotHeight*(1-s.at(v)) }
	var labels []func()
	for i := range d.x {
		for n := range d.series {
			v := value(&d.series[n], i)
			x := left + slot*float64(i) + start + wide*float64(n)
			if !drawable(v.Value) {
				d.text("t m", x+wide/2, y(0)-4, "–", d.describe(n, i))
				continue
			}
			from, to := y(math.Max(0, *v.Value)), y(math.Min(0, *v.Value))
			d.mark("rect", d.describe(n, i), a{"x", x, "y", from, "width", math.Max(wide-1, .5), "height", math.Max(to-from, .8), "fill", d.fill(n)})
			head := from
			if low, high, ok := whiskers(v); ok && wide >= 3 {
				d.whisker(x+wide/2, y(low), x+wide/2, y(high), math.Min(5, wide/3))
				head = math.Min(head, y(high))
			}
			text := d.Format.Number(*v.Value, d.lang)
			if width(text, letters-1) < slot/float64(len(d.series))*.95 && *v.Value >= 0 {
				labels = append(labels, func() { d.text("m v", x+wide/2, head-4, text, "") })
			}
		}
	}
	d.limit(s, left, top)
	for _, write := range labels { // above all lines
		write()
	}
	return d.foot(left, top+plotHeight, slot) + 4
}

// mostName is how wide a name before a bar may be.
const mostName = 220

// rows are bars below one another, each behind its name and before its value.
func (d *chart) rows() float64 {
	lo, hi := d.bounds()
	s := newScale(math.Min(lo, 0), math.Max(hi, 0), 4, d.Format)
	d.patterns()
	top := d.legend(2, false, d.swatch) + 18
	var left, right float64
	words := func(n, i int) string {
		v := value(&d.series[n], i)
		if !drawable(v.Value) {
			return report.Say(d.lang, "no value")
		}
		text := v.Show(d.Format, d.lang)
		if c := samples(v, d.lang); c != "" && len(d.series) == 1 {
			text += " · " + c
		}
		return text
	}
	for i, x := range d.x {
		left = math.Max(left, width(x, letters))
		for n := range d.series {
			right = math.Max(right, width(words(n, i), letters-1))
		}
	}
	thick := 15.0
	if len(d.series) > 1 {
		thick = 13
	}
	tall := thick*float64(len(d.series)) + 8
	if left > mostName { // in two lines
		tall = math.Max(tall, 30)
	}
	left, right = math.Min(left, mostName)+10, math.Min(right, 230)+14
	pad := (tall - thick*float64(len(d.series))) / 2
	end := top + tall*float64(len(d.x))
	x := func(v float64) float64 { return left + (chartWidth-right-left)*s.at(v) }
	beside := math.Inf(-1) // where the tick before ends
	for _, t := range s.ticks {
		class := "g"
		if t == 0 {
			class = "z"
		}
		d.line(class, x(t), top, x(t), end)
		text := s.format.Show(t, d.lang)
		if half := width(text, letters-1) / 2; x(t)-half > beside+6 {
			d.text("t m s", x(t), end+15, text, "")
			beside = x(t) + half
		}
	}
	for i, name := range d.x {
		y := top + tall*float64(i) + pad
		said := lines(name, left-9, letters)
		for n, text := range said {
			d.text("t e", left-8, top+tall*(float64(i)+.5)+4+13*(float64(n)-float64(len(said)-1)/2), text, name)
		}
		for n := range d.series {
			v, at := value(&d.series[n], i), y+thick*float64(n)
			d.text("t s", chartWidth-right+12, at+thick/2+4, fit(words(n, i), right-11, letters-1), d.describe(n, i))
			if !drawable(v.Value) {
				continue
			}
			from, to := x(math.Min(0, *v.Value)), x(math.Max(0, *v.Value))
			d.mark("rect", d.describe(n, i), a{"x", from, "y", at, "width", math.Max(to-from, .8), "height", thick - 1, "fill", d.fill(n)})
			if low, high, ok := whiskers(v); ok {
				d.whisker(x(low), at+thick/2, x(high), at+thick/2, 4)
			}
		}
	}
	if drawable(d.Limit) {
		d.line("l", x(*d.Limit), top-2, x(*d.Limit), end)
		d.text("t m lt", x(*d.Limit), top-6, d.limitText(), "")
	}
	return end + 20
}

// whisker is a line with a stroke across both ends, dark within a light edge, so
// that it stands out from a bar of any colour.
func (d *chart) whisker(x1, y1, x2, y2, half float64) {
	for _, class := range []string{"wb", "w"} {
		d.line(class, x1, y1, x2, y2)
		for _, end := range [][2]float64{{x1, y1}, {x2, y2}} {
			if x1 == x2 {
				d.line(class, end[0]-half, end[1], end[0]+half, end[1])
			} else {
				d.line(class, end[0], end[1]-half, end[0], end[1]+half)
			}
		}
	}
}

func (d *chart) swatch(s int, x, y float64) {
	d.mark("rect", "", a{"x", x, "y", y, "width", 22, "height", 12, "fill", d.fill(s)})
}
