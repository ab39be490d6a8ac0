package energy

import (
	"fmt"
	"math"
	"time"

	"steward/analytics/anomaly"
	"steward/analytics/tariff"
	"steward/internal/calendar"
	"steward/internal/incident"
)

const (
	oddDays     = 182 // of which what is usual is learnt: twice the eight weeks that are compared
	lateDays    = 28  // in which anomalies are news
	oddHours    = 3   // fewer are a spring cleaning
	explainedBy = 10 * 24 * time.Hour

	weeksOfYear = 364 * 24 // hours: to the same weekday of the year before
	asLastYear  = 0.9      // of what is used now, that makes it what the season brings
	asLastCold  = 0.7      // the same of heat: no two winters are alike
)

// odd looks for hours, and for lasting jumps, that nobody would have expected. A jump
// that is found for what it is, a leak or plant left on, is not told twice.
func (e *exam) odd() {
	from, to := e.back(oddDays), e.hours.hours()
	points := make([]anomaly.Point, 0, to-from)
	for i := from; i < to; i++ {
		if v := e.hours.sure(i); !math.IsNaN(v) {
			points = append(points, anomaly.Point{Time: e.at0(i), Value: v, Temp: e.weather.temp(i)})
		}
	}
	o := anomaly.Options{Zone: e.zone}
	if e.cal != nil {
		o.Holiday = func(day time.Time) bool {
			_, is := e.cal.Holiday(calendar.DateOf(day))
			return is
		}
	}
	r := anomaly.Find(points, o)
	if r.Why != "" {
		return
	}
	e.look("anomaly")
	coverage := e.hours.coverage(from, to)
	recent := e.at0(e.back(lateDays))
	hours, sum, peak := 0, 0., 0.
	var first time.Time
	for _, p := range r.Episodes {
		if p.Direction != "high" {
			continue
		}
		if p.Kind == anomaly.KindShift && p.Open && p.ChangeLow != nil && p.ChangeHigh != nil {
			if !e.explained(p.From) && !e.season(between(e.index(p.From), to)) {
				e.jump(p, coverage)
			}
			return
		}
		if p.Kind == anomaly.KindHours && p.From.After(recent) {
			if first.IsZero() {
				first = p.From
			}
			hours, sum, peak = hours+p.Hours, sum+p.Excess, max(peak, p.Peak)
		}
	}
	if hours < oddHours {
		return
	}
	var flagged []int
	for _, a := range r.Anomalies {
		if a.TS.After(recent) && a.Value > a.Expected {
			flagged = append(flagged, e.index(a.TS))
		}
	}
	if e.season(flagged) {
		return
	}
	// What is usual is known of each hour to about its standard deviation.
	half := 1.96 * r.TypicalScale * math.Sqrt(float64(hours))
	so := estimate{sum, sum - half, sum + half}
	c := &chart{Unit: e.unit, Step: "hour"}
	for _, a := range r.Anomalies {
		if a.TS.After(recent) && len(c.At) < maxChart {
			c.add(a.TS.Format(time.RFC3339), a.Value)
			c.Expected = append(c.Expected, short(a.Expected))
		}
	}
	e.see(claim{
		kind: "anomaly", since: first, rate: so.times(daysPerYear / lateDays), sofar: so, unit: e.unit, price: e.priceOr(), why: e.money().why, projected: lateDays,
		n: float64(hours), coverage: coverage, pattern: 0.6, chart: c,
		title: incident.Text{
			ZH: fmt.Sprintf("%s 近 %d 天有 %d 小时用量异常偏高", e.label, lateDays, hours),
			EN: fmt.Sprintf("%s: %d hours of unusually high use in the last %d days", e.label, hours, lateDays),
		},
		how: incident.Text{
			ZH: fmt.Sprintf("对照这些时段的值班和施工记录；最高偏离达 %.0f 倍标准差。", peak),
			EN: fmt.Sprintf("Compare these hours with what was on duty and under construction; the farthest is %.0f standard deviations off.", peak),
		},
	})
}

// season reports whether the same hours of the year before had as much: what comes with
// every autumn is no anomaly, although the half-year from which the usual is learnt has
// not seen it. Heat begins from nothing each time, so that without a year before nobody
// can say that it is odd.
func (e *exam) season(hours []int) bool {
	now, then, known := 0., 0., 0
	for _, i := range hours {
		a, b := e.hours.sure(i), e.hours.sure(i-weeksOfYear)
		if !math.IsNaN(a) && !math.IsNaN(b) {
			now, then, known = now+a, then+b, known+1
		}
	}
	least := asLastYear
	if e.medium == tariff.Heat {
		least = asLastCold
	}
	if known == 0 || float64(known) < leastKnown*float64(len(hours)) {
		return e.medium == tariff.Heat
	}
	return then >= least*now
}

// leastKnown of the hours have to be known of both years to compare them.
const leastKnown = 0.8

func between(from, to int) []int {
	all := make([]int, 0, max(to-from, 0))
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// explained reports whether a finding of the subject has begun at about a time.
func (e *exam) explained(at time.Time) bool {
	for _, s := range e.seen {
		if s.Kind != "excess" && s.Kind != "night_base" && s.Since.Sub(at).Abs() <= explainedBy {
			return true
		}
	}
	return false
}

// jump is a level that rose and stayed.
func (e *exam) jump(p anomaly.Episode, coverage float64) {
	change := estimate{p.Change, *p.ChangeLow, *p.ChangeHigh}
	e.see(claim{
		kind: "anomaly", since: p.From, rate: change.times(yearHours), sofar: change.times(e.end.Sub(p.From).Hours()),
		unit: e.unit, price: e.priceOr(), why: e.money().why, n: float64(p.Hours), coverage: coverage, pattern: 0.6, chart: e.courseChart(90),
		title: incident.Text{
			ZH: fmt.Sprintf("%s 用量自 %s 起整体抬升", e.label, p.From.In(e.zone).Format(time.DateOnly)),
			EN: fmt.Sprintf("%s: use rose on %s and has stayed so", e.label, p.From.In(e.zone).Format(time.DateOnly)),
		},
		how: incident.Text{
			ZH: "查明当天接入或改动了什么。若属新增的正常负荷，请驳回本条。",
			EN: "Find out what was connected or changed that day. Dismiss it if the load is new and wanted.",
		},
	})
}
