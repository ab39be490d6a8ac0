package page

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// drawing is an SVG being written. All that comes from outside goes through esc.
type drawing struct {
	b  strings.Builder
	id string // before every id, which are the page's
}

// a is the attributes of an element by turns a name and a value: a number or a
// text.
type a []any

// geometry is a path of our own numbers and letters, as long as it needs to be.
type geometry string

func (d *drawing) open(name string, attributes a) {
	d.start(name, attributes)
	d.b.WriteByte('>')
}

func (d *drawing) close(name string) { d.b.WriteString("</" + name + ">") }

// mark is an element with a title, which a browser shows and a reader reads.
func (d *drawing) mark(name, title string, attributes a) {
	if title == "" {
		d.start(name, attributes)
		d.b.WriteString("/>")
		return
	}
	d.open(name, attributes)
	d.b.WriteString("<title>" + esc(title) + "</title>")
	d.close(name)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.mark("line", "", a{"class", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2})
}

// text writes a text at a place. Its base direction is that of the page, so that
// words that run the other way stay where they are.
func (d *drawing) text(class string, x, y float64, text, full string, more ...any) {
	d.start("text", append(a{"class", class, "x", x, "y", y}, more...))
	d.b.WriteString(">" + esc(text))
	if full != text && full != "" {
		d.b.WriteString("<title>" + esc(full) + "</title>")
	}
	d.b.WriteString("</text>")
}

func (d *drawing) start(name string, attributes a) {
	d.b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		d.b.WriteString(" " + attributes[i].(string) + `="`)
		switch v := attributes[i+1].(type) {
		case float64:
			d.b.WriteString(short(v))
		case int:
			d.b.WriteString(strconv.Itoa(v))
		case geometry:
			d.b.WriteString(string(v))
		case string:
			d.b.WriteString(esc(v))
		}
		d.b.WriteByte('"')
	}
}

// short is a coordinate to a tenth of a unit.
func short(v float64) string {
	text := strconv.FormatFloat(v, 'f', 1, 64)
	text = strings.TrimSuffix(text, ".0")
	if text == "-0" {
		return "0"
	}
	return text
}

// mostLetters is how long a text of a page may be; what is longer belongs in a file.
const mostLetters = 4000

func esc(s string) string { return html.EscapeString(clean(s)) }

// clean leaves out of a text what no page can hold, and the marks that turn the
// direction of what follows, which would turn the page's own words.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	if utf8.RuneCountInString(s) > mostLetters {
		s = string([]rune(s)[:mostLetters]) + "…"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == unicode.ReplacementChar, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// width is about how wide a text is at a size, in units of the drawing. There is no
// font to measure with; CJK is square, and the others are taken as in DejaVu Sans,
// which is wider than most: rather too wide than cut off.
func width(s string, size float64) float64 {
	var em float64
	for _, r := range s {
		em += runeWidth(r)
	}
	return em * size
}

func runeWidth(r rune) float64 {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f000):
		return 1
	case strings.ContainsRune("ijlI.,:;'|!()[] \u00a0", r):
		return 0.4
	case strings.ContainsRune("mwMW%@", r):
		return 0.97
	case unicode.IsUpper(r):
		return 0.7
	}
	return 0.62
}

// fit is a text that is at most so wide, its end left out where it is longer.
func fit(s string, most, size float64) string {
	s = strings.TrimSpace(clean(s))
	if width(s, size) <= most {
		return s
	}
	room := most - size // for the dots
	for i, r := range s {
		room -= runeWidth(r) * size
		if room < 0 {
			return strings.TrimRight(s[:i], " \u200d") + "…"
		}
	}
	return s
}

// lines are a text in at most two lines of a width, broken at a space where one is
// near; what has no room even there is left out at the end.
func lines(s string, most, size float64) []string {
	s = strings.TrimSpace(clean(s))
	if width(s, size) <= most {
		return []string{s}
	}
	var used float64
	end, space := 0, 0
	for i, r := range s {
		if used += runeWidth(r) * size; used > most {
			break
		}
		end = i
		if r == ' ' || r >= 0x2e80 && r != '\u200d' {
			space = i
		}
	}
	if space > end/2 {
		end = space
	}
	if end == 0 {
		return []string{fit(s, most, size)}
	}
	return []string{strings.TrimSpace(s[:end]), fit(s[end:], most, size)}
}
