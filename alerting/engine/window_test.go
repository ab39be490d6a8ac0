package engine

import (
	"math"
	"testing"

	"steward/internal/telemetry"
)

func TestRateAndIncrease(t *testing.T) {
	f := func(name, rules, script string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			check(t, script, ruleSet(t, rules))
		})
	}
	const warming = `
		name: warming
		kind: rate
		class: fire
		metric: temperature_c
		over: 2m
		per: 1m
		when: value > 5
	`
	f("rate: not before the window is covered", warming, `
		0s f1 temperature_c=20
		1m59s f1 temperature_c=29
		2m f1 temperature_c=30
		2m1s f1 temperature_c=31
		> fire warming f1 2m1s = 5.4622
		4m f1 temperature_c=31
		> clear warming f1 4m = 0.5
	`)
	f("rate: it falls", warming, `
		0s f1 temperature_c=90
		2m f1 temperature_c=20
	`)
	f("rate: a device that reports seldom is taken to have changed evenly", warming, `
		0s f1 temperature_c=20
		20m f1 temperature_c=70
		40m f1 temperature_c=171
		> fire warming f1 40m = 5.05
	`)
	f("rate: for", warming+"for: 1m", `
		0s f1 temperature_c=20
		2m f1 temperature_c=32
		tick 2m30s
		3m f1 temperature_c=37
		> fire warming f1 2m held 3m = 5.5
	`)
	f("rate: late points say nothing", warming, `
		0s f1 temperature_c=20
		2m f1 temperature_c=30
		1m/3m f1 temperature_c=-90
		4m f1 temperature_c=40
	`)
	const leak = `
		name: leak
		kind: increase
		class: meter
		metric: volume_m3
		over: 1h
		when: value >= 2
	`
	f("increase: over the window, on the boundary", leak, `
		0s m1 volume_m3=1000
		30m m1 volume_m3=1001
		1h m1 volume_m3=1001.9
		1h30m m1 volume_m3=1003
		> fire leak m1 1h30m = 2
		2h m1 volume_m3=1003.5
		> clear leak m1 2h = 1.6
	`)
	f("increase: a counter that falls was set back", leak, `
		0s m1 volume_m3=1000
		30m m1 volume_m3=1001
		1h m1 volume_m3=0.5
		1h30m m1 volume_m3=2.5
		> fire leak m1 1h30m = 2.5
	`)
	f("increase: never negative", leak[:len(leak)-len("value >= 2\n\t")]+"value < 0", `
		0s m1 volume_m3=1000
		1h m1 volume_m3=-5
		2h m1 volume_m3=-50
		3h m1 volume_m3=0
	`)
	f("increase: a meter that was replaced", leak, `
		0s m1 volume_m3=1
		30m m1 volume_m3=1
		45m m1 !replaced
		1h m1 volume_m3=50000
		1h30m m1 volume_m3=50001
		2h m1 volume_m3=50002
		> fire leak m1 2h = 2
	`)
	f("increase: days without data are spread over the days", leak, `
		0s m1 volume_m3=1000
		50h m1 volume_m3=1099
		100h m1 volume_m3=1200
		> fire leak m1 100h = 2.02
	`)
}

// However often a device reports, the window is small, and right to a bucket.
func TestWindowIsBounded(t *testing.T) {
	const over, rate = 3_600_000, 0.001 // an hour, one unit a second
	var w window
	for ts := telemetry.Millis(0); ts < 4*over; ts += 50 {
		w.add(ts, float64(ts)*rate, over)
		if len(w.points) > maxPoints {
			t.Fatalf("%d points", len(w.points))
		}
		if got, ok := w.change(over); ts > over+over/buckets && (!ok || math.Abs(got-over*rate) > over*rate/buckets) {
			t.Fatalf("at %d: %v, %v", ts, got, ok)
		}
	}
}
