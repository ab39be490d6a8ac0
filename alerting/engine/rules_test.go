package engine

import (
	"bytes"
	"slices"
	"testing"

	"steward/internal/telemetry"
)

const (
	hotRule = `
		name: hot
		kind: value
		class: meter
		metric: power_kw
		when: value > 10
	`
	warmRule = `
		name: warm
		kind: value
		class: meter
		metric: power_kw
		when: value > 5
		for: 1m
	`
	manyRule = `
		name: many
		kind: combination
		combine: { of: hot, by: project, at_least: 1 }
	`
)

func TestRulesChange(t *testing.T) {
	f := func(name, before, after, script string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			check(t, script, ruleSet(t, before), ruleSet(t, after))
		})
	}
	f("the same goes on, another begins", hotRule, hotRule+warmRule, `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		rules
		1s m1 power_kw=12
		2m m1 power_kw=7
		> fire warm m1 1s held 1m1s = 12 (time)
		> clear hot m1 2m = 7
	`)
	f("gone", hotRule+warmRule, warmRule, `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		rules
		> drop hot m1 0s = 11 (time)
		tick 1m
		> fire warm m1 0s held 1m = 11 (time)
	`)
	f("changed, disabled, pending", hotRule+warmRule, hotRule+"until: value < 3"+warmRule+"mode: disabled", `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		1s m2 power_kw=6
		rules
		> drop hot m1 1s = 11 (time)
		1m m1 power_kw=11
		> fire hot m1 1m = 11
		tick 9m
	`)
	f("reworded", hotRule, hotRule+`labels: { a: b }`, `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		rules
		1m m1 power_kw=1
		> clear hot m1 1m = 1
	`)
	f("latest values outlive a change of rules", `
		name: both
		kind: value
		class: meter
		metric: power_kw
		when: value > 10 && latest("voltage_v") > 200 && state("mode") == "run"
	`, `
		name: another
		kind: value
		class: meter
		metric: current_a
		when: value > 1
		name: both
		kind: value
		class: meter
		metric: power_kw
		when: value > 10 && latest("voltage_v") > 200 && state("mode") == "run"
	`, `
		0s m1 voltage_v=230 mode="run"
		rules
		1s m1 power_kw=11
		> fire both m1 1s = 11
	`)
	f("a combination that is new counts what fires already", hotRule, hotRule+manyRule, `
		put m1
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		rules
		> fire many garden 0s = 1 m1 (time)
		1s m1 power_kw=1
		> clear hot m1 1s = 1
		> clear many garden 1s = 0
	`)
	f("a combination whose rule changes is dropped with it", hotRule+manyRule, hotRule+"keep: 1m"+manyRule, `
		put m1
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		> fire many garden 0s = 1 m1
		rules
		> drop many garden 0s = 1 m1 (time)
		> drop hot m1 0s = 11 (time)
		1s m1 power_kw=11
		> fire hot m1 1s = 11
		> fire many garden 1s = 1 m1
	`)
	f("silence", hotRule, `
		name: silent
		kind: absence
		class: meter
		absence: { factor: 3, min: 2m, max: 10m }
	`, `
		0s m1 power_kw=1
		rules
		run 20m
		20m m1 power_kw=1
		run 29m
		run 30m
		> fire silent m1 30m (time)
	`)
}

