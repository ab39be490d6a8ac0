package page

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"steward/analytics/report"
	"steward/analytics/report/reporttest"
)

func TestScale(t *testing.T) {
	f := func(lo, hi float64, n int, format report.Format, want string) {
		t.Helper()
		s := newScale(lo, hi, n, format)
		var ticks []string
		for _, x := range s.ticks {
			ticks = append(ticks, strings.ReplaceAll(s.format.Number(x, "en"), report.NoBreak, " "))
		}
		if got := strings.Join(ticks, "|"); got != want {
			t.Errorf("%g to %g: %s, wanted %s", lo, hi, got, want)
		}
	}
	f(0, 1, 4, reporttest.Percent, "0 %|25 %|50 %|75 %|100 %")
	f(.861, .952, 5, reporttest.Percent, "86 %|88 %|90 %|92 %|94 %|96 %")
	f(0, 99, 5, reporttest.Integer, "0|20|40|60|80|100")
	f(0, 2, 5, reporttest.Integer, "0|1|2")
	f(-3, 7, 5, reporttest.Rate, "−4|−2|0|2|4|6|8")
	f(0, .004, 4, reporttest.Rate, "0.000|0.001|0.002|0.003|0.004")
	f(0, 1500, 5, reporttest.Duration, "0 s|5 min|10 min|15 min|20 min|25 min")
	f(0, 86400*3, 3, reporttest.Duration, "0 s|1 d|2 d|3 d")
	f(0, 0, 5, reporttest.KWh, "0.0|0.2|0.4|0.6|0.8|1.0")
}

// Whatever the values, an axis has a few ticks that hold them.
func TestScaleHolds(t *testing.T) {
	for _, format := range []report.Format{reporttest.Percent, reporttest.Integer, reporttest.Duration, reporttest.KWh, reporttest.Money} {
		for e := -300.0; e < 15; e += .7 {
			for _, lo := range []float64{0, -math.Pow(10, e) / 3, math.Pow(10, e) * .999} {
				hi := math.Pow(10, e)
				s := newScale(lo, hi, 5, format)
				if n := len(s.ticks); n < 2 || n > 20 || s.first() > lo+1e-9 || s.last() < hi*(1-1e-9) && hi > 1e-9 {
					t.Fatalf("%s of %g to %g: %v", format.Kind, lo, hi, s.ticks)
				}
				if at := s.at(hi); math.IsNaN(at) || at < 0 || at > 1 {
					t.Fatalf("%g is at %g", hi, at)
				}
			}
		}
	}
}

