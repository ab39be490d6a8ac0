package incident

import (
	"sync"
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
	at := s.Place
	return at.Contains(i.Place) &&
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
	case !at.Before(s.Until):
		return false, time.Time{}
	case at.Before(s.From):
		if holds, change = s.Holds(s.From); holds {
			change = s.From
		}
		return false, change
	case s.Start == "":
		return true, s.Until
	}
	from, to := s.windowAt(at)
	switch {
	case !from.After(at) && to.Sub(at) > week:
		return true, s.Until // without a gap in a week, and so in all of them
	case !from.After(at):
		return true, sooner(to, s.Until)
	case from.Before(s.Until):
		return false, from
	}
	return false, time.Time{}
}

const week = 7 * 24 * time.Hour

// windowAt is the weekly window at a time, or else the one that comes next. Windows
// without a gap between them are one.
func (s *Silence) windowAt(at time.Time) (from, to time.Time) {
	local := at.In(s.zone())
	// The window that began yesterday may reach into today; the next one begins
	// within a week.
	for day := -1; day <= 8; day++ {
		// Noon is there on every day; midnight, where clocks change then, is not.
		date := time.Date(local.Year(), local.Month(), local.Day()+day, 12, 0, 0, 0, local.Location())
		if !s.on(date.Weekday()) {
			continue
		}
		start, end := s.windowOn(date)
		switch {
		case !at.Before(end): // over
		case from.IsZero():
			from, to = start, end
		case start.After(to):
			return from, to
		default:
			to = end
		}
	}
	return from, to
}

// windowOn is the window that begins on a day.
func (s *Silence) windowOn(day time.Time) (from, to time.Time) {
	start, end := minutes(s.Start), minutes(s.End)
	from = time.Date(day.Year(), day.Month(), day.Day(), 0, start, 0, 0, day.Location())
	if end <= start {
		end += 24 * 60
	}
	return from, time.Date(day.Year(), day.Month(), day.Day(), 0, end, 0, 0, day.Location())
}

// zones are those that were loaded before: each would be read from a file again.
var zones sync.Map // name to *time.Location

func (s *Silence) zone() *time.Location {
	if z, ok := zones.Load(s.Zone); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(s.Zone)
	if err != nil {
		return time.UTC // checked when it was entered
	}
	zones.Store(s.Zone, z)
	return z
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
