package render

import (
	"strings"

	"steward/analytics/report"
	"steward/analytics/report/page"
)

// contentTypes are the media types of the formats; Arrow's and Parquet's are those
// that IANA has registered.
var contentTypes = map[string]string{
	HTML: "text/html; charset=utf-8", PDF: "application/pdf", JSON: "application/json",
	XLSX:  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	Arrow: "application/vnd.apache.arrow.stream", Parquet: "application/vnd.apache.parquet", CSV: "text/csv; charset=utf-8",
}

// ContentType is the media type of what Write writes.
func ContentType(format, table string) string {
	if Tabular(format) && table == "" {
		return "application/zip"
	}
	if t, ok := contentTypes[format]; ok {
		return t
	}
	return "application/octet-stream"
}

// Policy is the Content-Security-Policy to serve the page with.
func Policy() string { return page.Policy() }

// FileName is a name for what Write writes: of ASCII, and the same for the same
// report: monthly-east-riverside-2026-10-zh.pdf.
func FileName(r *report.Report, format, lang, table string) string {
	parts := []string{r.Name, r.Scope, period(r), table}
	if !Tabular(format) && format != JSON {
		parts = append(parts, lang)
	}
	var kept []string
	for _, p := range parts {
		if p = plain(p); p != "" {
			kept = append(kept, p)
		}
	}
	end := plain(format)
	if Tabular(format) && table == "" {
		end += ".zip"
	}
	if len(kept) == 0 {
		kept = []string{"report"}
	}
	return strings.Join(kept, "-") + "." + end
}

// period is the month of a report of one, otherwise its first and its last day.
func period(r *report.Report) string {
	if r.From.IsZero() || r.To.IsZero() {
		return ""
	}
	zone := r.Location()
	from, to := r.From.In(zone), r.To.In(zone)
	if from.Day() == 1 && from.AddDate(0, 1, 0).Equal(to) {
		return from.Format("2006-01")
	}
	return from.Format("20060102") + "-" + to.Add(-1).Format("20060102")
}

// plain leaves of a part of a name what is safe in one on every system.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		case r < 0x80:
			return '-'
		}
		return -1
	}, s)
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	return strings.Trim(s[:min(len(s), 60)], "-")
}
