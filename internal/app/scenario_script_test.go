package app

import (
	"fmt"
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
//	-- estate --      device PATH [building=B] [fed_by=class/id,…]; the rest is made up as needed
//	-- rules.yaml --, -- standards.yaml --, -- escalation.yaml --   instead of the shipped ones
//	-- want --        written by go test ./internal/app -run Scenario -update
//
// and what a line may be:
//
//	+5m event   DEVICE KIND [id=ID] [ts=+TIME] [{"json":1}]
//	+5m read    DEVICE METRIC=VALUE … [ts=+TIME]
//	+5m status  DEVICE online|offline
//	+5m act     WHO DEED [@KIND] [NOTE…]      on the newest open incident (of the kind)
//	+5m enter   WHO KIND PLACE TITLE…
//	+5m silence PLACE [class=C] [device=D] [rule=R] [life_safety] until=+TIME REASON…
//	+5m responder NAME PLACE CARD
//	+5m retire  DEVICE
//	+5m crash   the process dies and another begins
//	+9m end
type scenario struct {
	name    string
	archive *txtar.Archive
	lines   []scenarioLine
	devices []string
}

type scenarioLine struct {
	number int
	at     time.Duration
	what   string
	args   []string
	text   string
}

func readScenario(t *testing.T, name string, text []byte) *scenario {
	t.Helper()
	s := &scenario{name: name, archive: txtar.Parse(text)}
	for n, line := range strings.Split(string(s.file("script")), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		at, err := time.ParseDuration(strings.TrimPrefix(fields[0], "+"))
		if err != nil || len(fields) < 2 {
			t.Fatalf("%s: line %d of the script: %q", name, n+1, line)
		}
		s.lines = append(s.lines, scenarioLine{n + 1, at, fields[1], fields[2:], line})
	}
	return s
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
			id = fmt.Sprint("line-", l.number)
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
	where := i.Place.String()
	if d, ok := i.DeviceRef(); ok {
		where = d.String()
	} else if i.Building != "" {
		where += " " + i.Building
	}
	fmt.Fprintf(a, "%s %s: %s, %s, began %s, learned %s", name, where, i.Severity, i.State, a.when(i.StartedAt), a.when(i.Received))
	if i.ResolvedAt != nil {
		fmt.Fprintf(a, ", ended %s", a.when(*i.ResolvedAt))
	}
	for _, mark := range []struct {
		is   bool
		name string
	}{{i.Late, "late"}, {i.Shadow, "shadow"}, {i.Silenced, "silenced"}, {i.Flapping, "flapping"}, {i.Parent != "", "explained"}} {
		if mark.is {
			fmt.Fprintf(a, ", %s", mark.name)
		}
	}
	fmt.Fprintln(a)
	for _, entry := range e.Entries {
		fmt.Fprintf(a, "  %-8s %-15s %-12s %s", a.when(entry.Received), entry.Kind, entry.State, entry.Actor.Name)
		if a.when(entry.At) != a.when(entry.Received) {
			fmt.Fprintf(a, " (of %s)", a.when(entry.At))
		}
		if entry.Note != "" {
			fmt.Fprintf(a, " %q", entry.Note)
		}
		fmt.Fprintln(a)
	}
	for _, c := range i.Clocks {
		fmt.Fprintf(a, "  clock %s: %s", c.Standard, c.State)
		if c.Elapsed != nil {
			fmt.Fprintf(a, " after %s of %s", time.Duration(*c.Elapsed*float64(time.Second)).Truncate(time.Second), time.Duration(c.Limit*float64(time.Second)))
		}
		fmt.Fprintln(a)
	}
	for _, n := range e.Notices {
		fmt.Fprintf(a, "  notice %s %s to %s: %s\n", a.when(n.NotBefore), n.What, n.Receiver, n.State)
	}
}
