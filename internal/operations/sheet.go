package operations

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Columns finds the fields of a table by its first row: by their names, or by what
// people call them. Where a table has columns of one meaning for two fields, such as
// 类型, the kind's own field goes first.
func (k *Kind) Columns(header []string) (fields []string, problems []Problem) {
	for _, heading := range header {
		name := k.fieldOf(heading)
		switch {
		case name == "":
			problems = append(problems, Problem{shorten(heading), shorten(heading), fmt.Sprintf("is no column of %s: they are %s", k.Path, strings.Join(k.headings(), ", "))})
		case slices.Contains(fields, name):
			problems = append(problems, Problem{name, shorten(heading), "this column is there twice"})
		}
		fields = append(fields, name)
	}
	if !slices.Contains(fields, "id") {
		problems = append(problems, Problem{"id", "", "this column is missing: it says which record a row is"})
	}
	return fields, problems
}

func (k *Kind) fieldOf(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(heading, "\ufeff")))
	if slices.Contains(passed, heading) {
		return heading
	}
	for _, list := range [][]Field{k.Fields, headFields} {
		for _, f := range list {
			if f.called(heading) {
				return f.Name
			}
		}
	}
	return ""
}

// called reports whether a heading means the field. That a column is of times people
// need not say: 创建 is 创建时间.
func (f Field) called(heading string) bool {
	return heading == f.Name || slices.Contains(f.Headings, heading) || slices.Contains(f.Headings, heading+"时间")
}

// headings are the columns that a table may have, each in both languages.
func (k *Kind) headings() []string {
	var all []string
	for _, f := range slices.Concat(headFields, k.Fields) {
		all = append(all, f.Name+" ("+f.Headings[0]+")")
	}
	return all
}

// Cells is a record of the cells of a row, by the fields of its columns. Cells beyond
// the columns are a problem.
func Cells(fields, cells []string) (Given, []Problem) {
	given := make(Given, len(fields))
	for i, cell := range cells {
		if i >= len(fields) {
			return given, []Problem{{"", shorten(cell), "the row has more cells than the header"}}
		}
		if cell = strings.TrimSpace(cell); cell != "" {
			given[fields[i]] = cell
		}
	}
	return given, nil
}

// serial reads the number by which a workbook keeps a time: days since the end of
// 1899, as long as it lies in the years that records can be of (ECMA-376 part 1,
// 18.17.4.1). The time has no zone.
func serial(text string) (time.Time, bool) {
	days, err := strconv.ParseFloat(text, 64)
	begin := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if err != nil || !(days > 36_525 && days < 74_000) {
		return time.Time{}, false
	}
	// A workbook keeps about a tenth of a millisecond, and people mean seconds.
	seconds := math.Round(days * 86_400)
	return begin.Add(time.Duration(seconds) * time.Second), true
}

// Table is a table of records, of which the first row is the header.
type Table struct {
	Header []string
	Rows   []Row
}

// Row is a row of a table.
type Row struct {
	Number int // as in the file, whose header is row 1
	Cells  []string
}

// TableReport is what became of a table.
type TableReport struct {
	DryRun   bool           `json:"dry_run"`
	Rows     int            `json:"rows"`
	Stored   int            `json:"stored"`
	Problems []TableProblem `json:"problems" nullable:"false"` // nothing was stored when there is any; at most MaxFaults
}

// TableProblem is one thing wrong with one row.
type TableProblem struct {
	Row int `json:"row" doc:"As in the file, whose header is row 1."`
	Problem
}

// ReadTable makes records of a table, and says everything that is wrong with it. read
// is ReadAll with what whoever brings the table may tell of.
func (k *Kind) ReadTable(t Table, read func([]Given) ([]Record, []Fault, error)) (TableReport, []Record, error) {
	report := TableReport{Rows: len(t.Rows), Problems: []TableProblem{}}
	fields, problems := k.Columns(t.Header)
	for _, p := range problems {
		report.Problems = append(report.Problems, TableProblem{1, p})
	}
	if len(problems) > 0 {
		return report, nil, nil // the rows would all be wrong in the same way
	}
	given := make([]Given, len(t.Rows))
	for i, row := range t.Rows {
		if given[i], problems = Cells(fields, row.Cells); len(problems) > 0 && len(report.Problems) < MaxFaults {
			report.Problems = append(report.Problems, TableProblem{row.Number, problems[0]})
		}
	}
	records, faults, err := read(given)
	if err != nil {
		return report, nil, err
	}
	for _, f := range faults {
		if len(report.Problems) < MaxFaults {
			report.Problems = append(report.Problems, TableProblem{t.Rows[f.Index].Number, f.Problem})
		}
	}
	slices.SortStableFunc(report.Problems, func(a, b TableProblem) int { return a.Row - b.Row })
	return report, records, nil
}
