package reliability

import (
	"context"
	"fmt"
	"time"

	"steward/analytics/job"
	"steward/analytics/rate"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// A call-out (callback, 召修) is that somebody was called to repair a lift. It is no
// failure: some faults pass by themselves, and people call for what no controller
// reports. So it is counted from what is on record of repairs:
//
//   - the repair orders of lifts that a project enters, each once;
//   - where a project enters none, the maintenance in a fault that the lift itself
//     reported. A lift that never reported any maintenance does not do so, and that it
//     reported no repair says nothing of it.
//
// Where neither is kept nothing is known.

// callouts are the repair orders of a project's lifts.
type callouts struct {
	// first is when the first was created. Before it nobody says that the project
	// entered them, and so the count begins after it.
	first   telemetry.Millis
	of      map[string][]telemetry.Millis // by lift, in order
	unnamed int                           // of the period, that name no lift
}

// maxCallouts bounds what is kept: eight bytes each.
const maxCallouts = 10_000_000

// repairs reads the repair orders of all lifts.
func (f *fleet) repairs(ctx context.Context, store Store, from, to time.Time) error {
	read := 0
	return store.ScoredOrders(ctx, from.Add(-before), to, func(o clickhouse.ScoredOrder) error {
		if !isLift(o.Class) {
			return nil
		}
		if read++; read > maxCallouts {
			return fmt.Errorf("more than %d repair orders of lifts: give a shorter period", maxCallouts)
		}
		at := telemetry.MillisOf(o.Created)
		c := f.callouts[o.Place]
		if c == nil {
			c = &callouts{first: at, of: map[string][]telemetry.Millis{}}
			f.callouts[o.Place] = c
		}
		switch {
		case o.Device != "":
			c.of[o.Device] = append(c.of[o.Device], at)
		case f.period.has(at):
			c.unnamed++
		}
		return nil
	})
}

// recorded adds to the course of a lift when people were called to it, and since when
// that is known.
func (f *fleet) recorded(at authz.Place, d *clickhouse.ReliabilityDevice, c *course) {
	if !isLift(d.Class) {
		return
	}
	if orders := f.callouts[at]; orders != nil {
		c.callouts, c.records = orders.of[d.ID], span{orders.first + 1, f.period.to}
		return
	}
	if len(c.maintenance) == 0 {
		return
	}
	c.records = f.period
	for _, m := range c.maintenance {
		if touches(m, c.faults) {
			c.callouts = append(c.callouts, m.from)
		}
	}
}

// callbacks is call-outs per lift-year in service with records. A silence of the lift is
// none of its records.
func (g *group) callbacks() job.Number {
	n := rateNumber("callback_rate", rate.Of(g.callouts, g.recordedHours/hoursPerYear, level))
	switch {
	case g.recorded == 0:
		n.Why = "insufficient data: no repair records"
	case g.recorded < g.lifts:
		n.Why = because(n.Why, fmt.Sprintf("of %d lifts %d have no repair records, and are left out", g.lifts, g.lifts-g.recorded))
	}
	if g.unnamed > 0 {
		n.Why = because(n.Why, job.Counted(g.unnamed, "%d repair order that names no lift is not counted", "%d repair orders that name no lift are not counted"))
	}
	return n
}
