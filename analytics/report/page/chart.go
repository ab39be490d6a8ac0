package page

import (
	"fmt"
	"math"
	"strings"

	"steward/analytics/report"
)

// What a chart may be, in units of the drawing, which is as wide as the text of an
// A4 page at 96 dpi or somewhat more.
const (
	chartWidth = 760.0
	plotHeight = 230.0
	letters    = 12.0 // size of the letters

	mostSeries  = 8   // more nobody tells apart
	mostNamed   = 32  // bars with names below one another: they have to fit a page
	mostBars    = 400 // columns side by side
	mostPoints  = 2000
	mostHeat    = 100 // columns of a heat map
	mostHeatRow = 60
)

// The colours are of Okabe and Ito's and of Tol's palettes, which people who see
// fewer colours tell apart, those of them that stand out from white by 3:1
// (WCAG 2.2, 1.4.11). No chart relies on them: bars have patterns, lines have
// dashes and marks.
var colours = [mostSeries]string{"#0072B2", "#D55E00", "#117733", "#882255", "#5B5B5B", "#332288", "#8A6A00", "#AA3377"}

var dashes = [mostSeries]string{"", "7 4", "2 3", "9 3 2 3", "12 4", "4 2", "1 2", "10 3 2 3 2 3"}

// chart is a chart being drawn.
type chart struct {
	drawing
	*report.Chart
	lang   string
	series []report.Series
	x      []string
	cut    []string // what was left out, in words
	sized  bool     // a heat map whose cells have marks and no numbers
}

// figure is a drawn chart; without SVG when there is nothing to draw.
type figure struct {
	SVG   string
	Why   string   // why there is none
	Notes []string // what was left out, what has no value and why, how to read it
}

// draw draws the n-th chart of a page.
func draw(c *report.Chart, n int, lang string) figure {
	d := chart{drawing: drawing{id: fmt.Sprintf("c%d", n)}, Chart: c, lang: lang, series: c.Series}
	d.crop()
	var height float64
	drawn := d.any()
	switch {
	case !drawn:
		return figure{Why: d.why()}
	case c.Kind == "heat":
		height = d.heat()
	case c.Kind == "lines":
		height = d.lines()
	case d.named():
		height = d.rows()
	default:
		height = d.columns()
	}
	f := figure{Notes: append(d.hints(), d.missing()...)}
	f.Notes = append(f.Notes, d.cut...)
	label := clean(c.Title.In(lang))
	f.SVG = fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" role="img" aria-label="%s">`, short(chartWidth), short(height), esc(label)) + d.b.String() + "</svg>"
	return f
}

// crop bounds a chart and says what it leaves out.
func (d *chart) crop() {
	if most := mostSeries; d.Kind != "heat" && len(d.series) > most {
		d.cut = append(d.cut, d.count("%s more series are not drawn.", len(d.series)-most))
		d.series = d.series[:most]
	}
	if d.Kind == "heat" && len(d.series) > mostHeatRow {
		d.cut = append(d.cut, d.count("%s more series are not drawn.", len(d.series)-mostHeatRow))
		d.series = d.series[:mostHeatRow]
	}
	for _, x := range d.X {
		d.x = append(d.x, strings.TrimSpace(clean(x.In(d.lang))))
	}
	most := mostBars / max(1, len(d.series))
	switch {
	case d.Kind == "heat":
		most = mostHeat
	case d.Kind == "lines":
		most = mostPoints
	case d.named():
		most = max(8, mostNamed/max(1, (len(d.series)+1)/2))
	}
	if len(d.x) > most {
		d.cut = append(d.cut, d.count("%s more categories are not drawn.", len(d.x)-most))
		d.x = d.x[:most]
	}
}

func (d *chart) count(words string, n int) string {
	return strings.Replace(report.Say(d.lang, words), "%s", integer.Number(float64(n), d.lang), 1)
}

var integer = report.Format{Kind: "integer"}

// value is the i-th value of a series; an empty one where it is too short.
func value(s *report.Series, i int) report.Value {
	if i < len(s.Values) {
		return s.Values[i]
	}
	return report.Value{}
}

