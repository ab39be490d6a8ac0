package incident

import (
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Silence is a time in which nobody is told of some incidents: a maintenance
// window or a known defect. The incidents are raised and shown all the same.
type Silence struct {
	ID          string          `json:"id"`
	authz.Place                 // for everything at and below
	Building    string          `json:"building,omitempty"`
	Class       telemetry.Class `json:"class,omitempty"`
	Device      string          `json:"device,omitempty"`
	Rule        string          `json:"rule,omitempty"`

	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Weekly repeats it between From and Until: on these days (0 is Sunday), from
	// Start to End (HH:MM, past midnight when End is not after Start) in Zone. Empty
	// means all of the time.
	Days  []int  `json:"days,omitempty"`
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
	Zone  string `json:"time_zone,omitempty"`

	// LifeSafety includes danger to life. Only an administrator may set it, and
	// each incident that it silences says so.
	LifeSafety bool   `json:"life_safety,omitempty"`
	Reason     string `json:"reason"`
}

// Matches reports whether s is about i, whatever the time.
func (s *Silence) Matches(i *Incident) bool {
	return s.Place.Contains(i.Place) &&
		(s.Building == "" || s.Building == i.Building) &&
		(s.Class == "" || s.Class == i.Class) &&
		(s.Device == "" || s.Device == i.Device) &&
		(s.Rule == "" || s.Rule == i.Rule) &&
		(s.LifeSafety || !i.LifeSafety())
}

// Holds reports whether s holds at a time, and when that will be different; zero
// for never.
func (s *Silence) Holds(at time.Time) (holds bool, change time.Time) {
	switch {
	case at.Before(s.From):
		return false, s.From
	case !at.Before(s.Until):
		return false, time.Time{}
	case s.Start == "":
		return true, s.Until
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		zone = time.UTC // checked when it was entered
	}
	start, end := minutes(s.Start), minutes(s.End)
	local := at.In(zone)
	// The window that began yesterday may reach into today; the next one begins
	// within a week.
	for day := -1; day <= 7; day++ {
		date := time.Date(local.Year(), local.Month(), local.Day()+day, 0, 0, 0, 0, zone)
		if !s.on(date.Weekday()) {
			continue
		}
		from := time.Date(date.Year(), date.Month(), date.Day(), 0, start, 0, 0, zone)
		to := time.Date(date.Year(), date.Month(), date.Day(), 0, end, 0, 0, zone)
		if end <= start {
			to = time.Date(date.Year(), date.Month(), date.Day()+1, 0, end, 0, 0, zone)
		}
		switch {
		case !at.Before(to):
		case at.Before(from):
			return false, sooner(from, s.Until)
		default:
			return true, sooner(to, s.Until)
		}
	}
	return false, s.Until
}

func (s *Silence) on(day time.Weekday) bool {
	if len(s.Days) == 0 {
		return true
	}
	for _, d := range s.Days {
		if time.Weekday(d) == day {
			return true
		}
	}
	return false
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// minutes of a day, of HH:MM that was checked before; 24:00 is the end of it.
func minutes(clock string) int {
	var h, m int
	if len(clock) == 5 {
		h, m = int(clock[0]-'0')*10+int(clock[1]-'0'), int(clock[3]-'0')*10+int(clock[4]-'0')
	}
	return h*60 + m
}
