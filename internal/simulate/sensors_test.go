package simulate

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"steward/internal/telemetry"
)

// TestFireTests: every detector is tested once a month, on one day a project,
// shielded and marked, and never taken for a fire.
func TestFireTests(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 10, 31, 16, 0, 0, 0, time.UTC) // 1 November in China
	f := newFleet(t, Config{Seed: 5, Start: start}).keep(Smoke)
	r := recordOnly(t, f, start, start.AddDate(0, 0, 30), 24*time.Hour, "smoke_ppm")
	shielded := map[string]bool{}
	tests, days := map[string]int{}, map[string]map[int64]bool{}
	for path, list := range r.events {
		for _, e := range list {
			var attrs struct{ Test, On bool }
			if err := json.Unmarshal([]byte(e.Attrs), &attrs); err != nil {
				t.Fatalf("%s: attributes %s: %v", path, e.Attrs, err)
			}
			switch {
			case e.Kind == "shielded":
				shielded[path] = attrs.On
			case e.Kind == "alarm" && attrs.Test != shielded[path]:
				t.Errorf("%s: alarm with test=%v while shielded=%v", path, attrs.Test, shielded[path])
			case e.Kind == "alarm" && !attrs.Test && e.Severity != telemetry.LifeSafety:
				t.Errorf("%s: a real alarm has severity %s", path, e.Severity)
			case e.Kind == "alarm" && attrs.Test:
				if e.Severity != telemetry.Info {
					t.Errorf("%s: a test has severity %s", path, e.Severity)
				}
				tests[path]++
				project := e.Device.Region + "/" + e.Device.Project
				if days[project] == nil {
					days[project] = map[int64]bool{}
				}
				days[project][momentOf(e.TS).day] = true
			}
		}
	}
	for _, d := range f.Devices() {
		if d.Kind == Smoke && tests[d.Path] != 1 {
			t.Errorf("%s was tested %d times in a month", d.Path, tests[d.Path])
		}
	}
	for project, on := range days {
		if len(on) != 1 {
			t.Errorf("%s tests on %d days of a month", project, len(on))
		}
	}
	causes := map[string]int{}
	for _, a := range f.Truth().Alarms {
		causes[a.Cause]++
	}
	if causes[CauseTest] != 84 || causes[CauseFalse] == 0 || causes[CauseFalse] < 3*causes[CauseFire] {
		t.Errorf("causes of alarms: %v", causes)
	}
}

// TestSmokeRisesWithTheAlarm and is gone when it is cleared.
func TestSmokeRisesWithTheAlarm(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 5}).keep(Smoke)
	f.Advance(begin.AddDate(0, 0, 30))
	alarms := map[string]FireAlarm{}
	for _, a := range f.Truth().Alarms {
		if a.Cause != CauseTest {
			alarms[a.Device] = a // the last one of each
		}
	}
	if len(alarms) < 5 {
		t.Fatalf("%d detectors raised an alarm in a month", len(alarms))
	}
	f = newFleet(t, Config{Seed: 5}).keep(Smoke)
	for _, d := range f.devices {
		a, ok := alarms[d.info.Path]
		if !ok {
			continue
		}
		at, cleared := telemetry.MillisOf(a.At), telemetry.MillisOf(a.ClearedAt)
		watch(t, d, at-2*minute, cleared+30*second, func(now telemetry.Millis, v map[string]float64, _ string) {
			switch smoke := v["smoke_ppm"]; {
			case now < at-minute && smoke > 20, now > cleared && smoke > 20:
				t.Fatalf("%s: %v ppm at %s, alarm from %s to %s", d.info.Path, smoke, now, at, cleared)
			case now > at+15*second && now < cleared-15*second && smoke < 100:
				t.Fatalf("%s: only %v ppm at %s, alarm from %s to %s", d.info.Path, smoke, now, at, cleared)
			}
		})
	}
}

// TestFirewaterOutOfLimits: the values agree with the supervisory events.
func TestFirewaterOutOfLimits(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 5}).keep(Hydrant, Tank)
	r := record(t, f, begin, begin.AddDate(0, 0, 20), 10*time.Minute)
	low := map[string][]Window{}
	for _, w := range f.Truth().Supervisory {
		low[w.Device] = append(low[w.Device], w)
	}
	if len(low) == 0 {
		t.Fatal("the fire water was never out of limits")
	}
	for key, list := range r.readings {
		path, metric, _ := strings.Cut(key, " ")
		limit := map[string]float64{"water_pressure_mpa": 0.3, "water_level_m": 2.2}[metric]
		if limit == 0 {
			continue
		}
		for _, v := range list {
			inside := false
			for _, w := range low[path] {
				inside = inside || !v.Received.Time().Before(w.From) && v.Received.Time().Before(w.To)
			}
			if v.Value < limit != inside {
				t.Errorf("%s is %v at %s, out of limits is %v", key, v.Value, v.Received, inside)
			}
		}
	}
}

// TestPassagesAreCounted: the counters are the numbers of the events, cards are
// pseudonyms, and people keep their hours.
func TestPassagesAreCounted(t *testing.T) {
	f := newFleet(t, Config{Seed: 5, Devices: 100})
	r := record(t, f, begin, begin.AddDate(0, 0, 7), time.Hour)
	card := regexp.MustCompile(`^\{"card":"[0-9a-f]{8,16}","(direction":"(in|out)|reason":"expired)"\}$`)
	all, denied, night := 0, 0, 0
	for path, list := range r.events {
		if !strings.Contains(path, "/access/") {
			continue
		}
		for metric, kind := range map[string]string{"passages_total": "granted", "denied_total": "denied"} {
			counter := r.readings[path+" "+metric]
			first, last := counter[0], counter[len(counter)-1]
			n := 0
			for _, e := range list {
				if e.Kind == kind && e.TS > first.TS && e.TS <= last.TS {
					n++
				}
			}
			if grown := last.Value - first.Value; grown != float64(n) {
				t.Errorf("%s: %s grew by %v, there were %d events", path, metric, grown, n)
			}
		}
		for _, e := range list {
			if e.Kind != "granted" && e.Kind != "denied" {
				continue
			}
			if !card.MatchString(e.Attrs) {
				t.Fatalf("%s: attributes of a passage: %s", path, e.Attrs)
			}
			all++
			if e.Kind == "denied" {
				denied++
			}
			if momentOf(e.TS).hour < 5 {
				night++
			}
		}
	}
	if share := float64(denied) / float64(all); share < 0.01 || share > 0.04 {
		t.Errorf("%d of %d people were denied", denied, all)
	}
	if float64(night) > 0.08*float64(all) {
		t.Errorf("%d of %d people passed from midnight to five", night, all)
	}
}
