package energy

import (
	"fmt"
	"math"
	"slices"
	"time"

	"steward/analytics/job"
	"steward/analytics/load"
	"steward/analytics/tariff"
	"steward/internal/incident"
)

const (
	// fewestMonths of a year are needed to say what one costs.
	fewestMonths = 6
	// shaved is the share of a month's hours whose loads stay: the others, seven of a
	// month, are a peak that can be moved.
	shaved = 0.99
	// lowFactor is the load factor below which demand is ordered that is hardly used, and
	// goodFactor one that ordinary offices and shops reach.
	lowFactor, goodFactor = 0.25, 0.4
)

// peak reports demand and how well it is used, and what of the charge for it could be
// saved.
func (e *exam) peak() {
	from, to := e.index(e.from), e.index(e.to)
	d := load.Peak(e.hours.curve(from, to, e.zone), load.DefaultClass)
	kw, why, n := fromLoad(d.KW), d.KW.Why, float64(d.KW.N)
	coverage := e.hours.coverage(from, to)
	// The highest quarter of an hour is no lower than the hour that it is in, and no more
	// than four times as high: what is not so is of other units, or has gaps.
	if q := e.demand; q != nil && kw.ok() && kw.value > 0 && q.KW >= 0.98*kw.value && q.KW <= 4*kw.value {
		share := float64(q.Quarters) / math.Max(e.to.Sub(e.from).Hours()*4, 1)
		kw, n, coverage = estimate{q.KW, q.KW * (kw.low / kw.value), q.KW * (kw.high / kw.value)}, float64(q.Quarters), min(share, 1)
		why = "of quarters of an hour"
	} else if kw.ok() {
		why = "of whole hours: a quarter of an hour, which is billed, may be higher"
	}
	e.putEstimate("peak_kw", "kW", kw, n, coverage, why)
	factor := fromLoad(d.LoadFactor)
	e.putEstimate("load_factor", "", factor, float64(d.LoadFactor.N), e.hours.coverage(from, to), d.LoadFactor.Why)
	if !e.supply || e.money().tariff == nil {
		return
	}
	var known []month
	var moved, smoothed []float64
	for _, m := range e.months {
		v, ok := e.monthLoads(m)
		if !ok {
			continue
		}
		highest, mean, sum := v[len(v)-1], 0., 0.
		for _, x := range v {
			sum += x
		}
		mean = sum / float64(len(v))
		now, ok := e.basic(m, highest, sum)
		if !ok {
			return // the tariff does not charge for demand
		}
		less, ok1 := e.basic(m, v[int(shaved*float64(len(v)-1))], sum)
		better, ok2 := e.basic(m, min(highest, mean/goodFactor), sum)
		if ok1 && ok2 {
			known, moved, smoothed = append(known, m), append(moved, now-less), append(smoothed, now-better)
		}
	}
	if len(moved) < fewestMonths {
		return
	}
	e.look("peak_demand")
	e.look("low_load_factor")
	if c, ok := e.monthly("peak_demand", known, moved); ok && factor.ok() && factor.value >= lowFactor {
		c.title = incident.Text{
			ZH: fmt.Sprintf("%s 的最大需量由每月少数几个小时决定", e.label),
			EN: fmt.Sprintf("%s: a few hours a month set the demand that is paid for", e.label),
		}
		c.how = incident.Text{
			ZH: "错开大设备启动时间，用蓄冷、充电桩限流或储能削掉每月最高的 1% 小时；并核对合同需量。",
			EN: "Stagger the start of large plant, and take off the highest hundredth of hours by storage or by holding back chargers; review the contracted demand.",
		}
		e.see(c)
	} else if c, ok := e.monthly("low_load_factor", known, smoothed); ok && factor.ok() && factor.high < lowFactor {
		c.title = incident.Text{
			ZH: fmt.Sprintf("%s 负荷率仅 %.0f%%，需量电费偏高", e.label, 100*factor.value),
			EN: fmt.Sprintf("%s uses only %.0f%% of the demand that it pays for", e.label, 100*factor.value),
		}
		c.how = incident.Text{
			ZH: fmt.Sprintf("平移可调负荷到低谷，或改按合适的容量/需量计费；金额按负荷率达到 %.0f%% 估算。", 100*goodFactor),
			EN: fmt.Sprintf("Move load that can wait, or choose another way of billing; the amount is that of a load factor of %.0f%%.", 100*goodFactor),
		}
		e.see(c)
	}
}

// monthly is the claim that a year of months like those that are known costs so much.
func (e *exam) monthly(kind string, known []month, yuan []float64) (claim, bool) {
	if len(yuan) < fewestMonths {
		return claim{}, false
	}
	m := meanOf(yuan)
	c := &chart{Unit: "CNY", Step: "month"}
	for i, v := range yuan {
		c.add(fmt.Sprintf("%04d-%02d", known[i].year, known[i].month), v)
	}
	n, first := float64(len(yuan)), known[0]
	return claim{
		kind: kind, since: e.at0(first.from), atLeast: true, rate: m.times(12), sofar: m.times(n), unit: "CNY",
		n: n, coverage: e.hours.coverage(first.from, e.hours.hours()), pattern: 1, chart: c,
	}, m.ok()
}