// Rules may change while Steward is down, too.
func TestLoadWithOtherRules(t *testing.T) {
	s := newScenario(t, Options{}, ruleSet(t, hotRule+warmRule+manyRule))
	s.run("put m1")
	s.run("0s m1 power_kw=11")
	var saved bytes.Buffer
	if err := s.engine.Save(&saved); err != nil {
		t.Fatal(err)
	}
	next := New(s.engine.opts)
	if err := next.Load(&saved, ruleSet(t, warmRule)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range next.Advance(s.time("1m")) {
		got = append(got, tell(&one))
	}
	want := []string{
		"drop many garden 0s = 1 m1 (time)",
		"drop hot m1 0s = 11 (time)",
		"fire warm m1 0s held 1m = 11 (time)",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func TestBounds(t *testing.T) {
	s := newScenario(t, Options{MaxInstances: 10, MaxDevices: 12}, ruleSet(t, `
		name: warm
		kind: value
		class: meter
		severity: warning
		metric: power_kw
		when: value > 5
		name: danger
		kind: value
		class: meter
		severity: life_safety
		metric: flow_m3h
		when: value > 5
		name: silent
		kind: absence
		class: meter
		severity: warning
		absence: { factor: 3, min: 1m, max: 2m }
	`))
	fires := 0
	for _, m := range []string{"m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12", "m13", "m14"} {
		fires += len(s.run("0s " + m + " power_kw=6"))
	}
	if got := s.engine.Stats(); fires != 9 || got.Refused != 3 || got.RefusedDevices != 2 || got.Devices != 12 || got.Instances != 9 {
		t.Fatalf("%d fire, %+v", fires, got)
	}
	if out := s.run("1s m10 flow_m3h=6"); len(out) != 1 {
		t.Fatalf("no room for danger to life: %+v", s.engine.Stats())
	}
	// No room for absence: that holds nothing up, and room is used once there is
	// some.
	if out := s.run("run 5m"); len(out) > 0 {
		t.Fatal(out)
	}
	s.run("5m m1 power_kw=1")
	s.run("5m m2 power_kw=1")
	if out := s.run("run 6m"); len(out) != 1 || out[0].Kind != Fire {
		t.Fatal(out)
	}
}

func TestWaiting(t *testing.T) {
	s := newScenario(t, Options{}, ruleSet(t, warmRule))
	s.run("put m2 building=B1")
	s.run("5s m1 power_kw=6")
	s.run("2s/6s m2 power_kw=7")
	s.run("7s m3 power_kw=7")
	s.run("8s m3 power_kw=1")
	got := s.engine.Waiting()
	if len(got) != 2 || got[0].Device.ID != "m1" || got[0].FiresAt != s.time("1m5s") || got[1].Building != "B1" ||
		got[1].Since != s.time("2s") || got[1].FiresAt != s.time("1m6s") || *got[1].Value != 7 || got[1].Rule.Name != "warm" {
		t.Fatalf("%+v", got)
	}
	if due, ok := s.engine.NextDue(); !ok || due != s.time("1m5s") {
		t.Fatal(due, ok)
	}
}

func TestEvidence(t *testing.T) {
	s := newScenario(t, Options{}, ruleSet(t, hotRule))
	f := func(payload string, want Raw) {
		t.Helper()
		s.seq++
		d := called("m" + string(rune('a'+s.seq)))
		in := &Input{Seq: s.seq, Received: start + telemetry.Millis(s.seq), Topic: "topic", Payload: []byte(payload),
			Readings: []telemetry.Reading{{Device: &d, Metric: "power_kw", TS: start, Value: 99}}}
		out := s.engine.Process(in)
		if len(out) != 1 || out[0].Raw == nil {
			t.Fatal(out)
		}
		copy(in.Payload, "overwritten")
		got := *out[0].Raw
		if string(got.Payload) != string(want.Payload) || got.Text != want.Text || got.Cut != want.Cut || got.Seq != s.seq || got.Topic != "topic" || got.Received != in.Received {
			t.Fatalf("%+v, want %+v", got, want)
		}
	}
	f(`{"power_kw":99}`, Raw{Payload: []byte(`{"power_kw":99}`)})
	f("99 kW", Raw{Text: "99 kW"})
	f("99\xff", Raw{Text: "99?"})
	long := bytes.Repeat([]byte("9"), MaxRaw+1)
	f(string(long[:MaxRaw]), Raw{Payload: long[:MaxRaw]})
	f(string(long), Raw{Text: string(long[:MaxRaw]), Cut: true})
}
