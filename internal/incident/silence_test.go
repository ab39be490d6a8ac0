package incident

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/telemetry"
)

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSilenceHolds(t *testing.T) {
	const from, until = "2026-11-02T00:00:00Z", "2026-12-01T00:00:00Z" // a Monday
	always := Silence{}
	night := Silence{Start: "22:00", End: "06:00", Zone: "UTC"}
	monday := Silence{Days: []int{1}, Start: "22:00", End: "06:00", Zone: "UTC"}
	weekend := Silence{Days: []int{0, 6}, Start: "00:00", End: "24:00", Zone: "UTC"}
	daily := Silence{Start: "00:00", End: "24:00", Zone: "UTC"}
	round := Silence{Start: "09:00", End: "09:00", Zone: "UTC"} // all of the time, too
	shanghai := Silence{Days: []int{1}, Start: "01:00", End: "02:00", Zone: "Asia/Shanghai"}
	for name, c := range map[string]struct {
		s      Silence
		at     string
		holds  bool
		change string
	}{
		"before":                         {always, "2026-11-01T23:59:59Z", false, from},
		"at from":                        {always, from, true, until},
		"just before until":              {always, "2026-11-30T23:59:59Z", true, until},
		"at until":                       {always, until, false, ""},
		"before from, not at from":       {night, "2026-10-30T00:00:00Z", false, from}, // at from, yesterday's night lasts
		"before from, later than from":   {weekend, "2026-10-30T00:00:00Z", false, "2026-11-07T00:00:00Z"},
		"before the night":               {night, "2026-11-03T21:59:59Z", false, "2026-11-03T22:00:00Z"},
		"night begins":                   {night, "2026-11-03T22:00:00Z", true, "2026-11-04T06:00:00Z"},
		"past midnight":                  {night, "2026-11-04T05:59:59Z", true, "2026-11-04T06:00:00Z"},
		"night ends":                     {night, "2026-11-04T06:00:00Z", false, "2026-11-04T22:00:00Z"},
		"last night is cut by until":     {night, "2026-11-30T23:00:00Z", true, until},
		"no night before until":          {monday, "2026-11-24T06:00:00Z", false, "2026-11-30T22:00:00Z"},
		"monday's night on tuesday":      {monday, "2026-11-10T03:00:00Z", true, "2026-11-10T06:00:00Z"},
		"tuesday has none":               {monday, "2026-11-10T23:00:00Z", false, "2026-11-16T22:00:00Z"},
		"weekend is one window":          {weekend, "2026-11-07T12:00:00Z", true, "2026-11-09T00:00:00Z"},
		"sunday":                         {weekend, "2026-11-08T23:59:59Z", true, "2026-11-09T00:00:00Z"},
		"monday":                         {weekend, "2026-11-09T00:00:00Z", false, "2026-11-14T00:00:00Z"},
		"after the last one":             {weekend, "2026-11-30T00:00:00Z", false, ""},
		"every day is always":            {daily, "2026-11-10T12:00:00Z", true, until},
		"around the clock is always":     {round, "2026-11-10T09:00:00Z", true, until},
		"shanghai's monday begins early": {shanghai, "2026-11-08T17:00:00Z", true, "2026-11-08T18:00:00Z"},
		"and ends early":                 {shanghai, "2026-11-08T18:00:00Z", false, "2026-11-15T17:00:00Z"},
	} {
		c.s.From, c.s.Until = instant(t, from), instant(t, until)
		holds, change := c.s.Holds(instant(t, c.at))
		if holds != c.holds || !change.Equal(instant(t, c.change)) {
			t.Errorf("%s: %v until %s, want %v until %s", name, holds, change, c.holds, c.change)
		}
	}
}

