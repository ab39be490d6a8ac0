package clickhouse_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

func TestServerSaysWhoItIs(t *testing.T) {
	db := clickhousetest.Start(t)
	version, now, err := db.Server(t.Context())
	if err != nil || !strings.HasPrefix(version, "26.") || math.Abs(time.Since(now).Seconds()) > 60 {
		t.Errorf("%s, %s, %v", version, now, err)
	}
}

func TestDangerEventsAreNotCrowdedOut(t *testing.T) {
	db := clickhousetest.Start(t)
	alarm := &telemetry.Device{Region: "east", Project: "hz-1", Class: telemetry.Fire, ID: "f-1"}
	b := new(clickhouse.Batch)
	add := func(d *telemetry.Device, kind string, ts telemetry.Millis) {
		b.AddEvent(telemetry.Event{Device: d, Kind: kind, ID: fmt.Sprint(ts), Severity: telemetry.Info, TS: ts, Received: ts, Attrs: "{}"})
	}
	add(lift, telemetry.Entrapment, day+2)
	add(alarm, telemetry.Alarm, day+1)
	add(lift, telemetry.Released, day+9)
	add(meter, telemetry.Alarm, day+3) // no danger to life at a meter
	add(lift, telemetry.Entrapment, day-1)
	for i := range telemetry.Millis(1000) {
		add(lift, telemetry.Fault, day+10+i)
	}
	appendTo(t, db, b, "t")
	events, err := db.DangerEvents(t.Context(), day.Time())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		got = append(got, fmt.Sprintf("%s %s %d", e.Device.ID, e.Kind, e.TS-day))
	}
	if want := "f-1 alarm 1, e-1 entrapment 2, e-1 released 9"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestLatestStatuses(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	for i, s := range []struct {
		d    *telemetry.Device
		kind string
		at   telemetry.Millis
	}{{lift, telemetry.Offline, 3}, {lift, telemetry.Online, 5}, {lift, telemetry.Offline, 4}, {meter, telemetry.Offline, 7}, {meter, "tamper", 9}} {
		b.AddEvent(telemetry.Event{Device: s.d, Kind: s.kind, ID: fmt.Sprint(i), TS: day + s.at, Received: day + s.at, Attrs: "{}"})
	}
	appendTo(t, db, b, "t")
	statuses, err := db.LatestStatuses(t.Context(), day.Time())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range statuses {
		got[s.Device.ID] = fmt.Sprintf("%t %d", s.Online, s.Received-day)
	}
	if len(statuses) != 2 || got["e-1"] != "true 5" || got["m-1"] != "false 7" {
		t.Errorf("%v", got)
	}
}
