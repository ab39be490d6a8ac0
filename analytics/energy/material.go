package energy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"steward/internal/findings"
	"steward/internal/incident"
)

// claim is what an exam thinks it has found.
type claim struct {
	kind       string
	since      time.Time
	atLeast    bool     // since is where the data begin that it was judged by
	rate       estimate // a year
	sofar      estimate
	unit       string  // of both; CNY where it is money alone
	price      float64 // yuan per unit; NaN unknown
	why        string  // of a price that is unknown
	n          float64
	coverage   float64
	pattern    float64 // 1, or less for a pattern that may have another cause
	projected  float64 // days that rate is projected from to a year; 0 where it is of what goes on
	title, how incident.Text
	chart      *chart
}

// leastShare of a subject's use a year is worth a look where nothing has a price.
const leastShare = 0.02

// see takes a claim if it is material: the lower end of its interval is above zero,
// and it is worth the floor in yuan, or without prices a share of the use.
func (e *exam) see(c claim) {
	if !c.rate.ok() || !(c.rate.low > 0) {
		return
	}
	c.coverage = min(max(c.coverage, 0), 1)
	money, why := c.rate.times(c.price), c.why
	sofar := c.sofar.times(c.price)
	if c.unit == "CNY" {
		money, sofar, why = c.rate, c.sofar, ""
	}
	switch {
	case money.ok() && money.value < e.floor, !money.ok() && c.rate.value < leastShare*e.yearUse:
		return
	case !money.ok():
		why = cmp.Or(why, "insufficient data: there is no price")
	case c.unit != "CNY" && e.money() != nil:
		why = e.money().warn
	}
	sofarWhy := why
	if c.atLeast { // people ask since when: nobody knows of before
		day := c.since.In(e.zone).Format(time.DateOnly)
		c.title.ZH += "（至少自 " + day + " 起）"
		c.title.EN += ", since " + day + " at least"
	}
	rateWhy := ""
	if c.projected > 0 {
		// So far is what was measured. Whether it goes on for a year nobody has seen.
		rateWhy = fmt.Sprintf("a projection of %.0f days to a year: the interval is that of what was measured", c.projected)
		if money.ok() {
			why = joined(rateWhy, why)
		}
		c.how.ZH += fmt.Sprintf("实测的是“至今”的量；每年的量由这 %.0f 天推算，区间只反映实测的这些天。", c.projected)
		c.how.EN += fmt.Sprintf(" Measured is what there was so far; the amounts of a year are a projection of these %.0f days, and their interval is of these days alone.", c.projected)
	}
	s := findings.Seen{
		Place: e.at, Building: e.building, Kind: c.kind, Subject: e.name, Medium: e.medium, Title: c.title, Advice: c.how,
		Since: c.since.UTC(), AtLeast: c.atLeast, Until: latest(c.since, e.until), Rate: c.rate.amount(c.unit, rateWhy), RateCNY: money.amount("CNY", why),
		Sofar: c.sofar.amount(c.unit, ""), SofarCNY: sofar.amount("CNY", sofarWhy),
		N: c.n, Coverage: c.coverage, Score: confidence(c),
	}
	if s.Sofar.Value == nil {
		s.Sofar.Why = "insufficient data: it is not known how much there has been so far"
	}
	if c.chart != nil {
		if body, err := json.Marshal(c.chart); err == nil && len(body) <= maxEvidence {
			s.Evidence = body
		}
	}
	e.seen = append(e.seen, s)
}

// joined are reasons as one.
func joined(reasons ...string) string {
	return strings.Join(slices.DeleteFunc(reasons, func(r string) bool { return r == "" }), "; ")
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a.UTC()
	}
	return b.UTC()
}

const maxEvidence = 64 << 10

// confidence is from 0 to 1: the share of the estimate that the interval leaves
// standing (its lower end over its value, 1 when it is known exactly), times the share
// of hours that were measured, times what a pattern is worth that may have a harmless
// cause. It orders findings; it is no probability.
func confidence(c claim) float64 {
	if !c.rate.ok() || c.rate.value <= 0 {
		return 0
	}
	share := min(max(c.rate.low/c.rate.value, 0), 1)
	return min(max(share*min(max(c.coverage, 0), 1)*c.pattern, 0), 1)
}

// worth orders findings: by yuan; those without come last, by their amounts.
func worth(s *findings.Seen) float64 {
	if s.RateCNY.Value != nil {
		return *s.RateCNY.Value
	}
	return 0
}

// costliest keeps the findings that cost most, and says how many are left out. What is
// left out was not looked at, as far as others know: it is not gone.
func costliest(seen []findings.Seen, looked []string, most int) (kept []findings.Seen, rest []string, left int) {
	slices.SortStableFunc(seen, func(a, b findings.Seen) int {
		amount := func(s *findings.Seen) float64 {
			if s.Rate.Value == nil {
				return 0
			}
			return *s.Rate.Value
		}
		return cmp.Or(cmp.Compare(worth(&b), worth(&a)), cmp.Compare(amount(&b), amount(&a)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	if len(seen) <= most {
		return seen, looked, 0
	}
	out := map[string]bool{}
	for _, s := range seen[most:] {
		out[s.Kind+" "+s.Subject] = true
	}
	rest = slices.DeleteFunc(slices.Clone(looked), func(k string) bool { return out[k] })
	return seen[:most], rest, len(seen) - most
}

// chart is the evidence of a finding: what was, day by day or hour by hour, and what
// should have been.
type chart struct {
	Unit     string     `json:"unit"`
	Step     string     `json:"step"` // day, night or hour
	At       []string   `json:"at"`
	Value    []*float64 `json:"value"`
	Expected []*float64 `json:"expected,omitempty"`
	Level    *float64   `json:"level,omitempty"` // a line to compare with
}

const maxChart = 400 // points

func (c *chart) add(at string, value float64) {
	if len(c.At) < maxChart {
		c.At, c.Value = append(c.At, at), append(c.Value, short(value))
	}
}

// short is a number of four digits: more nobody sees in a chart.
func short(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	if v != 0 {
		scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
		if r := math.Round(v*scale) / scale; !math.IsNaN(r) && !math.IsInf(r, 0) {
			v = r
		}
	}
	return &v
}
