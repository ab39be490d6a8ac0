// Package render writes a report in the format that somebody asked for.
package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"steward/analytics/report"
	"steward/analytics/report/columns"
	"steward/analytics/report/page"
	"steward/analytics/report/pdf"
	"steward/analytics/report/sheet"
)

// Formats of a report. Those of one table write all of them into a zip file when no
// table is named.
const (
	HTML    = "html"
	PDF     = "pdf"
	XLSX    = "xlsx"
	JSON    = "json"
	Arrow   = "arrow"
	Parquet = "parquet"
	CSV     = "csv"
)

// Formats are all formats, the ones for people first.
var Formats = []string{HTML, PDF, XLSX, JSON, Arrow, Parquet, CSV}

// Errors of what somebody asked for. They say what there is instead.
var (
	ErrFormat   = errors.New("format: not one of " + strings.Join(Formats, ", "))
	ErrLanguage = errors.New("lang: not one of zh, en")
	ErrTable    = errors.New("table: the report has none by that name")
	// ErrNoChromium is of a PDF on a machine that cannot print one.
	ErrNoChromium = pdf.ErrNoChromium
)

// Options are settings of the machine.
type Options struct {
	Chromium string // path of the one that prints PDF; empty to look for it
}

// Tabular reports whether a format is of tables, and takes the name of one.
func Tabular(format string) bool { return format == Arrow || format == Parquet || format == CSV }

// Check is an error when Write would refuse what is asked of it, before any report
// is made. Whether the report has the table only Write knows.
func Check(format, lang, table string) error {
	switch {
	case !slices.Contains(Formats, format):
		return fmt.Errorf("%w: %q", ErrFormat, format)
	case lang != "zh" && lang != "en":
		return fmt.Errorf("%w: %q", ErrLanguage, lang)
	case table != "" && !Tabular(format):
		return fmt.Errorf("table: only arrow, parquet and csv are of one table, %s is of all", format)
	}
	return nil
}

// Write writes a report. lang, zh or en, is that of the page, the PDF and the
// workbook; JSON and the files of columns are in both. table names one table of a
// file of columns; without it there is a zip file of all of them. What was written
// before an error is no whole file.
func Write(ctx context.Context, w io.Writer, r *report.Report, format, lang, table string, o Options) error {
	if err := Check(format, lang, table); err != nil {
		return fmt.Errorf("report %s: %w", r.Name, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("report %s: %w", r.Name, err)
	}
	switch format {
	case HTML:
		return page.HTML(w, r, lang)
	case PDF:
		printer := pdf.Printer{Path: o.Chromium}
		if _, err := printer.Find(); err != nil { // before the work
			return fmt.Errorf("report %s: %w", r.Name, err)
		}
		var html bytes.Buffer
		if err := page.HTML(&html, r, lang); err != nil {
			return err
		}
		if err := printer.PDF(ctx, w, html.Bytes()); err != nil {
			return fmt.Errorf("report %s: %w", r.Name, err)
		}
		return nil
	case XLSX:
		return sheet.XLSX(w, r, lang)
	case JSON:
		return columns.JSON(w, r)
	}
	if table == "" {
		return columns.Zip(w, r, format)
	}
	t, err := find(r, table)
	if err != nil {
		return err
	}
	return columns.Formats[format](w, t)
}

// Tables are the names of a report's tables.
func Tables(r *report.Report) []string {
	var names []string
	for i := range r.Sections {
		for n := range r.Sections[i].Tables {
			names = append(names, r.Sections[i].Tables[n].Name)
		}
	}
	return names
}

func find(r *report.Report, name string) (*report.Table, error) {
	for i := range r.Sections {
		for n := range r.Sections[i].Tables {
			if t := &r.Sections[i].Tables[n]; t.Name == name {
				return t, nil
			}
		}
	}
	return nil, fmt.Errorf("report %s: %w: %q; it has %s", r.Name, ErrTable, name, strings.Join(Tables(r), ", "))
}
