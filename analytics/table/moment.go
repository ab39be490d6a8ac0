package table

import (
	"fmt"
	"math"
	"time"
)

// moment is a time as it is written.
type moment struct {
	seconds int64 // since 1970; of local time, as if it were UTC, unless zoned
	nanos   int32
	zoned   bool
}

// Unix times are told apart by their size. Below and between, a number is rather a
// count of hours or a date without separators.
const (
	minUnixSeconds = 1e8 // 1973
	maxUnixSeconds = 1e10
	minUnixMillis  = 2.2e11 // 1976: 202612312359 is a date
	maxUnixMillis  = 1e13   // 2286, like maxUnixSeconds
)

// parseTime reads a time in one of the forms that timeFault tells.
func parseTime(b []byte) (m moment, ok bool) {
	if len(b) < 5 || b[4] != '-' && b[4] != '/' {
		return unixTime(b)
	}
	s := scanner{b, true}
	year := s.digits(4, 4)
	between := s.one('-', '/')
	month := s.digits(1, 2)
	s.one(between, between)
	day := s.digits(1, 2)
	if !s.ok || month < 1 || month > 12 || day < 1 || day > daysOf(year, month) {
		return m, false
	}
	var hour, minute, second int
	if len(s.rest) > 0 {
		if s.peek() == ' ' {
			s.rest = trim(s.rest)
		} else {
			s.one('T', 't')
		}
		hour = s.digits(1, 2)
		s.one(':', ':')
		minute = s.digits(2, 2)
		if s.peek() == ':' {
			s.one(':', ':')
			second = s.digits(2, 2)
			if next := s.peek(); next == '.' || next == ',' {
				m.nanos = s.fraction()
			}
		}
	}
	offset, zoned := s.zone()
	if !s.ok || len(s.rest) > 0 || hour > 23 || minute > 59 || second > 59 {
		return m, false
	}
	m.seconds = time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix() - offset
	m.zoned = zoned
	return m, true
}

func daysOf(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// unixTime reads seconds or milliseconds since 1970.
func unixTime(b []byte) (m moment, ok bool) {
	v, ok := parseNumber(b)
	if !ok {
		return m, false
	}
	return unixMoment(v)
}

func unixMoment(v float64) (m moment, ok bool) {
	switch {
	case minUnixSeconds <= v && v < maxUnixSeconds:
	case minUnixMillis <= v && v < maxUnixMillis:
		v /= 1e3
	default:
		return m, false
	}
	// A float64 holds a microsecond of today.
	micros := int64(math.Round(v * 1e6))
	return moment{micros / 1e6, int32(micros % 1e6 * 1e3), true}, true
}

// scanner takes a text apart from its beginning; ok stays true as long as it is
// what was asked for.
type scanner struct {
	rest []byte
	ok   bool
}

func (s *scanner) peek() byte {
	if len(s.rest) == 0 {
		return 0
	}
	return s.rest[0]
}

// one takes one of two letters, and returns which.
func (s *scanner) one(a, b byte) byte {
	letter := s.peek()
	if letter == 0 || letter != a && letter != b {
		s.ok = false
		return 0
	}
	s.rest = s.rest[1:]
	return letter
}

// digits takes a number of least to most digits.
func (s *scanner) digits(least, most int) (v int) {
	n := 0
	for n < most && n < len(s.rest) && '0' <= s.rest[n] && s.rest[n] <= '9' {
		v = v*10 + int(s.rest[n]-'0')
		n++
	}
	s.ok = s.ok && n >= least
	s.rest = s.rest[n:]
	return v
}

// fraction takes a fraction of a second after its point; what is finer than a
// nanosecond is cut.
func (s *scanner) fraction() (nanos int32) {
	s.rest = s.rest[1:]
	n, unit := 0, int32(1e8)
	for n < len(s.rest) && '0' <= s.rest[n] && s.rest[n] <= '9' {
		nanos += int32(s.rest[n]-'0') * unit
		unit /= 10
		n++
	}
	s.ok = s.ok && n > 0
	s.rest = s.rest[n:]
	return nanos
}

// zone takes Z, UTC, GMT or an offset, in seconds east; or nothing.
func (s *scanner) zone() (offset int64, zoned bool) {
	s.rest = trim(s.rest)
	switch string(s.rest) {
	case "":
		return 0, false
	case "Z", "z", "UTC", "GMT":
		s.rest = nil
		return 0, true
	}
	sign := s.one('+', '-')
	hours := s.digits(2, 2)
	minutes := 0
	if len(s.rest) > 0 {
		if s.peek() == ':' {
			s.one(':', ':')
		}
		minutes = s.digits(2, 2)
	}
	s.ok = s.ok && hours < 24 && minutes < 60
	offset = int64(hours*3600 + minutes*60)
	if sign == '-' {
		offset = -offset
	}
	return offset, true
}

func timeFault(text string) string {
	if v, ok := parseNumber([]byte(text)); ok {
		if _, ok := unixMoment(v); !ok {
			return fmt.Sprintf("%s is not a time: Unix times are seconds or milliseconds since 1970, dates such as 2026-01-31", shorten(text))
		}
	}
	return fmt.Sprintf("%s is not a time: write it such as 2026-01-31 08:15:00, 2026-01-31T08:15:00+08:00, or in Unix seconds or milliseconds", shorten(text))
}
