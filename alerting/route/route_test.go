package route

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"steward/configs"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

const sample = `
time_zone: Asia/Shanghai
contacts:
  - {name: desk, place: south/park, channels: [chat, sms]}
  - {name: li, place: south/park, channels: [sms], quiet: {start: "22:00", end: "07:00", calendar: cn}}
  - {name: south, place: south, channels: [chat]}
  - {name: boss, place: hq, lang: en, channels: [mail]}
  - {name: wang, place: south/hill, channels: [sms]}
  - {name: zhao, place: south/hill, channels: [sms]}
  - {name: chen, place: east, channels: [voice]}
schedules:
  - name: hill
    place: south/hill
    layers:
      - {contacts: [zhao], turn: day, handover: "00:00", start: 2026-01-01, only: days_off, calendar: cn}
      - {contacts: [wang, zhao, li], turn: week, handover: "09:00", start: 2026-03-02}
  - name: east-office
    place: east
    layers:
      - {contacts: [chen], turn: week, handover: "00:00", start: 2026-01-01, only: working_hours, calendar: cn}
policies:
  - name: complaints
    incidents: [complaint, repair]
    steps:
      - {after: 0s, tell: [project]}
  - name: park
    places: [south/park]
    steps:
      - {after: 0s, tell: [project, "oncall:hill"]}
      - {after: 5m, tell: ["contact:boss"], unless: acknowledged, severities: [life_safety, critical]}
    tell_resolved: true
  - name: rest
    steps:
      - {after: 0s, tell: [project]}
`

func calendars(t testing.TB) *calendar.Set {
	t.Helper()
	set, err := calendar.Parse("calendar.yaml", configs.Calendar())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func parsed(t testing.TB, text string) *Plan {
	t.Helper()
	plan, err := Parse("escalation.yaml", []byte(text), calendars(t))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// at reads a time in Shanghai, or one with its offset.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04 -0700"} {
		if when, err := time.ParseInLocation(layout, s, zone); err == nil {
			return when
		}
	}
	t.Fatalf("%q is not a time", s)
	return time.Time{}
}

