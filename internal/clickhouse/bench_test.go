package clickhouse_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// meters is a small estate of electricity meters that report five metrics every
// minute, with the resolution of real ones, and are heard 20 to 200 ms later.
type meters struct {
	random  *rand.Rand
	devices []*telemetry.Device
	phase   []telemetry.Millis // when in the minute each one reports
	energy  []float64
}

func newMeters(n int) *meters {
	m := &meters{random: rand.New(rand.NewPCG(1, 2)), energy: make([]float64, n)}
	for i := range n {
		m.devices = append(m.devices, &telemetry.Device{
			Region: "east", Project: fmt.Sprintf("hz-%02d", i%12), Class: telemetry.Meter, ID: fmt.Sprintf("m-%05d", i),
		})
		m.phase = append(m.phase, telemetry.Millis(m.random.IntN(60_000)))
		m.energy[i] = float64(m.random.IntN(50_000))
	}
	return m
}

// minute adds what all meters say in a minute.
func (m *meters) minute(b *clickhouse.Batch, at telemetry.Millis) {
	day := 2 * math.Pi * float64(at%(24*hour)) / float64(24*hour)
	for i, d := range m.devices {
		ts := at + m.phase[i]
		received := ts + 20 + telemetry.Millis(m.random.IntN(180))
		power := round(max(0.05, 2+1.5*math.Sin(day+float64(i))+0.05*m.random.NormFloat64()), 1e3)
		voltage := round(220+4*math.Sin(day)+0.5*m.random.NormFloat64(), 10)
		factor := round(0.92+0.01*m.random.NormFloat64(), 1e3)
		m.energy[i] += power / 60
		for _, v := range [...]struct {
			metric string
			value  float64
		}{
			{"power_kw", power}, {"voltage_v", voltage}, {"power_factor", factor},
			{"current_a", round(power*1000/(voltage*factor), 1e3)}, {"energy_kwh", round(m.energy[i], 100)},
		} {
			b.AddReading(telemetry.Reading{Device: d, Metric: v.metric, TS: ts, Received: received, Value: v.value})
		}
	}
}

func round(v, scale float64) float64 { return math.Round(v*scale) / scale }

// perRow reports what a row costs in time; in processor time here, which is the
// client's share; and there, which is the engine's with its merges.
func perRow(b *testing.B, rows int, used cpu) {
	n := float64(b.N) * float64(rows)
	b.ReportMetric(n/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(used.client.Nanoseconds())/n, "client-cpu-ns/row")
	if used.engine > 0 {
		b.ReportMetric(float64(used.engine.Nanoseconds())/n, "engine-cpu-ns/row")
	}
}

// cpu is processor time.
type cpu struct{ client, engine time.Duration }

func clientCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func engineCPU(b *testing.B, db *clickhouse.Store) time.Duration {
	us, err := strconv.ParseInt(clickhousetest.Query(b, db, "SELECT sum(value) FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'"), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(us) * time.Microsecond
}

// The cost of a row in the process that ingests it, before it is sent.
func BenchmarkBatchBuild(b *testing.B) {
	const devices = 10_000
	m := newMeters(devices)
	var readings []telemetry.Reading
	for _, d := range m.devices {
		for _, metric := range []string{"power_kw", "voltage_v", "power_factor", "current_a", "energy_kwh"} {
			readings = append(readings, reading(d, metric, day, 1))
		}
	}
	batch := new(clickhouse.Batch)
	b.ReportAllocs()
	before := clientCPU(b)
	for b.Loop() {
		batch.Reset()
		for _, r := range readings {
			batch.AddReading(r)
		}
	}
	perRow(b, len(readings), cpu{client: clientCPU(b) - before})
}

// Rows into a real engine: with all rollups, when every series comes once in a
// batch (a large estate, live), and when each comes several times (a backlog);
// and into a table that keeps nothing, which leaves the client's share.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name             string
		devices, minutes int
		discard          bool
	}{{"live", 10_000, 1, false}, {"backlog", 600, 16, false}, {"discarded", 10_000, 1, true}} {
		b.Run(c.name, func(b *testing.B) {
			db := clickhousetest.Start(b)
			if c.discard {
				discard(b, db)
			}
			m := newMeters(c.devices)
			batch := new(clickhouse.Batch)
			at, n := day, 0
			var used cpu
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				batch.Reset()
				for range c.minutes {
					m.minute(batch, at)
					at += minute
				}
				n++
				used.client -= clientCPU(b)
				used.engine -= engineCPU(b, db)
				b.StartTimer()
				appendTo(b, db, batch, fmt.Sprint("token", n))
				b.StopTimer()
				used.engine += engineCPU(b, db)
				used.client += clientCPU(b)
				b.StartTimer()
			}
			perRow(b, batch.Rows(), used)
		})
	}
}

