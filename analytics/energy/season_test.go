package energy

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"steward/internal/clickhouse"
)

// What every autumn brings is no anomaly; what it does not bring is one.
func TestTheSeasonIsNoAnomaly(t *testing.T) {
	to := day(2026, 11, 27)
	// heat begins on 15 November with so much in an hour, each year its own.
	heat := func(before, now float64) func(time.Time) float64 {
		r := rand.New(rand.NewPCG(7, 9))
		return func(at time.Time) float64 {
			local := at.In(shanghai)
			year, size := local.Year(), before
			if local.Month() < time.June {
				year-- // of the winter that began then
			}
			if year == 2026 {
				size = now
			}
			if m := local.Month(); m > time.March && m < time.November || m == time.November && local.Day() < 15 || local.Month() == time.March && local.Day() > 15 {
				return 0
			}
			return size * (1 + 0.3*math.Sin(2*math.Pi*float64(local.Hour())/24)) * (1 + 0.05*r.NormFloat64())
		}
	}
	spike := func(at time.Time) float64 {
		local := at.In(shanghai)
		v := 20 + 10*math.Sin(2*math.Pi*float64(local.Hour())/24) + float64(at.Unix()%7)/10
		if local.Year() == 2026 && local.Month() == time.November && local.Day() >= 20 && local.Hour() >= 1 && local.Hour() < 5 {
			v += 200
		}
		return v
	}
	f := func(name, metric, medium string, from time.Time, use func(time.Time) float64, want bool) {
		t.Helper()
		store := &fake{}
		store.add(clickhouse.EnergyMeter{Device: "m", Metric: metric, Medium: medium}, from.UTC(), to.UTC(), use)
		got := runJob(t, options(t, store, &board{}), day(2026, 10, 1), to, to, nil)
		found := false
		for _, one := range got.notes["findings "].(List).Findings {
			found = found || one.Kind == "anomaly"
		}
		if found != want {
			t.Errorf("%s: an anomaly is found: %t, want %t", name, found, want)
		}
	}
	f("as last winter", "heat_gj", "heat", day(2025, 10, 1), heat(2, 2), false)
	f("a colder winter", "heat_gj", "heat", day(2025, 10, 1), heat(2, 2.5), false)
	f("no winter before", "heat_gj", "heat", day(2026, 6, 1), heat(2, 2), false)
	f("three times last winter", "heat_gj", "heat", day(2025, 10, 1), heat(2, 6), true)
	f("nights of plant that nobody ordered", "energy_kwh", "electricity", day(2025, 10, 1), spike, true)
}
