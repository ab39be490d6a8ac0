package engine

import "testing"

func TestCombination(t *testing.T) {
	const hot = `
		name: hot
		kind: value
		class: meter
		metric: power_kw
		when: value > 10
		where: device.medium != "water"
		name: many
		kind: combination
	`
	const devices = `
		put m1 building=B1
		put m2 building=B1
		put m3 building=B2
		put m4
		put m5 building=B1 medium=water
		put m6 building=B1 active=no
		0s m5 power_kw=99
	`
	f := func(name, combine, script string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			check(t, devices+script, ruleSet(t, hot+"combine: "+combine))
		})
	}
	f("any of a building", "{ of: hot, by: building, at_least: 1 }", `
		1s m1 power_kw=11
		> fire hot m1 1s = 11
		> fire many garden#B1 1s = 1 m1
		2s m2 power_kw=11
		> fire hot m2 2s = 11
		3s m3 power_kw=11
		> fire hot m3 3s = 11
		> fire many garden#B2 3s = 1 m3
		4s m4 power_kw=11
		> fire hot m4 4s = 11
		5s m1 power_kw=1
		> clear hot m1 5s = 1
		6s m2 power_kw=1
		> clear hot m2 6s = 1
		> clear many garden#B1 6s = 0
	`)
	f("so many of a project", "{ of: hot, by: project, at_least: 3 }", `
		1s m1 power_kw=11
		> fire hot m1 1s = 11
		2s m2 power_kw=11
		> fire hot m2 2s = 11
		3s m4 power_kw=11
		> fire hot m4 3s = 11
		> fire many garden 3s = 3 m1 m2 m4
		4s m1 power_kw=1
		> clear hot m1 4s = 1
		> clear many garden 4s = 2 m2 m4
	`)
	f("all of a building for which the rule is", "{ of: hot, by: building, all: true }", `
		1s m1 power_kw=11
		> fire hot m1 1s = 11
		2s m2 power_kw=11
		> fire hot m2 2s = 11
		> fire many garden#B1 2s = 2 m1 m2
		put m7 building=B1
		tick 5s
		> clear many garden#B1 5s = 2 m1 m2 (time)
		put m7 building=B1 active=no
		tick 6s
		> fire many garden#B1 6s = 2 m1 m2 (time)
	`)
	f("a part of a project", "{ of: hot, by: project, share: 0.5 }", `
		1s m1 power_kw=11
		> fire hot m1 1s = 11
		2s m3 power_kw=11
		> fire hot m3 2s = 11
		> fire many garden 2s = 2 m1 m3
	`)
	f("out of service, and moved", "{ of: hot, by: building, at_least: 2 }", `
		1s m1 power_kw=11
		> fire hot m1 1s = 11
		2s m2 power_kw=11
		> fire hot m2 2s = 11
		> fire many garden#B1 2s = 2 m1 m2
		put m2 building=B2
		tick 5s
		> clear many garden#B1 5s = 1 m1 (time)
		6s m3 power_kw=11
		> fire hot m3 6s = 11
		> fire many garden#B2 6s = 2 m2 m3
		put m3 building=B2 active=no
		tick 9s
		> drop hot m3 9s = 11 (time)
		> clear many garden#B2 9s = 1 m2 (time)
	`)
}

func TestResultsOfSQL(t *testing.T) {
	check(t, `
		put m2 active=no
		result 1m costs m1=3 m2=4 garden=5 m1=9
		> fire costs m1 1m = 3 "says so" (time)
		> fire costs garden 1m = 5 "says so" (time)
		result 2m costs m1=3 m3=1
		> fire costs m3 2m = 1 "says so" (time)
		> clear costs garden 2m (time)
		result 3m other m1=3
		put m3 active=no
		tick 4m
		> drop costs m3 4m = 1 (time)
		result 5m costs
		> clear costs m1 5m (time)
	`, ruleSet(t, `
		name: costs
		kind: sql
		query: SELECT 1
		every: 1h
	`))
}
