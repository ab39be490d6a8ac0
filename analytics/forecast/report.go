package forecast

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
)

const (
	batchNumbers = 1000
	// partDevices keeps a document well within what results take, whatever devices are
	// called: a large estate has tens of thousands of meters.
	partDevices = 2000
	// stale is after which a forecast rests on what may no longer be so.
	stale = 7 * day
)

// report fits, tries, forecasts and writes.
func (f *fleet) report(ctx context.Context, r *job.Run) error {
	all := pools(f.devices)
	test, wear, used, err := f.tryAll(ctx, all)
	if err != nil {
		return err
	}
	test.Wear = wear
	now, err := live(ctx, all, f.period.to, quarter, oneYear)
	if err != nil {
		return err
	}
	w := &writer{ctx: ctx, run: r}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if err := w.life(now[name]); err != nil {
			return err
		}
	}
	sums := map[key]*sum{}
	for from := 0; from < len(f.devices); {
		to := from + 1
		for to < len(f.devices) && f.devices[to].at == f.devices[from].at {
			to++
		}
		if err := f.prospects(ctx, r, f.devices[from:to], now, used, sums); err != nil {
			return err
		}
		from = to
	}
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.region, b.region), cmp.Compare(a.project, b.project), cmp.Compare(a.subject, b.subject))
	})
	for _, k := range keys {
		if err := w.put(sums[k].numbers(k)...); err != nil {
			return err
		}
	}
	if err := w.put(test.numbers()...); err != nil {
		return err
	}
	if err := r.Note(ctx, "backtest", "", "", "", test); err != nil {
		return err
	}
	if s := sums[key{}]; s != nil && s.expected > 0 {
		r.Cover(s.coverage())
	}
	return w.flush()
}

// tryAll tries forecasts and indicators of wear, each by the laws of the time before.
func (f *fleet) tryAll(ctx context.Context, all map[string]*pool) (Backtest, []Wear, map[string]*multiplier, error) {
	var laws map[string]*lived
	var err error
	if f.horizon > 0 {
		if laws, err = live(ctx, all, f.period.to-f.horizon, years(f.horizon)); err != nil {
			return Backtest{}, nil, nil, err
		}
	}
	switch f.wear.horizon {
	case 0:
		test := f.backtest(laws, nil)
		test.Why = joined(test.Why, "indicators of wear were not tried: "+f.wear.why)
		return test, []Wear{}, nil, nil
	case f.horizon:
		used, tested, wear := f.tryWear(laws)
		for i := range wear {
			wear[i].Tested = wear[i].Used
		}
		return f.backtest(laws, tested), wear, used, nil
	}
	test := f.backtest(laws, nil)
	if laws, err = live(ctx, all, f.period.to-f.wear.horizon, years(f.wear.horizon)); err != nil {
		return Backtest{}, nil, nil, err
	}
	used, _, wear := f.tryWear(laws)
	for i := range wear {
		if wear[i].Used {
			wear[i].Why = "the back-test is without it: it goes back further than the indicator can be learned"
		}
	}
	return test, wear, used, nil
}

// prospects writes what is to be expected of the devices of a project.
func (f *fleet) prospects(ctx context.Context, r *job.Run, devices []*device, by map[string]*lived, used map[string]*multiplier, sums map[key]*sum) error {
	at := devices[0].at
	doc := Prospects{At: f.period.to.Time().UTC().Format(time.RFC3339), Devices: []Prospect{}}
	part := 0
	note := func() error {
		subject := ""
		if part++; part > 1 {
			subject = fmt.Sprintf("part-%05d", part)
		}
		err := r.Note(ctx, "prospects", at.Region, at.Project, subject, doc)
		doc.Devices = []Prospect{}
		return err
	}
	for _, d := range devices {
		if d.out {
			continue
		}
		if len(doc.Devices) == partDevices {
			if err := note(); err != nil {
				return err
			}
		}
		p := f.prospect(d, by, used)
		doc.Devices = append(doc.Devices, p)
		for _, k := range keysOf(at, d, p.Pool) {
			s := sums[k]
			if s == nil {
				s = new(sum)
				sums[k] = s
			}
			s.add(&p, d)
		}
	}
	return note()
}

