package consumption

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

var meter = &telemetry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: "m1"}

func at(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }

// steady makes readings every quarter of an hour from from up to to hours of a counter
// that uses one an hour and showed value at from.
func steady(d *telemetry.Device, from, to, value float64) (list []telemetry.Reading) {
	for h := from; h < to; h += 0.25 {
		ts := telemetry.MillisOf(at(h))
		list = append(list, telemetry.Reading{Device: d, Metric: "energy_kwh", TS: ts, Received: ts + 100, Value: value + h - from})
	}
	return list
}

func received(list []telemetry.Reading, hours float64) []telemetry.Reading {
	for i := range list {
		list[i].Received = telemetry.MillisOf(at(hours))
	}
	return list
}

const perHour = "SELECT arrayStringConcat(groupArray(concat(toString(round(value, 3)), substring(quality, 2, 1))), ' ') FROM (SELECT * FROM consumption_1h FINAL WHERE device = '%s' AND ts >= %d AND ts < %d ORDER BY ts)"

func hours(device string, from, to float64) string {
	return fmt.Sprintf(perHour, device, at(from).Unix(), at(to).Unix())
}

func register(t *testing.T, db *clickhouse.Store, zone string, devices ...clickhouse.DeviceRow) {
	t.Helper()
	if err := db.PutProjects(t.Context(), []clickhouse.ProjectRow{{Region: "east", Project: "hz", TimeZone: zone, Version: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := db.PutDevices(t.Context(), devices); err != nil {
		t.Fatal(err)
	}
}

func TestLateReadingsAreCountedWhereTheyBelong(t *testing.T) {
	db := clickhousetest.Start(t)
	r := &runs{t: t, db: db}
	store(t, db, "1", steady(meter, 0, 10, 100)...)
	store(t, db, "2", steady(meter, 20, 30.1, 120.5)...) // a gap, in which half a unit more was used
	r.run(at(0), at(24))
	r.query("1e 1e 1e 1e 1e 1e 1e 1e 1e 1.012n 1.049n 1.049n", hours("m1", 0, 12))
	r.run(at(24), at(30))
	store(t, db, "3", received(steady(meter, 10, 19, 110), 31)...)
	r.run(at(30), at(31))
	r.query("1e 1e 1e 1e 1e 1e 1e 1e 1e 1e 1e 1e", hours("m1", 0, 12))
	r.query("1e 1.1n 1.4n 1e", hours("m1", 17, 21)) // the rest of the gap, 18:45 to 20:00, has 1.75
	r.query("24\t24.5", "SELECT round(sum(hours), 2), round(sum(value), 2) FROM consumption_1d FINAL WHERE day = '2026-03-10'")
	// Nothing is late any more.
	before := clickhousetest.Query(t, db, "SELECT count() FROM consumption_1h FINAL WHERE run_id = 'run-3'")
	r.run(at(30), at(31))
	r.query(before, "SELECT count() FROM consumption_1h FINAL WHERE run_id = 'run-3' OR (run_id = 'run-4' AND ts >= "+fmt.Sprint(at(30).Unix())+")")
}

func TestADeviceThatWasSilentForDays(t *testing.T) {
	db := clickhousetest.Start(t)
	r := &runs{t: t, db: db}
	store(t, db, "1", steady(meter, 0, 30, 100)...)
	for h := 6.0; h <= 30; h += 6 {
		r.run(at(h-6), at(h))
	}
	r.run(at(60), at(66)) // nothing comes
	r.query("1e 0.75u", hours("m1", 28, 60))
	store(t, db, "2", steady(meter, 90, 100, 190)...)
	r.run(at(90), at(96))
	r.query("1e 1n 1n 1n 1n", hours("m1", 28, 33))
	r.query("1n 1n 1e 1e", hours("m1", 88, 92))
	r.query("96\t95.75\t96", "SELECT round(sum(value), 3), round(sum(covered), 2) - 0.25, count() FROM consumption_1h FINAL WHERE ts < "+fmt.Sprint(at(96).Unix()))
}

func TestCorrectionsTakeTheirPlaceAndGoAgain(t *testing.T) {
	db := clickhousetest.Start(t)
	r := &runs{t: t, db: db}
	register(t, db, "Asia/Shanghai", clickhouse.DeviceRow{Device: *meter, State: "active", Building: "b1", Medium: "electricity", Multiplier: 2, Version: 1})
	store(t, db, "1", steady(meter, 0, 40, 1000)...)
	store(t, db, "2", steady(meter, 40, 50, 5000)...) // nobody knows why
	r.run(at(0), at(48))
	r.query("2e 1.5u 2e", hours("m1", 38, 41))
	r.query("jump\t1039.75\t5000\t0", "SELECT kind, before, after, counted FROM meter_breaks FINAL")
	r.query("b1\tm1\telectricity", "SELECT DISTINCT building, point, medium FROM consumption_1h")

	old, fresh, ratio := 1039.9, 4999.85, 3.0
	repair := clickhouse.MeterCorrection{ID: "c1", Device: *meter, Metric: "energy_kwh", At: at(39.9), Kind: "replaced", Old: &old, New: &fresh, Note: "换表", By: "li", Made: at(50)}
	if err := db.PutMeterCorrections(t.Context(), []clickhouse.MeterCorrection{
		repair, {ID: "c2", Device: *meter, At: at(45), Kind: "multiplier", New: &ratio, By: "li", Made: at(50)},
	}); err != nil {
		t.Fatal(err)
	}
	r.run(at(36), at(48))
	r.query("2e 2.1e 2e 2e 2e 2e 2e 3e", hours("m1", 38, 46))
	r.query("replaced\nmultiplier", "SELECT b.kind FROM (SELECT * FROM meter_breaks FINAL) AS b INNER JOIN (SELECT * FROM consumption_1h FINAL) AS c ON c.device = b.device AND c.metric = b.metric AND c.ts = toStartOfHour(b.ts) AND c.run_id = b.run_id ORDER BY b.ts")

	repair.Withdrawn, repair.Made = true, at(51)
	if err := db.PutMeterCorrections(t.Context(), []clickhouse.MeterCorrection{repair, {ID: "c3", Device: *meter, At: at(45), Until: at(60), Kind: "ignore", Made: at(51)}}); err != nil {
		t.Fatal(err)
	}
	r.run(at(36), at(48))
	r.query("2e 1.5u 2e", hours("m1", 38, 41))
	r.query("1.5u 0i 0i 0i", hours("m1", 44, 48)) // what was known is not known any more
}

func TestASuccessorContinuesThePlace(t *testing.T) {
	db := clickhousetest.Start(t)
	r := &runs{t: t, db: db}
	second := &telemetry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: "m2"}
	third := &telemetry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: "m3"}
	register(t, db, "Asia/Shanghai",
		clickhouse.DeviceRow{Device: *meter, State: "replaced", ReplacedBy: "meter/m2", RetiredOn: "2026-03-10", Version: 1},
		clickhouse.DeviceRow{Device: *second, State: "active", Replaces: "meter/m1", Version: 1},
		clickhouse.DeviceRow{Device: *third, State: "active", Replaces: "meter/m3", Version: 1})
	store(t, db, "1", steady(meter, 0, 12, 1000)...)
	store(t, db, "2", steady(second, 12, 48, 0)...)
	store(t, db, "3", steady(meter, 30, 40, 0)...) // in the workshop
	store(t, db, "4", steady(third, 0, 48, 0)...)
	r.run(at(0), at(48))
	r.query("m1\t47.5\t47.5\nm3\t47.75\t47.75", "SELECT point, round(sum(value), 3), round(sum(covered), 2) FROM consumption_1h FINAL GROUP BY point ORDER BY point")
}

// What was used between the last reading of the old meter, the exchange, and the first
// reading of the new one is known when people read both registers off.
func TestAnExchangeCountsWhatBothRegistersShowed(t *testing.T) {
	db := clickhousetest.Start(t)
	second := &telemetry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: "m2"}
	register(t, db, "Asia/Shanghai",
		clickhouse.DeviceRow{Device: *meter, State: "replaced", ReplacedBy: "meter/m2", RetiredOn: "2026-03-10", Version: 1},
		clickhouse.DeviceRow{Device: *second, State: "active", Replaces: "meter/m1", Version: 1})
	store(t, db, "1", steady(meter, 0, 3, 1000)...) // it broke down hours before somebody came
	store(t, db, "2", steady(second, 14, 48, 7002)...)
	store(t, db, "3", steady(meter, 12.5, 13, 0)...) // on the desk, the same day
	r := &runs{t: t, db: db}
	r.run(at(0), at(48))
	old, fresh := 1012.0, 7000.0
	if err := db.PutMeterCorrections(t.Context(), []clickhouse.MeterCorrection{
		{ID: "c1", Device: *meter, Metric: "energy_kwh", At: at(12), Kind: "removed", Old: &old, Made: at(50)},
		{ID: "c2", Device: *second, Metric: "energy_kwh", At: at(12), Kind: "installed", New: &fresh, Made: at(50)},
	}); err != nil {
		t.Fatal(err)
	}
	r.run(at(0), at(48))
	r.query("m1\t47.75\t47.75", "SELECT point, round(sum(value), 3), round(sum(covered), 2) FROM consumption_1h FINAL GROUP BY point")
	r.query("1n 1n 0i", hours("m1", 10, 13))
	r.query("0i 1n 1n 1e", hours("m2", 11, 15))
}

