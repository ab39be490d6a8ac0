package api

import (
	"math"
	"net/http"
	"net/url"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

func weeksOf(w *world, who authz.Principal, query url.Values) []weeksUse {
	w.t.Helper()
	type body struct {
		Items []weeksUse `json:"items"`
	}
	return answerIn[body](w.t, w.do(who, get("/consumption/weeks?"+query.Encode())), http.StatusOK).Items
}

func TestConsumptionOfTwoWeeks(t *testing.T) {
	w := newWorld(t)
	hour := w.now.Truncate(time.Hour)
	meter := telemetry.Device{Region: hill.Region, Project: hill.Project, Class: telemetry.Meter, ID: "m-" + hill.Project}
	counter := &clickhouse.Counter{Device: meter, Metric: "energy_kwh", Medium: "electricity"}
	var batch clickhouse.ConsumptionBatch
	add := func(ago time.Duration, value float64, quality string) {
		batch.Add(counter, clickhouse.ConsumptionHour{TS: telemetry.MillisOf(hour.Add(-ago)), Value: value, Covered: 1, Quality: quality})
	}
	const week = 7 * day
	for n := range 4 { // the last of the hours before this one is not counted yet
		add(time.Duration(n+2)*time.Hour, 2, "measured")
	}
	for n := range 5 {
		add(week+time.Duration(n+1)*time.Hour, 1.5, "measured")
	}
	add(week+6*time.Hour, 70, "measured") // before the period
	w.must(w.data.PutConsumption(t.Context(), &batch, "run", w.now))

	viewer := somebody(authz.Viewer, hill)
	query := url.Values{"devices": {meter.String()}, "metric": {"energy_kwh"}, "from": {hour.Add(-5 * time.Hour).Format(time.RFC3339)}, "to": {hour.Format(time.RFC3339)}}
	items := weeksOf(w, viewer, query)
	if len(items) != 1 {
		t.Fatalf("%+v", items)
	}
	one := items[0]
	if one.Device != meter.ID || one.Unit != "kWh" || one.Medium != "electricity" || one.Until == nil || !one.Until.Equal(hour.Add(-time.Hour)) {
		t.Errorf("%+v", one)
	}
	if one.Used == nil || math.Abs(*one.Used-8) > 1e-9 || one.Hours != 4 {
		t.Errorf("used %v in %d hours", one.Used, one.Hours)
	}
	// The same hours only: up to where this week was counted.
	if one.UsedThen == nil || math.Abs(*one.UsedThen-6) > 1e-9 || one.HoursThen != 4 {
		t.Errorf("then %v in %d hours", one.UsedThen, one.HoursThen)
	}

	if items := weeksOf(w, somebody(authz.Viewer, authz.Place{Region: "zqsouth"}), query); len(items) != 0 {
		t.Errorf("somebody of another place sees %+v", items)
	}
	query.Set("from", hour.Add(-8*day).Format(time.RFC3339))
	if p := problemIn(t, w.do(viewer, get("/consumption/weeks?"+query.Encode()))); p.Code != CodeInvalid {
		t.Errorf("more than a week: %+v", p)
	}
}