func TestFit(t *testing.T) {
	f := func(text string, most float64, want string) {
		t.Helper()
		if got := fit(text, most, 10); got != want {
			t.Errorf("%q became %q, wanted %q", text, got, want)
		}
	}
	f("滨江花园", 40, "滨江花园")
	f("滨江花园国际", 40, "滨江花…")
	f("", 40, "")
	f("a\x00b\nc", 100, "ab c")
	f("\u202eabc", 100, "abc")
	f("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 60, "👩‍👩‍👧‍👦👩…")
	if got := fit(strings.Repeat("字", 1e5), 100, 10); len([]rune(got)) > 12 {
		t.Errorf("%d letters", len([]rune(got)))
	}
}

func TestLines(t *testing.T) {
	f := func(text string, most float64, want string) {
		t.Helper()
		if got := strings.Join(lines(text, most, 10), "|"); got != want {
			t.Errorf("%q became %q, wanted %q", text, got, want)
		}
	}
	f("滨江花园", 40, "滨江花园")
	f("滨江花园国际社区", 50, "滨江花园|国际社区")
	f("one two three", 60, "one two|three")
	f("one two three four five six", 60, "one two|three fo…")
	f("WWWWWWWWWWWWWWWWWWWW", 60, "WWWWW|WWWWW…")
	f("字", 1, "…")
}

// Names below a plot, or left of one, never run into one another.
func TestLabelsApart(t *testing.T) {
	f := func(name string, n int, want string) {
		t.Helper()
		c := &report.Chart{Kind: "bars", Series: []report.Series{{}}}
		for i := range n {
			label := fmt.Sprintf(name, i)
			c.X = append(c.X, report.Text{ZH: label, EN: label})
			c.Series[0].Values = append(c.Series[0].Values, report.Value{Value: new(float64(i))})
		}
		svg := draw(c, 1, "zh").SVG
		wellFormed(t, svg)
		named := 0
		for i := range n {
			named += min(1, strings.Count(svg, ">"+fmt.Sprintf(name, i)+"<"))
		}
		turned := strings.Contains(svg, "rotate(")
		if got := fmt.Sprintf("%d named, turned %t", named, turned); got != want {
			t.Errorf("%d of %s: %s, wanted %s", n, name, got, want)
		}
	}
	f("周%d", 7, "7 named, turned false")
	f("滨江花园国际社区%d期", 12, "12 named, turned false") // below one another
	f("%02d-01", 31, "16 named, turned false")
	f("2026-10-%02d", 31, "8 named, turned false")
	f("%d", 400, "27 named, turned false")
}

// Colours stand out from the page by 3:1, and what is written on a shade by 4.5:1
// (WCAG 2.2, 1.4.11 and 1.4.3).
func TestContrast(t *testing.T) {
	light := func(hex string) float64 {
		var r, g, b int
		if _, err := fmt.Sscanf(strings.ToLower(hex), "#%02x%02x%02x", &r, &g, &b); err != nil {
			t.Fatal(hex, err)
		}
		var sum float64
		for i, x := range []int{r, g, b} {
			c := float64(x) / 255
			if c <= .04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+.055)/1.055, 2.4)
			}
			sum += []float64{.2126, .7152, .0722}[i] * c
		}
		return sum
	}
	ratio := func(a, b float64) float64 { return (math.Max(a, b) + .05) / (math.Min(a, b) + .05) }
	for _, c := range colours {
		if r := ratio(light(c), 1); r < 3 {
			t.Errorf("%s: %.2f", c, r)
		}
	}
	for q := 0.0; q <= 1; q += .01 {
		fill, ink := blue(q)
		on := 0.0
		if ink == "m i" { // white
			on = 1
		}
		if r := ratio(light(fill), on); r < 4.5 {
			t.Errorf("at %.2f: %.2f on %s", q, r, fill)
		}
	}
}

// What a chart leaves out, or has no value for, it says.
func TestLeftOut(t *testing.T) {
	c := &report.Chart{Kind: "lines"}
	for i := range 3000 {
		c.X = append(c.X, report.Text{EN: fmt.Sprint(i)})
	}
	for range 12 {
		s := report.Series{Name: report.Text{EN: "s"}}
		for i := range 3000 {
			s.Values = append(s.Values, report.Value{Value: new(float64(i))})
		}
		s.Values[7] = report.Value{Why: "insufficient data: silent"}
		c.Series = append(c.Series, s)
	}
	f := draw(c, 1, "en")
	got := strings.Join(f.Notes, "\n")
	for _, want := range []string{"4 more series are not drawn.", "1,000 more categories are not drawn.", "insufficient data: silent"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if n := strings.Count(f.SVG, "L"); n < 8*1990 || strings.Contains(f.SVG, "…") {
		t.Errorf("%d points are drawn", n)
	}
	if len(f.SVG) > 1<<20 {
		t.Errorf("%d bytes", len(f.SVG))
	}
	f = draw(&report.Chart{Kind: "bars", X: []report.Text{{EN: "a"}}, Series: []report.Series{{Values: []report.Value{{Why: "insufficient data: silent"}}}}}, 1, "zh")
	if f.SVG != "" || f.Why != "数据不足：silent" {
		t.Errorf("%+v", f)
	}
}
