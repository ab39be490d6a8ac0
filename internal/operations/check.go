package operations

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"steward/internal/telemetry"
)

// checker reads the fields of one record and gathers what is wrong with it.
type checker struct {
	record   Record
	given    Given
	arrival  Arrival
	problems []Problem
}

func (c *checker) reject(field, value, problem string, args ...any) {
	c.problems = append(c.problems, Problem{field, shorten(value), fmt.Sprintf(problem, args...)})
}

func (c *checker) bad(field string) bool {
	return slices.ContainsFunc(c.problems, func(p Problem) bool { return p.Field == field })
}

// text is a value as it was given; "" for none.
func (c *checker) text(field string) string {
	switch v := c.given[field].(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	if !c.bad(field) {
		c.reject(field, "", "is a list or an object: it must be a text or a number")
	}
	return ""
}

// set reads a field into what a record's Values point to.
func (c *checker) set(f Field, to any) {
	switch to := to.(type) {
	case *string:
		*to = c.string(f)
		c.needed(f, *to == "")
	case *time.Time:
		t := c.moment(f)
		if t != nil {
			*to = *t
		}
		c.needed(f, t == nil)
	case **time.Time:
		*to = c.moment(f)
	case *float64:
		v := c.number(f)
		if v != nil {
			*to = *v
		}
		c.needed(f, v == nil)
	case **float64:
		*to = c.number(f)
	case **uint8:
		if v := c.number(f); v != nil {
			if *v != math.Trunc(*v) {
				c.reject(f.Name, c.text(f.Name), "is not a whole number from %g to %g", f.Least, f.Most)
				return
			}
			n := uint8(*v)
			*to = &n
		}
	}
}

// needed makes sure that a required field is there. Of a withdrawn record nobody
// needs to know more.
func (c *checker) needed(f Field, missing bool) {
	if missing && f.Required && !c.record.Of().Withdrawn && !c.bad(f.Name) {
		c.reject(f.Name, "", "is missing: %s", lowerFirst(f.About))
	}
}

func (c *checker) string(f Field) string {
	switch f.Type {
	case Word:
		return c.word(f)
	case Day, Month:
		return c.date(f)
	case Hash:
		return c.person(f)
	}
	return c.words(f)
}

// word reads a word, which people may write in their own way.
func (c *checker) word(f Field) string {
	text := c.text(f.Name)
	if text == "" {
		return ""
	}
	for _, k := range f.Known {
		if slices.Contains(k.called, text) {
			return k.word
		}
	}
	word := strings.ToLower(text)
	if len(f.Words) > 0 {
		if !slices.Contains(f.Words, word) {
			c.reject(f.Name, text, "is not one of %s", strings.Join(f.Words, ", "))
			return ""
		}
		return word
	}
	if err := telemetry.CheckSegment(word); err != nil {
		c.reject(f.Name, text, "is not of letters without accents, digits, - and _, beginning with a letter or digit, at most %d", maxID)
		return ""
	}
	return word
}

// words reads what people write.
func (c *checker) words(f Field) string {
	text := c.text(f.Name)
	switch {
	case utf8.RuneCountInString(text) > f.Longest:
		c.reject(f.Name, text, "has %d characters; %d are the most", utf8.RuneCountInString(text), f.Longest)
		return ""
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }):
		c.reject(f.Name, text, "has characters that cannot be shown: leave them out")
		return ""
	}
	return text
}

// person makes a hash of somebody's name.
func (c *checker) person(f Field) string {
	name := c.text(f.Name)
	if name == "" {
		name = c.text("inspector_key")
	}
	switch {
	case name == "" || c.arrival.Pseudonym == nil:
		return ""
	case utf8.RuneCountInString(name) > maxText:
		// Not the name itself: a problem ends up in logs.
		c.reject(f.Name, "", "has %d characters; %d are the most", utf8.RuneCountInString(name), maxText)
		return ""
	}
	return c.arrival.Pseudonym(name)
}

// date reads a day, or a month's first one.
func (c *checker) date(f Field) string {
	text := c.text(f.Name)
	if text == "" {
		return ""
	}
	what := "is not a day, such as 2026-10-12"
	if f.Type == Month {
		what = "is not a month, such as 2026-10, or its first day"
	}
	at, ok := parseDate(text, f.Type == Month)
	if from, workbook := serial(text); !ok && workbook && c.arrival.Zone != nil {
		y, m, d := from.Date()
		at, ok = time.Date(y, m, d, 0, 0, 0, 0, time.UTC), true
	}
	if !ok || at.Year() < firstYear || at.Year() > lastYear {
		c.reject(f.Name, text, "%s", what)
		return ""
	}
	if f.Type == Month && at.Day() != 1 {
		c.reject(f.Name, text, "is not the first day of a month: write it as 2026-10")
		return ""
	}
	// A day has begun somewhere on earth up to fourteen hours before it does in UTC.
	if at.After(c.arrival.Received.Add(f.Ahead + 14*time.Hour + c.arrival.Ahead)) {
		c.reject(f.Name, text, "lies in the future")
		return ""
	}
	return at.Format(time.DateOnly)
}

func parseDate(text string, month bool) (time.Time, bool) {
	text = strings.NewReplacer("/", "-", "年", "-", "月", "", ".", "-").Replace(text)
	layouts := []string{"2006-1-2", "2006-1-2 15:04:05", time.RFC3339}
	if month {
		layouts = append([]string{"2006-1", "200601"}, layouts...)
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true
		}
	}
	return time.Time{}, false
}

