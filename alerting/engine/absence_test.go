package engine

import (
	"slices"
	"strconv"
	"testing"

	"steward/internal/telemetry"
)

func TestAbsence(t *testing.T) {
	const silent = `
		name: silent
		kind: absence
		class: meter
		absence: { factor: 3, min: 2m, max: 1h }
	`
	f := func(name, rules, script string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			check(t, script, ruleSet(t, rules))
		})
	}
	f("a cadence that is not known yet: the longest time", silent, `
		0s m1 power_kw=1
		run 59m59s
		run 1h
		> fire silent m1 1h (time)
		run 2h
		2h1m m1 power_kw=1
		> clear silent m1 2h1m
	`)
	const regular = `
		0s m1 power_kw=1
		run 1m
		1m m1 power_kw=1
		run 2m
		2m m1 power_kw=1
		run 3m
		3m m1 power_kw=1
		run 4m
		4m m1 power_kw=1
		run 5m
		5m m1 power_kw=1
	`
	f("from its own cadence, and again", silent, regular+`
		run 7m59s
		run 8m
		> fire silent m1 8m (time)
		run 20m
		20m m1 power_kw=1
		> clear silent m1 20m
		run 23m59s
		run 1h
		> fire silent m1 38m52.941s (time)
	`)
	f("the shortest time", `
		name: silent
		kind: absence
		class: meter
		absence: { factor: 3, min: 10m, max: 1h }
	`, regular+`
		run 14m59s
		run 15m
		> fire silent m1 15m (time)
	`)
	f("an event is a sign of life, what the broker says of it is not", silent, regular+`
		run 7m
		7m m1 !tamper
		run 8m
		8m m1 offline
		8m m1 !offline
		run 9m59s
		run 10m
		> fire silent m1 10m (time)
	`)
	f("what the broker says, and what it says again, is no recovery", silent, regular+`
		run 8m
		> fire silent m1 8m (time)
		9m m1 online
		9m m1 !online
		5m/9m m1 power_kw=1
		10m m1 !tamper
		> clear silent m1 10m
	`)
	f("what it says of the past is a sign of life now", silent, regular+`
		run 8m
		> fire silent m1 8m (time)
		1m/9m m1 power_kw=1
		> clear silent m1 9m
	`)
	f("while others are heard", silent, regular+`
		5m10s m2 power_kw=1
		5m20s m2 power_kw=1
		5m30s m2 power_kw=1
		run 7m50s
		8m m2 power_kw=1
		8m0.001s m2 power_kw=1
		> fire silent m1 8m (time)
	`)
	f("Steward was down: silence starts anew", silent, regular+`
		30m m2 power_kw=1
		run 32m59s
		run 33m
		> fire silent m1 33m (time)
	`)
	f("Steward was down, and the device speaks again", silent, regular+`
		tick 30m
		30m1s m2 power_kw=1
		run 32m
		32m m1 power_kw=1
		run 34m59s
		run 35m
		> fire silent m1 35m (time)
	`)
	f("a recovery needs a message, whatever else happened", silent, regular+`
		run 8m
		> fire silent m1 8m (time)
		tick 30m
		40m m2 power_kw=1
		run 41m
	`)
	f("ticks alone are no proof: the broker was away", silent, regular+`
		tick 6m
		tick 7m
		tick 8m
		tick 9m
		hear 9m 9m
		tick 9m
		run 11m59s
		run 12m
		> fire silent m1 12m (time)
	`)
	f("a stream that is read again, with what is known of the time", silent, regular+`
		hear 5m 7m30s
		hear 7m40s 10m
		9m m2 power_kw=1
		> fire silent m1 8m (time)
	`)
	f("and when it is known that it was not receiving", silent, regular+`
		hear 5m 7m30s
		hear 8m30s 20m
		20m m2 power_kw=1
		> fire silent m1 11m30s (time)
	`)
	f("where, and out of service", silent+"where: device.medium == \"water\"", `
		put m1 medium=water
		put m2 medium=heat
		put m3 medium=water
		0s m1 power_kw=1
		0s m2 power_kw=1
		0s m3 power_kw=1
		put m3 active=no
		run 1h
		> fire silent m1 1h (time)
		put m1 medium=water active=no
		tick 2h
		> drop silent m1 2h (time)
		run 9h
	`)
	f("two rules", silent+`
		name: silent-long
		kind: absence
		class: meter
		absence: { factor: 10, min: 10m, max: 2h }
	`, regular+`
		run 20m
		> fire silent m1 8m (time)
		> fire silent-long m1 15m (time)
		21m m1 power_kw=1
		> clear silent-long m1 21m
		> clear silent m1 21m
	`)
}

func TestCadence(t *testing.T) {
	f := func(name string, want float64, intervals ...float64) {
		t.Helper()
		var c cadence
		now := telemetry.Millis(1)
		c.learn(now, 1)
		for _, seconds := range intervals {
			now += telemetry.Millis(seconds * 1000)
			c.learn(now, 1)
		}
		got := "unknown"
		if c.known() {
			got = strconv.FormatFloat(c.usual()/1000, 'f', 0, 64)
		}
		if w := strconv.FormatFloat(want, 'f', 0, 64); got != w && !(want < 0 && got == "unknown") {
			t.Errorf("%s: %s s, want %s", name, got, w)
		}
	}
	f("too few", -1, 60, 60, 60, 60)
	f("regular", 60, 60, 60, 60, 60, 60)
	f("each second", 5, slices.Repeat([]float64{1}, 30)...)
	f("nothing but a burst", -1, 0, 0, 0, 0, 0, 1, 1, 1)
	f("bursts of five each quarter of an hour", 900, slices.Repeat([]float64{0, 0, 1, 0, 899}, 5)...)
	f("bursts of twenty each quarter of an hour", 866, slices.Repeat(append(slices.Repeat([]float64{1}, 20), 880), 6)...)
	f("one long interval", 378, 60, 60, 60, 60, 60, 60, 86400)
	f("one long interval is forgotten", 86, append(slices.Repeat([]float64{60}, 6), append([]float64{86400}, slices.Repeat([]float64{60}, 24)...)...)...)
	f("slower from now on", 885, append(slices.Repeat([]float64{60}, 5), slices.Repeat([]float64{900}, 14)...)...)
}
