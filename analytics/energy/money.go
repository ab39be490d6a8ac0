package energy

import (
	"math"
	"time"

	"steward/analytics/tariff"
	"steward/internal/calendar"
)

// prices are what one more unit costs in each hour of a period.
type prices struct {
	tariff *tariff.Tariff
	yuan   []float64 // NaN where there is no price; nil without a tariff
	why    string    // why there are none
	warn   string    // what to know of them
	leaves string    // what the bill has besides, which a cost by them leaves out
}

// byArea is why nothing has a price where heat is paid by the square metre.
const byArea = "it is charged by floor area and not by use: a unit of it has no price"

// top is a use beyond all steps of a tariff.
const top = 1e11

// pricesOf asks a tariff hour by hour. By steps of use (阶梯) a saving is worth what the
// last step that is reached costs; which one that is depends on whose account a meter
// is part of, which nobody says: the price of the first step, the lowest, understates
// and never promises too much.
func pricesOf(t *tariff.Tariff, p period, zone *time.Location) *prices {
	if t == nil {
		return &prices{why: "no tariff: give the project one that has prices for this medium"}
	}
	m := &prices{tariff: t, yuan: make([]float64, p.hours())}
	o := tariff.Options{Zone: zone}
	for i := 0; i < len(m.yuan); {
		rate, err := t.Marginal(p.at(i), o)
		if err != nil {
			if m.why == "" {
				m.why = err.Error()
			}
			m.yuan[i] = math.NaN()
			i++
			continue
		}
		if rate.ByArea {
			m.why, rate.Price = or(m.why, byArea), math.NaN()
		}
		// Half an hour of a dearer period within an hour is passed over.
		for next := max(p.index(rate.Until), i+1); i < min(next, len(m.yuan)); i++ {
			m.yuan[i] = rate.Price
		}
	}
	if high, err := t.Marginal(p.at(len(m.yuan)-1), tariff.Options{Zone: zone, Used: top}); err == nil && high.Tier > 1 {
		m.warn = "priced at the first step of the tariff, the lowest"
	}
	m.leaves = leavesOut(t, calendar.DateOf(p.from.In(zone)), calendar.DateOf(p.to.Add(-1).In(zone)).Add(1))
	return m
}

// leavesOut names what a tariff charges besides use, which is in no cost of use.
func leavesOut(t *tariff.Tariff, from, to tariff.Date) string {
	basic, powerFactor, area := t.Besides(from, to)
	list := []string{"the charge for use alone"}
	for _, c := range []struct {
		has  bool
		name string
	}{{basic, "without the basic charge"}, {powerFactor, "without the power-factor adjustment"}, {area, "without the area charge"}} {
		if c.has {
			list = append(list, c.name)
		}
	}
	if len(list) == 1 {
		return "" // the bill has nothing else
	}
	return joined(list...)
}

// mean is the mean price of the last year's hours for which in is true (nil: of all).
func (m *prices) mean(in func(i int) bool) (yuan float64, ok bool) {
	sum, n := 0., 0.
	for i := max(0, len(m.yuan)-yearHours); i < len(m.yuan); i++ {
		if !math.IsNaN(m.yuan[i]) && (in == nil || in(i)) {
			sum, n = sum+m.yuan[i], n+1
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / n, true
}

// of is what a unit costs on average when it is used as a series was.
func (m *prices) of(s *series, from, to int) (yuan float64, ok bool) {
	cost, used := m.cost(s, from, to)
	if used > 0 && cost/used >= 0 {
		return cost / used, true
	}
	return m.mean(nil)
}

// cost is what a series cost, and how much of it has a price.
func (m *prices) cost(s *series, from, to int) (yuan, used float64) {
	for i := max(from, 0); i < min(to, len(m.yuan)); i++ {
		if v := s.value[i] * m.yuan[i]; !math.IsNaN(v) {
			yuan, used = yuan+v, used+s.value[i]
		}
	}
	return yuan, used
}
