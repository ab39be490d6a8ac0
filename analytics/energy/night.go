package energy

import (
	"fmt"
	"math"
	"slices"
	"time"

	"steward/analytics/load"
	"steward/internal/incident"
)

const (
	recentDays = 90  // by which habits are judged
	stuckDays  = 120 // by which plant is found that came on and stayed on
)

// nightBase reports what runs when nothing has to.
func (e *exam) nightBase() (*load.Curve, load.Base) {
	from := e.back(recentDays)
	c := e.hours.curve(from, e.hours.hours(), e.zone)
	base := load.NightBase(c)
	e.putEstimate("night_base_kw", "kW", fromLoad(base.KW), float64(base.KW.N), e.hours.coverage(from, e.hours.hours()), base.KW.Why)
	return c, base
}

// night looks at what runs at night and out of hours, and since when.
func (e *exam) night() {
	c, base := e.nightBase()
	if e.open != nil && base.KW.Value != nil {
		e.habits(c, base)
	}
	e.stuck()
}

// rhythm is how the load of the last weeks goes with the hours of work.
type rhythm struct {
	open, mean  float64 // kW, while people work and in all
	after, away float64 // in the evenings of working days, and on other days by day
}

// rhythmOf takes means of what was measured.
func (e *exam) rhythmOf() rhythm {
	var open, all, after, away struct{ sum, n float64 }
	add := func(s *struct{ sum, n float64 }, v float64) { s.sum, s.n = s.sum+v, s.n+1 }
	var opened [24]bool // hours of the day that are ever worked
	for i := e.back(recentDays); i < e.hours.hours(); i++ {
		if e.open[i] {
			opened[e.at0(i).In(e.zone).Hour()] = true
		}
	}
	worked := map[int]bool{} // days
	for i := e.back(recentDays); i < e.hours.hours(); i++ {
		if e.open[i] {
			worked[e.at0(i).In(e.zone).YearDay()] = true
		}
	}
	for i := e.back(recentDays); i < e.hours.hours(); i++ {
		v := e.hours.sure(i)
		if math.IsNaN(v) {
			continue
		}
		t := e.at0(i).In(e.zone)
		add(&all, v)
		switch {
		case e.open[i]:
			add(&open, v)
		case !worked[t.YearDay()] && opened[t.Hour()]:
			add(&away, v)
		case worked[t.YearDay()] && t.Hour() >= 18 && t.Hour() < 23:
			add(&after, v)
		}
	}
	return rhythm{open.sum / open.n, all.sum / all.n, after.sum / after.n, away.sum / away.n}
}

// follows reports whether a meter goes with the hours of work at all: it uses more then
// than on evenings, and more than on days off at the same time. What does not, such as
// flats and street lamps, is not out of hours when it is used at other times. Without
// any evening or day off there is no telling.
func (r rhythm) follows() bool {
	const clearly = 1.2
	evening := math.IsNaN(r.after) || r.open > clearly*r.after
	dayOff := math.IsNaN(r.away) || r.open > clearly*r.away
	return evening && dayOff && !(math.IsNaN(r.after) && math.IsNaN(r.away))
}

