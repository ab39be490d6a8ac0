package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxRow bounds a row: a quotation mark that is not closed makes one row of the
// rest of the file.
const maxRow = 1 << 20

// csv reads RFC 4180, with what is met besides.
func (r *reading) csv(columns []Column) error {
	lines := &csvLines{in: bufio.NewReaderSize(r.src, 256<<10), file: r.src.name, delimiter: ','}
	names, err := lines.header()
	if err != nil {
		return err
	}
	b, err := bind(r.src.name, columns, names, r.opts.Map)
	if err != nil {
		return err
	}
	row := &Row{table: b, path: r.src.name, cells: make([]cell, len(columns))}
	p := newParser(newClock(r.opts.Zone, len(columns)))
	for {
		fields, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		row.line = lines.at
		if err = r.csvRow(p, row, fields, err); err != nil {
			return err
		}
		if err := r.count(); err != nil {
			return err
		}
	}
}

// csvRow hands over a row that was read with err, or notes what is wrong with it.
func (r *reading) csvRow(p *parser, row *Row, fields [][]byte, err error) error {
	if err != nil {
		if bad := new(Error); errors.As(err, &bad) {
			return r.problems.add(err)
		}
		return err
	}
	if problem := r.parse(p, row, fields); problem != nil {
		return r.problems.add(problem)
	}
	return r.hand(row)
}

// parse makes the cells of a row, or says what is wrong with its first bad one.
func (r *reading) parse(p *parser, row *Row, fields [][]byte) error {
	b := row.table
	if len(fields) != len(b.names) {
		if r.problems.full() {
			return errTold
		}
		return row.Errorf(-1, "cells: %d, names of columns: %d: put cells that hold a delimiter in quotation marks", len(fields), len(b.names))
	}
	if b.series >= 0 && b.at[b.series] >= 0 {
		p.clock.begin(trim(fields[b.at[b.series]]))
	}
	for col := range b.columns {
		at := b.at[col]
		if at < 0 {
			continue
		}
		c := &b.columns[col]
		switch v := p.parse(c.Kind, col, fields[at], &row.cells[col]); {
		case v == good, v == absent && (c.Gaps || c.Optional):
		case r.problems.full():
			return errTold
		default:
			return row.Errorf(col, "%s", fault(c, fields[at], v))
		}
	}
	return nil
}

// errTold stands for a bad row of which only the number is told.
var errTold = errors.New("a bad row")

// csvLines splits a CSV into rows of cells without making garbage.
type csvLines struct {
	in        *bufio.Reader
	file      string
	delimiter byte
	at        int // the line in which the row begins
	read      int // lines so far

	long   []byte   // a row that is longer than a line or the buffer
	fields [][]byte // of the row
	quoted []byte   // cells without their quotation marks, one after the other
	ends   []int    // of the cells in quoted
}

// header reads the names of the columns.
func (c *csvLines) header() ([]string, error) {
	for {
		line, err := c.line()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: is empty: it should begin with the names of the columns", c.file)
		}
		if err != nil {
			return nil, err
		}
		if c.read == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // spreadsheets put a byte order mark there
		}
		if len(trim(line)) == 0 || line[0] == '#' {
			continue
		}
		c.delimiter = delimiterOf(line)
		fields, err := c.split(line)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(fields))
		for i, f := range fields {
			if !utf8.Valid(f) || bytes.IndexByte(f, 0) >= 0 {
				return nil, fmt.Errorf("%s:%d: the names of the columns are not UTF-8: save it as CSV UTF-8", c.file, c.at)
			}
			names[i] = strings.TrimSpace(string(f))
		}
		return names, nil
	}
}

// delimiterOf is what stands most often between the names.
func delimiterOf(line []byte) byte {
	count := map[byte]int{}
	quoted := false
	for _, b := range line {
		if b == '"' {
			quoted = !quoted
		} else if !quoted {
			count[b]++
		}
	}
	best := byte(',')
	for _, b := range []byte{';', '\t'} {
		if count[b] > count[best] {
			best = b
		}
	}
	return best
}

// next is the next row that is not empty. Its cells are good until the one after.
func (c *csvLines) next() ([][]byte, error) {
	for {
		line, err := c.line()
		if err != nil {
			return nil, err
		}
		if len(line) > 0 && (c.delimiter == '\t' || len(trim(line)) > 0) {
			return c.split(line)
		}
	}
}

// line reads to the end of a line, and sets where it began.
func (c *csvLines) line() ([]byte, error) {
	c.at = c.read + 1
	line, err := c.more()
	if err != nil {
		return nil, err
	}
	return endless(line), nil
}

// endless is a line without its end.
func endless(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// more reads one line with its end. It is good until the next is read.
func (c *csvLines) more() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		c.long = c.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) && len(c.long) <= maxRow {
			c.long = append(c.long, line...)
			line, err = c.in.ReadSlice('\n')
		}
		c.long = append(c.long, line...)
		line = c.long
	}
	switch {
	case len(line) > maxRow:
		return nil, fmt.Errorf("%s:%d: a line of more than %d bytes: is it a CSV?", c.file, c.at, maxRow)
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s:%d: %w", c.file, c.at, err)
	}
	c.read++
	return line, nil
}
