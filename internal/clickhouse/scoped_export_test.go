package clickhouse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

var exportFormats = []string{"csv", "arrow", "parquet"}

// The first line of CSV is a promise to whoever reads it by position.
func TestExportColumns(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		q    clickhouse.ExportQuery
		want string
	}{
		{clickhouse.ExportQuery{Table: "readings"}, "ts,region,project,class,device,metric,value,received"},
		{clickhouse.ExportQuery{Table: "readings", Resolution: clickhouse.Raw}, "ts,region,project,class,device,metric,value,received"},
		{clickhouse.ExportQuery{Table: "readings", Resolution: clickhouse.Daily}, "bucket,region,project,class,device,metric,first_ts,first,last_ts,last,min,max,mean,count"},
		{clickhouse.ExportQuery{Table: "events"}, "ts,region,project,class,device,kind,id,severity,attrs,received"},
	} {
		var out strings.Builder
		c.q.Format = "csv"
		if err := w.db.Export(t.Context(), authz.Everything(), &out, c.q); err != nil {
			t.Fatal(err)
		}
		if head, _, _ := strings.Cut(out.String(), "\n"); strings.ReplaceAll(head, `"`, "") != c.want {
			t.Errorf("%s: %s, want %s", c.q.Table, head, c.want)
		}
	}
}

// A file of nothing is still a file of its format.
func TestExportOfNothing(t *testing.T) {
	w := newWorld(t)
	for _, format := range exportFormats {
		for _, table := range []string{"readings", "events"} {
			q := clickhouse.ExportQuery{Table: table, Format: format, Filter: clickhouse.Filter{Region: "west"}}
			var out bytes.Buffer
			if err := w.db.Export(t.Context(), authz.Everything(), &out, q); err != nil {
				t.Fatal(err)
			}
			if records, err := readFile(out.Bytes(), format); err != nil || len(records) > 0 {
				t.Errorf("%s as %s: %d rows, %v", table, format, len(records), err)
			}
		}
	}
}

func TestExportOfWhatIsNot(t *testing.T) {
	db := clickhousetest.Start(t)
	for field, q := range map[string]clickhouse.ExportQuery{
		"table":      {Table: "dead_letters", Format: "csv"},
		"format":     {Table: "readings", Format: "Native"},
		"resolution": {Table: "readings", Format: "csv", Resolution: "1w"},
		"region":     {Table: "events", Format: "csv", Filter: clickhouse.Filter{Region: "' OR 1=1"}},
	} {
		var out bytes.Buffer
		err := db.Export(t.Context(), authz.Everything(), &out, q)
		bad := new(clickhouse.ArgumentError)
		if !errors.As(err, &bad) || bad.Field != field || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", field, err, out.Len())
		}
	}
}

// Not a name of another project's is in the bytes, not in a dictionary either.
func TestExportHoldsNoOtherNames(t *testing.T) {
	w := newWorld(t)
	for _, format := range exportFormats {
		for _, table := range []string{"readings", "events"} {
			var out bytes.Buffer
			err := w.db.Export(t.Context(), watcher{"east/north"}.scope(t), &out, clickhouse.ExportQuery{Table: table, Format: format})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"harbour", "hill", "northern"} {
				if bytes.Contains(out.Bytes(), []byte(name)) {
					t.Errorf("%s as %s holds %q", table, format, name)
				}
			}
		}
	}
}

// plantMuch gives a project n readings of one device.
func plantMuch(t testing.TB, db *clickhouse.Store, n int) {
	t.Helper()
	d := &telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Meter, ID: "m-1"}
	b := new(clickhouse.Batch)
	for i := range n {
		b.AddReading(reading(d, "metric-"+strconv.Itoa(i%5), day+telemetry.Millis(i)*second, float64(i)*1.7320508))
	}
	appendTo(t, db, b, "much")
}

