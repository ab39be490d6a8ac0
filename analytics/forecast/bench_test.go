package forecast

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// BenchmarkYear is a year of 10,000 devices in 50 projects: each with a reading of
// three metrics a day, so that the rollup has what it has of a year, and ten faults of
// five codes with their ends.
func BenchmarkYear(b *testing.B) {
	db := clickhousetest.Start(b)
	const devices, projects, faults = 10_000, 50, 100_000
	from := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	place := `'r1' AS region, concat('p', toString(number % 50)) AS project, 'elevator' AS class, concat('lift-', toString(number % 10000)) AS device`
	start := fmt.Sprintf("toDateTime64(%d, 3, 'UTC')", from.Unix())
	for _, sql := range []string{
		`INSERT INTO readings_1d (bucket, region, project, class, device, metric, min, max, first, last, count, sum, received)
		SELECT toDateTime(toStartOfDay(` + start + ` + 3600) + toIntervalDay(intDiv(number, 30000)), 'UTC') AS bucket, ` + place + `,
			['door_cycles_total', 'trips_total', 'run_hours'][1 + intDiv(number, 10000) % 3] AS metric, 0, 1,
			(toDateTime64(bucket, 3, 'UTC'), 0.), (toDateTime64(bucket, 3, 'UTC') + 86000, 50. + cityHash64(number % 10000) % 100), 96, 48, toDateTime64(bucket, 3, 'UTC')
		FROM numbers(30000 * 365)`,
		`INSERT INTO events (ts, received, region, project, class, device, kind, id, severity, attrs)
		SELECT ` + start + ` + (cityHash64(intDiv(number, 20000), number % 10000) % 31000000) + if(intDiv(number, 10000) % 2 = 1, 7200, 0) AS ts, ts, ` + place + `,
			if(intDiv(number, 10000) % 2 = 1, 'fault_cleared', 'fault'), toString(number), 'warning', concat('{"code":"E', toString(intDiv(number, 20000) % 5), '"}')
		FROM numbers(200000)`,
	} {
		clickhousetest.Query(b, db, sql)
	}
	// The rollup is read for the devices, and 270 days of it for wear.
	const rows = 30_000*(365+270) + 2*faults
	var list []clickhouse.DeviceRow
	for i := range devices {
		list = append(list, clickhouse.DeviceRow{
			Device: telemetry.Device{Region: "r1", Project: fmt.Sprint("p", i%projects), Class: telemetry.Elevator, ID: fmt.Sprint("lift-", i)},
			State:  "active", Vendor: "KONE", Model: fmt.Sprint("m", i%7), CommissionedOn: fmt.Sprintf("%d-05-01", 2005+i%20), Version: 1,
		})
	}
	if err := db.PutDevices(b.Context(), list); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	b.ResetTimer()
	var got *results
	for b.Loop() {
		got = runJob(b, db, from, from.AddDate(1, 0, 0), nil)
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows-read/s")
	b.ReportMetric(float64(mem.HeapSys)/(1<<20), "MB-heap")
	b.ReportMetric(float64(len(got.numbers)), "numbers")
	b.ReportMetric(got.find(b, "fail_365d", "", "", "").Exposure, "forecasts")
}
