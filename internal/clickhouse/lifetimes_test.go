package clickhouse_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

func TestLifetimes(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	smoke := &telemetry.Device{Region: lift.Region, Project: lift.Project, Class: telemetry.Fire, ID: "smoke-1"}
	elsewhere := *lift
	elsewhere.Project += "-2"
	for i := range 4 {
		at := day + telemetry.Millis(i)*24*hour
		b.AddReading(reading(lift, "trips_total", at+hour, float64(100*i)))
		b.AddReading(reading(lift, "trips_total", at+20*hour, float64(100*i+60)))
		b.AddReading(reading(&elsewhere, "trips_total", at+hour, 1))
		b.AddReading(reading(smoke, "smoke_ppm", at+hour, 5+float64(i)))
		b.AddReading(reading(smoke, "temperature_c", at+hour, 20))
	}
	tank := &telemetry.Device{Region: lift.Region, Project: lift.Project, Class: telemetry.Fire, ID: "tank-1"}
	b.AddReading(reading(tank, "water_level_m", day+hour, 2.9))
	b.AddReading(reading(lift, "trips_total", day+4*24*hour+hour, 900))
	b.AddReading(reading(lift, "trips_total", day+4*24*hour+2*hour, 3)) // begun anew
	event := func(d *telemetry.Device, kind, id string, at telemetry.Millis, attrs string) {
		b.AddEvent(telemetry.Event{Device: d, Kind: kind, ID: id, TS: day + at, Received: day + at, Severity: telemetry.Info, Attrs: attrs})
	}
	event(lift, "fault", "f1", 2*hour, `{"code":"E21"}`)
	event(lift, "fault", "f1", 3*hour, `{"code":"E21"}`) // a copy
	event(lift, "fault_cleared", "c1", 4*hour, `{"code":"E21"}`)
	event(lift, "entrapment", "e1", 4*hour, "{}")
	event(lift, "maintenance_started", "m1", 5*hour, "{}")
	event(lift, "maintenance_done", "m2", 6*hour, "{}")
	event(lift, "replaced", "r1", 7*hour, "{}")
	event(lift, "silent", fmt.Sprint("silent-", int64(day+8*hour)), 10*hour, "{}")
	event(&elsewhere, "fault", "f2", hour, "{}")
	appendTo(t, db, b, "a")
	err := db.PutDevices(t.Context(), []clickhouse.DeviceRow{
		{
			Device: *lift, State: "active", Name: "Lift 1", Building: "b1", Vendor: "KONE", Model: "3000", InstalledOn: "1970-01-02", CommissionedOn: "1970-01-11",
			VerificationDueOn: "1970-01-21", ExpectedLifeYears: 15, ReplacementCostCNY: 300_000, FailureCostCNY: 2000, Version: 1,
		},
		{Device: *smoke, State: "retired", RetiredOn: "1970-01-31", Version: 1},
		{Device: *tank, State: "active", Version: 1},
		{Device: elsewhere, State: "active", Version: 1},
		{Device: telemetry.Device{Region: lift.Region, Project: lift.Project, Class: lift.Class, ID: "no"}, State: "refused", Version: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	var c clickhouse.CoverageBatch
	c.Add(*lift, clickhouse.CoverageHour{TS: day, Expected: 10, Received: 8})
	if err := db.PutCoverage(t.Context(), &c, "run", day.Time()); err != nil {
		t.Fatal(err)
	}
	at := authz.Place{Region: lift.Region, Project: lift.Project}
	from, to := day.Time(), (day + 10*24*hour).Time()
	f := func(what string, got, want []string, err error) {
		t.Helper()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", what, err, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	var devices, events, wear []string
	since := func(at telemetry.Millis) int64 { return int64(max(0, at-day) / hour) }
	date := func(n *int32) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprint(*n)
	}
	err = db.LifetimeDevices(t.Context(), at, from, to, func(d clickhouse.LifetimeDevice) error {
		devices = append(devices, fmt.Sprint(d.Class, "/", d.ID, " ", d.State, " ", d.Name, " ", d.Building, " ", d.Vendor, "/", d.Model,
			" days ", date(d.InstalledOn), " ", date(d.CommissionedOn), " ", date(d.RetiredOn), " ", date(d.VerifyBy),
			" life ", d.ExpectedLifeYears, " costs ", d.ReplacementCost, " ", d.FailureCost, " senses ", d.Senses,
			" seen ", since(d.FirstReading), " ", since(d.LastReading), " ", since(d.FirstEvent), " ", since(d.LastEvent), " came ", d.Came, "/", d.Expected))
		return nil
	})
	f("devices", devices, []string{
		"elevator/" + lift.ID + " active Lift 1 b1 KONE/3000 days 1 10 - 20 life 15 costs 300000 2000 senses  seen 1 98 2 7 came 8/10",
		"fire/smoke-1 retired   / days - - 30 - life 0 costs 0 0 senses smoke seen 1 73 0 0 came 0/0",
		"fire/tank-1 active   / days - - - - life 0 costs 0 0 senses water seen 1 1 0 0 came 0/0",
	}, err)
	err = db.LifetimeEvents(t.Context(), at, from, to, func(e clickhouse.ReliabilityEvent) error {
		events = append(events, fmt.Sprint(e.Kind, ":", e.Code, "@", since(e.At)))
		return nil
	})
	f("events", events, []string{"fault:E21@2", "fault_cleared:E21@4", "maintenance_done:@6", "replaced:@7", "silent:@8"}, err)
	err = db.LifetimeWears(t.Context(), at, from, to, func(w clickhouse.LifetimeWear) error {
		wear = append(wear, fmt.Sprint(w.Device, " ", w.Metric, " ", w.Days, " ", w.PerDay, " ", math.Round(100*w.Slope)/100))
		return nil
	})
	f("wear", wear, []string{
		lift.ID + " trips_total 5 48 " + fmt.Sprint(wearSlope(wear, 0)),
		"smoke-1 smoke_ppm 4 0 365.25", // one a day
	}, err)
}

// wearSlope is that of a counter, which nobody uses.
func wearSlope(rows []string, i int) string {
	if i >= len(rows) {
		return ""
	}
	return rows[i][strings.LastIndexByte(rows[i], ' ')+1:]
}
