package backtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// from and until are the period of every history; times in it are from its begin.
var (
	from  = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	until = from.Add(2 * time.Hour)
)

const (
	hot = `
  - name: hot
    kind: value
    class: meter
    metric: power_kw
    when: value > 10
    for: 5m
    title: { zh: 功率, en: Power }
    incident: repair
    severity: warning
`
	stuck = `
  - name: stuck
    kind: event
    class: elevator
    when: event.kind == "entrapment"
    until: event.kind == "released"
    title: { zh: 困人, en: Stuck }
    incident: entrapment
    severity: life_safety
`
	silent = `
  - name: silent
    kind: absence
    class: meter
    absence: { factor: 3, min: 10m, max: 10m }
    title: { zh: 失联, en: Silent }
    incident: repair
    severity: warning
`
	several = `
  - name: several
    kind: combination
    combine: { of: hot, by: building, at_least: 2 }
    title: { zh: 多台, en: Several }
    incident: repair
    severity: warning
`
	costs = `
  - name: costs
    kind: sql
    query: SELECT 1
    every: 30m
    title: { zh: 查询, en: Query }
    incident: repair
    severity: warning
`
)

// try runs a rule over lines of the form
//
//	15m m1 power_kw=12    a reading
//	15m e1 !entrapment    an event
//
// of devices in south/garden, whose first letter is their class and whose second
// is the number of their building.
func try(t *testing.T, rules, name, history string) *Result {
	t.Helper()
	o := options(t, rules, name)
	o.Read = func(_ context.Context, each func(*engine.Input) error) error {
		for line := range strings.Lines(strings.TrimSpace(history)) {
			if err := each(input(t, o.Estate, strings.Fields(line))); err != nil {
				return err
			}
		}
		return nil
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func options(t *testing.T, rules, name string) Options {
	t.Helper()
	parsed, err := rule.Parse("rules.yaml", []byte("rules:"+rules))
	if err != nil {
		t.Fatal(err)
	}
	set, err := rule.NewSet(parsed)
	if err != nil {
		t.Fatal(err)
	}
	known := estate.New()
	for _, id := range []string{"m1", "m1b", "m2", "e1", "e2"} {
		known.PutDevice(estate.Device{Device: called(id), Active: true, Multiplier: 1, Building: "b" + id[1:2]})
	}
	return Options{Rules: set, Rule: name, Estate: known, From: from, To: until}
}

func called(id string) telemetry.Device {
	class := map[byte]telemetry.Class{'m': telemetry.Meter, 'e': telemetry.Elevator}[id[0]]
	return telemetry.Device{Region: "south", Project: "garden", Class: class, ID: id}
}

func input(t *testing.T, known *estate.Estate, word []string) *engine.Input {
	t.Helper()
	at, err := time.ParseDuration(word[0])
	if err != nil {
		t.Fatal(err)
	}
	d := known.Device(called(word[1])).Device
	ts := telemetry.MillisOf(from.Add(at))
	in := &engine.Input{Received: ts}
	if kind, ok := strings.CutPrefix(word[2], "!"); ok {
		in.Events = []telemetry.Event{{Device: &d, Kind: kind, ID: word[0], TS: ts, Received: ts, Attrs: "{}"}}
		return in
	}
	metric, text, _ := strings.Cut(word[2], "=")
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	in.Readings = []telemetry.Reading{{Device: &d, Metric: metric, TS: ts, Received: ts, Value: value}}
	return in
}

// brief is a result in lines: the sums, then the intervals, projects and devices.
func brief(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d times, %.0f s, %d at the end\n", r.Fired, r.Held, r.Firing)
	for _, i := range r.Intervals {
		to := "…"
		if i.To != nil {
			to = i.To.Sub(from).String()
		}
		fmt.Fprintf(&b, "%s to %s %s%s x%d\n", i.From.Sub(from), to, i.Device, i.Building, i.Times)
	}
	for _, list := range [][]Total{r.Projects, r.Devices} {
		for _, v := range list {
			fmt.Fprintf(&b, "%s: %d, %.0f s\n", &v, v.Fired, v.Held)
		}
	}
	return b.String()
}

func TestKindsOfRule(t *testing.T) {
	f := func(rules, name, history, want string) {
		t.Helper()
		got := brief(try(t, rules, name, history))
		if want = strings.ReplaceAll(strings.TrimLeft(want, "\n"), "\t", ""); got != want {
			t.Errorf("%s got\n%swant\n%s", name, got, want)
		}
	}
	// One that was too short, one that ended, one that is open at the end: that one
	// counts until there.
	f(hot, "hot", `
		1m m1 power_kw=12
		3m m1 power_kw=2
		10m m1 power_kw=12
		16m m1 power_kw=13
		20m m1 power_kw=2
		110m m2 power_kw=99
	`, `
		2 times, 1200 s, 1 at the end
		10m0s to 20m0s m1b1 x1
		1h50m0s to … m2b2 x1
		south/garden: 2, 1200 s
		south/garden/meter/m1: 1, 600 s
		south/garden/meter/m2: 1, 600 s
	`)
	f(hot, "hot", "1m m1 power_kw=3", "0 times, 0 s, 0 at the end\n")
	// What comes again while it is open is one interval. The most frequent is first.
	f(stuck, "stuck", `
		1m e2 !entrapment
		2m e1 !entrapment
		3m e2 !released
		4m e1 !entrapment
		5m e1 !fault
		12m e1 !released
		20m e2 !entrapment
		21m e2 !released
	`, `
		3 times, 780 s, 0 at the end
		1m0s to 3m0s e2b2 x1
		2m0s to 12m0s e1b1 x2
		20m0s to 21m0s e2b2 x1
		south/garden: 3, 780 s
		south/garden/elevator/e2: 2, 180 s
		south/garden/elevator/e1: 1, 600 s
	`)
	// Each counts that is about a building, and not the rule that it counts.
	f(hot+several, "several", `
		1m m1 power_kw=12
		2m m1b power_kw=12
		3m m2 power_kw=12
		30m m1 power_kw=2
	`, `
		1 times, 1380 s, 0 at the end
		7m0s to 30m0s b1 x1
		south/garden: 1, 1380 s
	`)
}

// Silence is the device's own: nothing else has to come for it to be missed.
func TestAbsence(t *testing.T) {
	var history strings.Builder
	for minute := range 20 {
		fmt.Fprintf(&history, "%dm m1 power_kw=1\n", minute)
	}
	history.WriteString("1h10m m1 power_kw=1\n")
	r := try(t, silent, "silent", history.String())
	// Missed ten minutes after the last word, each time.
	want := `2 times, 4860 s, 1 at the end
29m0s to 1h10m0s m1b1 x1
1h20m0s to … m1b1 x1
south/garden: 2, 4860 s
south/garden/meter/m1: 2, 4860 s
`
	if got := brief(r); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if r.Messages != 21 {
		t.Errorf("%d messages", r.Messages)
	}
}

func TestQueries(t *testing.T) {
	o := options(t, costs, "costs")
	var asked []string
	o.Query = func(_ context.Context, query string, a, b time.Time) ([]engine.Row, error) {
		asked = append(asked, fmt.Sprint(query, " ", a.Sub(from), " ", b.Sub(from)))
		if b.Sub(from) == time.Hour {
			return nil, nil
		}
		return []engine.Row{{Place: authz.Place{Region: "south", Project: "garden"}}}, nil
	}
	steps := 0
	o.Progress = func(time.Time, int) { steps++ }
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"SELECT 1 0s 30m0s", "SELECT 1 30m0s 1h0m0s", "SELECT 1 1h0m0s 1h30m0s", "SELECT 1 1h30m0s 2h0m0s"}
	if !slices.Equal(asked, want) || steps != 4 {
		t.Errorf("asked %q with %d reports", asked, steps)
	}
	if got := brief(r); got != `2 times, 3600 s, 1 at the end
30m0s to 1h0m0s  x1
1h30m0s to …  x1
south/garden: 2, 3600 s
` {
		t.Error(got)
	}

	down := errors.New("down")
	o.Query = func(context.Context, string, time.Time, time.Time) ([]engine.Row, error) { return nil, down }
	if _, err := Run(t.Context(), o); !errors.Is(err, down) {
		t.Error(err)
	}
}

// The result stays small, and its sums are those of everything.
func TestBounds(t *testing.T) {
	const each = 20
	var history strings.Builder
	n := 0
	for lift := range MaxTotals + 1 {
		for range each {
			at := time.Duration(n) * time.Second
			fmt.Fprintf(&history, "%s e%d !entrapment\n%s e%[2]d !released\n", at, lift, at+time.Second)
			n++
		}
	}
	r := try(t, stuck, "stuck", history.String())
	if r.Fired != n || r.Held != float64(n) || len(r.Intervals) != MaxIntervals || !r.Cut || len(r.Devices) != MaxTotals || r.Messages != 2*n {
		t.Errorf("fired %d for %.0f s, %d intervals, cut %v, %d devices, %d messages", r.Fired, r.Held, len(r.Intervals), r.Cut, len(r.Devices), r.Messages)
	}
	if len(r.Projects) != 1 || r.Projects[0].Fired != n || r.Devices[0].Fired != each {
		t.Errorf("%+v, %+v", r.Projects, r.Devices[0])
	}
}

func TestReadingFails(t *testing.T) {
	o := options(t, hot, "hot")
	down := errors.New("down")
	o.Read = func(context.Context, func(*engine.Input) error) error { return down }
	if _, err := Run(t.Context(), o); !errors.Is(err, down) {
		t.Error(err)
	}
}
