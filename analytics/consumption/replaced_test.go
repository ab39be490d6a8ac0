package consumption

import (
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb/controldbtest"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// A meter that somebody replaces in the registry goes on at its place: nothing is
// counted twice, nothing jumps, and the transformers before it stay.
func TestAReplacementInTheRegistryContinuesThePlace(t *testing.T) {
	now := at(40)
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
	_, err = hq.CreateProject(t.Context(), registry.Project{Region: "east", ID: "hz", Name: "杭州", TimeZone: "Asia/Shanghai"})
	ok(err)
	old, err := hq.CreateDevice(t.Context(), registry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: "m1", Medium: "electricity", State: registry.Active, Multiplier: 60})
	ok(err)
	// The exchange was on the first day, at noon; it is entered on the second.
	_, _, err = hq.ReplaceDevice(t.Context(), old.Ref(), old.Version, registry.Device{ID: "m2"}, "2026-03-10")
	ok(err)

	db := clickhousetest.Start(t)
	devices, projects, _, err := reg.Changes(t.Context(), 0, 100)
	ok(err)
	var rows []clickhouse.DeviceRow
	for _, d := range devices {
		rows = append(rows, clickhouse.DeviceRow{
			Device: d.Ref(), State: string(d.State), Medium: d.Medium, RetiredOn: string(d.RetiredOn), Multiplier: d.Multiplier,
			ReplacedBy: d.ReplacedBy, Replaces: d.Replaces, Version: d.Version, UpdatedAt: d.UpdatedAt,
		})
	}
	if len(rows) != 2 || len(projects) != 1 {
		t.Fatalf("%+v %+v", rows, projects)
	}
	register(t, db, projects[0].TimeZone, rows...)
	second := &telemetry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: "m2"}
	store(t, db, "1", steady(meter, 0, 12, 1000)...)
	store(t, db, "2", steady(second, 12, 48, 0)...)
	store(t, db, "3", steady(meter, 30, 40, 0)...) // in the workshop, from zero
	r := &runs{t: t, db: db, multipliers: History{reg}}
	r.run(at(0), at(48))
	r.query("m1\t2850", "SELECT point, round(sum(value), 3) FROM consumption_1h FINAL GROUP BY point") // 47.5 hours of 60
	r.query("60", "SELECT max(value) FROM consumption_1h FINAL")
	r.query("0", "SELECT countIf(value < 0) FROM consumption_1h FINAL")
}
