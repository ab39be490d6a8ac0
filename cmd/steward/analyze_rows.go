package main

import (
	"errors"
	"fmt"

	"steward/analytics/table"
)

// rowPlaces names rows of a file once all of them are read, by what Row.Line said.
type rowPlaces struct{ like *table.Error } // an error of the first row

// see is to be called with a row of the file.
func (p *rowPlaces) see(r *table.Row) {
	if p.like == nil {
		_ = errors.As(r.Errorf(-1, "row"), &p.like) // it is one
	}
}

// name is how a person finds a row: Parquet has no lines.
func (p *rowPlaces) name(line int) string {
	if p.like != nil && p.like.Row > 0 {
		return fmt.Sprintf("row %d", line-1)
	}
	return fmt.Sprintf("line %d", line)
}

// errorf is what is wrong with a row.
func (p *rowPlaces) errorf(line int, format string, args ...any) error {
	e := table.Error{Line: line, Problem: fmt.Sprintf(format, args...)}
	if p.like != nil {
		e.Path = p.like.Path
		if p.like.Row > 0 {
			e.Row = int64(line) - 1
		}
	}
	return &e
}
