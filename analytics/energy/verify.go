package energy

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"steward/analytics/baseline"
	"steward/internal/findings"
)

const (
	// fewestAfter are the days after a fix without which nothing is said.
	fewestAfter = 14
	// mostBefore are the days before it that it is compared with.
	mostBefore = 60
)

// verify looks whether use fell after what is said to have been mended.
func (v *visit) verify(ctx context.Context) error {
	for i := range v.mended {
		f := &v.mended[i]
		res := v.verdict(f)
		res.FixedAt, res.At, res.Run = f.FixedAt, v.job.Now, v.job.ID
		if err := v.Sink.Verify(ctx, f.ID, res); err != nil {
			return fmt.Errorf("verify finding %s: %w", f.ID, err)
		}
	}
	return nil
}

func insufficient(format string, args ...any) findings.Verification {
	return findings.Verification{Verdict: "insufficient", Why: "insufficient data: " + fmt.Sprintf(format, args...)}
}

func (v *visit) verdict(f *findings.Finding) findings.Verification {
	s := v.fixed[f.Subject]
	if s == nil {
		return insufficient("nothing was counted at %s", f.Subject)
	}
	if f.FixedAt.IsZero() {
		return insufficient("it is not known when it was mended")
	}
	e := v.exam(s)
	// The day of the fix is neither before nor after.
	y, m, d := f.FixedAt.In(v.zone).Date()
	before, after := e.index(time.Date(y, m, d, 0, 0, 0, 0, v.zone).UTC()), e.index(time.Date(y, m, d+1, 0, 0, 0, 0, v.zone).UTC())
	if before <= 0 {
		return insufficient("it was mended before %s, from which on data are read", e.begin.Format(time.DateOnly))
	}
	days := float64(e.period.hours()-after) / 24 * e.hours.coverage(after, e.period.hours())
	if days < fewestAfter {
		res := insufficient("%.0f days are known after it was mended, %d are needed", max(days, 0), fewestAfter)
		res.Days = max(days, 0)
		return res
	}
	// Silence is no saving, and neither is a register that stands still.
	if sum, known, _ := e.hours.total(after, e.period.hours()); known > 0 && sum <= 0 {
		res := insufficient("the meter has counted nothing since it was mended: nobody knows whether it stands still")
		res.Days = days
		return res
	}
	var saved estimate
	unit, why := s.unit, ""
	switch f.Kind {
	case "balance_loss", "balance_theft", "missing_meter":
		saved, why = v.lostLess(f, y, m, d)
	default:
		saved, unit, why = e.fell(f, before, after)
	}
	res := judged(f, saved, why)
	res.Days = days
	res.Saved = saved.amount(unit, why)
	price := e.priceOr()
	if unit == "CNY" {
		price = 1
	}
	money := saved.times(price)
	note := ""
	if !money.ok() {
		note = "insufficient data: " + or(e.money().why, "there is no saving to price")
	}
	res.SavedCNY = money.amount("CNY", note)
	return res
}

// judged says what a saving a year means for a finding: use did not fall when the
// interval leaves no room for half of what was found, as the waste goes on then, whatever
// little is saved. It fell when otherwise all of the interval is above zero; between the
// two there is no telling yet.
func judged(f *findings.Finding, saved estimate, why string) findings.Verification {
	switch {
	case !saved.ok():
		return findings.Verification{Verdict: "insufficient", Why: or(why, "insufficient data: the days before or after are too few")}
	case f.Rate.Value != nil && saved.high < *f.Rate.Value/2:
		return findings.Verification{Verdict: "did_not_fall", Why: why}
	case saved.low > 0:
		return findings.Verification{Verdict: "fell", Why: why}
	}
	return findings.Verification{Verdict: "insufficient", Why: "insufficient data: the interval holds no fall as well as half of what was found"}
}

// fell is how much less a year is used since the fix, by the estimator that found it.
func (e *exam) fell(f *findings.Finding, before, after int) (saved estimate, unit, why string) {
	from, to := before-24*mostBefore, e.period.hours()
	if since := e.index(f.Since.UTC()); since > from && since < before {
		from = since
	}
	from = max(from, 0)
	switch f.Kind {
	case "night_base", "stuck_on":
		return e.lessAtNight(f, from, before, after, 0, 5)
	case "water_leak":
		return e.lessAtNight(f, from, before, after, 2, 4)
	case "out_of_hours", "holiday":
		if e.open == nil {
			return unknown, e.unit, "insufficient data: nobody says any more when people work"
		}
		want := func(worked bool) bool { return worked == (f.Kind == "out_of_hours") }
		_, was := e.closedUse(from, before, want)
		_, is := e.closedUse(after, to, want)
		was, is = finite(was), finite(is)
		share := float64(len(is)) / math.Max(float64(to-after)/24, 1)
		return e.beyondSeason(f.Kind, from, before, after, was, is, daysPerYear*share, "of the days before and after")
	case "peak_demand", "low_load_factor", "power_factor":
		return e.cheaper(f, before, after)
	}
	return e.underBaseline(f, before, after)
}

