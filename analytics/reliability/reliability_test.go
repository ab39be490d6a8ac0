package reliability

import (
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

var (
	china     = time.FixedZone("China", 8*3600)
	worldFrom = time.Date(2025, 7, 1, 0, 0, 0, 0, china)
	worldTo   = time.Date(2026, 7, 1, 0, 0, 0, 0, china)
)

// The world: of one year, 8760 hours.
//
//   - lift-1 runs all year. A fault that began before lasts 10 hours of it; one that
//     is reported twice, and of two codes, 4 hours; 19 days later one of 5 hours, of
//     which 3 are repair, in which people were shut in.
//   - lift-2 was commissioned on 1 January, watched for 4344 hours less 48 of silence,
//     and is at fault for the last 24. What happened before is not of its service.
//   - lift-3 sent nothing. lift-4 was retired after 240 hours; it became five years
//     old after 96 of them. lift-5 was refused.
//   - meter-1, elsewhere, was first seen on 1 October: 6552 hours; one fault of 2 hours.
func world(t *testing.T) *clickhouse.Store {
	t.Helper()
	db := clickhousetest.Start(t)
	lift := func(id string) *telemetry.Device {
		return &telemetry.Device{Region: "north", Project: "hill", Class: telemetry.Elevator, ID: id}
	}
	one, two, four, five := lift("lift-1"), lift("lift-2"), lift("lift-4"), lift("lift-5")
	meter := &telemetry.Device{Region: "south", Project: "lake", Class: telemetry.Meter, ID: "meter-1"}
	at := func(text string) telemetry.Millis {
		ts, err := time.ParseInLocation("2006-01-02 15:04", text, china)
		if err != nil {
			t.Fatal(err)
		}
		return telemetry.MillisOf(ts)
	}
	b := new(clickhouse.Batch)
	read := func(d *telemetry.Device, when string) {
		b.AddReading(telemetry.Reading{Device: d, Metric: "power_kw", TS: at(when), Received: at(when), Value: 1})
	}
	event := func(d *telemetry.Device, when, kind, id, attrs string) {
		b.AddEvent(telemetry.Event{Device: d, Kind: kind, ID: id, TS: at(when), Received: at(when), Severity: telemetry.Info, Attrs: attrs})
	}
	read(one, "2025-06-15 00:00")
	event(one, "2025-06-30 12:00", "fault", "f0", "{}")
	event(one, "2025-07-01 10:00", "fault_cleared", "c0", "{}")
	event(one, "2025-08-01 00:00", "fault", "f1", `{"code":"A"}`)
	event(one, "2025-08-01 01:00", "fault", "f2", `{"code":"B"}`)
	event(one, "2025-08-01 02:00", "fault_cleared", "c1", `{"code":"A"}`)
	event(one, "2025-08-01 04:00", "fault_cleared", "c2", `{"code":"B"}`)
	event(one, "2025-08-01 05:00", "fault", "f1", `{"code":"A"}`) // a copy, by its id
	event(one, "2025-08-20 00:00", "fault", "f3", "{}")
	event(one, "2025-08-20 00:00", "entrapment", "e1", "{}")
	event(one, "2025-08-20 00:20", "released", "e2", "{}")
	event(one, "2025-08-20 02:00", "maintenance_started", "m1", "{}")
	event(one, "2025-08-20 05:00", "maintenance_done", "m2", "{}")
	read(two, "2025-11-30 00:00")
	read(two, "2026-02-28 00:00")
	event(two, "2025-12-01 00:00", "fault", "f0", "{}")
	event(two, "2025-12-02 00:00", "fault_cleared", "c0", "{}")
	// Announced after an hour of patience; it began with the last message.
	event(two, "2026-03-01 01:00", "silent", "silent-1772294400000", "{}")
	event(two, "2026-03-03 00:00", "silent_cleared", "silent_cleared-1772294400000", "{}")
	event(two, "2026-06-30 00:00", "fault", "f1", "{}")
	read(four, "2025-06-20 00:00")
	read(four, "2025-07-02 00:00")
	event(five, "2025-08-01 00:00", "fault", "f1", "{}")
	read(meter, "2025-10-01 00:00")
	event(meter, "2026-01-01 00:00", "fault", "f1", "{}")
	event(meter, "2026-01-01 02:00", "fault_cleared", "c1", "{}")
	if err := db.Append(t.Context(), b, "world"); err != nil {
		t.Fatal(err)
	}
	row := func(d *telemetry.Device, state, vendor, model, commissioned, retired string) clickhouse.DeviceRow {
		return clickhouse.DeviceRow{Device: *d, State: state, Vendor: vendor, Model: model, CommissionedOn: commissioned, RetiredOn: retired, Version: 1}
	}
	for _, err := range []error{
		db.PutProjects(t.Context(), []clickhouse.ProjectRow{{Region: "north", Project: "hill", Version: 1}, {Region: "south", Project: "lake", Version: 1}}),
		db.PutDevices(t.Context(), []clickhouse.DeviceRow{
			row(one, "active", "KONE", "3000", "2020-01-01", ""), row(two, "active", "KONE", "3000", "2026-01-01", ""),
			row(lift("lift-3"), "active", "KONE", "3000", "2020-01-01", ""), row(four, "retired", "Otis", "Gen2", "2020-07-05", "2025-07-10"),
			row(five, "refused", "Otis", "Gen2", "2020-01-01", ""), row(meter, "active", "", "", "", ""),
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var c clickhouse.CoverageBatch
	c.Add(*one, clickhouse.CoverageHour{TS: at("2025-07-05 00:00"), Expected: 10, Received: 8, Cadence: 360})
	c.Add(*one, clickhouse.CoverageHour{TS: at("2025-07-05 01:00"), Expected: 10, Received: 12, Cadence: 360})
	if err := db.PutCoverage(t.Context(), &c, "run", worldTo); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestWorldByHand(t *testing.T) {
	db := world(t)
	got := runJob(t, db, worldFrom, worldTo, nil)
	f := func(kind, place, subject string, value, n, exposure float64) {
		t.Helper()
		region, project, _ := strings.Cut(place, "/")
		is := got.find(t, kind, region, project, subject)
		if is.Value == nil || math.Abs(*is.Value-value) > 1e-9*max(1, value) || is.N != n || math.Abs(is.Exposure-exposure) > 1e-9*max(1, exposure) {
			v := math.NaN()
			if is.Value != nil {
				v = *is.Value
			}
			t.Errorf("%s of %s %s: %v, n %g, exposure %g (%s); want %v, %g, %g", kind, place, subject, v, is.N, is.Exposure, is.Why, value, n, exposure)
		}
	}
	const watched, down = 8760 + 4344 - 48 + 240., 10 + 4 + 5 + 24.
	const years = watched / 8766
	for _, place := range []string{"", "north", "north/hill"} {
		f("failure_rate", place, "class:elevator", 3/years, 3, years)
		f("mtbf", place, "class:elevator", (watched-down)/3, 3, watched-down)
		f("mttr", place, "class:elevator", down/3, 3-0, down)
		f("mean_repair_time", place, "class:elevator", 3, 1, 3)
		f("availability", place, "class:elevator", (watched-down)/watched, 3, years)
		f("repeat_faults", place, "class:elevator", 0.5, 2, years)
		// Lift-1 alone says when it is repaired.
		f("callback_rate", place, "class:elevator", 8766./8760, 1, 8760./8766)
		f("entrapment_rate", place, "class:elevator", 1/years, 1, years)
	}
	f("failure_rate", "", "", 4/(years+6552./8766), 4, years+6552./8766)
	f("failure_rate", "", "model:KONE/3000", 3/((watched-240)/8766), 3, (watched-240)/8766)
	f("failure_rate", "", "model:Otis/Gen2", 0, 0, 240./8766)
	f("failure_rate", "", "vendor:elevator/Otis", 0, 0, 240./8766)
	f("failure_rate", "", "age:elevator/5-10", 2/(8904./8766), 2, 8904./8766)
	f("failure_rate", "", "age:elevator/2-5", 0, 0, 96./8766)
	f("failure_rate", "", "age:elevator/0-2", 1/(4296./8766), 1, 4296./8766)
	f("failure_rate", "south/lake", "class:meter", 1/(6552./8766), 1, 6552./8766)
	f("mttr", "south/lake", "class:meter", 2, 1, 2)
	f("failure_rate", "", "age:meter/unknown", 1/(6552./8766), 1, 6552./8766)

	// Poisson's limits of 3 events: 0.618672 and 8.767273 (Garwood 1936).
	rate := got.find(t, "failure_rate", "", "", "class:elevator")
	if math.Abs(*rate.Low*years-0.618672) > 1e-5 || math.Abs(*rate.High*years-8.767273) > 1e-5 || rate.Level != 0.95 {
		t.Errorf("%v to %v", *rate.Low*years, *rate.High*years)
	}
	if rate.Coverage != 0.9 || got.covered != 0.9 || !strings.Contains(rate.Why, "of 3 devices 2 were not counted for coverage") {
		t.Errorf("coverage %g, %g: %s", rate.Coverage, got.covered, rate.Why)
	}
	if m := got.find(t, "failure_rate", "", "", "class:meter"); !math.IsNaN(m.Coverage) {
		t.Errorf("coverage %g of what nobody counted", m.Coverage)
	}
	if m := got.find(t, "mtbf", "", "", "model:Otis/Gen2"); m.Value != nil || m.Low == nil || !strings.HasPrefix(m.Why, "insufficient data: no failure") {
		t.Errorf("%+v", m)
	}
	if m := got.find(t, "mean_repair_time", "", "", "class:meter"); m.Value != nil || m.Why != "insufficient data: no repair ended; of 1 devices 1 were not counted for coverage: if they were silent, it counts as watched" {
		t.Errorf("%+v", m)
	}
	// Nothing failed in 240 hours; lifts are restored after 43 hours in 3 cases.
	if a := got.find(t, "availability", "", "", "model:Otis/Gen2"); *a.Value != 1 || a.Low == nil || math.Abs(*a.Low-1/(1+3.688879*(43./3)/240)) > 1e-6 || *a.High != 1 {
		t.Errorf("%+v", a)
	}
	if m := got.find(t, "mttr", "", "", "class:elevator"); !strings.Contains(m.Why, "1 fault has not ended") {
		t.Error(m.Why)
	}
	if s := got.find(t, "failure_rate_shrunk", "north", "hill", "class:elevator"); s.Value != nil || !strings.HasPrefix(s.Why, "insufficient data: 1 with exposure") {
		t.Errorf("%+v", s)
	}
	trend, ok := got.notes["recurrence model:KONE/3000"].(Trend)
	if !ok || trend.Units != 2 || trend.Events != 3 || len(trend.MCF) != 3 {
		t.Errorf("%+v", got.notes)
	}
	if n := got.find(t, "trend_exponent", "", "", "model:KONE/3000"); n.N != 3 {
		t.Errorf("%+v", n)
	}

	got = runJob(t, db, worldFrom, worldTo, map[string]string{"repeat_days": "10"})
	if n := got.find(t, "repeat_faults", "", "", "class:elevator"); *n.Value != 0 || n.N != 2 {
		t.Errorf("%+v", n)
	}
}

func TestParams(t *testing.T) {
	j := New(nil, china)
	for _, v := range []string{"0", "-1", "367", "x", "NaN", "1e99"} {
		if err := j.Params[0].Check(v); err == nil || !strings.Contains(err.Error(), "repeat_days") {
			t.Errorf("%s: %v", v, err)
		}
	}
	if err := j.Params[0].Check("30"); err != nil {
		t.Error(err)
	}
	from, to := j.Period(time.Date(2026, 7, 1, 3, 0, 0, 0, china), china)
	if !from.Equal(worldFrom) || !to.Equal(worldTo) {
		t.Errorf("from %s to %s", from, to)
	}
}

func TestEmpty(t *testing.T) {
	if got := runJob(t, clickhousetest.Start(t), worldFrom, worldTo, nil); len(got.numbers) != 0 || len(got.notes) != 0 {
		t.Errorf("%+v", got)
	}
}
