package engine

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/alerting/estate"
	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// start is the time 0 of scenarios.
var start = telemetry.MillisOf(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))

// ruleSet makes rules of the lines that matter; what every rule needs besides is
// filled in.
func ruleSet(t testing.TB, text string) *rule.Set {
	t.Helper()
	var b strings.Builder
	b.WriteString("rules:\n")
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "name: "); ok {
			fmt.Fprintf(&b, "  - name: %s\n    title: { zh: 标题, en: Title }\n    incident: repair\n", name)
			if !strings.Contains(text, "severity:") {
				b.WriteString("    severity: warning\n")
			}
			continue
		}
		b.WriteString("    " + line + "\n")
	}
	rules, err := rule.Parse("test.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	set, err := rule.NewSet(rules)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// scenario is an engine that is driven by lines:
//
//	put m1 building=B1 medium=water active=no    an entry of the registry
//	5m m1 power_kw=3 mode="run"                  telemetry at 5m, received at once
//	5m/8m m1 power_kw=3                          received at 8m
//	5m e1 !fault #7 {"code":"E1"}                an event, with its id and attributes
//	5m e1 online                                 a status
//	tick 10m                                     time, without a proof of receiving
//	hear 0s 10m                                  proof of receiving
//	run 10m                                      both, second by second
//	rules                                        the second set of rules comes in force
//	result 10m costs m1=3 m2=4                   of an sql rule
//	> fire hot m1 …                              what comes of the line before
//
// The first letter of a device says its class.
type scenario struct {
	t      testing.TB
	engine *Engine
	estate *estate.Estate
	sets   []*rule.Set
	seq    uint64
	ids    int
}

var classes = map[byte]telemetry.Class{'m': telemetry.Meter, 'e': telemetry.Elevator, 'f': telemetry.Fire, 'a': telemetry.Access}

func called(name string) telemetry.Device {
	return telemetry.Device{Region: "south", Project: "garden", Class: classes[name[0]], ID: name}
}

func newScenario(t testing.TB, o Options, sets ...*rule.Set) *scenario {
	s := &scenario{t: t, estate: estate.New(), sets: sets}
	o.Estate = s.estate
	s.engine = New(o)
	s.engine.SetRules(sets[0], 0)
	return s
}

func (s *scenario) time(text string) telemetry.Millis {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return start + telemetry.Millis(d.Milliseconds())
}

// run gives the scenario a line and answers with the signals.
func (s *scenario) run(line string) []Signal {
	word := strings.Fields(line)
	switch word[0] {
	case "put":
		s.put(word[1:])
		return nil
	case "tick":
		return s.engine.Advance(s.time(word[1]))
	case "hear":
		s.engine.Listening(s.time(word[1]), s.time(word[2]))
		return nil
	case "run":
		var all []Signal
		for now := max(s.engine.Now(), start); now < s.time(word[1]); {
			next := min(now+1000, s.time(word[1]))
			s.engine.Listening(now, next)
			all = append(all, s.engine.Advance(next)...)
			now = next
		}
		return all
	case "rules":
		return s.engine.SetRules(s.sets[1], s.engine.Now())
	case "result":
		var rows []Row
		for _, one := range word[3:] {
			name, value, _ := strings.Cut(one, "=")
			v, _ := strconv.ParseFloat(value, 64)
			row := Row{Place: authz.Place{Region: "south", Project: name}, Value: &v, Text: "says so"}
			if classes[name[0]] != "" {
				row = Row{Device: called(name), Value: &v, Text: "says so"}
			}
			rows = append(rows, row)
		}
		return s.engine.Result(word[2], rows, s.time(word[1]))
	}
	return s.engine.Process(s.input(line))
}

func (s *scenario) put(word []string) {
	d := estate.Device{Device: called(word[0]), Active: true, Multiplier: 1}
	for _, w := range word[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "building":
			d.Building = value
		case "medium":
			d.Medium = value
		case "active":
			d.Active = value == "yes"
		}
	}
	s.estate.PutDevice(d)
}

