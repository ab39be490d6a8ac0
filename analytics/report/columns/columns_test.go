package columns

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"steward/analytics/report"
	"steward/analytics/report/reporttest"
)

func small() *report.Table {
	share := report.Value{Value: new(.923), Low: new(.881), High: new(.952), N: 1284}
	none := report.Value{Why: "insufficient data: 3 incidents"}
	return &report.Table{
		Name: "small", Title: report.Text{ZH: "小", EN: "Small"}, Most: 1,
		Columns: []report.Column{{Name: "project", Type: "text"}, {Name: "share", Type: "number", Format: reporttest.Percent}, {Name: "day", Type: "date"}, {Name: "at", Type: "time"}},
		Rows: [][]report.Cell{
			{{Words: &report.Text{ZH: "滨江花园", EN: "=Riverside"}}, {Value: &share}, {Time: time.Date(2026, 10, 1, 0, 0, 0, 0, reporttest.Shanghai)}, {Time: time.Date(2026, 10, 1, 8, 30, 0, 5e6, reporttest.Shanghai)}},
			{{Text: "b"}, {Value: &none}},
		},
	}
}

const smallText = `project=["=Riverside" "b"] project_zh=["滨江花园" "b"] share=[0.923 (null)] share_low=[0.881 (null)] share_high=[0.952 (null)] share_n=[1284 (null)] share_why=[(null) "insufficient data: 3 incidents"] day=[20727 (null)] at=[1790814600005 (null)]`

// words are the columns of a record as text.
func words(schema *arrow.Schema, columns []arrow.Array) string {
	var out []string
	for i, c := range columns {
		out = append(out, schema.Field(i).Name+"="+fmt.Sprint(c))
	}
	return strings.Join(out, " ")
}

func readArrow(t *testing.T, raw []byte) (schema *arrow.Schema, rows int, text string) {
	t.Helper()
	r, err := ipc.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
		rows += int(r.Record().NumRows())
		text = words(r.Schema(), r.Record().Columns())
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return r.Schema(), rows, text
}

func readParquet(t *testing.T, raw []byte) arrow.Table {
	t.Helper()
	f, err := file.NewParquetReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := r.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Release)
	return table
}

func TestColumns(t *testing.T) {
	var out bytes.Buffer
	if err := Arrow(&out, small()); err != nil {
		t.Fatal(err)
	}
	schema, _, text := readArrow(t, out.Bytes())
	if text != smallText {
		t.Errorf("arrow\n%s, wanted\n%s", text, smallText)
	}
	if kind, _ := schema.Field(2).Metadata.GetValue("kind"); kind != "percent" {
		t.Errorf("kind %q", kind)
	}
	if title, _ := schema.Metadata().GetValue("title_zh"); title != "小" {
		t.Errorf("title %q", title)
	}
	out.Reset()
	if err := Parquet(&out, small()); err != nil {
		t.Fatal(err)
	}
	table := readParquet(t, out.Bytes())
	list := make([]arrow.Array, table.NumCols())
	for i := range list {
		list[i] = table.Column(i).Data().Chunk(0)
	}
	if text := words(table.Schema(), list); text != smallText {
		t.Errorf("parquet\n%s, wanted\n%s", text, smallText)
	}
	out.Reset()
	if err := CSV(&out, small()); err != nil {
		t.Fatal(err)
	}
	want := "\ufeffproject,project_zh,share,share_low,share_high,share_n,share_why,day,at\n" +
		"'=Riverside,滨江花园,0.923,0.881,0.952,1284,,2026-10-01,2026-10-01 00:30:00.005\n" +
		"b,b,,,,,insufficient data: 3 incidents,,\n"
	if out.String() != want {
		t.Errorf("csv\n%s, wanted\n%s", &out, want)
	}
}

// Whatever the rows are, none included, the columns are the same.
func TestSameColumns(t *testing.T) {
	whole, bare := small(), small()
	bare.Rows = nil
	var a, b bytes.Buffer
	if err := errors.Join(Arrow(&a, whole), Arrow(&b, bare)); err != nil {
		t.Fatal(err)
	}
	s1, _, _ := readArrow(t, a.Bytes())
	s2, n, _ := readArrow(t, b.Bytes())
	if !s1.Equal(s2) || n != 0 {
		t.Errorf("%s\nis not\n%s", s1, s2)
	}
	b.Reset()
	if err := Parquet(&b, bare); err != nil {
		t.Fatal(err)
	}
	if got := readParquet(t, b.Bytes()); got.NumRows() != 0 || got.NumCols() != 9 {
		t.Errorf("%d rows, %d columns", got.NumRows(), got.NumCols())
	}
}

