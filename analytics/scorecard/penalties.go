package scorecard

import (
	"cmp"
	"slices"
	"time"

	"steward/analytics/response"
	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// maxLate bounds the late orders of a document: those that cost most.
const maxLate = 5000

// Penalties is the document "penalties" of the company: the orders for which contracts
// take something in the month. An order that is late over the end of a month is in the
// list of each, with what it costs there, so that nothing is taken twice.
type Penalties struct {
	Month   string      `json:"month"`
	Orders  []LateOrder `json:"orders"` // by contractor, and in order of time
	Omitted int         `json:"omitted,omitempty"`

	months map[string]*response.MonthPenalty // by contractor
}

// LateOrder is a repair order that was not done in time.
type LateOrder struct {
	Contractor string `json:"contractor"`
	authz.Place
	Order   string    `json:"order"`
	Urgent  bool      `json:"urgent"`
	Created time.Time `json:"created"`
	Due     time.Time `json:"due"`
	Done    time.Time `json:"done,omitzero"` // not while it is open
	Over    float64   `json:"over_seconds"`  // in all, so far
	Yuan    float64   `json:"yuan"`          // of the month, before the cap
}

// limitOf is within what time a contract wants an order done; 0 for none.
func limitOf(contract *response.Penalty, o *clickhouse.ScoredOrder) time.Duration {
	if o.Urgent {
		return contract.UrgentWithin.Std()
	}
	return contract.NormalWithin.Std()
}

// penalties are what the month costs contractors, also for orders of months before:
// one that is made on the last day is late in the next month.
func (r *runner) penalties() *Penalties {
	p := &Penalties{Month: r.month.String(), months: map[string]*response.MonthPenalty{}}
	for i := range r.orders {
		o := &r.orders[i]
		contract := r.Contracts.For(o.Contractor)
		if contract == nil {
			continue
		}
		limit := limitOf(contract, o)
		call, ok := r.callOf(o)
		if !ok || limit == 0 {
			continue
		}
		due, over := o.Created.Add(limit), call.Took-limit.Seconds()
		for _, s := range contract.ByMonth(due, over, r.Zone) {
			if s.Month != p.Month {
				continue
			}
			if p.months[o.Contractor] == nil {
				p.months[o.Contractor] = &response.MonthPenalty{Month: p.Month}
			}
			p.months[o.Contractor].Add(contract, s, call.Open)
			p.Orders = append(p.Orders, LateOrder{
				Contractor: o.Contractor, Place: o.Place, Order: o.ID, Urgent: o.Urgent,
				Created: o.Created.In(r.Zone), Due: due.In(r.Zone), Over: over, Yuan: s.Yuan,
			})
			if !o.Done.IsZero() {
				p.Orders[len(p.Orders)-1].Done = o.Done.In(r.Zone)
			}
		}
	}
	return p
}

// listed leaves those that cost most.
func (p *Penalties) listed() *Penalties {
	if p.Omitted = len(p.Orders) - maxLate; p.Omitted > 0 {
		slices.SortStableFunc(p.Orders, func(a, b LateOrder) int { return cmp.Compare(b.Yuan, a.Yuan) })
		p.Orders = p.Orders[:maxLate]
	}
	p.Omitted = max(0, p.Omitted)
	slices.SortFunc(p.Orders, func(a, b LateOrder) int {
		return cmp.Or(cmp.Compare(a.Contractor, b.Contractor), a.Created.Compare(b.Created), cmp.Compare(a.Order, b.Order))
	})
	return p
}

// charge gives each contractor who has a contract what he owes, and adds those who owe
// something for orders of before alone.
func (r *runner) charge(cards []response.Scorecard, p *Penalties) []response.Scorecard {
	seen := map[string]bool{}
	for i := range cards {
		seen[cards[i].Contractor] = true
	}
	var before []string
	for name := range p.months {
		if !seen[name] {
			before = append(before, name)
		}
	}
	slices.Sort(before)
	for _, name := range before {
		cards = append(cards, response.Scorecard{Contractor: name, Summary: response.Summarize(&response.Durations{}, level)})
	}
	for i := range cards {
		c := &cards[i]
		if r.Contracts.For(c.Contractor) == nil {
			continue
		}
		month := response.MonthPenalty{Month: p.Month}
		if owed := p.months[c.Contractor]; owed != nil {
			month = *owed
		}
		c.Penalties, c.Yuan = []response.MonthPenalty{month}, &month.Yuan
	}
	return cards
}
