package table

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

func writeFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// parquetOf is a file of Parquet with a row group for each record.
func parquetOf(t testing.TB, records ...arrow.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := pqarrow.NewFileWriter(records[0].Schema(), &b, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy)),
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func recordOf(t testing.TB, json string, fields ...arrow.Field) arrow.Record {
	t.Helper()
	r, _, err := array.RecordFromJSON(memory.DefaultAllocator, arrow.NewSchema(fields, nil), strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func nullable(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

func sampleTable() arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{nullable("ts", arrow.FixedWidthTypes.Timestamp_ms), nullable("value", arrow.PrimitiveTypes.Float64), nullable("meter", arrow.BinaryTypes.String)}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 100 {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(1769847300000 + 1000*i))
		b.Field(1).(*array.Float64Builder).Append(float64(i))
		b.Field(2).(*array.StringBuilder).Append(fmt.Sprint("m", i%3))
	}
	return b.NewRecord()
}

func TestParquet(t *testing.T) {
	f := func(columns []Column, json string, fields []arrow.Field, want ...string) {
		t.Helper()
		path := writeFile(t, "a.dat", parquetOf(t, recordOf(t, json, fields...)))
		got, err := readAll(t, path, nil, columns, Options{Zone: zone(t, "Europe/Berlin")})
		if err != nil {
			got = append(got, strings.ReplaceAll(err.Error(), path, "FILE"))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("of %s\ngot\n%s\nwant\n%s", json, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	number := []Column{{Name: "v", Gaps: true}}
	text := []Column{{Name: "v", Kind: Text, Gaps: true}}
	flag := []Column{{Name: "v", Kind: Flag, Gaps: true}}
	moment := []Column{{Name: "v", Kind: Time, Gaps: true}}
	v := func(t arrow.DataType) []arrow.Field {
		return []arrow.Field{nullable("other", arrow.BinaryTypes.String), nullable("V", t)}
	}

	// Numbers of any type, and where there are none.
	for _, t := range []arrow.DataType{
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Float16,
	} {
		f(number, `[{"V":1},{"V":null},{"V":0}]`, v(t), "2 1", "3 -", "4 0")
		f(flag, `[{"V":1},{"V":null},{"V":0}]`, v(t), "2 true", "3 -", "4 false")
		f(text, `[{"V":1},{"V":null}]`, v(t), "2 1", "3 -")
		f(flag, `[{"V":2}]`, v(t), `FILE: row 1: column "V": "2" is neither 1, true, yes nor 0, false, no`)
	}
	f(number, `[{"V":"12.25"},{"V":null}]`, v(&arrow.Decimal128Type{Precision: 9, Scale: 2}), "2 12.25", "3 -")
	f(number, `[{"V":"12.25"}]`, v(&arrow.Decimal256Type{Precision: 40, Scale: 2}), "2 12.25")
	f(number, `[{"V":true},{"V":false}]`, v(arrow.FixedWidthTypes.Boolean), "2 1", "3 0")
	f(number, `[{"V":"1.5"},{"V":"NA"},{"V":""},{"V":null}]`, v(arrow.BinaryTypes.String), "2 1.5", "3 -", "4 -", "5 -")
	f(number, `[{"V":null}]`, v(arrow.Null), "2 -")
	f(number, `[{"V":"x"}]`, v(arrow.BinaryTypes.LargeString), `FILE: row 1: column "V": "x" is not a number: write it such as 1234.5, without a unit`)
	f([]Column{{Name: "v"}}, `[{"V":1},{"V":null}]`, v(arrow.PrimitiveTypes.Int32), "2 1", `FILE: row 2: column "V": is empty: every row needs v`)

	f(flag, `[{"V":true},{"V":null},{"V":false}]`, v(arrow.FixedWidthTypes.Boolean), "2 true", "3 -", "4 false")
	f(flag, `[{"V":"yes"},{"V":"maybe"}]`, v(arrow.BinaryTypes.String), "2 true", `FILE: row 2: column "V": "maybe" is neither 1, true, yes nor 0, false, no`)

	f(text, `[{"V":" a "},{"V":null},{"V":""}]`, v(arrow.BinaryTypes.String), "2 a", "3 -", "4 -")
	f(text, `[{"V":"YQ=="}]`, v(arrow.BinaryTypes.Binary), "2 a")
	f(text, `[{"V":"a"},{"V":null},{"V":"b"},{"V":"a"}]`, v(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}), "2 a", "3 -", "4 b", "5 a")

	// A time with a zone is a moment, one without is local.
	for unit, text := range map[arrow.TimeUnit]string{arrow.Millisecond: ".25", arrow.Microsecond: ".25", arrow.Nanosecond: ".25"} {
		f(moment, `[{"V":"2026-01-31 08:15:00`+text+`"},{"V":null}]`, v(&arrow.TimestampType{Unit: unit, TimeZone: "UTC"}), "2 2026-01-31T09:15:00.25+01:00", "3 -")
		f(moment, `[{"V":"2026-01-31 08:15:00`+text+`"},{"V":null}]`, v(&arrow.TimestampType{Unit: unit}), "2 2026-01-31T08:15:00.25+01:00", "3 -")
	}
	f(moment, `[{"V":"2026-10-25 01:30:00"},{"V":"2026-10-25 02:30:00"},{"V":"2026-10-25 02:30:00"}]`, v(&arrow.TimestampType{Unit: arrow.Microsecond}),
		"2 2026-10-25T01:30:00+02:00", "3 2026-10-25T02:30:00+02:00", "4 2026-10-25T02:30:00+01:00")
	f(moment, `[{"V":"2026-01-31"}]`, v(arrow.FixedWidthTypes.Date32), "2 2026-01-31T00:00:00+01:00")
	f(moment, `[{"V":"2026-01-31"}]`, v(arrow.FixedWidthTypes.Date64), "2 2026-01-31T00:00:00+01:00")
	f(moment, `[{"V":1769847300},{"V":1769847300250}]`, v(arrow.PrimitiveTypes.Int64), "2 2026-01-31T09:15:00+01:00", "3 2026-01-31T09:15:00.25+01:00")
	f(moment, `[{"V":"2026-01-31 08:15"}]`, v(arrow.BinaryTypes.String), "2 2026-01-31T08:15:00+01:00")
	f(moment, `[{"V":17}]`, v(arrow.PrimitiveTypes.Int64), `FILE: row 1: column "V": "17" is not a time: Unix times are seconds or milliseconds since 1970, dates such as 2026-01-31`)

	// What cannot be used.
	f(number, `[{"V":"2026-01-31"}]`, v(arrow.FixedWidthTypes.Date32), `FILE: column "V": the type date32 cannot be read as a number`)
	f(number, `[{"V":[1]}]`, v(arrow.ListOf(arrow.PrimitiveTypes.Int64)), `FILE: column "V": the type list cannot be read as a number`)
	f(number, `[{"V":{"x":1}}]`, v(arrow.StructOf(nullable("x", arrow.PrimitiveTypes.Int64))), `FILE: column "V": the type struct cannot be read as a number`)
	f(number, `[{"W":1}]`, []arrow.Field{nullable("W", arrow.PrimitiveTypes.Int64)}, `FILE: no column v; it has "W"; wanted are v: say which is which with --map v=NAME`)
	f(number, `[]`, v(arrow.PrimitiveTypes.Int64))
	// A list beside it does not matter.
	f(number, `[{"list":[1,2,3],"v":7}]`, []arrow.Field{nullable("list", arrow.ListOf(arrow.PrimitiveTypes.Int64)), nullable("v", arrow.PrimitiveTypes.Int64)}, "2 7")
}

// Neither NaN nor infinity is a value, several row groups are one table, and the
// order of the columns does not matter.
func TestParquetGroups(t *testing.T) {
	fields := []arrow.Field{nullable("meter", arrow.BinaryTypes.String), nullable("value", arrow.PrimitiveTypes.Float64), nullable("ts", arrow.FixedWidthTypes.Timestamp_us)}
	batch := func(rows int, value float64) arrow.Record {
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
		for i := range rows {
			b.Field(0).(*array.StringBuilder).Append("m")
			b.Field(1).(*array.Float64Builder).Append(value)
			b.Field(2).(*array.TimestampBuilder).Append(arrow.Timestamp(1769847300000000 + i))
		}
		return b.NewRecord()
	}
	path := writeFile(t, "a.parquet", parquetOf(t, batch(batchRows+1, math.NaN()), batch(1, math.Inf(-1)), batch(progressRows, 2)))
	var lines, values int
	var share float64
	rows, err := Read(t.Context(), path, series, Options{Progress: func(_ int64, s float64) { share = s }}, func(r *Row) error {
		if lines++; r.Line() != lines+1 || r.Text(2) != "m" {
			t.Fatalf("line %d is %s", lines+1, shown(series, r))
		}
		if r.Has(1) {
			values++
		}
		return nil
	})
	if err != nil || rows != batchRows+2+progressRows || values != progressRows || share < 0.7 || share > 1 {
		t.Errorf("%d rows, %d values, share %g, %v", rows, values, share, err)
	}
}

func TestDamagedParquet(t *testing.T) {
	whole := parquetOf(t, sampleTable())
	path := filepath.Join(t.TempDir(), "a.parquet")
	f := func(content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(t.Context(), path, series, Options{}, func(*Row) error { return nil })
		if err == nil && len(content) < len(whole) {
			t.Fatalf("the first %d bytes are taken for the whole", len(content))
		}
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("an error without its file: %v", err)
		}
	}
	for n := len(parquetMark); n < len(whole); n++ {
		if n%7 == 0 {
			f(whole[:n])
		}
		if n%3 == 0 || n > len(whole)-16 {
			wrong := bytes.Clone(whole)
			wrong[n] ^= 0x55
			f(wrong)
		}
	}
}
