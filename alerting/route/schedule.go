package route

import (
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/calendar"
)

// Schedule says who is on call. The first of its layers that holds at a time says
// it; an override goes before all of them.
type Schedule struct {
	Name   string
	Place  authz.Place
	Zone   *time.Location
	Layers []Layer
	Line   int
}

// Layer is a rotation: each contact in turn is on call from one handover to the
// next.
type Layer struct {
	Contacts []string
	Days     int                // that a turn lasts: 1 or 7
	Handover calendar.TimeOfDay // when the turn goes to the next one
	Start    calendar.Date      // the day of the first contact's first turn; a week's handover is on its weekday
	// Only restricts the layer to a part of the time of Calendar.
	Only     Part
	Calendar *calendar.Calendar
}

// Part is a part of the time, as a calendar divides it.
type Part string

// The parts. A day begins and ends at midnight.
const (
	AllTime      Part = ""
	WorkingHours Part = "working_hours"
	WorkingDays  Part = "working_days" // days on which there is work at some time
	DaysOff      Part = "days_off"     // weekends and holidays
)

// on is whose turn it is; empty when the layer does not hold.
func (l *Layer) on(at time.Time, zone *time.Location) string {
	local := at.In(zone)
	today := calendar.DateOf(local)
	switch l.Only {
	case WorkingHours:
		if !l.Calendar.Working(at, zone) {
			return ""
		}
	case WorkingDays, DaysOff:
		if l.Calendar.WorksOn(today) != (l.Only == WorkingDays) {
			return ""
		}
	}
	if at.Before(today.At(l.Handover, zone)) {
		today = today.Add(-1) // yesterday's turn goes on
	}
	days := today.Sub(l.Start)
	if days < 0 {
		return ""
	}
	return l.Contacts[days/l.Days%len(l.Contacts)]
}

// OnCall are the names of those on call by a schedule; none when no layer holds,
// or there is no such schedule.
func (p *Plan) OnCall(schedule string, at time.Time, overrides []Override) []string {
	s := p.schedules[schedule]
	if s == nil {
		return nil
	}
	var names []string
	for _, c := range p.onCall(s, at, overrides) {
		names = append(names, c.Name)
	}
	return names
}

// onCall are those on call: those whom overrides name, or whose turn it is. An
// override for somebody who is no contact is none: nobody would be told.
func (p *Plan) onCall(s *Schedule, at time.Time, overrides []Override) []*Contact {
	var all []*Contact
	for i := range overrides {
		if c := p.contacts[overrides[i].Contact]; c != nil && overrides[i].holds(s, at) && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	if len(all) > 0 {
		return all
	}
	for i := range s.Layers {
		if name := s.Layers[i].on(at, s.Zone); name != "" {
			return []*Contact{p.contacts[name]}
		}
	}
	return nil
}

// Shift is a time in which the same people are on call; nobody when Contacts is
// empty.
type Shift struct {
	From, Until time.Time
	Contacts    []string
}

// maxShifts is how long a time Shifts looks at, in days: a year and the weeks that
// a page of a calendar shows beside it.
const maxShifts = 400

// Shifts are the shifts of a schedule in order, from and until the times given:
// without gaps, and cut at their ends. Of more than 400 days it gives the first.
// It is nil when there is no such schedule.
func (p *Plan) Shifts(schedule string, from, until time.Time, overrides []Override) []Shift {
	s := p.schedules[schedule]
	if s == nil || !from.Before(until) {
		return nil
	}
	if end := from.AddDate(0, 0, maxShifts); until.After(end) {
		until = end
	}
	var all []Shift
	edges := s.edges(from, until, overrides)
	for i, edge := range edges[:len(edges)-1] {
		who := p.OnCall(schedule, edge, overrides)
		if last := len(all) - 1; last >= 0 && slices.Equal(all[last].Contacts, who) {
			all[last].Until = edges[i+1]
			continue
		}
		all = append(all, Shift{From: edge, Until: edges[i+1], Contacts: who})
	}
	return all
}

// edges are the times at which who is on call may change, with from and until
// themselves, in order.
func (s *Schedule) edges(from, until time.Time, overrides []Override) []time.Time {
	edges := []time.Time{from, until}
	add := func(t time.Time) {
		if t.After(from) && t.Before(until) {
			edges = append(edges, t)
		}
	}
	for i := range overrides {
		if overrides[i].covers(s) {
			add(overrides[i].From)
			add(overrides[i].Until)
		}
	}
	last := calendar.DateOf(until.In(s.Zone))
	for day := calendar.DateOf(from.In(s.Zone)); day.Sub(last) <= 0; day = day.Add(1) {
		add(day.At(0, s.Zone))
		for i := range s.Layers {
			add(day.At(s.Layers[i].Handover, s.Zone))
		}
	}
	for i := range s.Layers {
		if l := &s.Layers[i]; l.Only == WorkingHours {
			for _, t := range l.Calendar.Changes(from, until, s.Zone) {
				add(t)
			}
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	return slices.CompactFunc(edges, time.Time.Equal)
}
