package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/internal/telemetry"
)

// frames reads a file some rows at a time. A frame is valid until the next one
// is read; io.EOF follows the last.
type frames interface {
	next(ctx context.Context) (*frame, error)
}

// openFrames is the reader of a file's format.
func openFrames(src ImportSource) (frames, error) {
	switch src.Format {
	case FormatCSV:
		return newCSVFrames(src.Content)
	case FormatArrow:
		return newArrowFrames(src.Content)
	case FormatParquet:
		return newParquetFrames(src.Content)
	}
	return nil, &ArgumentError{"format", src.Format, "is not one of arrow, parquet, csv"}
}

// frame is some rows of a file, by columns.
type frame struct {
	rows    int
	names   []string // of the columns, in the file's order
	columns map[string]column
	faults  map[int]error // rows that cannot be taken apart
}

// column is the cells of one column, in whatever form they are.
type column interface {
	text(i int) (string, error)
	number(i int) (float64, error)
	millis(i int) (telemetry.Millis, error)
}

// errNoValue is a cell that is null, empty where a text cannot be meant, or of a
// column that the file does not have.
var errNoValue = errors.New("is missing")

func (f *frame) text(name string, i int) (string, error) {
	if c, ok := f.columns[name]; ok {
		return c.text(i)
	}
	return "", errNoValue
}

func (f *frame) number(name string, i int) (float64, error) {
	if c, ok := f.columns[name]; ok {
		return c.number(i)
	}
	return 0, errNoValue
}

func (f *frame) millis(name string, i int) (telemetry.Millis, error) {
	if c, ok := f.columns[name]; ok {
		return c.millis(i)
	}
	return 0, errNoValue
}

// fault is what is wrong with the form of a row.
func (f *frame) fault(i int) error { return f.faults[i] }

// Columns of files, by table: those that must be there, and those that may.
var (
	importRequired = map[string][]string{
		TableReadings: {"ts", "region", "project", "class", "device", "metric", "value"},
		TableEvents:   {"ts", "region", "project", "class", "device", "kind"},
	}
	importOptional = map[string][]string{
		TableReadings: {"received"},
		TableEvents:   {"received", "id", "severity", "attrs"},
	}
)

// require refuses a file that is not of the table: what is missing would be
// made up, and what is more would be dropped without a word.
func (f *frame) require(table string) error {
	for _, name := range importRequired[table] {
		if _, ok := f.columns[name]; !ok {
			return fmt.Errorf("%w: %s has no column %s; it has %s", ErrBadFile, table, name, strings.Join(f.names, ", "))
		}
	}
	for i, name := range f.names {
		switch {
		case slices.Contains(f.names[:i], name):
			return fmt.Errorf("%w: there are two columns %q", ErrBadFile, name)
		case !slices.Contains(importRequired[table], name) && !slices.Contains(importOptional[table], name):
			return fmt.Errorf("%w: %s have no column %q: remove it, or name it as steward export does", ErrBadFile, table, name)
		}
	}
	return nil
}

// texts is a column of text; at says whether there is a value.
type texts func(i int) (string, bool)

func (c texts) text(i int) (string, error) {
	if s, ok := c(i); ok {
		return s, nil
	}
	return "", errNoValue
}

func (c texts) number(i int) (float64, error) {
	s, ok := c(i)
	if !ok || s == "" {
		return 0, errNoValue
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%.64q is not a number", s)
	}
	return v, nil
}

func (c texts) millis(i int) (telemetry.Millis, error) {
	s, ok := c(i)
	if !ok || s == "" {
		return 0, errNoValue
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return telemetry.Millis(ms), nil
	}
	for _, form := range []string{"2006-01-02 15:04:05", time.RFC3339Nano} {
		if t, err := time.Parse(form, s); err == nil {
			return telemetry.MillisOf(t), nil
		}
	}
	return 0, fmt.Errorf("%.64q is not a time: want Unix milliseconds, RFC 3339 or 2006-01-02 15:04:05.000 in UTC", s)
}

// numbers is a column of numbers; as a time they are Unix milliseconds.
type numbers func(i int) (float64, bool)

func (c numbers) text(i int) (string, error) {
	v, ok := c(i)
	if !ok {
		return "", errNoValue
	}
	return strconv.FormatFloat(v, 'f', -1, 64), nil
}

func (c numbers) number(i int) (float64, error) {
	if v, ok := c(i); ok {
		return v, nil
	}
	return 0, errNoValue
}

func (c numbers) millis(i int) (telemetry.Millis, error) {
	v, ok := c(i)
	switch {
	case !ok:
		return 0, errNoValue
	case math.IsNaN(v) || math.Abs(v) > 1<<53:
		return 0, fmt.Errorf("%v is not a time in Unix milliseconds", v)
	}
	return telemetry.Millis(v), nil
}

// times is a column of times.
type times func(i int) (time.Time, bool)

func (c times) text(i int) (string, error) {
	t, ok := c(i)
	if !ok {
		return "", errNoValue
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}

func (c times) number(int) (float64, error) { return 0, errors.New("a time is not a number") }

func (c times) millis(i int) (telemetry.Millis, error) {
	if t, ok := c(i); ok {
		return telemetry.MillisOf(t), nil
	}
	return 0, errNoValue
}
