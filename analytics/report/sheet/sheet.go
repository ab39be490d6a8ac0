// Package sheet renders a report as a workbook of Excel: a cover, a sheet for each
// section with its figures and charts, and one for each table, so that each has its
// head and its filters to itself. Numbers are numbers, days are days, and texts stay
// texts whatever they begin with.
package sheet

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"steward/analytics/report"
)

// workbook is a workbook being made.
type workbook struct {
	*excelize.File
	styles
	r      *report.Report
	lang   string
	names  names
	listed []listed
}

// listed is a sheet in the list of the cover.
type listed struct {
	sheet, title, section string
}

// XLSX writes a report as a workbook in a language, zh or en. Tables have all their
// rows; large ones wait in a temporary file.
func XLSX(w io.Writer, r *report.Report, lang string) error {
	if lang != "zh" && lang != "en" {
		return fmt.Errorf("report %s: lang: %q is not one of zh, en", r.Name, lang)
	}
	b := &workbook{File: excelize.NewFile(), r: r, lang: lang, names: names{}}
	b.styles = styles{book: b.File, ids: map[look]int{}}
	defer func() { _ = b.Close() }() // removes temporary files; the workbook is out
	if err := b.make(); err != nil {
		return fmt.Errorf("report %s: workbook: %w", r.Name, err)
	}
	if err := b.Write(w); err != nil {
		return fmt.Errorf("report %s: write the workbook: %w", r.Name, err)
	}
	return nil
}

func (b *workbook) say(word string) string { return report.Say(b.lang, word) }

func (b *workbook) make() error {
	cover := b.names.sheet(b.say("Cover"))
	if err := b.SetSheetName("Sheet1", cover); err != nil {
		return err
	}
	for i := range b.r.Sections {
		if err := b.section(&b.r.Sections[i]); err != nil {
			return fmt.Errorf("section %d: %w", i+1, err)
		}
	}
	if err := b.cover(cover); err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	if err := b.SetDocProps(&excelize.DocProperties{
		Title: cut(in(b.r.Title, b.lang), 250), Creator: "Steward", Language: b.lang,
		Created: b.r.MadeAt.UTC().Format("2006-01-02T15:04:05Z"), Modified: b.r.MadeAt.UTC().Format("2006-01-02T15:04:05Z"),
	}); err != nil {
		return err
	}
	return b.err
}

// section makes the sheet of a section, where it has more than tables, and those of
// its tables.
func (b *workbook) section(s *report.Section) error {
	title := in(s.Title, b.lang)
	if len(s.Text)+len(s.Facts)+len(s.Charts)+len(s.Notes) > 0 || len(s.Tables) == 0 {
		name := b.names.sheet(title)
		if _, err := b.NewSheet(name); err != nil {
			return err
		}
		b.listed = append(b.listed, listed{name, title, title})
		if err := b.sectionSheet(name, s); err != nil {
			return err
		}
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		name := b.names.sheet(in(t.Title, b.lang))
		if _, err := b.NewSheet(name); err != nil {
			return err
		}
		b.listed = append(b.listed, listed{name, in(t.Title, b.lang), title})
		if err := b.table(name, t); err != nil {
			return fmt.Errorf("table %d: %w", i+1, err)
		}
	}
	return nil
}

// form is a sheet written from the top down, cell by cell.
type form struct {
	b     *workbook
	sheet string
	row   int
	err   error // the first one
}

func (f *form) put(col int, v any, l look) {
	if f.err != nil || v == nil {
		return
	}
	at, err := excelize.CoordinatesToCellName(col, f.row)
	if err != nil {
		f.err = err
		return
	}
	if s, ok := v.(string); ok {
		if s == "" {
			return
		}
		if l.format == "" {
			l.format = asText
		}
		f.err = f.b.SetCellStr(f.sheet, at, text(s)) // a text, whatever it begins with
	} else {
		f.err = f.b.SetCellValue(f.sheet, at, v)
	}
	if f.err == nil {
		f.err = f.b.SetCellStyle(f.sheet, at, at, f.b.id(l))
	}
}

// long writes a text across the first columns.
func (f *form) long(s string, l look, columns int, chars float64) {
	l.wrap = true
	f.put(1, s, l)
	if f.err != nil {
		return
	}
	from, _ := excelize.CoordinatesToCellName(1, f.row) // it cannot fail: put has made it
	to, err := excelize.CoordinatesToCellName(columns, f.row)
	if err == nil {
		err = f.b.MergeCell(f.sheet, from, to)
	}
	if err == nil { // Excel fits no height to merged cells
		lines := 1 + wide(s)/chars
		err = f.b.SetRowHeight(f.sheet, f.row, min(15*float64(int(lines)), 400))
	}
	f.err = err
	f.row++
}

// widths sets the widths of columns from the first one on.
func (f *form) widths(list ...float64) {
	for i, w := range list {
		if f.err != nil {
			return
		}
		name, err := excelize.ColumnNumberToName(i + 1)
		if err == nil {
			err = f.b.SetColWidth(f.sheet, name, name, w)
		}
		f.err = err
	}
}
