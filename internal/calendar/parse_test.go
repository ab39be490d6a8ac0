package calendar

import (
	"slices"
	"testing"

	"steward/configs"
)

func TestParseSaysWhatIsWrong(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Parse("c.yaml", []byte(text))
		if err == nil {
			t.Fatalf("no error of\n%s", text)
		}
		if err.Error() != want {
			t.Errorf("of\n%s\ngot  %s\nwant %s", text, err, want)
		}
	}
	week := "\n    week: [{days: [mon], hours: [\"08:00-12:00\"]}]"
	holiday := func(rest string) string {
		return "holidays:\n  x:\n    years: [2026]\n    days:\n      - name: {zh: 节, en: Day}\n        " + rest
	}
	f("calendars:\n  - name: a", `c.yaml:2: calendar a: week: nobody ever works; give days and hours, or use always`)
	f("calendars:\n  - name: A b"+week, `c.yaml:2: calendar name: "A b" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	f("calendars:\n  - name: a"+week+"\n  - name: a"+week, `c.yaml:4: calendar a: name: stands twice, or is the built-in one`)
	f("calendars:\n  - name: always"+week, `c.yaml:2: calendar always: name: stands twice, or is the built-in one`)
	f("calendars:\n  - name: a\n    weak: []", `c.yaml:3: unknown key "weak" (did you mean "week"?); the keys here are holidays, make_up_as, name, week`)
	f("calendars:\n  - name: a\n    holidays: b"+week, `c.yaml:2: calendar a: holidays: "b" is not among holidays`)
	f("calendars:\n  - name: a\n    make_up_as: fri"+week, `c.yaml:2: calendar a: make_up_as: without holidays there are no such days`)
	f("calendars:\n  - name: a\n    week: [{days: [mon]}]", `c.yaml:3: calendar a: week: give days and hours`)
	f("calendars:\n  - name: a\n    week: [{days: [moon], hours: [\"08:00-12:00\"]}]", `c.yaml:3: days: "moon" is not one of mon, tue, wed, thu, fri, sat, sun`)
	f("calendars:\n  - name: a\n    week: [{days: [mon], hours: [\"8-12\"]}]", `c.yaml:3: hours: "8-12" are not hours, such as "08:30-12:00": "8" is not a time of day from 00:00 to 24:00, in quotes`)
	f("calendars:\n  - name: a\n    week: [{days: [mon], hours: [\"20:00-24:01\"]}]", `c.yaml:3: hours: "20:00-24:01" are not hours, such as "08:30-12:00": "24:01" is not a time of day from 00:00 to 24:00, in quotes`)
	f("calendars:\n  - name: a\n    week: [{days: [mon], hours: [\"22:00-06:00\"]}]", `c.yaml:3: hours: "22:00-06:00" end before they begin; write a night as "22:00-24:00", and "00:00-06:00" of the next day`)
	f("calendars:\n  - name: a\n    week: [{days: [mon], hours: [\"09:00-11:00\", \"08:00-10:00\"]}]", `c.yaml:3: calendar a: week: hours from 08:00 and from 09:00 overlap`)
	f("calendars:\n  - name: a\n    week:\n      - {days: [mon], hours: [\"08:00-10:00\"]}\n      - {days: [tue, mon], hours: [\"11:00-12:00\"]}", `c.yaml:5: calendar a: week: mon stands twice; give all its hours in one place`)
	f("default: b\ncalendars:\n  - name: a"+week, `c.yaml: default: calendar "b" is not among calendars; have a, always`)
	f(holiday("from: 2026-02-30"), `c.yaml:6: from: "2026-02-30" is not a date, such as 2026-01-31`)
	f(holiday("to: 2026-02-28"), `c.yaml:5: holidays x: 节: from: give the first day`)
	f(holiday("from: 2027-02-01"), `c.yaml:5: holidays x: 节: from: 2027 is not in years; add it when all holidays of that year are entered`)
	f(holiday("from: 2026-02-02\n        to: 2026-02-01"), `c.yaml:5: holidays x: 节: to: 2026-02-01 is not within 60 days from 2026-02-02`)
	f(holiday("from: 2026-02-02\n        to: 2027-02-04"), `c.yaml:5: holidays x: 节: to: 2027-02-04 is not within 60 days from 2026-02-02`)
	f(holiday("from: 2026-02-02\n        work: [2025-02-04]"), `c.yaml:5: holidays x: 节: work: 2025-02-04 is more than 60 days from the holiday`)
	f(holiday("from: 2026-02-02\n        work: [2026-02-02]"), `c.yaml:5: holidays x: 2026-02-02 is in 节 already`)
	f("holidays:\n  x:\n    years: [2026]\n    days:\n      - {name: {zh: 节}, from: 2026-01-01}", `c.yaml:5: holidays x: name: give zh and en`)
}

func TestEmptyFileKnowsAlways(t *testing.T) {
	set := parsed(t, "")
	if c := set.Named("cn"); c.Name != Always || set.Has("cn") || !set.Has(Always) {
		t.Errorf("an unknown calendar is %s", c.Name)
	}
}

func TestShippedCalendar(t *testing.T) {
	set := parsed(t, string(configs.Calendar()))
	if got, want := set.Names(), []string{Always, "cn", "desk"}; !slices.Equal(got, want) {
		t.Errorf("calendars are %v, want %v", got, want)
	}
	if set.Named("").Name != "cn" {
		t.Errorf("the default is %s", set.Named("").Name)
	}
	if got := set.Missing(2026); len(got) != 0 {
		t.Errorf("the holidays of 2026 are unknown to %v", got)
	}
	if got := set.Missing(2027); !slices.Equal(got, []string{"cn"}) {
		t.Errorf("the holidays of 2027, which nobody has announced, are unknown to %v", got)
	}
	// 33 days of the notice; a year has 261 weekdays, of which 22 are off and 6
	// weekend days are worked.
	cn, off, work := set.Named("cn"), 0, 0
	for d := (Date{2026, 1, 1}); d.Year == 2026; d = d.Add(1) {
		if _, is := cn.Holiday(d); is {
			off++
		}
		if cn.WorksOn(d) {
			work++
		}
	}
	if off != 33 || work != 248 {
		t.Errorf("2026 has %d days of holidays and %d working days, want 33 and 248", off, work)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := Parse("c.yaml", text)
		if (set == nil) != (err != nil) {
			t.Errorf("set %v with error %v", set, err)
		}
	})
}
