package clickhouse_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/clickhouse/embedded"
	"steward/internal/telemetry"
)

func mirrored(id, model string, version int64) clickhouse.DeviceRow {
	return clickhouse.DeviceRow{
		Device: telemetry.Device{Region: "east", Project: "hz-1", Class: telemetry.Elevator, ID: id},
		State:  "active", Name: "一号梯", Model: model, InstalledOn: "1998-02-28", VerificationDueOn: "2150-12-31",
		Externals: map[string]string{"plate": "浙A-1"}, FedBy: []string{"meter/m-1", "meter/m-2"},
		ReplacementCostCNY: 260_000, Multiplier: 1, Version: version, UpdatedAt: day.Time(),
	}
}

func put(t testing.TB, db *clickhouse.Store, devices ...clickhouse.DeviceRow) {
	t.Helper()
	if err := db.PutDevices(t.Context(), devices); err != nil {
		t.Fatal(err)
	}
}

func modelOf(id string) string {
	return "SELECT dictGet('device_info', 'model', ('east', 'hz-1', 'elevator', '" + id + "'))"
}

func TestDevicesAreThereForJoins(t *testing.T) {
	db := clickhousetest.Start(t)
	put(t, db)
	put(t, db, mirrored("e-1", "A", 1), mirrored("e-2", "B", 1))
	query(t, db, `active|一号梯|1998-02-28|2150-12-31|\N|260000|['meter/m-1','meter/m-2']`,
		`SELECT arrayStringConcat([i.1, i.2, toString(i.3), toString(i.4), ifNull(toString(i.5), '\\N'), toString(i.6), toString(i.7)], '|')
		FROM (SELECT dictGet('device_info', ('state', 'name', 'installed_on', 'verification_due_on', 'commissioned_on', 'replacement_cost_cny', 'fed_by'),
			('east', 'hz-1', 'elevator', 'e-1')) AS i)`)
	query(t, db, "浙A-1", "SELECT externals['plate'] FROM devices FINAL WHERE device = 'e-1'")
	query(t, db, "", "SELECT dictGet('device_info', 'model', ('west', 'hz-1', 'elevator', 'e-1'))")

	// What joins see follows at once.
	put(t, db, mirrored("e-1", "A2", 2))
	query(t, db, "A2", modelOf("e-1"))
	// The same again, and what is older, changes nothing.
	put(t, db, mirrored("e-1", "A2", 2), mirrored("e-2", "B", 1))
	put(t, db, mirrored("e-1", "A", 1))
	query(t, db, "A2", modelOf("e-1"))
	query(t, db, "B", modelOf("e-2"))
	query(t, db, "2", "SELECT count() FROM devices FINAL")
}

// What is written while the dictionary is read for the first time is in it: the embedded
// engine would never read it again by itself.
func TestTheFirstReadingOfTheDictionaryMissesNothing(t *testing.T) {
	db := clickhousetest.Start(t)
	first := make([]clickhouse.DeviceRow, 20_000) // so that it takes a while
	for i := range first {
		first[i] = mirrored(fmt.Sprintf("e-%d", i+10), "A", 1)
	}
	put(t, db, first...)
	for i := range 12 {
		query(t, db, "", "DETACH DICTIONARY device_info")
		query(t, db, "", "ATTACH DICTIONARY device_info")
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			_ = db.Query(t.Context(), io.Discard, clickhouse.QueryOptions{SQL: modelOf("e-10")})
		}()
		time.Sleep(time.Duration(i) * 3 * time.Millisecond)
		model := fmt.Sprintf("M%d", i)
		put(t, db, mirrored("e-1", model, int64(i+1)))
		<-asked
		query(t, db, model, modelOf("e-1"))
	}
}

func TestAReadingIsJoinedWithItsDevice(t *testing.T) {
	db := clickhousetest.Start(t)
	put(t, db, mirrored("e-1", "A", 1))
	b := new(clickhouse.Batch)
	b.AddReading(reading(lift, "speed_ms", day, 2))
	b.AddReading(reading(meter, "power_kw", day, 3))
	appendTo(t, db, b, "t")
	query(t, db, "e-1 A\nm-1 ", "SELECT concat(device, ' ', dictGet('device_info', 'model', (region, project, class, device))) FROM readings ORDER BY device")
}

