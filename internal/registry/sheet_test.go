package registry

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestReadCSV(t *testing.T) {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("区域,名称\nnorth,北区\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   string
		want Rows
	}{
		"plain":     {"id,name\na,b\n", Rows{[]string{"id", "name"}, []Row{{2, []string{"a", "b"}}}}},
		"mark":      {"\ufeffid,name\r\na,b\r\n", Rows{[]string{"id", "name"}, []Row{{2, []string{"a", "b"}}}}},
		"semicolon": {"id;name\na;b,c\n", Rows{[]string{"id", "name"}, []Row{{2, []string{"a", "b,c"}}}}},
		"tab":       {"id\tname\na\tb;c\n", Rows{[]string{"id", "name"}, []Row{{2, []string{"a", "b;c"}}}}},
		"GBK":       {gbk, Rows{[]string{"区域", "名称"}, []Row{{2, []string{"north", "北区"}}}}},
		"empty rows and lines within": {"id,name\n\n\"a\nb\",c\n,\nd,e\n", Rows{[]string{"id", "name"},
			[]Row{{3, []string{"a\nb", "c"}}, {5, []string{"d", "e"}}}}},
		"trailing": {"id,name,,\na,b,,\n", Rows{[]string{"id", "name"}, []Row{{2, []string{"a", "b"}}}}},
		"formula":  {"id\n'=1+1\n''x\n'it\n", Rows{[]string{"id"}, []Row{{2, []string{"=1+1"}}, {3, []string{"''x"}}, {4, []string{"'it"}}}}},
	} {
		if got, err := ReadCSV(strings.NewReader(c.in)); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, in := range map[string]string{
		"empty":      "",
		"no header":  "\n\na,b\n",
		"quotes":     "id\n\"a\n",
		"binary":     "PK\x03\x04\xff\xfe\x00\x80",
		"long cell":  "id\n" + strings.Repeat("x", 8193),
		"wide":       strings.Repeat("a,", 201) + "\n",
		"many rows":  "id\n" + strings.Repeat("a\n", MaxRows+1),
		"large file": "id\n" + strings.Repeat("\n", 64<<20),
	} {
		_, err := ReadCSV(strings.NewReader(in))
		t.Run(name, func(t *testing.T) { wantField(t, err, "file") })
	}
	broken := errors.New("the line was cut")
	_, err = ReadCSV(io.MultiReader(strings.NewReader("id\n"), failing{broken}))
	wantErr(t, err, broken)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What is written is read back, and a text that begins like a formula is none
// for a spreadsheet.
func TestWriters(t *testing.T) {
	texts := []string{"id", "=1+1", "+1", "-1", "@x", "'=1", "''@", "'", "it's", "a,b;c\td", "line\nline", "电表 ⚡", "", "00012"}
	cells := make([]any, len(texts))
	for i, s := range texts {
		cells[i] = s
	}
	for name, c := range map[string]struct {
		writer func(io.Writer) RowWriter
		read   func(io.Reader) (Rows, error)
	}{"csv": {NewCSVWriter, ReadCSV}, "xlsx": {NewXLSXWriter, ReadXLSX}} {
		var b bytes.Buffer
		w := c.writer(&b)
		for _, row := range [][]any{cells, cells, {1, 2.5, 1e15}} {
			if err := w.Write(row...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		raw := b.String()
		rows, err := c.read(&b)
		if err != nil {
			t.Fatal(name, err)
		}
		if !reflect.DeepEqual(rows.Rows[0].Cells, texts) || !reflect.DeepEqual(rows.Rows[1].Cells[:3], []string{"1", "2.5", "1000000000000000"}) {
			t.Errorf("%s: %+v", name, rows)
		}
		if name == "csv" && (strings.Contains(raw, ",=") || strings.Contains(raw, ",+") || strings.Contains(raw, ",@") || !strings.HasPrefix(raw, "\ufeff")) {
			t.Errorf("a formula goes out: %q", raw)
		}
	}
}

// A small file that unpacks to a great deal is refused before it does, whether it
// says so or not.
func TestZipBomb(t *testing.T) {
	bomb := func(unpacks, says int) io.Reader {
		var packed, file bytes.Buffer
		w, err := flate.NewWriter(&packed, flate.BestSpeed)
		if err == nil {
			_, err = w.Write(make([]byte, unpacks))
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(&file)
		part, err := z.CreateRaw(&zip.FileHeader{
			Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(says),
		})
		if err == nil {
			_, err = part.Write(packed.Bytes())
		}
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return &file
	}
	_, err := ReadXLSX(bomb(1<<20, maxUnpacked+1))
	if fields := wantField(t, err, "file"); len(fields) > 0 && !strings.Contains(fields[0].Problem, "limit") {
		t.Error(fields)
	}
	_, err = ReadXLSX(bomb(8<<20, 1000))
	wantField(t, err, "file")
	_, err = ReadXLSX(strings.NewReader("no workbook"))
	wantField(t, err, "file")
}

// FuzzCSV: any file is read or refused, and what is read is within the bounds
// and comes back the same when it is written and read again.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"id,name\na,b\n", "\ufeffid;name\r\n\"a\n\";'=x\r\n", "\xc7\xf8\xd3\xf2,x\n1,2", "id\n'''-\n", "a\tb\n\n\n1\t2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rows, err := ReadCSV(bytes.NewReader(raw))
		if err != nil {
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Fatal(err)
			}
			return
		}
		var b bytes.Buffer
		w := NewCSVWriter(&b)
		last := 0
		for _, row := range append([]Row{{1, rows.Header}}, rows.Rows...) {
			if row.Number <= last {
				t.Fatalf("row %d follows row %d", row.Number, last)
			}
			last = row.Number
			cells := make([]any, len(row.Cells))
			for i, c := range row.Cells {
				cells[i] = c
			}
			if err := w.Write(cells...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := ReadCSV(&b)
		if len(rows.Header) < 2 || strings.ContainsAny(strings.Join(rows.Header, ""), ";\t\n\"\ufeff") {
			return // the separator could be taken for another
		}
		if err != nil || fmt.Sprint(again.Header) != fmt.Sprint(rows.Header) || len(again.Rows) != len(rows.Rows) {
			t.Fatalf("%+v came back as %+v, %v", rows, again, err)
		}
		for i := range again.Rows {
			if !reflect.DeepEqual(again.Rows[i].Cells, normal(rows.Rows[i].Cells)) {
				t.Fatalf("%+v came back as %+v", rows.Rows[i], again.Rows[i])
			}
		}
	})
}

// normal has the line ends that CSV keeps.
func normal(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = strings.ReplaceAll(c, "\r\n", "\n")
	}
	return out
}
