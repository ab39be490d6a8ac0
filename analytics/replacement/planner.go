package replacement

import (
	"context"
	"fmt"
	"math"
	"time"

	"steward/analytics/forecast"
	"steward/analytics/job"
	"steward/internal/authz"
)

// planner is one run of the job. It goes through the devices twice: the first time it
// keeps of each what its rank hangs on, the second time it writes those that are
// listed. So it never holds more than the documents of one project, one region and
// the company.
type planner struct {
	Options
	*job.Run
	source string    // the run of lifetimes
	until  time.Time // until when that watched
	wanted time.Time // until when it should have
	year   year
	budget float64 // of the company, as the run was told; 0 as the policy has it

	pools      map[string]*pool
	candidates []candidate
	places     map[authz.Place]*tally
	numbers    []job.Number
}

// maxDevices bounds what is ranked at once: some 250 bytes each.
const maxDevices = 2_000_000

func (p *planner) run(ctx context.Context) error {
	err := p.Prospects.Lives(ctx, p.source, func(l forecast.Life) error {
		p.pools[l.Pool] = newPool(l)
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("read lives: %w", err)
	}
	p.place(authz.HQ)
	err = p.Prospects.Each(ctx, p.source, func(at authz.Place, d forecast.Prospects) error {
		p.Progress(0, 0, "weigh "+at.String())
		if err := p.weigh(at, d.Devices); err != nil {
			return err
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("weigh devices: %w", err)
	}
	if err := p.curves(ctx); err != nil {
		return err
	}
	spend(p.candidates, order(p.candidates))
	if err := p.write(ctx); err != nil {
		return err
	}
	hq := p.places[authz.HQ]
	if hq.devices > 0 {
		p.Cover(hq.coverage())
	}
	return p.flush(ctx)
}

// place is the tally of a place, made with those above it.
func (p *planner) place(at authz.Place) *tally {
	if t := p.places[at]; t != nil {
		return t
	}
	t := &tally{at: at}
	switch {
	case at.Project != "":
		t.above = p.place(authz.Place{Region: at.Region})
	case at.Region != "":
		t.above = p.place(authz.HQ)
	}
	p.places[at] = t
	own, has := p.Policy.Budget(at, p.year.number)
	if at == authz.HQ && p.budget > 0 {
		own, has = p.budget, true
	}
	if has || t.above == nil {
		t.purse = &purse{of: at.String(), budget: own}
	} else {
		t.purse = t.above.purse
	}
	return t
}

// weigh takes in devices of a project.
func (p *planner) weigh(at authz.Place, devices []forecast.Prospect) error {
	if at.Project == "" || at.Region == "" {
		return fmt.Errorf("prospects of %s are not those of a project", at)
	}
	if len(p.candidates)+len(devices) > maxDevices {
		return fmt.Errorf("more than %d devices", maxDevices)
	}
	t := p.place(at)
	for i := range devices {
		d := &devices[i]
		pool := p.pools[d.Pool]
		a := p.Policy.appraise(d, p.repaired(d), p.year)
		if pool != nil {
			if a.planned > 0 && a.failure > 0 {
				pool.planned, pool.failure = append(pool.planned, a.planned), append(pool.failure, a.failure)
				pool.devices++
			}
		}
		c := candidate{
			key: at.String() + "/" + d.Class + "/" + d.Device, at: t, pool: pool, cost: fen(a.cost), due: a.due,
			avoided: math.NaN(), low: math.NaN(), high: math.NaN(), mandatory: a.mandatory, worth: a.worth,
		}
		if a.cost > 0 {
			c.cost = max(c.cost, 1) // it is known, if next to nothing
		}
		if v := a.avoided; v.Value != nil {
			c.avoided = *v.Value
			if v.Low != nil && v.High != nil {
				c.low, c.high = *v.Low, *v.High
			}
		}
		if a.benefit != nil {
			c.benefit = *a.benefit
		}
		p.candidates = append(p.candidates, c)
		for t := t; t != nil; t = t.above {
			t.count(&a)
		}
	}
	return nil
}

// repaired reports whether failures of a device are repaired, as far as is known.
func (p *planner) repaired(d *forecast.Prospect) bool {
	pool := p.pools[d.Pool]
	return pool == nil || pool.Repaired
}

// count takes a device into the counts of a place.
func (t *tally) count(a *appraisal) {
	t.devices++
	if a.failures.Value == nil {
		t.unknown++
	}
	if a.planned == 0 || a.failure == 0 {
		t.unpriced++
	}
	if a.unsure {
		t.unsure++
	}
	if a.undated {
		t.undated++
	}
	if v := a.avoided.Value; !a.mandatory && v != nil && *v <= 0 {
		t.kept++
	}
}

// coverage is the share of devices of which the failures are forecast.
func (t *tally) coverage() float64 {
	if t.devices == 0 {
		return math.NaN()
	}
	return 1 - float64(t.unknown)/float64(t.devices)
}

// curves finds when each pool is best replaced.
func (p *planner) curves(ctx context.Context) error {
	for n, name := range sortedKeys(p.pools) {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.Progress(int64(n), int64(len(p.pools)), name)
		pool := p.pools[name]
		c := pool.price()
		pool.planned, pool.failure = nil, nil
		if err := p.Note(ctx, "cost_curve", "", "", name, c); err != nil {
			return err
		}
		// What share of the messages came from which the lives are known.
		covered, why := math.NaN(), c.Optimum.Why
		switch {
		case pool.Coverage != nil:
			covered = *pool.Coverage
		case c.Optimum.Value == nil:
		case why == "":
			why = uncounted
		default:
			why += "; " + uncounted
		}
		p.numbers = append(p.numbers, job.Number{
			Kind: "optimal_age", Subject: name, Unit: "a", Value: c.Optimum.Value, Low: c.Optimum.Low, High: c.Optimum.High, Level: level,
			N: c.Optimum.N, Exposure: float64(c.Devices), Coverage: covered, Why: why,
		})
		if err := p.flushFull(ctx); err != nil {
			return err
		}
	}
	return nil
}

const uncounted = "how much of the data came is unknown: nobody counted reports of these devices"

// batchNumbers is how many numbers are written at once.
const batchNumbers = 1000

func (p *planner) flushFull(ctx context.Context) error {
	if len(p.numbers) < batchNumbers {
		return nil
	}
	return p.flush(ctx)
}

func (p *planner) flush(ctx context.Context) error {
	if len(p.numbers) == 0 {
		return nil
	}
	err := p.Write(ctx, p.numbers)
	p.numbers = p.numbers[:0]
	return err
}
