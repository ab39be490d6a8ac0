package columns

import (
	"archive/zip"
	"fmt"
	"io"
	"time"

	"steward/analytics/report"
)

// Formats are how a table can be written.
var Formats = map[string]func(io.Writer, *report.Table) error{"arrow": Arrow, "parquet": Parquet, "csv": CSV}

// Zip writes every table of a report in a format, arrow, parquet or csv, each as a
// file by its name. The same report gives the same bytes.
func Zip(w io.Writer, r *report.Report, format string) error {
	write, ok := Formats[format]
	if !ok {
		return fmt.Errorf("report %s: format: %q is not one of arrow, parquet, csv", r.Name, format)
	}
	out := zip.NewWriter(w)
	used := map[string]bool{}
	made := r.MadeAt.UTC()
	if made.Year() < 1980 || made.Year() > 2107 { // what a zip file can say
		made = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	for i := range r.Sections {
		for n := range r.Sections[i].Tables {
			t := &r.Sections[i].Tables[n]
			name := unique(plain(t.Name, fmt.Sprintf("table_%d_%d", i+1, n+1)), used)
			method := zip.Deflate
			if format == "parquet" { // compressed already
				method = zip.Store
			}
			f, err := out.CreateHeader(&zip.FileHeader{Name: name + "." + format, Method: method, Modified: made})
			if err != nil {
				return fmt.Errorf("report %s: %w", r.Name, err)
			}
			if err := write(f, t); err != nil {
				return err
			}
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("report %s: %w", r.Name, err)
	}
	return nil
}
