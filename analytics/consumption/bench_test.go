package consumption

import (
	"fmt"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
)

// A year of a fiftieth of an estate of ten thousand meters with a counter each, of
// which one in a hundred hours lacks its readings, from the hourly rollup.
func BenchmarkYear(b *testing.B) {
	const devices, hours = 200, 365 * 24
	db := clickhousetest.Start(b)
	year := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	clickhousetest.Query(b, db, fmt.Sprintf(`
		INSERT INTO readings_1h (bucket, region, project, class, device, metric, min, max, first, last, count, sum, received)
		SELECT toDateTime(%d + 3600 * (number %% %[2]d), 'UTC') AS at, 'east', concat('hz-', toString(intDiv(number, %[2]d) %% 4)), 'meter', concat('m-', toString(intDiv(number, %[2]d))), 'energy_kwh',
			number %% %[2]d AS lo, lo + 0.9, (toDateTime64(at, 3, 'UTC') + 30, lo), (toDateTime64(at, 3, 'UTC') + 3570, lo + 0.9), 60, 60 * lo, toDateTime64(at, 3, 'UTC') + 3600
		FROM numbers(%d) WHERE cityHash64(number) %% 100 != 0
		SETTINGS max_partitions_per_insert_block = 100, max_memory_usage = 1000000000`, year.Unix(), hours, devices*hours))
	// Projects are found by the days.
	clickhousetest.Query(b, db, fmt.Sprintf(`
		INSERT INTO readings_1d (bucket, region, project, class, device, metric, count)
		SELECT toDateTime(%d, 'UTC'), 'east', concat('hz-', toString(number)), 'meter', 'm', 'energy_kwh', 1 FROM numbers(4)`, year.Unix()))
	before, engine := cpu(b), engineCPU(b, db)
	b.ResetTimer()
	for b.Loop() {
		r := &runs{t: b, db: db}
		r.run(year, year.AddDate(1, 0, 0))
	}
	rows, err := strconv.ParseFloat(clickhousetest.Query(b, db, "SELECT count() FROM readings_1h"), 64)
	if err != nil {
		b.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rollup-rows/s")
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/rows/float64(b.N), "client-cpu-ns/row")
	b.ReportMetric((engineCPU(b, db)-engine)*1e3/rows/float64(b.N), "engine-cpu-ns/row")
	b.ReportMetric(float64(m.Sys)/(1<<20), "client-MiB")
	if n := clickhousetest.Query(b, db, "SELECT countIf(quality = 'measured') > 0.9 * count() FROM consumption_1h FINAL"); n != "1" {
		b.Error("hours are not measured")
	}
}

// engineCPU is the processor time of the engine in microseconds.
func engineCPU(b *testing.B, db *clickhouse.Store) float64 {
	us, err := strconv.ParseFloat(clickhousetest.Query(b, db, "SELECT sum(value) FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'"), 64)
	if err != nil {
		b.Fatal(err)
	}
	return us
}

// cpu is the processor time of this process, without the engine's.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