// each calls f for every value that can be drawn.
func (d *chart) each(f func(v report.Value)) {
	for s := range d.series {
		for i := range d.x {
			if v := value(&d.series[s], i); drawable(v.Value) {
				f(v)
			}
		}
	}
}

func (d *chart) any() (found bool) {
	d.each(func(report.Value) { found = true })
	return found
}

// why is the first reason that a chart without values gives.
func (d *chart) why() string {
	for s := range d.series {
		for i := range d.x {
			if v := value(&d.series[s], i); v.Why != "" || v.Reason != nil {
				return v.Because(d.lang)
			}
		}
	}
	return report.Say(d.lang, "insufficient data")
}

// whiskers are the ends of an interval that can be drawn.
func whiskers(v report.Value) (low, high float64, ok bool) {
	l, h, ok := v.Interval()
	if !ok || !drawable(&l) || !drawable(&h) || !drawable(v.Value) {
		return 0, 0, false
	}
	return l, h, true
}

// bounds are the least and the greatest of all that is drawn, intervals and limit.
func (d *chart) bounds() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	add := func(x float64) { lo, hi = math.Min(lo, x), math.Max(hi, x) }
	d.each(func(v report.Value) {
		add(*v.Value)
		if l, h, ok := whiskers(v); ok {
			add(l)
			add(h)
		}
	})
	if drawable(d.Limit) {
		add(*d.Limit)
	}
	return lo, hi
}

// describe is a value in words: its place, its interval and its sample size.
func (d *chart) describe(s, i int) string {
	v := value(&d.series[s], i)
	text := d.x[i]
	if name := clean(d.series[s].Name.In(d.lang)); name != "" && (len(d.series) > 1 || d.Kind == "heat") {
		text = name + ", " + text
	}
	text += report.Say(d.lang, ": ") + v.Show(d.Format, d.lang)
	if n := samples(v, d.lang); n != "" {
		text += ", " + n
	}
	return text
}

// samples is the sample size of a value in words; empty without one.
func samples(v report.Value, lang string) string {
	if v.N <= 0 || report.Finite(&v.N) == nil {
		return ""
	}
	return "n" + report.NoBreak + integer.Number(v.N, lang)
}

// hints say how to read what is not named in the chart.
func (d *chart) hints() []string {
	if d.Kind == "heat" {
		if d.sized {
			return []string{report.Say(d.lang, "The darker and the larger the mark, the higher the value.")}
		}
		return nil
	}
	interval := false
	d.each(func(v report.Value) {
		_, _, ok := whiskers(v)
		interval = interval || ok
	})
	if interval {
		return []string{report.Say(d.lang, "Whiskers and bands show the interval of each value.")}
	}
	return nil
}

// Bounds of the list of what has no value.
const (
	mostReasons = 6
	mostNames   = 8
)

// missing says in words what has no value, by its reason.
func (d *chart) missing() []string {
	names, order := map[string][]string{}, []string{}
	for s := range d.series {
		for i, x := range d.x {
			v := value(&d.series[s], i)
			if drawable(v.Value) {
				continue
			}
			why := v.Because(d.lang)
			if report.Finite(v.Value) != nil {
				why = v.Show(d.Format, d.lang) // too large to be drawn
			}
			if len(d.series) > 1 {
				x = strings.TrimSpace(clean(d.series[s].Name.In(d.lang)) + " " + x)
			}
			if _, known := names[why]; !known {
				order = append(order, why)
			}
			names[why] = append(names[why], fit(x, 300, letters))
		}
	}
	var out []string
	for i, why := range order {
		if i == mostReasons {
			return append(out, d.count("and %s more", len(order)-i))
		}
		list := names[why]
		more := ""
		if len(list) > mostNames {
			more = " " + d.count("and %s more", len(list)-mostNames)
			list = list[:mostNames]
		}
		comma := report.Say(d.lang, ", ")
		if d.lang == "zh" {
			comma = "、"
		}
		out = append(out, strings.Join(list, comma)+more+report.Say(d.lang, ": ")+why)
	}
	return out
}
