package columns

import (
	"cmp"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"steward/analytics/report"
)

// batch is how many rows are gathered before they are written.
const batch = 16384

// Arrow writes a table as an Arrow IPC stream: for each number columns name,
// name_low, name_high, name_n and name_why, for each text name (English) and
// name_zh, days as date32, times in UTC. It is not compressed: not every reader
// could read it.
func Arrow(w io.Writer, t *report.Table) error {
	fields := fieldsOf(t)
	schema := schemaOf(t, fields)
	out := ipc.NewWriter(w, ipc.WithSchema(schema))
	if err := records(t, fields, schema, out.Write); err != nil {
		return err
	}
	return wrap(t, out.Close())
}

// Parquet writes a table as a Parquet file with the columns of Arrow.
func Parquet(w io.Writer, t *report.Table) error {
	fields := fieldsOf(t)
	schema := schemaOf(t, fields)
	out := &faultyWriter{w: w}
	file, err := pqarrow.NewFileWriter(schema, out, parquet.NewWriterProperties(
		parquet.WithCreatedBy("steward"), parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return wrap(t, err)
	}
	write := func(rows arrow.Record) error { return cmp.Or(file.WriteBuffered(rows), out.err) }
	if err := records(t, fields, schema, write); err != nil {
		return err
	}
	return wrap(t, cmp.Or(file.Close(), out.err))
}

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

func wrap(t *report.Table, err error) error {
	if err != nil {
		return fmt.Errorf("write table %s: %w", t.Name, err)
	}
	return nil
}

func schemaOf(t *report.Table, fields []field) *arrow.Schema {
	list := make([]arrow.Field, len(fields))
	for i, f := range fields {
		list[i] = arrow.Field{Name: f.name, Nullable: true}
		switch f.kind {
		case numberColumn:
			list[i].Type = arrow.PrimitiveTypes.Float64
		case dayColumn:
			list[i].Type = arrow.FixedWidthTypes.Date32
		case momentColumn:
			list[i].Type = moment
		default:
			list[i].Type = arrow.BinaryTypes.String
		}
		if len(f.meta) > 0 {
			list[i].Metadata = metadata(f.meta)
		}
	}
	meta := metadata([]string{"table", valid(t.Name), "title_zh", valid(t.Title.ZH), "title_en", valid(t.Title.EN)})
	return arrow.NewSchema(list, &meta)
}

// metadata are pairs of keys and values.
func metadata(pairs []string) arrow.Metadata {
	var keys, values []string
	for i := 0; i+1 < len(pairs); i += 2 {
		keys, values = append(keys, pairs[i]), append(values, pairs[i+1])
	}
	return arrow.NewMetadata(keys, values)
}

// records hands the rows over in batches.
func records(t *report.Table, fields []field, schema *arrow.Schema, write func(arrow.Record) error) error {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	flush := func() error {
		rows := b.NewRecord()
		defer rows.Release()
		return wrap(t, write(rows))
	}
	for i, row := range t.Rows {
		for n := range fields {
			appendCell(b.Field(n), &fields[n], fields[n].cell(row))
		}
		if (i+1)%batch == 0 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(t.Rows)%batch == 0 && len(t.Rows) > 0 {
		return nil
	}
	return flush()
}

func appendCell(to array.Builder, f *field, c *report.Cell) {
	switch b := to.(type) {
	case *array.Float64Builder:
		if x := f.num(c); x != nil {
			b.Append(*x)
			return
		}
	case *array.Date32Builder:
		if representable(c.Time) {
			b.Append(day(c.Time))
			return
		}
	case *array.TimestampBuilder:
		if representable(c.Time) {
			b.Append(arrow.Timestamp(c.Time.UnixMilli()))
			return
		}
	case *array.StringBuilder:
		if s := f.text(c); s != "" {
			b.Append(valid(s))
			return
		}
	}
	to.AppendNull()
}
