package calendar

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// Date is a day as a calendar on the wall shows it, in no time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day of t in its own time zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads 2026-01-31.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date, such as 2026-01-31", s)
	}
	return DateOf(t), nil
}

// UnmarshalYAML reads what ParseDate reads.
func (d *Date) UnmarshalYAML(n *yaml.Node) (err error) {
	*d, err = ParseDate(n.Value)
	return err
}

func (d Date) String() string { return d.utc().Format(time.DateOnly) }

// IsZero reports whether d was never set.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.Sub(e) < 0 }

// Add is so many days later.
func (d Date) Add(days int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC))
}

// Sub is the number of days from e to d.
func (d Date) Sub(e Date) int { return int(d.utc().Sub(e.utc()) / (24 * time.Hour)) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// At is when clocks in a zone show a time of that day. For a time that the clocks
// skip it is up to the skipped hour earlier or later.
func (d Date) At(t TimeOfDay, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, int(t), 0, 0, zone)
}

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// TimeOfDay is a time as a clock on the wall shows it, in minutes from midnight;
// EndOfDay is the midnight that ends a day.
type TimeOfDay int

// EndOfDay is 24:00.
const EndOfDay TimeOfDay = 24 * 60

// ParseTimeOfDay reads 00:00 to 24:00.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	digit := func(i int) int { return int(s[i]) - '0' }
	ok := len(s) == 5 && s[2] == ':'
	for _, i := range []int{0, 1, 3, 4} {
		ok = ok && digit(i) >= 0 && digit(i) <= 9
	}
	if ok {
		hour, minute := 10*digit(0)+digit(1), 10*digit(3)+digit(4)
		if t := TimeOfDay(60*hour + minute); minute < 60 && t <= EndOfDay {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%q is not a time of day from 00:00 to 24:00, in quotes", s)
}

// UnmarshalYAML reads what ParseTimeOfDay reads.
func (t *TimeOfDay) UnmarshalYAML(n *yaml.Node) (err error) {
	*t, err = ParseTimeOfDay(n.Value)
	return err
}

func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t/60, t%60) }

// Weekday is a day of the week in a file: mon to sun.
type Weekday time.Weekday

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// UnmarshalYAML reads mon to sun.
func (w *Weekday) UnmarshalYAML(n *yaml.Node) error {
	for i, name := range weekdays {
		if n.Value == name {
			*w = Weekday(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not one of mon, tue, wed, thu, fri, sat, sun", n.Value)
}

func (w Weekday) String() string { return weekdays[w] }
