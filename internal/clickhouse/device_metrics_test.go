package clickhouse_test

import (
	"slices"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// Of a device is told what it ever sent, to those who may see it.
func TestDeviceMetrics(t *testing.T) {
	w := newWorld(t)
	at, err := authz.ParsePlace("north/harbour")
	if err != nil {
		t.Fatal(err)
	}
	d := w.devices(at)[0]
	// Years ago it sent something that it no longer does.
	old := day - 3*365*24*hour
	b := new(clickhouse.Batch)
	b.AddReading(telemetry.Reading{Device: d, Metric: "voltage_v", TS: old, Received: old, Value: 230})
	appendTo(t, w.db, b, "old")
	last := day + 3*hour + 59*minute
	want := []clickhouse.DeviceMetric{{"power_kw", day, last}, {"voltage_v", old, old}, {"力矩", day, last}}
	for _, who := range watchers {
		got, err := w.db.DeviceMetrics(t.Context(), who.scope(t), *d)
		if sees := who.sees(d.Region, d.Project); err != nil || sees && !slices.Equal(got, want) || !sees && len(got) > 0 {
			t.Errorf("%s: %v, %v", who, got, err)
		}
	}
	if got, err := w.db.DeviceMetrics(t.Context(), authz.Scope{}, *d); err != nil || len(got) > 0 {
		t.Errorf("who sees nothing: %v, %v", got, err)
	}
	for _, text := range injections {
		got, err := w.db.DeviceMetrics(t.Context(), authz.Everything(), telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Meter, ID: text})
		if len(got) > 0 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	other := *d
	other.Class = telemetry.Access
	if got, err := w.db.DeviceMetrics(t.Context(), authz.Everything(), other); err != nil || len(got) != 2 {
		t.Errorf("one of another class: %v, %v", got, err)
	}
}
