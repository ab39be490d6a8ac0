package forecast

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

const (
	// wearWindow is over how long an indicator is taken: long enough that a week of
	// holidays does not make a lift look idle, short enough to be of the present.
	wearWindow  = 90 * day
	wearMinDays = 15 // with readings, in a window
	// wearTimes are when indicators are taken: a horizon before the first failures
	// that they learn from, before those that they are tried on, and now.
	wearTimes = 3

	wearDevices  = 30 // at least, of a class with an indicator
	wearFailures = 20 // at least, to learn from and to try on
	wearFolds    = 5
)

// indicators of wear, by the metrics that they are made from. Of a counter it is the
// logarithm of what it grows a day, of a gauge how fast it changes.
var indicators = []struct {
	name, metric string
	counter      bool
}{
	{"door_cycles", "door_cycles_total", true}, {"trips", "trips_total", true}, {"run_hours", "run_hours", true},
	{"battery_slope", "battery_v", false}, {"smoke_drift", "smoke_ppm", false},
}

// wearPlan says over which horizon indicators are tried.
type wearPlan struct {
	horizon telemetry.Millis // 0: not at all
	why     string
}

// at is the i-th time at which indicators are taken.
func (p wearPlan) at(i int, end telemetry.Millis) telemetry.Millis {
	return end - telemetry.Millis(wearTimes-1-i)*p.horizon
}

// worn are the indicators of a device at each time; NaN where it has none.
type worn [wearTimes][]float64

func (d *device) takeWear(i int, w clickhouse.LifetimeWear) {
	for k, in := range indicators {
		if in.metric != w.Metric || w.Days < wearMinDays {
			continue
		}
		if d.wear[i] == nil {
			d.wear[i] = slices.Repeat([]float64{math.NaN()}, len(indicators))
		}
		if d.wear[i][k] = w.Slope; in.counter {
			d.wear[i][k] = math.Log(w.PerDay + 0.1) // a tenth a day is idle
		}
	}
}

func (d *device) indicator(i, k int) float64 {
	if d.wear[i] == nil {
		return math.NaN()
	}
	return d.wear[i][k]
}

// multiplier is by what an indicator multiplies the hazard of a device: exp(beta z)
// over its mean, with z how far the indicator is from the mean of the pool, in
// standard deviations within pools (proportional hazards: Cox, Regression models and
// life-tables, JRSS B 34, 1972).
type multiplier struct {
	indicator int
	beta      float64
	se        float64            // of beta
	mean      float64            // of exp(beta z)
	slope     float64            // of ln mean by beta
	centre    map[string]float64 // of the indicator, by pool
	spread    float64
}

const mostStandard = 4 // standard deviations beyond which a value is a mistake

// of a device; the error of its logarithm beta z - ln mean is that of beta.
func (m *multiplier) of(d *device, i int, pool string) factor {
	z := m.z(d, i, pool)
	return factor{math.Exp(m.beta*z) / m.mean, m.se * math.Abs(z-m.slope)}
}

// wearTest are the multipliers to try forecasts with, by class and fold of devices:
// that of a device is of an indicator that was chosen by what became of others, for
// its own failures are those that the forecast is compared with. Nil is without.
type wearTest map[string]*[wearFolds]*multiplier

// factor of a device at the time at which indicators are tried.
func (w wearTest) factor(d *device, pool string) factor {
	if by := w[d.Class]; by != nil && by[foldOf(d)] != nil {
		return by[foldOf(d)].of(d, 1, pool)
	}
	return plain
}

// z of a device without the indicator is that of the mean.
func (m *multiplier) z(d *device, i int, pool string) float64 {
	x := d.indicator(i, m.indicator)
	centre, is := m.centre[pool]
	if math.IsNaN(x) || !is {
		return 0
	}
	return min(mostStandard, max(-mostStandard, (x-centre)/m.spread))
}

// tried is a device in a window: how many failures were expected and how many came.
type tried struct {
	device   *device
	pool     string
	expected float64
	failed   float64
}