type changes []MultiplierChange

func (c changes) MultiplierChanges(_ context.Context, at authz.Place, _ time.Time) ([]MultiplierChange, error) {
	if at != (authz.Place{Region: "east", Project: "hz"}) {
		return nil, nil
	}
	return c, nil
}

func TestMultipliersChange(t *testing.T) {
	db := clickhousetest.Start(t)
	register(t, db, "Asia/Shanghai", clickhouse.DeviceRow{Device: *meter, State: "active", Multiplier: 60, Version: 1})
	r := &runs{t: t, db: db, multipliers: changes{{Class: "meter", Device: "m1", At: at(9.5), Before: 40, After: 60}, {Class: "meter", Device: "m1", At: at(3), Before: 0, After: 40}}}
	store(t, db, "1", steady(meter, 0, 13, 1000)...)
	r.run(at(0), at(12))
	r.query("1e 1e 1e 40e 40e 40e 40e 40e 40e 50e 60e 60e", hours("m1", 0, 12))
}

// In Adelaide days begin at half past an hour UTC; on 5 April 2026 the clocks go back.
func TestDaysOfTheLocalCalendar(t *testing.T) {
	db := clickhousetest.Start(t)
	register(t, db, "Australia/Adelaide")
	start := time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC)
	var list []telemetry.Reading
	for ts := start; ts.Before(start.AddDate(0, 0, 5)); ts = ts.Add(30 * time.Minute) {
		ms := telemetry.MillisOf(ts)
		list = append(list, telemetry.Reading{Device: meter, Metric: "energy_kwh", TS: ms, Received: ms, Value: ts.Sub(start).Hours()})
	}
	store(t, db, "1", list...)
	r := &runs{t: t, db: db}
	r.run(start, start.AddDate(0, 0, 4))
	r.query("2026-04-04\t24\t24\t24\n2026-04-05\t25\t25\t25\n2026-04-06\t24\t24\t24", "SELECT day, length, round(hours, 3), round(value, 3) FROM consumption_1d FINAL WHERE day > '2026-04-03' AND day < '2026-04-07' ORDER BY day")
}

