package forecast

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"steward/internal/telemetry"
)

const (
	bins           = 10
	fewForBacktest = 20 // devices
)

// trial is a device of a back-test. Its weight is for how many of its class it stands:
// itself and those that went out of sight before they failed, see weigh.
type trial struct {
	class, name string
	device      *device
	p, age      float64
	failed      bool
	left        bool             // out of sight, or exchanged, before it failed
	until       telemetry.Millis // when it failed, left or was seen last
	weight      float64
}

// backtest makes forecasts with what was known a horizon before the end, by the laws
// of then and the indicators of wear of then, and compares them with what happened to
// each device.
//
// Of a device that leaves nobody knows whether it would have failed within the horizon:
// one that is retired, falls silent, or is exchanged without having failed (its
// successor is another device, which nobody forecast). Leaving those out would keep
// those that failed before they left and so find too many failures; to count them as
// not failed finds too few. Instead the others of the class stand for them: weights by
// the inverse of the probability of not having left by then (Graf, Schmoor, Sauerbrei
// and Schumacher, Assessment and comparison of prognostic classification schemes for
// survival data, Statistics in Medicine 18, 1999). It takes it that those of a class
// leave without regard to how they would fare. A silence that ends within the horizon
// is not looked at: what failed meanwhile and was repaired is not known of.
func (f *fleet) backtest(by map[string]*lived, wear wearTest) Backtest {
	at := f.period.to - f.horizon
	out := Backtest{AsOf: at.Time().UTC().Format(time.RFC3339), HorizonDays: int(f.horizon / day), Level: level, covered: math.NaN(), Calibration: []Bin{}, Classes: []ClassTest{}, Wear: []Wear{}}
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
		t := trial{class: d.Class, name: d.at.String() + "/" + d.Class + "/" + d.ID, device: d, age: d.age(at)}
		t.until, t.failed, t.left = d.fate(l, w)
		risk := l.expect(d, at, years(f.horizon), wear.factor(d, l.name))
		t.p = -math.Expm1(-risk.hazard)
		list = append(list, t)
	}
	weigh(list)
	known := list[:0]
	sum := sum{}
	for _, t := range list {
		if t.left {
			out.Left++
			continue
		}
		sum.expected, sum.came = sum.expected+t.device.Expected, sum.came+t.device.Came
		known = append(known, t)
	}
	out.covered = sum.coverage()
	out.Devices = len(known)
	for _, t := range known {
		if t.failed {
			out.Failed++
		}
	}
	if len(known) < fewForBacktest {
		out.Why = insufficient("fewer than 20 devices were forecast and watched to the end")
		return out
	}
	out.score(known)
	return out
}

// fate is what became of a device in a window: when it failed first, or left, or that
// it was seen to the end.
func (d *device) fate(l *lived, w span) (until telemetry.Millis, failed, left bool) {
	until = w.to
	leave := func(at telemetry.Millis) {
		if at >= w.from && at < until {
			until, left = at, true
		}
	}
	if !d.inService(w.to) {
		for _, in := range d.windows {
			if in.to < w.to && in.to >= w.from {
				until, left = in.to, true // the last that it has
			}
		}
	}
	for _, at := range d.fresh {
		leave(at)
	}
	first := func(at telemetry.Millis) {
		if at >= w.from && at < w.to && (at <= until) {
			until, failed, left = at, true, false
		}
	}
	if !l.repaired {
		for _, s := range d.whole {
			if s.failed {
				first(s.to)
			}
		}
		return until, failed, left
	}
	for _, at := range d.failed {
		first(at)
	}
	return until, failed, left
}

// weigh gives each trial whose end is known its weight: the inverse of the
// Kaplan-Meier estimate of not having left by its end, with those of its class. Of
// those that fail and leave at the same time the failure was first.
func weigh(list []trial) {
	slices.SortFunc(list, func(a, b trial) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.until, b.until), cmp.Compare(indicated(a.left), indicated(b.left)), cmp.Compare(a.name, b.name))
	})
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].class == list[from].class {
			to++
		}
		stayed := 1.0
		for i := from; i < to; i++ {
			t := &list[i]
			if !t.left {
				t.weight = 1 / stayed
				continue
			}
			// Those that failed at this very time are no longer there to leave.
			stayed *= 1 - 1/float64(to-i)
		}
		from = to
	}
}

// score compares forecasts with what happened, each class by its own measure: to tell
// lifts from detectors is no skill, and nobody replaces the one for the other. So the
// base rate is that of the class, and who comes first is ranked within it.
func (b *Backtest) score(list []trial) {
	classes := newStrata(list)
	all := classes.figures()
	b.Brier, b.BrierOfBase, b.Skill, b.Lift, b.LiftByAge = all.estimates()
	ends := classes.resample()
	b.Intervals = intervals(ends, [4]*float64{b.Brier, b.Skill, b.Lift, b.LiftByAge})
	for _, c := range classes {
		one := ClassTest{Class: c.name, Devices: len(c.byRisk), Failed: c.failed}
		if len(c.byRisk) < fewForBacktest {
			one.Why = insufficient(fmt.Sprintf("%d devices, at least %d are needed", len(c.byRisk), fewForBacktest))
		} else {
			one.Brier, one.BrierOfBase, one.Skill, one.Lift, one.LiftByAge = strata{c}.figures().estimates()
		}
		b.Classes = append(b.Classes, one)
	}
	b.calibrate(list)
}

// calibrate is by the forecast alone, whatever the class: what has a probability of a
// tenth must fail once in ten.
func (b *Backtest) calibrate(list []trial) {
	slices.SortFunc(list, func(x, y trial) int { return cmp.Or(cmp.Compare(x.p, y.p), cmp.Compare(x.name, y.name)) })
	for k := range bins {
		part := list[k*len(list)/bins : (k+1)*len(list)/bins]
		if len(part) == 0 {
			continue
		}
		bin := Bin{Devices: len(part)}
		weights, squares := 0.0, 0.0
		for _, t := range part {
			weights, squares = weights+t.weight, squares+square(t.weight)
			bin.Forecast += t.weight * t.p
			bin.Failed += t.weight * indicated(t.failed)
		}
		bin.Forecast, bin.Failed = bin.Forecast/weights, min(1, bin.Failed/weights)
		// Weights that differ are worth fewer devices (Kish, Survey Sampling, 1965,
		// section 8.2).
		bin.Low, bin.High = wilson(bin.Failed, square(weights)/squares)
		b.Calibration = append(b.Calibration, bin)
	}
}

// wilson is rate.Wilson for a share of so many as a weighted sample is worth.
func wilson(p, n float64) (low, high float64) {
	center := (p + square(reach)/(2*n)) / (1 + square(reach)/n)
	half := reach / (1 + square(reach)/n) * math.Sqrt(p*(1-p)/n+square(reach/n)/4)
	return min(p, max(0, center-half)), max(p, min(1, center+half))
}

func indicated(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