// discard makes readings a table that keeps nothing.
func discard(b *testing.B, db *clickhouse.Store) {
	clickhousetest.Query(b, db, "DROP VIEW readings_5m_mv")
	clickhousetest.Query(b, db, "RENAME TABLE readings TO elsewhere")
	clickhousetest.Query(b, db, "CREATE TABLE readings AS elsewhere ENGINE = Null")
}

// Such rows by clickhouse-go's own columns, discarded: why Append has its own.
func BenchmarkAppendByClickHouseGo(b *testing.B) {
	db := clickhousetest.Start(b)
	discard(b, db)
	opts := clickhousetest.Options(b)
	conn, err := driver.Open(&driver.Options{
		Addr: opts.Addrs, Auth: driver.Auth{Database: db.Database(), Username: opts.User, Password: opts.Password},
		Compression: &driver.Compression{Method: driver.CompressionLZ4},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const rows = 50_000
	var ts, received []time.Time
	var region, project, class, device, metric []string
	var value []float64
	for i := range rows {
		at := (day + telemetry.Millis(i)).Time()
		ts, received = append(ts, at), append(received, at)
		region, project, class = append(region, "east"), append(project, fmt.Sprint("hz-", i%12)), append(class, "meter")
		device, metric = append(device, fmt.Sprint("m-", i/5)), append(metric, fmt.Sprint("metric-", i%5))
		value = append(value, float64(i))
	}
	b.ReportAllocs()
	before := clientCPU(b)
	for b.Loop() {
		batch, err := conn.PrepareBatch(context.Background(), "INSERT INTO readings (ts, received, region, project, class, device, metric, value)")
		if err != nil {
			b.Fatal(err)
		}
		for i, column := range []any{ts, received, region, project, class, device, metric, value} {
			if err := batch.Column(i).Append(column); err != nil {
				b.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, rows, cpu{client: clientCPU(b) - before})
}

// Bytes that a reading of a meter takes on disk, once parts are merged, and
// what the rollups behind it take, for a month of fifty meters.
func BenchmarkDisk(b *testing.B) {
	db := clickhousetest.Start(b)
	m := newMeters(50)
	batch := new(clickhouse.Batch)
	for b.Loop() {
		at := day
		for n := 0; at < day+30*24*hour; n++ {
			batch.Reset()
			for range 500 {
				m.minute(batch, at)
				at += minute
			}
			appendTo(b, db, batch, fmt.Sprint(n))
		}
	}
	for _, table := range []string{"readings", "readings_5m", "readings_1h", "readings_1d"} {
		clickhousetest.Query(b, db, "OPTIMIZE TABLE "+table+" FINAL")
	}
	sizes, err := db.Disk(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var rows uint64
	bytes := map[string]uint64{}
	for _, s := range sizes {
		bytes[s.Table] = s.Bytes
		if s.Table == "readings" {
			rows = s.Rows
		}
	}
	for table, n := range bytes {
		if table != "schema_migrations" {
			b.ReportMetric(float64(n)/float64(rows), table+"-B/reading")
		}
	}
	b.Log(clickhousetest.Query(b, db, `SELECT arrayStringConcat(arrayMap(c -> concat(c.1, ' ', toString(c.2)), arraySort(c -> -c.2, groupArray((column, size)))), ', ')
		FROM (SELECT column, round(sum(column_data_compressed_bytes) / sum(rows), 3) AS size FROM system.parts_columns
		WHERE database = currentDatabase() AND active AND table = 'readings' GROUP BY column)`))
}
