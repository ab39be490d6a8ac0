package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/spf13/cobra"
)

// What is found out of rows after all were read is said with the place of each, as a
// person finds it: rows of Parquet, lines of CSV, and standard input by its name.
func TestRowPlaces(t *testing.T) {
	failures := arrow.NewSchema([]arrow.Field{
		{Name: "unit", Type: arrow.BinaryTypes.String}, {Name: "time", Type: arrow.PrimitiveTypes.Float64}, {Name: "event", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	use := arrow.NewSchema([]arrow.Field{
		{Name: "ts", Type: arrow.BinaryTypes.String}, {Name: "value", Type: arrow.PrimitiveTypes.Float64}, {Name: "temp_c", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	t.Chdir(t.TempDir())
	f := func(cmd *cobra.Command, path, content, want string) {
		t.Helper()
		if err := os.WriteFile("rows.parquet", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd.SetArgs([]string{path})
		cmd.SetIn(strings.NewReader(content))
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		if err := cmd.ExecuteContext(context.Background()); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	f(newAnalyzeRecurrences(), "-", "unit,time,event\na,7,0\na,9,1\n",
		"standard input:3: unit a fails at 9, and its observation ends at 7 in line 2: ")
	f(newAnalyzeRecurrences(), "rows.parquet", parquetOf(t, failures, `[{"unit":"a","time":7,"event":0},{"unit":"a","time":9,"event":1}]`),
		"rows.parquet: row 2: unit a fails at 9, and its observation ends at 7 in row 1: ")
	f(newAnalyzeBaseline(), "-", "ts,value,temp_c\n2026-01-01,1,2\n2026-01-01,3,2\n",
		"standard input:3: line 2 has another value for 2026-01-01T00:00:00Z: ")
	f(newAnalyzeBaseline(), "rows.parquet", parquetOf(t, use, `[{"ts":"2026-01-01","value":1,"temp_c":2},{"ts":"2026-01-01","value":3,"temp_c":2}]`),
		"rows.parquet: row 2: row 1 has another value for 2026-01-01T00:00:00Z: ")
}

func parquetOf(t *testing.T, schema *arrow.Schema, rows string) string {
	t.Helper()
	record, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	var b bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &b, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(record); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
