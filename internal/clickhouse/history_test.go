package clickhouse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

// momentLine prints a moment.
func momentLine(m *clickhouse.Moment) string {
	var b strings.Builder
	fmt.Fprint(&b, m.Device.ID, " ", int64(m.TS-day))
	for _, r := range m.Readings {
		fmt.Fprint(&b, " ", r.Metric, "=", r.Value)
	}
	for _, s := range m.States {
		fmt.Fprint(&b, " ", s.Metric, "=", s.Value)
	}
	for _, e := range m.Events {
		fmt.Fprint(&b, " ", e.Kind, "(", e.ID, ",", e.Severity, ",", e.Attrs, ")")
	}
	return b.String()
}

func history(t *testing.T, db *clickhouse.Store, q clickhouse.HistoryQuery) []string {
	t.Helper()
	got := []string{}
	devices := map[telemetry.Device]*telemetry.Device{}
	err := db.History(t.Context(), authz.Everything(), q, func(m *clickhouse.Moment) error {
		if p, ok := devices[*m.Device]; ok && p != m.Device {
			t.Errorf("%s has two pointers", m.Device)
		}
		devices[*m.Device] = m.Device
		got = append(got, momentLine(m))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestHistory(t *testing.T) {
	db := clickhousetest.Start(t)
	year := 365 * 24 * hour
	b := new(clickhouse.Batch)
	b.AddReading(reading(lift, "floor", day+2, 7))
	b.AddReading(reading(meter, "power_kw", day+2, 3))
	b.AddReading(reading(meter, "energy_kwh", day+2, 4))
	b.AddReading(reading(meter, "power_kw", day+1, 2))
	b.AddReading(reading(meter, "power_kw", day-year, 1))
	b.AddState(telemetry.State{Device: lift, Metric: "mode", TS: day + 2, Received: day + 9, Value: "检修"})
	b.AddEvent(telemetry.Event{Device: lift, Kind: "entrapment", ID: "x", Severity: telemetry.LifeSafety, TS: day + 2, Received: day + 9, Attrs: `{"floor":7}`})
	b.AddEvent(telemetry.Event{Device: lift, Kind: "released", ID: "y", Severity: telemetry.Info, TS: day + 3*hour, Received: day + 3*hour, Attrs: `{}`})
	appendTo(t, db, b, "t")

	f := func(q clickhouse.HistoryQuery, want ...string) {
		t.Helper()
		if got := history(t, db, q); !slices.Equal(got, want) {
			t.Errorf("%+v:\n%s\nwant\n%s", q, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	old := fmt.Sprint(meter.ID, " ", int64(-year), " power_kw=1")
	one := meter.ID + " 1 power_kw=2"
	two := meter.ID + " 2 energy_kwh=4 power_kw=3"
	trapped := lift.ID + ` 2 floor=7 mode=检修 entrapment(x,life_safety,{"floor":7})`
	released := fmt.Sprint(lift.ID, " ", int64(3*hour), " released(y,info,{})")
	f(clickhouse.HistoryQuery{}, old, one, trapped, two, released)
	f(clickhouse.HistoryQuery{From: (day + 2).Time(), To: (day + 3*hour).Time()}, trapped, two)
	f(clickhouse.HistoryQuery{OmitEvents: true, Metrics: []string{"power_kw", "mode"}}, old, one, lift.ID+" 2 mode=检修", meter.ID+" 2 power_kw=3")
	f(clickhouse.HistoryQuery{OmitReadings: true, OmitStates: true, Kinds: []string{"released"}}, released)
	f(clickhouse.HistoryQuery{OmitReadings: true, OmitStates: true, OmitEvents: true})
	f(clickhouse.HistoryQuery{Filter: clickhouse.Filter{Class: telemetry.Elevator}}, trapped, released)
	f(clickhouse.HistoryQuery{From: (day + year).Time(), To: (day + 2*year).Time()})

	enough := errors.New("enough")
	n := 0
	err := db.History(t.Context(), authz.Everything(), clickhouse.HistoryQuery{}, func(*clickhouse.Moment) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("a listener that had enough after %d got %v", n, err)
	}
	bad := new(clickhouse.ArgumentError)
	for field, q := range map[string]clickhouse.HistoryQuery{
		"from": {From: day.Time(), To: (day - 1).Time()}, "region": {Filter: clickhouse.Filter{Region: "R"}},
		"metrics": {Metrics: []string{""}}, "kinds": {Kinds: []string{"\x00"}},
	} {
		if err := db.History(t.Context(), authz.Everything(), q, nil); !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// manyReadings are three million, of 500 devices in a hundred minutes.
func manyReadings(t testing.TB, db *clickhouse.Store) {
	clickhousetest.Query(t, db, `INSERT INTO readings SELECT toDateTime64('2026-06-01 00:00:00', 3, 'UTC') + number DIV 500 AS ts, ts,
		'north', 'harbour', 'meter', 'm' || toString(number % 500), 'power_kw', number FROM numbers(3000000)`)
}

// Of more rows than one slice should have every one comes, in order.
func TestHistoryOfMany(t *testing.T) {
	db := clickhousetest.Start(t)
	manyReadings(t, db)
	next := 0
	var last telemetry.Millis
	err := db.History(t.Context(), authz.Everything(), clickhouse.HistoryQuery{}, func(m *clickhouse.Moment) error {
		if m.TS < last {
			return fmt.Errorf("%s after %s", m.TS, last)
		}
		last = m.TS
		next += len(m.Readings)
		return nil
	})
	if err != nil || next != 3_000_000 {
		t.Errorf("%d readings, %v", next, err)
	}
}

func BenchmarkHistory(b *testing.B) {
	db := clickhousetest.Start(b)
	manyReadings(b, db)
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		err := db.History(b.Context(), authz.Everything(), clickhouse.HistoryQuery{}, func(m *clickhouse.Moment) error {
			rows += len(m.Readings)
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
