package app

import (
	"time"

	"steward/analytics/tariff"
	"steward/dashboard/api"
)

// energyPrices lets the API price what was used.
type energyPrices struct{ tariffs *tariff.Set }

// EnergyPrices walks a tariff from change to change. By steps of use (阶梯) it takes the
// first, as the analyses do: whose account a meter is part of nobody says. What is charged
// by floor area alone has no price.
func (p energyPrices) EnergyPrices(name, medium string, zone *time.Location, from, to time.Time) (out api.EnergyPrices) {
	t, err := p.tariffs.For(name, medium)
	if err != nil {
		out.Why = err.Error()
		return out
	}
	for at := from; at.Before(to); {
		rate, err := t.Marginal(at, tariff.Options{Zone: zone})
		if err != nil {
			// No version is of this day: perhaps one is of the next.
			if out.Why == "" {
				out.Why = err.Error()
			}
			if n := len(out.Rates); n == 0 || out.Rates[n-1].Period != "" {
				out.Rates = append(out.Rates, api.EnergyRate{From: at})
			}
			y, m, d := at.In(zone).Date()
			at = time.Date(y, m, d+1, 0, 0, 0, 0, zone)
			continue
		}
		next := api.EnergyRate{From: at, Period: rate.Period.String(), Price: &rate.Price}
		if rate.ByArea {
			// A price of 0 would say that what was used cost nothing.
			next.Period, next.Price = "", nil
			if out.Why == "" {
				out.Why = "it is charged by floor area and not by use: a unit of it has no price"
			}
		}
		out.Rates = append(out.Rates, next)
		if at = rate.Until; !at.After(out.Rates[len(out.Rates)-1].From) {
			break
		}
	}
	if last, err := t.Marginal(to.Add(-time.Minute), tariff.Options{Zone: zone, Used: 1e11}); err == nil && last.Tier > 1 {
		out.Note = "priced at the first step of the tariff, the lowest"
	}
	return out
}
