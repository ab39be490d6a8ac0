package clickhouse_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// rollupDiff counts the buckets in which a rollup is not what the readings say.
const rollupDiff = `
SELECT count() FROM
(
    SELECT * FROM
    (
        SELECT %[2]s AS bucket, region, project, class, device, metric, min(value) AS lo, max(value) AS hi, argMin(value, ts) AS f, argMax(value, ts) AS l,
            count() AS n, round(sum(value), 6) AS s, max(received) AS r
        FROM readings GROUP BY ALL
    ) AS direct
    FULL OUTER JOIN
    (
        SELECT bucket, region, project, class, device, metric, min(min) AS lo, max(max) AS hi, min(first).value AS f, max(last).value AS l,
            sum(count) AS n, round(sum(sum), 6) AS s, max(received) AS r
        FROM %[1]s AS rollup GROUP BY ALL
    ) AS rolled
    USING (bucket, region, project, class, device, metric)
    WHERE (direct.lo, direct.hi, direct.f, direct.l, direct.n, direct.s, direct.r) != (rolled.lo, rolled.hi, rolled.f, rolled.l, rolled.n, rolled.s, rolled.r)
) SETTINGS join_use_nulls = 0`

func checkRollups(t *testing.T, db *clickhouse.Store) {
	t.Helper()
	for table, bucket := range map[string]string{
		"readings_5m": "toDateTime(toStartOfFiveMinutes(ts), 'UTC')", "readings_1h": "toStartOfHour(ts)", "readings_1d": "toDateTime(toStartOfDay(ts), 'UTC')",
	} {
		query(t, db, "0", fmt.Sprintf(rollupDiff, table, bucket))
	}
}

func TestRollupsDoNotCareInWhichOrderReadingsCome(t *testing.T) {
	db := clickhousetest.Start(t)
	random := rand.New(rand.NewPCG(3, 4))
	var all []telemetry.Reading
	for _, d := range []*telemetry.Device{meter, lift, {Region: "west", Project: "hz-1", Class: telemetry.Meter, ID: "m-1"}} {
		for _, metric := range []string{"power_kw", "energy_kwh"} {
			for i := range telemetry.Millis(3 * 24 * 60) {
				// No two of a series at the same moment: which is first then is not said.
				r := reading(d, metric, day+i*minute+telemetry.Millis(random.IntN(60_000)), random.NormFloat64()*100)
				r.Received += telemetry.Millis(random.IntN(100_000))
				all = append(all, r)
			}
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	insert := 0
	for chunk := range slices.Chunk(all, 1500) {
		b := new(clickhouse.Batch)
		for _, r := range chunk {
			b.AddReading(r)
		}
		appendTo(t, db, b, fmt.Sprint("t", insert))
		insert++
	}
	query(t, db, fmt.Sprint(len(all)), "SELECT count() FROM readings")
	checkRollups(t, db)
	for _, table := range []string{"readings_5m", "readings_1h", "readings_1d"} {
		clickhousetest.Query(t, db, "OPTIMIZE TABLE "+table+" FINAL")
	}
	checkRollups(t, db)
	query(t, db, "18", "SELECT count() FROM readings_1d") // three days of six series, merged
}

func TestALateReadingChangesTheBucketOfItsTime(t *testing.T) {
	db := clickhousetest.Start(t)
	add := func(token string, ts telemetry.Millis, value float64) {
		b := new(clickhouse.Batch)
		b.AddReading(reading(meter, "power_kw", ts, value))
		appendTo(t, db, b, token)
	}
	add("on time", day+10*minute, 5)
	add("next day", day+25*hour, 7)
	add("late and before", day+1*minute, 9)
	add("late and between", day+5*minute, 1)
	const sql = "SELECT concatWithSeparator(' ', min(min), max(max), min(first).value, max(last).value, sum(count), sum(sum)) FROM %s GROUP BY bucket ORDER BY bucket"
	query(t, db, "1 9 9 5 3 15\n7 7 7 7 1 7", fmt.Sprintf(sql, "readings_1d"))
	query(t, db, "1 9 9 5 3 15\n7 7 7 7 1 7", fmt.Sprintf(sql, "readings_1h"))
	query(t, db, "9 9 9 9 1 9\n1 1 1 1 1 1\n5 5 5 5 1 5\n7 7 7 7 1 7", fmt.Sprintf(sql, "readings_5m"))
}
