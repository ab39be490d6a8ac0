package clickhouse_test

import (
	"fmt"
	"strings"
	"testing"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// counts are the readings that each table has seen.
func counts(t *testing.T, db *clickhouse.Store) string {
	t.Helper()
	return clickhousetest.Query(t, db, `SELECT concatWithSeparator(' ', (SELECT count() FROM readings), (SELECT sum(count) FROM readings_5m),
		(SELECT sum(count) FROM readings_1h), (SELECT sum(count) FROM readings_1d))`)
}

func thousand(d *telemetry.Device) *clickhouse.Batch {
	b := new(clickhouse.Batch)
	for i := range 1000 {
		b.AddReading(reading(d, "power_kw", day+telemetry.Millis(i)*minute, float64(i)))
	}
	return b
}

func TestATokenStoresOnce(t *testing.T) {
	db := clickhousetest.Start(t)
	b := thousand(meter)
	b.AddState(telemetry.State{Device: meter, Metric: "s", TS: day, Value: "v"})
	b.AddEvent(telemetry.Event{Device: meter, Kind: "tamper", ID: "1", TS: day, Attrs: "{}"})
	b.AddDeadLetter(telemetry.DeadLetter{ID: "1", Received: day})
	for range 3 {
		appendTo(t, db, b, "a")
	}
	if got := counts(t, db); got != "1000 1000 1000 1000" {
		t.Errorf("the same token three times: %s", got)
	}
	appendTo(t, db, b, "b")
	if got := counts(t, db); got != "2000 2000 2000 2000" {
		t.Errorf("equal rows with another token: %s", got)
	}
	query(t, db, "2 2 2", "SELECT concatWithSeparator(' ', (SELECT count() FROM states), (SELECT count() FROM events), (SELECT count() FROM dead_letters))")
}

// An insert can break off between the table and any of the views behind it.
func TestARetryCompletesWhatBrokeOff(t *testing.T) {
	for _, table := range []string{"readings_5m", "readings_1h", "readings_1d"} {
		t.Run(table, func(t *testing.T) {
			db := clickhousetest.Start(t)
			b := thousand(meter)
			clickhousetest.Query(t, db, "ALTER TABLE "+table+" ADD CONSTRAINT broken CHECK count > 1000000")
			if err := db.Append(t.Context(), b, "a"); err == nil {
				t.Fatal("the view was not broken")
			}
			if got := counts(t, db); !strings.HasPrefix(got, "1000 ") || !strings.Contains(got, " 0") {
				t.Fatalf("the insert should have stopped half way: %s", got)
			}
			clickhousetest.Query(t, db, "ALTER TABLE "+table+" DROP CONSTRAINT broken")
			for range 2 {
				appendTo(t, db, b, "a")
			}
			if got := counts(t, db); got != "1000 1000 1000 1000" {
				t.Errorf("after the retry: %s", got)
			}
		})
	}
}

// A batch of several classes makes several parts, each with a fate of its own.
func TestARetryCompletesAPartOfTheParts(t *testing.T) {
	db := clickhousetest.Start(t)
	b := thousand(meter)
	for i := range 500 {
		b.AddReading(reading(lift, "speed_ms", day+telemetry.Millis(i)*minute, 1))
	}
	clickhousetest.Query(t, db, "ALTER TABLE readings_5m ADD CONSTRAINT broken CHECK class != 'elevator'")
	if err := db.Append(t.Context(), b, "a"); err == nil {
		t.Fatal("the view was not broken")
	}
	clickhousetest.Query(t, db, "ALTER TABLE readings_5m DROP CONSTRAINT broken")
	for range 2 {
		appendTo(t, db, b, "a")
	}
	if got := counts(t, db); got != "1500 1500 1500 1500" {
		t.Errorf("after the retry: %s", got)
	}
}

func TestManyTokensAreRemembered(t *testing.T) {
	db := clickhousetest.Start(t)
	b := new(clickhouse.Batch)
	b.AddReading(reading(meter, "power_kw", day, 1))
	for round := range 2 {
		for i := range 60 {
			appendTo(t, db, b, fmt.Sprint("token-", i))
		}
		if got := counts(t, db); got != "60 60 60 60" {
			t.Errorf("round %d: %s", round, got)
		}
	}
}
