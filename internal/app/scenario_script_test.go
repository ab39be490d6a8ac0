package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// A scenario is a file of testdata/scenarios: what is sent and done at which
// times, and what came of it. Its parts:
//
//	-- script --      lines of: TIME WHAT …
//	-- start --       when it begins, RFC 3339; else Monday, 2 March 2026, 09:00 in Shanghai
//	-- estate --      device PATH [building=B] [medium=M] [parent=METER] [fed_by=class/id,…]
//	                  project PLACE [zone=Z] [calendar=C]
//	-- rules.yaml --, -- standards.yaml --, -- escalation.yaml --, -- calendar.yaml --
//	                  instead of those that are shipped; the shipped escalation is given
//	                  the contacts of testdata/scenarios/contacts.yaml
//	-- want --        written by go test ./internal/app -run Scenario -update
//
// and what a line may be:
//
//	+5m event     DEVICE KIND [id=ID] [ts=+TIME] [{"json":1}]
//	+5m read      DEVICE METRIC=VALUE … [ts=+TIME]
//	+5m status    DEVICE online|offline
//	+5m every     PERIOD until=+TIME LINE…            a line again and again, until before that time
//	+5m act       WHO DEED [@KIND] [at=+TIME] [NOTE…] on the newest open incident (of the kind or rule)
//	+5m enter     WHO KIND PLACE [severity=S] [reference=R] TITLE…
//	+5m external  WHO NAME PLACE [severity=S] [device=CLASS/ID] [firing|over]
//	+5m silence   PLACE [class=C] [device=D] [building=B] [rule=R] [life_safety] [days=1,2 start=HH:MM end=HH:MM] until=+TIME REASON…
//	+5m unsilence all silences end
//	+5m responder NAME PLACE CARD
//	+5m override  SCHEDULE CONTACT until=+TIME
//	+5m rules     FILE                                another part with rules takes the place of the rules
//	+5m answer    RULE [DEVICE=VALUE …]               what its query finds from now on
//	+5m retire    DEVICE
//	+5m link      down|up                             the connection to the broker
//	+5m crash     the process dies and another begins
//	+9m end
//
// A line begins when everything before it has come to rest.
type scenario struct {
	name    string
	archive *txtar.Archive
	lines   []scenarioLine
	start   time.Time
}

type scenarioLine struct {
	number int
	at     time.Duration
	what   string
	args   []string
	id     string // of its event, when it gives none
}

// shanghai is the zone of scenarios.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func readScenario(t *testing.T, name string, text []byte) *scenario {
	t.Helper()
	s := &scenario{name: name, archive: txtar.Parse(text), start: time.Date(2026, 3, 2, 9, 0, 0, 0, shanghai)}
	if text := strings.TrimSpace(string(s.file("start"))); text != "" {
		var err error
		if s.start, err = time.Parse(time.RFC3339, text); err != nil {
			t.Fatalf("%s: start: %v", name, err)
		}
	}
	for n, line := range strings.Split(string(s.file("script")), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		at, err := time.ParseDuration(strings.TrimPrefix(fields[0], "+"))
		if err != nil || len(fields) < 2 {
			t.Fatalf("%s: line %d of the script: %q", name, n+1, line)
		}
		s.add(t, scenarioLine{n + 1, at, fields[1], fields[2:], fmt.Sprint("line-", n+1)})
	}
	// Those of "every" come between others.
	slices.SortStableFunc(s.lines, func(a, b scenarioLine) int { return cmp.Compare(a.at, b.at) })
	return s
}

// add adds a line, or those that it stands for.
func (s *scenario) add(t *testing.T, l scenarioLine) {
	if l.what != "every" {
		s.lines = append(s.lines, l)
		return
	}
	until := l.time(t, time.Time{}, "until").Sub(time.Time{})
	period, err := time.ParseDuration(l.args[0])
	if err != nil || until <= l.at {
		t.Fatalf("%s: line %d: every PERIOD until=+TIME LINE", s.name, l.number)
	}
	for n, at := 0, l.at; at < until; n, at = n+1, at+period {
		s.lines = append(s.lines, scenarioLine{l.number, at, l.args[1], slices.Clone(l.args[2:]), fmt.Sprint(l.id, "-", n)})
	}
}