func placed(t *testing.T, place string) authz.Place {
	t.Helper()
	p, err := authz.ParsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicy(t *testing.T) {
	plan := parsed(t, sample)
	f := func(kind, place, want string) {
		t.Helper()
		if got := plan.Policy(&incident.Incident{Kind: kind, Place: placed(t, place)}).Name; got != want {
			t.Errorf("%s at %s goes by %s, want %s", kind, place, got, want)
		}
	}
	f("complaint", "south/park", "complaints")
	f("entrapment", "south/park", "park")
	f("entrapment", "south", "rest")
	f("entrapment", "south/hill", "rest")
	f("entrapment", "hq", "rest")
}

func TestStepApplies(t *testing.T) {
	step := &parsed(t, sample).Policies[1].Steps[1]
	f := func(severity telemetry.Severity, state incident.State, want bool) {
		t.Helper()
		if got := step.Applies(&incident.Incident{Severity: severity, State: state}); got != want {
			t.Errorf("a step unless acknowledged applies to %s %s: %v", severity, state, got)
		}
	}
	f(telemetry.LifeSafety, incident.Firing, true)
	f(telemetry.Critical, incident.Firing, true)
	f(telemetry.Warning, incident.Firing, false)
	f(telemetry.LifeSafety, incident.Acknowledged, false)
	f(telemetry.LifeSafety, incident.Arrived, false)
	first := Step{}
	if !first.Applies(&incident.Incident{Severity: telemetry.Info, State: incident.Arrived}) {
		t.Error("a step without conditions applies always")
	}
}

func TestReceivers(t *testing.T) {
	plan := parsed(t, sample)
	noon := at(t, "2026-03-03 12:00") // a Tuesday; wang's week at hill
	f := func(level, place, want string, overrides ...Override) {
		t.Helper()
		var got []string
		for _, r := range plan.Receivers(level, &incident.Incident{Place: placed(t, place)}, noon, overrides) {
			got = append(got, r.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s at %s: %v, want %s", level, place, got, want)
		}
	}
	f("project", "south/park", "desk li")
	f("region", "south/park", "south")
	f("hq", "south/park", "boss")
	f("contact:li", "east/any", "li")
	f("contact:gone", "south/park", "desk li")
	// Nobody there: the next one up.
	f("project", "south/new", "south")
	f("project", "south", "south")
	f("project", "west/new", "boss")
	f("project", "hq", "boss")
	f("region", "west/new", "boss")
	f("oncall:hill", "west/new", "wang")
	f("oncall", "south/hill", "wang")
	f("oncall", "south/park", "desk li") // no schedule there nor above
	f("oncall", "west/new", "boss")
	f("oncall:gone", "south/new", "south")

	over := func(schedule, contact string) Override {
		return Override{authz.HQ, schedule, contact, noon, noon.Add(time.Hour)}
	}
	f("oncall", "south/hill", "li desk", over("hill", "li"), over("hill", "desk"), over("hill", "li"), over("east-office", "boss"))
	f("oncall", "south/hill", "wang", over("hill", "gone")) // nobody would be told
	f("oncall", "east/any", "boss", over("east-office", "boss"))
	f("oncall", "east/any", "chen", Override{authz.HQ, "east-office", "boss", noon.Add(-time.Hour), noon}) // it is over: noon is the break
}

// A schedule on which nobody is on call goes up like an empty project.
func TestNobodyOnCall(t *testing.T) {
	plan := parsed(t, strings.ReplaceAll(sample, "place: east, channels", "place: hq, channels"))
	night := at(t, "2026-03-03 03:00")
	for _, level := range []string{"oncall:east-office", "oncall"} {
		got := plan.Receivers(level, &incident.Incident{Place: placed(t, "east/any")}, night, nil)
		if len(got) != 2 || got[0].Name != "boss" || got[1].Name != "chen" {
			t.Errorf("%s: %v, want headquarters", level, got)
		}
	}
}

func TestReceiversWithoutContacts(t *testing.T) {
	plan := parsed(t, "policies:\n  - {name: all, steps: [{after: 0s, tell: [project]}]}")
	for _, level := range []string{"project", "region", "hq", "oncall", "oncall:x", "contact:x"} {
		if got := plan.Receivers(level, &incident.Incident{Place: placed(t, "south/park")}, time.Now(), nil); got != nil {
			t.Errorf("%s: %v", level, got)
		}
	}
}

func TestQuietHours(t *testing.T) {
	plan := parsed(t, sample)
	li := func(severity telemetry.Severity, when string) time.Time {
		t.Helper()
		got := plan.Receivers("contact:li", &incident.Incident{Severity: severity}, at(t, when), nil)
		if len(got) != 1 || got[0].Lang != "zh" || !slices.Equal(got[0].Channels, []string{"sms"}) {
			t.Fatalf("li is %v", got)
		}
		return got[0].NotBefore
	}
	f := func(when, want string) {
		t.Helper()
		for _, severity := range []telemetry.Severity{telemetry.Critical, telemetry.Warning, telemetry.Info} {
			if got := li(severity, when); want == "" && !got.IsZero() || want != "" && !got.Equal(at(t, want)) {
				t.Errorf("%s at %s comes at %s, want %q", severity, when, got, want)
			}
		}
		if got := li(telemetry.LifeSafety, when); !got.IsZero() {
			t.Errorf("danger to life at %s is put off until %s", when, got)
		}
	}
	f("2026-03-03 21:59", "")
	f("2026-03-03 22:00", "2026-03-04 07:00")
	f("2026-03-04 00:00", "2026-03-04 07:00")
	f("2026-03-04 06:59", "2026-03-04 07:00")
	f("2026-03-04 07:00", "")
	f("2026-03-06 23:00", "2026-03-09 07:00") // a Friday night, the weekend, and the night after it
	f("2026-03-07 12:00", "2026-03-09 07:00")
	f("2026-02-14 12:00", "")                 // a Saturday that is worked
	f("2026-02-15 12:00", "2026-02-24 07:00") // nine days of holidays
}

func TestQuietHoursOverAChangeOfClocks(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	night := &Quiet{Start: 22 * 60, End: 7 * 60, Zone: zone}
	f := func(when, want string) {
		t.Helper()
		if got := night.Over(at(t, when)); !got.Equal(at(t, want)) {
			t.Errorf("quiet at %s is over at %s, want %s", when, got, want)
		}
	}
	f("2026-03-07 23:00 -0500", "2026-03-08 07:00 -0400")
	f("2026-10-31 23:00 -0400", "2026-11-01 07:00 -0500")
	lunch := &Quiet{Start: 12 * 60, End: 13 * 60, Zone: zone}
	if got := lunch.Over(at(t, "2026-03-07 12:30 -0500")); !got.Equal(at(t, "2026-03-07 13:00 -0500")) {
		t.Errorf("lunch is over at %s", got)
	}
	if got := lunch.Over(at(t, "2026-03-07 23:30 -0500")); !got.IsZero() {
		t.Errorf("lunch at night is over at %s", got)
	}
	never := &Quiet{Start: 13 * 60, End: 12 * 60, Calendar: rare(t), Zone: zone}
	if got := never.Over(at(t, "2026-03-07 13:30 -0500")); got.Sub(at(t, "2026-03-07 13:30 -0500")) > 7*24*time.Hour {
		t.Errorf("a calendar that works on Sundays alone puts off until %s", got)
	}
}

func rare(t *testing.T) *calendar.Calendar {
	t.Helper()
	set, err := calendar.Parse("c.yaml", []byte("calendars:\n  - {name: rare, week: [{days: [sun], hours: [\"00:00-00:01\"]}]}"))
	if err != nil {
		t.Fatal(err)
	}
	return set.Named("rare")
}

func TestShippedEscalation(t *testing.T) {
	text := string(configs.Escalation())
	plan := parsed(t, text)
	if len(plan.Contacts) != 0 || len(plan.Schedules) != 0 || len(plan.Channels()) != 0 {
		t.Error("as shipped, somebody would be told")
	}
	f := func(severity telemetry.Severity, state incident.State, want ...string) {
		t.Helper()
		i := &incident.Incident{Kind: "any", Severity: severity, State: state}
		var got []string
		for _, s := range plan.Policy(i).Steps {
			if s.Applies(i) {
				got = append(got, s.After.String()+" "+strings.Join(s.Tell, "+"))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %s: %v, want %v", severity, state, got, want)
		}
	}
	f(telemetry.LifeSafety, incident.Firing, "0s project", "3m0s project+oncall", "10m0s region+hq")
	f(telemetry.LifeSafety, incident.Dispatched, "0s project", "10m0s region+hq")
	f(telemetry.LifeSafety, incident.Arrived, "0s project")
	f(telemetry.Critical, incident.Firing, "0s project", "30m0s region")
	f(telemetry.Critical, incident.Acknowledged, "0s project")
	f(telemetry.Warning, incident.Firing, "0s project")
	f(telemetry.Info, incident.Firing)

	// The example must work when its signs are removed as the file says.
	shipped, example, _ := strings.Cut(text, "# An example of everything.")
	_, example, _ = strings.Cut(example, "\n#\n")
	example = strings.ReplaceAll("\n"+example, "\n# ", "\n")
	example = strings.ReplaceAll(example, "\n#\n", "\n\n")
	contacts, policies, _ := strings.Cut(example, "\npolicies:\n")
	shipped = strings.Replace(shipped, "contacts: []\nschedules: []\n", contacts, 1)
	shipped = strings.Replace(shipped, "\npolicies:\n", "\npolicies:\n"+policies, 1)
	full := parsed(t, shipped)
	if len(full.Contacts) != 6 || len(full.Schedules) != 1 || len(full.Policies) != 2 || len(full.Schedules[0].Layers) != 2 {
		t.Errorf("the example has %d contacts, %d schedules, %d policies", len(full.Contacts), len(full.Schedules), len(full.Policies))
	}
	if got, want := full.Channels(), []string{"harbour-chat", "mail", "sms", "south-chat", "voice"}; !slices.Equal(got, want) {
		t.Errorf("the example's channels are %v, want %v", got, want)
	}
}

func BenchmarkReceivers(b *testing.B) {
	plan := parsed(b, sample)
	i := &incident.Incident{Place: authz.Place{Region: "south", Project: "hill"}}
	now := time.Date(2026, 3, 3, 4, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		plan.Receivers("oncall", i, now, nil)
	}
}
