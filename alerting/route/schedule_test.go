package route

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
)

func TestOnCall(t *testing.T) {
	plan := parsed(t, sample)
	f := func(schedule, when, want string) {
		t.Helper()
		if got := strings.Join(plan.OnCall(schedule, at(t, when), nil), " "); got != want {
			t.Errorf("%s at %s: %q, want %q", schedule, when, got, want)
		}
	}
	// From Monday, 2 March, at nine, a week each; zhao has the days off.
	f("hill", "2026-03-02 08:59", "")
	f("hill", "2026-03-02 09:00", "wang")
	f("hill", "2026-03-06 23:59", "wang")
	f("hill", "2026-03-07 00:00", "zhao")
	f("hill", "2026-03-08 23:59", "zhao")
	f("hill", "2026-03-09 00:00", "wang") // until the handover
	f("hill", "2026-03-09 08:59", "wang")
	f("hill", "2026-03-09 09:00", "zhao")
	f("hill", "2026-03-16 09:00", "li")
	f("hill", "2026-03-23 09:00", "wang")
	f("hill", "2026-04-03 12:00", "zhao") // a Friday, in the turn of 30 March
	f("hill", "2026-04-06 12:00", "zhao") // a Monday, of a holiday
	f("hill", "2026-05-09 12:00", "wang") // a Saturday that is worked, in the turn of 4 May
	f("hill", "2026-01-01 12:00", "zhao") // the other layer has not begun
	f("hill", "2025-12-31 12:00", "")
	f("east-office", "2026-03-03 08:30", "chen")
	f("east-office", "2026-03-03 12:00", "")
	f("east-office", "2026-03-03 18:00", "")
	f("gone", "2026-03-03 09:00", "")
}

const newYork = `
contacts:
  - {name: a, place: hq, channels: [x]}
  - {name: b, place: hq, channels: [x]}
schedules:
  - name: days
    place: hq
    time_zone: America/New_York
    layers:
      - {contacts: [a, b], turn: day, handover: "08:00", start: 2026-03-06}
policies:
  - {name: all, steps: [{after: 0s, tell: [hq]}]}
`

// Handovers stay at the same time of the day when the clocks change.
func TestOnCallOverAChangeOfClocks(t *testing.T) {
	plan := parsed(t, newYork)
	f := func(when, want string) {
		t.Helper()
		if got := strings.Join(plan.OnCall("days", at(t, when), nil), " "); got != want {
			t.Errorf("at %s: %q, want %q", when, got, want)
		}
	}
	f("2026-03-07 08:00 -0500", "b")
	f("2026-03-08 07:59 -0400", "b")
	f("2026-03-08 08:00 -0400", "a")
	f("2026-10-31 08:00 -0400", "b")
	f("2026-11-01 07:59 -0500", "b")
	f("2026-11-01 08:00 -0500", "a")

	var got []string
	for _, s := range plan.Shifts("days", at(t, "2026-03-07 08:00 -0500"), at(t, "2026-03-09 08:00 -0400"), nil) {
		got = append(got, fmt.Sprint(s.Contacts, " ", s.Until.Sub(s.From)))
	}
	if want := "[b] 23h0m0s [a] 24h0m0s"; strings.Join(got, " ") != want {
		t.Errorf("shifts are %v, want %s", got, want)
	}
}

func TestShifts(t *testing.T) {
	plan := parsed(t, sample)
	f := func(schedule, from, until string, overrides []Override, want ...string) {
		t.Helper()
		shifts := plan.Shifts(schedule, at(t, from), at(t, until), overrides)
		if len(shifts) != len(want) {
			t.Fatalf("%s from %s: %v, want %v", schedule, from, shifts, want)
		}
		for i, s := range shifts {
			if got := s.From.In(at(t, from).Location()).Format("02 15:04 ") + strings.Join(s.Contacts, "+"); got != want[i] {
				t.Errorf("%s: shift %d is %q, want %q", schedule, i, got, want[i])
			}
			if i > 0 && !shifts[i-1].Until.Equal(s.From) {
				t.Errorf("%s: between %v and %v is a gap", schedule, shifts[i-1], s)
			}
		}
		if !shifts[0].From.Equal(at(t, from)) || !shifts[len(shifts)-1].Until.Equal(at(t, until)) {
			t.Errorf("%s: the shifts are not those from %s until %s", schedule, from, until)
		}
	}
	f("hill", "2026-03-01 12:00", "2026-03-10 00:00", nil,
		"01 12:00 zhao", "02 00:00 ", "02 09:00 wang", "07 00:00 zhao", "09 00:00 wang", "09 09:00 zhao")
	stands := []Override{{authz.HQ, "hill", "li", at(t, "2026-03-03 10:00"), at(t, "2026-03-04 10:00")}, {authz.HQ, "east-office", "li", at(t, "2026-03-03 10:00"), at(t, "2026-03-04 10:00")}}
	f("hill", "2026-03-03 00:00", "2026-03-05 00:00", stands, "03 00:00 wang", "03 10:00 li", "04 10:00 wang")
	f("hill", "2026-03-03 11:00", "2026-03-03 12:00", stands, "03 11:00 li")
	f("east-office", "2026-03-03 09:00", "2026-03-04 09:00", nil,
		"03 09:00 chen", "03 12:00 ", "03 13:30 chen", "03 18:00 ", "04 08:30 chen")
	if got := plan.Shifts("gone", at(t, "2026-03-03 09:00"), at(t, "2026-03-04 09:00"), nil); got != nil {
		t.Errorf("a schedule that is none has %v", got)
	}
	if got := plan.Shifts("hill", at(t, "2026-03-03 09:00"), at(t, "2026-03-03 09:00"), nil); got != nil {
		t.Errorf("no time has %v", got)
	}
	ages := plan.Shifts("hill", at(t, "2026-03-02 09:00"), at(t, "2099-01-01 00:00"), nil)
	if last := ages[len(ages)-1].Until; last.Sub(at(t, "2026-03-02 09:00")) != maxShifts*24*time.Hour {
		t.Errorf("shifts are looked for until %s", last)
	}
}

// The shifts say at each time what OnCall says then.
func TestShiftsAgreeWithOnCall(t *testing.T) {
	plan := parsed(t, sample)
	from := at(t, "2026-02-10 00:00")
	overrides := []Override{{authz.HQ, "hill", "desk", at(t, "2026-03-04 10:10"), at(t, "2026-03-20 01:00")}}
	for _, schedule := range []string{"hill", "east-office"} {
		for _, s := range plan.Shifts(schedule, from, from.AddDate(0, 2, 0), overrides) {
			for now := s.From; now.Before(s.Until); now = now.Add(7 * time.Minute) {
				if got := plan.OnCall(schedule, now, overrides); strings.Join(got, " ") != strings.Join(s.Contacts, " ") {
					t.Fatalf("%s at %s: %v on call, and %v by the shifts", schedule, now, got, s.Contacts)
				}
			}
		}
	}
}