// tryWear tries all indicators of all classes and gives back the multiplier of each
// class that is to be used, and those that a back-test over the same time may use.
func (f *fleet) tryWear(by map[string]*lived) (map[string]*multiplier, wearTest, []Wear) {
	list := []Wear{}
	used, tested := map[string]*multiplier{}, wearTest{}
	classes := map[string][]*device{}
	for _, d := range f.devices {
		classes[d.Class] = append(classes[d.Class], d)
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		var windows [2][]tried
		for w := range windows {
			from := f.wear.at(w, f.period.to)
			windows[w] = expected(classes[class], by, span{from, from + f.wear.horizon})
		}
		best := -1
		var folds [wearFolds]*multiplier
		var most [wearFolds]float64 // gain of each
		for k := range indicators {
			w, m, gains := try(class, k, windows)
			for fold := range folds {
				if mean, _, ok := improves(gains, fold); ok && (folds[fold] == nil || mean > most[fold]) {
					folds[fold], most[fold] = m, mean
				}
			}
			if w.Devices == 0 {
				continue // the class has no such metric
			}
			list = append(list, w)
			if !w.Used {
				continue
			}
			if best >= 0 && *list[best].Gain >= *w.Gain {
				list[len(list)-1].Used = false
				list[len(list)-1].Why = "it improves the forecast, but another indicator does so more"
				continue
			}
			if best >= 0 {
				list[best].Used = false
				list[best].Why = "it improves the forecast, but another indicator does so more"
			}
			best, used[class] = len(list)-1, m
		}
		if used[class] != nil {
			tested[class] = &folds
		}
	}
	return used, tested, list
}

// gain is by how much a multiplier made the log score of a device better.
type gain struct {
	fold  int
	value float64
}

// improves tells whether gains are more than chance, those of a fold left out; -1
// leaves out none.
func improves(gains []gain, without int) (mean, low float64, ok bool) {
	var list []float64
	for _, g := range gains {
		if g.fold != without {
			list = append(list, g.value)
		}
	}
	if len(list) < 2 {
		return 0, 0, false
	}
	mean, sd := stat.MeanStdDev(list, nil)
	low = mean - reach*sd/math.Sqrt(float64(len(list)))
	return mean, low, low > 0
}

// expected are the devices that were in service all through a window.
func expected(devices []*device, by map[string]*lived, w span) []tried {
	var list []tried
	h := years(w.to - w.from)
	for _, d := range devices {
		l, _ := chosen(d, by)
		if l == nil || !d.inService(w.from) || !d.inService(w.to) {
			continue
		}
		t := l.expect(d, w.from, h, plain)
		list = append(list, tried{d, l.name, t.count, float64(d.failures(l, w))})
	}
	return list
}

// failures of a device in a window, of the kind that its pool has.
func (d *device) failures(l *lived, w span) int {
	if !l.repaired {
		return failures(d.whole, w)
	}
	n := 0
	for _, at := range d.failed {
		if at >= w.from && at < w.to {
			n++
		}
	}
	return n
}

// try learns from the earlier window and tries on the later one, each device by what
// was learned from others. The laws of the lives behind both know nothing of the later.
func try(class string, k int, windows [2][]tried) (Wear, *multiplier, []gain) {
	w := Wear{Class: class, Indicator: indicators[k].name}
	failed := [2]float64{}
	for i, list := range windows {
		with := 0
		for _, t := range list {
			if !math.IsNaN(t.device.indicator(i, k)) {
				with++
				failed[i] += t.failed
			}
		}
		if w.Devices = with; i == 0 && with < wearDevices {
			w.Why = insufficient(fmt.Sprintf("%d devices have it in the time to learn from, at least %d are needed", with, wearDevices))
		}
	}
	switch {
	case w.Why != "":
		return w, nil, nil
	case w.Devices < wearDevices:
		w.Why = insufficient(fmt.Sprintf("%d devices have it, at least %d are needed", w.Devices, wearDevices))
		return w, nil, nil
	case min(failed[0], failed[1]) < wearFailures:
		w.Why = insufficient(fmt.Sprintf("%.0f failures to learn from and %.0f to try on, at least %d of each are needed", failed[0], failed[1], wearFailures))
		return w, nil, nil
	}
	all, ok := learn(k, windows[0], func(int) bool { return true })
	if !ok {
		w.Why = insufficient("it is the same for all devices of a model")
		return w, nil, nil
	}
	var gains []gain
	for fold := range wearFolds {
		m, ok := learn(k, windows[0], func(i int) bool { return foldOf(windows[0][i].device) != fold })
		for _, t := range windows[1] {
			if !ok || foldOf(t.device) != fold || math.IsNaN(t.device.indicator(1, k)) {
				continue
			}
			x := m.of(t.device, 1, t.pool).value
			gains = append(gains, gain{fold, t.failed*math.Log(x) - t.expected*(x-1)})
		}
	}
	if len(gains) < wearDevices {
		w.Why = insufficient("it is the same for too many devices of a model")
		return w, nil, nil
	}
	mean, low, ok := improves(gains, -1)
	w.Gain = finite(mean)
	if w.Used = ok; !w.Used {
		w.Why = fmt.Sprintf("it does not improve a held-out forecast: the gain of the log score is %.2g a device, %.2g at least", mean, low)
	}
	return w, all, gains
}

