package consumption

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/clickhousetest"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// The simulator knows when meters were exchanged and registers passed their highest
// value: what every counter used in all is known from that to the last digit.
func TestTheFleetsConsumptionIsTheTruth(t *testing.T) {
	db := clickhousetest.Start(t)
	cfg := simulate.Config{Seed: 5, Regions: 2, Projects: 3, Devices: 100, Start: start, End: start.AddDate(0, 0, 8)}
	fleet, sink := fill(t, db, cfg, 15*time.Minute)
	r := &runs{t: t, db: db}
	r.run(cfg.Start, cfg.End)

	type sum struct{ value, covered, highest float64 }
	got := map[string]*sum{}
	places, err := db.MeasuredPlaces(t.Context(), cfg.Start, cfg.End)
	if err != nil || len(places) != 3 || places[0].TimeZone != "Asia/Shanghai" {
		t.Fatal(places, err)
	}
	for _, p := range places {
		err := db.ConsumptionHours(t.Context(), p.Place, nil, cfg.Start.Add(-24*time.Hour), cfg.End.Add(24*time.Hour), func(c clickhouse.Consumption) error {
			key := telemetry.Device{Region: p.Region, Project: p.Project, Class: telemetry.Class(c.Class), ID: c.Device}.String() + " " + c.Metric
			if got[key] == nil {
				got[key] = new(sum)
			}
			s := got[key]
			s.value, s.covered, s.highest = s.value+c.Value, s.covered+c.Covered, max(s.highest, c.Value)
			if c.Value < 0 || c.Quality == "measured" && c.Covered < 0.95 {
				t.Errorf("%s: %+v", key, c)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	truth := fleet.Truth()
	if len(truth.Swaps) < 2 || len(truth.Rollovers) == 0 || len(truth.Silences) == 0 {
		t.Fatalf("the fleet has %d swaps, %d rollovers, %d silences", len(truth.Swaps), len(truth.Rollovers), len(truth.Silences))
	}
	special := map[string]float64{} // what the register showed more than it should
	for _, v := range truth.Swaps {
		for key := range sink.first {
			device, metric, _ := strings.Cut(key, " ")
			if device == v.Device && mains[metric] {
				special[key] += v.OldFinal - v.NewStart
			}
		}
	}
	for _, v := range truth.Rollovers {
		special[v.Device+" "+v.Metric] += v.Capacity
	}
	swapped := map[string]bool{}
	for _, v := range truth.Swaps {
		swapped[v.Device+" reactive_kvarh"] = true
	}
	for key, first := range sink.first {
		want := sink.last[key].Value - first.Value + special[key]
		s := got[key]
		if s == nil {
			t.Errorf("%s: nothing", key)
			continue
		}
		hours := float64(sink.last[key].TS-first.TS) / 3.6e6
		if swapped[key] || first.TS < telemetry.MillisOf(start) {
			continue // the event tells only of the main counter; a wrong clock
		}
		if math.Abs(s.value-want) > 1e-6*max(1, want) || math.Abs(s.covered-hours) > 0.05 {
			t.Errorf("%s: %v in %v hours, really %v in %v", key, s.value, s.covered, want, hours)
		}
		if special[key] != 0 && s.highest > 40*want/hours {
			t.Errorf("%s: an hour of %v, on average %v", key, s.highest, want/hours)
		}
	}
	// Swaps and rollovers are on record.
	r.query("1", "SELECT countIf(kind = 'rollover') > 0 AND countIf(kind = 'replaced') >= 2 FROM meter_breaks")
	// Where a device was silent hours are interpolated, and nowhere else to speak of.
	r.query("1", "SELECT countIf(quality = 'interpolated') > 0 AND countIf(quality = 'measured') / count() > 0.98 FROM consumption_1h FINAL WHERE quality != 'missing'")
	// Days are the hours of the local calendar.
	r.query("0", `SELECT count() FROM (SELECT device, metric, region, project, toDate(ts, 'Asia/Shanghai') AS day, sum(value) AS v, sum(covered) AS h FROM consumption_1h FINAL GROUP BY ALL) AS a
		FULL OUTER JOIN (SELECT * FROM consumption_1d FINAL) AS b USING (device, metric, region, project, day)
		WHERE abs(a.v - b.value) > 1e-6 * (1 + a.v) OR abs(a.h - b.hours) > 1e-3 OR b.length != 24`)

	// Again, in pieces: the same hours, each once.
	total := "SELECT count(), round(sum(value), 3), countIf(quality = 'measured') FROM consumption_1h FINAL WHERE ts >= " + fmt.Sprint(start.Unix())
	before := clickhousetest.Query(t, db, total)
	for at := cfg.Start; at.Before(cfg.End); at = at.Add(96 * time.Hour) {
		r.run(at, at.Add(72*time.Hour))
	}
	if after := clickhousetest.Query(t, db, total); after != before {
		t.Errorf("counted in pieces it is %s, was %s", after, before)
	}
}
