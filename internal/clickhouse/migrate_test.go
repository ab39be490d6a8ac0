package clickhouse_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

var update = flag.Bool("update", false, "write the golden files anew")

// schemaOf is what SHOW CREATE says of everything in a test's database.
func schemaOf(t *testing.T, db *clickhouse.Store) string {
	t.Helper()
	tables := clickhousetest.Query(t, db, "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name")
	var all strings.Builder
	for table := range strings.FieldsSeq(tables) {
		text := clickhousetest.Query(t, db, "SHOW CREATE TABLE "+table)
		text = strings.NewReplacer(db.Database()+".", "", "'"+db.Database()+"'", "'steward'").Replace(text)
		all.WriteString(text + ";\n\n")
	}
	return all.String()
}

func TestMigratedSchemaIsTheGoldenOne(t *testing.T) {
	db := clickhousetest.Start(t)
	got := schemaOf(t, db)
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the migrated schema is not schema.sql (run go test -run Golden -update if it should change):\n%s", got)
	}
}

func TestMigrateAgainChangesNothing(t *testing.T) {
	db := clickhousetest.Start(t)
	before := schemaOf(t, db)
	if err := db.Migrate(t.Context(), clickhouse.Retention{}); err != nil {
		t.Fatal(err)
	}
	if after := schemaOf(t, db); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if n := clickhousetest.Query(t, db, "SELECT count() = uniqExact(version) FROM schema_migrations"); n != "1" {
		t.Errorf("a migration was recorded again")
	}
}

