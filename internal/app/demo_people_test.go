package app

import (
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/simulate"
)

// However many estates a demonstration has, its alerting is one that Steward takes, and
// somebody is on call in each.
func TestDemoHasSomebodyOnCall(t *testing.T) {
	for _, devices := range []int{1, 120, 5000} {
		start := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
		fleet, err := simulate.NewFleet(simulate.Config{Seed: 1, Devices: devices, Start: start, End: start.AddDate(0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		cfg := DefaultConfig()
		if cfg.Alerting.Escalation, cfg.Alerting.Channels, err = writeDemoAlerting(t.TempDir(), fleet); err != nil {
			t.Fatal(err)
		}
		files, err := LoadAlerting(cfg)
		if err != nil {
			t.Fatalf("%d devices: %v", devices, err)
		}
		places := map[authz.Place]int{}
		for _, c := range files.Plan.Contacts {
			places[c.Place]++
		}
		for _, at := range projectsOf(fleet) {
			if places[at] != 2 || places[authz.Place{Region: at.Region}] != 1 {
				t.Errorf("%d devices: %s has %d engineers, and its region %d desks", devices, at, places[at], places[authz.Place{Region: at.Region}])
			}
		}
		if schedules := files.Summary().Schedules; schedules != len(projectsOf(fleet)) {
			t.Errorf("%d devices: %d schedules for %d estates", devices, schedules, len(projectsOf(fleet)))
		}
	}
}
