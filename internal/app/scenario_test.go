package app

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what came of the scenarios as what is wanted")

// What is sent and done gives the incidents, clocks and notices that a lift
// engineer expects: see testdata/scenarios.
func TestScenarios(t *testing.T) {
	for name, s := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.play(t)
			if *update {
				s.set("want", []byte(got))
				if err := os.WriteFile(s.path(), txtar.Format(s.archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(s.file("want")); got != want {
				t.Error(string(diff.Diff("want", []byte(want), "got", []byte(got))))
			}
		})
	}
}

func (s *scenario) path() string { return filepath.Join("testdata/scenarios", s.name+".txt") }

func scenarios(t *testing.T) map[string]*scenario {
	t.Helper()
	paths, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("there are no scenarios: ", err)
	}
	all := map[string]*scenario{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		all[name] = readScenario(t, name, text)
	}
	return all
}

// Steward dies at moments that nobody has chosen, and comes back at once: what came
// of a scenario is the same. Under the race detector each third scenario has to do.
func TestScenariosOverCrashes(t *testing.T) {
	const crashes, seeds = 4, uint64(2)
	all := scenarios(t)
	for n, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		if raceDetector && n%3 != 0 {
			continue
		}
		if s.has("answer") {
			continue // a query is run when Steward starts, and then on its schedule
		}
		span := s.lines[len(s.lines)-1].at
		unit := time.Millisecond
		if s.has("silence", "unsilence", "override", "rules", "retire") {
			// Each second from its start Steward looks for what people have changed, which
			// shows in the account: it dies between two seconds.
			unit = time.Second
		}
		for seed := range seeds {
			if raceDetector && seed > 0 {
				break
			}
			t.Run(fmt.Sprint(name, "/", seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, uint64(span)))
				var times []time.Duration
				for range crashes {
					times = append(times, time.Duration(random.Int64N(int64(span/unit)))*unit)
				}
				if want, got := string(s.file("want")), s.withCrashes(times...).play(t); got != want {
					t.Errorf("with crashes at %v:\n%s", times, diff.Diff("want", []byte(want), "got", []byte(got)))
				}
			})
		}
	}
}
