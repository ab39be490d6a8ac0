package simulate

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/telemetry"
)

// watch samples one device every second and hands each sample to look as a map.
func watch(t *testing.T, d *device, from, to telemetry.Millis, look func(at telemetry.Millis, v map[string]float64, mode string)) {
	t.Helper()
	var s sample
	for at := from; at < to; at += second {
		if err := d.advance(at, nil); err != nil {
			t.Fatal(err)
		}
		s.reset()
		d.model.sample(at, &s)
		values := make(map[string]float64, len(s.values))
		for _, v := range s.values {
			values[v.metric] = v.number
		}
		look(at, values, s.mode)
	}
}

// TestElevatorsMoveLikeElevators, second by second.
func TestElevatorsMoveLikeElevators(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 3, Devices: 60})
	start := telemetry.MillisOf(begin)
	lifts := 0
	for _, d := range f.devices {
		e, ok := d.model.(*elevator)
		if !ok {
			continue
		}
		lifts++
		var last map[string]float64
		lastMode := ""
		moving, stops, doors := telemetry.Millis(0), 0, 0
		var first map[string]float64
		watch(t, d, start, start+day, func(at telemetry.Millis, v map[string]float64, mode string) {
			switch {
			case v["floor"] < 1 || v["floor"] > float64(e.traffic.floors):
				t.Fatalf("%s is at floor %v of %d", d.info.Path, v["floor"], e.traffic.floors)
			case v["speed_ms"] > 0 && v["door_open"] > 0:
				t.Fatalf("%s moves with its door open at %s", d.info.Path, at)
			case v["speed_ms"] > e.traffic.speed+0.01:
				t.Fatalf("%s moves at %v m/s, rated %v", d.info.Path, v["speed_ms"], e.traffic.speed)
			case v["speed_ms"] > 0 && v["direction"] != 1 && v["direction"] != 2:
				t.Fatalf("%s moves in direction %v at %s", d.info.Path, v["direction"], at)
			case last != nil && last["speed_ms"] > 0 && v["speed_ms"] > 0 && v["direction"] == last["direction"] && (v["floor"]-last["floor"])*(3-2*v["direction"]) < 0:
				t.Fatalf("%s goes from floor %v to %v in direction %v", d.info.Path, last["floor"], v["floor"], v["direction"])
			case v["passenger"] > 0 != (v["load_kg"] > 0):
				t.Fatalf("%s has passenger %v and load %v", d.info.Path, v["passenger"], v["load_kg"])
			case mode != modeNormal && (v["speed_ms"] > 0 || v["door_open"] > 0):
				t.Fatalf("%s moves in mode %s", d.info.Path, mode)
			}
			if last != nil && mode == modeNormal && lastMode == modeNormal {
				if way := math.Abs(v["floor"] - last["floor"]); way > math.Ceil(e.traffic.speed/floorHeight) {
					t.Fatalf("%s jumps from floor %v to %v in a second", d.info.Path, last["floor"], v["floor"])
				}
				if v["trips_total"] > last["trips_total"] {
					stops++
				}
				if v["door_open"] > last["door_open"] {
					doors++
				}
			}
			if v["speed_ms"] > 0 {
				moving += second
			}
			if first == nil {
				first = v
			}
			last, lastMode = v, mode
		})
		if e.outage != nil || e.missed != (tally{}) {
			continue // counted above in normal operation only
		}
		trips, cycles := last["trips_total"]-first["trips_total"], last["door_cycles_total"]-first["door_cycles_total"]
		if trips < 60 || trips > 2000 || int(trips) != stops {
			t.Errorf("%s made %v trips in a day, and started %d times", d.info.Path, trips, stops)
		}
		if math.Abs(cycles-float64(doors)) > 1 || math.Abs(cycles-trips) > 1 {
			t.Errorf("%s counted %v door cycles, opened %d times in %v trips", d.info.Path, cycles, doors, trips)
		}
		run, seen := last["run_hours"]-first["run_hours"], float64(moving)/float64(hour)
		if math.Abs(run-seen) > 0.03+0.02*seen {
			t.Errorf("%s counted %.2f h of running, was seen moving for %.2f h", d.info.Path, run, seen)
		}
	}
	if lifts != 9 {
		t.Fatalf("%d lifts in a fleet of 60, want 9", lifts)
	}
}

// TestRushHours: homes empty in the morning and fill in the evening.
func TestRushHours(t *testing.T) {
	tr := traffic{habit: liftPower, rate: 25, floors: 18, speed: 1.75}
	r := stream(1)
	up := func(hourOfDay float64) (share float64) {
		const n = 4000
		for range n {
			if from, to := tr.call(r, moment{hour: hourOfDay}); to > from {
				share += 1.0 / n
			}
		}
		return share
	}
	if morning, noon, evening := up(8), up(13), up(18); morning > 0.25 || noon < 0.4 || noon > 0.6 || evening < 0.75 {
		t.Errorf("shares of people going up: %.2f in the morning, %.2f at noon, %.2f in the evening", morning, noon, evening)
	}
}

