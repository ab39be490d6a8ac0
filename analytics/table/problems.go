package table

import (
	"errors"
	"fmt"
	"strings"
)

// Error is what is wrong with one row.
type Error struct {
	Path    string // "standard input" for Stdin
	Line    int    // of a CSV, see Row.Line
	Row     int64  // of a Parquet file, from 1; 0 in a CSV
	Column  string // as the file calls it; "" when it is the whole row
	Problem string
}

func (e *Error) Error() string {
	at := fmt.Sprintf("%s:%d: ", e.Path, e.Line)
	if e.Row > 0 {
		at = fmt.Sprintf("%s: row %d: ", e.Path, e.Row)
	}
	if e.Column != "" {
		at += "column " + shorten(e.Column) + ": "
	}
	return at + e.Problem
}

const (
	// toldProblems is how many bad rows are told: a screen full.
	toldProblems = 20
	// mostProblems is after how many reading ends: the file is another than was
	// meant.
	mostProblems = 10_000
)

var errTooManyProblems = errors.New("too many bad rows")

// problems collects what is wrong with rows.
type problems struct {
	of    string // the file
	told  []error
	count int
}

// add notes a bad row. It returns errTooManyProblems when there is no use in going
// on.
func (p *problems) add(err error) error {
	if p.count++; p.count <= toldProblems {
		p.told = append(p.told, err)
	}
	if p.count >= mostProblems {
		return errTooManyProblems
	}
	return nil
}

// full reports whether what is wrong with the next bad row need not be said.
func (p *problems) full() bool { return p.count >= toldProblems }

// err is all of them as one error, nil without any.
func (p *problems) err() error {
	switch {
	case p.count == 0:
		return nil
	case p.count >= mostProblems:
		return &rowErrors{p.told, fmt.Sprintf("%s: and at least %d bad rows more: the rest was not read", p.of, p.count-len(p.told))}
	case p.count > len(p.told):
		return &rowErrors{p.told, fmt.Sprintf("%s: and %d bad rows more", p.of, p.count-len(p.told))}
	}
	return &rowErrors{told: p.told}
}

// rowErrors are errors of rows, a line each, like errors.Join.
type rowErrors struct {
	told []error
	more string // the last line
}

func (e *rowErrors) Unwrap() []error { return e.told }

func (e *rowErrors) Error() string {
	var lines []string
	for _, err := range e.told {
		lines = append(lines, err.Error())
	}
	if e.more != "" {
		lines = append(lines, e.more)
	}
	return strings.Join(lines, "\n")
}
