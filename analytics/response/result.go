package response

import (
	"fmt"
	"slices"
	"time"
)

// Summary is what can be said of some calls.
type Summary struct {
	N      int      `json:"n"`
	Open   int      `json:"open"`
	Median Quantile `json:"median"`
	P90    Quantile `json:"p90"`
	P95    Quantile `json:"p95"`
	// Within is nil where no call has a limit.
	Within *Within `json:"within,omitempty"`
}

// Part is the calls of a label.
type Part struct {
	Name string `json:"group"` // "" is the calls that have none
	Summary
	Against *Comparison `json:"against_others,omitempty"` // nil where there is nothing to compare
}

// Hour is the calls that were created in an hour of the day, or on a weekday, by the
// clocks that count.
type Hour struct {
	Hour   int      `json:"hour"` // 0 to 23
	N      int      `json:"n"`
	Median *float64 `json:"median"` // seconds; nil where it is not known
	// The interval of the median, that of Quantile: by order statistics.
	MedianLow  *float64 `json:"median_low"`
	MedianHigh *float64 `json:"median_high"`
	Why        string   `json:"why,omitempty"` // no median, or an open end of its interval
	Within     *Within  `json:"within,omitempty"`
}

// Weekday is the calls that were created on one, by the clocks that count.
type Weekday struct {
	Weekday    string   `json:"weekday"` // monday to sunday
	N          int      `json:"n"`
	Median     *float64 `json:"median"`
	MedianLow  *float64 `json:"median_low"`
	MedianHigh *float64 `json:"median_high"`
	Why        string   `json:"why,omitempty"`
	Within     *Within  `json:"within,omitempty"`
}

// Breach is a call that was not in time.
type Breach struct {
	Call       int       `json:"-"`              // its number in the order of Add, from 0
	Line       int       `json:"line,omitempty"` // of the file that it is from
	Created    time.Time `json:"created"`
	Due        time.Time `json:"due"` // when the limit passed, for a clock that runs always
	Took       float64   `json:"took"`
	Over       float64   `json:"over"` // the limit; so far when it is open
	Open       bool      `json:"open"`
	Unit       string    `json:"device,omitempty"`
	Group      string    `json:"group,omitempty"`
	Project    string    `json:"project,omitempty"`
	Contractor string    `json:"contractor,omitempty"`
	Cause      string    `json:"cause,omitempty"`
}

// Running is how long the open calls have run.
type Running struct {
	N       int      `json:"n"`
	Median  *float64 `json:"median"`
	Longest *float64 `json:"longest"`
}

// Result is what can be said of all calls.
type Result struct {
	Summary
	Limit    *float64 `json:"limit"` // seconds; nil where calls have none or each its own
	Level    float64  `json:"level"`
	Running  Running  `json:"open_running"`
	Breaches []Breach `json:"breaches"` // in order of time
	// BreachesOmitted is how many the list was cut by: those least over their limit.
	BreachesOmitted int       `json:"breaches_omitted"`
	Hours           []Hour    `json:"by_hour"`
	Weekdays        []Weekday `json:"by_weekday"`
	Groups          []Part    `json:"groups,omitempty"`
	Projects        []Part    `json:"by_project,omitempty"`
	Contractors     []Part    `json:"by_contractor,omitempty"`
	Causes          []Part    `json:"by_cause,omitempty"`
	Warnings        []string  `json:"warnings,omitempty"`
}

// Analyze says what can be said of the calls.
func (l *Log) Analyze(o Options) (*Result, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	all := make([]int32, l.Len())
	for i := range all {
		all[i] = int32(i)
	}
	r := &Result{Level: o.Level, Breaches: []Breach{}}
	var d Durations
	r.Summary, d = l.summary(all, &o)
	if o.Limit > 0 && l.limit == nil {
		r.Limit = &o.Limit
	}
	if n := len(d.Open); n > 0 { // they are sorted
		median, longest := (d.Open[(n-1)/2]+d.Open[n/2])/2, d.Open[n-1]
		r.Running = Running{N: n, Median: &median, Longest: &longest}
	}
	if !o.Unlisted {
		l.breaches(r, &o)
	}
	l.byClock(r, &o)
	for _, part := range []struct {
		of  label
		out *[]Part
	}{{byGroup, &r.Groups}, {byProject, &r.Projects}, {byContractor, &r.Contractors}, {byCause, &r.Causes}} {
		*part.out = l.parts(part.of, &o)
	}
	r.warn()
	return r, nil
}

// warn says what a reader must know before the numbers.
func (r *Result) warn() {
	if w := r.Within; w != nil && w.Undecided > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("calls that are open and within their limit so far, which the share does not count: %d", w.Undecided))
	}
	for _, q := range []*Quantile{&r.Median, &r.P90, &r.P95} {
		if q.Method == "kaplan-meier" {
			r.Warnings = append(r.Warnings, fmt.Sprintf("p%g: open calls have run for less than it; the estimate takes them to be like the others, the interval does not", 100*q.P))
		}
	}
	if r.BreachesOmitted > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("breaches that are not listed, those least over their limit: %d", r.BreachesOmitted))
	}
}

