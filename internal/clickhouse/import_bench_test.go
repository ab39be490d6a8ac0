package clickhouse_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
)

// Half a million readings of a hundred meters from a file into the store with
// its rollups, and the memory that is live in this process meanwhile. (The file
// is in memory here, and counted.)
func BenchmarkImport(b *testing.B) {
	from := clickhousetest.Start(b)
	m, at := newMeters(100), day
	batch := new(clickhouse.Batch)
	for range 1000 {
		m.minute(batch, at)
		at += minute
	}
	rows := batch.Rows()
	appendTo(b, from, batch, "t")
	batch, m = nil, nil
	for _, format := range everyFormat {
		var file bytes.Buffer
		q := clickhouse.ExportQuery{Table: clickhouse.TableReadings, Format: format, To: (at + hour).Time()}
		if err := from.Export(b.Context(), authz.Everything(), &file, q); err != nil {
			b.Fatal(err)
		}
		b.Run(format, func(b *testing.B) {
			var live uint64
			for b.Loop() {
				b.StopTimer()
				to := clickhousetest.Start(b)
				b.StartTimer()
				result, err := to.Import(b.Context(), source(clickhouse.TableReadings, format, file.Bytes()), clickhouse.ImportOptions{
					Now: func() time.Time { return (at + hour).Time() },
					Progress: func(clickhouse.ImportResult) {
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						live = max(live, m.HeapAlloc)
					},
				})
				if err != nil || result.Stored != int64(rows) {
					b.Fatal(result, err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(file.Len())/float64(rows), "file-bytes/row")
			b.ReportMetric(float64(live)/(1<<20), "heap-MB")
		})
	}
}
