// Package columns writes a report as data for other programs: JSON of all of it,
// and its tables as Arrow, Parquet or CSV. No row is left out, and a table has the
// same columns whatever its rows are.
package columns

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"steward/analytics/report"
)

// kind is what a column of a file holds.
type kind int

const (
	textColumn kind = iota
	numberColumn
	dayColumn
	momentColumn
)

// field is a column of a file. A column of text becomes two, in Chinese and in
// English; one of numbers five: the number, its interval, its sample size and why
// there is none.
type field struct {
	name string
	of   int // the table's column
	kind kind
	meta []string // by turns a key and a value
	text func(c *report.Cell) string
	num  func(c *report.Cell) *float64
}

// fieldsOf are the columns of a table's file.
func fieldsOf(t *report.Table) []field {
	var out []field
	add := func(of int, fields ...field) {
		for _, f := range fields {
			f.of = of
			out = append(out, f)
		}
	}
	used := map[string]bool{}
	for i := range t.Columns {
		c := &t.Columns[i]
		name := unique(plain(c.Name, "column_"+strconv.Itoa(i+1)), used)
		meta := []string{"title_zh", valid(c.Title.ZH), "title_en", valid(c.Title.EN)}
		switch c.Type {
		case "number":
			meta = append(meta, "kind", valid(c.Format.Kind), "unit", valid(c.Format.Unit))
			value := func(get func(v *report.Value) *float64) func(*report.Cell) *float64 {
				return func(c *report.Cell) *float64 {
					if c.Value == nil {
						return nil
					}
					return report.Finite(get(c.Value))
				}
			}
			add(i,
				field{name: name, kind: numberColumn, meta: meta, num: value(func(v *report.Value) *float64 { return v.Value })},
				field{name: name + "_low", kind: numberColumn, num: value(func(v *report.Value) *float64 { return v.Low })},
				field{name: name + "_high", kind: numberColumn, num: value(func(v *report.Value) *float64 { return v.High })},
				field{name: name + "_n", kind: numberColumn, num: value(samples)},
				field{name: name + "_why", text: why})
		case "date":
			add(i, field{name: name, kind: dayColumn, meta: meta})
		case "time":
			add(i, field{name: name, kind: momentColumn, meta: meta})
		default:
			add(i, field{name: name, meta: meta, text: func(c *report.Cell) string { return c.In("en") }},
				field{name: name + "_zh", text: func(c *report.Cell) string { return c.In("zh") }})
		}
	}
	return out
}

// samples is a sample size; none is nil, and not a sample of nothing.
func samples(v *report.Value) *float64 {
	if v.N == 0 {
		return nil
	}
	return &v.N
}

func why(c *report.Cell) string {
	if c.Value == nil || report.Finite(c.Value.Value) != nil {
		return ""
	}
	return c.Value.Because("en")
}

// plain is a name of small letters, digits and underscores.
func plain(name, otherwise string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
	if name == "" {
		return otherwise
	}
	return name[:min(len(name), 64)]
}

// unique is a name that no other column has, with any of the endings.
func unique(name string, used map[string]bool) string {
	endings := []string{"", "_zh", "_low", "_high", "_n", "_why"}
	taken := func(try string) bool {
		return slices.ContainsFunc(endings, func(end string) bool { return used[try+end] })
	}
	try := name
	for i := 2; taken(try); i++ {
		try = fmt.Sprintf("%s_%d", name, i)
	}
	for _, end := range endings {
		used[try+end] = true
	}
	return try
}

// valid is a text without what is no UTF-8, which readers refuse.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// representable are the years that files of columns and their readers agree on.
func representable(t time.Time) bool { return !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 }

// day is the day of a time in its own location, as days since 1970.
func day(t time.Time) arrow.Date32 {
	y, m, d := t.Date()
	return arrow.Date32FromTime(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

var moment = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}

// cell is a field's cell of a row; an empty one where the row is too short.
func (f *field) cell(row []report.Cell) *report.Cell {
	if f.of < len(row) {
		return &row[f.of]
	}
	return &report.Cell{}
}
