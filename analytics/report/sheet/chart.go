package sheet

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"steward/analytics/report"
)

// Bounds of a chart in a workbook: beyond them nobody sees anything, and its numbers
// are in the tables.
const (
	mostX      = 5000
	mostSeries = 60
)

var colours = []string{"0072B2", "D55E00", "117733", "882255", "5B5B5B", "332288", "8A6A00", "AA3377"}

// dashes and marks tell lines apart without their colours.
var (
	dashes = []excelize.LineDashType{excelize.LineDashSolid, excelize.LineDashDash, excelize.LineDashSysDot, excelize.LineDashSysDashDot, excelize.LineDashLgDash, excelize.LineDashSysDash, excelize.LineDashDot, excelize.LineDashLgDashDot}
	marks  = []string{"circle", "square", "triangle", "diamond"}
)

// drawn is a row of a chart's block of numbers, which runs downwards in a column.
type drawn struct {
	name string
	get  func(i int) *float64
	kind string // "", low, high, n, limit
	of   int
}

// chart writes the numbers of a chart, and draws it beside them.
func (b *workbook) chart(f *form, c *report.Chart) {
	f.put(1, in(c.Title, b.lang), look{bold: true, size: 13})
	f.row++
	x, series := c.X[:min(len(c.X), mostX)], c.Series[:min(len(c.Series), mostSeries)]
	if len(x) == 0 || len(series) == 0 {
		f.put(1, b.say("insufficient data"), look{why: true})
		f.row++
		return
	}
	if c.Kind == "heat" {
		b.heat(f, c, x, series)
		return
	}
	top := f.row
	list := b.block(c, series)
	for i, d := range list {
		f.put(2+i, d.name, look{head: true})
	}
	f.row++
	for i := range x {
		f.put(1, in(x[i], b.lang), look{})
		for n, d := range list {
			if v := report.Finite(d.get(i)); v != nil {
				if d.kind == "n" {
					f.put(2+n, *v, look{format: asCount})
				} else {
					f.put(2+n, stored(c.Format, *v), look{format: numFmt(c.Format)})
				}
			}
		}
		f.row++
	}
	if f.err == nil {
		f.err = b.draw(f.sheet, c, list, top, len(x))
	}
	f.row = max(f.row, top+22) + 1
}

// block are the columns of a chart's numbers.
func (b *workbook) block(c *report.Chart, series []report.Series) []drawn {
	var list []drawn
	for s := range series {
		one, name := &series[s], in(series[s].Name, b.lang)
		if name == "" {
			name = fmt.Sprint(s + 1)
		}
		get := func(part func(v *report.Value) *float64) func(i int) *float64 {
			return func(i int) *float64 {
				if i >= len(one.Values) {
					return nil
				}
				return part(&one.Values[i])
			}
		}
		list = append(list, drawn{name, get(func(v *report.Value) *float64 { return v.Value }), "", s})
		for _, p := range []drawn{
			{b.say("low"), get(func(v *report.Value) *float64 { return v.Low }), "low", s},
			{b.say("high"), get(func(v *report.Value) *float64 { return v.High }), "high", s},
			{b.say("n"), get(func(v *report.Value) *float64 {
				if v.N <= 0 {
					return nil
				}
				return &v.N
			}), "n", s},
		} {
			has := false
			for i := range one.Values {
				has = has || report.Finite(p.get(i)) != nil
			}
			if has {
				p.name = name + " " + p.name
				list = append(list, p)
			}
		}
	}
	if report.Finite(c.Limit) != nil {
		list = append(list, drawn{b.say("Limit"), func(int) *float64 { return c.Limit }, "limit", 0})
	}
	return list
}