// baselined reports whether findings of a kind are verified by a baseline.
func baselined(kind string) bool { return kind == "excess" || kind == "anomaly" }

// underBaseline compares what was used beyond a baseline before a fix and since: weather
// and the calendar are accounted for. The baseline is of the year before the waste began.
// Where too little is known of that it is of the year before the fix, of which the waste
// was part: what is less than that is saved all the more, and what is not says nothing.
func (e *exam) underBaseline(f *findings.Finding, before, after int) (saved estimate, unit, why string) {
	since, to := max(e.index(f.Since.UTC()), 0), e.period.hours()
	if before-since >= 24*fewestAfter {
		if m, s, _ := e.baseline(since, before); s != nil && s.Value != nil {
			was := fromSavings(s).times(yearHours / (float64(before-since) * max(s.Coverage, 0.01)))
			if is, ok := e.overYearly(m, after, to); ok {
				low, high := math.Hypot(was.value-was.low, is.high-is.value), math.Hypot(was.high-was.value, is.value-is.low)
				d := was.value - is.value
				return estimate{d, d - low, d + high}, e.unit, joined("against the baseline of the year before it began", e.weather.why)
			}
		}
	}
	m, s, why := e.baseline(before, to)
	if s == nil || s.Value == nil {
		return unknown, e.unit, why
	}
	is, ok := e.overYearly(m, after, to)
	if saved = is.times(-1); !ok || !(saved.low > 0) {
		return unknown, e.unit, "insufficient data: there is no baseline of the year before it began, and that of the year before it was mended has the waste in it"
	}
	return saved, e.unit, joined("against the baseline of the year before it was mended, which has some of the waste in it: more is saved", e.weather.why)
}

// overYearly is what was used a year beyond a model.
func (e *exam) overYearly(m *baseline.Model, from, to int) (estimate, bool) {
	s, err := m.Savings(e.hours.points(from, to, e.weather), e.at0(from), e.at0(to))
	if err != nil || s.Value == nil || !(s.Coverage > 0) {
		return unknown, false
	}
	over := fromSavings(s).times(yearHours / (float64(to-from) * s.Coverage))
	return over, over.ok()
}

// beyondSeason is what a fix saved of the use of nights or of days off. Much of that goes
// with the season: what the use of working hours fell by in the same time is not put
// down to the fix. Since plant that runs all day makes both less when it is mended, the
// upper end of the interval is that of the whole fall.
func (e *exam) beyondSeason(kind string, from, before, after int, was, is []float64, scale float64, why string) (estimate, string, string) {
	ratio := e.seasonal(kind, from, before, after)
	if !ratio.ok() {
		return unknown, e.unit, "insufficient data: too little is known of working hours before and after, by which the season is told from the fix"
	}
	less := func(r float64) estimate {
		scaled := make([]float64, len(was))
		for i, v := range was {
			scaled[i] = v * min(r, 1)
		}
		return difference(scaled, is)
	}
	saved := estimate{less(ratio.value).value, less(ratio.low).low, difference(was, is).high}
	return saved.times(scale), e.unit, why + ", beyond what the use of working hours fell by"
}

// seasonal is the ratio of what working hours take after a fix to what they took before;
// of the base load, which they are above, to what they take beyond it. The interval is
// that of a ratio of independent means (the delta method).
func (e *exam) seasonal(kind string, from, before, after int) estimate {
	m1, v1, n1 := meanVariance(e.workdays(from, before, kind == "night_base"))
	m2, v2, n2 := meanVariance(e.workdays(after, e.period.hours(), kind == "night_base"))
	if n1 < 2 || n2 < 2 {
		return unknown
	}
	switch {
	case m1 <= 0:
		return estimate{1, 1, 1} // nothing to compare with: what it takes, it takes at other times
	case m2 <= 0:
		return estimate{}
	}
	ratio := m2 / m1
	half := 1.96 * ratio * math.Sqrt(v1/(n1*m1*m1)+v2/(n2*m2*m2))
	return estimate{ratio, max(ratio-half, 0), ratio + half}
}

// workdays are the mean loads of the working hours of each day, less those of its night
// if only what is above counts. Where nobody says when people work it is from nine to
// five.
func (e *exam) workdays(from, to int, above bool) []float64 {
	var days []float64
	var work, night struct{ sum, n float64 }
	today := -1
	finish := func() {
		if work.n > 0 && (!above || night.n > 0) {
			load := work.sum / work.n
			if above {
				load -= night.sum / night.n
			}
			days = append(days, load)
		}
		work, night = struct{ sum, n float64 }{}, struct{ sum, n float64 }{}
	}
	for i := max(from, 0); i < to; i++ {
		t := e.at0(i).In(e.zone)
		if day := t.YearDay(); day != today {
			finish()
			today = day
		}
		v, h := e.hours.sure(i), t.Hour()
		switch {
		case math.IsNaN(v):
		case e.open != nil && e.open[i], e.open == nil && h >= 9 && h < 17:
			work.sum, work.n = work.sum+v, work.n+1
		case h < 5:
			night.sum, night.n = night.sum+v, night.n+1
		}
	}
	finish()
	return days
}

