package clickhouse

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// exportFile writes rows in one format. A file is whole when close succeeded.
type exportFile interface {
	write(arrow.Record) error
	close() error
}

func newExportFile(w io.Writer, format string, columns []exportColumn) (exportFile, error) {
	schema := exportSchema(columns)
	switch format {
	case FormatArrow:
		return arrowFile{ipc.NewWriter(w, ipc.WithSchema(schema))}, nil
	case FormatParquet:
		return newParquetFile(w, schema)
	}
	return newCSVFile(w, columns)
}

// arrowFile is an Arrow IPC stream, not compressed: not every reader could read
// it.
type arrowFile struct{ w *ipc.Writer }

func (f arrowFile) write(rows arrow.Record) error { return wrapWrite(f.w.Write(rows)) }
func (f arrowFile) close() error                  { return wrapWrite(f.w.Close()) }

func wrapWrite(err error) error {
	if err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// rowGroup is how many rows of a Parquet file are gathered before they are
// written: enough for its compression and for skipping, few enough for memory.
const rowGroup = 128 << 10

type parquetFile struct {
	w   *pqarrow.FileWriter
	out *faultyWriter
}

func newParquetFile(w io.Writer, schema *arrow.Schema) (*parquetFile, error) {
	properties := parquet.NewWriterProperties(
		parquet.WithCreatedBy("steward"), parquet.WithCompression(compress.Codecs.Zstd), parquet.WithMaxRowGroupLength(rowGroup))
	out := &faultyWriter{w: w}
	file, err := pqarrow.NewFileWriter(schema, out, properties, pqarrow.DefaultWriterProps())
	if err := cmp.Or(err, out.err); err != nil {
		return nil, wrapWrite(err)
	}
	return &parquetFile{w: file, out: out}, nil
}

func (f *parquetFile) write(rows arrow.Record) error {
	return wrapWrite(cmp.Or(f.w.WriteBuffered(rows), f.out.err))
}

func (f *parquetFile) close() error { return wrapWrite(cmp.Or(f.w.Close(), f.out.err)) }

// faultyWriter remembers the first write that failed, and takes the rest for
// written: pqarrow panics when the first bytes of a file cannot be written, and
// forgets an error at the end of a row group. It has no Close, which pqarrow would
// call: w is not ours.
type faultyWriter struct {
	w   io.Writer
	err error
}

func (f *faultyWriter) Write(p []byte) (int, error) {
	if f.err == nil {
		_, f.err = f.w.Write(p)
	}
	return len(p), nil
}

type csvFile struct {
	w       *csv.Writer
	columns []exportColumn
	line    []string
}

func newCSVFile(w io.Writer, columns []exportColumn) (*csvFile, error) {
	f := &csvFile{w: csv.NewWriter(w), columns: columns, line: make([]string, len(columns))}
	for i, c := range columns {
		f.line[i] = c.name
	}
	return f, wrapWrite(f.w.Write(f.line))
}

func (f *csvFile) write(rows arrow.Record) error {
	for row := range int(rows.NumRows()) {
		for i := range f.columns {
			f.line[i] = csvCell(rows.Column(i), row, f.columns[i].kind)
		}
		if err := f.w.Write(f.line); err != nil {
			return wrapWrite(err)
		}
	}
	f.w.Flush()
	return wrapWrite(f.w.Error())
}

func (f *csvFile) close() error {
	f.w.Flush()
	return wrapWrite(f.w.Error())
}

// csvTime is how times are written, in UTC: both people's spreadsheets and
// ClickHouse read it.
const csvTime = "2006-01-02 15:04:05.000"

func csvCell(column arrow.Array, row int, kind columnKind) string {
	if column.IsNull(row) {
		return ""
	}
	switch c := column.(type) {
	case *array.String:
		return shieldCell(c.Value(row))
	case *array.Float64:
		return strconv.FormatFloat(c.Value(row), 'g', -1, 64)
	case *array.Uint64:
		return strconv.FormatUint(c.Value(row), 10)
	case *array.Timestamp:
		at := time.UnixMilli(int64(c.Value(row))).UTC()
		if kind == zonedColumn {
			return at.Format("2006-01-02T15:04:05.000Z07:00")
		}
		return at.Format(csvTime)
	}
	panic(fmt.Sprintf("clickhouse: no text for the type %s", column.DataType())) // exportSchema has no others
}

// A spreadsheet takes a text that begins like a formula for one, and a device
// names its metrics and events as it likes. Such texts get an apostrophe before
// them, and so do those that had one there already, so that reading it back
// gives what was written.

// shieldCell makes of a text what a spreadsheet shows as it is.
func shieldCell(s string) string {
	if isFormula(s) {
		return "'" + s
	}
	return s
}

// unshieldCell is what shieldCell was given.
func unshieldCell(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && isFormula(rest) {
		return rest
	}
	return s
}

func isFormula(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0]))
}
