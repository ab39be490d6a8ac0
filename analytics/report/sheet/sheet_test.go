package sheet

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"steward/analytics/report"
	"steward/analytics/report/reporttest"
)

func open(t *testing.T, r *report.Report, lang string) *excelize.File {
	t.Helper()
	var out bytes.Buffer
	if err := XLSX(&out, r, lang); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() }) // it was only read
	return book
}

// wantCell looks at a cell: what it holds, of which type, in which format, and what
// Excel shows.
func wantCell(t *testing.T, book *excelize.File, sheet, at, raw, format, shown string) {
	t.Helper()
	value, err := book.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := book.GetCellValue(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	id, err := book.GetCellStyle(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	style, err := book.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	is := ""
	if style.CustomNumFmt != nil {
		is = *style.CustomNumFmt
	}
	if formula, _ := book.GetCellFormula(sheet, at); formula != "" {
		t.Errorf("%s!%s is the formula %s", sheet, at, formula)
	}
	if value != raw || is != format || text != shown {
		t.Errorf("%s!%s holds %q as %q shown %q, wanted %q as %q shown %q", sheet, at, value, is, text, raw, format, shown)
	}
}

func TestCells(t *testing.T) {
	t.Parallel()
	book := open(t, cellReport(), "en")
	if got := strings.Join(book.GetSheetList(), "|"); got != "Cover|Cells" {
		t.Fatalf("sheets %s", got)
	}
	for i, want := range []string{"Name", "Share", "Share low", "Share high", "Share n", "Share note", "Cost (¥)", "Use (kWh)", "Took", "Count", "Day", "At"} {
		at, _ := excelize.CoordinatesToCellName(i+1, 1)
		wantCell(t, book, "Cells", at, want, "@", want)
	}
	f := func(at, raw, format, shown string) {
		t.Helper()
		wantCell(t, book, "Cells", at, raw, format, shown)
	}
	f("A2", "=1+1", "@", "=1+1")
	f("B2", "0.923", "0.0%", "92.3%")
	f("C2", "0.881", "0.0%", "88.1%")
	f("D2", "0.952", "0.0%", "95.2%")
	f("E2", "1284", "#,##0", "1,284")
	f("F2", "", "", "")
	f("G2", "-1234.5", `"¥"#,##0.00;-"¥"#,##0.00`, "-¥1,234.50")
	f("H2", "12480.5", "#,##0.0", "12,480.5")
	f("I2", "1.00347222222222", "[h]:mm:ss", "24:05:00")
	f("J2", "1234567", "#,##0", "1,234,567")
	f("K2", "46296", "yyyy-mm-dd", "2026-10-01")
	f("L2", "46296.354166666664", "yyyy-mm-dd hh:mm", "2026-10-01 08:30") // 00:30 UTC
	f("B3", "", "", "")
	f("F3", "insufficient data: 3 incidents", "@", "insufficient data: 3 incidents")
	f("A4", "Total", "@", "Total")
	f("B4", "0.9", "0.0%", "90.0%")
	panes, err := book.GetPanes("Cells")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("head: %+v %v", panes, err)
	}
	names := book.GetDefinedName()
	if len(names) != 1 || !strings.HasSuffix(names[0].RefersTo, "!$A$1:$L$3") { // the total is not filtered
		t.Errorf("filter: %+v", names)
	}
	if w, _ := book.GetColWidth("Cells", "A"); w < 4 || w > 61 {
		t.Errorf("width %g", w)
	}
	book = open(t, cellReport(), "zh")
	wantCell(t, book, "单元格", "A4", "合计", "@", "合计")
	wantCell(t, book, "单元格", "F3", "数据不足：仅 3 起", "@", "数据不足：仅 3 起")
}

func cellReport() *report.Report {
	n := func(x float64) report.Cell { return report.Cell{Value: &report.Value{Value: &x}} }
	share := report.Value{Value: new(.923), Low: new(.881), High: new(.952), N: 1284}
	none := report.Value{Why: "insufficient data: 3 incidents", Reason: &report.Text{ZH: "数据不足：仅 3 起", EN: "insufficient data: 3 incidents"}}
	zone := reporttest.Shanghai
	r := reporttest.Head()
	r.Sections = []report.Section{{Name: "cells", Title: report.Text{ZH: "单元格", EN: "Cells"}, Tables: []report.Table{{
		Name: "cells", Title: report.Text{ZH: "单元格", EN: "Cells"},
		Columns: []report.Column{
			{Title: report.Text{EN: "Name"}, Type: "text"}, {Title: report.Text{EN: "Share"}, Type: "number", Format: reporttest.Percent},
			{Title: report.Text{EN: "Cost"}, Type: "number", Format: report.Format{Kind: "money", Decimals: 2}}, {Title: report.Text{EN: "Use"}, Type: "number", Format: reporttest.KWh},
			{Title: report.Text{EN: "Took"}, Type: "number", Format: reporttest.Duration}, {Title: report.Text{EN: "Count"}, Type: "number", Format: reporttest.Integer},
			{Title: report.Text{EN: "Day"}, Type: "date"}, {Title: report.Text{EN: "At"}, Type: "time"},
		},
		Rows: [][]report.Cell{
			{{Text: "=1+1"}, {Value: &share}, n(-1234.5), n(12480.5), n(86700), n(1234567), {Time: time.Date(2026, 10, 1, 0, 0, 0, 0, zone)}, {Time: time.Date(2026, 10, 1, 0, 30, 0, 0, time.UTC)}},
			{{Text: "b"}, {Value: &none}},
		},
		Total: []report.Cell{{Words: &report.Text{ZH: "合计", EN: "Total"}}, n(.9)},
	}}}}
	return r
}

func TestSample(t *testing.T) {
	t.Parallel()
	r := reporttest.Sample()
	for _, lang := range []string{"zh", "en"} {
		book := open(t, r, lang)
		want := 1
		for _, s := range r.Sections {
			want += 1 + len(s.Tables)
		}
		if got := book.GetSheetList(); len(got) != want {
			t.Errorf("%s: sheets %v, wanted %d", lang, got, want)
		}
		charts := 0
		book.Pkg.Range(func(name, _ any) bool {
			if strings.HasPrefix(name.(string), "xl/charts/chart") {
				charts++
			}
			return true
		})
		if charts != 4 { // and a heat map
			t.Errorf("%s: %d charts", lang, charts)
		}
		formats, err := book.GetConditionalFormats(book.GetSheetList()[1])
		if err != nil || len(formats) != 1 {
			t.Errorf("%s: heat map: %v %v", lang, formats, err)
		}
		sheets := book.GetSheetList()
		rows, err := book.GetRows(sheets[len(sheets)-1])
		if err != nil || len(rows) != 201 { // a page shows 40 of them
			t.Errorf("%s: %d rows %v", lang, len(rows), err)
		}
		cover, err := book.GetRows(sheets[0])
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, row := range cover {
			all += strings.Join(row, "|") + "\n"
		}
		for _, part := range []string{r.Title.In(lang), r.Company.In(lang), "2026-10-01", "2026-10-31", "2026-11-02 14:30", "2026-11-02 14:00", "92.3%", "90.7%", r.Runs[0].ID, "98.3%", report.Say(lang, "unknown")} {
			if !strings.Contains(all, part) {
				t.Errorf("%s: the cover has no %q:\n%s", lang, part, all)
			}
		}
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	r := reporttest.Hostile()
	for _, lang := range []string{"zh", "en"} {
		book := open(t, r, lang)
		seen := map[string]bool{}
		for _, sheet := range book.GetSheetList() {
			if n := len(utf16.Encode([]rune(sheet))); n == 0 || n > 31 || strings.ContainsAny(sheet, `[]:*?/\'`) || seen[strings.ToLower(sheet)] {
				t.Errorf("sheet %q", sheet)
			}
			seen[strings.ToLower(sheet)] = true
			rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			for y, row := range rows {
				for x, v := range row {
					at, _ := excelize.CoordinatesToCellName(x+1, y+1)
					if formula, _ := book.GetCellFormula(sheet, at); formula != "" {
						t.Errorf("%s!%s is a formula: %s", sheet, at, formula)
					}
					if v == "NaN" || v == "+Inf" || v == "-Inf" || len(utf16.Encode([]rune(v))) > 32767 {
						t.Errorf("%s!%s is %.40q", sheet, at, v)
					}
				}
			}
		}
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	book := open(t, &report.Report{}, "zh")
	if got := book.GetSheetList(); len(got) != 1 {
		t.Errorf("sheets %v", got)
	}
	if err := XLSX(&bytes.Buffer{}, &report.Report{}, "fr"); err == nil {
		t.Error("a language that nobody speaks here is written")
	}
}

func TestLarge(t *testing.T) {
	t.Parallel()
	book := open(t, reporttest.Large(10_000), "en")
	rows, err := book.GetRows("Many rows", excelize.Options{RawCellValue: true})
	if err != nil || len(rows) != 10_001 || rows[10_000][0] != "d009999" {
		t.Errorf("%d rows %v", len(rows), err)
	}
}

func TestNames(t *testing.T) {
	n := names{}
	f := func(title, want string) {
		t.Helper()
		if got := n.sheet(title); got != want {
			t.Errorf("%q became %q, wanted %q", title, got, want)
		}
	}
	f("A", "A")
	f("a", "a (2)")
	f("a/b:c*[d]?", "a b c d")
	f("", "Sheet")
	f("History", "Sheet (2)")
	f("'x'", "x")
	f(strings.Repeat("长", 40), strings.Repeat("长", 31))
	f(strings.Repeat("长", 40), strings.Repeat("长", 27)+" (2)")
	f(strings.Repeat("🔥", 40), strings.Repeat("🔥", 15))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestBrokenWriter(t *testing.T) {
	if err := XLSX(broken{}, reporttest.Small(), "zh"); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
}

func TestNumFmt(t *testing.T) {
	f := func(format report.Format, want string) {
		t.Helper()
		if got := numFmt(format); got != want {
			t.Errorf("%+v is %q, wanted %q", format, got, want)
		}
	}
	f(report.Format{Kind: "number", Decimals: 2}, "#,##0.00")
	f(report.Format{Kind: "integer", Decimals: 2}, "#,##0")
	f(report.Format{Kind: "percent"}, "0%")
	f(report.Format{Decimals: math.MaxInt}, "#,##0.000000000")
}