// monthLoads are the measured loads of a month in order of size; false when a tenth of
// its hours is not known.
func (e *exam) monthLoads(m month) ([]float64, bool) {
	var v []float64
	for i := m.from; i < m.to; i++ {
		if x := e.hours.sure(i); !math.IsNaN(x) {
			v = append(v, x)
		}
	}
	slices.Sort(v)
	return v, len(v) > 0 && float64(len(v)) >= enough*float64(m.to-m.from)
}

// basic is the charge for the demand of a month; false when the tariff has none that
// goes by demand.
func (e *exam) basic(m month, kw, kwh float64) (float64, bool) {
	if !(kw >= 0) || !(kwh >= 0) {
		return 0, false
	}
	c, err := e.money().tariff.Monthly(m.year, m.month, tariff.Load{MaxKW: &kw, KWh: &kwh, CapacityKVA: e.kva})
	if err != nil || c.Basic == nil {
		return 0, false
	}
	return *c.Basic, true
}

// idle reports the power factor, and what it costs.
func (e *exam) idle() {
	if e.reactive == nil {
		return
	}
	from, to := e.index(e.from), e.index(e.to)
	var steps []load.Reactive
	for i := from; i < to; i++ {
		if p, q := e.hours.sure(i), e.reactive.sure(i); !math.IsNaN(p + q) {
			steps = append(steps, load.Reactive{At: e.at0(i), KWh: p, KVArh: q})
		}
	}
	r := load.PowerFactor(steps, time.Hour, load.DefaultPowerFactor, load.DefaultClass)
	coverage := float64(len(steps)) / float64(max(to-from, 1))
	e.putEstimate("power_factor", "", fromLoad(r.PowerFactor), float64(r.PowerFactor.N), coverage, r.Why)
	if !e.supply || e.money().tariff == nil {
		return
	}
	var known []month
	var penalties []float64
	for _, m := range e.months {
		if yuan, ok := e.adjustment(m); ok {
			known, penalties = append(known, m), append(penalties, max(yuan, 0))
		}
	}
	if len(penalties) < fewestMonths {
		return
	}
	e.look("power_factor")
	c, ok := e.monthly("power_factor", known, penalties)
	if !ok || r.PowerFactor.Value == nil {
		return
	}
	kvar := ""
	if v := r.KVAr.Value; v != nil && *v > 0 {
		kvar = fmt.Sprintf("%.3g kvar", *v)
	}
	c.title = incident.Text{
		ZH: fmt.Sprintf("%s 功率因数 %.2f，被加收力调电费", e.label, *r.PowerFactor.Value),
		EN: fmt.Sprintf("%s pays for a power factor of %.2f", e.label, *r.PowerFactor.Value),
	}
	c.how = incident.Text{
		ZH: "检查无功补偿柜是否投入、电容是否衰减、控制器取样是否正确；按 95% 时段需补偿 " + or(kvar, "容量待测") + "。",
		EN: "See whether the compensation is on, its capacitors are still good and its controller samples rightly; 95% of hours need " + or(kvar, "an amount to be measured") + ".",
	}
	e.see(c)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// adjustment is what the power factor of a month adds to its bill; false when the
// tariff does not adjust it, or too little is known.
func (e *exam) adjustment(m month) (float64, bool) {
	var p, q, yuan, n float64
	for i := m.from; i < m.to; i++ {
		a, b, c := e.hours.sure(i), e.reactive.sure(i), e.money().yuan[i]
		if math.IsNaN(a + b + c) {
			continue
		}
		p, q, yuan, n = p+a, q+math.Abs(b), yuan+a*c, n+1
	}
	if n < enough*float64(m.to-m.from) || !(p > 0) || !(yuan >= 0) {
		return 0, false
	}
	highest := 0.
	if v, ok := e.monthLoads(m); ok {
		highest = max(v[len(v)-1], 0)
	}
	// Surcharges are not adjusted.
	rate, err := e.money().tariff.Marginal(e.at0(m.from), tariff.Options{Zone: e.zone})
	if err != nil {
		return 0, false
	}
	yuan = max(yuan-rate.Surcharge*p, 0)
	c, err := e.money().tariff.Monthly(m.year, m.month, tariff.Load{MaxKW: &highest, KWh: &p, KVArh: &q, CapacityKVA: e.kva, Yuan: yuan})
	if err != nil || c.Adjustment == nil {
		return 0, false
	}
	return *c.Adjustment, true
}

func numberOf(kind string, n, coverage float64, why string) job.Number {
	return job.Number{Kind: kind, N: n, Coverage: coverage, Why: why}
}