// moment reads a time: Unix milliseconds, RFC 3339, or as people write it when it
// is known which zone they mean. nil is none.
func (c *checker) moment(f Field) *time.Time {
	text := c.text(f.Name)
	if text == "" {
		return nil
	}
	at, problem := c.parseMoment(f, text)
	switch {
	case problem != "":
		c.reject(f.Name, text, "%s", problem)
		return nil
	case at.Year() < firstYear || at.Year() > lastYear:
		c.reject(f.Name, text, "is not between the years %d and %d", firstYear, lastYear)
		return nil
	case at.After(c.arrival.Received.Add(f.Ahead + c.arrival.Ahead)):
		c.reject(f.Name, text, "lies in the future: leave it out until it has happened, or correct the clock")
		return nil
	}
	at = at.UTC().Truncate(time.Millisecond)
	return &at
}

const momentForm = "is not a time with a zone, such as 2026-11-22T08:30:00+08:00, or Unix milliseconds"

func (c *checker) parseMoment(f Field, text string) (at time.Time, problem string) {
	if _, number := c.given[f.Name].(json.Number); number {
		ms, err := strconv.ParseFloat(text, 64)
		if err != nil || !(math.Abs(ms) <= 1<<53) {
			return at, momentForm
		}
		return time.UnixMilli(int64(ms)), ""
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, ""
	}
	if c.arrival.Zone == nil {
		return at, momentForm
	}
	zone := c.arrival.Zone(c.record.Of().Place)
	if at, ok := serial(text); ok {
		return inZone(at, f, zone), ""
	}
	plain := strings.NewReplacer("/", "-", "年", "-", "月", "-", "日", "", "T", " ").Replace(text)
	for _, layout := range []string{"2006-1-2 15:04:05", "2006-1-2 15:04"} {
		if at, err := time.ParseInLocation(layout, plain, zone); err == nil {
			return at, ""
		}
	}
	at, err := time.Parse("2006-1-2", plain)
	if err != nil {
		return at, "is not a time, such as 2026-11-22 08:30"
	}
	return inZone(at, f, zone), ""
}

// inZone takes what a clock in a zone showed for the time that it was. A day without
// a time may be meant to its end.
func inZone(clock time.Time, f Field, zone *time.Location) time.Time {
	y, m, d := clock.Date()
	if f.Whole && clock.Equal(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) {
		return time.Date(y, m, d+1, 0, 0, 0, 0, zone).Add(-time.Millisecond)
	}
	return time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
}

// number reads a number within the bounds of its field; nil is none.
func (c *checker) number(f Field) *float64 {
	text := c.text(f.Name)
	if text == "" {
		return nil
	}
	plain := strings.TrimPrefix(strings.TrimPrefix(text, "¥"), "￥")
	if grouped(plain) {
		plain = strings.ReplaceAll(plain, ",", "")
	}
	v, err := strconv.ParseFloat(plain, 64)
	if err != nil || strings.Trim(plain, "+-.eE0123456789") != "" {
		c.reject(f.Name, text, "is not a number")
		return nil
	}
	if v < f.Least || v > f.Most {
		c.reject(f.Name, text, "is not from %s to %s", bound(f.Least), bound(f.Most))
		return nil
	}
	v += 0 // not -0
	return &v
}

// bound is a whole number as people read it: 1,000,000,000,000 and not 1e+12.
func bound(x float64) string {
	s := strconv.FormatFloat(x, 'f', 0, 64)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// grouped reports whether a number is written with commas between thousands, as
// 1,824.60: in 1,5 the comma means something else.
func grouped(s string) bool {
	whole, _, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	parts := strings.Split(whole, ",")
	for i, p := range parts {
		if i > 0 && len(p) != 3 || i == 0 && (p == "" || len(p) > 3) {
			return false
		}
	}
	return len(parts) > 1
}

// yes reads whether something is so.
func (c *checker) yes(field string) bool {
	switch text := strings.ToLower(c.text(field)); text {
	case "", "false", "0", "no", "否":
		return false
	case "true", "1", "yes", "是":
		return true
	default:
		c.reject(field, text, "is not true or false")
		return false
	}
}

// alike is how far apart two times may be in the wrong order and be taken for one:
// people write down minutes.
const alike = time.Minute

// inOrder makes sure that one time is not before another.
func (c *checker) inOrder(first, then string) {
	a, b := c.timeOf(first), c.timeOf(then)
	switch {
	case a == nil || b == nil || !b.Before(*a):
	case a.Sub(*b) <= alike:
		*b = *a
	default:
		c.reject(then, c.text(then), "is before %s, %s: one of the two is wrong", first, c.text(first))
	}
}

// timeOf is the time of a field; nil without one.
func (c *checker) timeOf(name string) *time.Time {
	_, i := c.record.Kind().field(name)
	switch t := c.record.Values()[i].(type) {
	case *time.Time:
		if !t.IsZero() {
			return t
		}
	case **time.Time:
		return *t
	}
	return nil
}

func shorten(s string) string {
	const most = 80
	s = strings.ToValidUTF8(s, "\uFFFD")
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + strings.TrimSuffix(s[n:], ".")
}
