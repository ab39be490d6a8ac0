package clickhouse_test

import (
	"fmt"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// plantSeries gives a device one metric every step from the day on.
func plantSeries(t testing.TB, db *clickhouse.Store, d *telemetry.Device, step, length telemetry.Millis) {
	t.Helper()
	b := new(clickhouse.Batch)
	for ts := day; ts < day+length; ts += step {
		b.AddReading(reading(d, "power_kw", ts, float64(ts%1000)))
	}
	appendTo(t, db, b, fmt.Sprint(d, step))
}

// By itself the finest resolution is chosen that keeps the points of a series
// below the limit, however long the period and however often a device reports;
// of what is no longer kept finely, the finest that still knows it.
func TestAutomaticResolution(t *testing.T) {
	db := clickhousetest.Start(t)
	often := &telemetry.Device{Region: "north", Project: "a", Class: telemetry.Meter, ID: "often"}
	seldom := &telemetry.Device{Region: "north", Project: "b", Class: telemetry.Meter, ID: "seldom"}
	const days = 24 * hour
	plantSeries(t, db, often, 2*minute, 40*days)
	plantSeries(t, db, seldom, 12*hour, 300*days)
	choose := func(name string, d *telemetry.Device, from, to telemetry.Millis, points int, want clickhouse.Resolution) {
		t.Helper()
		q := clickhouse.ReadingsQuery{Filter: clickhouse.Filter{Region: d.Region, Project: d.Project, Device: d.ID}, MaxPoints: points}
		q.From, q.To = when(from, to)
		page, err := db.Readings(t.Context(), authz.Everything(), q)
		if err != nil {
			t.Fatal(err)
		}
		n := len(page.Readings) + len(page.Buckets)
		if page.Resolution != want || n == 0 || points > 0 && n > points && want != clickhouse.Daily || page.Next != "" {
			t.Errorf("%s: %q with %d points, want %q", name, page.Resolution, n, want)
		}
	}
	choose("an hour", often, day, day+hour, 0, clickhouse.Raw)
	choose("a day", often, day, day+days, 0, clickhouse.Raw)
	choose("a day of 720 in 720", often, day, day+days, 720, clickhouse.Raw)
	choose("a day in 300", often, day, day+days, 300, clickhouse.FiveMinutes)
	choose("a week", often, day, day+6*days, 0, clickhouse.FiveMinutes)
	choose("a month", often, day, day+30*days, 0, clickhouse.Hourly)
	choose("a month in 31", often, day, day+30*days, 31, clickhouse.Daily)
	choose("years of a little", seldom, day, day+300*days, 0, clickhouse.Raw)
	choose("years in 100", seldom, day, day+300*days, 100, clickhouse.Daily)
	choose("between hours", often, day+30*minute, day+31*minute, 0, clickhouse.Raw)

	clickhousetest.Query(t, db, "TRUNCATE TABLE readings")
	choose("a day, without its readings", often, day, day+days, 0, clickhouse.FiveMinutes)
	clickhousetest.Query(t, db, "TRUNCATE TABLE readings_5m")
	choose("a day, without its minutes", often, day, day+days, 0, clickhouse.Hourly)
	choose("two years, without their minutes", seldom, day-300*days, day+300*days, 0, clickhouse.Daily)
}

// Pages of an automatic resolution keep it and the period, even when more data
// come between them.
func TestPagesKeepTheirResolution(t *testing.T) {
	db := clickhousetest.Start(t)
	d := &telemetry.Device{Region: "north", Project: "a", Class: telemetry.Meter, ID: "m"}
	plantSeries(t, db, d, hour, 50*hour)
	q := clickhouse.ReadingsQuery{MaxPoints: 60, Limit: 20}
	q.From, q.To = when(day, day+50*hour)
	first, err := db.Readings(t.Context(), authz.Everything(), q)
	if err != nil || first.Resolution != clickhouse.Raw || len(first.Readings) != 20 {
		t.Fatalf("%q, %d readings, %v", first.Resolution, len(first.Readings), err)
	}
	more := &telemetry.Device{Region: "north", Project: "a", Class: telemetry.Meter, ID: "n"}
	plantSeries(t, db, more, 10*minute, 50*hour)
	q.Cursor, q.Limit = first.Next, 40
	second, err := db.Readings(t.Context(), authz.Everything(), q)
	if err != nil || second.Resolution != clickhouse.Raw || len(second.Readings) != 40 || second.Readings[0].TS != day+20*hour || !second.To.Equal(first.To) {
		t.Errorf("%q, %d readings, %v", second.Resolution, len(second.Readings), err)
	}
}

// A year by pages of any resolution is whole and in order, across the pieces in
// which it is asked.
func TestReadingsOfYears(t *testing.T) {
	db := clickhousetest.Start(t)
	d := &telemetry.Device{Region: "north", Project: "a", Class: telemetry.Meter, ID: "m"}
	plantSeries(t, db, d, 36*hour, 800*24*hour)
	for _, r := range []clickhouse.Resolution{clickhouse.Raw, clickhouse.FiveMinutes, clickhouse.Hourly, clickhouse.Daily} {
		q := clickhouse.ReadingsQuery{Resolution: r, Limit: 100}
		q.From, q.To = when(0, day+900*24*hour)
		var times []telemetry.Millis
		for {
			page, err := db.Readings(t.Context(), authz.Everything(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Readings {
				times = append(times, r.TS)
			}
			for _, b := range page.Buckets {
				times = append(times, b.First.TS)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		for i, ts := range times {
			if ts != day+telemetry.Millis(i)*36*hour {
				t.Fatalf("%s: the %dth is of %s", r, i, ts)
			}
		}
		if len(times) != 534 {
			t.Errorf("%s: %d readings, want 534", r, len(times))
		}
	}
}

// The ends of a period are exact: from is in it and to is not.
func TestEndsOfAPeriod(t *testing.T) {
	db := clickhousetest.Start(t)
	d := &telemetry.Device{Region: "north", Project: "a", Class: telemetry.Meter, ID: "m"}
	b := new(clickhouse.Batch)
	for ts := telemetry.Millis(0); ts < 10; ts++ {
		b.AddReading(reading(d, "power_kw", day+ts, float64(ts)))
		b.AddEvent(telemetry.Event{Device: d, Kind: "tamper", ID: fmt.Sprint(ts), TS: day + ts, Received: day, Attrs: "{}"})
	}
	appendTo(t, db, b, "t")
	for _, c := range []struct {
		from, to time.Time
		want     int
	}{
		{(day + 3).Time(), (day + 7).Time(), 4},
		{(day + 3).Time(), (day + 3).Time(), 0},
		{(day + 3).Time().Add(time.Nanosecond), (day + 7).Time(), 3},
		{(day + 3).Time(), (day + 7).Time().Add(time.Nanosecond), 5},
		{time.Time{}, (day + 7).Time(), 7},
		{(day + 3).Time(), time.Time{}, 7},
		{time.Time{}, time.Time{}, 10},
	} {
		readings, err := db.Readings(t.Context(), authz.Everything(), clickhouse.ReadingsQuery{From: c.from, To: c.to, Resolution: clickhouse.Raw})
		if err != nil || len(readings.Readings) != c.want {
			t.Errorf("readings from %s to %s: %d, want %d, %v", c.from, c.to, len(readings.Readings), c.want, err)
		}
		events, err := db.Events(t.Context(), authz.Everything(), clickhouse.EventsQuery{From: c.from, To: c.to})
		if err != nil || len(events.Events) != c.want {
			t.Errorf("events from %s to %s: %d, want %d, %v", c.from, c.to, len(events.Events), c.want, err)
		}
	}
}
