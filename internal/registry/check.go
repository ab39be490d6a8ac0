package registry

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// Bounds of what is kept, in characters or items: far above what estates need,
// and low enough that nobody can fill the database with one object.
const (
	maxText      = 200
	maxNote      = 2000
	maxExternals = 32
	maxFedBy     = 64
)

// checker gathers what is wrong with one object.
type checker struct{ *problems }

func (c checker) reject(field, value, problem string, args ...any) {
	c.add(controldb.Invalid(field, value, problem, args...))
}

// segment checks a part of a path: it is a part of topics and URLs too.
func (c checker) segment(field, value string) bool {
	if err := telemetry.CheckSegment(value); err != nil {
		c.reject(field, value, "use 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
		return false
	}
	return true
}

// placed checks a place of something that is for all that is below it: it is in
// use.
func (c checker) placed(tx *scoped.Tx, at authz.Place) error {
	if at.Region != "" && c.segment("region", at.Region) && at.Project == "" {
		_, err := regions.Get(tx, at.Region)
		if err := c.open("region", at.Region, err); err != nil {
			return err
		}
	}
	switch {
	case at.Project == "":
	case at.Region == "":
		c.reject("project", at.Project, "give the region too")
	case c.segment("project", at.Project):
		return c.open("project", at.Project, openPlaces{}.lookup(tx, at))
	}
	return nil
}

// required checks words on one line that must not be missing.
func (c checker) required(field, value, remedy string) {
	if value == "" {
		c.reject(field, value, "missing: %s", remedy)
	}
	c.text(field, value)
}

// text checks words on one line.
func (c checker) text(field, value string) { c.words(field, value, maxText, "") }

// words checks text that may hold some characters that do not print.
func (c checker) words(field, value string, limit int, allowed string) {
	switch n := utf8.RuneCountInString(value); {
	case !utf8.ValidString(value):
		c.reject(field, strings.ToValidUTF8(value, "?"), "not UTF-8")
	case n > limit:
		c.reject(field, shorten(value), "has %d characters, more than %d", n, limit)
	case strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) && !strings.ContainsRune(allowed, r) }):
		c.reject(field, shorten(value), "has a character that does not print: remove it")
	}
}

// shorten keeps an error readable.
func shorten(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

// date checks a day, or none.
func (c checker) date(field string, d Date) {
	if d == "" {
		return
	}
	day, err := time.Parse(time.DateOnly, string(d))
	if err != nil || day.Year() < 1900 || day.Year() > 2200 {
		c.reject(field, shorten(string(d)), "not a day of the form 2006-01-02")
	}
}

// number checks a finite number of 0 to limit.
func (c checker) number(field string, v, limit float64) {
	if math.IsNaN(v) || v < 0 || v > limit {
		c.reject(field, strconv.FormatFloat(v, 'g', -1, 64), "not a number from 0 to %s", strconv.FormatFloat(limit, 'f', -1, 64))
	}
}

// zone checks the name of a time zone.
func (c checker) zone(field, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" || name == "" {
		c.reject(field, shorten(name), "not an IANA time zone such as Asia/Shanghai")
	}
}

// formats of days that people and spreadsheets write, besides the one that is
// kept.
var dateFormats = []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05"}

// excelEpoch is day 0 of a spreadsheet's days as it writes those after February
// 1900.
var excelEpoch = time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)

// tidyDate brings what clearly is a day into the form that is kept, and leaves
// the rest for check to reject. A bare number from 1955 to 2173 is a
// spreadsheet's count of days.
func tidyDate(d *Date) {
	s := string(*d)
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 20_000 && n < 100_000 {
		*d = Date(excelEpoch.AddDate(0, 0, int(n)).Format(time.DateOnly))
		return
	}
	for _, f := range dateFormats {
		if t, err := time.Parse(f, s); err == nil {
			*d = Date(t.Format(time.DateOnly))
			return
		}
	}
}

// cellText is a cell as text.
func cellText(cell any) string {
	if f, ok := cell.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(cell)
}
