package tariff

import (
	"fmt"
	"math"
	"time"

	"steward/internal/calendar"
)

// Bounds of one use. A longer one would have to be spread over seasons without
// knowing how it fell, and a larger one is not a meter's.
const (
	longestUse = 366 * 24 * time.Hour
	maxAmount  = 1e12
)

// Use is what was used in a stretch of time. Within it the use is taken to be even.
type Use struct {
	From   time.Time
	For    time.Duration
	Amount float64 // kWh, m³ or GJ; not below 0
	// Error is half the width of the amount's interval: 0 when it was measured. What
	// level the interval has, that of its cost has too.
	Error float64
}

// Cost is what uses cost.
type Cost struct {
	Amount float64 `json:"amount"`
	Yuan   float64 `json:"yuan"` // with surcharges
	Low    float64 `json:"low"`
	High   float64 `json:"high"`

	Periods []PeriodCost  `json:"periods"`
	Tiers   []TierCost    `json:"tiers,omitempty"` // none for a tariff without them
	Months  []MonthCost   `json:"months"`
	Covered time.Duration `json:"-"` // of time that has a use
}

// PeriodCost is the part of a cost that fell in a period of the day.
type PeriodCost struct {
	Period Period  `json:"period"`
	Amount float64 `json:"amount"`
	Yuan   float64 `json:"yuan"`
}

// TierCost is the part of a cost that fell in a tier.
type TierCost struct {
	Tier   int     `json:"tier"` // from 1
	Amount float64 `json:"amount"`
	Yuan   float64 `json:"yuan"`
}

// MonthCost is the part of a cost that fell in a month, by the clocks that count.
type MonthCost struct {
	Year       int        `json:"year"`
	Month      time.Month `json:"month"`
	Amount     float64    `json:"amount"`
	Yuan       float64    `json:"yuan"`
	Adjustable float64    `json:"adjustable_yuan"` // what power factor adjusts: without surcharges
	Low        float64    `json:"low"`
	High       float64    `json:"high"`
}

// Cost prices uses, which are in order of time and apart. Time between them costs
// nothing: whether a series is complete is for its owner to know.
func (t *Tariff) Cost(uses []Use, o Options) (Cost, error) {
	a, err := t.Open(o)
	if err != nil {
		return Cost{}, err
	}
	for i := range uses {
		if err := a.Add(uses[i]); err != nil {
			return Cost{}, err
		}
	}
	return a.Cost(), nil
}

// Account prices uses one after the other, for series that are too long to hold.
type Account struct {
	t          *Tariff
	zone       *time.Location
	households float64

	independent bool
	until       time.Time // the end of the last use
	covered     time.Duration

	// The same use as it is believed, and at both ends of its interval, each with its
	// own way through the tiers.
	believed, low, high counter

	periods [periods]PeriodCost
	tiers   [maxSteps]TierCost
	tiered  bool
	months  []MonthCost
	// The squares of what independent errors cost, of all uses, and by month of their
	// parts.
	squares       float64
	monthsSquares []float64
}

// counter is where in the tiers a use has come, and what it costs so far.
type counter struct {
	in   Date // the month or year of the tiers
	used float64
	yuan float64
}

// Open begins an account.
func (t *Tariff) Open(o Options) (*Account, error) {
	zone, err := t.clocks(&o)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	begin := counter{used: o.Used}
	return &Account{
		t: t, zone: zone, households: o.households(), independent: o.Independent,
		believed: begin, low: begin, high: begin,
	}, nil
}

// Add prices one more use. After an error the account is as it was.
func (a *Account) Add(u Use) error {
	if err := a.check(&u); err != nil {
		return err
	}
	end := u.From.Add(u.For)
	// Prices for all of it, before anything is counted.
	for _, at := range []time.Time{u.From, end.Add(-1)} {
		if d := calendar.DateOf(at.In(a.zone)); a.t.on(d) == nil {
			return a.t.noPrice(d)
		}
	}
	var off float64 // what the use's error costs, of all of it
	for from := u.From; from.Before(end); {
		p, err := a.t.piece(from, end, a.zone)
		if err != nil {
			return err
		}
		share := float64(p.end.Sub(from)) / float64(u.For)
		off += a.add(&p, u.Amount*share, u.Error*share, max(u.Amount-u.Error, 0)*share)
		from = p.end
	}
	// The parts of one use err together, whatever other uses do.
	a.squares += off * off
	a.until = end
	a.covered += u.For
	return nil
}