func TestNothingToCount(t *testing.T) {
	db := clickhousetest.Start(t)
	register(t, db, "")
	r := &runs{t: t, db: db}
	r.run(at(0), at(6))
	for _, n := range r.numbers {
		if n.Value != nil || n.Why == "" {
			t.Errorf("%+v", n)
		}
	}
	if len(r.numbers) != 8 {
		t.Errorf("%d numbers", len(r.numbers))
	}
}

// A correction counts one project again, and what is said of it is said of that alone.
func TestOnePlace(t *testing.T) {
	db := clickhousetest.Start(t)
	register(t, db, "")
	other := &telemetry.Device{Region: "east", Project: "nb", Class: telemetry.Meter, ID: "m1"}
	store(t, db, "1", append(steady(meter, 0, 9, 1000), steady(other, 0, 9, 1000)...)...)
	r := &runs{t: t, db: db}
	f := func(place, counted string, numbers int) {
		t.Helper()
		if err := r.runWith(at(0), at(8), map[string]string{placeParam: place}); err != nil {
			t.Fatal(err)
		}
		r.query(counted, "SELECT arrayStringConcat(arraySort(groupUniqArray(toString(project))), ' ') FROM consumption_1h WHERE run_id = 'run-"+fmt.Sprint(r.n)+"'")
		if len(r.numbers) != numbers {
			t.Errorf("%q: %d numbers", place, len(r.numbers))
		}
		for _, n := range r.numbers {
			if place != "" && n.Region == "" {
				t.Errorf("%q: a number of the company: %+v", place, n)
			}
		}
	}
	f("east/hz", "hz", 4)
	f("east", "hz nb", 8)
	f("", "hz nb", 12)
	if err := r.runWith(at(0), at(8), map[string]string{placeParam: "east/nowhere"}); err == nil || !strings.Contains(err.Error(), "nothing was measured at east/nowhere") {
		t.Error(err)
	}
	check := New(db, nil, shanghai).Params[0].Check
	for _, place := range []string{"/hz", "east/", "east/hz/x", "a#"} {
		if check(place) == nil {
			t.Errorf("%q is taken", place)
		}
	}
}
