package columns

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"steward/analytics/report"
)

// csvTime is how times are written, in UTC, as in the exports of readings.
const csvTime = "2006-01-02 15:04:05.000"

// CSV writes a table as CSV with the columns of Arrow. It begins with a byte order
// mark, without which spreadsheets show Chinese as other signs.
func CSV(w io.Writer, t *report.Table) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return wrap(t, err)
	}
	out := csv.NewWriter(w)
	fields := fieldsOf(t)
	line := make([]string, len(fields))
	for i, f := range fields {
		line[i] = f.name
	}
	if err := out.Write(line); err != nil {
		return wrap(t, err)
	}
	for _, row := range t.Rows {
		for i := range fields {
			line[i] = csvCell(&fields[i], fields[i].cell(row))
		}
		if err := out.Write(line); err != nil {
			return wrap(t, err)
		}
	}
	out.Flush()
	return wrap(t, out.Error())
}

func csvCell(f *field, c *report.Cell) string {
	switch f.kind {
	case numberColumn:
		if x := f.num(c); x != nil {
			return strconv.FormatFloat(*x, 'g', -1, 64)
		}
		return ""
	case dayColumn, momentColumn:
		if !representable(c.Time) {
			return ""
		}
		if f.kind == dayColumn {
			return c.Time.Format(time.DateOnly)
		}
		return c.Time.UTC().Format(csvTime)
	}
	return shield(valid(f.text(c)))
}

// A spreadsheet takes a text that begins like a formula for one. Such texts get an
// apostrophe before them, and so do those that had one there already, so that
// reading it back gives what was written.
func shield(s string) string {
	bare := strings.TrimLeft(s, "'")
	if bare != "" && strings.ContainsRune("=+-@\t\r\n", rune(bare[0])) {
		return "'" + s
	}
	return s
}
