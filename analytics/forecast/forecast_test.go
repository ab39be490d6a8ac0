package forecast

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/telemetry"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// results are what a run wrote.
type results struct {
	numbers []job.Number
	notes   map[string][]byte
	covered float64
}

func runJob(t testing.TB, store Store, from, to time.Time, params map[string]string) *results {
	t.Helper()
	got := &results{notes: map[string][]byte{}, covered: math.NaN()}
	r := &job.Run{
		ID: "r1", Job: "lifetimes", From: from, To: to, Now: to, Params: params, Progress: func(int64, int64, string) {},
		Cover: func(share float64) { got.covered = share },
		Write: func(_ context.Context, n []job.Number) error {
			got.numbers = append(got.numbers, n...)
			return nil
		},
		Note: func(_ context.Context, kind, region, project, subject string, body any) error {
			text, err := json.Marshal(body)
			got.notes[strings.Join([]string{kind, region, project, subject}, "|")] = text
			return err
		},
	}
	j := New(store, time.UTC)
	if err := j.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, n := range got.numbers {
		k := fmt.Sprint(n.Kind, "|", n.Region, "|", n.Project, "|", n.Subject)
		if seen[k] {
			t.Errorf("%s is written twice", k)
		}
		seen[k] = true
		for _, v := range []*float64{n.Value, n.Low, n.High} {
			if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
				t.Errorf("%+v has %v", n, *v)
			}
		}
		if n.Value == nil && n.Why == "" {
			t.Errorf("%+v has no reason", n)
		}
		if n.Value != nil && (n.Low != nil && *n.Low > *n.Value || n.High != nil && *n.High < *n.Value) {
			t.Errorf("%+v: %v is not within %v and %v", n, *n.Value, *n.Low, *n.High)
		}
	}
	return got
}

func (r *results) find(t testing.TB, kind, region, project, subject string) job.Number {
	t.Helper()
	for _, n := range r.numbers {
		if n.Kind == kind && n.Region == region && n.Project == project && n.Subject == subject {
			return n
		}
	}
	t.Fatalf("there is no %s of %s/%s %s", kind, region, project, subject)
	return job.Number{}
}

