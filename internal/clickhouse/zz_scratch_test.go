package clickhouse_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
)

func TestZZ(t *testing.T) {
	const meters, days = 30, 30
	db := clickhousetest.Start(t)
	m := newMeters(meters)
	batch := new(clickhouse.Batch)
	at := day
	for n := 0; at < day+days*24*hour; n++ {
		batch.Reset()
		for range 1440 {
			m.minute(batch, at)
			at += minute
		}
		appendTo(t, db, batch, fmt.Sprint("history", n))
	}
	d := m.devices[3]
	cpuOf := func(what string, f func()) {
		var b testing.B
		f()
		before := clickhousetest.Query(t, db, "SELECT sum(value) FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'")
		begun := time.Now()
		for range 20 {
			f()
		}
		took := time.Since(begun) / 20
		after := clickhousetest.Query(t, db, "SELECT sum(value) FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'")
		var x, y int
		fmt.Sscan(before, &x)
		fmt.Sscan(after, &y)
		_ = b
		t.Logf("%s: %v wall, %d us engine cpu", what, took, (y-x)/20)
	}
	for _, r := range []clickhouse.Resolution{"", "1h", "5m", "raw"} {
		q := clickhouse.ReadingsQuery{Filter: clickhouse.Filter{Region: d.Region, Project: d.Project, Class: d.Class, Device: d.ID}, Resolution: r, Limit: 4000}
		q.From, q.To = when(day, day+days*24*hour)
		cpuOf("readings "+string(r), func() {
			if _, err := db.Readings(t.Context(), authz.Everything(), q); err != nil {
				t.Fatal(err)
			}
		})
	}
	cpuOf("select 1", func() { clickhousetest.Query(t, db, "SELECT 1") })
	cpuOf("plain", func() {
		clickhousetest.Query(t, db, "SELECT metric, bucket, min(min), max(max), sum(sum)/sum(count), min(first), max(last) FROM readings_1h WHERE project = '"+d.Project+"' AND class = 'meter' AND device = '"+d.ID+"' AND region = 'east' AND bucket >= '2026-06-01 00:00:00' AND bucket < '2026-07-01 00:00:00' GROUP BY metric, bucket ORDER BY metric, bucket")
	})
	text, _ := os.ReadFile("queries/scoped/readings_buckets.sql")
	params := map[string]string{"table": "readings_1h", "scope_all": "1", "scope_regions": "[]", "scope_projects": "[]", "region": d.Region, "project": d.Project, "class": "meter", "device": d.ID, "devices": "[]", "metrics": "[]", "from": fmt.Sprint(int64(day)), "to": fmt.Sprint(int64(day + 30*24*hour)), "after_project": "", "after_class": "", "after_device": "", "after_metric": "", "after_region": "", "after_ts": "0", "limit": "10001"}
	ask := func(prefix string, extra string) string {
		var out strings.Builder
		if err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: prefix + string(text) + extra, Params: params, Format: "TSVRaw"}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	cpuOf("buckets sql", func() { ask("", "") })
	cpuOf("buckets sql in order", func() { ask("", " SETTINGS optimize_aggregation_in_order=1, max_threads=2") })
	cpuOf("explain", func() { ask("EXPLAIN ", "") })
	t.Log(ask("EXPLAIN indexes=1 ", " SETTINGS optimize_aggregation_in_order=1"))
}