// TestRescues: a third of them is too late for a standard of ten minutes, few
// for one of thirty.
func TestRescues(t *testing.T) {
	const n = 20000
	e := elevator{device: &device{rng: stream(5)}}
	alone, overTen, overThirty := 0.0, 0.0, 0.0
	for range n {
		switch r := e.rescue(); {
		case r.response == 0:
			alone += 1.0 / n
		case r.response > 30*minute:
			overThirty += 1.0 / n
			fallthrough
		case r.response > 10*minute:
			overTen += 1.0 / n
		}
	}
	if math.Abs(alone-0.15) > 0.02 || overTen < 0.2 || overTen > 0.4 || overThirty > 0.03 || overThirty == 0 {
		t.Errorf("%.3f free themselves, %.3f wait over 10 minutes, %.3f over 30", alone, overTen, overThirty)
	}
}

// TestEntrapments: the car stands with people in it until they are freed.
func TestEntrapments(t *testing.T) {
	t.Parallel()
	f := newFleet(t, Config{Seed: 4, Devices: 2000, Projects: 30})
	to := begin.AddDate(0, 0, 45)
	for _, d := range f.devices {
		if d.info.Kind == Lift {
			if err := d.advance(telemetry.MillisOf(to), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	truth := f.Truth()
	helped := 0
	for _, e := range truth.Entrapments {
		if e.SelfCleared {
			if !e.ArrivedAt.IsZero() || e.ResponseSeconds != 0 {
				t.Errorf("%s freed itself and somebody arrived: %+v", e.Device, e)
			}
			continue
		}
		helped++
		if !e.ArrivedAt.After(e.At) || !e.ReleasedAt.After(e.ArrivedAt) {
			t.Errorf("%s: entrapped %s, arrived %s, released %s", e.Device, e.At, e.ArrivedAt, e.ReleasedAt)
		}
	}
	if helped < 20 || helped == len(truth.Entrapments) {
		t.Errorf("somebody came to %d of %d entrapments", helped, len(truth.Entrapments))
	}

	// Look into one such car.
	victim := truth.Entrapments[0]
	f = newFleet(t, Config{Seed: 4, Devices: 2000, Projects: 30})
	for _, d := range f.devices {
		if d.info.Path != victim.Device {
			continue
		}
		at, freed := telemetry.MillisOf(victim.At), telemetry.MillisOf(victim.ReleasedAt)
		var trips float64
		watch(t, d, at, freed+5*second, func(now telemetry.Millis, v map[string]float64, mode string) {
			if now == at {
				trips = v["trips_total"]
			}
			inside := now < freed
			if v["speed_ms"] != 0 || v["trips_total"] != trips || (v["passenger"] > 0) != inside || (mode == modeEntrapped) != inside {
				t.Fatalf("%s at %s, freed at %s: %v %s", d.info.Path, now, freed, v, mode)
			}
		})
		// Back in service it counts on from where it stood, hours later.
		i := slices.IndexFunc(truth.Failures, func(v Failure) bool { return v.Device == victim.Device && v.At.Equal(victim.At) })
		if i < 0 {
			t.Fatalf("no failure caused the entrapment of %s at %s", victim.Device, victim.At)
		}
		cleared := telemetry.MillisOf(truth.Failures[i].ClearedAt)
		watch(t, d, cleared-5*second, cleared+10*second, func(now telemetry.Millis, v map[string]float64, mode string) {
			if (mode == modeFault) != (now < cleared) || v["trips_total"] > trips+1 || v["trips_total"] < trips {
				t.Fatalf("%s at %s, repaired at %s: mode %s, %v trips after %v", d.info.Path, now, cleared, mode, v["trips_total"], trips)
			}
		})
	}
}

// TestStagedActsLeaveTheWorldAlone: a restarted process, which knows nothing of
// them, never counts less than was reported.
func TestStagedActsLeaveTheWorldAlone(t *testing.T) {
	t.Parallel()
	cfg := Config{Seed: 12, Devices: 200}
	calm, dramatic := newFleet(t, cfg), newFleet(t, cfg)
	live, err := dramatic.Live(LiveConfig{Start: begin.Add(8 * time.Hour), Drama: 30})
	if err != nil {
		t.Fatal(err)
	}
	end := begin.Add(13 * time.Hour)
	for live.Next().At.Before(end) {
	}
	if n := len(dramatic.Truth().Entrapments); n < 20 {
		t.Fatalf("%d entrapments in five hours of drama", n)
	}
	calm.Advance(end.Add(time.Minute))
	for i, d := range calm.devices {
		if strings.Contains(d.info.Path, "/elevator/") {
			var a, b sample
			d.model.sample(d.now, &a)
			dramatic.devices[i].model.sample(dramatic.devices[i].now, &b)
			for j := range a.values {
				if telemetry.LookupMetric(a.values[j].metric).Kind == telemetry.KindCounter && a.values[j].number < b.values[j].number {
					t.Errorf("%s %s: %v after a restart, %v before it", d.info.Path, a.values[j].metric, a.values[j].number, b.values[j].number)
				}
			}
		}
	}
}
