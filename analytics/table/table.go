// Package table reads the columns that an analysis wants from a file that somebody
// else made: CSV (also compressed with gzip) or Parquet, of any length, in bounded
// memory.
//
// [Read] finds the columns by their names, parses each cell into what it should be
// and hands over one row after the other. What is wrong with a file is said with
// file, line, column, value and remedy, several rows at once, so that it can be
// mended in one go.
package table

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Kind is what the cells of a column are.
type Kind int

// The kinds of columns.
const (
	Number Kind = iota // decimal, with a point; never with thousands separators
	Time               // see Options.Zone
	Text               // anything but empty, without blanks at its ends
	Flag               // 1/0, true/false, yes/no, 是/否
)

func (k Kind) String() string {
	switch k {
	case Number:
		return "a number"
	case Time:
		return "a time"
	case Flag:
		return "a flag"
	}
	return "a text"
}

// Column is a column that an analysis wants.
type Column struct {
	Name    string   // by which it is found in the file, see below
	Aliases []string // other names, tried in this order when there is none of Name
	Kind    Kind

	// Optional columns need not be in the file, and their cells may be absent.
	Optional bool
	// Gaps allows absent cells in a column that must be in the file.
	Gaps bool
	// Series marks the column of Text that tells the series apart which a file
	// holds, such as its meters: whether a time comes after another is asked within
	// one series (see Options.Zone). At most one column of a table is one.
	Series bool
}

// Options change how a file is read. The zero value is good.
type Options struct {
	// Map says by what name a column of ours goes in the file: ours to the file's.
	Map map[string]string

	// Zone is where times without a zone are local, and in which all times are
	// given; UTC when nil. A local time that the clocks skip is taken as
	// time.ParseInLocation does. One that they show twice is the second occurrence
	// when the time in the row before (of the same column, and series if there is
	// one) is at or past the first, and the first when it is before; in the first
	// row it is what time.ParseInLocation makes of it. So files in the order of
	// time keep each of their hours.
	Zone *time.Location

	// Progress is told now and then how many rows there were, and which share of
	// the file that is: 0 when it is unknown, as of standard input. May be nil.
	Progress func(rows int64, share float64)
}

// Stdin is the path of standard input.
const Stdin = "-"

// Read calls row with each row of a file and returns how many there were. Names of
// columns are the same without regard to case, spaces, underscores and hyphens.
//
// CSV is UTF-8 with a line of names; its delimiter is a comma, semicolon or tab,
// whichever is most frequent there. Lines that begin with # before the names, and
// empty lines, are passed over. Whether a file is CSV, compressed or Parquet is
// seen from its content.
//
// Rows with cells that are not what they should be, and rows for which row returns
// an error made by Row.Errorf, are bad: the first are told all at once in the
// error at the end, and what row has collected by then is of no use. Any other
// error of row, and ctx, end it at once.
func Read(ctx context.Context, path string, columns []Column, opts Options, row func(*Row) error) (rows int64, err error) {
	src, err := open(path, nil)
	if err != nil {
		return 0, err
	}
	defer src.close()
	return read(ctx, src, columns, opts, row)
}

// ReadFrom is Read of standard input when path is Stdin, from in; and of the file
// otherwise.
func ReadFrom(ctx context.Context, path string, in io.Reader, columns []Column, opts Options, row func(*Row) error) (rows int64, err error) {
	src, err := open(path, in)
	if err != nil {
		return 0, err
	}
	defer src.close()
	return read(ctx, src, columns, opts, row)
}

func read(ctx context.Context, src *source, columns []Column, opts Options, row func(*Row) error) (int64, error) {
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	if err := CheckMap(columns, opts.Map); err != nil {
		return 0, err
	}
	r := &reading{ctx: ctx, src: src, opts: opts, row: row, problems: problems{of: src.name}}
	begin, err := src.peek()
	if err != nil {
		return 0, err
	}
	if bytes.HasPrefix(begin, parquetMark) {
		err = r.parquet(columns)
	} else {
		err = r.csv(columns)
	}
	if err == nil || errors.Is(err, errTooManyProblems) {
		err = r.problems.err()
	}
	return r.rows, err
}

// reading is the reading of one file. It belongs to one goroutine.
type reading struct {
	ctx      context.Context
	src      *source
	opts     Options
	row      func(*Row) error
	rows     int64
	problems problems
}

const (
	// aliveRows is after how many rows it is seen whether anybody still waits.
	aliveRows = 1 << 12
	// progressRows is after how many rows progress is told.
	progressRows = 1 << 16
)

// hand gives a row whose cells are good to the caller, and counts it.
func (r *reading) hand(row *Row) error {
	if err := r.row(row); err != nil {
		if bad := new(Error); errors.As(err, &bad) {
			return r.problems.add(err)
		}
		return err
	}
	return nil
}

// count counts a row, good or bad.
func (r *reading) count() error {
	r.rows++
	if r.rows%aliveRows != 0 {
		return nil
	}
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	if r.opts.Progress != nil && r.rows%progressRows == 0 {
		r.opts.Progress(r.rows, r.src.share(r.rows))
	}
	return nil
}

// shorten makes a value fit into a line of an error.
func shorten(s string) string {
	const most = 40
	n := 0
	for i := range s {
		if n++; n > most {
			return fmt.Sprintf("%q…", s[:i])
		}
	}
	return fmt.Sprintf("%q", s)
}
