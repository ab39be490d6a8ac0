package energy

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// A year and a month of a fiftieth of an estate of ten thousand meters: 160 of
// electricity with their reactive energy, a quarter of them before the others, and 40
// of water, with a tariff, working hours and the weather. Of a hundred hours one is
// missing.
func BenchmarkYear(b *testing.B) {
	const electric, water = 160, 40
	db := clickhousetest.Start(b)
	from, to := day(2026, 1, 1), day(2026, 2, 1)
	begin := from.AddDate(-1, 0, 0)
	hours := int(to.Sub(begin).Hours())
	var devices []clickhouse.DeviceRow
	for i := range electric + water {
		d := clickhouse.DeviceRow{
			Device: telemetry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: fmt.Sprint("m-", i)},
			State:  "active", Building: fmt.Sprint("b", i%10), Medium: "electricity", Version: 1,
		}
		switch {
		case i >= electric:
			d.Medium = "water"
		case i >= electric/4:
			d.ParentMeter = fmt.Sprint("m-", i%(electric/4))
		}
		devices = append(devices, d)
	}
	if err := db.PutDevices(b.Context(), devices); err != nil {
		b.Fatal(err)
	}
	if err := db.PutProjects(b.Context(), []clickhouse.ProjectRow{{Region: "east", Project: "hz", TimeZone: "Asia/Shanghai", Version: 1}}); err != nil {
		b.Fatal(err)
	}
	// Loads have their day, their noise and their weather.
	for _, part := range []struct {
		metric, medium, value string
		first, n              int
	}{
		{"energy_kwh", "electricity", "(4 + 8 * (toHour(ts, 'Asia/Shanghai') BETWEEN 8 AND 18) + 3 * pow(sin((number % N) / 2800), 2)) * (0.8 + 0.4 * (cityHash64(number) % 1000) / 1000)", 0, electric},
		{"reactive_kvarh", "electricity", "2 + (cityHash64(number) % 1000) / 500", 0, electric},
		{"volume_m3", "water", "(0.1 + 0.9 * (toHour(ts, 'Asia/Shanghai') BETWEEN 6 AND 22)) * (0.5 + (cityHash64(number) % 1000) / 1000)", electric, water},
	} {
		clickhousetest.Query(b, db, fmt.Sprintf(`
			INSERT INTO consumption_1h (ts, region, project, building, device, point, class, medium, metric, value, covered, quality, readings, run_id, computed_at)
			WITH %d AS N SELECT toDateTime(%d + 3600 * (number %% N), 'UTC') AS ts, 'east', 'hz', concat('b', toString(intDiv(number, N) %% 10)), concat('m-', toString(%d + intDiv(number, N))) AS device, device,
				'meter', '%s', '%s', %s, 1, 'measured', 4, 'r', toDateTime64(%d, 3, 'UTC')
			FROM numbers(%d) WHERE cityHash64(number, 7) %% 100 != 0
			SETTINGS max_partitions_per_insert_block = 100, max_memory_usage = 1500000000`,
			hours, begin.Unix(), part.first, part.medium, part.metric, part.value, to.Unix(), hours*part.n))
	}
	clickhousetest.Query(b, db, fmt.Sprintf(`INSERT INTO readings_1h (bucket, region, project, class, device, metric, min, max, first, last, count, sum, received)
		SELECT toDateTime(%d + 3600 * number, 'UTC') AS at, 'east', 'hz', 'access', 'station', 'outdoor_temperature_c', 0, 0, (toDateTime64(at, 3, 'UTC'), 0), (toDateTime64(at, 3, 'UTC'), 0), 4,
			4 * (17 - 11 * cos(number / 1395) + 4 * sin(number / 3.82)), toDateTime64(at, 3, 'UTC') FROM numbers(%d)`, begin.Unix(), hours))
	for at := begin; at.Before(to); at = at.AddDate(0, 0, 31) {
		if err := db.CountDays(b.Context(), hz, shanghai, at, at.AddDate(0, 0, 31), "r", to); err != nil {
			b.Fatal(err)
		}
	}
	o := options(b, db, &board{})
	o.Tariff = tariffs(b, "large")
	cal := office(b)
	o.Calendar = func(at authz.Place) *calendar.Calendar { return cal(at) }
	runtime.GC()
	before := cpu(b)
	b.ResetTimer()
	var got *results
	for b.Loop() {
		got = runJob(b, o, from, to, to, nil)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	years := float64((electric+water)*b.N) * float64(hours) / 8766
	b.ReportMetric(float64(cpu(b)-before)/1e6/years, "client-cpu-ms/meter-year")
	b.ReportMetric(float64((2*electric+water)*hours*b.N)/b.Elapsed().Seconds(), "hours/s")
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "MB-heap")
	b.ReportMetric(float64(len(got.numbers)), "numbers")
	if n := got.find(b, "excess", "east", "hz", "point:m-3"); n.Value == nil {
		b.Errorf("%+v", n)
	}
}

// cpu is the processor time of this process, without the engine's.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
