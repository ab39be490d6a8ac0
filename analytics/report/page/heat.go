package page

import (
	"fmt"
	"math"

	"steward/analytics/report"
)

// heat draws a heat map; it gives the height of the drawing. Cells that have the
// room say their value; in narrower ones a mark grows with it, so that nobody
// depends on telling shades apart.
func (d *chart) heat() float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	d.each(func(v report.Value) { lo, hi = math.Min(lo, *v.Value), math.Max(hi, *v.Value) })
	if lo > 0 && d.Format.Kind != "percent" {
		lo = 0 // none of it is the lightest
	}
	share := func(x float64) float64 {
		if hi <= lo {
			return .5
		}
		return (x - lo) / (hi - lo)
	}
	d.open("defs", nil)
	d.open("pattern", a{"id", d.id + "h", "width", 6, "height", 6, "patternUnits", "userSpaceOnUse"})
	d.mark("rect", "", a{"width", 6, "height", 6, "fill", "#fff"})
	d.mark("path", "", a{"d", "M-1 1l2-2M0 6l6-6M5 7l2-2", "stroke", "#767676", "stroke-width", ".9"})
	d.close("pattern")
	d.close("defs")

	names := make([]string, len(d.series))
	var left float64
	for s := range d.series {
		name := d.series[s].Name
		if s < len(d.Y) {
			name = d.Y[s]
		}
		names[s] = clean(name.In(d.lang))
		left = math.Max(left, width(names[s], letters))
	}
	left = math.Min(left, 160) + 10
	wide := math.Min((chartWidth-left)/float64(len(d.x)), 70)
	tall := math.Max(14, math.Min(26, wide))
	numbers, missing := true, false
	const digits = letters - 2
	for s := range d.series {
		for i := range d.x {
			v := value(&d.series[s], i)
			if !drawable(v.Value) {
				missing = true
			} else if width(d.Format.Number(*v.Value, d.lang), digits)+3 > wide {
				numbers = false
			}
		}
	}
	d.sized = !numbers
	top := 6.0
	for s, name := range names {
		y := top + tall*float64(s)
		d.text("t e", left-6, y+tall/2+4, fit(name, left-9, letters), name)
		for i := range d.x {
			v, x := value(&d.series[s], i), left+wide*float64(i)
			d.shade(v, share, x, y, wide, tall, numbers, digits, d.describe(s, i))
		}
	}
	end := d.foot(left, top+tall*float64(len(names)), wide) + 8
	return d.key(left, end, lo, hi, numbers, missing) + 4
}

func (d *chart) shade(v report.Value, share func(float64) float64, x, y, wide, tall float64, numbers bool, digits float64, title string) {
	box := a{"class", "c", "x", x, "y", y, "width", wide, "height", tall}
	switch {
	case !drawable(v.Value):
		d.mark("rect", title, append(box, "fill", "url(#"+d.id+"h)"))
	case numbers:
		fill, ink := blue(share(*v.Value))
		d.mark("rect", title, append(box, "fill", fill))
		d.text(ink, x+wide/2, y+tall/2+digits*.36, d.Format.Number(*v.Value, d.lang), "", "font-size", digits)
	default:
		q := share(*v.Value)
		fill, _ := blue(.25 + q*.75)
		d.mark("rect", title, append(box, "fill", "#fff"))
		side := math.Min(wide, tall) * (.15 + .75*math.Sqrt(q))
		d.mark("rect", title, a{"x", x + (wide-side)/2, "y", y + (tall-side)/2, "width", side, "height", side, "fill", fill})
	}
}

// key explains the shades.
func (d *chart) key(left, y, lo, hi float64, numbers, missing bool) float64 {
	const steps, wide = 6, 26.0
	text := d.Format.Show(lo, d.lang)
	d.text("t s", left, y+10, text, "")
	x := left + width(text, letters-1) + 8
	for i := range steps {
		q := float64(i) / (steps - 1)
		v := lo + (hi-lo)*q
		d.shade(report.Value{Value: &v}, func(float64) float64 { return q }, x, y, wide, 13, false, letters, "")
		if numbers {
			fill, _ := blue(q)
			d.mark("rect", "", a{"class", "c", "x", x, "y", y, "width", wide, "height", 13, "fill", fill})
		}
		x += wide
	}
	text = d.Format.Show(hi, d.lang)
	d.text("t s", x+8, y+10, text, "")
	x += width(text, letters-1) + 28
	if missing {
		d.mark("rect", "", a{"class", "c", "x", x, "y", y, "width", wide, "height", 13, "fill", "url(#" + d.id + "h)"})
		d.text("t s", x+wide+8, y+10, report.Say(d.lang, "no value"), "")
	}
	return y + 18
}

// blues is a scale of one hue from light to dark (ColorBrewer's Blues), whose order
// is seen in grey as well.
var blues = [][3]float64{{247, 251, 255}, {222, 235, 247}, {198, 219, 239}, {158, 202, 225}, {107, 174, 214}, {66, 146, 198}, {33, 113, 181}, {8, 81, 156}, {8, 48, 107}}

// blue is the shade for a share of 0 to 1, and the class of what is written on it:
// black or white, whichever is easier to read.
func blue(q float64) (fill, ink string) {
	at := math.Min(1, math.Max(0, q)) * float64(len(blues)-1)
	i := min(int(at), len(blues)-2)
	var c [3]float64
	var light float64 // relative luminance, WCAG 2.2
	for k, weight := range []float64{.2126, .7152, .0722} {
		c[k] = blues[i][k] + (blues[i+1][k]-blues[i][k])*(at-float64(i))
		part := c[k] / 255
		if part <= .04045 {
			part /= 12.92
		} else {
			part = math.Pow((part+.055)/1.055, 2.4)
		}
		light += weight * part
	}
	ink = "m i"
	if (light+.05)/.05 > 1.05/(light+.05) {
		ink = "m k"
	}
	return fmt.Sprintf("#%02x%02x%02x", int(c[0]), int(c[1]), int(c[2])), ink
}
