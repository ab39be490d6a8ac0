package coverage

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

var start = time.Date(2026, 3, 9, 16, 0, 0, 0, time.UTC)

func at(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }

type runs struct {
	t       testing.TB
	db      *clickhouse.Store
	n       int
	numbers map[string]job.Number
}

func (r *runs) run(from, to time.Time) {
	r.t.Helper()
	r.n++
	j := New(r.db, time.UTC)
	r.numbers = map[string]job.Number{}
	err := j.Run(r.t.Context(), &job.Run{
		ID: fmt.Sprint("run-", r.n), Job: j.Name, From: from, To: to, Now: to.Add(10*time.Minute + time.Duration(r.n)*time.Millisecond),
		Params: map[string]string{}, Progress: func(int64, int64, string) {},
		Write: func(_ context.Context, list []job.Number) error {
			for _, n := range list {
				r.numbers[n.Kind+"@"+n.Region] = n
			}
			return nil
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *runs) query(want, sql string) {
	r.t.Helper()
	if got := clickhousetest.Query(r.t, r.db, sql); got != want {
		r.t.Errorf("%s\ngot:\n%s\nwant:\n%s", sql, got, want)
	}
}

// messages adds two metrics of a device every so many minutes; delay is how much later
// they are received.
func messages(b *clickhouse.Batch, d *telemetry.Device, step time.Duration, from, to float64, delay time.Duration) {
	for ts := at(from); ts.Before(at(to)); ts = ts.Add(step) {
		ms := telemetry.MillisOf(ts)
		for i, metric := range []string{"power_kw", "energy_kwh"} {
			if metric == "energy_kwh" && ts.Minute()%30 != 0 {
				continue // comes less often
			}
			b.AddReading(telemetry.Reading{Device: d, Metric: metric, TS: ms, Received: ms + telemetry.Millis(delay.Milliseconds()), Value: float64(i)})
		}
	}
}

func TestCoverage(t *testing.T) {
	db := clickhousetest.Start(t)
	device := func(class telemetry.Class, id string) *telemetry.Device {
		return &telemetry.Device{Region: "east", Project: "hz", Class: class, ID: id}
	}
	whole, gappy, gone, new1 := device(telemetry.Meter, "whole"), device(telemetry.Fire, "gappy"), device(telemetry.Meter, "gone"), device(telemetry.Meter, "new")
	b := new(clickhouse.Batch)
	messages(b, whole, 5*time.Minute, 0, 48, time.Second)
	messages(b, gappy, 5*time.Minute, 0, 20, time.Second)
	messages(b, gappy, 5*time.Minute, 26.5, 48, time.Second)
	messages(b, gone, time.Minute, 0, 30, time.Second)
	messages(b, new1, 10*time.Minute, 40.5, 48, time.Second)
	for i, topic := range []string{"property/east/hz/meter/whole/telemetry", "property/east/hz/meter/whole/telemetry", "property/east/hz/meter/unheard/telemetry", "property/east/hz2/meter/whole/telemetry"} {
		for range 2 { // quarantined twice
			b.AddDeadLetter(telemetry.DeadLetter{ID: fmt.Sprint(i), Received: telemetry.MillisOf(at(3.5)), Topic: topic, Reason: telemetry.BadSyntax})
		}
	}
	if err := db.Append(t.Context(), b, "1"); err != nil {
		t.Fatal(err)
	}
	if err := db.PutDevices(t.Context(), []clickhouse.DeviceRow{
		{Device: *whole, State: "active", Version: 1}, {Device: *gappy, State: "active", Version: 1}, {Device: *gone, State: "active", Version: 1},
	}); err != nil {
		t.Fatal(err)
	}
	r := &runs{t: t, db: db}
	r.run(at(0), at(24))
	r.run(at(24), at(48))
	for range 2 {
		r.query("gappy\t576\t498\t0\t0\t48\ngone\t2880\t1800\t0\t0\t48\nnew\t45\t45\t0\t0\t8\nwhole\t576\t576\t2\t0\t48",
			"SELECT device, round(sum(expected)), sum(received), sum(rejected), sum(late), count() FROM coverage_1h FINAL GROUP BY device ORDER BY device")
		r.query("gappy\tsilent\tcritical\t2026-03-10 12:25:00\ngappy\tsilent_cleared\tinfo\t2026-03-10 18:30:00\ngone\tsilent\tinfo\t2026-03-10 22:29:00",
			"SELECT device, kind, severity, toDateTime(ts) FROM events ORDER BY device, ts")
		r.run(at(0), at(48)) // again: nothing twice
	}
	n := r.numbers["received_share@"]
	if n.Value == nil || math.Abs(*n.Value-(576+498+1800+45)/(576+576+2880+45.0)) > 0.001 || *r.numbers["silences@east"].Value != 0 {
		t.Errorf("%+v", r.numbers)
	}

	// What was held back comes, and the silent one stays so, days later.
	b.Reset()
	messages(b, gappy, 5*time.Minute, 20, 26.5, 30*time.Hour)
	messages(b, whole, 5*time.Minute, 48, 140, time.Second)
	if err := db.Append(t.Context(), b, "2"); err != nil {
		t.Fatal(err)
	}
	for h := 48.0; h < 136; h += 24 {
		r.run(at(h-48), at(h+24))
	}
	r.query("gappy\t78", "SELECT device, sum(late) FROM coverage_1h FINAL WHERE ts < "+fmt.Sprint(at(48).Unix())+" GROUP BY device HAVING sum(late) > 0")
	r.query("1440\t0", "SELECT round(sum(expected)), sum(received) FROM coverage_1h FINAL WHERE device = 'gone' AND ts >= "+fmt.Sprint(at(110).Unix())+" AND ts < "+fmt.Sprint(at(134).Unix()))
	b.Reset()
	messages(b, gone, time.Minute, 150, 151, time.Second)
	if err := db.Append(t.Context(), b, "3"); err != nil {
		t.Fatal(err)
	}
	r.run(at(140), at(151))
	r.query("silent\tsilent_cleared", "SELECT arrayStringConcat(groupArray(kind), '\t') FROM (SELECT kind FROM events WHERE device = 'gone' ORDER BY ts)")
}

func TestNothingToCover(t *testing.T) {
	r := &runs{t: t, db: clickhousetest.Start(t)}
	r.run(at(0), at(24))
	if n := r.numbers["received_share@"]; n.Value != nil || n.Why == "" {
		t.Errorf("%+v", n)
	}
}
