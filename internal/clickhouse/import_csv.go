package clickhouse

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	csvFrameRows = 4096
	// maxCSVRow bounds a row: a quotation mark that is not closed makes one row of
	// the rest of the file.
	maxCSVRow = 4 << 20
)

// csvFrames reads CSV as RFC 4180 has it, with a line of names at the beginning.
type csvFrames struct {
	input *rationed
	lines *csv.Reader
	names []string
}

func newCSVFrames(r io.Reader) (*csvFrames, error) {
	c := &csvFrames{input: &rationed{from: r}}
	c.lines = csv.NewReader(c.input)
	c.lines.FieldsPerRecord = -1 // a row that is too short or too long is one bad row
	names, err := c.line()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty: it should begin with the names of the columns", ErrBadFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: names of the columns: %w", ErrBadFile, err)
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff") // spreadsheets put a byte order mark there
	c.names = names
	return c, nil
}

func (c *csvFrames) line() ([]string, error) {
	c.input.left = maxCSVRow
	return c.lines.Read()
}

func (c *csvFrames) next(ctx context.Context) (*frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	f := &frame{names: c.names, columns: map[string]column{}, faults: map[int]error{}}
	var cells [][]string
	for len(cells) < csvFrameRows {
		line, err := c.line()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(cells) == 0 {
				return nil, io.EOF
			}
		case errors.As(err, &syntax):
			f.faults[len(cells)] = fmt.Errorf("line %d: %w", syntax.StartLine, syntax.Err)
		case err != nil:
			return nil, err
		case len(line) != len(c.names):
			f.faults[len(cells)] = fmt.Errorf("%d fields, not %d", len(line), len(c.names))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		cells = append(cells, line)
	}
	f.rows = len(cells)
	for n, name := range c.names {
		f.columns[name] = texts(func(i int) (string, bool) {
			if n >= len(cells[i]) {
				return "", false
			}
			return unshieldCell(cells[i][n]), true
		})
	}
	return f, nil
}

// rationed reads no more than a ration at a time, give or take a buffer.
type rationed struct {
	from io.Reader
	left int
}

func (r *rationed) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("%w: a row of more than %d bytes: is a quotation mark not closed?", ErrBadFile, maxCSVRow)
	}
	n, err := r.from.Read(p)
	r.left -= n
	return n, err
}
