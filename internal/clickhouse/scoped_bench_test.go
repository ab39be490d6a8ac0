package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// A chart of thirty days of one device, in the resolution that fits a screen,
// in a store of thirty such devices: alone, and while readings are inserted as
// fast as they go.
func BenchmarkChart(b *testing.B) {
	const meters, days = 30, 30
	db := clickhousetest.Start(b)
	m := newMeters(meters)
	batch := new(clickhouse.Batch)
	at := day
	for n := 0; at < day+days*24*hour; n++ {
		batch.Reset()
		for range 1440 {
			m.minute(batch, at)
			at += minute
		}
		appendTo(b, db, batch, fmt.Sprint("history", n))
	}
	charts := func(b *testing.B) {
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			d := m.devices[i%meters]
			q := clickhouse.ReadingsQuery{Filter: clickhouse.Filter{Region: d.Region, Project: d.Project, Class: d.Class, Device: d.ID}}
			q.From, q.To = when(day, day+days*24*hour)
			begun := time.Now()
			page, err := db.Readings(b.Context(), authz.Everything(), q)
			if err != nil || page.Resolution != clickhouse.Hourly || len(page.Buckets) < 5*days*24 {
				b.Fatalf("%q, %d buckets, %v", page.Resolution, len(page.Buckets), err)
			}
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
	b.Run("alone", charts)
	b.Run("beside inserts", func(b *testing.B) {
		stop := insertAllTheTime(b, db)
		charts(b)
		b.ReportMetric(stop(), "inserted-rows/s")
	})
}

// insertAllTheTime appends a minute of two thousand other meters after the
// other, until stop, which tells how many readings a second that were.
func insertAllTheTime(b *testing.B, db *clickhouse.Store) (stop func() float64) {
	ctx, cancel := context.WithCancel(b.Context())
	var work sync.WaitGroup
	rows, begun := 0, time.Now()
	m := newMeters(2000)
	for _, d := range m.devices {
		d.Region = "west"
	}
	work.Go(func() {
		batch := new(clickhouse.Batch)
		for at := day + 31*24*hour; ctx.Err() == nil; at += minute {
			batch.Reset()
			m.minute(batch, at)
			if err := db.Append(ctx, batch, fmt.Sprint("beside", b.N, at)); err != nil {
				if !errors.Is(ctx.Err(), context.Canceled) {
					b.Error(err)
				}
				return
			}
			rows += batch.Rows()
		}
	})
	return func() float64 {
		cancel()
		work.Wait()
		return float64(rows) / time.Since(begun).Seconds()
	}
}

// A page deep in a year of one project costs what the first costs.
func BenchmarkDeepPage(b *testing.B) {
	db := clickhousetest.Start(b)
	d := &telemetry.Device{Region: "north", Project: "a", Class: telemetry.Meter, ID: "m"}
	plantSeries(b, db, d, 5*minute, 90*24*hour)
	for name, days := range map[string]telemetry.Millis{"first": 0, "deep": 80} {
		b.Run(name, func(b *testing.B) {
			q := clickhouse.ReadingsQuery{Resolution: clickhouse.Raw, Limit: 1000}
			q.From, q.To = when(day, day+90*24*hour)
			for range days * 288 / 1000 {
				page, err := db.Readings(b.Context(), authz.Everything(), q)
				if err != nil {
					b.Fatal(err)
				}
				q.Cursor = page.Next
			}
			b.ResetTimer()
			for b.Loop() {
				if page, err := db.Readings(b.Context(), authz.Everything(), q); err != nil || len(page.Readings) != 1000 {
					b.Fatal(len(page.Readings), err)
				}
			}
		})
	}
}
