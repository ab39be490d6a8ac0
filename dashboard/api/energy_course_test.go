package api

import (
	"testing"
	"time"

	"steward/internal/clickhouse"
)

// Where the clocks are off by half an hour a day begins and ends within hours of UTC:
// the halves outside are of no step.
func TestCourseOfAHalfHourZone(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	c := (&API{}).courseOf(&energyUseIn{By: "day"}, &energyGroup{zone: zone}, from, from.AddDate(0, 0, 1), from.AddDate(0, 1, 0))
	want := []clickhouse.EnergyStretch{{Step: 0, Parts: 1}, {Step: 1, Parts: 48}, {Step: 0, Parts: 1}}
	if len(c.labels) != 1 || c.labels[0] != "2026-11-01" || c.hours["2026-11-01"] != 24 || c.all != 24 || c.parts != 2 || c.to.Sub(c.from) != 25*time.Hour {
		t.Errorf("%+v", c)
	}
	if len(c.stretches) != len(want) {
		t.Fatalf("%+v", c.stretches)
	}
	for i, s := range c.stretches {
		if s.Step != want[i].Step || s.Parts != want[i].Parts {
			t.Errorf("stretch %d: %+v", i, s)
		}
	}
}
