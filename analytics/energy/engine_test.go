package energy

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/controldb/controldbtest"
	"steward/internal/findings"
	"steward/internal/telemetry"
)

// counted writes what a meter used of each hour.
func counted(t testing.TB, db *clickhouse.Store, id, point, building, medium, metric string, from, to time.Time, use func(time.Time) float64) {
	t.Helper()
	c := &clickhouse.Counter{Device: telemetry.Device{Region: hz.Region, Project: hz.Project, Class: telemetry.Meter, ID: id}, Metric: metric, Building: building, Point: point, Medium: medium}
	var b clickhouse.ConsumptionBatch
	for at := from.UTC(); at.Before(to); at = at.Add(time.Hour) {
		if v := use(at); !math.IsNaN(v) {
			b.Add(c, clickhouse.ConsumptionHour{TS: telemetry.MillisOf(at), Value: v, Covered: 1, Quality: "measured", Readings: 4})
		}
	}
	if err := db.PutConsumption(t.Context(), &b, "counted", to); err != nil {
		t.Fatal(err)
	}
}

// A leak opens, and is verified when it was mended; another was dismissed and stays so.
func TestTheLifeOfALeak(t *testing.T) {
	db := clickhousetest.Start(t)
	begin, began, fixed, first, last := day(2026, 1, 1), day(2026, 2, 1), day(2026, 3, 2), day(2026, 3, 1), day(2026, 3, 25)
	row := func(id, medium, parent, building string) clickhouse.DeviceRow {
		return clickhouse.DeviceRow{Device: telemetry.Device{Region: "east", Project: "hz", Class: telemetry.Meter, ID: id}, State: "active", Building: building, Medium: medium, ParentMeter: parent, Version: 1}
	}
	for _, err := range []error{
		db.PutProjects(t.Context(), []clickhouse.ProjectRow{{Region: "east", Project: "hz", TimeZone: "Asia/Shanghai", Version: 1}, {Region: "east", Project: "empty", Version: 1}}),
		db.PutDevices(t.Context(), []clickhouse.DeviceRow{
			row("w1", "water", "", "b1"), row("w2-new", "water", "", "b2"), row("e1", "electricity", "", "b1"), row("e2", "electricity", "e1", "b1"), row("silent", "electricity", "e1", "b1"),
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	never := day(2100, 1, 1)
	counted(t, db, "w1", "w1", "b1", "water", "volume_m3", begin, last, flows(1, began, fixed, 0.6))
	second := flows(2, began, never, 0.5)
	swap := began.AddDate(0, 0, 10)
	counted(t, db, "w2", "w2", "b2", "water", "volume_m3", begin, swap, second)
	counted(t, db, "w2-new", "w2", "b2", "water", "volume_m3", swap, last, second)
	counted(t, db, "e1", "e1", "b1", "electricity", "energy_kwh", begin, last, offices(3, 4, 4, 4))
	counted(t, db, "e1", "e1", "b1", "electricity", "reactive_kvarh", begin, last, offices(4, 2, 2, 2))
	counted(t, db, "e2", "e2", "b1", "electricity", "energy_kwh", begin, last, func(time.Time) float64 { return 2 })
	if err := db.CountDays(t.Context(), hz, shanghai, begin, last, "counted", last); err != nil {
		t.Fatal(err)
	}
	clickhousetest.Query(t, db, fmt.Sprintf(`INSERT INTO readings (ts, received, region, project, class, device, metric, value)
		SELECT toDateTime64(%d + 900 * number, 3, 'UTC') AS at, at, 'east', 'hz', 'meter', if(number %% 2 = 0, 'e1', 'station'),
			if(number %% 2 = 0, 'power_kw', 'outdoor_temperature_c'), if(number %% 2 = 0, 44, 12.5)
		FROM numbers(%d)`, day(2026, 2, 1).Unix(), 28*96))

	book := findings.NewStore(controldbtest.SQLiteAnalytics(t), findings.Options{Now: func() time.Time { return day(2026, 3, 3) }})
	hq := book.As(authz.SystemPrincipal("test"))
	all := func() map[string]findings.Finding {
		t.Helper()
		list, err := hq.List(t.Context(), findings.Filter{}, findings.Page{})
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]findings.Finding{}
		for _, f := range list.Items {
			if f.Kind == "water_leak" {
				m[f.Subject] = f
			}
		}
		return m
	}
	o := options(t, db, book)
	got := runJob(t, o, day(2026, 2, 1), first, first.Add(4*time.Hour), nil)
	leaks := all()
	if len(leaks) != 2 || leaks["point:w1"].State != findings.Open || leaks["point:w2"].Since.Sub(began).Abs() > 3*24*time.Hour {
		t.Fatalf("%+v", leaks)
	}
	rate := leaks["point:w1"].Rate
	if truth := 0.6 * 8766; *rate.Low > truth || *rate.High < truth || math.Abs(*rate.Value/truth-1) > 0.15 {
		t.Errorf("%+v, really %v", rate, truth)
	}
	if n := got.find(t, "peak_kw", "east", "hz", "point:e1"); n.Value == nil || !strings.Contains(n.Why, "hours") && *n.Value != 44 {
		t.Errorf("%+v", n)
	}
	if n := got.find(t, "use", "east", "hz", "medium:water"); n.Value == nil || n.N != 2 || n.Coverage != 1 {
		t.Errorf("%+v", n)
	}
	if n := got.find(t, "excess", "east", "hz", "building:b1/electricity"); n.Value != nil || !strings.HasPrefix(n.Why, "insufficient data: ") {
		t.Errorf("a baseline of a month: %+v", n)
	}
	if n := got.find(t, "waste_a_year", "", "", "medium:water"); n.Value == nil || n.N < 2 || *n.Value < 0.9*1.1*8766 || *n.Value > 1.2*1.1*8766 {
		t.Errorf("%+v", n)
	}
	if n := got.find(t, "loss_share", "east", "hz", "point:e1"); n.Value != nil || !strings.Contains(n.Why, "silent") {
		t.Errorf("%+v", n)
	}
	if n := got.find(t, "energy_per_m2", "east", "hz", "medium:electricity"); n.Value == nil || *n.Value <= 0 {
		t.Errorf("%+v", n)
	}
	if list, ok := got.notes["findings "].(List); !ok || len(list.Findings) < 2 || list.Findings[0].Region != "east" || got.covered != 1 {
		t.Errorf("%+v, covered %v", got.notes["findings "], got.covered)
	}

	if _, err := hq.Act(t.Context(), leaks["point:w2"].ID, findings.Action{Deed: findings.Dismiss, Note: "浇灌"}); err != nil {
		t.Fatal(err)
	}
	if _, err := hq.Act(t.Context(), leaks["point:w1"].ID, findings.Action{Deed: findings.Fix, At: fixed}); err != nil {
		t.Fatal(err)
	}
	run := func(to time.Time) map[string]findings.Finding {
		t.Helper()
		j := New(o)
		r := jobRun(t, "run-"+to.Format(time.DateOnly), day(2026, 2, 1), to)
		if err := j.Run(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		return all()
	}
	leaks = run(day(2026, 3, 10))
	if f := leaks["point:w1"]; f.State != findings.Fixed || f.Checked == nil || f.Checked.Verdict != "insufficient" || !strings.Contains(f.Checked.Why, "14 are needed") {
		t.Errorf("%+v", f)
	}
	leaks = run(last)
	if f := leaks["point:w1"]; f.State != findings.Verified || f.Checked.Verdict != "fell" || math.Abs(*f.Checked.Saved.Value/(0.6*8766)-1) > 0.2 {
		t.Errorf("%+v %+v", f.State, f.Checked)
	}
	if f := leaks["point:w2"]; f.State != findings.Dismissed {
		t.Errorf("%+v", f)
	}
}

func TestNothingIsThere(t *testing.T) {
	got := runJob(t, options(t, clickhousetest.Start(t), &board{}), day(2026, 2, 1), day(2026, 3, 1), day(2026, 3, 1), nil)
	if len(got.numbers) != 0 || len(got.notes) != 0 {
		t.Errorf("%+v", got)
	}
}

// Temperatures of a file serve where nobody reads any; those of the project go before
// those of the region.
func TestWeatherOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weather.csv")
	from, to := day(2026, 2, 1), day(2026, 3, 1)
	var text strings.Builder
	text.WriteString("ts,temp_c,region,project\n")
	for at := from.AddDate(-1, 0, 0).UTC(); at.Before(to); at = at.Add(time.Hour) {
		fmt.Fprintf(&text, "%s,9,east,\n%s,11,east,hz\n%s,13,east,hz\n", at.Format(time.RFC3339), at.Format(time.RFC3339), at.Add(30*time.Minute).Format(time.RFC3339))
	}
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text.String())
	p, err := periodOf(from, to, shanghai)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{Options: Options{Store: &fake{}, Weather: path}, regions: map[weatherKey]*weather{}}
	for at, want := range map[authz.Place]float64{hz: 12, {Region: "east", Project: "other"}: 9} {
		w, err := r.weatherOf(t.Context(), at, p)
		if err != nil || w.why != "" {
			t.Fatal(w, err)
		}
		if v, ok := w.at(100); !ok || v != want {
			t.Errorf("%v: %v, want %v", at, v, want)
		}
	}
	if w, err := r.weatherOf(t.Context(), authz.Place{Region: "west", Project: "x"}, p); err != nil || w.celsius != nil || w.why == "" {
		t.Errorf("%+v, %v", w, err)
	}
	for _, bad := range []string{"ts,temp_c\n2026-01-01,200\n", "ts,temp_c,project\n2026-01-01,20,hz\n", "when,temp\n"} {
		write(bad)
		r := &runner{Options: Options{Store: &fake{}, Weather: path}, regions: map[weatherKey]*weather{}}
		if _, err := r.weatherOf(t.Context(), hz, p); err == nil || !strings.Contains(err.Error(), "weather: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