func TestMigrateByManyAtOnce(t *testing.T) {
	opts := clickhousetest.Options(t)
	keep := clickhouse.Retention{Class: map[telemetry.Class]int{telemetry.Meter: 100}}
	stores := make([]*clickhouse.Store, 8)
	var wg sync.WaitGroup
	for i := range stores {
		db, err := clickhouse.Open(opts)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		stores[i] = db
		wg.Go(func() {
			if err := db.Migrate(t.Context(), keep); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	got := clickhousetest.Query(t, stores[0], "SELECT count() FROM system.tables WHERE database = currentDatabase()")
	if want := clickhousetest.Query(t, clickhousetest.Start(t), "SELECT count() FROM system.tables WHERE database = currentDatabase()"); got != want {
		t.Errorf("%s tables, want %s", got, want)
	}
	if got := clickhousetest.Query(t, stores[0], "SHOW CREATE TABLE readings"); !strings.Contains(got, "toIntervalDay(100)") {
		t.Errorf("no retention:\n%s", got)
	}
}

func TestMigrateRefusesAnotherProgramsDatabase(t *testing.T) {
	for name, change := range map[string]string{
		"changed file": "INSERT INTO schema_migrations (version, name, checksum, applied_at) SELECT 1, '0001_readings', 'deadbeef', now64(3) + 1",
		"newer":        "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_future', 'abc')",
	} {
		t.Run(name, func(t *testing.T) {
			db := clickhousetest.Start(t)
			clickhousetest.Query(t, db, change)
			before := schemaOf(t, db)
			if err := db.Migrate(t.Context(), clickhouse.Retention{DeadLetters: 7}); !errors.Is(err, clickhouse.ErrSchema) {
				t.Errorf("got %v, want ErrSchema", err)
			}
			if after := schemaOf(t, db); after != before {
				t.Errorf("the database was changed all the same:\n%s", after)
			}
		})
	}
}

func TestMigrateOfARecordedChecksumNamesTheMigration(t *testing.T) {
	db := clickhousetest.Start(t)
	clickhousetest.Query(t, db, "TRUNCATE TABLE schema_migrations")
	clickhousetest.Query(t, db, "INSERT INTO schema_migrations (version, name, checksum) VALUES (1, '0001_readings', 'deadbeefdeadbeef')")
	err := db.Migrate(t.Context(), clickhouse.Retention{})
	if !errors.Is(err, clickhouse.ErrSchema) || !strings.Contains(err.Error(), "0001_readings was applied with checksum deadbeefdead") {
		t.Errorf("got %v", err)
	}
}

func TestRetentionFollowsTheConfiguration(t *testing.T) {
	db := clickhousetest.Start(t)
	ttlOf := func(table string) string {
		_, ttl, _ := strings.Cut(clickhousetest.Query(t, db, "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = '"+table+"'"), " TTL ")
		ttl, _, _ = strings.Cut(ttl, " SETTINGS ")
		return ttl
	}
	migrate := func(keep clickhouse.Retention) {
		t.Helper()
		if err := db.Migrate(t.Context(), keep); err != nil {
			t.Fatal(err)
		}
	}
	modified := func() string {
		return clickhousetest.Query(t, db, "SELECT groupArray((name, metadata_modification_time, metadata_version)) FROM system.tables WHERE database = currentDatabase()")
	}

	migrate(clickhouse.Retention{Class: map[telemetry.Class]int{telemetry.Meter: 400, telemetry.Access: 30, telemetry.Fire: 0}, DeadLetters: 90})
	const want = "multiIf(class = 'access', toDateTime(ts, 'UTC') + toIntervalDay(30), class = 'meter', toDateTime(ts, 'UTC') + toIntervalDay(400), toDateTime('2106-01-01 00:00:00', 'UTC'))"
	for _, table := range []string{"readings", "states", "events"} {
		if got := ttlOf(table); got != want {
			t.Errorf("%s: %s", table, got)
		}
	}
	if got := ttlOf("dead_letters"); got != "toDateTime(received, 'UTC') + toIntervalDay(90)" {
		t.Errorf("dead_letters: %s", got)
	}
	for _, table := range []string{"readings_1h", "readings_1d"} {
		if got := ttlOf(table); got != "" {
			t.Errorf("%s: %s", table, got)
		}
	}

	before := modified()
	migrate(clickhouse.Retention{Class: map[telemetry.Class]int{telemetry.Meter: 400, telemetry.Access: 30}, DeadLetters: 90})
	if after := modified(); after != before {
		t.Errorf("the same retention altered tables: %s to %s", before, after)
	}

	migrate(clickhouse.Retention{})
	for _, table := range []string{"readings", "readings_5m", "states", "events", "dead_letters", "dead_letter_replays"} {
		if got := ttlOf(table); got != "" {
			t.Errorf("%s still has %s", table, got)
		}
	}
}

func TestRetentionIsChecked(t *testing.T) {
	db, err := clickhouse.Open(clickhouse.Options{Addrs: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, keep := range []clickhouse.Retention{
		{Class: map[telemetry.Class]int{telemetry.Meter: -1}},
		{Class: map[telemetry.Class]int{"boiler": 10}},
		{DeadLetters: 1e6},
	} {
		if err := db.Migrate(context.Background(), keep); err == nil || clickhouse.Transient(err) {
			t.Errorf("%v: got %v", keep, err)
		}
	}
}

func TestRetentionDropsByClassAndKeepsWhenMadeLonger(t *testing.T) {
	db := clickhousetest.Start(t)
	now := telemetry.MillisOf(time.Now())
	b := new(clickhouse.Batch)
	for _, age := range []telemetry.Millis{1, 40, 100} {
		b.AddReading(reading(meter, "power_kw", now-age*24*hour, float64(age)))
		b.AddReading(reading(lift, "speed_ms", now-age*24*hour, float64(age)))
	}
	appendTo(t, db, b, "t")
	keepMeters := func(days int) {
		t.Helper()
		if err := db.Migrate(t.Context(), clickhouse.Retention{Class: map[telemetry.Class]int{telemetry.Meter: days}}); err != nil {
			t.Fatal(err)
		}
		// The times of removal are computed anew in the background.
		for clickhousetest.Query(t, db, "SELECT countIf(NOT is_done) FROM system.mutations WHERE database = currentDatabase()") != "0" {
			if t.Context().Err() != nil {
				t.Fatal("the mutation does not end")
			}
		}
	}
	const left = "SELECT concat(class, ' ', arrayStringConcat(groupArray(toString(value)), ' ')) FROM (SELECT * FROM readings ORDER BY value) GROUP BY class ORDER BY class"

	// A mistake that is corrected before the server gets to it costs nothing.
	clickhousetest.Query(t, db, "SYSTEM STOP TTL MERGES readings")
	keepMeters(30)
	keepMeters(60)
	clickhousetest.Query(t, db, "SYSTEM START TTL MERGES readings")
	clickhousetest.Query(t, db, "OPTIMIZE TABLE readings FINAL")
	query(t, db, "elevator 1 40 100\nmeter 1 40", left)
}
