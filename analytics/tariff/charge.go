package tariff

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// basic is the charge for what the grid holds ready (基本电费): by the month's
// largest load in kW, or by the transformers in kVA.
type basic struct {
	byDemand bool
	price    float64 // yuan per kW or kVA and month

	// Who uses much of what is held ready pays a share of the price alone; 0 when
	// there is no such rule.
	highUse   float64 // kWh per kVA and month, from which on
	highShare float64
}

// area is the charge for heat by floor area: yuan per m² and heating season, spread
// evenly over its days.
type area struct {
	price    float64
	from, to monthDay
}

// share is what part of a heating season a day is; 0 outside of it.
func (a *area) share(d Date) float64 {
	for _, year := range []int{d.Year - 1, d.Year} {
		first, last := a.from.in(year), a.to.in(year)
		if last.Before(first) {
			last = a.to.in(year + 1)
		}
		if !d.Before(first) && !last.Before(d) {
			return 1 / float64(last.Sub(first)+1)
		}
	}
	return 0
}

// Load is what a month's charges besides those for use go by. What is nil is not
// known.
type Load struct {
	MaxKW       *float64 // the largest of the month, as the supplier measures it: over 15 minutes
	CapacityKVA *float64 // of the transformers
	KWh         *float64
	KVArh       *float64
	AreaM2      *float64 // that is heated
	// Yuan is the month's price of use without surcharges ([MonthCost].Adjustable):
	// with the basic charge it is what power factor adjusts.
	Yuan float64
}

// Charges are what a month costs besides its use. A charge that the tariff does not
// have is nil, and so is one for which there is too little to go by: Why says what
// is missing.
type Charges struct {
	Basic       *float64 `json:"basic_yuan"`
	Area        *float64 `json:"area_yuan"`
	PowerFactor *float64 `json:"power_factor"` // of the month, where it is adjusted
	Percent     *float64 `json:"adjustment_percent"`
	Adjustment  *float64 `json:"adjustment_yuan"` // below zero when it is a reduction
	Why         []string `json:"why,omitempty"`
}

// Total is the sum of the charges that are known.
func (c *Charges) Total() float64 {
	var sum float64
	for _, yuan := range []*float64{c.Basic, c.Area, c.Adjustment} {
		if yuan != nil {
			sum += *yuan
		}
	}
	return sum
}

// Besides says which charges a tariff has besides that for use, at any time from a day
// until before another.
func (t *Tariff) Besides(from, to Date) (basic, powerFactor, area bool) {
	for _, v := range t.versions {
		if v.from.Before(to) && (v.to.IsZero() || !v.to.Before(from)) {
			basic, powerFactor, area = basic || v.basic != nil, powerFactor || v.standard > 0, area || v.area != nil
		}
	}
	return basic, powerFactor, area
}

// Missing is why a charge is not known, as "insufficient data: …"; "" when it is, or
// there is none. charge is [BasicCharge], [PowerFactorCharge] or [AreaCharge].
func (c *Charges) Missing(charge string) string {
	for _, why := range c.Why {
		if rest, ok := strings.CutPrefix(why, charge+": "); ok {
			return rest
		}
	}
	return ""
}

// The charges, as [Charges].Why begins with them.
const (
	BasicCharge       = "basic charge"
	PowerFactorCharge = "power factor"
	AreaCharge        = "area charge"
)

// Monthly is what a month costs besides its use. Where prices change within it each
// counts for its days; power factor is judged by the standard of the last day.
func (t *Tariff) Monthly(year int, month time.Month, l Load) (Charges, error) {
	var c Charges
	if err := l.check(); err != nil {
		return c, err
	}
	first := Date{Year: year, Month: month, Day: 1}.Add(0) // month 13 is a January
	next := Date{Year: first.Year, Month: first.Month + 1, Day: 1}.Add(0)
	var basicYuan, areaYuan float64
	var hasBasic, hasArea bool
	var why reasons
	var last *version
	for d := first; d.Before(next); d = d.Add(1) {
		v := t.on(d)
		if v == nil {
			return c, t.noPrice(d)
		}
		if v.basic != nil {
			hasBasic = true
			basicYuan += v.basic.yuan(&l, &why) / float64(next.Sub(first))
		}
		if v.area != nil {
			hasArea = true
			if l.AreaM2 == nil {
				why.add("area charge: insufficient data: the heated area is not known")
			} else {
				areaYuan += v.area.price * v.area.share(d) * *l.AreaM2
			}
		}
		last = v
	}
	known := len(why) == 0
	if hasBasic && known {
		c.Basic = &basicYuan
	}
	if hasArea && known {
		c.Area = &areaYuan
	}
	if last.standard > 0 {
		c.adjust(last.standard, &l, hasBasic, &why)
	}
	c.Why = why
	return c, nil
}

// adjust fills in what power factor does to the bill.
func (c *Charges) adjust(standard float64, l *Load, hasBasic bool, why *reasons) {
	if l.KWh == nil || l.KVArh == nil {
		why.add("power factor: insufficient data: it needs the month's active and reactive energy")
		return
	}
	pf, ok := PowerFactor(*l.KWh, *l.KVArh)
	if !ok {
		why.add("power factor: insufficient data: nothing was used")
		return
	}
	percent, err := Adjustment(standard, pf)
	if err != nil {
		why.add(err.Error())
		return
	}
	c.PowerFactor, c.Percent = &pf, &percent
	if hasBasic && c.Basic == nil {
		return // what is to be adjusted is not known, and why has been said
	}
	yuan := l.Yuan
	if c.Basic != nil {
		yuan += *c.Basic
	}
	yuan *= percent / 100
	c.Adjustment = &yuan
}

// yuan is the charge of a whole month.
func (b *basic) yuan(l *Load, why *reasons) float64 {
	if !b.byDemand {
		if l.CapacityKVA == nil {
			why.add("basic charge: insufficient data: it goes by the transformers' kVA, which is not known")
			return 0
		}
		return b.price * *l.CapacityKVA
	}
	if l.MaxKW == nil {
		why.add("basic charge: insufficient data: it goes by the month's largest load, which is not known")
		return 0
	}
	price := b.price
	if b.highUse > 0 {
		if l.CapacityKVA == nil || l.KWh == nil {
			why.add("basic charge: insufficient data: whether the price for high use holds needs kWh and the transformers' kVA")
			return 0
		}
		if *l.CapacityKVA > 0 && *l.KWh >= b.highUse**l.CapacityKVA {
			price *= b.highShare
		}
	}
	return price * *l.MaxKW
}

// check refuses what is no quantity.
func (l *Load) check() error {
	for _, q := range []struct {
		name  string
		value *float64
	}{{"max kW", l.MaxKW}, {"capacity kVA", l.CapacityKVA}, {"kWh", l.KWh}, {"area m2", l.AreaM2}, {"yuan", &l.Yuan}} {
		if q.value != nil && !(*q.value >= 0 && *q.value <= maxAmount) {
			return fmt.Errorf("tariff: %s: %v is not between 0 and %v", q.name, *q.value, float64(maxAmount))
		}
	}
	if l.KVArh != nil && !(math.Abs(*l.KVArh) <= maxAmount) {
		return fmt.Errorf("tariff: kvarh: %v is not a quantity", *l.KVArh)
	}
	return nil
}

// reasons is each reason once.
type reasons []string

func (r *reasons) add(why string) {
	for _, known := range *r {
		if known == why {
			return
		}
	}
	*r = append(*r, why)
}
