package api

import (
	"net/http"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// pricesStandIn is a tariff that is dear from 8 to 22 o'clock, and knows no water.
type pricesStandIn struct{}

func (pricesStandIn) EnergyPrices(_, medium string, zone *time.Location, from, to time.Time) EnergyPrices {
	if medium != "electricity" {
		return EnergyPrices{Why: "no prices of " + medium}
	}
	dear, cheap := 1.0, 0.25
	p := EnergyPrices{Rates: []EnergyRate{{From: from, Period: "valley", Price: &cheap}}}
	for at := from; at.Before(to); at = at.Add(30 * time.Minute) {
		switch at.In(zone).Format("15:04") {
		case "08:30":
			p.Rates = append(p.Rates, EnergyRate{From: at, Period: "peak", Price: &dear})
		case "22:00":
			p.Rates = append(p.Rates, EnergyRate{From: at, Period: "valley", Price: &cheap})
		}
	}
	return p
}

// counted writes what meters of an estate counted, hour after hour.
func (w *world) counted(at authz.Place, from time.Time, hours int, medium, metric string, value float64, meter string) {
	w.t.Helper()
	b, d := &clickhouse.ConsumptionBatch{}, telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: meter}
	c := &clickhouse.Counter{Device: d, Metric: metric, Building: "b1", Point: meter, Medium: medium}
	for h := range hours {
		b.Add(c, clickhouse.ConsumptionHour{TS: telemetry.MillisOf(from.Add(time.Duration(h) * time.Hour)), Value: value, Covered: 1, Quality: "measured", Readings: 4})
	}
	w.must(w.data.PutConsumption(w.t.Context(), b, "run-1", w.now))
}

// What is used is counted once, in steps of the project's own clock, by period of its
// tariff, and with what is missing.
func TestEnergyUse(t *testing.T) {
	w := newWorld(t)
	device := func(id, parent string) clickhouse.DeviceRow {
		return clickhouse.DeviceRow{
			Device: telemetry.Device{Region: harbour.Region, Project: harbour.Project, Class: telemetry.Meter, ID: id},
			State:  "active", Building: "b1", Medium: "electricity", ParentMeter: parent, Version: 1, UpdatedAt: w.now,
		}
	}
	w.must(w.data.PutDevices(t.Context(), []clickhouse.DeviceRow{device("main", ""), device("floor", "main")}))
	begin := time.Date(2025, time.October, 31, 16, 0, 0, 0, time.UTC) // midnight in Shanghai
	w.counted(harbour, begin, 36, "electricity", "energy_kwh", 4, "main")
	w.counted(harbour, begin, 24, "electricity", "energy_kwh", 3, "floor")
	w.counted(harbour, begin, 48, "water", "volume_m3", 0.5, "wet")
	w.counted(park, begin, 24, "electricity", "energy_kwh", 1, "other")
	ask := func(who authz.Principal, q string) EnergyUse {
		t.Helper()
		return answerIn[EnergyUse](t, w.do(who, get("/energy/use?from=2025-11-01&to=2025-11-03&"+q)), http.StatusOK)
	}

	days := ask(root, "region=zqnorth&project=zqharbour&by=day").Items[0]
	if days.Meters != 1 || *days.Total.Use != 36*4 || *days.Total.Coverage != 0.75 || days.Total.Expected != 48 {
		t.Errorf("the meter behind another is not counted twice: %+v", days)
	}
	if len(days.Steps) != 2 || days.Steps[0].At != "2025-11-01" || *days.Steps[0].Use != 96 || *days.Steps[1].Coverage != 0.5 {
		t.Errorf("days of the project's clock: %+v", days.Steps)
	}
	// From 8:30 to 22:00 it is dear: 13.5 of the 24 hours.
	first := days.Steps[0]
	if p := first.Periods; len(p) != 2 || p[0].Period != "peak" || p[0].Use != 54 || *p[0].Cost != 54 || p[1].Use != 42 || *first.Cost != 54+42*0.25 {
		t.Errorf("periods of the tariff: %+v", first)
	}
	if hours := ask(root, "region=zqnorth&project=zqharbour&by=hour").Items[0].Steps; len(hours) != 48 || hours[8].At != "2025-11-01T08" || len(hours[8].Periods) != 2 || hours[47].Use != nil || hours[47].Why == "" {
		t.Errorf("hours: %d, %+v", len(hours), hours[8])
	}
	wet := ask(root, "medium=water&by=none&region=zqnorth&project=zqharbour").Items[0]
	if *wet.Total.Use != 24 || wet.Total.Cost != nil || wet.Total.Why != "insufficient data: no prices of water" || wet.Total.Periods[0].Period != "none" {
		t.Errorf("without a price: %+v", wet.Total)
	}
	meters := ask(root, "per=meter&by=none&region=zqnorth&project=zqharbour").Items
	if len(meters) != 2 || meters[0].Point != "main" || meters[1].Parent != "main" || meters[1].Building != "b1" || *meters[1].Total.Use != 72 {
		t.Errorf("each meter: %+v", meters)
	}
	if one := ask(root, "point=floor&by=none&region=zqnorth&project=zqharbour").Items[0]; *one.Total.Use != 72 {
		t.Errorf("one meter, also behind another: %+v", one)
	}
	if all := ask(root, "by=month").Items[0]; *all.Total.Use != 36*4+24 || all.Steps[0].At != "2025-11" || all.Meters != 2 {
		t.Errorf("the company: %+v", all)
	}
	if mine := ask(somebody(authz.Viewer, harbour), "by=none&per=project"); len(mine.Items) != 1 || mine.Items[0].Project != harbour.Project || *mine.Items[0].Total.Use != 36*4 {
		t.Errorf("a person of the harbour: %+v", mine.Items)
	}
	if none := ask(somebody(authz.Viewer, harbour), "by=none&region=zqeast&project=zqpark"); len(none.Items) != 0 {
		t.Errorf("a project of others: %+v", none.Items)
	}
	for query, field := range map[string]string{
		"from=2025-11-01&to=2025-11-01":              "from",
		"from=2025-02-30&to=2025-11-01":              "from",
		"from=2025-01-01&to=2025-11-01&by=hour":      "from",
		"from=2025-11-01&to=2025-11-02&building=b1":  "building",
		"from=2025-11-01&to=2025-11-02&project=park": "project",
	} {
		if p := problemIn(t, w.do(root, get("/energy/use?"+query))); len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Errorf("%s: %+v", query, p)
		}
	}
}
