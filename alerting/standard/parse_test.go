package standard

import (
	"slices"
	"strings"
	"testing"
	"time"

	"steward/configs"
	"steward/internal/calendar"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

func calendars(t testing.TB) *calendar.Set {
	t.Helper()
	set, err := calendar.Parse("calendar.yaml", []byte(`
calendars:
  - {name: office, week: [{days: [mon], hours: ["08:00-16:00"]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const good = `standards:
  - name: a
    title: {zh: 到场, en: On site}
    incidents: [repair]
    stop: [arrived]
    limit: 10m
`

func TestParseSaysWhatIsWrong(t *testing.T) {
	known := calendars(t)
	// f replaces a line of a good standard, or adds one.
	f := func(line, want string) {
		t.Helper()
		key, _, _ := strings.Cut(line, ":")
		lines := strings.Split(strings.TrimSuffix(good, "\n"), "\n")
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "    "+key+":") })
		text := strings.Join(append(lines, "    "+line), "\n")
		_, err := Parse("s.yaml", []byte(text), known)
		if err == nil {
			t.Fatalf("no error of\n%s", text)
		}
		if got := err.Error(); got != "s.yaml:2: standard a: "+want {
			t.Errorf("of %s\ngot  %s\nwant s.yaml:2: standard a: %s", line, got, want)
		}
	}
	f("title: {zh: 到场}", `title: give zh and en`)
	f("incidents: []", `incidents: give the kinds of incident that it is for`)
	f("incidents: [Repair]", `incidents: "Repair" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	f("incidents: [repair, repair]", `incidents: "repair" stands twice`)
	f("start: resolved", `start: "resolved" is not one of opened, acknowledged, dispatched, arrived, or event:KIND`)
	f("start: 'event:'", `start: kind of event "" has 0 characters, not 1 to 64`)
	f("start: arrived", `stop: arrived starts the clock too`)
	f("stop: []", `stop: give what stops the clock, such as arrived`)
	f("stop: [opened]", `stop: "opened" is not one of acknowledged, dispatched, arrived, resolved, cleared, or event:KIND
s.yaml:2: standard a: stop: opened starts the clock too`)
	f("stop: [arrived, arrived]", `stop: "arrived" stands twice`)
	f("limit: 0s", `limit: give a time, such as 10m`)
	f("limit: 367d", `limit: 8808h0m0s is more than 366d`)
	f("warn_before: 10m", `warn_before: 10m0s is not less than the limit of 10m0s`)
	f("warn: [project]", `warn: without warn_before there is no warning; give both or none`)
	f("breach: [boss]", `breach: level "boss" is not one of project, region, hq, oncall, oncall:NAME, contact:NAME`)
	f("breach: ['oncall:']", `breach: "" has 0 characters, not 1 to 64`)
	f("calendar: cn", `calendar: there is no "cn"; use project, or one of always, office`)
	f("pause: [Because]", `pause: "Because" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	f("incidents: [entrapment]\n    breach: [hq]\n    pause: [weather]", `pause: entrapment is about life safety, whose clocks never stand; leave pause out`)
	f("incidents: [repair, fire_alarm]\n    breach: [hq]\n    calendar: office", `calendar: fire_alarm is about life safety, whose clocks run always; leave calendar out`)
	f("incidents: [gas_leak]\n    breach: [hq]\n    calendar: project", `calendar: gas_leak is about life safety, whose clocks run always; leave calendar out`)
	f("incidents: [entrapment]", `breach: entrapment is about life safety; say who is told`)
	f("limit: 200d\n    calendar: office", `limit: 4800h0m0s of calendar office do not pass in ten years`)
}

func TestParseOfTheWholeFile(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := Parse("s.yaml", []byte(text), calendars(t)); err == nil || err.Error() != want {
			t.Errorf("of\n%s\ngot  %v\nwant %s", text, err, want)
		}
	}
	f(good+strings.TrimPrefix(good, "standards:\n"), `s.yaml:7: standard a: name: stands twice`)
	f(strings.Replace(good, "name: a", "name: A", 1), `s.yaml:2: standard A: name: "A" is not of the form [a-z0-9][a-z0-9_-]{0,63}`)
	f(strings.Replace(good, "limit", "limits", 1), `s.yaml:6: unknown key "limits" (did you mean "limit"?); the keys here are breach, calendar, incidents, limit, name, pause, start, stop, title, warn, warn_before`)
	f("standards:"+strings.Repeat("\n  - name: a", maxStandards+1), `s.yaml:502: more than 500 standards; merge those that differ in the kind of incident alone`)
}

func TestParse(t *testing.T) {
	set, err := Parse("s.yaml", []byte(good+`
  - name: b
    title: {zh: 到场, en: On site}
    incidents: [complaint, repair]
    start: event:fault
    stop: [resolved, "event:fault_cleared"]
    limit: 7d
    warn_before: 1d
    calendar: project
    pause: [waiting_for_parts]
    warn: [project, "oncall:night"]
    breach: [hq, project]
`), calendars(t))
	if err != nil {
		t.Fatal(err)
	}
	a, b := set.Named("a"), set.Named("b")
	if a.Start != "opened" || a.Calendar != calendar.Always || a.Line != 2 || b.Line != 8 || b.Limit != 7*24*time.Hour {
		t.Errorf("read %+v and %+v", a, b)
	}
	if !slices.Equal(set.For("repair"), []*Standard{a, b}) || !slices.Equal(set.For("complaint"), []*Standard{b}) || set.For("noise") != nil || set.Named("c") != nil {
		t.Error("standards are not found by kind or name")
	}
	if got := set.Levels(); !slices.Equal(got, []string{"hq", "oncall:night", "project"}) {
		t.Errorf("levels are %v", got)
	}
	if !b.StopsAt("acknowledged", "event:fault_cleared") || b.StopsAt("arrived") || b.StopsAt() {
		t.Error("stops are not told from other points")
	}
	grave, light := &incident.Incident{Severity: telemetry.LifeSafety}, &incident.Incident{Severity: telemetry.Critical}
	if !b.MayPause(light, "waiting_for_parts") || b.MayPause(light, "lunch") || b.MayPause(grave, "waiting_for_parts") {
		t.Error("pauses are not for the reasons given, or for life safety")
	}
}

func TestShippedStandards(t *testing.T) {
	known, err := calendar.Parse("calendar.yaml", configs.Calendar())
	if err != nil {
		t.Fatal(err)
	}
	set, err := Parse("standards.yaml", configs.Standards(), known)
	if err != nil {
		t.Fatal(err)
	}
	f := func(kind string, want ...string) {
		t.Helper()
		var got []string
		for _, s := range set.For(kind) {
			got = append(got, s.Name+" "+s.Limit.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
	f("entrapment", "entrapment_answered 3m0s", "entrapment_on_site 10m0s", "entrapment_statutory 30m0s", "entrapment_released 40m0s")
	f("fire_alarm", "fire_confirmed 3m0s")
	f("urgent_repair", "urgent_repair_on_site 30m0s")
	f("complaint", "complaint_answered 24h0m0s")
	f("front_desk", "front_desk 3m0s")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	known := calendars(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := Parse("s.yaml", text, known)
		if (set == nil) != (err != nil) {
			t.Errorf("set %v with error %v", set, err)
		}
	})
}

// What the file says above a standard is kept with it.
func TestRemarks(t *testing.T) {
	set, err := Parse("s.yaml", []byte(strings.Replace(good, "  - name", "  # Of another.\n\n  # The law:\n  # article 5.\n  - name", 1)), calendars(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Named("a").Remark; got != "The law: article 5." {
		t.Errorf("remark %q", got)
	}
}
