package table

import (
	"fmt"
	"time"
)

// Row is one row. It is valid until the function that was given it returns; the
// texts that it gives stay. Columns are numbered as they were given to Read.
type Row struct {
	table *binding
	path  string
	line  int
	row   int64 // of a Parquet file, from 1
	cells []cell
}

// cell is the value of one column in one row.
type cell struct {
	has    bool
	flag   bool
	number float64
	at     time.Time
	text   string
}

// Line is the line of a CSV, in which the names stand in line 1 when nothing is
// before them; of Parquet the number of the row plus 1, as if it were a CSV.
func (r *Row) Line() int { return r.line }

// Has reports whether the file has the column and the cell is not absent.
func (r *Row) Has(col int) bool { return r.cells[col].has }

// Number is the cell of a column of kind Number, never NaN or infinite; 0 when it
// is absent.
func (r *Row) Number(col int) float64 { return r.cells[col].number }

// Time is the cell of a column of kind Time, in Options.Zone; the zero time when it
// is absent.
func (r *Row) Time(col int) time.Time { return r.cells[col].at }

// Text is the cell of a column of kind Text; "" when it is absent.
func (r *Row) Text(col int) string { return r.cells[col].text }

// Flag is the cell of a column of kind Flag; false when it is absent.
func (r *Row) Flag(col int) bool { return r.cells[col].flag }

// Errorf is what is wrong with a cell of the row, with file, line and column. A
// col of -1 is the whole row.
func (r *Row) Errorf(col int, format string, args ...any) error {
	e := &Error{Path: r.path, Line: r.line, Row: r.row, Problem: fmt.Sprintf(format, args...)}
	if col >= 0 {
		e.Column = r.table.called(col)
	}
	return e
}
