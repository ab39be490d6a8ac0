package engine

import (
	"slices"
	"strings"
	"testing"

	"steward/alerting/rule"
)

func TestEvents(t *testing.T) {
	f := func(name, rules, script string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			check(t, script, ruleSet(t, rules))
		})
	}
	const stuck = `
		name: stuck
		kind: event
		class: elevator
		severity: life_safety
		when: event.kind == "entrapment"
		until: event.kind in ["entrapment_cleared", "released"]
		marks: { arrived: arrived, released: event }
	`
	f("fires, is marked, and clears", stuck, `
		1s e1 !arrived
		5s/6s e1 !entrapment #x {"floor":3}
		> fire stuck e1 5s received 6s !entrapment
		7s e1 !fault
		8s e1 !arrived
		> mark stuck e1 8s by arrived
		9s e1 !released
		> mark stuck e1 9s by released
		> clear stuck e1 9s !released
		8s/11s e1 !arrived
		> mark stuck e1 8s received 11s by arrived
	`)
	f("each further event fires again, each one once", stuck, `
		0s e1 !entrapment #a
		> fire stuck e1 0s !entrapment
		1s e1 !entrapment #a
		2s e1 !entrapment #b
		> fire stuck e1 2s !entrapment
		2s e1 !entrapment #c
		> fire stuck e1 2s !entrapment
		3s e2 !entrapment #a
		> fire stuck e2 3s !entrapment
	`)
	f("an end at the very time of the beginning ends it", stuck, `
		1s e1 !entrapment
		> fire stuck e1 1s !entrapment
		1s e1 !entrapment_cleared
		> clear stuck e1 1s !entrapment_cleared
	`)
	f("late: an opening before the beginning corrects, one between is one more", stuck, `
		10s e1 !entrapment
		> fire stuck e1 10s !entrapment
		20s e1 !entrapment
		> fire stuck e1 20s !entrapment
		5s/21s e1 !entrapment
		> correct stuck e1 5s received 21s !entrapment
		15s/22s e1 !entrapment
		> fire stuck e1 15s received 22s !entrapment
	`)
	f("late: an end before the newest opening changes nothing", stuck, `
		10s e1 !entrapment
		> fire stuck e1 10s !entrapment
		9s/11s e1 !entrapment_cleared
		20s e1 !entrapment
		> fire stuck e1 20s !entrapment
		19s/21s e1 !entrapment_cleared
		5s/22s e1 !entrapment
		> past stuck e1 5s until 19s received 22s !entrapment
		23s e1 !entrapment_cleared
		> clear stuck e1 23s !entrapment_cleared
	`)
	f("late: an opening before a known end is over", stuck, `
		10s e1 !entrapment
		> fire stuck e1 10s !entrapment
		20s e1 !released
		> mark stuck e1 20s by released
		> clear stuck e1 20s !released
		15s/30s e1 !entrapment
		> past stuck e1 15s until 20s received 30s !entrapment
		40s e1 !entrapment
		> fire stuck e1 40s !entrapment
		18s/41s e1 !entrapment
		> past stuck e1 18s until 20s received 41s !entrapment
		20s/42s e1 !entrapment
		> correct stuck e1 20s received 42s !entrapment
	`)
	f("late: the end came first", stuck, `
		20s e1 !entrapment_cleared
		10s/30s e1 !entrapment
		> past stuck e1 10s until 20s received 30s !entrapment
		21s/31s e1 !entrapment
		> fire stuck e1 21s received 31s !entrapment
	`)
	f("what ended long ago is forgotten", stuck, `
		20s e1 !entrapment_cleared
		tick 169h
		10s/170h e1 !entrapment
		> fire stuck e1 10s received 170h !entrapment
	`)
	const unseen = `
		name: unseen
		kind: event
		class: fire
		when: event.kind == "alarm"
		until: event.kind == "acknowledged" || event.kind == "alarm_cleared"
		for: 3m
	`
	f("for: nobody ended it", unseen, `
		0s f1 !alarm
		tick 2m59.999s
		tick 3m
		> fire unseen f1 0s held 3m (time)
		4m f1 !acknowledged
		> clear unseen f1 4m !acknowledged
	`)
	f("for: somebody did, by the clock of the device", unseen, `
		0s f1 !alarm
		2m59s f1 !acknowledged
		tick 9m
		10m f1 !alarm
		13m/12m59s f1 !acknowledged
		> fire unseen f1 10m held 13m received 12m59s
		> clear unseen f1 13m received 12m59s !acknowledged
	`)
	f("for: repeated, and corrected", unseen, `
		10m f1 !alarm
		11m f1 !alarm
		9m/11m30s f1 !alarm
		tick 12m
		> fire unseen f1 9m held 12m (time)
	`)
	f("for: the device says it for that long", unseen, `
		10m f1 !alarm
		13m/11m f1 !alarm
		> fire unseen f1 10m held 13m received 11m !alarm
	`)
	f("for: late, and too short to matter", unseen, `
		10m f1 !acknowledged
		7m1s/11m f1 !alarm
		7m/11m f1 !alarm
		> past unseen f1 7m until 10m received 11m !alarm
	`)
	f("keep: with a relapse", unseen[:strings.Index(unseen, "for:")]+"keep: 1m", `
		0s f1 !alarm
		> fire unseen f1 0s !alarm
		1m f1 !alarm_cleared
		1m30s f1 !alarm
		> fire unseen f1 1m30s !alarm
		3m f1 !alarm_cleared
		run 3m59s
		run 4m
		> clear unseen f1 3m held 4m (time)
	`)
	const often = `
		name: often
		kind: event
		class: elevator
		when: event.kind == "fault"
		count: 3
		over: 10m
	`
	f("count: within the window, on its boundary, by event time, each id once", often, `
		0s e1 !fault #a
		1m e1 !fault #a
		5m e1 !fault #b
		10m0.001s e1 !fault #c
		15m e1 !fault #d
		> fire often e1 15m !fault = 3
		15m1s e1 !fault #d
		16m e1 !fault #e
		> fire often e1 16m !fault = 3
		40m e1 !fault #f
	`)
	f("count: late ones count where they belong", often, `
		0s e1 !fault
		9m e1 !fault
		5m/20m e1 !fault
		> fire often e1 9m received 20m !fault = 3
		6m/21m e1 !fault
	`)
	f("count: a state that is not complete is forgotten in the end", often, `
		0s e1 !fault #a
		tick 169h
		0s/169h1s e1 !fault #a
	`)
	const broken = `
		name: broken
		kind: event
		class: meter
		when: event.kind == "tamper" && num(event.attrs.level) > 2
	`
	f("without an end: people end it, and late ones are for the record", broken, `
		0s m1 !tamper {"level":1}
		10s m1 !tamper {"level":3}
		> fire broken m1 10s !tamper
		20s m1 !tamper {"level":4}
		> fire broken m1 20s !tamper
		15s/30s m1 !tamper {"level":5}
		> past broken m1 15s until 15s received 30s !tamper
		5s/31s m1 !tamper {"level":5}
		> correct broken m1 5s received 31s !tamper
	`)
	f("attributes that are no numbers", broken, `
		0s m1 !tamper {"level":"high"}
		1s m1 !tamper
	`)
	f("an expression that asks for latest values", `
		name: moving
		kind: event
		class: elevator
		when: event.kind == "door_open" && latest("speed_ms") > 0.1 && hour == 8
	`, `
		0s e1 !door_open
		1s e1 speed_ms=1
		2s e1 !door_open
		> fire moving e1 2s !door_open
	`)
}

func TestKindsOfAnExpression(t *testing.T) {
	f := func(when string, want string) {
		t.Helper()
		kinds, ok := kindsOf(&rule.Program{Text: when})
		slices.Sort(kinds)
		got := strings.Join(kinds, " ")
		if !ok {
			got = "any"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	f(`event.kind == "a"`, "a")
	f(`"a" == event.kind`, "a")
	f(`event.kind in ["a", "b"]`, "a b")
	f(`event.kind == "a" || event.kind == "b" && hour > 3`, "a b")
	f(`(event.kind == "a" or event.kind == "b") and num(event.attrs.n) > 3`, "a b")
	f(`hour > 3 && event.kind == "a"`, "a")
	f(`hour > 3 || event.kind == "a"`, "any")
	f(`event.kind != "a"`, "any")
	f(`not (event.kind == "a")`, "any")
	f(`event.kind contains "a"`, "any")
	f(`event.severity == "critical"`, "any")
	f(`event.kind == event.id`, "any")
}
