package engine

import (
	"strings"
	"testing"
)

func TestValue(t *testing.T) {
	f := func(name, rules, script string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			check(t, script, ruleSet(t, rules))
		})
	}
	const hot = `
		name: hot
		kind: value
		class: meter
		metric: power_kw
		when: value > 10
	`
	f("fires at once and clears", hot, `
		0s m1 power_kw=10
		1s m1 power_kw=10.1
		> fire hot m1 1s = 10.1
		2s m1 power_kw=99
		3s m1 power_kw=10
		> clear hot m1 3s = 10
		4s m1 power_kw=10
	`)
	f("other devices, classes and metrics", hot, `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		1s m2 power_kw=1 voltage_v=99
		1s e1 power_kw=11
		2s m2 power_kw=12
		> fire hot m2 2s = 12
	`)
	f("until makes hysteresis", hot+"until: value < 8", `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		1s m1 power_kw=8
		2s m1 power_kw=7.9
		> clear hot m1 2s = 7.9
		3s m1 power_kw=9
	`)
	f("for: data shows it on the boundary", hot+"for: 5m", `
		0s m1 power_kw=11
		4m59.999s m1 power_kw=12
		5m m1 power_kw=13
		> fire hot m1 0s held 5m = 13
	`)
	f("for: it ended in time", hot+"for: 5m", `
		0s m1 power_kw=11
		4m59.999s m1 power_kw=10
		tick 20m
	`)
	f("for: time passes, and nothing contradicts", hot+"for: 5m", `
		0s m1 power_kw=11
		tick 4m59.999s
		tick 5m
		> fire hot m1 0s held 5m = 11 (time)
		15m m1 power_kw=3
		> clear hot m1 15m = 3
	`)
	f("for: another's message makes time pass, and one of the same moment comes first", hot+"for: 5m", `
		0s m1 power_kw=11
		1s m3 power_kw=11
		5m m1 power_kw=9
		5m0.001s m2 power_kw=9
		5m1.001s m2 power_kw=9
		> fire hot m3 1s held 5m1s = 11 (time)
	`)
	f("for: a message on its way for two minutes", hot+"for: 5m", `
		0s/2m m1 power_kw=11
		tick 6m59.999s
		tick 7m
		> fire hot m1 0s held 5m received 7m = 11 (time)
	`)
	f("for: the device's clock says that less time has passed", hot+"for: 5m", `
		0s m1 power_kw=11
		1m/4m m1 power_kw=11
		tick 7m59s
		tick 8m
		> fire hot m1 0s held 5m received 8m = 11 (time)
	`)
	f("for: a clock that stands still holds nothing up", hot+"for: 5m", `
		0s m1 power_kw=11
		0s/2m m1 power_kw=12
		0s/4m m1 power_kw=13
		tick 5m
		> fire hot m1 0s held 5m = 13 (time)
	`)
	f("for: a clock that creeps holds up twice the time at most", hot+"for: 5m", `
		0s m1 power_kw=11
		1s/3m m1 power_kw=12
		2s/6m m1 power_kw=13
		3s/9m m1 power_kw=14
		tick 10m
		> fire hot m1 0s held 5m received 10m = 14 (time)
	`)
	f("for: a backlog is judged by its own time", hot+"for: 5m", `
		0s/1h m1 power_kw=11 at=4m power_kw=12 at=6m power_kw=13 at=7m power_kw=1
		> fire hot m1 0s held 5m received 1h = 13
		> clear hot m1 7m received 1h = 1
	`)
	f("a message is looked at in the order of its times", hot, `
		5m m1 power_kw=1 at=1m power_kw=12
		> fire hot m1 1m received 5m = 12
		> clear hot m1 5m = 1
	`)
	f("keep: by data, on the boundary, with a relapse", hot+"keep: 1m", `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		10s m1 power_kw=1
		1m9.999s m1 power_kw=11
		2m m1 power_kw=1
		3m m1 power_kw=2
		> clear hot m1 2m held 3m = 2
	`)
	f("keep: by time, while Steward was receiving", hot+"keep: 1m", `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		10s m1 power_kw=1
		run 1m9s
		run 1m10s
		> clear hot m1 10s held 1m10s = 1 (time)
	`)
	f("keep: not while it was not", hot+"keep: 1m", `
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		10s m1 power_kw=1
		tick 20m
		21m m2 power_kw=1
		# what waited at the broker has ten seconds to come
		21m5s m1 power_kw=11
		run 30m
		31m m1 power_kw=1
		run 32m
		> clear hot m1 31m held 32m = 1 (time)
	`)
	f("late: true and older than the beginning corrects", hot, `
		0s m1 power_kw=1
		5m m1 power_kw=11
		> fire hot m1 5m = 11
		4m/6m m1 power_kw=12
		> correct hot m1 4m received 6m = 11
		2m/7m m1 power_kw=2
		1m/8m m1 power_kw=12
		3m/9m m1 power_kw=12
		> correct hot m1 3m received 9m = 11
		0s/9m m1 power_kw=12
	`)
	f("late: false says nothing, and a late true one fires nothing", hot, `
		5m m1 power_kw=11
		> fire hot m1 5m = 11
		4m/6m m1 power_kw=2
		7m m1 power_kw=1
		> clear hot m1 7m = 1
		6m/8m m1 power_kw=99
	`)
	f("late: while it is pending", hot+"for: 5m", `
		10m m1 power_kw=11
		8m/10m30s m1 power_kw=11
		tick 12m59.999s
		tick 13m
		> fire hot m1 8m held 13m = 11 (time)
	`)
	f("late: enough to fire", hot+"for: 5m", `
		10m m1 power_kw=11
		4m/10m30s m1 power_kw=12
		> fire hot m1 4m held 9m received 10m30s = 11
	`)
	const trapped = `
		name: trapped
		kind: value
		class: elevator
		metric: passenger
		when: value == 1 && latest("speed_ms") == 0 && latest("door_open") == 0 && state("mode") != "test"
		until: value == 0 || latest("door_open") == 1
		for: 2m
	`
	f("several metrics: those of a moment together, others as they come", trapped, `
		0s e1 passenger=1 speed_ms=0 door_open=0
		1m e1 speed_ms=1
		2m e1 speed_ms=0
		3m e1 mode="test"
		4m e1 mode="run"
		tick 6m
		> fire trapped e1 4m held 6m = 1 (time)
		7m e1 speed_ms=2
		8m e1 door_open=1
		> clear trapped e1 8m = 1
		9m e1 door_open=0 passenger=1 speed_ms=0
		10m e1 passenger=0 door_open=1
		20m e1 door_open=0
	`)
	f("several metrics: late ones say nothing", trapped, `
		1m e1 passenger=1 speed_ms=0 door_open=0
		0s/2m e1 door_open=1
		tick 3m
		> fire trapped e1 1m held 3m = 1 (time)
	`)
	f("where, and a registry that changes", hot+`where: device.medium == "electricity" && device.building == "B1"`, `
		put m1 medium=electricity building=B1
		put m2 medium=water building=B1
		0s m1 power_kw=11
		> fire hot m1 0s = 11
		0s m2 power_kw=11
		put m2 medium=electricity building=B1
		1s m2 power_kw=11
		> fire hot m2 1s = 11
		put m1 medium=water building=B1
		tick 2s
		> drop hot m1 2s = 11 (time)
	`)
	f("place", hot+"place: north", `
		0s m1 power_kw=11
	`)
	f("out of service", hot+"for: 1m", `
		0s m1 power_kw=11
		0s m2 power_kw=11
		0s m3 power_kw=1
		tick 1m
		> fire hot m1 0s held 1m = 11 (time)
		> fire hot m2 0s held 1m = 11 (time)
		2m m3 power_kw=12
		put m1 active=no
		put m3 active=no
		tick 5m
		> drop hot m1 5m = 11 (time)
		6m m1 power_kw=12
	`)
	f("marks of what fires and of what was over", hot+"marks: { reset: event }", `
		0s m1 !reset
		1s m1 power_kw=11
		> fire hot m1 1s = 11
		2s/4s m1 !reset
		> mark hot m1 2s received 4s by reset = 11
		5s m1 power_kw=1
		> clear hot m1 5s = 1
		6s m1 !reset
		> mark hot m1 6s by reset = 1
		7s m1 power_kw=12
		> fire hot m1 7s = 12
		8s m1 power_kw=1
		> clear hot m1 8s = 1
		tick 169h
		169h1s m1 !reset
	`)
}

func TestExpressionThatFails(t *testing.T) {
	s := newScenario(t, Options{}, ruleSet(t, `
		name: odd
		kind: value
		class: meter
		metric: power_kw
		when: value > 10 && hour % minute == 0
	`))
	if out := s.run("0s m1 power_kw=11"); len(out) > 0 {
		t.Fatal(out)
	}
	if got := s.engine.Stats(); got.Failed != 1 || !strings.HasPrefix(got.LastFailure, "odd: ") {
		t.Fatalf("%+v", got)
	}
	if out := s.run("1m m1 power_kw=11"); len(out) != 1 { // 8:01
		t.Fatal(out)
	}
	// What fires is not ended by an expression that says nothing.
	if out := s.run("1h m1 power_kw=11"); len(out) > 0 {
		t.Fatal(out)
	}
}
