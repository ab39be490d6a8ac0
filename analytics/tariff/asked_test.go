package tariff

import (
	"math"
	"testing"
	"time"
)

// asked asks a tariff that was accepted for prices at its ends and in between.
func asked(t *testing.T, tariff *Tariff) {
	t.Helper()
	first := tariff.versions[0].from
	o := Options{Zone: time.UTC}
	for _, days := range []int{0, 40, 400} {
		d := first.Add(days)
		at := time.Date(d.Year, d.Month, d.Day, 10, 10, 0, 0, time.UTC)
		rate, err := tariff.Marginal(at, o)
		if err == nil && (!(rate.Price >= 0) || math.IsInf(rate.Price, 0) || !rate.Until.After(at)) {
			t.Errorf("on %s a unit costs %+v", d, rate)
		}
		cost, err := tariff.Cost([]Use{{From: at, For: 50 * time.Hour, Amount: 1000, Error: 10}}, o)
		if err == nil && !(cost.Low >= 0 && cost.Low <= cost.Yuan+1e-6 && cost.Yuan <= cost.High+1e-6) {
			t.Errorf("on %s 1000 units cost %+v", d, cost)
		}
		if _, err := tariff.Monthly(d.Year, d.Month, Load{}); err != nil && tariff.on(d) != nil && days == 40 && tariff.on(d.Add(31)) != nil && tariff.on(d.Add(-31)) != nil {
			t.Errorf("in the month of %s: %v", d, err)
		}
	}
}