// habits judges the load of the night and out of hours.
func (e *exam) habits(c *load.Curve, base load.Base) {
	from, to := e.back(recentDays), e.hours.hours()
	coverage := e.hours.coverage(from, to)
	r := e.rhythmOf()
	closed := func(i int) bool { return !e.open[i] }
	price := e.priceIn(closed)
	if math.IsNaN(r.open+r.mean) || r.open < 0.95*r.mean {
		return // it is used at other times than people work
	}
	share := 0.
	for i := max(0, to-yearHours); i < to; i++ {
		if closed(i) {
			share += 1 / float64(min(to, yearHours))
		}
	}
	// The base that is too much counts while nobody works: by day it may well be needed.
	kw := fromLoad(base.KW)
	limit := e.ground.night * r.open
	e.look("night_base")
	over := estimate{kw.value - limit, kw.low - limit, kw.high - limit}
	level := limit
	e.see(claim{
		kind: "night_base", since: e.at0(from), atLeast: true, rate: over.times(share * yearHours), sofar: over.times(share * float64(to-from)),
		unit: e.unit, price: price, why: e.money().why, n: float64(base.KW.N), coverage: coverage, pattern: 0.8,
		chart: e.nightChart(from, &level),
		title: incident.Text{
			ZH: fmt.Sprintf("%s 夜间基荷过高：%.3g kW，为营业时段均值的 %.0f%%", e.label, kw.value, 100*kw.value/r.open),
			EN: fmt.Sprintf("%s runs %.3g kW at night, %.0f%% of what it takes in working hours", e.label, kw.value, 100*kw.value/r.open),
		},
		how: incident.Text{
			ZH: "夜间逐一断开回路，找出不必运行的设备（空调、通风、照明、水泵、电开水器），加装时控或自控策略。机房等必需负荷请驳回本条。",
			EN: "Switch off circuits one by one at night and find what need not run (air conditioning, fans, lights, pumps, water boilers); give it a timer. Dismiss it if the load is needed, as of a server room.",
		},
	})
	if !r.follows() {
		return
	}
	// The least hour of a night lies below what usually runs: measured by it, what runs
	// evenly day and night would be too much by day.
	base.KW = e.usualNight(from, to)
	o := load.OutOfHours(c, base, e.openAt)
	days := float64(o.Days)
	overrun := func(kind string, daily, yearly load.Estimate, title, how incident.Text) {
		if daily.Value == nil {
			return
		}
		e.look(kind)
		y := fromLoad(yearly)
		e.see(claim{
			kind: kind, since: e.at0(from), atLeast: true, rate: y, sofar: y.times(days / daysPerYear), unit: e.unit, price: price, why: e.money().why,
			n: float64(daily.N), coverage: coverage, pattern: 1, chart: e.closedChart(from), title: title, how: how,
		})
	}
	overrun("out_of_hours", o.AfterHours, o.AfterHoursYear, incident.Text{
		ZH: fmt.Sprintf("%s 下班后仍在用电", e.label), EN: fmt.Sprintf("%s keeps running after hours", e.label),
	}, incident.Text{
		ZH: "核对空调、照明、通风的启停时间是否与作息一致，提前关机并设定时控；加班区域单独供能。",
		EN: "Compare start and stop times of air conditioning, lights and fans with the working hours; stop them earlier and by a timer; supply overtime apart.",
	})
	overrun("holiday", o.ClosedDays, o.ClosedDaysYear, incident.Text{
		ZH: fmt.Sprintf("%s 周末和节假日仍在运行", e.label), EN: fmt.Sprintf("%s runs on weekends and holidays", e.label),
	}, incident.Text{
		ZH: "在自控系统中设置周末和法定节假日（含调休）日历，假日前安排专人关停设备。",
		EN: "Put weekends and public holidays, with the days worked in their stead, into the controls; have somebody switch off before holidays.",
	})
}

// usualNight is the mean load from midnight to five, with the interval of the means of
// nights.
func (e *exam) usualNight(from, to int) load.Estimate {
	var nights []float64
	sum, n := 0., 0
	for i := from; i < to; i++ {
		if e.at0(i).In(e.zone).Hour() < 5 {
			if v := e.hours.sure(i); !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		} else if n > 0 {
			nights = append(nights, sum/float64(n))
			sum, n = 0, 0
		}
	}
	m := meanOf(nights)
	if !m.ok() {
		return load.Estimate{N: len(nights), Why: "insufficient data: fewer than two nights are known"}
	}
	return load.Estimate{Value: &m.value, Low: &m.low, High: &m.high, N: len(nights)}
}

// priceIn is the mean price of some hours, NaN without one.
func (e *exam) priceIn(in func(i int) bool) float64 {
	if p, ok := e.money().mean(in); ok {
		return p
	}
	return unknown.value
}

// stuck finds plant that came on and stayed on.
func (e *exam) stuck() {
	from, to := e.back(stuckDays), e.hours.hours()
	s := load.StuckOn(e.hours.curve(from, to, e.zone))
	if s.Why != "" {
		return
	}
	e.look("stuck_on")
	for _, p := range slices.Backward(s.Now) {
		kw := fromLoad(p.KW)
		mean := e.yearUse / yearHours
		if !kw.ok() || kw.value < leastStep*mean {
			continue // what lasts and is small is a habit
		}
		since := e.index(p.Since.UTC())
		raised, shape := e.raisedHours(since, kw.value)
		if raised < fewestRaised {
			continue
		}
		price := e.priceIn(func(i int) bool { return shape[e.at0(i).In(e.zone).Hour()] })
		// How many hours of the day it is too much is known to about two.
		daily := estimate{kw.value * raised, kw.low * max(raised-2, fewestRaised), kw.high * min(raised+2, 24)}
		days := float64(to-since) / 24
		e.see(claim{
			kind: "stuck_on", since: p.Since, rate: daily.times(daysPerYear), sofar: daily.times(days), unit: e.unit, price: price, why: e.money().why,
			n: days, coverage: e.hours.coverage(from, to), pattern: 1, chart: e.nightChart(from, nil),
			title: incident.Text{
				ZH: fmt.Sprintf("%s 有设备自 %s 起昼夜不停，约 %.3g kW", e.label, p.Since.In(e.zone).Format(time.DateOnly), kw.value),
				EN: fmt.Sprintf("%s: plant of about %.3g kW has not stopped at night since %s", e.label, kw.value, p.Since.In(e.zone).Format(time.DateOnly)),
			},
			how: incident.Text{
				ZH: "到现场查看该回路夜间在运行的设备，检查控制是否打到手动、接触器是否粘连、定时器是否失效，恢复自动启停。",
				EN: "Go and see what runs on this circuit at night: a control on manual, a welded contactor, a timer that failed. Put it back on automatic.",
			},
		})
		return // of several the last: the earlier ones are within what was the habit by then
	}
}

