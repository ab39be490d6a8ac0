package clickhouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

func TestReliabilityEvents(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	other := &telemetry.Device{Region: lift.Region, Project: lift.Project + "-2", Class: lift.Class, ID: lift.ID}
	event := func(d *telemetry.Device, kind, id string, at telemetry.Millis, attrs string) {
		b.AddEvent(telemetry.Event{Device: d, Kind: kind, ID: id, TS: day + at, Received: day + at, Severity: telemetry.Info, Attrs: attrs})
	}
	event(meter, "fault", "m1", 9*hour, "{}")
	event(lift, "fault", "f1", 2*hour, `{"code":"E21"}`)
	event(lift, "fault", "f1", 3*hour, `{"code":"E21"}`) // a copy: the earliest counts
	event(lift, "fault_cleared", "f1", 4*hour, `{"code":"E21"}`)
	event(lift, "fault", "", 5*hour, "{}")
	event(lift, "fault", "", 5*hour, "{}")
	event(lift, "fault", "", 6*hour, "not json")
	event(lift, "arrived", "a1", 6*hour, "{}")
	// Over at once: it begins before it ends.
	event(lift, "fault_cleared", "0", 7*hour, "{}")
	event(lift, "fault", "1", 7*hour, "{}")
	// A silence begins with the last message, in which the one before has ended.
	event(lift, "silent_cleared", fmt.Sprint("silent_cleared-", int64(day)), 8*hour, "{}")
	event(lift, "silent", fmt.Sprint("silent-", int64(day+8*hour)), 10*hour, "{}")
	event(lift, "silent", "silent-17", 11*hour, "{}")
	event(lift, "fault", "old", -hour, "{}")
	event(lift, "fault", "late", 24*hour, "{}")
	event(other, "fault", "x", hour, "{}")
	appendTo(t, db, b, "a")

	var got []string
	at := authz.Place{Region: lift.Region, Project: lift.Project}
	err := db.ReliabilityEvents(t.Context(), at, day.Time(), (day + 24*hour).Time(), func(e clickhouse.ReliabilityEvent) error {
		if e.Device == lift.ID {
			got = append(got, strings.TrimSuffix(fmt.Sprintf("%s:%s@%g", e.Kind, e.Code, float64(e.At-day)/float64(hour)), ":"))
		}
		return nil
	})
	want := []string{
		"fault:E21@2", "fault_cleared:E21@4", "fault:@5", "fault:@6", "fault:@7", "fault_cleared:@7",
		"silent_cleared:@8", "silent:@8", "silent:@11",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestReliabilityDevices(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	b.AddReading(reading(lift, "floor", day-40*24*hour, 1)) // longer ago than anybody looks
	b.AddReading(reading(lift, "floor", day-24*hour, 1))
	b.AddReading(reading(lift, "floor", day+24*hour, 1))
	b.AddReading(reading(lift, "speed_ms", day+25*hour, 1))
	for i, kind := range []string{"silent", "fault", "offline"} {
		b.AddEvent(telemetry.Event{Device: lift, Kind: kind, ID: kind, TS: day + telemetry.Millis(i+1)*hour, Attrs: "{}"})
	}
	appendTo(t, db, b, "a")
	idle := telemetry.Device{Region: lift.Region, Project: lift.Project, Class: lift.Class, ID: "zz-idle"}
	refused := idle
	refused.ID = "zz-refused"
	elsewhere := *lift
	elsewhere.Project += "-2"
	err := db.PutDevices(t.Context(), []clickhouse.DeviceRow{
		{Device: *lift, State: "pending", Vendor: "old", Version: 1},
		{Device: *lift, State: "active", Vendor: "KONE", Model: "3000", CommissionedOn: "1970-01-11", RetiredOn: "2100-01-01", Version: 2},
		{Device: idle, State: "retired", InstalledOn: "1969-12-31", Version: 1},
		{Device: refused, State: "refused", Version: 1},
		{Device: elsewhere, State: "active", Version: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	var c clickhouse.CoverageBatch
	c.Add(*lift, clickhouse.CoverageHour{TS: day, Expected: 10, Received: 8})
	c.Add(*lift, clickhouse.CoverageHour{TS: day + hour, Expected: 10, Received: 20})
	c.Add(*lift, clickhouse.CoverageHour{TS: day - hour, Expected: 10, Received: 1}) // before the period
	for range 2 {
		if err := db.PutCoverage(t.Context(), &c, "run", day.Time()); err != nil {
			t.Fatal(err)
		}
	}
	date := func(days *int32) string {
		if days == nil {
			return "-"
		}
		return time.Unix(int64(*days)*86_400, 0).UTC().Format(time.DateOnly)
	}
	since := func(at telemetry.Millis) string {
		if at == 0 {
			return "-"
		}
		return fmt.Sprint(int64(at-day) / int64(hour))
	}
	var got []string
	at := authz.Place{Region: lift.Region, Project: lift.Project}
	err = db.ReliabilityDevices(t.Context(), at, day.Time(), (day + 48*hour).Time(), func(d clickhouse.ReliabilityDevice) error {
		got = append(got, fmt.Sprint(d.Class, "/", d.ID, " ", d.State, " ", d.Vendor, "/", d.Model, " ", date(d.CommissionedOn), " ", date(d.InstalledOn), " ", date(d.RetiredOn),
			" readings ", since(d.FirstReading), " ", since(d.LastReading), " events ", since(d.FirstEvent), " ", since(d.LastEvent),
			" messages ", d.Messages, " came ", d.Came, "/", d.Expected))
		return nil
	})
	want := []string{
		"elevator/" + lift.ID + " active KONE/3000 1970-01-11 - 2100-01-01 readings -24 25 events 2 2 messages 2 came 18/20",
		"elevator/zz-idle retired / - 1969-12-31 - readings - - events - - messages 0 came 0/0",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