// draw draws a chart right of its numbers: bars or lines, the ends of intervals as
// thin lines (of bars as marks alone), the limit as a dashed one.
func (b *workbook) draw(sheet string, c *report.Chart, list []drawn, top, n int) error {
	ref := func(col, row int) string {
		at, _ := excelize.CoordinatesToCellName(col, row, true) // both are within a sheet
		return "'" + sheet + "'!" + at
	}
	span := func(col int) string {
		to, _ := excelize.CoordinatesToCellName(col, top+n, true)
		return ref(col, top+1) + ":" + to
	}
	var main, lines []excelize.ChartSeries
	for i, d := range list {
		if d.kind == "n" {
			continue
		}
		colour := []string{colours[d.of%len(colours)]}
		s := excelize.ChartSeries{Name: ref(2+i, top), Categories: span(1), Values: span(2 + i), Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: colour}}
		s.Line = excelize.LineOptions{Width: 2, Dash: dashes[d.of%len(dashes)], Fill: s.Fill}
		s.Marker = excelize.ChartMarker{Symbol: marks[d.of%len(marks)], Size: 5, Fill: s.Fill}
		switch {
		case d.kind == "limit":
			s.Fill.Color = []string{"AA0000"}
			s.Line, s.Marker = excelize.LineOptions{Width: 1.5, Dash: excelize.LineDashDash, Fill: s.Fill}, excelize.ChartMarker{Symbol: "none"}
			lines = append(lines, s)
		case d.kind != "" && c.Kind == "lines":
			s.Line.Width, s.Line.Dash, s.Marker = .75, excelize.LineDashSysDot, excelize.ChartMarker{Symbol: "none"}
			lines = append(lines, s)
		case d.kind != "":
			s.Line = excelize.LineOptions{Type: excelize.LineNone}
			s.Marker = excelize.ChartMarker{Symbol: "dash", Size: 9, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"111111"}}}
			lines = append(lines, s)
		case c.Kind == "lines":
			lines = append(lines, s)
		default:
			main = append(main, s)
		}
	}
	at, err := excelize.CoordinatesToCellName(max(10, len(list)+3), top)
	if err != nil {
		return err
	}
	dress := func(kind excelize.ChartType, series []excelize.ChartSeries) *excelize.Chart {
		return &excelize.Chart{
			Type: kind, Series: series, Legend: excelize.ChartLegend{Position: "bottom"},
			Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: cut(in(c.Title, b.lang), 200)}}},
			Dimension: excelize.ChartDimension{Width: 720, Height: 400}, ShowBlanksAs: "gap", VaryColors: new(false),
			YAxis: excelize.ChartAxis{MajorGridLines: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: numFmt(c.Format)}},
		}
	}
	switch {
	case len(main) == 0:
		return b.AddChart(sheet, at, dress(excelize.Line, lines))
	case len(lines) == 0:
		return b.AddChart(sheet, at, dress(excelize.Col, main))
	}
	return b.AddChart(sheet, at, dress(excelize.Col, main), dress(excelize.Line, lines))
}

// heat writes a heat map as cells whose colour goes with their number.
func (b *workbook) heat(f *form, c *report.Chart, x []report.Text, series []report.Series) {
	top := f.row
	for i := range x {
		f.put(2+i, in(x[i], b.lang), look{head: true})
	}
	f.row++
	for s := range series {
		name := series[s].Name
		if s < len(c.Y) {
			name = c.Y[s]
		}
		f.put(1, in(name, b.lang), look{})
		for i := range x {
			if i >= len(series[s].Values) {
				break
			}
			if v := series[s].Values[i]; report.Finite(v.Value) != nil {
				f.put(2+i, stored(c.Format, *v.Value), look{format: numFmt(c.Format)})
			} else {
				f.put(2+i, "–", look{})
			}
		}
		f.row++
	}
	from, err := excelize.CoordinatesToCellName(2, top+1)
	to, err2 := excelize.CoordinatesToCellName(1+len(x), f.row-1)
	if f.err != nil || err != nil || err2 != nil {
		return
	}
	f.err = b.SetConditionalFormat(f.sheet, from+":"+to, []excelize.ConditionalFormatOptions{
		{Type: "3_color_scale", Criteria: "=", MinType: "min", MidType: "percentile", MidValue: "50", MaxType: "max", MinColor: "#F7FBFF", MidColor: "#9ECAE1", MaxColor: "#4292C6"},
	})
	f.row++
}
