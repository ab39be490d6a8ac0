package page

import "steward/analytics/report"

// patterns are what tells bars apart without their colour.
func (d *chart) patterns() {
	if len(d.series) < 2 {
		return
	}
	d.open("defs", nil)
	for s := range d.series {
		d.open("pattern", a{"id", d.pattern(s), "width", 8, "height", 8, "patternUnits", "userSpaceOnUse"})
		d.mark("rect", "", a{"width", 8, "height", 8, "fill", colours[s]})
		path := []string{
			"", "M-2 2l4-4M0 8l8-8M6 10l4-4", "M0 4h8", "M4 0v8", "M0 0l8 8M-2 6l4 4M6-2l4 4", "M0 4h8M4 0v8", "M2 2h2v2h-2zM6 6h2v2h-2z", "M0 0l8 8M0 8l8-8",
		}[s]
		if path != "" {
			d.mark("path", "", a{"d", path, "stroke", "#fff", "stroke-width", 1.5, "fill", "none"})
		}
		d.close("pattern")
	}
	d.close("defs")
}

func (d *chart) pattern(s int) string { return d.id + "p" + short(float64(s)) }

func (d *chart) fill(s int) string {
	if len(d.series) < 2 {
		return colours[s]
	}
	return "url(#" + d.pattern(s) + ")"
}

// legend names the series, and the limit where it is not named at its line, from a
// place downwards, and gives where it ends. A chart of one series does not need its
// name: the title says it.
func (d *chart) legend(y float64, limit bool, sample func(s int, x, y float64)) float64 {
	x, start := 4.0, y
	next := func(text string) {
		wide := 28 + width(text, letters)
		if x > 4 && x+wide > chartWidth {
			x, y = 4, y+20
		}
		start = y + 26
	}
	if len(d.series) > 1 {
		for s := range d.series {
			name := d.series[s].Name.In(d.lang)
			text := fit(name, 220, letters)
			next(text)
			sample(s, x, y)
			d.text("t", x+28, y+10, text, name)
			x += 46 + width(text, letters)
		}
	}
	if limit && drawable(d.Limit) {
		text := d.limitText()
		next(text)
		d.line("l", x, y+6, x+24, y+6)
		d.text("lt", x+28, y+10, text, "")
	}
	return start
}

func (d *chart) limitText() string {
	return report.Say(d.lang, "limit") + " " + d.Format.Show(*d.Limit, d.lang)
}

// unit says the unit of the axis above it, where its ticks do not, and gives where
// that ends.
func (d *chart) unit(y float64) float64 {
	sign := d.Format.Sign(d.lang)
	if sign == "" || d.Format.Kind == "money" {
		return y
	}
	d.text("t s", 2, y+9, fit(sign, 120, letters-1), sign)
	return y + 16
}

// level draws the ticks and lines of an axis that goes upwards.
func (d *chart) level(s scale, left, top float64) {
	for _, t := range s.ticks {
		y := top + plotHeight*(1-s.at(t))
		class := "g"
		if t == 0 {
			class = "z"
		}
		d.line(class, left, y, chartWidth, y)
		d.text("t e", left-6, y+4, s.format.Number(t, d.lang), "")
	}
}

// limit draws the line to compare with, which the legend names.
func (d *chart) limit(s scale, left, top float64) {
	if drawable(d.Limit) {
		y := top + plotHeight*(1-s.at(*d.Limit))
		d.line("l", left, y, chartWidth, y)
	}
}

// turned reports whether the names of categories have to be turned: they have no
// room side by side, and are not such that every few will do.
func (d *chart) turned(slot float64) bool {
	return d.widest()+8 > slot && !sequence(d.x) && slot >= 14
}

func (d *chart) widest() (most float64) {
	for _, x := range d.x {
		most = max(most, width(x, letters-1))
	}
	return most
}

// mostTurned is how long a turned name may be.
const mostTurned = 120

// lean is where a plot begins so that turned names do not run out on its left.
func (d *chart) lean(left float64) float64 {
	slot := (chartWidth - left) / float64(len(d.x))
	if !d.turned(slot) {
		return left
	}
	return max(left, min(d.widest(), mostTurned)*.77-slot/2)
}

// foot names the categories below a plot and gives where that ends. Those that have
// no room are thinned when they follow one another as days do, and turned when each
// is a name.
func (d *chart) foot(left, top, slot float64) float64 {
	widest := d.widest()
	at := func(i int) float64 { return left + slot*(float64(i)+.5) }
	if d.turned(slot) {
		var deep float64
		for i, x := range d.x {
			text := fit(x, mostTurned, letters-1)
			deep = max(deep, width(text, letters-1))
			d.text("t e s", at(i)+3, top+14, text, x, "transform", "rotate(-40 "+short(at(i)+3)+" "+short(top+14)+")")
		}
		return top + 18 + deep*.65
	}
	every := 1
	text := func(x string) string { return x }
	if widest+8 > slot {
		most := min(widest, 120)
		every = int((most+10)/slot) + 1
		text = func(x string) string { return fit(x, most, letters-1) }
	}
	for i := 0; i < len(d.x); i += every {
		anchor, x, wide := "t m s", at(i), width(text(d.x[i]), letters-1)
		if x+wide/2 > chartWidth {
			anchor, x = "t e s", chartWidth
		}
		d.line("g", at(i), top, at(i), top+4)
		d.text(anchor, x, top+17, text(d.x[i]), d.x[i])
	}
	return top + 24
}

// sequence reports whether categories follow one another, days or hours, so that a
// reader knows those between two that are named.
func sequence(list []string) bool {
	for _, x := range list {
		if x == "" || x[0] < '0' || x[0] > '9' || width(x, 1) > 9 {
			return false
		}
	}
	return true
}