const (
	leastStep    = 0.05 // of the mean load
	fewestRaised = 5.   // hours: the night itself
)

// raisedHours counts the hours of the day in which the load has risen by half of a step
// at least, by the medians of four weeks before and of up to four weeks at the end:
// plant that runs by day anyway costs nothing more then.
func (e *exam) raisedHours(since int, kw float64) (n float64, shape [24]bool) {
	const window = 28 * 24
	var before, after [24][]float64
	for i := max(since-window, 0); i < since; i++ {
		if v := e.hours.sure(i); !math.IsNaN(v) {
			h := e.at0(i).In(e.zone).Hour()
			before[h] = append(before[h], v)
		}
	}
	for i := max(since, e.hours.hours()-window); i < e.hours.hours(); i++ {
		if v := e.hours.sure(i); !math.IsNaN(v) {
			h := e.at0(i).In(e.zone).Hour()
			after[h] = append(after[h], v)
		}
	}
	for h := range shape {
		if middle(after[h])-middle(before[h]) >= kw/2 {
			shape[h] = true
			n++
		}
	}
	return n, shape
}

// middle is the median, NaN of nothing. It orders what it is given.
func middle(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	n := len(values)
	return values[(n-1)/2]/2 + values[n/2]/2
}

// nightly is the least hour of each night, from midnight to five, from a day on; NaN
// where less than three hours are known.
func (e *exam) nightly(from, to int, first, last int) (days []time.Time, least []float64) {
	y, m, d := e.at0(from).In(e.zone).Date()
	for ; ; d++ {
		day := time.Date(y, m, d, 0, 0, 0, 0, e.zone)
		i := e.index(time.Date(y, m, d, first, 0, 0, 0, e.zone).UTC())
		j := e.index(time.Date(y, m, d, last, 0, 0, 0, e.zone).UTC())
		if j > to {
			return days, least
		}
		low, n := math.Inf(1), 0
		for k := i; k < j; k++ {
			if v := e.hours.sure(k); !math.IsNaN(v) {
				low, n = min(low, v), n+1
			}
		}
		if n == 0 || n < min(3, j-i) {
			low = math.NaN()
		}
		days, least = append(days, day), append(least, low)
	}
}

func (e *exam) nightChart(from int, level *float64) *chart {
	c := &chart{Unit: "kW", Step: "night"}
	if level != nil {
		c.Level = short(*level)
	}
	days, least := e.nightly(from, e.hours.hours(), 0, 5)
	for i, d := range days {
		c.add(d.Format(time.DateOnly), least[i])
	}
	return c
}

// closedChart is what was used in closed hours of each day.
func (e *exam) closedChart(from int) *chart {
	c := &chart{Unit: e.unit, Step: "day"}
	days, used := e.closedUse(from, e.hours.hours(), nil)
	for i, d := range days {
		c.add(d.Format(time.DateOnly), used[i])
	}
	return c
}

// closedUse is what was used of each local day while nobody works; NaN where an hour of
// that is not known. Only days for which want is true, nil for all.
func (e *exam) closedUse(from, to int, want func(worked bool) bool) (days []time.Time, used []float64) {
	y, m, d := e.at0(from).In(e.zone).Date()
	for ; ; d++ {
		day := time.Date(y, m, d, 0, 0, 0, 0, e.zone)
		begin, end := e.index(day.UTC()), e.index(time.Date(y, m, d+1, 0, 0, 0, 0, e.zone).UTC())
		if end > to {
			return days, used
		}
		sum, worked := 0., false
		for i := begin; i < end; i++ {
			if i >= 0 && e.open != nil && e.open[i] {
				worked = true
				continue
			}
			sum += e.hours.sure(i)
		}
		if want == nil || want(worked) {
			days, used = append(days, day), append(used, sum)
		}
	}
}