// foldOf divides devices by their names, so that it is the same in each run.
func foldOf(d *device) int {
	h := uint32(2166136261) // FNV-1a
	for _, s := range []string{d.at.Region, d.at.Project, d.Class, d.ID} {
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
	}
	return int(h>>8) % wearFolds
}

// learn is the multiplier of greatest likelihood in a window, failures being as Poisson
// as the forecast. As the mean stays what it was, only the order of devices is learned
// and not that all fail more.
func learn(k int, list []tried, take func(i int) bool) (*multiplier, bool) {
	m := &multiplier{indicator: k, mean: 1, centre: map[string]float64{}}
	n := map[string]float64{}
	var with []tried
	for i, t := range list {
		if x := t.device.indicator(0, k); take(i) && !math.IsNaN(x) {
			with = append(with, t)
			m.centre[t.pool] += x
			n[t.pool]++
		}
	}
	for pool := range n {
		m.centre[pool] /= n[pool]
	}
	squares := 0.0
	for _, t := range with {
		squares += square(t.device.indicator(0, k) - m.centre[t.pool])
	}
	if m.spread = math.Sqrt(squares / max(1, float64(len(with)))); !(m.spread > 1e-9) {
		return m, false
	}
	var sumFailed, sumZ float64
	for _, t := range with {
		sumFailed += t.failed
		sumZ += t.failed * m.z(t.device, 0, t.pool)
	}
	const most = 2 // a factor of e^2 a standard deviation
	for range 50 {
		var s0, s1, s2 float64
		for _, t := range with {
			z := m.z(t.device, 0, t.pool)
			e := t.expected * math.Exp(m.beta*z)
			s0, s1, s2 = s0+e, s1+e*z, s2+e*z*z
		}
		if !(s0 > 0) {
			return m, false
		}
		slope, curve := sumZ-sumFailed*s1/s0, sumFailed*(s2/s0-square(s1/s0))
		if !(curve > 0) {
			return m, false
		}
		step := min(0.5, max(-0.5, slope/curve))
		m.beta = min(most, max(-most, m.beta+step))
		if math.Abs(step) < 1e-6 {
			break
		}
	}
	var s0, s1, s2, base float64
	for _, t := range with {
		z := m.z(t.device, 0, t.pool)
		e := t.expected * math.Exp(m.beta*z)
		s0, s1, s2, base = s0+e, s1+e*z, s2+e*z*z, base+t.expected
	}
	m.mean, m.slope = s0/base, s1/s0
	// The curvature has the error of Poisson failures, the spread of the scores that of
	// devices of which some fail again and again (Lin and Wei, The robust inference for
	// the Cox proportional hazards model, JASA 84, 1989). The larger counts: the second
	// is too small where few devices fail.
	curve, spread := sumFailed*(s2/s0-square(m.slope)), 0.0
	for _, t := range with {
		z := m.z(t.device, 0, t.pool)
		spread += square((t.failed - sumFailed*t.expected*math.Exp(m.beta*z)/s0) * (z - m.slope))
	}
	m.se = math.Sqrt(max(curve, spread)) / curve
	return m, m.mean > 0 && !math.IsInf(m.mean, 0) && curve > 0
}
