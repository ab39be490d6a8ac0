package simulate

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
)

func operationsYear() OperationsConfig {
	china := time.FixedZone("China", 8*3600)
	return OperationsConfig{
		Seed: 7, Projects: []authz.Place{{Region: "north", Project: "harbour"}, {Region: "north", Project: "hill"}, {Region: "east", Project: "park"}},
		From: time.Date(2025, 7, 1, 0, 0, 0, 0, china), To: time.Date(2026, 7, 1, 9, 30, 0, 0, china), Zone: china,
	}
}

// Whoever sends such a record is not refused, and it comes back as it was.
func TestOperationsAreGoodRecords(t *testing.T) {
	cfg := operationsYear()
	records, truth := Operations(cfg)
	if len(truth) != 3 || len(records) < 2000 {
		t.Fatalf("%d records of %d projects", len(records), len(truth))
	}
	seen := map[*operations.Kind]map[operations.Key]bool{}
	for _, r := range records {
		if seen[r.Kind()] == nil {
			seen[r.Kind()] = map[operations.Key]bool{}
		}
		if seen[r.Kind()][operations.KeyOf(r)] {
			t.Fatalf("%s %s is told twice", r.Kind().One, r.Of().ID)
		}
		seen[r.Kind()][operations.KeyOf(r)] = true
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		given, err := operations.ParseOne(text)
		if err != nil {
			t.Fatal(err)
		}
		again, problems := r.Kind().Read(given, operations.Arrival{Received: cfg.To, Source: operations.API})
		again.Of().Received = r.Of().Received
		if len(problems) > 0 || !reflect.DeepEqual(again, r) {
			t.Fatalf("%s: %v\n%+v\n%+v", text, problems, again, r)
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d kinds", len(seen))
	}
}

func TestOperationsAreAFunctionOfTheSeed(t *testing.T) {
	cfg := operationsYear()
	all, _ := Operations(cfg)
	cfg.Projects = cfg.Projects[:1]
	one, _ := Operations(cfg)
	if !reflect.DeepEqual(all[:len(one)], one) {
		t.Error("a project depends on the others")
	}
	cfg.Seed++
	if other, _ := Operations(cfg); reflect.DeepEqual(one, other) {
		t.Error("another seed gives the same")
	}
}

// What the records say is what they were drawn from, within four deviations.
func TestOperationsTellTheTruth(t *testing.T) {
	records, truth := Operations(operationsYear())
	for _, w := range truth {
		var daily, done, due, paid, complaints float64
		for _, r := range records {
			if r.Of().Place != w.Place {
				continue
			}
			switch r := r.(type) {
			case *operations.Inspection:
				if r.Level == operations.LevelProject {
					if daily++; r.Done != nil {
						done++
					}
				}
			case *operations.Fee:
				if r.PaidOn != "" {
					due, paid = due+r.Due, paid+r.Paid
				}
			case *operations.Complaint:
				complaints++
			}
		}
		near := func(what string, got, want, deviation float64) {
			t.Helper()
			if math.Abs(got-want) > 4*deviation {
				t.Errorf("%s: %s %.4f, was drawn from %.4f", w.Place, what, got, want)
			}
		}
		p := w.Done[operations.LevelProject]
		near("done", done/daily, p, math.Sqrt(p*(1-p)/daily)+1/daily)
		near("collected", paid/due, w.Collected, math.Sqrt(w.Collected*(1-w.Collected)/(due/w.MonthlyFee)))
		expected := 0.0
		for _, rate := range w.Complaints {
			expected += rate * 366 / 30.4
		}
		near("complaints", complaints, expected, math.Sqrt(expected))
	}
}
