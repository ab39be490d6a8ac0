package sheet

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"steward/analytics/report"
)

// names gives sheets their names: valid, at most 31 characters, and no two alike
// whatever the case.
type names map[string]bool

// longest is how long the name of a sheet may be, in units of UTF-16.
const longest = 31

func (n names) sheet(title string) string {
	title = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		if strings.ContainsRune(`[]:*?/\'`, r) { // an apostrophe is only wrong at the ends, but so is reading it
			return ' '
		}
		return r
	}, strings.ToValidUTF8(title, ""))
	title = strings.Join(strings.Fields(title), " ")
	if title == "" || strings.EqualFold(title, "history") { // Excel keeps that one for itself
		title = "Sheet"
	}
	for i := 1; ; i++ {
		end := ""
		if i > 1 {
			end = fmt.Sprintf(" (%d)", i)
		}
		try := cut(title, longest-len(end)) + end
		if key := strings.ToLower(try); !n[key] {
			n[key] = true
			return try
		}
	}
}

// cut is the beginning of a text, of at most so many units of UTF-16.
func cut(s string, most int) string {
	used := 0
	for i, r := range s {
		used += utf16.RuneLen(r)
		if used > most {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// wide is about how wide a text is in Excel's characters: CJK takes two.
func wide(s string) float64 {
	var most, line float64
	for _, r := range s {
		switch {
		case r == '\n':
			line = 0
			continue
		case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80):
			line += 2
		default:
			line++
		}
		most = max(most, line)
	}
	return most
}

// text is a text that a cell can hold.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == unicode.ReplacementChar || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return cut(s, 32000) // Excel's limit is 32,767
}

func in(t report.Text, lang string) string { return text(t.In(lang)) }
