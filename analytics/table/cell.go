package table

import (
	"bytes"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// parser makes cells of texts. It belongs to one file.
type parser struct {
	clock *clock
	texts map[string]string // those seen before
}

// Most columns of texts have few different ones, and short ones. So many of them
// are kept to be used again.
const (
	keptTexts  = 1 << 16
	keptLength = 256
)

func newParser(c *clock) *parser { return &parser{clock: c, texts: map[string]string{}} }

// verdict is what a text is as a cell.
type verdict int

const (
	good verdict = iota
	absent
	bad
)

// parse reads a text into a cell of a column.
func (p *parser) parse(kind Kind, col int, b []byte, c *cell) verdict {
	*c = cell{}
	b = trim(b)
	if len(b) == 0 {
		return absent
	}
	var ok bool
	switch kind {
	case Number:
		c.number, ok = parseNumber(b)
	case Flag:
		c.flag, ok = parseFlag(b)
	case Time:
		var m moment
		if m, ok = parseTime(b); ok {
			c.at = p.clock.resolve(m, col)
		}
	default:
		c.text, ok = p.keep(b)
	}
	switch {
	case ok:
		c.has = true
		return good
	case kind != Text && isAbsent(b):
		return absent
	}
	return bad
}

// keep is the text of bytes, without garbage when it was seen before; not ok when
// it is none.
func (p *parser) keep(b []byte) (s string, ok bool) {
	if s, ok := p.texts[string(b)]; ok {
		return s, true
	}
	if !utf8.Valid(b) {
		return "", false
	}
	s = string(b)
	if len(p.texts) < keptTexts && len(s) <= keptLength {
		p.texts[s] = s
	}
	return s, true
}

// trim cuts blanks, also those that do not break, which spreadsheets write.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	if len(b) > 0 && (b[0] >= 0x80 || b[len(b)-1] >= 0x80) {
		return bytes.TrimSpace(b)
	}
	return b
}

// isAbsent knows the words with which programs write that there is nothing. A text
// may be any of them: NA is also a place.
func isAbsent(b []byte) bool {
	if len(b) > len("-infinity") {
		return false
	}
	switch string(bytes.ToLower(b)) {
	case "", "na", "n/a", "#n/a", "nan", "-nan", "nat", "null", "none", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity":
		return true
	}
	return false
}

func parseFlag(b []byte) (v, ok bool) {
	if len(b) == 1 {
		switch b[0] {
		case '1', 't', 'T', 'y', 'Y':
			return true, true
		case '0', 'f', 'F', 'n', 'N':
			return false, true
		}
		return false, false
	}
	switch string(bytes.ToLower(b[:min(len(b), 8)])) {
	case "true", "yes", "是":
		return true, true
	case "false", "no", "否":
		return false, true
	}
	// Programs that know only numbers with a point write 1.0.
	n, ok := parseNumber(b)
	return n == 1, ok && (n == 0 || n == 1)
}

// separated are numbers with separators between the thousands, and with a comma
// for the point.
var separated = regexp.MustCompile(`^[-+]?\d{1,3}([,.' \x{a0}\x{202f}]\d{3})+([.,]\d+)?$|^[-+]?\d*,\d+$`)

// fault says what is wrong with the text of a cell.
func fault(c *Column, b []byte, v verdict) string {
	text := string(trim(b))
	if v == absent {
		if text == "" {
			return "is empty: every row needs " + c.Name
		}
		return fmt.Sprintf("%s is no value: every row needs %s", shorten(text), c.Name)
	}
	switch c.Kind {
	case Number:
		if separated.MatchString(text) {
			return fmt.Sprintf("%s is not a number: thousands separators and decimal commas are not guessed, write 1234.5", shorten(text))
		}
		return fmt.Sprintf("%s is not a number: write it such as 1234.5, without a unit", shorten(text))
	case Flag:
		return fmt.Sprintf("%s is neither 1, true, yes nor 0, false, no", shorten(text))
	case Time:
		return timeFault(text)
	default:
		return fmt.Sprintf("%s is not UTF-8: save the file as CSV UTF-8", shorten(text))
	}
}
