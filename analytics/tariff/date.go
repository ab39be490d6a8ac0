package tariff

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

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// UnmarshalYAML reads 2026-01-31.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		return fmt.Errorf("%q is not a date, such as 2026-01-31", n.Value)
	}
	*d = dateOf(t)
	return nil
}

func (d Date) String() string { return d.utc().Format(time.DateOnly) }

// IsZero reports whether d was never set.
func (d Date) IsZero() bool { return d == Date{} }

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool {
	if d.Year != e.Year {
		return d.Year < e.Year
	}
	if d.Month != e.Month {
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

func (d Date) add(days int) Date { return dateOf(d.utc().AddDate(0, 0, days)) }

// daysTo is the number of days from d to e.
func (d Date) daysTo(e Date) int { return int(e.utc().Sub(d.utc()) / (24 * time.Hour)) }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// monthDay is a day of every year.
type monthDay struct {
	month time.Month
	day   int
}

// UnmarshalYAML reads 11-15.
func (m *monthDay) UnmarshalYAML(n *yaml.Node) error {
	// The year 2023 has no 29 February: such a day would not be in every year.
	t, err := time.Parse(time.DateOnly, "2023-"+n.Value)
	if err != nil {
		return fmt.Errorf("%q is not a day of every year as month and day, such as 11-15", n.Value)
	}
	*m = monthDay{t.Month(), t.Day()}
	return nil
}

func (m monthDay) in(year int) Date { return Date{year, m.month, m.day} }
