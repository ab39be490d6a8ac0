package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"steward/alerting/rule"
	"steward/internal/telemetry"
)

const everyKind = `
	name: hot
	kind: value
	class: meter
	metric: power_kw
	when: value > 60
	until: value < 40
	for: 90s
	keep: 30s
	marks: { reset: event }
	name: both
	kind: value
	class: meter
	metric: voltage_v
	when: value > 50 && latest("power_kw") > 50 && state("mode") == "run"
	for: 20s
	name: rising
	kind: rate
	class: meter
	metric: power_kw
	over: 1m
	per: 1m
	when: value > 40
	name: leak
	kind: increase
	class: meter
	metric: volume_m3
	over: 2m
	when: value > 100
	keep: 10s
	name: open
	kind: event
	class: meter
	when: event.kind == "alarm"
	until: event.kind == "cleared"
	marks: { seen: acknowledged }
	name: unseen
	kind: event
	class: meter
	when: event.kind == "alarm"
	until: event.kind in ["seen", "cleared"]
	for: 40s
	keep: 15s
	name: often
	kind: event
	class: meter
	when: event.kind == "alarm"
	count: 3
	over: 3m
	name: silent
	kind: absence
	class: meter
	absence: { factor: 2, min: 40s, max: 4m }
	where: device.medium != "water"
	name: many
	kind: combination
	combine: { of: silent, by: building, share: 0.5 }
	name: several
	kind: combination
	combine: { of: hot, by: project, at_least: 2 }
`

// step is one thing that happens to an engine: a line of a scenario.
func randomScript(seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 1))
	var script []string
	for i := range 6 {
		script = append(script, fmt.Sprintf("put m%d building=B%d", i, i%2))
	}
	now := 0
	last := 0
	for range 400 {
		now += r.IntN(20)
		device := fmt.Sprintf("m%d", r.IntN(6))
		at := fmt.Sprintf("%ds/%ds", max(0, now-r.IntN(3)*r.IntN(60)), now)
		switch r.IntN(14) {
		case 0:
			script = append(script, fmt.Sprintf("%s %s !alarm #%d", at, device, r.IntN(100)))
		case 1:
			script = append(script, fmt.Sprintf("%s %s !%s", at, device, []string{"seen", "cleared", "reset"}[r.IntN(3)]))
		case 2:
			script = append(script, fmt.Sprintf("%s %s mode=%q", at, device, []string{"run", "off"}[r.IntN(2)]))
		case 3, 4, 5:
			script = append(script, fmt.Sprintf("%s %s volume_m3=%d", at, device, r.IntN(50)+now))
		case 6:
			script = append(script, fmt.Sprintf("tick %ds", now))
		case 7, 8:
			script = append(script, fmt.Sprintf("hear %ds %ds", last, now))
		case 9:
			if r.IntN(20) == 0 {
				now += 100 // away
			}
		case 10:
			script = append(script, fmt.Sprintf("put m%d building=B%d active=%s", r.IntN(6), r.IntN(2), []string{"yes", "yes", "yes", "no"}[r.IntN(4)]))
		default:
			script = append(script, fmt.Sprintf("%s %s power_kw=%d voltage_v=%d", at, device, r.IntN(100), r.IntN(100)))
		}
		last = now
	}
	return script
}

// A restart at any moment changes nothing that is told, even when a part of the
// stream is read again.
func TestRestartChangesNothing(t *testing.T) {
	set := ruleSet(t, everyKind)
	kinds := map[SignalKind]int{}
	for seed := range uint64(60) {
		script := randomScript(seed)
		r := rand.New(rand.NewPCG(seed, 2))
		undisturbed := newScenario(t, Options{}, set)
		want := make([][]string, len(script))
		for i, line := range script {
			for _, s := range undisturbed.run(line) {
				want[i] = append(want[i], tell(&s))
				kinds[s.Kind]++
			}
		}

		restarted := newScenario(t, Options{}, set)
		var saved bytes.Buffer
		from := 0
		seq, ids := uint64(0), 0
		save := func(i int) {
			if restarted.engine.looked != restarted.estate.Version() {
				return // a changed registry is looked at once a second, and at once after a restart
			}
			saved.Reset()
			if err := restarted.engine.Save(&saved); err != nil {
				t.Fatal(err)
			}
			from, seq, ids = i, restarted.seq, restarted.ids
		}
		save(0)
		for i := 0; i < len(script); i++ {
			var got []string
			for _, s := range restarted.run(script[i]) {
				got = append(got, tell(&s))
			}
			if !slices.Equal(got, want[i]) {
				t.Fatalf("seed %d, line %d, %s\nsaved before %d\ngot  %q\nwant %q", seed, i, script[i], from, got, want[i])
			}
			switch r.IntN(12) {
			case 0:
				save(i + 1)
			case 1: // killed: the registry is what it was, the engine what it was saved as
				if from == i+1 || slices.ContainsFunc(script[from:i+1], func(line string) bool { return line[:3] == "put" }) {
					continue
				}
				next := New(restarted.engine.opts)
				if err := next.Load(bytes.NewReader(saved.Bytes()), set); err != nil {
					t.Fatal(err)
				}
				restarted.engine, restarted.seq, restarted.ids = next, seq, ids
				i = from - 1
				r = rand.New(rand.NewPCG(seed, uint64(i)+r.Uint64()))
			}
		}
	}
	for _, kind := range []SignalKind{Fire, Clear, Mark, Correct, Past, Drop} {
		if kinds[kind] < 10 {
			t.Errorf("%d signals %s: the scripts prove too little", kinds[kind], kind)
		}
	}
	t.Log(kinds)
}

// Whatever comes, no signal is told twice, nothing ends that did not begin, and
// what begins as of long ago is not told as new.
func TestSignalsMakeSense(t *testing.T) {
	set := ruleSet(t, everyKind)
	for seed := range uint64(100) {
		s := newScenario(t, Options{}, set)
		fires := map[string]bool{}
		received := telemetry.Millis(0)
		for i, line := range randomScript(1000 + seed) {
			for _, one := range s.run(line) {
				at := fmt.Sprintf("seed %d, line %d, %s: %s", seed, i, line, tell(&one))
				switch one.Kind {
				case Fire:
					if again := one.Rule.Kind == rule.Event; fires[one.Fingerprint] && !again {
						t.Fatal("fires twice: ", at)
					}
					fires[one.Fingerprint] = true
				case Clear, Drop:
					if !fires[one.Fingerprint] {
						t.Fatal("ends without having begun: ", at)
					}
					delete(fires, one.Fingerprint)
				case Correct:
					if !fires[one.Fingerprint] {
						t.Fatal("corrects nothing: ", at)
					}
				}
				if one.Received < received || one.Received > s.engine.Now() {
					t.Fatal("learned out of order: ", at)
				}
				received = one.Received
			}
		}
		if got := s.engine.Stats().Firing; got != len(fires) {
			t.Fatalf("seed %d: %d fire, %d were told", seed, got, len(fires))
		}
	}
}