func (s *scenario) file(name string) []byte {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func (s *scenario) set(name string, data []byte) {
	for i := range s.archive.Files {
		if s.archive.Files[i].Name == name {
			s.archive.Files[i].Data = data
			return
		}
	}
	s.archive.Files = append(s.archive.Files, txtar.File{Name: name, Data: data})
}

// has reports whether one of its lines is of one of the kinds.
func (s *scenario) has(kinds ...string) bool {
	return slices.ContainsFunc(s.lines, func(l scenarioLine) bool { return slices.Contains(kinds, l.what) })
}

// withCrashes is the scenario with the process dying at some more times.
func (s *scenario) withCrashes(times ...time.Duration) *scenario {
	disturbed := *s
	disturbed.lines = slices.Clone(s.lines)
	for i := range disturbed.lines {
		disturbed.lines[i].args = slices.Clone(s.lines[i].args)
	}
	for _, at := range times {
		disturbed.lines = append(disturbed.lines, scenarioLine{at: at, what: "crash"})
	}
	slices.SortStableFunc(disturbed.lines, func(a, b scenarioLine) int { return cmp.Compare(a.at, b.at) })
	return &disturbed
}

// option takes name=value out of the arguments of a line.
func (l *scenarioLine) option(name string) string {
	for i, a := range l.args {
		if v, ok := strings.CutPrefix(a, name+"="); ok {
			l.args = append(append([]string{}, l.args[:i]...), l.args[i+1:]...)
			return v
		}
	}
	return ""
}

func (l *scenarioLine) flag(name string) bool {
	for i, a := range l.args {
		if a == name {
			l.args = append(append([]string{}, l.args[:i]...), l.args[i+1:]...)
			return true
		}
	}
	return false
}

// time is that of an option such as ts=+8m; the zero time when there is none.
func (l *scenarioLine) time(t *testing.T, start time.Time, name string) time.Time {
	text := l.option(name)
	if text == "" {
		return time.Time{}
	}
	d, err := time.ParseDuration(strings.TrimPrefix(text, "+"))
	if err != nil {
		t.Fatalf("line %d: %s: %v", l.number, name, err)
	}
	return start.Add(d)
}

// message is what a device sends.
func (l *scenarioLine) message(t *testing.T, start time.Time) (topic, payload string) {
	device, err := parseDevicePath(l.args[0])
	if err != nil {
		t.Fatalf("line %d: %v", l.number, err)
	}
	ts := l.time(t, start, "ts")
	if ts.IsZero() {
		ts = start.Add(l.at)
	}
	switch l.what {
	case "status":
		return device.Topic(telemetry.StreamStatus), l.args[1]
	case "event":
		id, attrs := l.option("id"), "{}"
		if id == "" {
			id = l.id
		}
		if last := l.args[len(l.args)-1]; strings.HasPrefix(last, "{") {
			attrs = last
		}
		return device.Topic(telemetry.StreamEvent), fmt.Sprintf(`{"ts":%d,"event":%q,"id":%q,"attrs":%s}`, ts.UnixMilli(), l.args[1], id, attrs)
	}
	var values []string
	for _, a := range l.args[1:] {
		metric, value, _ := strings.Cut(a, "=")
		values = append(values, fmt.Sprintf("%q:%s", metric, value))
	}
	return device.Topic(telemetry.StreamTelemetry), fmt.Sprintf(`{"ts":%d,"values":{%s}}`, ts.UnixMilli(), strings.Join(values, ","))
}

func parseDevicePath(path string) (telemetry.Device, error) {
	d, _, err := telemetry.ParseTopic(telemetry.TopicRoot + "/" + path + "/" + string(telemetry.StreamEvent))
	return d, err
}

func mustPlace(t *testing.T, s string) authz.Place {
	t.Helper()
	p, err := authz.ParsePlace(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// account is everything that came of a scenario, in words.
type account struct {
	strings.Builder
	start time.Time
}

// when is a time since the beginning, in whole seconds: how far within a second
// something came is checked, and not written down.
func (a *account) when(t time.Time) string {
	d := t.Sub(a.start).Truncate(time.Second)
	if d < 0 {
		return d.String()
	}
	return "+" + d.String()
}

func (a *account) incident(e *incident.Evidence) {
	i := &e.Incident
	name := i.Kind
	if i.Rule != "" {
		name = i.Rule
	}
	fmt.Fprintf(&a.Builder, "%s %s: %s, %s, began %s, learned %s", name, whereOf(i), i.Severity, i.State, a.when(i.StartedAt), a.when(i.Received))
	if i.ResolvedAt != nil {
		fmt.Fprintf(&a.Builder, ", ended %s", a.when(*i.ResolvedAt))
	}
	if i.Count > 1 {
		fmt.Fprintf(&a.Builder, ", %d times", i.Count)
	}
	for _, mark := range []struct {
		is   bool
		name string
	}{{i.Late, "late"}, {i.Shadow, "shadow"}, {i.Silenced, "silenced"}, {i.Flapping, "flapping"}, {i.Parent != "", "explained"}} {
		if mark.is {
			fmt.Fprintf(&a.Builder, ", %s", mark.name)
		}
	}
	fmt.Fprintln(&a.Builder)
	for n := range e.Entries {
		a.entry(&e.Entries[n])
	}
	for n := range i.Clocks {
		a.clock(&i.Clocks[n])
	}
	for n := range e.Notices {
		a.notice(&e.Notices[n], e.Attempts)
	}
}

func whereOf(i *incident.Incident) string {
	if d, ok := i.DeviceRef(); ok {
		return d.String()
	}
	return strings.TrimSpace(fmt.Sprint(i.Place) + " " + i.Building)
}

// entry writes a line of the timeline. How a notice was delivered is with the
// notices: the worker has a pace of its own.
func (a *account) entry(e *incident.Entry) {
	if e.Kind == incident.EntryDelivered {
		return
	}
	fmt.Fprintf(&a.Builder, "  %-8s %-14s %-12s %s", a.when(e.Received), e.Kind, e.State, e.Actor.Name)
	if a.when(e.At) != a.when(e.Received) {
		fmt.Fprintf(&a.Builder, " (of %s)", a.when(e.At))
	}
	if e.Note != "" {
		// Incidents are named by hashes, of which the reader knows nothing.
		fmt.Fprintf(&a.Builder, " %q", hashes.ReplaceAllString(e.Note, "$1"))
	}
	if e.Kind == incident.EntryToldOf {
		var told struct{ Receiver string }
		if json.Unmarshal(e.Data, &told) == nil {
			fmt.Fprint(&a.Builder, " to ", told.Receiver)
		}
	}
	fmt.Fprintln(&a.Builder)
}

var hashes = regexp.MustCompile(`(\d{8})-[a-z2-7]{16}`)

func (a *account) clock(c *incident.Clock) {
	fmt.Fprintf(&a.Builder, "  clock %s: %s", c.Standard, c.State)
	if c.Elapsed != nil {
		fmt.Fprintf(&a.Builder, " after %s of %s", wholeSeconds(*c.Elapsed), wholeSeconds(c.Limit))
	}
	if c.StoppedAt == nil && c.BreachedAt != nil {
		fmt.Fprintf(&a.Builder, " at %s, runs on", a.when(*c.BreachedAt))
	}
	fmt.Fprintln(&a.Builder)
}

func wholeSeconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second)).Truncate(time.Second)
}

func (a *account) notice(n *incident.Notice, attempts []incident.Attempt) {
	fmt.Fprintf(&a.Builder, "  notice %s %s to %s: %s", a.when(n.NotBefore), n.What, n.Receiver, n.State)
	for _, t := range attempts {
		if t.Notice == n.Key && t.OK {
			fmt.Fprint(&a.Builder, " by ", t.Channel)
			break
		}
	}
	if n.Group != "" {
		fmt.Fprint(&a.Builder, " with ", n.Group)
	}
	fmt.Fprintln(&a.Builder)
}
