package energy

import (
	"fmt"
	"math"

	"steward/analytics/job"
	"steward/analytics/tariff"
	"steward/internal/calendar"
)

// charges are what a bill has besides the charge for use, each a number of its own: a
// number "cost" is the charge for use alone, and the bill is their sum.
var charges = []struct{ kind, name string }{
	{"basic_charge", tariff.BasicCharge},
	{"power_factor_charge", tariff.PowerFactorCharge}, // below zero when it is a reduction
	{"area_charge", tariff.AreaCharge},
}

// remedies are what to do about a charge that is not known: people enter it, or nobody
// can yet.
var remedies = map[string]string{
	tariff.BasicCharge:       "give transformer_kva of the project in the registry, if it has one meter that is billed; of several the suppliers' bills say it",
	tariff.PowerFactorCharge: "send reactive_kvarh of the meter that is billed",
	tariff.AreaCharge:        "nothing says which area is heated: take it from the supplier's bill",
}

// bill writes the charges besides that for use, of the whole months of the reporting
// period, for a meter that the supplier bills. A charge that the tariff does not have is
// no number.
func (e *exam) bill() {
	t := e.money().tariff
	if e.whole || !e.supply || t == nil {
		return
	}
	basic, powerFactor, area := t.Besides(calendar.DateOf(e.from.In(e.zone)), calendar.DateOf(e.to.Add(-1).In(e.zone)).Add(1))
	if !basic && !powerFactor && !area {
		return
	}
	from, to := e.index(e.from), e.index(e.to)
	sums, whys, months := make([]float64, len(charges)), make([]string, len(charges)), 0.
	for _, m := range e.months {
		if m.from < from || m.to > to {
			continue
		}
		months++
		c, why := e.chargesOf(m)
		for i, yuan := range []*float64{c.Basic, c.Adjustment, c.Area} {
			switch missing := or(why, c.Missing(charges[i].name)); {
			case yuan != nil && why == "":
				sums[i] += *yuan
			case missing != "":
				whys[i] = or(whys[i], missing)
			case i == 1 && c.PowerFactor != nil:
				whys[i] = or(whys[i], "insufficient data: it goes by the basic charge, too, which is not known")
			}
		}
	}
	for i, has := range []bool{basic, powerFactor, area} {
		if !has {
			continue
		}
		n := job.Number{Kind: charges[i].kind, Unit: "CNY", N: months, Exposure: float64(to - from), Coverage: e.share}
		switch {
		case months == 0:
			n.Why = "insufficient data: the period has no whole month"
		case whys[i] != "":
			n.Why = joined(whys[i], remedies[charges[i].name])
		default:
			yuan := sums[i]
			n.Value = &yuan
			if _, ok := e.quarters(e.highest(from, to)); charges[i].kind == "basic_charge" && e.kva == nil && !(ok && months == 1) {
				n.Why = "of the highest hour: a quarter of an hour, which is billed, may be higher"
			}
		}
		e.put(n)
		e.charges = append(e.charges, n)
	}
}

// quarters is the highest quarter of an hour of the reporting period, which is what is
// billed, where it goes with the highest hour ([exam.peak]).
func (e *exam) quarters(highest float64) (kw float64, ok bool) {
	q := e.demand
	if q == nil || !(highest > 0) || q.KW < 0.98*highest || q.KW > 4*highest {
		return 0, false
	}
	return q.KW, true
}

// oneMonth reports whether a month is all of the reporting period.
func (e *exam) oneMonth(m month) bool { return m.from == e.index(e.from) && m.to == e.index(e.to) }

// highest is the highest measured hour between two.
func (e *exam) highest(from, to int) float64 {
	kw := 0.
	for i := from; i < to; i++ {
		if v := e.hours.sure(i); v > kw {
			kw = v
		}
	}
	return kw
}

// chargesOf are the charges of a month; why there are too few data for any.
func (e *exam) chargesOf(m month) (c tariff.Charges, why string) {
	loads, ok := e.monthLoads(m)
	if !ok {
		return c, fmt.Sprintf("insufficient data: %.0f %% of the hours of %04d-%02d were measured, %.0f %% are needed",
			100*e.hours.coverage(m.from, m.to), m.year, m.month, 100*enough)
	}
	highest := max(loads[len(loads)-1], 0)
	if kw, ok := e.quarters(highest); ok && e.oneMonth(m) {
		highest = kw
	}
	l := tariff.Load{MaxKW: &highest, CapacityKVA: e.kva}
	var p, q, yuan float64
	reactive := 0.
	for i := m.from; i < m.to; i++ {
		v, price := e.hours.sure(i), e.money().yuan[i]
		if math.IsNaN(v) {
			continue
		}
		p += v
		if !math.IsNaN(price) {
			yuan += v * price
		}
		if e.reactive != nil {
			if r := e.reactive.sure(i); !math.IsNaN(r) {
				q, reactive = q+math.Abs(r), reactive+1
			}
		}
	}
	if !(p >= 0) {
		return c, "insufficient data: the meter ran backwards"
	}
	l.KWh = &p
	if reactive >= enough*float64(m.to-m.from) {
		l.KVArh = &q
	}
	// Surcharges are not adjusted.
	if rate, err := e.money().tariff.Marginal(e.at0(m.from), tariff.Options{Zone: e.zone}); err == nil {
		l.Yuan = max(yuan-rate.Surcharge*p, 0)
	}
	c, err := e.money().tariff.Monthly(m.year, m.month, l)
	if err != nil {
		return c, "insufficient data: " + err.Error()
	}
	return c, ""
}
