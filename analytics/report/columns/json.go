package columns

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"steward/analytics/report"
)

// JSON writes all of a report in both languages. The same report gives the same
// bytes. A number that is none, or infinite, is null.
func JSON(w io.Writer, r *report.Report) error {
	out := json.NewEncoder(w)
	out.SetIndent("", " ")
	if err := out.Encode(finite(r)); err != nil {
		return fmt.Errorf("report %s: write as json: %w", r.Name, err)
	}
	return nil
}

// finite is a copy of a report whose numbers are all numbers, and whose lists are
// lists even when they are empty.
func finite(r *report.Report) *report.Report {
	out := *r
	out.Runs = append([]report.Run{}, r.Runs...)
	for i := range out.Runs {
		out.Runs[i].Coverage = report.Finite(out.Runs[i].Coverage)
	}
	out.Sections = append([]report.Section{}, r.Sections...)
	for i := range out.Sections {
		s := &out.Sections[i]
		s.Facts, s.Charts, s.Tables = slices.Clone(s.Facts), slices.Clone(s.Charts), slices.Clone(s.Tables)
		for n := range s.Facts {
			f := &s.Facts[n]
			f.Value = number(f.Value)
			if f.Before != nil {
				f.Before = new(number(*f.Before))
			}
		}
		for n := range s.Charts {
			c := &s.Charts[n]
			c.Limit = report.Finite(c.Limit)
			c.X, c.Series = append([]report.Text{}, c.X...), append([]report.Series{}, c.Series...)
			for k := range c.Series {
				values := make([]report.Value, len(c.Series[k].Values))
				for l, v := range c.Series[k].Values {
					values[l] = number(v)
				}
				c.Series[k].Values = values
			}
		}
		for n := range s.Tables {
			t := &s.Tables[n]
			rows := make([][]report.Cell, len(t.Rows))
			for k := range t.Rows {
				rows[k] = cells(t.Rows[k])
			}
			t.Rows, t.Columns = rows, append([]report.Column{}, t.Columns...)
			if t.Total != nil {
				t.Total = cells(t.Total)
			}
		}
	}
	return &out
}

func cells(row []report.Cell) []report.Cell {
	out := append([]report.Cell{}, row...)
	for i := range out {
		if out[i].Value != nil {
			out[i].Value = new(number(*out[i].Value))
		}
		if !representable(out[i].Time) {
			out[i].Time = report.Cell{}.Time // JSON has years of four digits
		}
	}
	return out
}

func number(v report.Value) report.Value {
	v.Value, v.Low, v.High = report.Finite(v.Value), report.Finite(v.Low), report.Finite(v.High)
	if report.Finite(&v.N) == nil {
		v.N = 0
	}
	return v
}