func TestProjectsAreMirrored(t *testing.T) {
	db := clickhousetest.Start(t)
	p := clickhouse.ProjectRow{
		Region: "east", Project: "hz-1", Name: "滨江府", TimeZone: "Asia/Shanghai", Tariff: "zj", FloorAreaM2: 80_000.5, Households: 612,
		OccupiedOn: "2014-06-01", Version: 1, UpdatedAt: day.Time(),
	}
	for _, change := range []func(){func() {}, func() { p.Retired, p.Version = true, 2 }, func() { p.Retired, p.Version = false, 1 }} {
		change()
		if err := db.PutProjects(t.Context(), []clickhouse.ProjectRow{p}); err != nil {
			t.Fatal(err)
		}
	}
	query(t, db, "滨江府\tAsia/Shanghai\tzj\t80000.5\t612\t2014-06-01\ttrue\t2026-06-01 00:00:00.000",
		"SELECT name, time_zone, tariff, floor_area_m2, households, occupied_on, retired, updated_at FROM projects FINAL")
}

// After a restart of the engine the dictionary is read again by the account of
// the new start; and the old one's password is in no definition.
func TestTheDictionaryOutlivesTheEngine(t *testing.T) {
	opts := embedded.Options{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	run := func(use func(db *clickhouse.Store, password string)) {
		engine, err := embedded.Start(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := engine.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		db := openWith(t, engine.Options())
		if err := db.Migrate(t.Context(), clickhouse.Retention{}); err != nil {
			t.Fatal(err)
		}
		use(db, engine.Options().Password)
	}
	run(func(db *clickhouse.Store, password string) {
		put(t, db, mirrored("e-1", "A", 1))
		query(t, db, "A", modelOf("e-1"))
		if text := clickhousetest.Query(t, db, "SHOW CREATE DICTIONARY device_info"); password == "" || strings.Contains(text, password) {
			t.Errorf("the definition holds the password, or there is none:\n%s", text)
		}
	})
	run(func(db *clickhouse.Store, _ string) {
		query(t, db, "A", modelOf("e-1"))
		put(t, db, mirrored("e-1", "B", 2))
		query(t, db, "B", modelOf("e-1"))
	})
}

func TestAnchorsAreKept(t *testing.T) {
	db := clickhousetest.Start(t)
	if anchors, err := db.Anchors(t.Context()); err != nil || len(anchors) != 0 {
		t.Errorf("before the first: %v, %v", anchors, err)
	}
	begin := time.Now().Add(-time.Minute)
	for _, a := range []clickhouse.Anchor{{Seq: 7, Hash: "b"}, {Seq: 3, Hash: "a"}, {Seq: 7, Hash: "b"}, {Seq: 7, Hash: `other '\`}} {
		if err := db.PutAnchor(t.Context(), a.Seq, a.Hash); err != nil {
			t.Fatal(err)
		}
	}
	anchors, err := db.Anchors(t.Context())
	if err != nil || len(anchors) != 3 {
		t.Fatalf("%v, %v", anchors, err)
	}
	for i, want := range []clickhouse.Anchor{{Seq: 3, Hash: "a"}, {Seq: 7, Hash: "b"}, {Seq: 7, Hash: `other '\`}} {
		got := anchors[i]
		if got.Seq != want.Seq || got.Hash != want.Hash || got.At.Before(begin) || got.At.After(time.Now().Add(time.Minute)) {
			t.Errorf("anchor %d: %+v, want %+v", i, got, want)
		}
	}
}

// A hundred thousand devices from the registry, in pages as they come at each
// start, while somebody joins with them; and then one change.
func BenchmarkMirror(b *testing.B) {
	db := clickhousetest.Start(b)
	page := make([]clickhouse.DeviceRow, 1000)
	version := int64(0)
	for b.Loop() {
		version++
		for n := range 100 {
			for i := range page {
				page[i] = mirrored(fmt.Sprint("e-", n, "-", i), "A", version)
			}
			put(b, db, page...)
		}
		clickhousetest.Query(b, db, modelOf("e-0-0")) // from now on it is in use
		begin := time.Now()
		put(b, db, mirrored("e-0-0", "B", version+1))
		b.ReportMetric(float64(time.Since(begin).Milliseconds()), "ms/change")
		version++
	}
}
