package forecast

import (
	"cmp"
	"math"
	"slices"
	"time"

	"steward/analytics/rate"
)

const (
	bins           = 10
	fewForBacktest = 20 // devices
)

// trial is a device of a back-test.
type trial struct {
	name   string
	p, age float64
	failed bool
}

// backtest makes forecasts with what was known a horizon before the end, by the laws
// of then, and compares them with what happened to each device. Those that went out of
// sight are left out, unless it was a failure that ended them: of those nobody knows.
// Wear does not count here, for it is chosen on the same time.
func (f *fleet) backtest(by map[string]*lived) Backtest {
	at := f.period.to - f.horizon
	out := Backtest{AsOf: at.Time().UTC().Format(time.RFC3339), HorizonDays: int(f.horizon / day), Calibration: []Bin{}, Wear: []Wear{}}
	if f.horizon == 0 {
		out.AsOf, out.Why = "", f.why
		return out
	}
	w := span{at, f.period.to}
	var list []trial
	for _, d := range f.devices {
		l, _ := chosen(d, by)
		if l == nil || !d.inService(at) {
			continue
		}
		failed := d.failures(l, w) > 0
		if !d.inService(w.to) && (l.repaired || !failed) {
			continue
		}
		t := l.expect(d, at, years(f.horizon), 1)
		list = append(list, trial{d.at.String() + "/" + d.Class + "/" + d.ID, -math.Expm1(-t.hazard), d.age(at), failed})
	}
	out.Devices = len(list)
	for _, t := range list {
		if t.failed {
			out.Failed++
		}
	}
	if len(list) < fewForBacktest {
		out.Why = insufficient("fewer than 20 devices were forecast and watched to the end")
		return out
	}
	out.score(list)
	return out
}

// score compares forecasts with what happened.
func (b *Backtest) score(list []trial) {
	n := float64(len(list))
	base := float64(b.Failed) / n
	brier := 0.0
	for _, t := range list {
		brier += square(t.p - indicated(t.failed))
	}
	// Brier, Verification of forecasts expressed in terms of probability, Monthly
	// Weather Review 78, 1950. The base rate is that of the very devices, which no
	// forecast could have known.
	b.Brier, b.BrierOfBase = finite(brier/n), finite(base*(1-base))
	if base > 0 && base < 1 {
		b.Skill = finite(1 - brier/n/(base*(1-base)))
	}
	slices.SortFunc(list, func(x, y trial) int { return cmp.Or(cmp.Compare(x.p, y.p), cmp.Compare(x.name, y.name)) })
	for k := range bins {
		part := list[k*len(list)/bins : (k+1)*len(list)/bins]
		if len(part) == 0 {
			continue
		}
		bin := Bin{Devices: len(part)}
		failed := 0
		for _, t := range part {
			bin.Forecast += t.p / float64(len(part))
			failed += int(indicated(t.failed))
		}
		bin.Failed = float64(failed) / float64(len(part))
		bin.Low, bin.High = rate.Wilson(failed, len(part), level)
		b.Calibration = append(b.Calibration, bin)
	}
	slices.Reverse(list)
	b.Lift = lift(list, base)
	// Those of unknown age come last: nobody would replace them for their age.
	slices.SortStableFunc(list, func(x, y trial) int { return cmp.Or(-cmp.Compare(x.age, y.age), cmp.Compare(x.name, y.name)) })
	b.LiftByAge = lift(list, base)
}

// lift is how many more failed among the first tenth than by chance.
func lift(list []trial, base float64) *float64 {
	top := list[:max(1, len(list)/10)]
	if !(base > 0) {
		return nil
	}
	failed := 0.0
	for _, t := range top {
		failed += indicated(t.failed)
	}
	return finite(failed / float64(len(top)) / base)
}

func indicated(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
