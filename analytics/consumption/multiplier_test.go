package consumption

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"steward/analytics/continuity"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/controldb/controldbtest"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

func TestMultipliersOfTheRegistry(t *testing.T) {
	now := start
	reg := registry.New(controldbtest.SQLite(t), registry.Options{Now: func() time.Time { return now }})
	hq := reg.As(authz.SystemPrincipal("test"))
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := hq.CreateRegion(t.Context(), registry.Region{ID: "east", Name: "东"})
	ok(err)
	_, err = hq.CreateProject(t.Context(), registry.Project{Region: "east", ID: "hz", Name: "杭州"})
	ok(err)
	d, err := hq.CreateDevice(t.Context(), registry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: "m1", Medium: "electricity", State: registry.Active, Multiplier: 40})
	ok(err)
	for i, v := range []float64{40, 60, 80} { // the first changes something else
		now = at(float64(10 * (i + 1)))
		d.Multiplier, d.Note = v, fmt.Sprint(i)
		d, err = hq.UpdateDevice(t.Context(), d)
		ok(err)
	}
	place := authz.Place{Region: "east", Project: "hz"}
	changes, err := History{reg}.MultiplierChanges(t.Context(), place, at(15))
	ok(err)
	if len(changes) != 2 || changes[0].Device != "m1" || changes[0].Class != "meter" {
		t.Fatalf("%+v", changes)
	}
	ratio := 50.0
	corrections := []clickhouse.MeterCorrection{{Kind: "multiplier", At: at(25), New: &ratio}, {Kind: "multiplier", At: at(26)}, {Kind: "reset", At: at(27), New: &ratio}}
	ms := func(hours float64) telemetry.Millis { return telemetry.MillisOf(at(hours)) }
	want := []continuity.Multiplier{{From: 0, Value: 40}, {From: ms(20), Value: 60}, {From: ms(25), Value: 50}, {From: ms(30), Value: 80}}
	if got := multipliersOf(80, changes, corrections); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := multipliersOf(0, nil, nil); len(got) != 1 || got[0].Value != 1 {
		t.Error(got)
	}
}