// summary is of some calls, with their durations in order.
func (l *Log) summary(calls []int32, o *Options) (Summary, Durations) {
	var d Durations
	var t tally
	limited := false
	for _, call := range calls {
		took, open := l.duration(int(call))
		if open {
			d.Open = append(d.Open, took)
		} else {
			d.Closed = append(d.Closed, took)
		}
		outcome := l.outcome(int(call), o)
		t.add(outcome)
		limited = limited || outcome != unlimited
	}
	s := Summarize(&d, o.Level)
	if limited || o.Limit > 0 {
		w := t.within(o.Level)
		s.Within = &w
	}
	return s, d
}

// Summarize is what can be said of durations alone, without a limit. It sorts d. The
// level is that of Options.
func Summarize(d *Durations, level float64) Summary {
	q := d.quantiles(level, 0.5, 0.9, 0.95)
	return Summary{N: len(d.Closed) + len(d.Open), Open: len(d.Open), Median: q[0], P90: q[1], P95: q[2]}
}

// breaches lists the calls that were not in time.
func (l *Log) breaches(r *Result, o *Options) {
	type over struct {
		call int32
		by   float64
	}
	var all []over
	for call := range l.Len() {
		if l.outcome(call, o) == breached {
			took, _ := l.duration(call)
			all = append(all, over{int32(call), took - l.limitOf(call, o)})
		}
	}
	if len(all) > o.Breaches {
		slices.SortStableFunc(all, func(a, b over) int {
			switch {
			case a.by > b.by:
				return -1
			case a.by < b.by:
				return 1
			}
			return int(a.call - b.call)
		})
		r.BreachesOmitted = len(all) - o.Breaches
		all = all[:o.Breaches]
	}
	slices.SortFunc(all, func(a, b over) int {
		if x, y := l.created[a.call], l.created[b.call]; x != y {
			if x < y {
				return -1
			}
			return 1
		}
		return int(a.call - b.call)
	})
	for _, b := range all {
		call := int(b.call)
		took, open := l.duration(call)
		r.Breaches = append(r.Breaches, Breach{
			Call: call, Line: l.line(call), Created: time.Unix(0, l.created[call]).In(o.Zone), Took: took, Over: b.by, Open: open,
			Due:  time.Unix(0, later(l.created[call], l.limitOf(call, o))).In(o.Zone),
			Unit: l.name(byUnit, call), Group: l.name(byGroup, call), Project: l.name(byProject, call),
			Contractor: l.name(byContractor, call), Cause: l.name(byCause, call),
		})
	}
}

// line is the line of the file that a call is from; 0 for none.
func (l *Log) line(call int) int {
	if l.lines == nil {
		return 0
	}
	return int(l.lines[call])
}

// byClock fills in the hours and weekdays in which calls were created.
func (l *Log) byClock(r *Result, o *Options) {
	var hours [24][]int32
	var days [7][]int32
	for call, created := range l.created {
		at := time.Unix(0, created).In(o.Zone)
		hours[at.Hour()] = append(hours[at.Hour()], int32(call))
		days[at.Weekday()] = append(days[at.Weekday()], int32(call))
	}
	for hour, calls := range hours {
		s, _ := l.summary(calls, o)
		m := &s.Median
		r.Hours = append(r.Hours, Hour{Hour: hour, N: s.N, Median: m.Value, MedianLow: m.Low, MedianHigh: m.High, Why: m.Why, Within: s.Within})
	}
	for i := range days {
		day := time.Weekday((i + 1) % 7) // weeks begin on Monday
		s, _ := l.summary(days[day], o)
		m := &s.Median
		r.Weekdays = append(r.Weekdays, Weekday{Weekday: weekdays[day], N: s.N, Median: m.Value, MedianLow: m.Low, MedianHigh: m.High, Why: m.Why, Within: s.Within})
	}
}

var weekdays = [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// parts are the calls by a label, in order of their names, each compared with the
// others; nil where no call has it.
func (l *Log) parts(of label, o *Options) []Part {
	if l.labels[of] == nil {
		return nil
	}
	calls := make([][]int32, len(l.names[of]))
	for call, id := range l.labels[of] {
		calls[id] = append(calls[id], int32(call))
	}
	var parts []Part
	var tallies []tally
	for id, some := range calls {
		if len(some) == 0 {
			continue
		}
		s, _ := l.summary(some, o)
		parts = append(parts, Part{Name: l.names[of][id], Summary: s})
		var t tally
		if s.Within != nil {
			t = tally{s.Within.Met, s.Within.Breached, s.Within.Undecided}
		}
		tallies = append(tallies, t)
	}
	for i, c := range compare(tallies, o.Level) {
		parts[i].Against = c
	}
	slices.SortFunc(parts, func(a, b Part) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return parts
}