func (a *Account) check(u *Use) error {
	at := func(format string, args ...any) error {
		return fmt.Errorf("tariff %s: use from %s: %s", a.t.Name, u.From.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	switch {
	case u.For <= 0 || u.For > longestUse:
		return at("lasts %s, not more than 0 and at most %s", u.For, longestUse)
	case !(u.Amount >= 0 && u.Amount <= maxAmount):
		return at("amount %v is not between 0 and %v", u.Amount, float64(maxAmount))
	case !(u.Error >= 0 && u.Error <= maxAmount):
		return at("error %v is not between 0 and %v", u.Error, float64(maxAmount))
	case u.From.Before(a.until):
		return at("begins before the one before it ends, at %s; sort them and drop those that stand twice", a.until.Format(time.RFC3339))
	}
	return nil
}

// add counts the part of a use that falls in a piece, and returns what its error
// costs where errors are independent.
func (a *Account) add(p *piece, amount, half, low float64) (off float64) {
	month := a.month(p.day)
	m := &a.months[month]
	yuan := a.believed.add(p, amount, a.households, func(tier int, amount, yuan float64) {
		a.periods[p.period].Amount += amount
		a.periods[p.period].Yuan += yuan
		a.tiers[tier].Amount += amount
		a.tiers[tier].Yuan += yuan
		m.Adjustable += yuan - amount*p.version.surcharge
	})
	m.Amount += amount
	m.Yuan += yuan
	a.tiered = a.tiered || p.version.tiers != nil
	if a.independent {
		tier := p.version.tiers.at(a.believed.used, a.households)
		off := (p.price(tier) + p.version.surcharge) * half
		a.monthsSquares[month] += off * off
		return off
	}
	nothing := func(int, float64, float64) {}
	m.Low += a.low.add(p, low, a.households, nothing)
	m.High += a.high.add(p, amount+half, a.households, nothing)
	return 0
}

// month is the index of the month of a day.
func (a *Account) month(d Date) int {
	if n := len(a.months); n > 0 && a.months[n-1].Year == d.Year && a.months[n-1].Month == d.Month {
		return n - 1
	}
	a.months = append(a.months, MonthCost{Year: d.Year, Month: d.Month})
	a.monthsSquares = append(a.monthsSquares, 0)
	return len(a.months) - 1
}

// add is what an amount costs in a piece. It goes through the tiers as far as the
// amount reaches, and tells each part.
func (c *counter) add(p *piece, amount, households float64, part func(tier int, amount, yuan float64)) (yuan float64) {
	if in := p.version.tiers.in(p.day); in != c.in {
		// The first use goes on from Options.Used; a new year begins at nothing.
		if !c.in.IsZero() {
			c.used = 0
		}
		c.in = in
	}
	for {
		tier, here := p.version.tiers.at(c.used, households), amount
		if t := p.version.tiers; t != nil && tier < len(t.steps)-1 {
			here = min(amount, t.steps[tier].upTo*households-c.used)
		}
		cost := here * (p.price(tier) + p.version.surcharge)
		part(tier, here, cost)
		yuan += cost
		c.used += here
		if amount -= here; !(amount > 0) {
			c.yuan += yuan
			return yuan
		}
	}
}

// Cost is what all uses so far cost.
func (a *Account) Cost() Cost {
	c := Cost{Yuan: a.believed.yuan, Low: a.low.yuan, High: a.high.yuan, Covered: a.covered}
	c.Months = append([]MonthCost{}, a.months...)
	for i := range c.Months {
		m := &c.Months[i]
		c.Amount += m.Amount
		if a.independent {
			off := math.Sqrt(a.monthsSquares[i])
			m.Low, m.High = max(m.Yuan-off, 0), m.Yuan+off
		}
	}
	if a.independent {
		off := math.Sqrt(a.squares)
		c.Low, c.High = max(c.Yuan-off, 0), c.Yuan+off
	}
	c.Periods = []PeriodCost{}
	for i, p := range a.periods {
		if p.Amount > 0 {
			p.Period = Period(i) // below periods
			c.Periods = append(c.Periods, p)
		}
	}
	if a.tiered {
		for i, t := range a.tiers {
			if t.Amount > 0 {
				t.Tier = i + 1
				c.Tiers = append(c.Tiers, t)
			}
		}
	}
	return c
}