func read[T any](t testing.TB, r *results, note string) T {
	t.Helper()
	var body T
	if text, is := r.notes[note]; !is {
		t.Fatalf("no document %s", note)
	} else if err := json.Unmarshal(text, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// From messages to documents on the real engine: lifts of which one part is worn by
// use, in two projects, and a few meters of which nothing can be said.
func TestJobOnTheEngine(t *testing.T) {
	db := clickhousetest.Start(t)
	s := sample(5, 1)
	var b clickhouse.Batch
	var rows []clickhouse.DeviceRow
	var coverage clickhouse.CoverageBatch
	put := func(d telemetry.Device, model string, parts []truePart) {
		born := s.from - telemetry.Millis(200+s.rng.IntN(4000))*day
		rate := 50 + 100*s.rng.Float64()
		for i, e := range s.events(parts, born, 1) {
			b.AddEvent(telemetry.Event{Device: &d, Kind: e.Kind, ID: fmt.Sprint(e.Kind, i), TS: e.At, Received: e.At, Severity: telemetry.Info, Attrs: fmt.Sprintf(`{"code":%q}`, e.Code)})
		}
		for k := 1; k <= 370; k += 4 {
			at := s.from + telemetry.Millis(k)*day
			for i := range telemetry.Millis(2) {
				b.AddReading(telemetry.Reading{Device: &d, Metric: "door_cycles_total", TS: min(at+i*8*hour, s.to-1), Received: at, Value: rate * (float64(k) + float64(i)/3)})
			}
		}
		coverage.Add(d, clickhouse.CoverageHour{TS: s.from + day, Expected: 10, Received: 9, Cadence: 360})
		rows = append(rows, clickhouse.DeviceRow{
			Device: d, State: "active", Name: "N " + d.ID, Building: "b", Vendor: "V", Model: model, InstalledOn: born.Time().Format(time.DateOnly), Version: 1,
			ReplacementCostCNY: 300_000, FailureCostCNY: 900, ExpectedLifeYears: 15,
		})
	}
	for i := range 120 {
		put(telemetry.Device{Region: "north", Project: fmt.Sprint("p", i%2), Class: telemetry.Elevator, ID: fmt.Sprint("lift-", i)}, "HL", liftHL)
	}
	for i := range 3 {
		put(telemetry.Device{Region: "south", Project: "q", Class: telemetry.Meter, ID: fmt.Sprint("m-", i)}, "PM", meterPart[:0])
	}
	// What was retired has no forecast, and what never said a word has a reason.
	rows = append(rows,
		clickhouse.DeviceRow{Device: telemetry.Device{Region: "north", Project: "p0", Class: telemetry.Elevator, ID: "old"}, State: "retired", RetiredOn: "2022-02-01", Version: 1},
		clickhouse.DeviceRow{Device: telemetry.Device{Region: "north", Project: "p0", Class: telemetry.Elevator, ID: "mute"}, State: "active", Vendor: "V", Model: "HL", Version: 1})
	for _, err := range []error{
		db.Append(t.Context(), &b, "world"), db.PutDevices(t.Context(), rows), db.PutCoverage(t.Context(), &coverage, "run", s.to.Time()),
		db.PutProjects(t.Context(), []clickhouse.ProjectRow{{Region: "north", Project: "p0", Version: 1}, {Region: "north", Project: "p1", Version: 1}, {Region: "south", Project: "q", Version: 1}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := runJob(t, db, s.from.Time().AddDate(-1, 0, 0), s.to.Time(), nil)

	life := read[Life](t, got, "life|||model:V/HL")
	if life.Devices != 121 || !life.Repaired || len(life.Parts) != len(liftHL) {
		t.Errorf("%+v", life)
	}
	for _, p := range life.Parts {
		if p.Family == "" || p.B10.Value == nil || p.Code != "E41" && len(p.Survival) == 0 || p.Cov[0][0] <= 0 {
			t.Errorf("%+v", p)
		}
	}
	if n := got.find(t, "shape", "", "", "part:V/HL/E21"); *n.Low > 1.3 || *n.High < 1.3 {
		t.Errorf("%v to %v", *n.Low, *n.High)
	}
	for _, kind := range []string{"b10", "scale"} {
		if n := got.find(t, kind, "", "", "part:V/HL/E21"); n.Coverage != 0.9 {
			t.Errorf("%+v", n)
		}
	}
	for _, kind := range []string{"brier", "brier_skill", "lift_top_decile", "lift_top_decile_by_age"} {
		if n := got.find(t, kind, "", "", "backtest"); n.Coverage != 0.9 || n.Low == nil || n.High == nil || n.Level != level {
			t.Errorf("%+v", n)
		}
	}
	list := read[Prospects](t, got, "prospects|north|p0|")
	if len(list.Devices) != 61 || list.At != s.to.Time().Format(time.RFC3339) {
		t.Errorf("%d devices at %s", len(list.Devices), list.At)
	}
	for _, p := range list.Devices {
		if p.Device == "mute" {
			if p.Fail90.Value != nil || !strings.Contains(p.Fail90.Why, "insufficient data: the device was not watched") {
				t.Errorf("%+v", p)
			}
			continue
		}
		if p.Fail90.Value == nil || *p.Fail90.Value <= 0 || *p.Fail365.Value >= 1 || p.New365.Value == nil || *p.AgeYears < 1 || p.Pool != "model:V/HL" ||
			p.Name != "N "+p.Device || p.ReplacementCost != 300_000 || p.InstalledOn == "" {
			t.Errorf("%+v", p)
		}
	}
	meters := read[Prospects](t, got, "prospects|south|q|")
	if p := meters.Devices[0]; len(meters.Devices) != 3 || p.Fail365.Value != nil || !strings.HasPrefix(p.Fail365.Why, "insufficient data: 0 failures in all of the class") {
		t.Errorf("%+v", meters)
	}
	if n := got.find(t, "fail_365d", "south", "q", ""); n.Value != nil || n.Exposure != 0 {
		t.Errorf("%+v", n)
	}
	if n := got.find(t, "fail_365d", "north", "p0", "class:elevator"); n.Exposure != 60 || n.Coverage != 0.9 || !strings.Contains(n.Why, "1 devices without a forecast") {
		t.Errorf("%+v", n)
	}
	if got.covered != 0.9 {
		t.Errorf("covered %v", got.covered)
	}
	test := read[Backtest](t, got, "backtest|||")
	if test.HorizonDays != 90 || test.Devices != 120 || test.Brier == nil || len(test.Calibration) != bins || test.Why != "" {
		t.Errorf("%+v", test)
	}
	if len(test.Wear) != 1 || test.Wear[0].Indicator != "door_cycles" || test.Wear[0].Gain == nil || test.Wear[0].Used {
		t.Errorf("%+v", test.Wear)
	}

	got = runJob(t, db, s.from.Time(), s.to.Time(), map[string]string{"horizon_days": "300"})
	if test = read[Backtest](t, got, "backtest|||"); test.Brier != nil || !strings.HasPrefix(test.Why, "insufficient data: devices were watched for 36") {
		t.Errorf("%+v", test)
	}
}

func TestNothing(t *testing.T) {
	got := runJob(t, clickhousetest.Start(t), time.Unix(0, 0), time.Unix(1e9, 0), nil)
	if len(got.numbers) != 4 || len(got.notes) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestParams(t *testing.T) {
	j := New(nil, time.UTC)
	for _, v := range []string{"0", "-1", "3661", "x", "1.5", "1e3"} {
		if err := j.Params[0].Check(v); err == nil || !strings.Contains(err.Error(), "horizon_days") {
			t.Errorf("%s: %v", v, err)
		}
	}
	if err := j.Params[0].Check("365"); err != nil {
		t.Error(err)
	}
	from, to := j.Period(time.Date(2026, 7, 15, 3, 0, 0, 0, time.UTC), time.UTC)
	if from.Format(time.DateOnly) != "2016-07-01" || to.Format(time.DateOnly) != "2026-07-01" {
		t.Errorf("from %s to %s", from, to)
	}
	if err := j.Run(t.Context(), &job.Run{From: to, To: to}); err == nil {
		t.Error("a period without time")
	}
}