// Clocks that change move the windows with them.
func TestSilenceAndClockChanges(t *testing.T) {
	for name, c := range map[string]struct {
		zone, start, end string
		at               string
		holds            bool
		change           string
	}{
		"berlin, an hour too many":    {"Europe/Berlin", "01:00", "04:00", "2026-10-24T23:00:00Z", true, "2026-10-25T03:00:00Z"},
		"berlin, an hour too few":     {"Europe/Berlin", "01:00", "04:00", "2026-03-29T00:00:00Z", true, "2026-03-29T02:00:00Z"},
		"berlin, over the change":     {"Europe/Berlin", "22:00", "06:00", "2026-03-28T23:00:00Z", true, "2026-03-29T04:00:00Z"},
		"havana, midnight is missing": {"America/Havana", "09:00", "10:00", "2026-03-08T13:30:00Z", true, "2026-03-08T14:00:00Z"},
		"havana, the day after":       {"America/Havana", "09:00", "10:00", "2026-03-08T14:00:00Z", false, "2026-03-09T13:00:00Z"},
	} {
		s := Silence{From: instant(t, "2026-01-01T00:00:00Z"), Until: instant(t, "2026-12-31T00:00:00Z"), Start: c.start, End: c.end, Zone: c.zone}
		holds, change := s.Holds(instant(t, c.at))
		if holds != c.holds || !change.Equal(instant(t, c.change)) {
			t.Errorf("%s: %v until %s, want %v until %s", name, holds, change, c.holds, c.change)
		}
	}
}

// What change says is when Holds answers differently, and not before.
func TestSilenceChangesWhenItSays(t *testing.T) {
	from := time.Date(2026, 3, 20, 13, 7, 0, 0, time.UTC)
	for _, zone := range []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/Havana"} {
		for _, days := range [][]int{nil, {0}, {1, 2}, {0, 1, 2, 3, 4, 5, 6}, {6, 0}} {
			for _, clock := range [][2]string{{"", ""}, {"00:00", "24:00"}, {"22:00", "06:00"}, {"09:30", "09:30"}, {"12:00", "12:01"}} {
				s := Silence{From: from, Until: from.AddDate(0, 0, 16), Days: days, Start: clock[0], End: clock[1], Zone: zone}
				at := from.AddDate(0, 0, -1)
				holds, change := s.Holds(at)
				for ; at.Before(s.Until.AddDate(0, 0, 1)); at = at.Add(29 * time.Minute) {
					now, next := s.Holds(at)
					for !change.IsZero() && !at.Before(change) {
						if is, was := first(s.Holds(change)), first(s.Holds(change.Add(-time.Millisecond))); is == was {
							t.Fatalf("%s %v %v: nothing changes at %s", zone, days, clock, change)
						}
						holds = !holds
						_, change = s.Holds(change)
					}
					if now != holds || !next.Equal(change) {
						t.Fatalf("%s %v %v at %s: %v until %s, foretold %v until %s", zone, days, clock, at, now, next, holds, change)
					}
				}
				if holds || !change.IsZero() {
					t.Errorf("%s %v %v: it does not end", zone, days, clock)
				}
			}
		}
	}
}

func first(holds bool, _ time.Time) bool { return holds }

func TestSilenceMatches(t *testing.T) {
	i := stuck("north/harbour", "e1")
	calm := stuck("north/harbour", "e1")
	calm.Severity = telemetry.Critical
	for name, c := range map[string]struct {
		s          Silence
		life, rest bool
	}{
		"everywhere":       {Silence{}, false, true},
		"life safety":      {Silence{LifeSafety: true}, true, true},
		"its region":       {Silence{Place: place("north")}, false, true},
		"another region":   {Silence{Place: place("east"), LifeSafety: true}, false, false},
		"another project":  {Silence{Place: place("north/hill"), LifeSafety: true}, false, false},
		"its building":     {Silence{Place: i.Place, Building: "b1"}, false, true},
		"another building": {Silence{Place: i.Place, Building: "b2"}, false, false},
		"another class":    {Silence{Class: telemetry.Fire}, false, false},
		"its device":       {Silence{Place: i.Place, Class: telemetry.Elevator, Device: "e1"}, false, true},
		"another device":   {Silence{Place: i.Place, Class: telemetry.Elevator, Device: "e2"}, false, false},
		"another rule":     {Silence{Rule: "overload"}, false, false},
	} {
		if life, rest := c.s.Matches(i), c.s.Matches(calm); life != c.life || rest != c.rest {
			t.Errorf("%s: %v and %v", name, life, rest)
		}
	}
}

func TestSilenceCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *Silence)
		fields string
	}{
		"good":                 {func(*Silence) {}, ""},
		"weekly":               {func(s *Silence) { s.Days, s.Start, s.End, s.Zone = []int{0, 6}, "22:00", "24:00", "Asia/Shanghai" }, ""},
		"every night":          {func(s *Silence) { s.Start, s.End, s.Zone = "23:59", "00:00", "UTC" }, ""},
		"a year":               {func(s *Silence) { s.Until = s.From.Add(maxSilence) }, ""},
		"device":               {func(s *Silence) { s.Place, s.Class, s.Device = place("north/harbour"), telemetry.Fire, "f1" }, ""},
		"no reason":            {func(s *Silence) { s.Reason = " " }, "reason"},
		"long reason":          {func(s *Silence) { s.Reason = strings.Repeat("长", 200) }, "reason"},
		"no from":              {func(s *Silence) { s.From = time.Time{} }, "from"},
		"no until":             {func(s *Silence) { s.Until = time.Time{} }, "until"},
		"until is from":        {func(s *Silence) { s.Until = s.From }, "until"},
		"more than a year":     {func(s *Silence) { s.Until = s.From.Add(maxSilence + 1) }, "until"},
		"days without time":    {func(s *Silence) { s.Days = []int{1} }, "end start time_zone"},
		"no such day":          {func(s *Silence) { s.Days, s.Start, s.End, s.Zone = []int{7, -1}, "01:00", "02:00", "UTC" }, "days days"},
		"a day twice":          {func(s *Silence) { s.Days, s.Start, s.End, s.Zone = []int{1, 1}, "01:00", "02:00", "UTC" }, "days"},
		"begins at the end":    {func(s *Silence) { s.Start, s.End, s.Zone = "24:00", "06:00", "UTC" }, "start"},
		"ends past the end":    {func(s *Silence) { s.Start, s.End, s.Zone = "22:00", "24:01", "UTC" }, "end"},
		"no times of day":      {func(s *Silence) { s.Start, s.End, s.Zone = "9:00", "09:60", "UTC" }, "end start"},
		"nor these":            {func(s *Silence) { s.Start, s.End, s.Zone = "1x:00", "0900", "UTC" }, "end start"},
		"no zone":              {func(s *Silence) { s.Start, s.End = "01:00", "02:00" }, "time_zone"},
		"unknown zone":         {func(s *Silence) { s.Start, s.End, s.Zone = "01:00", "02:00", "Asia/Nowhere" }, "time_zone"},
		"the server's zone":    {func(s *Silence) { s.Start, s.End, s.Zone = "01:00", "02:00", "Local" }, "time_zone"},
		"project alone":        {func(s *Silence) { s.Project = "harbour" }, "project"},
		"building alone":       {func(s *Silence) { s.Building = "b1" }, "building"},
		"device without class": {func(s *Silence) { s.Place, s.Device = place("north/harbour"), "e1" }, "device"},
		"no class":             {func(s *Silence) { s.Class = "boat" }, "class"},
		"no name":              {func(s *Silence) { s.Rule = "Big Rule" }, "rule"},
	} {
		s := Silence{From: start, Until: start.Add(time.Hour), Reason: "保养"}
		c.change(&s)
		var fields []string
		err := s.Check()
		var invalid *InvalidError
		if errors.As(err, &invalid) {
			for _, f := range invalid.Fields {
				if f.Problem == "" {
					t.Errorf("%s: %s has no explanation", name, f.Field)
				}
				fields = append(fields, f.Field)
			}
		}
		slices.Sort(fields)
		if got := strings.Join(fields, " "); got != c.fields || (err == nil) != (c.fields == "") {
			t.Errorf("%s: %v, want %q", name, err, c.fields)
		}
	}
}
