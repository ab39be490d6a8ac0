package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
	"steward/internal/telemetry"
)

const corrected = "/devices/zqnorth/zqhill/meter/m-zqhill/corrections"

func TestCorrectionsOfAMeter(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, hill)
	at := w.now.Add(-50 * time.Hour).Truncate(time.Second)
	body := fields{"kind": "replaced", "metric": "energy_kwh", "at": at, "old": 48211.7, "new": 0.4, "note": "换表"}
	make := post(corrected, body).with("Idempotency-Key", "k1")
	made := answerIn[correctionMade](t, w.do(engineer, make), http.StatusCreated)
	if one := made.Correction; one.Kind != "replaced" || !one.At.Equal(at) || *one.Old != 48211.7 || *one.New != 0.4 || one.By != "engineer" || !one.Until.IsZero() {
		t.Errorf("%+v", one)
	}
	if again := answerIn[correctionMade](t, w.do(engineer, make), http.StatusCreated); again.Correction.ID != made.Correction.ID {
		t.Errorf("made twice: %+v", again)
	}
	// The hours on both sides are counted again.
	r, err := w.runs.Get(t.Context(), made.Recount.Run)
	w.must(err)
	if r.Params["place"] != hill.String() || r.Regular {
		t.Errorf("%+v", r)
	}
	if r.Job != "consumption" || r.State != runs.Queued || r.From.After(at.Add(-day)) || r.To.Before(at.Add(day)) || r.To.After(w.now) || r.By.Name != "engineer" {
		t.Errorf("%+v", r)
	}
	all := answerIn[listBody[meterCorrection]](t, w.do(somebody(authz.Viewer, hill), get(corrected)), http.StatusOK)
	if len(all.Items) != 2 || all.Items[0].ID != made.Correction.ID || all.Items[1].Kind != "accept" {
		t.Errorf("%+v", all)
	}

	withdraw := post(corrected+"/"+made.Correction.ID+"/withdraw", nil)
	for range 2 {
		gone := answerIn[correctionMade](t, w.do(engineer, withdraw), http.StatusOK)
		if !gone.Correction.Withdrawn || gone.Correction.ID != made.Correction.ID || gone.Recount.Run != made.Recount.Run { // it waits yet
			t.Errorf("%+v", gone)
		}
	}
	if all := answerIn[listBody[meterCorrection]](t, w.do(engineer, get(corrected)), http.StatusOK); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	if all := answerIn[listBody[meterCorrection]](t, w.do(engineer, get(corrected+"?withdrawn=true")), http.StatusOK); len(all.Items) != 2 || !all.Items[0].Withdrawn {
		t.Errorf("%+v", all)
	}
	if p := problemIn(t, w.do(engineer, post(corrected+"/20260101-aaaaaaaaaaaaaaaa/withdraw", nil))); p.Code != CodeNotFound {
		t.Errorf("%+v", p)
	}
	// A run that is under way may have read the corrections before the next one is made.
	_, err = w.runs.Claim(t.Context(), r.ID, "worker", "test", time.Hour)
	w.must(err)
	next := answerIn[correctionMade](t, w.do(engineer, withdraw), http.StatusOK)
	later, err := w.runs.Get(t.Context(), next.Recount.Run)
	w.must(err)
	if later.ID == r.ID || later.State != runs.Queued || later.From.After(r.From) || later.Params["place"] != hill.String() {
		t.Errorf("%+v", later)
	}
	log := w.dump(t, "audit")
	for _, action := range []string{"meter_correction.create", "meter_correction.withdraw"} {
		if strings.Count(log, action) != 1 {
			t.Errorf("the audit log does not have %s once", action)
		}
	}
}

func TestCorrectionsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, hill)
	past, future := w.now.Add(-time.Hour), w.now.Add(time.Hour)
	f := func(body fields, wrong ...string) {
		t.Helper()
		p := problemIn(t, w.do(engineer, post(corrected, body)))
		var got []string
		for _, e := range p.Errors {
			got = append(got, e.Field)
		}
		if p.Status != http.StatusUnprocessableEntity || strings.Join(got, " ") != strings.Join(wrong, " ") {
			t.Errorf("%v: %d, %v, want %v", body, p.Status, got, wrong)
		}
	}
	f(fields{"kind": "stolen", "at": past}, "kind")
	f(fields{"kind": "accept"}, "body") // it says which property is missing
	f(fields{"kind": "accept", "at": future}, "at")
	f(fields{"kind": "accept", "at": "1969-01-01T00:00:00Z"}, "at")
	f(fields{"kind": "accept", "at": past, "metric": "power_kw"}, "metric")
	f(fields{"kind": "accept", "at": past, "until": past}, "until")
	f(fields{"kind": "accept", "at": past, "new": 1}, "new")
	f(fields{"kind": "removed", "at": past, "new": 1}, "old", "new")
	f(fields{"kind": "installed", "at": past, "old": 1}, "new", "old")
	f(fields{"kind": "installed", "at": past, "new": -1}, "new")
	f(fields{"kind": "ignore", "at": past, "until": past.Add(-time.Second)}, "until")
	f(fields{"kind": "ignore", "at": past, "until": future}, "until")
	f(fields{"kind": "ignore", "at": past, "old": 1}, "old")
	f(fields{"kind": "reset", "at": past, "old": -1, "new": 1e16}, "old", "new")
	f(fields{"kind": "rollover", "at": past}, "new")
	f(fields{"kind": "rollover", "at": past, "new": 0}, "new")
	f(fields{"kind": "multiplier", "at": past}, "new")
	f(fields{"kind": "multiplier", "at": past, "new": -60}, "new")
	f(fields{"kind": "multiplier", "at": past, "new": 60, "old": 40}, "old")
	f(fields{"kind": "multiplier", "at": past, "new": 60, "metric": "trips_total"}, "metric")
	if all := answerIn[listBody[meterCorrection]](t, w.do(engineer, get(corrected+"?withdrawn=true")), http.StatusOK); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
}

const day = 24 * time.Hour

// A correction at a gap touches the whole gap, whose use was divided over its hours.
func TestACorrectionTouchesTheGap(t *testing.T) {
	w := newWorld(t)
	d := telemetry.Device{Region: hill.Region, Project: hill.Project, Class: telemetry.Meter, ID: "m-zqhill"}
	at := w.now.Truncate(day).Add(-20*day + 7*time.Hour)
	span := func(c clickhouse.MeterCorrection) (from, to time.Duration) {
		t.Helper()
		c.Device, c.At = d, at
		begin, end, err := w.data.CorrectionSpan(t.Context(), c)
		w.must(err)
		return begin.Sub(at.Truncate(day)) / day, end.Sub(at.Truncate(day)) / day
	}
	f := func(c clickhouse.MeterCorrection, from, to time.Duration) {
		t.Helper()
		if gotFrom, gotTo := span(c); gotFrom != from || gotTo != to {
			t.Errorf("days %d to %d, want %d to %d", gotFrom, gotTo, from, to)
		}
	}
	f(clickhouse.MeterCorrection{Kind: "replaced"}, -1, 2)
	f(clickhouse.MeterCorrection{Kind: "ignore", Until: at.Add(5 * day)}, -1, 7)
	b := new(clickhouse.ConsumptionBatch)
	counter := &clickhouse.Counter{Device: d, Metric: "energy_kwh"}
	for _, hours := range []time.Duration{-2000, -200, -150, 100, 120} {
		b.Add(counter, clickhouse.ConsumptionHour{TS: telemetry.MillisOf(at.Truncate(time.Hour).Add(hours * time.Hour)), Value: 1, Covered: 1, Quality: "measured", Readings: 1})
	}
	gone := *counter
	gone.Device.ID = "m-gone"
	b.Add(&gone, clickhouse.ConsumptionHour{TS: telemetry.MillisOf(at.Truncate(time.Hour).Add(-150 * time.Hour)), Value: 1, Covered: 1, Quality: "measured", Readings: 1})
	w.must(w.data.PutConsumption(t.Context(), b, "run", w.now))
	// Of one that is taken out, or put in, there are readings on one side alone.
	was := d
	d = gone.Device
	f(clickhouse.MeterCorrection{Kind: "replaced"}, -1, 2)
	f(clickhouse.MeterCorrection{Kind: "removed"}, -6, 2)
	d = was
	f(clickhouse.MeterCorrection{Kind: "replaced"}, -6, 5) // 150 hours before 07:00 it is 01:00 six days ago
}
