// Package tariff knows what electricity, water, gas and heat cost: by month and
// time of day (尖峰平谷), by blocks of use (阶梯), by the largest load or the
// transformer, and by power factor. [Parse] reads named tariffs; a [Tariff] prices
// series of use ([Tariff.Cost], [Account]), one more unit at a time
// ([Tariff.Marginal]) and what a month costs besides ([Tariff.Monthly]).
//
// Money is in yuan. Prices hold by the clocks of a place, from a first to a last
// day, so that a bill over a change of price is right. Nothing is rounded: the
// supplier rounds once, at the end, and by rules of its own.
package tariff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/incident"
)

// Media, as the registry names them, with what a price is for one of: kWh, m³, m³
// and GJ.
const (
	Electricity = "electricity"
	Water       = "water"
	Gas         = "gas"
	Heat        = "heat"
)

// Set is tariffs by name. It must not be modified.
type Set struct {
	byName map[string]*named
}

type named struct {
	title    incident.Text
	byMedium map[string]*Tariff
}

// Names are the names of the tariffs, in order.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.byName))
	for name := range s.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// For is the tariff of a name for a medium. A project names one tariff, which has
// prices for each medium that it buys.
func (s *Set) For(name, medium string) (*Tariff, error) {
	n := s.byName[name]
	switch {
	case name == "":
		return nil, fmt.Errorf("tariff: the project names none; give it one of %s", strings.Join(s.Names(), ", "))
	case n == nil:
		return nil, fmt.Errorf("tariff: %q is not among the tariffs; have %s", name, strings.Join(s.Names(), ", "))
	case n.byMedium[medium] == nil:
		return nil, fmt.Errorf("tariff: %s has no prices of %s; add them to it", name, medium)
	}
	return n.byMedium[medium], nil
}

// Tariff is what one medium costs. It must not be modified.
type Tariff struct {
	Name   string // [a-z0-9][a-z0-9_-]{0,63}
	Title  incident.Text
	Medium string
	Source string         // where the figures are from
	Zone   *time.Location // by whose clocks it goes; nil for those of the project

	versions []*version // in order of their days, without a gap
}

// version is the prices of a number of days.
type version struct {
	line     int
	from, to Date // to is the last day; zero when there is no end yet

	byMonth   [13]*season // by time.Month
	byDay     map[Date]*season
	surcharge float64 // per unit, in every hour and tier; outside the power factor's adjustment
	tiers     *tiers
	basic     *basic
	area      *area
	standard  float64 // of power factor; 0 when it is not adjusted
}

// season is a day's prices, of some months or single days.
type season struct {
	line  int
	slots [slotsPerDay]Period
	price [periods]float64 // of the first tier, without the surcharge
}

// tiers are blocks of use of which each is dearer. Their limits are those of one
// household.
type tiers struct {
	monthly bool
	begins  time.Month // of the year, where it is not monthly
	steps   []step
}

// step is one block. The last has no limit.
type step struct {
	upTo float64          // included
	add  [periods]float64 // to the price of the first
}

// in is the tier's own period of use that a day belongs to: a month, or a year by
// the year in which it begins. Without tiers it is the calendar's year: tiers that
// come within a year count its use from the beginning.
func (t *tiers) in(d Date) Date {
	if t == nil {
		return Date{Year: d.Year, Month: time.January, Day: 1}
	}
	if t.monthly {
		return Date{Year: d.Year, Month: d.Month, Day: 1}
	}
	first := Date{Year: d.Year, Month: t.begins, Day: 1}
	if d.Before(first) {
		first.Year--
	}
	return first
}

// on is the version of a day; nil when there is none.
func (t *Tariff) on(d Date) *version {
	for _, v := range slices.Backward(t.versions) {
		if !d.Before(v.from) {
			if v.to.IsZero() || !v.to.Before(d) {
				return v
			}
			return nil
		}
	}
	return nil
}

// noPrice says for which days there are prices.
func (t *Tariff) noPrice(d Date) error {
	first, last := t.versions[0].from, t.versions[len(t.versions)-1].to
	if d.Before(first) {
		return fmt.Errorf("tariff %s: %s has no price on %s: the first is of %s; add a version that is older", t.Name, t.Medium, d, first)
	}
	return fmt.Errorf("tariff %s: %s has no price on %s: the last was of %s; add the one that follows", t.Name, t.Medium, d, last)
}

func (v *version) season(d Date) *season {
	if s := v.byDay[d]; s != nil {
		return s
	}
	return v.byMonth[d.Month]
}
