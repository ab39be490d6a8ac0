package app

import (
	"strings"
	"testing"
	"time"

	"steward/analytics/tariff"
)

// What is charged by floor area alone has no price: one of 0 would make its cost 0.
func TestHeatByAreaHasNoPrice(t *testing.T) {
	set, err := tariff.Parse("test", []byte(`
tariffs:
  - name: a
    title: { zh: 按面积, en: By area }
    heat: { source: test, versions: [ { from: 2025-01-01, to: 2026-01-15, area: { price: 25, from: 11-15, to: 03-15 } }, { from: 2026-01-16, price: 40, area: { price: 12, from: 11-15, to: 03-15 } } ] }
`))
	if err != nil {
		t.Fatal(err)
	}
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	p := energyPrices{set}.EnergyPrices("a", tariff.Heat, time.UTC, day(14), day(18))
	if !strings.Contains(p.Why, "by floor area") || len(p.Rates) == 0 || p.Rates[0].Price != nil || p.Rates[0].Period != "" {
		t.Errorf("%+v", p)
	}
	if last := p.Rates[len(p.Rates)-1]; last.Price == nil || *last.Price != 40 {
		t.Errorf("%+v", last)
	}
}
