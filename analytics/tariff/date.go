package tariff

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"steward/internal/calendar"
)

// Date is a day as a calendar on the wall shows it, in no time zone.
type Date = calendar.Date

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

func (m monthDay) in(year int) Date { return Date{Year: year, Month: m.month, Day: m.day} }
