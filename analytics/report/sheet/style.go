package sheet

import (
	"strings"

	"github.com/xuri/excelize/v2"

	"steward/analytics/report"
)

// styles are the formats of cells, each made once in a workbook.
type styles struct {
	book *excelize.File
	ids  map[look]int
	err  error // the first one
}

// look is how a cell looks.
type look struct {
	format string // of numbers, as Excel writes it; @ is text, which stays text when it is edited
	bold   bool
	size   float64
	head   bool // the head of a table
	total  bool
	wrap   bool
	why    bool // why there is no number
	link   bool
}

func (s *styles) id(l look) int {
	if id, ok := s.ids[l]; ok {
		return id
	}
	style := &excelize.Style{
		Font:      &excelize.Font{Bold: l.bold || l.head || l.total, Size: 11, Color: "111111"},
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: l.wrap || l.head},
	}
	if l.size > 0 {
		style.Font.Size = l.size
	}
	if l.format != "" {
		style.CustomNumFmt = &l.format
	}
	switch {
	case l.head:
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8ECF0"}}
		style.Border = []excelize.Border{{Type: "bottom", Color: "111111", Style: 1}}
		style.Alignment.Vertical = "bottom"
	case l.total:
		style.Border = []excelize.Border{{Type: "top", Color: "111111", Style: 2}}
	}
	if l.why {
		style.Font.Italic, style.Font.Color = true, "444444"
	}
	if l.link {
		style.Font.Color, style.Font.Underline = "0B5394", "single"
	}
	id, err := s.book.NewStyle(style)
	if err != nil && s.err == nil {
		s.err = err
	}
	s.ids[l] = id
	return id
}

// Formats of days, times and texts.
const (
	asText   = "@"
	asDay    = "yyyy-mm-dd"
	asTime   = "yyyy-mm-dd hh:mm"
	asLength = "[h]:mm:ss" // of a duration, which may be longer than a day
	asCount  = "#,##0"
)

// numFmt is the format of a number as Excel writes it. The unit is in the head.
func numFmt(f report.Format) string {
	places := ""
	if n := min(max(f.Decimals, 0), 9); n > 0 {
		places = "." + strings.Repeat("0", n)
	}
	switch f.Kind {
	case "percent":
		return "0" + places + "%"
	case "money":
		return `"¥"#,##0` + places + `;-"¥"#,##0` + places
	case "integer":
		return asCount
	case "duration":
		return asLength
	}
	return "#,##0" + places
}

// stored is a number as Excel holds it: durations are days.
func stored(f report.Format, x float64) float64 {
	if f.Kind == "duration" {
		return x / 86400
	}
	return x
}