func (f *fleet) prospect(d *device, by map[string]*lived, used map[string]*multiplier) Prospect {
	end := f.period.to
	p := Prospect{
		Region: d.at.Region, Project: d.at.Project, Building: d.Building, Class: d.Class, Device: d.ID, Name: d.Name,
		Vendor: d.Vendor, Model: d.Model, Medium: d.Medium, Senses: d.Senses, InstalledOn: d.installedOn(), VerifyBy: d.verifyBy(),
		AgeYears: finite(d.age(end)), ExpectedLifeYears: d.ExpectedLifeYears, ReplacementCost: d.ReplacementCost, FailureCost: d.FailureCost,
	}
	for _, t := range d.failed {
		if t >= end-365*day && t < end {
			p.FaultsYear++
		}
	}
	l, why := chosen(d, by)
	if l != nil {
		p.Pool = l.name
		p.New365 = capped(l.fresh(oneYear).number(l.failures))
	} else {
		p.New365 = Estimate{Why: why}
	}
	if len(d.windows) == 0 {
		why = insufficient("the device was not watched: it sent nothing, was silent throughout, or reported more faults than are kept")
		l = nil
	}
	if l == nil {
		p.Fail90, p.Fail365, p.Failures365 = Estimate{Why: why}, Estimate{Why: why}, Estimate{Why: why}
		return p
	}
	worn := plain
	if m := used[d.Class]; m != nil {
		worn = m.of(d, wearTimes-1, l.name)
	}
	short, long := l.expect(d, end, quarter, worn), l.expect(d, end, oneYear, worn)
	p.Fail90, p.Fail365, p.Failures365 = short.fails(l.failures), long.fails(l.failures), capped(long.number(l.failures))
	p.Caveats = f.caveats(d, l, used)
	for _, c := range p.Caveats {
		p.Warnings = append(p.Warnings, c.Code+": "+c.EN)
	}
	return p
}

// capped leaves out an end of an interval that is no longer one of failures of a
// device: a part that fails more than hourly.
func capped(e Estimate) Estimate {
	if e.High != nil && *e.High > 365*24 {
		e.High = nil
	}
	return e
}

// caveats are what to keep in mind of the forecast of a device.
func (f *fleet) caveats(d *device, l *lived, used map[string]*multiplier) []Caveat {
	var list []Caveat
	add := func(code, zh, en string) { list = append(list, Caveat{code, zh, en}) }
	if d.Model != "" && l.model == "" {
		add("pooled", fmt.Sprintf("该型号故障不足 %d 次，按整类设备预测", fewOfPool), fmt.Sprintf("fewer than %d failures of the model, the forecast is that of the class", fewOfPool))
	}
	var poor []string
	for _, part := range l.parts {
		if part.Poor && part.tables != nil {
			poor = append(poor, part.Code)
		}
	}
	if len(poor) > 0 {
		add("poor_fit", "寿命分布与这些部件的寿命不符："+strings.Join(poor, "、"), "the law does not fit the lives of "+strings.Join(poor, ", "))
	}
	if l.extrapolates(d, f.period.to, oneYear) {
		add("extrapolated", "有部件将比观察到的都旧", "a part will be older than any that was seen")
	}
	if !d.born.known {
		add("age_unknown", "投用和安装日期均未知", "neither commissioning nor installation is known")
	}
	if last := d.windows[len(d.windows)-1].to; last < f.period.to-stale {
		on := last.Time().UTC().Format(time.DateOnly)
		add("stale_data", "最后有数据是 "+on+"，预测假定此后无事发生", "last heard of on "+on+"; the forecast takes it that nothing has happened since")
	}
	if m := used[d.Class]; m != nil {
		add("wear", "预测计入磨损指标 "+indicators[m.indicator].name, "the indicator "+indicators[m.indicator].name+" is part of the forecast")
	}
	return list
}

// writer gathers numbers into batches.
type writer struct {
	ctx     context.Context
	run     *job.Run
	numbers []job.Number
}

func (w *writer) put(list ...job.Number) error {
	if w.numbers = append(w.numbers, list...); len(w.numbers) < batchNumbers {
		return nil
	}
	return w.flush()
}

func (w *writer) flush() error {
	if len(w.numbers) == 0 {
		return nil
	}
	err := w.run.Write(w.ctx, w.numbers)
	w.numbers = nil
	return err
}