func TestManyRows(t *testing.T) {
	for _, n := range []int{10_000, batch, batch + 1} {
		table := &reporttest.Large(n).Sections[0].Tables[0]
		for name, write := range Formats {
			if n != 10_000 && name != "arrow" { // they gather no batches of their own
				continue
			}
			var out bytes.Buffer
			if err := write(&out, table); err != nil {
				t.Fatal(err)
			}
			rows := 0
			switch name {
			case "arrow":
				_, rows, _ = readArrow(t, out.Bytes())
			case "parquet":
				rows = int(readParquet(t, out.Bytes()).NumRows())
			default:
				rows = bytes.Count(out.Bytes(), []byte("\n")) - 1
			}
			if rows != n {
				t.Errorf("%s: %d rows, wanted %d", name, rows, n)
			}
		}
	}
}

func TestHostile(t *testing.T) {
	r := reporttest.Hostile()
	for _, format := range []string{"arrow", "parquet", "csv"} {
		var out bytes.Buffer
		if err := Zip(&out, r, format); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, f := range z.File {
			if strings.ContainsAny(f.Name, `/\:`) || strings.Contains(f.Name, "..") || seen[f.Name] || len(f.Name) > 80 {
				t.Errorf("name %q", f.Name)
			}
			seen[f.Name] = true
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			look(t, format, raw)
		}
		if len(seen) != len(r.Sections) {
			t.Errorf("%s: %d files", format, len(seen))
		}
	}
}

func look(t *testing.T, format string, raw []byte) {
	t.Helper()
	switch format {
	case "arrow":
		schema, rows, text := readArrow(t, raw)
		names := map[string]bool{}
		for _, f := range schema.Fields() {
			if names[f.Name] {
				t.Errorf("two columns %s", f.Name)
			}
			names[f.Name] = true
		}
		if rows != 4 || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%d rows: %.300s", rows, text)
		}
	case "parquet":
		if n := readParquet(t, raw).NumRows(); n != 4 {
			t.Errorf("%d rows", n)
		}
	case "csv":
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
		if err != nil || len(rows) != 5 {
			t.Errorf("%d rows: %v", len(rows), err)
		}
		for _, row := range rows[1:] {
			if slices.ContainsFunc(row[:2], func(s string) bool { return s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) }) {
				t.Errorf("a formula: %.100q", row)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for _, r := range []*report.Report{reporttest.Sample(), reporttest.Hostile(), {}} {
		var a, b bytes.Buffer
		if err := errors.Join(JSON(&a, r), JSON(&b, r)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Error("the same report makes other bytes")
		}
		var back report.Report
		if err := json.Unmarshal(a.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		if len(back.Sections) != len(r.Sections) || bytes.Contains(a.Bytes(), []byte("\"sections\": null")) {
			t.Errorf("%d sections", len(back.Sections))
		}
	}
	var out bytes.Buffer
	if err := JSON(&out, reporttest.Small()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"时限达标率", "Standards met", `"value": null`, "数据不足：本月仅 2 起"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestSameBytes(t *testing.T) {
	r := reporttest.Sample()
	for _, format := range []string{"arrow", "parquet", "csv"} {
		var a, b bytes.Buffer
		if err := errors.Join(Zip(&a, r, format), Zip(&b, r, format)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: the same report makes other bytes", format)
		}
	}
	if err := Zip(io.Discard, r, "xml"); err == nil {
		t.Error("a format that is not known is written")
	}
}

type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("gone")
	}
	return len(p), nil
}

func TestBrokenWriter(t *testing.T) {
	table := &reporttest.Large(1000).Sections[0].Tables[0]
	for name, write := range Formats {
		for _, after := range []int{0, 100, 5000} {
			if err := write(&broken{after}, table); err == nil || !strings.Contains(err.Error(), "gone") {
				t.Errorf("%s after %d bytes: %v", name, after, err)
			}
		}
	}
}
