package response

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// Quantile is the time within which a share P of the calls were answered.
//
// Its interval is distribution-free: the population's quantile lies between the
// order statistics of rank l and u with the chance that a binomial number (n, P)
// is from l to u-1 (Conover, Practical Nonparametric Statistics, 3.2; Hahn and
// Meeker, Statistical Intervals, chapter 5). Each tail is at most half of 1-Level.
// Calls are taken for independent.
//
// Open calls widen it as far as they must: for the lower end they are taken to end
// at once, for the upper one never. So it holds whatever they are: it does not
// assume that those still open are like the others.
type Quantile struct {
	P     float64  `json:"p"`
	Value *float64 `json:"value"` // seconds
	// Low and High are nil where nothing limits the quantile at this level: too few
	// calls, or open ones that may take any time.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// AtLeast is what the quantile of these calls is at least, where open calls hide
	// it.
	AtLeast *float64 `json:"at_least,omitempty"`
	Level   float64  `json:"level"`
	// Method is "sample", or "kaplan-meier" where open calls that have run for less
	// than the quantile make it depend on the guess that they are like the others.
	Method string `json:"method,omitempty"`
	Why    string `json:"why,omitempty"`
}

// Durations are the lengths of calls, in seconds: of the closed ones, and how long
// the open ones have run.
type Durations struct {
	Closed, Open []float64
}

// sorted brings them into order, in place, and makes the sample that open calls
// make if they end at once.
func (d *Durations) sorted() (atLeast []float64) {
	slices.Sort(d.Closed)
	slices.Sort(d.Open)
	if len(d.Open) == 0 {
		return d.Closed
	}
	atLeast = make([]float64, 0, len(d.Closed)+len(d.Open))
	i, j := 0, 0
	for i < len(d.Closed) || j < len(d.Open) {
		if j == len(d.Open) || i < len(d.Closed) && d.Closed[i] <= d.Open[j] {
			atLeast = append(atLeast, d.Closed[i])
			i++
		} else {
			atLeast = append(atLeast, d.Open[j])
			j++
		}
	}
	return atLeast
}

// quantiles are those of the shares, each above 0 and below 1. It sorts d.
func (d *Durations) quantiles(level float64, shares ...float64) []Quantile {
	atLeast := d.sorted()
	all := make([]Quantile, len(shares))
	for i, p := range shares {
		all[i] = d.quantile(p, level, atLeast)
	}
	return all
}

func (d *Durations) quantile(p, level float64, atLeast []float64) Quantile {
	q := Quantile{P: p, Level: level}
	n := len(atLeast)
	if n == 0 {
		q.Why = "insufficient data: there are no calls"
		return q
	}
	l, u := ranks(n, p, level)
	if l >= 1 {
		q.Low = &atLeast[l-1]
	}
	if u <= len(d.Closed) { // beyond them are the open calls, which may last for ever
		q.High = &d.Closed[u-1]
	}
	// The sample quantile by linear interpolation between order statistics: number 7
	// of Hyndman and Fan (Sample quantiles in statistical packages, The American
	// Statistician 50, 1996), which spreadsheets, R and NumPy have too.
	h := float64(n-1) * p
	k := int(h)
	between := func(sample []float64) float64 {
		if k+1 >= len(sample) || h == float64(k) {
			return sample[k]
		}
		return sample[k] + (h-float64(k))*(sample[k+1]-sample[k])
	}
	last := k // the highest order statistic that matters
	if h > float64(k) {
		last++
	}
	if last < len(d.Closed) && d.Closed[k] == atLeast[k] && d.Closed[last] == atLeast[last] {
		value := between(d.Closed)
		q.Value, q.Method = &value, "sample"
	} else {
		value := between(atLeast)
		q.AtLeast = &value
		if value, ok := d.kaplanMeier(p); ok {
			q.Value, q.Method = &value, "kaplan-meier"
		} else {
			q.Why = fmt.Sprintf("insufficient data: %d of %d calls are still open", len(d.Open), n)
		}
	}
	if q.Why == "" && (q.Low == nil || q.High == nil) {
		q.Why = d.unlimited(&q, n, u)
	}
	return q
}

// unlimited says why an interval has an open end.
func (d *Durations) unlimited(q *Quantile, n, u int) string {
	side := "lower end"
	switch {
	case q.Low == nil && q.High == nil:
		side = "interval"
	case q.High == nil:
		side = "upper end"
	}
	if q.High == nil && u <= n {
		return fmt.Sprintf("no %s: %d of %d calls are still open", side, len(d.Open), n)
	}
	return fmt.Sprintf("no %s: insufficient data: %d calls, and %d are needed at this level", side, n, needed(q.P, q.Level))
}

// ranks are the order statistics, from 1, between which the quantile lies: 0 and
// n+1 where there is no limit.
func ranks(n int, p, level float64) (l, u int) {
	tail := (1 - level) / 2
	// The largest l with P(B < l) at most the tail, the smallest u with P(B >= u) at
	// most the tail.
	l = sort.Search(n+1, func(l int) bool { return binomialBelow(l, n, p) > tail }) - 1
	u = sort.Search(n+1, func(u int) bool { return 1-binomialBelow(u, n, p) <= tail })
	return max(l, 0), max(u, 1)
}

// binomialBelow is the chance that a binomial number (n, p) is below k, by the
// incomplete beta function.
func binomialBelow(k, n int, p float64) float64 {
	switch {
	case k <= 0:
		return 0
	case k > n:
		return 1
	}
	return mathext.RegIncBeta(float64(n-k+1), float64(k), 1-p)
}

// needed is the number of calls from which on a quantile has an interval with both
// ends: no order statistic is beyond it otherwise.
func needed(p, level float64) int {
	tail := (1 - level) / 2
	return int(math.Ceil(max(math.Log(tail)/math.Log(p), math.Log(tail)/math.Log1p(-p))))
}

// kaplanMeier is the first time at which the share still running is not above 1-p
// (Kaplan and Meier, JASA 53, 1958). Calls that end when others are last seen open
// come first. False when it does not come so far. d is sorted.
func (d *Durations) kaplanMeier(p float64) (float64, bool) {
	running, survive := len(d.Closed)+len(d.Open), 1.0
	open := 0
	for i := 0; i < len(d.Closed); {
		t := d.Closed[i]
		for open < len(d.Open) && d.Open[open] < t {
			open++
			running--
		}
		ends := 0
		for i < len(d.Closed) && d.Closed[i] == t {
			i++
			ends++
		}
		survive *= 1 - float64(ends)/float64(running)
		running -= ends
		if survive <= (1-p)*(1+1e-12) { // rounding must not make it a later one
			return t, true
		}
	}
	return 0, false
}
