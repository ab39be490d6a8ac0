package registry

import (
	"fmt"
	"io"
	"strings"

	"steward/internal/controldb"
)

// Bounds of a file, so that none fills the memory.
const (
	MaxRows    = 200_000  // besides the header
	maxFile    = 64 << 20 // bytes, as it comes
	maxColumns = 200
	maxCell    = 8 << 10 // bytes
)

// Rows are the cells of a file, with its first row as the header. Rows that are
// empty are left out.
type Rows struct {
	Header []string
	Rows   []Row
}

// Row is one row of a file.
type Row struct {
	Number int // as in the file, whose header is row 1
	Cells  []string
}

// RowWriter writes a table. A cell is a string, an int or a float64.
type RowWriter interface {
	Write(cells ...any) error
	Close() error // completes the file; what is below stays open
}

// add takes the next row that is not empty.
func (r *Rows) add(number int, cells []string) error {
	empty := true
	for i, c := range cells {
		if len(c) > maxCell {
			return wrongFile("row %d has a cell of %d bytes, more than %d", number, len(c), maxCell)
		}
		cells[i] = revive(c)
		empty = empty && strings.TrimSpace(c) == ""
	}
	switch {
	case empty:
		return nil
	case len(cells) > maxColumns:
		return wrongFile("row %d has %d columns, more than %d", number, len(cells), maxColumns)
	case r.Header == nil && number > 1:
		return wrongFile("the first row is empty: it must be the header")
	case r.Header == nil:
		r.Header = cells
		return nil
	case len(r.Rows) == MaxRows:
		return wrongFile("more than %d rows: split it", MaxRows)
	}
	r.Rows = append(r.Rows, Row{number, cells})
	return nil
}

// complete makes sure that there is a table at all.
func (r *Rows) complete() error {
	if r.Header == nil {
		return wrongFile("it is empty: the first row must be the header")
	}
	// A trailing separator makes columns without a name.
	for n := len(r.Header); n > 0 && strings.TrimSpace(r.Header[n-1]) == ""; n-- {
		r.Header = r.Header[:n-1]
	}
	for i, row := range r.Rows {
		for n := len(row.Cells); n > len(r.Header) && strings.TrimSpace(row.Cells[n-1]) == ""; n-- {
			r.Rows[i].Cells = row.Cells[:n-1]
		}
	}
	return nil
}

func wrongFile(problem string, args ...any) error {
	return controldb.Invalid("file", "", problem, args...)
}

// limited reads a whole file within the bounds.
func limited(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if len(b) > maxFile {
		return nil, wrongFile("larger than %d MiB: split it", maxFile>>20)
	}
	return b, nil
}

// Spreadsheets run a text that begins like a formula: whoever may name a device
// could make the reader of an export run it. Such a text goes out with an
// apostrophe before it, which spreadsheets do not show, and comes back without.

const formula = "=+-@\t\r"

func disarm(s string) string {
	if armed(s) {
		return "'" + s
	}
	return s
}

func revive(s string) string {
	if strings.HasPrefix(s, "'") && armed(s) {
		return s[1:]
	}
	return s
}

// armed reports whether a text begins like a formula, after apostrophes if any:
// those would otherwise be lost when it comes back.
func armed(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsRune(formula, rune(s[0]))
}
