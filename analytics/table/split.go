package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// split cuts a line into cells. A cell that begins with a quotation mark may go on
// over further lines; elsewhere a quotation mark is a letter.
func (c *csvLines) split(line []byte) ([][]byte, error) {
	c.fields = c.fields[:0]
	if bytes.IndexByte(line, '"') >= 0 {
		return c.splitQuoted(line)
	}
	for {
		n := bytes.IndexByte(line, c.delimiter)
		if n < 0 {
			break
		}
		c.fields = append(c.fields, line[:n])
		line = line[n+1:]
	}
	c.fields = append(c.fields, line)
	return c.fields, nil
}

// splitQuoted is split of a line with quotation marks. All cells are copied, since
// reading another line overwrites this one, and cut only at the end, when c.quoted
// no longer moves.
func (c *csvLines) splitQuoted(line []byte) ([][]byte, error) {
	c.quoted, c.ends = c.quoted[:0], c.ends[:0]
	var err error
	for more := true; more; {
		if len(line) > 0 && line[0] == '"' {
			line, err = c.cell(line[1:])
			if err != nil {
				return nil, err
			}
		} else {
			n := bytes.IndexByte(line, c.delimiter)
			if n < 0 {
				n = len(line)
			}
			c.quoted = append(c.quoted, line[:n]...)
			line = line[n:]
		}
		c.ends = append(c.ends, len(c.quoted))
		if more = len(line) > 0; more {
			line = line[1:] // the delimiter
		}
	}
	from := 0
	for _, end := range c.ends {
		c.fields = append(c.fields, c.quoted[from:end])
		from = end
	}
	return c.fields, nil
}

// cell appends a cell whose quotation mark was just opened to c.quoted and returns
// what comes after it: nothing or a delimiter.
func (c *csvLines) cell(line []byte) ([]byte, error) {
	for {
		n := bytes.IndexByte(line, '"')
		if n < 0 {
			c.quoted = append(append(c.quoted, line...), '\n')
			next, err := c.more()
			if errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("%s:%d: a quotation mark is opened here and never closed", c.file, c.at)
			}
			if err != nil {
				return nil, err
			}
			if len(c.quoted)+len(next) > maxRow {
				return nil, fmt.Errorf("%s:%d: a row of more than %d bytes: is a quotation mark not closed?", c.file, c.at, maxRow)
			}
			line = endless(next)
			continue
		}
		c.quoted = append(c.quoted, line[:n]...)
		line = line[n+1:]
		if len(line) > 0 && line[0] == '"' {
			c.quoted = append(c.quoted, '"')
			line = line[1:]
			continue
		}
		if len(line) > 0 && line[0] != c.delimiter {
			return nil, &Error{Path: c.file, Line: c.at, Problem: "text after a closing quotation mark: write a quotation mark within a cell twice"}
		}
		return line, nil
	}
}