func (s *scenario) input(line string) *Input {
	when, rest, _ := strings.Cut(line, " ")
	name, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	at, received, later := strings.Cut(when, "/")
	if !later {
		received = at
	}
	d := called(name)
	s.seq++
	in := &Input{Seq: s.seq, Received: s.time(received), Topic: "t/" + name, Payload: []byte(`{"line":` + strconv.Quote(line) + `}`)}
	ts := s.time(at)
	if kind, ok := strings.CutPrefix(rest, "!"); ok {
		kind, attrs, _ := strings.Cut(kind, " ")
		s.ids++
		id := strconv.Itoa(1000 + s.ids)
		if own, ok := strings.CutPrefix(attrs, "#"); ok {
			id, attrs, _ = strings.Cut(own, " ")
		}
		if attrs == "" {
			attrs = "{}"
		}
		in.Events = append(in.Events, telemetry.Event{Device: &d, Kind: kind, ID: id, TS: ts, Received: in.Received, Attrs: attrs})
		return in
	}
	for _, one := range strings.Fields(rest) {
		metric, value, ok := strings.Cut(one, "=")
		switch {
		case metric == "at": // what follows has this time
			ts = s.time(value)
		case !ok:
			in.Statuses = append(in.Statuses, telemetry.Status{Device: &d, Online: one == "online", Received: in.Received})
		case value[0] == '"':
			in.States = append(in.States, telemetry.State{Device: &d, Metric: metric, TS: ts, Received: in.Received, Value: strings.Trim(value, `"`)})
		default:
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			in.Readings = append(in.Readings, telemetry.Reading{Device: &d, Metric: metric, TS: ts, Received: in.Received, Value: v})
		}
	}
	return in
}

// again saves and loads the engine, as a restart does.
func (s *scenario) again() {
	var saved bytes.Buffer
	if err := s.engine.Save(&saved); err != nil {
		s.t.Fatal(err)
	}
	next := New(s.engine.opts)
	set := s.sets[0]
	if err := next.Load(bytes.NewReader(saved.Bytes()), set); err != nil {
		s.t.Fatal(err)
	}
	var twice bytes.Buffer
	if err := next.Save(&twice); err != nil {
		s.t.Fatal(err)
	}
	if !bytes.Equal(saved.Bytes(), twice.Bytes()) {
		s.t.Fatal("a state that was saved, loaded and saved again is another one")
	}
	s.engine = next
}

// tell writes a signal as scenarios expect it.
func tell(s *Signal) string {
	since := func(m telemetry.Millis) string {
		text := (time.Duration(m-start) * time.Millisecond).String()
		if strings.HasSuffix(text, "m0s") {
			text = strings.TrimSuffix(text, "0s")
		}
		if strings.HasSuffix(text, "h0m") {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	}
	var b strings.Builder
	what := s.Device.ID
	if what == "" {
		what = s.Place.Project
		if s.Building != "" {
			what += "#" + s.Building
		}
	}
	fmt.Fprintf(&b, "%s %s %s %s", s.Kind, s.Rule.Name, what, since(s.At))
	if s.Held != s.At {
		fmt.Fprintf(&b, " held %s", since(s.Held))
	}
	if s.Until != 0 {
		fmt.Fprintf(&b, " until %s", since(s.Until))
	}
	if s.Received != max(s.At, s.Held) {
		fmt.Fprintf(&b, " received %s", since(s.Received))
	}
	if s.MarkKind != "" {
		fmt.Fprintf(&b, " by %s", s.MarkKind)
	} else if s.Event != nil {
		fmt.Fprintf(&b, " !%s", s.Event.Kind)
	}
	if s.Value != nil {
		fmt.Fprintf(&b, " = %.5g", *s.Value)
	}
	for _, m := range s.Members {
		b.WriteString(" " + m.ID)
	}
	if s.Text != "" {
		b.WriteString(" " + strconv.Quote(s.Text))
	}
	if s.Raw == nil {
		b.WriteString(" (time)")
	}
	return b.String()
}

// check runs a scenario, and once more with a restart after each of its lines.
func check(t *testing.T, script string, sets ...*rule.Set) {
	t.Helper()
	checkWith(t, Options{}, script, sets...)
}

func checkWith(t *testing.T, o Options, script string, sets ...*rule.Set) {
	t.Helper()
	for _, reload := range []bool{false, true} {
		s := newScenario(t, o, sets...)
		var want, got []string
		line := ""
		compare := func() {
			t.Helper()
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("reload %v: %s\ngot:\n  %s\nwant:\n  %s", reload, line, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
			want, got = nil, nil
		}
		for _, next := range strings.Split(strings.TrimSpace(script), "\n") {
			next = strings.TrimSpace(next)
			if expected, ok := strings.CutPrefix(next, "> "); ok {
				want = append(want, expected)
				continue
			}
			if next == "" || next[0] == '#' {
				continue
			}
			compare()
			line = next
			out := s.run(line)
			for i := range out {
				got = append(got, tell(&out[i]))
			}
			if line == "rules" {
				s.sets = s.sets[1:]
			}
			if reload {
				s.again()
			}
		}
		compare()
	}
}
