package route

import (
	"slices"
	"strings"
	"testing"
)

const rest = "policies:\n  - {name: all, steps: [{after: 0s, tell: [project]}]}\n"

func TestParseSaysWhatIsWrong(t *testing.T) {
	known := calendars(t)
	f := func(text string, want ...string) {
		t.Helper()
		_, err := Parse("e.yaml", []byte(text), known)
		if err == nil {
			t.Fatalf("no error of\n%s", text)
		}
		if got := err.Error(); got != strings.Join(want, "\n") {
			t.Errorf("of\n%s\ngot  %s\nwant %s", text, got, strings.Join(want, "\n"))
		}
	}
	f("zone: x", `e.yaml:1: unknown key "zone"; the keys here are contacts, policies, schedules, time_zone`)
	f("time_zone: Mars/North\n"+rest, `e.yaml:1: time_zone: "Mars/North" is not a time zone, such as Asia/Shanghai`)
	f("time_zone: Local\n"+rest, `e.yaml:1: time_zone: "Local" is not a time zone, such as Asia/Shanghai`)

	contact := func(text string, want string) {
		t.Helper()
		f(rest+"contacts:\n  - "+text, "e.yaml:4: "+want)
	}
	contact(`{name: "李", place: hq, channels: [x]}`, `contact name: "李" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	contact(`{name: a, channels: [x]}`, `contact a: place: give hq, a region, or region/project`)
	contact(`{name: a, place: a/b/c, channels: [x]}`, `place: place "a/b/c" is not hq, a region, or region/project`)
	contact(`{name: a, place: hq, channels: []}`, `contact a: channels: give at least one of channels.yaml`)
	contact(`{name: a, place: hq, channels: [x, x]}`, `contact a: channels: "x" stands twice`)
	contact(`{name: a, place: hq, channels: [X]}`, `contact a: channels: "X" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	contact(`{name: a, place: hq, channels: [x], lang: de}`, `contact a: lang: "de" is not zh or en`)
	contact(`{name: a, place: hq, channels: [x], quiet: {}}`, `contact a: quiet: give start and end, or a calendar, or both`)
	contact(`{name: a, place: hq, channels: [x], quiet: {start: "22:00"}}`, `contact a: quiet: give both start and end, or a calendar alone`)
	contact(`{name: a, place: hq, channels: [x], quiet: {start: "00:00", end: "24:00"}}`, `contact a: quiet: from 00:00 to 24:00 is all day: nothing would ever be sent`)
	contact(`{name: a, place: hq, channels: [x], quiet: {start: 22:00, end: 7:00}}`, `end: "7:00" is not a time of day from 00:00 to 24:00, in quotes`)
	contact(`{name: a, place: hq, channels: [x], quiet: {calendar: moon}}`, `contact a: quiet: calendar: there is no "moon"; have always, cn, desk`)
	f(rest+"contacts:\n  - {name: a, place: hq, channels: [x]}\n  - {name: a, place: hq, channels: [x]}", `e.yaml:5: contact a: name: stands twice`)

	schedule := func(text string, want string) {
		t.Helper()
		f(rest+"contacts: [{name: a, place: hq, channels: [x]}]\nschedules:\n  - "+text, "e.yaml:5: "+want)
	}
	schedule(`{name: s, place: hq}`, `schedule s: layers: give at least one`)
	schedule(`{name: s, layers: [{contacts: [a], turn: day, handover: "09:00", start: 2026-01-01}]}`, `schedule s: place: give hq, a region, or region/project`)
	schedule(`{name: S, place: hq, layers: [{contacts: [a], turn: day, handover: "09:00", start: 2026-01-01}]}`, `schedule name: "S" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	schedule(`{name: s, place: hq, layers: [{turn: day, handover: "09:00", start: 2026-01-01}]}`, `schedule s: layer 1: contacts: give those who take turns`)
	schedule(`{name: s, place: hq, layers: [{contacts: [b], turn: day, handover: "09:00", start: 2026-01-01}]}`, `schedule s: layer 1: contacts: there is no "b" under contacts`)
	schedule(`{name: s, place: hq, layers: [{contacts: [a], turn: month, handover: "09:00", start: 2026-01-01}]}`, `schedule s: layer 1: turn: "month" is not day or week`)
	schedule(`{name: s, place: hq, layers: [{contacts: [a], turn: day, start: 2026-01-01}]}`, `schedule s: layer 1: handover: give the time of day, such as "09:00"`)
	schedule(`{name: s, place: hq, layers: [{contacts: [a], turn: day, handover: "24:00", start: 2026-01-01}]}`, `schedule s: layer 1: handover: 24:00 is "00:00" of the next day`)
	schedule(`{name: s, place: hq, layers: [{contacts: [a], turn: day, handover: "09:00"}]}`, `schedule s: layer 1: start: give the day of the first turn; a week's handovers are on its weekday`)
	schedule(`{name: s, place: hq, layers: [{contacts: [a], turn: day, handover: "09:00", start: 2026-01-01, only: nights}]}`, `schedule s: layer 1: only: "nights" is not one of working_hours, working_days, days_off`)
	schedule(`{name: s, place: hq, layers: [{contacts: [a], turn: day, handover: "09:00", start: 2026-01-01, only: days_off, calendar: x}]}`, `schedule s: layer 1: calendar: there is no "x"; have always, cn, desk`)
	schedule(`{name: s, place: hq, layers: [{contacts: [a], turn: day, handover: "09:00", start: 2026-01-01, calendar: cn}]}`, `schedule s: layer 1: calendar: say which part of it in only`)

	policy := func(text string, want string) {
		t.Helper()
		f("policies:\n  - "+text+strings.TrimPrefix(rest, "policies:"), "e.yaml:2: "+want)
	}
	policy(`{name: p, incidents: [A]}`, `policy p: incidents: "A" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	policy(`{name: p, places: [x/y/z], incidents: [a]}`, `places: place "x/y/z" is not hq, a region, or region/project`)
	policy(`{name: p, incidents: [a], steps: [{after: 5m}]}`, `policy p: step 1: tell: say who, such as [project]`)
	policy(`{name: p, incidents: [a], steps: [{tell: [boss]}]}`, `policy p: step 1: tell: level "boss" is not one of project, region, hq, oncall, oncall:NAME, contact:NAME`)
	policy(`{name: p, incidents: [a], steps: [{tell: ["project:x"]}]}`, `policy p: step 1: tell: level "project:x" is not one of project, region, hq, oncall, oncall:NAME, contact:NAME`)
	policy(`{name: p, incidents: [a], steps: [{tell: ["oncall:x"]}]}`, `policy p: step 1: tell: there is no on-call schedule "x"; enter it under schedules`)
	policy(`{name: p, incidents: [a], steps: [{tell: ["contact:x"]}]}`, `policy p: step 1: tell: there is no contact "x"; enter it under contacts`)
	policy(`{name: p, incidents: [a], steps: [{tell: [hq], unless: resolved}]}`, `policy p: step 1: unless: "resolved" is not one of acknowledged, dispatched, arrived`)
	policy(`{name: p, incidents: [a], steps: [{tell: [hq], severities: [grave]}]}`, `policy p: step 1: severities: severity "grave" is not one of life_safety, critical, warning, info`)
	policy(`{name: p, incidents: [a], steps: [{after: 31d, tell: [hq]}]}`, `policy p: step 1: after: 744h0m0s is more than 30d`)
	policy(`{name: p, incidents: [a], steps: [{after: 2m, tell: [hq]}, {after: 1m, tell: [hq]}]}`, `policy p: step 2: after: 1m0s comes before the step above; put the steps in order of time`)
	policy(`{name: p, places: [hq], steps: [{tell: [hq], severities: [critical]}]}`, `policy p: steps: nobody is told of life_safety at once; add a step with after: 0s`)
	f(rest+"  - {name: p, incidents: [a]}", `e.yaml:3: policy p: is never reached, since all takes everything; put it before that`,
		`e.yaml: policies: the last one must be for everything, without incidents and places, so that nothing is told to nobody`)
	f(rest+"  - {name: all, incidents: [a], steps: [{tell: [hq]}]}"+strings.TrimPrefix(rest, "policies:"),
		`e.yaml:3: policy all: name: stands twice`, `e.yaml:3: policy all: is never reached, since all takes everything; put it before that`,
		`e.yaml:4: policy all: name: stands twice`, `e.yaml:4: policy all: is never reached, since all takes everything; put it before that`)
	f("policies:\n  - {name: all, steps: [{tell: [hq], unless: arrived}]}", `e.yaml:2: policy all: steps: nobody is told of life_safety at once; add a step with after: 0s`)
	f("", `e.yaml: policies: the last one must be for everything, without incidents and places, so that nothing is told to nobody`)
	f("policies:\n  - {name: all, steps: [{after: 1m, tell: [hq]}]}", `e.yaml:2: policy all: steps: nobody is told of life_safety at once; add a step with after: 0s`)
	f(rest+"contacts: ["+strings.Repeat("{name: a},", maxContacts+1)+"]", `e.yaml: contacts: 10001 are more than 10000`)
}

func TestLevelsAndChannels(t *testing.T) {
	plan := parsed(t, sample)
	f := func(level string, ok bool) {
		t.Helper()
		if err := plan.CheckLevel(level); (err == nil) != ok {
			t.Errorf("%s: %v", level, err)
		}
	}
	for _, level := range []string{"project", "region", "hq", "oncall", "oncall:hill", "contact:li"} {
		f(level, true)
	}
	for _, level := range []string{"", "boss", "oncall:", "oncall:gone", "contact", "contact:", "contact:gone", "hq:li", "contact:hill"} {
		f(level, false)
	}
	if got, want := plan.Channels(), []string{"chat", "mail", "sms", "voice"}; !slices.Equal(got, want) {
		t.Errorf("channels are %v, want %v", got, want)
	}
	if plan.Contact("li") != plan.Contacts[1] || plan.Schedule("hill") != plan.Schedules[0] || plan.Contact("x") != nil || plan.Schedule("x") != nil {
		t.Error("contacts and schedules are not found by name")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	known := calendars(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		plan, err := Parse("e.yaml", text, known)
		if (plan == nil) != (err != nil) {
			t.Errorf("plan %v with error %v", plan, err)
		}
	})
}
