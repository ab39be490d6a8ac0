package sheet

import (
	"time"

	"github.com/xuri/excelize/v2"

	"steward/analytics/report"
)

// column is a column of a sheet. One of numbers in a table has up to four more
// beside it, where any of its values has what they show.
type column struct {
	title string
	of    int // the table's column
	cell  func(c *report.Cell, total bool) any
	chars float64
}

// part is what a column beside a number shows.
type part struct {
	word string
	look look
	get  func(v *report.Value) any
}

// table writes a table to a sheet of its own: its head in the first row, where it
// stays in sight, with filters, and all its rows.
func (b *workbook) table(sheet string, t *report.Table) error {
	columns := b.columns(t)
	out, err := b.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if len(columns) == 0 {
		return out.Flush()
	}
	b.fit(t, columns)
	for i, c := range columns {
		if err := out.SetColWidth(i+1, i+1, c.chars); err != nil {
			return err
		}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	last, err := excelize.CoordinatesToCellName(len(columns), len(t.Rows)+1)
	if err != nil {
		return err
	}
	if err := b.AutoFilter(sheet, "A1:"+last, nil); err != nil {
		return err
	}
	head := make([]any, len(columns))
	for i, c := range columns {
		head[i] = excelize.Cell{StyleID: b.id(look{head: true, format: asText}), Value: c.title}
	}
	if err := out.SetRow("A1", head); err != nil {
		return err
	}
	write := func(n int, row []report.Cell, total bool) error {
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		return out.SetRow(at, cellsOf(columns, row, total))
	}
	for i, row := range t.Rows {
		if err := write(i+2, row, false); err != nil {
			return err
		}
	}
	if t.Total != nil { // outside the filter, which would sort it away
		if err := write(len(t.Rows)+2, t.Total, true); err != nil {
			return err
		}
	}
	return out.Flush()
}

func cellsOf(columns []column, row []report.Cell, total bool) []any {
	out := make([]any, len(columns))
	for i, c := range columns {
		if c.of < len(row) {
			out[i] = c.cell(&row[c.of], total)
		}
	}
	return out
}

// columns are those of a table's sheet.
func (b *workbook) columns(t *report.Table) []column {
	var out []column
	for i := range t.Columns {
		c := &t.Columns[i]
		title := in(c.Title, b.lang)
		if c.Type == "number" {
			out = append(out, b.numbers(t, i, title)...)
			continue
		}
		out = append(out, column{title: title, of: i, cell: b.plain(c.Type)})
	}
	return out
}

// plain makes cells of text, days and times.
func (b *workbook) plain(kind string) func(c *report.Cell, total bool) any {
	return func(c *report.Cell, total bool) any {
		switch kind {
		case "date":
			return b.moment(c.Time, asDay, total)
		case "time":
			return b.moment(c.Time.In(b.r.Location()), asTime, total)
		}
		if s := text(c.In(b.lang)); s != "" {
			return excelize.Cell{StyleID: b.id(look{format: asText, total: total}), Value: s}
		}
		return b.blank(total)
	}
}

func (b *workbook) blank(total bool) any {
	if total { // the line above it goes all the way
		return excelize.Cell{StyleID: b.id(look{total: true})}
	}
	return nil
}

// moment is a day or a time by the clock of its location: a workbook knows no zones.
func (b *workbook) moment(t time.Time, format string, total bool) any {
	if t.IsZero() {
		return b.blank(total)
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	if t.Year() < 1901 || t.Year() > 9999 { // Excel's days begin in 1900
		return excelize.Cell{StyleID: b.id(look{format: asText, total: total}), Value: wall.Format(time.DateOnly)}
	}
	if format == asDay {
		wall = wall.Truncate(24 * time.Hour)
	}
	return excelize.Cell{StyleID: b.id(look{format: format, total: total}), Value: wall}
}

// numbers are the columns of a column of numbers.
func (b *workbook) numbers(t *report.Table, of int, title string) []column {
	f := t.Columns[of].Format
	format := look{format: numFmt(f)}
	number := func(x *float64) any {
		if x = report.Finite(x); x == nil {
			return nil
		}
		return stored(f, *x)
	}
	parts := []part{
		{"", format, func(v *report.Value) any { return number(v.Value) }},
		{"low", format, func(v *report.Value) any { return number(v.Low) }},
		{"high", format, func(v *report.Value) any { return number(v.High) }},
		{"n", look{format: asCount}, func(v *report.Value) any {
			if v.N <= 0 || report.Finite(&v.N) == nil {
				return nil
			}
			return v.N
		}},
		{"note", look{format: asText, why: true}, func(v *report.Value) any {
			if report.Finite(v.Value) != nil {
				return nil
			}
			return text(v.Because(b.lang))
		}},
	}
	head := title
	if sign := f.Sign(b.lang); sign != "" {
		head += " (" + sign + ")"
	}
	var out []column
	for i, p := range parts {
		if i > 0 && !anyOf(t, of, p.get) {
			continue
		}
		name := head
		if i > 0 {
			name = title + " " + b.say(p.word)
		}
		out = append(out, column{title: name, of: of, cell: func(c *report.Cell, total bool) any {
			if c.Value != nil {
				if v := p.get(c.Value); v != nil {
					l := p.look
					l.total = total
					return excelize.Cell{StyleID: b.id(l), Value: v}
				}
			}
			return b.blank(total)
		}})
	}
	return out
}

// anyOf reports whether any value of a column has something to show.
func anyOf(t *report.Table, of int, get func(v *report.Value) any) bool {
	has := func(row []report.Cell) bool {
		return of < len(row) && row[of].Value != nil && get(row[of].Value) != nil
	}
	for _, row := range t.Rows {
		if has(row) {
			return true
		}
	}
	return has(t.Total)
}

// fit gives columns a width from their head and their first rows.
func (b *workbook) fit(t *report.Table, columns []column) {
	for i := range columns {
		c := &columns[i]
		c.chars = min(wide(c.title), 24) + 3 // the arrow of the filter
		for _, row := range append(t.Rows[:min(len(t.Rows), 200):min(len(t.Rows), 200)], t.Total) {
			if c.of >= len(row) {
				continue
			}
			cell, _ := c.cell(&row[c.of], false).(excelize.Cell)
			switch v := cell.Value.(type) {
			case string:
				c.chars = max(c.chars, wide(v)+1)
			case time.Time:
				c.chars = max(c.chars, 17)
			case float64:
				c.chars = max(c.chars, wide(t.Columns[c.of].Format.Number(*cellNumber(&row[c.of]), "en"))+2)
			}
		}
		c.chars = min(c.chars, 60)
	}
}

func cellNumber(c *report.Cell) *float64 {
	var zero float64
	if c.Value == nil || report.Finite(c.Value.Value) == nil {
		return &zero
	}
	return c.Value.Value
}
