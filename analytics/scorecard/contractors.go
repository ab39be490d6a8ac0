package scorecard

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"steward/analytics/job"
	"steward/analytics/response"
	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// repeatDays is within how many days another order for the same device is a repeat.
const repeatDays = 30

// maxContractors bounds the cards of a document: those with the most orders.
const maxContractors = 300

// Contractors is the document "contractors" of the company and of each region: how
// long repairs took, which did not last, and what contracts take in the month for those
// that were late. Penalties are of the company alone: their cap is for a month over all
// of it.
type Contractors struct {
	Month       string               `json:"month"`
	Now         time.Time            `json:"now"` // until when open orders have run
	Contractors []response.Scorecard `json:"contractors"`
	Omitted     int                  `json:"omitted,omitempty"`
	Unusable    int                  `json:"unusable,omitempty"` // orders that were done before they were made
	Dropped     int                  `json:"dropped,omitempty"`  // orders beyond the most that are judged
}

// contractors judges who repairs. The time to restoration is from the order to its
// completion; one that is open has taken until now.
func (r *runner) contractors(ctx context.Context) error {
	places := map[authz.Place]bool{authz.HQ: true}
	for i := range r.orders {
		places[authz.Place{Region: r.orders[i].Region}] = true
	}
	list := make([]authz.Place, 0, len(places))
	for at := range places {
		list = append(list, at)
	}
	slices.SortFunc(list, func(a, b authz.Place) int { return cmp.Compare(a.Region, b.Region) })
	owed := r.penalties()
	if len(owed.Orders) > 0 {
		if err := r.Note(ctx, "penalties", "", "", "", owed.listed()); err != nil {
			return err
		}
	}
	for _, at := range list {
		of := owed
		if at != authz.HQ {
			of = nil
		}
		d, err := r.judgeContractors(at, of)
		if err != nil {
			return fmt.Errorf("contractors at %s: %w", at, err)
		}
		if len(d.Contractors) == 0 && at != authz.HQ {
			continue
		}
		if err := r.Write(ctx, contractorNumbers(at, d.Contractors, d.coverage())); err != nil {
			return err
		}
		d.Omitted = max(0, len(d.Contractors)-maxContractors)
		d.Contractors = d.Contractors[:len(d.Contractors)-d.Omitted]
		if err := r.Note(ctx, "contractors", at.Region, "", "", d); err != nil {
			return err
		}
	}
	return nil
}

// judgeContractors judges those who work at a place; owed is what they owe, nil where
// that is not said.
func (r *runner) judgeContractors(at authz.Place, owed *Penalties) (Contractors, error) {
	d := Contractors{Month: r.month.String(), Now: r.Now, Contractors: []response.Scorecard{}, Dropped: r.dropped}
	var log, followed response.Log // followed: also the orders of the days before
	for i := range r.orders {
		o := &r.orders[i]
		if !at.Contains(o.Place) {
			continue
		}
		call, ok := r.callOf(o)
		counts := !o.Created.Before(r.From)
		if !ok {
			if counts {
				d.Unusable++
			}
			continue
		}
		if err := followed.Add(call); err != nil {
			return d, err
		}
		if counts {
			if err := log.Add(call); err != nil {
				return d, err
			}
		}
	}
	known := r.To // later orders were not read
	if r.Now.Before(known) {
		known = r.Now
	}
	o := response.Options{Level: level, Now: known, Zone: r.Zone, Unlisted: true}
	s := response.ScorecardOptions{RepeatDays: repeatDays}
	before, err := followed.Scorecards(o, s)
	if err != nil {
		return d, err
	}
	repeats := map[string]response.Repeats{}
	for i := range before {
		repeats[before[i].Contractor] = before[i].Repeats
	}
	all, err := log.Scorecards(o, s)
	if err != nil {
		return d, err
	}
	if owed != nil {
		all = r.charge(all, owed)
	}
	for i := range all {
		all[i].Repeats = repeats[all[i].Contractor]
	}
	slices.SortStableFunc(all, func(a, b response.Scorecard) int { return cmp.Compare(b.N, a.N) })
	d.Contractors = append(d.Contractors, all...)
	return d, nil
}

// callOf is a repair order as a call, with the limit of its contractor's contract.
func (r *runner) callOf(o *clickhouse.ScoredOrder) (response.Call, bool) {
	c := response.Call{Created: o.Created, Ended: o.Done, Contractor: o.Contractor}
	if o.Device != "" {
		c.Unit = o.String() + "/" + o.Class + "/" + o.Device
	}
	if contract := r.Contracts.For(o.Contractor); contract != nil {
		c.Limit = limitOf(contract, o).Seconds()
	}
	until := o.Done
	if c.Open = o.Done.IsZero(); c.Open {
		until = r.Now
	}
	c.Took = until.Sub(o.Created).Seconds()
	return c, c.Took >= 0 && o.Created.Year() >= 1970 && o.Created.Year() <= 2200
}

// coverage is the share of the orders of the month whose times can be meant; NaN without
// any. It is asked before contractors are left out.
func (d *Contractors) coverage() float64 {
	n := 0
	for i := range d.Contractors {
		n += d.Contractors[i].N
	}
	if n+d.Unusable == 0 {
		return math.NaN()
	}
	return float64(n) / float64(n+d.Unusable)
}

// contractorNumbers are those of the contractors at a place, with the subject
// contractor:NAME. What covers them is of all orders of the place.
func contractorNumbers(at authz.Place, list []response.Scorecard, coverage float64) []job.Number {
	var numbers []job.Number
	for i := range list {
		c := &list[i]
		subject := "contractor:" + c.Contractor
		if len(subject) > 256 {
			continue // it is in the document
		}
		put := func(n job.Number) {
			n.Region, n.Subject, n.Coverage = at.Region, subject, coverage
			if n.Value == nil && n.Why == "" {
				n.Why = "insufficient data"
			}
			numbers = append(numbers, n)
		}
		put(job.Number{Kind: "contractor_restoration_seconds_median", Unit: "s", Value: c.Median.Value, Low: c.Median.Low, High: c.Median.High, Level: c.Median.Level, N: float64(c.N), Why: c.Median.Why})
		put(job.Number{Kind: "contractor_repeat_share", Value: c.Repeats.Share, Low: c.Repeats.Low, High: c.Repeats.High, Level: level, N: float64(c.Repeats.N), Why: c.Repeats.Why})
		if c.Within != nil {
			put(job.Number{Kind: "contractor_share_within_limit", Value: c.Within.Share, Low: c.Within.Low, High: c.Within.High, Level: c.Within.Level, N: float64(c.Within.N), Why: c.Within.Why})
		}
		if c.Yuan != nil {
			m := &c.Penalties[0]
			breaches, late, why := float64(m.Breaches), float64(m.Breaches+m.Earlier), ""
			if m.Open > 0 {
				why = fmt.Sprintf("orders that are open, and cost more in the months to come if they stay so: %d", m.Open)
			}
			if m.Yuan < m.Uncapped {
				why = because(why, fmt.Sprintf("capped: %.2f without the cap", m.Uncapped))
			}
			put(job.Number{Kind: "contractor_breaches", Value: &breaches, N: float64(c.N)})
			put(job.Number{Kind: "contractor_penalty", Unit: "CNY", Value: c.Yuan, N: late, Why: why})
		}
	}
	return numbers
}