// life writes the document of a pool, and of its parts:
//
//   - b10: the age by which a tenth has failed;
//   - shape and scale of the Weibull law.
//
// The exposure is the number of lives, and the coverage the share of the messages of the
// pool's devices that came.
func (w *writer) life(l *lived) error {
	if err := w.run.Note(w.ctx, "life", "", "", l.name, l.life()); err != nil {
		return err
	}
	covered := l.coverage()
	for _, f := range l.parts {
		subject := cut("part:"+strings.TrimPrefix(l.name, "model:"), "/"+f.Code)
		for _, n := range []struct {
			kind, unit string
			e          Estimate
		}{{"b10", "a", f.B10}, {"shape", "", f.Shape}, {"scale", "a", f.Scale}} {
			number := numberOf(n.kind, n.unit, n.e, f.N, covered)
			number.Subject = subject
			if number.Value != nil {
				number.Why = f.Why
			}
			uncounted(&number)
			if err := w.put(number); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut keeps a subject within what a result takes, by its head.
func cut(head, tail string) string {
	if most := maxSubject + 40 - len(tail); len(head) > most {
		head = strings.ToValidUTF8(head[:max(0, most)], "")
	}
	return head + tail
}

func numberOf(kind, unit string, e Estimate, exposure, coverage float64) job.Number {
	n := job.Number{Kind: kind, Unit: unit, Value: e.Value, Low: e.Low, High: e.High, N: e.N, Exposure: exposure, Coverage: coverage, Why: e.Why}
	if e.Low != nil || e.High != nil {
		n.Level = level
	}
	return n
}

// uncounted says of a number why it has no coverage.
func uncounted(n *job.Number) {
	if n.Value != nil && math.IsNaN(n.Coverage) {
		n.Why = joined(n.Why, "how much of the data came is unknown: nobody counted reports of these devices")
	}
}

// key says what devices have in common.
type key struct{ region, project, subject string }

func keysOf(at authz.Place, d *device, pool string) []key {
	keys := make([]key, 0, 8)
	for _, subject := range []string{"", "class:" + d.Class} {
		keys = append(keys, key{"", "", subject}, key{at.Region, "", subject}, key{at.Region, at.Project, subject})
	}
	if strings.HasPrefix(pool, "model:") {
		keys = append(keys, key{subject: pool})
	}
	return keys
}

// sum is of the forecasts of devices. What is not known of a law is the same for all
// of its devices, so that low ends add up to a low end and high to a high; for devices
// of several pools that is wider than it need be.
type sum struct {
	devices, without int
	failures         float64
	share            [2][3]float64 // of 90 and 365 days: low, value, high
	count            [3]float64
	open             bool // an end without bound
	expected, came   float64
}

func (s *sum) add(p *Prospect, d *device) {
	s.expected, s.came = s.expected+d.Expected, s.came+d.Came
	for _, e := range []Estimate{p.Fail90, p.Fail365, p.Failures365} {
		if e.Value == nil || e.Low == nil {
			s.without++
			return
		}
	}
	s.devices++
	s.failures = max(s.failures, p.Fail365.N)
	for i, e := range []Estimate{p.Fail90, p.Fail365} {
		s.share[i][1] += *e.Value
		s.share[i][0] += *e.Low
		s.share[i][2] += valueOr(e.High, 1)
	}
	s.count[0] += *p.Failures365.Low
	s.count[1] += *p.Failures365.Value
	if p.Failures365.High == nil {
		s.open = true
	} else {
		s.count[2] += *p.Failures365.High
	}
}

func valueOr(v *float64, or float64) float64 {
	if v == nil {
		return or
	}
	return *v
}

// coverage is the share of messages that came; NaN when nobody counted.
func (s *sum) coverage() float64 {
	if !(s.expected > 0) {
		return math.NaN()
	}
	return min(1, s.came/s.expected)
}

// numbers are those of devices that have something in common:
//
//   - fail_90d and fail_365d: the mean probability of one failure at least;
//   - expected_failures_365d: how many are expected of all of them together.
//
// N is the number of failures that the laws are made from, of the pool that has most;
// the exposure is the number of devices.
func (s *sum) numbers(k key) []job.Number {
	n := float64(s.devices)
	why := ""
	if s.without > 0 {
		why = fmt.Sprintf("%d devices without a forecast are left out", s.without)
	}
	of := func(v [3]float64, by float64) Estimate {
		if s.devices == 0 {
			return Estimate{Why: insufficient(fmt.Sprintf("none of %d devices has a forecast", s.without))}
		}
		return Estimate{Value: finite(v[1] / by), Low: finite(v[0] / by), High: finite(v[2] / by), N: s.failures, Why: why}
	}
	count := of(s.count, 1)
	if s.open {
		count.High = nil
	}
	list := []job.Number{
		numberOf("fail_90d", "", of(s.share[0], n), n, s.coverage()),
		numberOf("fail_365d", "", of(s.share[1], n), n, s.coverage()),
		numberOf("expected_failures_365d", "", count, n, s.coverage()),
	}
	for i := range list {
		list[i].Region, list[i].Project, list[i].Subject = k.region, k.project, k.subject
	}
	return list
}

// numbers are those of the back-test: brier and brier_skill, and lift and lift_by_age
// of the tenth of each class that is ranked first. N is the number that failed, the
// exposure that of devices, the coverage the share of their messages that came.
func (b *Backtest) numbers() []job.Number {
	var list []job.Number
	for _, n := range []struct {
		kind  string
		value *float64
		Interval
	}{
		{"brier", b.Brier, b.Intervals.Brier}, {"brier_skill", b.Skill, b.Intervals.Skill},
		{"lift_top_decile", b.Lift, b.Intervals.Lift}, {"lift_top_decile_by_age", b.LiftByAge, b.Intervals.LiftByAge},
	} {
		e := Estimate{Value: n.value, Low: n.Low, High: n.High, N: float64(b.Failed)}
		number := numberOf(n.kind, "", e, float64(b.Devices), b.covered)
		number.Subject = "backtest"
		if number.Value == nil {
			if number.Why = b.Why; number.Why == "" {
				number.Why = insufficient("all devices failed, or none did")
			}
		}
		uncounted(&number)
		list = append(list, number)
	}
	return list
}