// An export that fails behind its beginning is an error, whatever was written.
func TestExportThatBreaksOff(t *testing.T) {
	db := clickhousetest.Start(t)
	plantMuch(t, db, 400_000)
	enough := errors.New("enough")
	for _, format := range exportFormats {
		q := clickhouse.ExportQuery{Table: "readings", Format: format}
		t.Run(format+" by the reader", func(t *testing.T) {
			if err := db.Export(t.Context(), authz.Everything(), &after{bytes: 1000, then: func() error { return enough }}, q); !errors.Is(err, enough) {
				t.Errorf("got %v", err)
			}
		})
		t.Run(format+" by the caller", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if err := db.Export(ctx, authz.Everything(), &after{bytes: 1000, then: func() error { cancel(); return nil }}, q); err == nil {
				t.Error("no error")
			}
		})
		t.Run(format+" by the server", func(t *testing.T) {
			kill := func() error {
				return db.Query(t.Context(), io.Discard, clickhouse.QueryOptions{
					SQL: "KILL QUERY WHERE current_database = currentDatabase() AND query_id != queryID() AND query NOT LIKE '%KILL%' ASYNC",
				})
			}
			var file bytes.Buffer
			err := db.Export(t.Context(), authz.Everything(), &after{bytes: 1000, then: kill, rest: &file}, q)
			if err == nil {
				t.Error("no error")
			}
			if _, err := readFile(file.Bytes(), format); err == nil && format != "csv" {
				t.Error("the broken file can be read")
			}
		})
	}
}

// after calls then once, when so many bytes were written.
type after struct {
	bytes int
	then  func() error
	rest  *bytes.Buffer // takes what is written; nil for nowhere
}

func (a *after) Write(p []byte) (int, error) {
	if a.rest != nil {
		a.rest.Write(p)
	}
	if a.bytes -= len(p); a.bytes <= 0 && a.then != nil {
		then := a.then
		a.then = nil
		if err := then(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// However much is exported, neither side holds more than a little of it: the
// server is asked in the middle how much it has needed, and this process counts
// what it holds.
func TestExportInBoundedMemory(t *testing.T) {
	db := clickhousetest.Start(t)
	plantMuch(t, db, 1_000_000)
	for _, format := range exportFormats {
		t.Run(format, func(t *testing.T) {
			m := &memoryMeter{t: t, db: db}
			if err := db.Export(t.Context(), authz.Everything(), m, clickhouse.ExportQuery{Table: "readings", Format: format}); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d MB written, %d MB held here, %d MB by the server", m.written>>20, m.here>>20, m.there>>20)
			if m.samples == 0 || m.here > 24<<20 || m.there > 128<<20 {
				t.Errorf("%d samples: %d MB held here, %d MB by the server", m.samples, m.here>>20, m.there>>20)
			}
		})
	}
}

// memoryMeter looks at memory at every other megabyte that is written.
type memoryMeter struct {
	t                 *testing.T
	db                *clickhouse.Store
	written, next     int
	base, here, there uint64
	samples           int
}

func (m *memoryMeter) Write(p []byte) (int, error) {
	if m.written += len(p); m.written < m.next {
		return len(p), nil
	}
	m.next = m.written + 2<<20
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	if m.base == 0 {
		m.base = s.HeapAlloc
	}
	m.here = max(m.here, s.HeapAlloc-min(m.base, s.HeapAlloc))
	peak, err := strconv.ParseUint(clickhousetest.Query(m.t, m.db,
		"SELECT max(peak_memory_usage) FROM system.processes WHERE current_database = currentDatabase() AND query_id != queryID()"), 10, 64)
	if err != nil {
		return 0, err
	}
	if peak > 0 {
		m.samples++
	}
	m.there = max(m.there, peak)
	return len(p), nil
}

// An export goes by device, and for each by time, so that whoever reads it can
// do so in one pass.
func TestExportOrder(t *testing.T) {
	w := newWorld(t)
	for _, table := range []string{"readings", "events"} {
		var out bytes.Buffer
		if err := w.db.Export(t.Context(), authz.Everything(), &out, clickhouse.ExportQuery{Table: table, Format: "csv"}); err != nil {
			t.Fatal(err)
		}
		records, err := readFile(out.Bytes(), "csv")
		if err != nil {
			t.Fatal(err)
		}
		ended, before, last := map[string]bool{}, "", ""
		for _, r := range records {
			// Two regions may have projects and devices of the same names, which then come together.
			series := fmt.Sprint(r["project"], "/", r["class"], "/", r["device"], " ", r["metric"])
			if series != before {
				ended[before], last = true, ""
			}
			if ended[series] || r["ts"] < last {
				t.Fatalf("%s of %s are out of order", table, series)
			}
			before, last = series, r["ts"]
		}
	}
}
