package api

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

func TestConsumptionByHourAndDay(t *testing.T) {
	w := newWorld(t)
	zone := time.FixedZone("", 8*3600)
	begin := time.Date(2026, 11, 2, 0, 0, 0, 0, zone)
	var b clickhouse.ConsumptionBatch
	counter := &clickhouse.Counter{
		Device: telemetry.Device{Region: hill.Region, Project: hill.Project, Class: telemetry.Meter, ID: "m-used"}, Metric: "energy_kwh", Point: "m-used", Medium: "electricity",
	}
	for i := range 48 {
		h := clickhouse.ConsumptionHour{TS: telemetry.MillisOf(begin.Add(time.Duration(i) * time.Hour)), Value: 2, Covered: 1, Quality: "measured", Readings: 12}
		if i == 30 { // of the second day an hour is not known
			h.Value, h.Covered, h.Quality = 0, 0, "missing"
		}
		b.Add(counter, h)
	}
	w.must(w.data.PutConsumption(t.Context(), &b, "run", w.now))
	w.must(w.data.CountDays(t.Context(), hill, zone, begin, begin.Add(48*time.Hour), "run", w.now))

	ask := func(of authz.Principal, more ...string) listBody[consumptionItem] {
		t.Helper()
		q := url.Values{"region": {hill.Region}, "project": {hill.Project}, "class": {"meter"}, "device": {"m-used"}}
		for i := 0; i < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return answerIn[listBody[consumptionItem]](t, w.do(of, get("/consumption?"+q.Encode())), http.StatusOK)
	}
	viewer := somebody(authz.Viewer, hill)
	days := ask(viewer, "from", "2026-11-02T00:00:00+08:00", "to", "2026-11-04T00:00:00+08:00")
	if len(days.Items) != 2 || days.Items[0].Day != "2026-11-02" || *days.Items[0].Value != 48 || days.Items[0].Quality != "measured" || *days.Items[0].Peak != 2 ||
		days.Items[1].Day != "2026-11-03" || *days.Items[1].Value != 46 || days.Items[1].Known != 23 || days.Items[1].Quality != "measured" {
		t.Errorf("days %+v", days)
	}
	if one := ask(viewer, "from", "2026-11-02T00:00:00+08:00", "to", "2026-11-03T00:00:00+08:00"); len(one.Items) != 1 {
		t.Errorf("one day %+v", one)
	}
	hours := ask(viewer, "by", "hour", "from", begin.Add(24*time.Hour).Format(time.RFC3339), "to", begin.Add(48*time.Hour).Format(time.RFC3339))
	if len(hours.Items) != 24 || !hours.Items[0].TS.Equal(begin.Add(24*time.Hour)) || *hours.Items[0].Value != 2 || hours.Items[6].Value != nil || hours.Items[6].Quality != "missing" {
		t.Errorf("hours %+v", hours)
	}
	// Page by page it is the same, without an end to the period, too.
	page := ask(viewer, "by", "hour", "from", begin.Format(time.RFC3339), "limit", "47")
	rest := ask(viewer, "by", "hour", "from", begin.Format(time.RFC3339), "limit", "47", "cursor", page.Next)
	if len(page.Items) != 47 || len(rest.Items) != 1 || rest.Next != "" || !rest.Items[0].TS.Equal(begin.Add(47*time.Hour)) {
		t.Errorf("pages of %d and %d, %+v", len(page.Items), len(rest.Items), rest)
	}
	if others := ask(somebody(authz.Viewer, harbour), "from", begin.Format(time.RFC3339)); len(others.Items) != 0 {
		t.Errorf("somebody of another project sees %+v", others)
	}
}

func TestQualityOfWhatWasCounted(t *testing.T) {
	for want, c := range map[string]clickhouse.Counted{
		"measured":     {Length: 24, Known: 23.9},
		"missing":      {Length: 24},
		"partial":      {Length: 24, Known: 12},
		"interpolated": {Length: 24, Known: 12, Interpolated: 1},
		"suspect":      {Length: 24, Known: 24, Interpolated: 1, Suspect: 1},
	} {
		if got := qualityOf(&c); got != want {
			t.Errorf("%+v is %s, want %s", c, got, want)
		}
	}
}