// lessAtNight compares the least hours of the nights; what is less then is less for as
// many hours a day as the finding had it.
func (e *exam) lessAtNight(f *findings.Finding, from, before, after, first, last int) (estimate, string, string) {
	_, was := e.nightly(from, before, first, last)
	_, is := e.nightly(after, e.period.hours(), first, last)
	was, is = finite(was), finite(is)
	if len(was) < 7 || len(is) < 7 {
		return unknown, e.unit, fmt.Sprintf("insufficient data: %d nights before and %d after are known, 7 of each are needed", len(was), len(is))
	}
	if f.Kind == "water_leak" { // goes with no season
		return difference(was, is).times(24 * daysPerYear), e.unit, "of the nights before and after"
	}
	hours := 24.
	switch {
	case f.Kind == "stuck_on":
		hours, _ = e.raisedBetween(from, before, after, middle(was)-middle(is))
		hours = max(hours, fewestRaised)
	case f.Kind == "night_base" && e.open != nil:
		closed := 0.
		for i := after; i < e.period.hours(); i++ {
			if !e.open[i] {
				closed++
			}
		}
		hours = 24 * closed / math.Max(float64(e.period.hours()-after), 1)
	}
	return e.beyondSeason(f.Kind, from, before, after, was, is, hours*daysPerYear, "of the nights before and after")
}

// raisedBetween counts the hours of the day that were higher before a fix than after.
func (e *exam) raisedBetween(from, before, after int, kw float64) (n float64, shape [24]bool) {
	var was, is [24][]float64
	for i := from; i < e.period.hours(); i++ {
		v := e.hours.sure(i)
		if math.IsNaN(v) || i >= before && i < after {
			continue
		}
		h := e.at0(i).In(e.zone).Hour()
		if i < before {
			was[h] = append(was[h], v)
		} else {
			is[h] = append(is[h], v)
		}
	}
	for h := range shape {
		if kw > 0 && middle(was[h])-middle(is[h]) >= kw/2 {
			shape[h] = true
			n++
		}
	}
	return n, shape
}

// cheaper compares what demand or reactive energy cost in the months before and after.
func (e *exam) cheaper(f *findings.Finding, before, after int) (estimate, string, string) {
	var was, is []float64
	for _, m := range e.months {
		v, ok := e.monthCost(f.Kind, m)
		switch {
		case !ok:
		case m.to <= before:
			was = append(was, v)
		case m.from >= after:
			is = append(is, v)
		}
	}
	if len(was) < 2 || len(is) < 2 {
		return unknown, "CNY", fmt.Sprintf("insufficient data: %d whole months before and %d after are known, 2 of each are needed", len(was), len(is))
	}
	return difference(was, is).times(12), "CNY", "of the months before and after"
}

// monthCost is what the charge that a kind of finding is about came to in a month.
func (e *exam) monthCost(kind string, m month) (float64, bool) {
	if e.money().tariff == nil {
		return 0, false
	}
	if strings.HasPrefix(kind, "power") {
		if e.reactive == nil {
			return 0, false
		}
		return e.adjustment(m)
	}
	v, ok := e.monthLoads(m)
	if !ok {
		return 0, false
	}
	kwh := 0.
	for _, x := range v {
		kwh += x
	}
	return e.basic(m, v[len(v)-1], kwh)
}

func finite(values []float64) []float64 {
	kept := values[:0]
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			kept = append(kept, v)
		}
	}
	return kept
}

// lostLess compares the losses of the days before and after a day by the balance of
// this run.
func (v *visit) lostLess(f *findings.Finding, year int, month time.Month, day int) (estimate, string) {
	fixed := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	since := f.Since.In(v.zone).Format(time.DateOnly)
	for i := range v.results {
		for _, n := range v.results[i].notes {
			b, ok := n.body.(Balance)
			if !ok || n.subject != f.Subject {
				continue
			}
			var was, is []float64
			for _, d := range b.Daily {
				switch {
				case d.Date > fixed:
					is = append(is, d.Loss)
				case d.Date < fixed && d.Date >= since:
					was = append(was, d.Loss)
				}
			}
			if len(was) < 7 || len(is) < 7 {
				return unknown, fmt.Sprintf("insufficient data: the balance has %d days before and %d after, 7 of each are needed", len(was), len(is))
			}
			return difference(was, is).times(daysPerYear), "of the losses of the days before and after"
		}
	}
	return unknown, "insufficient data: there is no balance of it any more"
}
