package tariff

import (
	"errors"
	"fmt"
	"time"

	"steward/internal/calendar"
)

// Options are what a price depends on besides time.
type Options struct {
	// Zone is whose clocks count where the tariff names none: the project's.
	Zone *time.Location
	// Households share one account: tiers are as many times as wide. 0 is one.
	Households int
	// Used is what the account had used in the tiers' month or year before the first
	// use that is priced.
	Used float64
	// Independent says that the errors of the uses have nothing to do with each other.
	// By default they are taken to err together, as those of one model do, which is
	// the wider interval.
	Independent bool
}

// clocks is the zone that counts.
func (t *Tariff) clocks(o *Options) (*time.Location, error) {
	switch {
	case t.Zone != nil:
		return t.Zone, nil
	case o.Zone != nil:
		return o.Zone, nil
	}
	return nil, fmt.Errorf("tariff %s names no zone, and the project's is not given", t.Name)
}

// check refuses what is no household or quantity.
func (o *Options) check() error {
	switch {
	case o.Households < 0 || o.Households > maxAmount:
		return fmt.Errorf("tariff: %d households are not between 1 and %d", o.Households, int(maxAmount))
	case !(o.Used >= 0 && o.Used <= maxAmount):
		return fmt.Errorf("tariff: the use before, %v, is not between 0 and %v", o.Used, float64(maxAmount))
	}
	return nil
}

func (o *Options) households() float64 { return float64(max(o.Households, 1)) }

// Rate is what one more unit costs at a time.
type Rate struct {
	Price     float64   `json:"price"` // yuan per unit, with the surcharge
	Surcharge float64   `json:"surcharge"`
	Period    Period    `json:"period"`
	Tier      int       `json:"tier"`  // from 1; 1 without tiers
	Until     time.Time `json:"until"` // when period, season or version may change
	// ByArea says that the floor area is charged and no use: Price is 0 and says nothing
	// of what was paid.
	ByArea bool `json:"by_area,omitempty"`
}

// Marginal is what one more unit costs at a time, which is also what one less is
// worth.
//
// With tiers it depends on what is used. Of a year's saving each kWh comes off the
// last tier that the year reaches, and not off the one in which the account was at
// that hour: to value savings give as Options.Used what is used in the whole of the
// tiers' year or month. For a saving that crosses tiers take the difference of two
// [Tariff.Cost].
func (t *Tariff) Marginal(at time.Time, o Options) (Rate, error) {
	zone, err := t.clocks(&o)
	if err := errors.Join(err, o.check()); err != nil {
		return Rate{}, err
	}
	p, err := t.piece(at, at.Add(24*time.Hour), zone)
	if err != nil {
		return Rate{}, err
	}
	tier := p.version.tiers.at(o.Used, o.households())
	price := p.price(tier) + p.version.surcharge
	return Rate{
		Price: price, Surcharge: p.version.surcharge,
		Period: p.period, Tier: tier + 1, Until: p.end, ByArea: p.version.area != nil && price == 0,
	}, nil
}

// piece is a stretch of time in which nothing changes but the tier.
type piece struct {
	end     time.Time
	day     Date
	period  Period
	season  *season
	version *version
}

func (p *piece) price(tier int) float64 {
	if p.version.tiers == nil {
		return p.season.price[p.period]
	}
	return p.season.price[p.period] + p.version.tiers.steps[tier].add[p.period]
}

// piece is the stretch from a time on, until before end at most.
//
// It walks by what really passes until clocks in the zone show the next change, and
// never over a change of the clocks themselves: an hour that the clocks show twice
// costs twice what it says, and one that they skip costs nothing.
func (t *Tariff) piece(from, end time.Time, zone *time.Location) (piece, error) {
	local := from.In(zone)
	p := piece{day: calendar.DateOf(local)}
	if p.version = t.on(p.day); p.version == nil {
		return p, t.noPrice(p.day)
	}
	p.season = p.version.season(p.day)
	slot, since := slotOf(local)
	p.period = p.season.slots[slot]
	next := slot + 1
	for next < slotsPerDay && p.season.slots[next] == p.period {
		next++
	}
	p.end = from.Add(time.Duration(next)*slotMinutes*time.Minute - since)
	if _, change := local.ZoneBounds(); !change.IsZero() && change.Before(p.end) {
		p.end = change
	}
	if end.Before(p.end) {
		p.end = end
	}
	return p, nil
}

// at is the index of the tier in which the next unit is, when so much has been
// used; 0 without tiers.
func (t *tiers) at(used, households float64) int {
	if t == nil {
		return 0
	}
	last := len(t.steps) - 1
	for i := range last {
		if used < t.steps[i].upTo*households {
			return i
		}
	}
	return last
}
