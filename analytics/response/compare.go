package response

import (
	"math"
	"slices"
)

// Verdict is what a comparison shows.
type Verdict string

// The verdicts. NotShown is not "the same": it may be for want of calls.
const (
	Better   Verdict = "better"
	Worse    Verdict = "worse"
	NotShown Verdict = "no difference shown"
)

// Comparison is the share in time of a group against all other groups together.
//
// P is Fisher's exact test, the smaller tail doubled. Among many groups some look
// odd by luck: Adjusted is P after Holm (A simple sequentially rejective multiple
// test procedure, Scandinavian Journal of Statistics 6, 1979), so that with the
// chance of the level no verdict at all is wrong, however many groups there are and
// whatever they have to do with each other. Low and High are the group's share with
// an interval that holds for all groups at once (Bonferroni).
type Comparison struct {
	Groups   int      `json:"groups"` // that are compared
	Others   float64  `json:"others"` // share in time of the others
	P        float64  `json:"p"`
	Adjusted float64  `json:"p_adjusted"`
	Low      *float64 `json:"simultaneous_low"`
	High     *float64 `json:"simultaneous_high"`
	Verdict  Verdict  `json:"verdict"`
}

// compare compares each tally with the others; nil for one that has no calls, or no
// others.
func compare(groups []tally, level float64) []*Comparison {
	all := make([]*Comparison, len(groups))
	var sum tally
	tested := 0
	for _, g := range groups {
		sum.met += g.met
		sum.breached += g.breached
		if g.met+g.breached > 0 {
			tested++
		}
	}
	if tested < 2 {
		return all
	}
	var order []int
	for i, g := range groups {
		if g.met+g.breached == 0 {
			continue
		}
		order = append(order, i)
		met, breached := sum.met-g.met, sum.breached-g.breached
		simultaneous := g.within(1 - (1-level)/float64(tested))
		all[i] = &Comparison{
			Groups: tested, Others: float64(met) / float64(met+breached),
			P:   fisher(g.met, g.breached, met, breached),
			Low: simultaneous.Low, High: simultaneous.High, Verdict: NotShown,
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case all[a].P < all[b].P:
			return -1
		case all[a].P > all[b].P:
			return 1
		}
		return 0
	})
	adjusted := 0.0
	for rank, i := range order {
		adjusted = max(adjusted, min(1, all[i].P*float64(len(order)-rank)))
		all[i].Adjusted = adjusted
		if adjusted <= 1-level {
			all[i].Verdict = Worse
			if float64(groups[i].met)/float64(groups[i].met+groups[i].breached) > all[i].Others {
				all[i].Verdict = Better
			}
		}
	}
	return all
}

// fisher is the chance of a table of four numbers as odd as a, b over c, d when both
// rows have the same share and the sums are what they are: twice the smaller tail
// of the hypergeometric distribution, and at most 1.
func fisher(a, b, c, d int) float64 {
	n, row, column := a+b+c+d, a+b, a+c
	lowest, highest := max(0, row+column-n), min(row, column)
	lg := func(n, k int) float64 { // logarithm of the binomial coefficient
		x, _ := math.Lgamma(float64(n + 1))
		y, _ := math.Lgamma(float64(k + 1))
		z, _ := math.Lgamma(float64(n - k + 1))
		return x - y - z
	}
	here := lg(column, a) + lg(n-column, row-a) - lg(n, row)
	// The ratio of the probability at x to that at x-1, upwards or downwards, until
	// what follows does not matter.
	ratio := func(x int) float64 {
		return float64(column-x+1) / float64(x) * float64(row-x+1) / float64(n-column-row+x)
	}
	tail := func(step int) float64 {
		sum, term := 1.0, 1.0
		for x := a + step; x >= lowest && x <= highest; x += step {
			if step > 0 {
				term *= ratio(x)
			} else {
				term /= ratio(x + 1)
			}
			sum += term
			if term < 1e-17*sum || math.IsInf(sum, 0) { // or it is the larger tail by far
				break
			}
		}
		return math.Exp(here + math.Log(sum))
	}
	return min(1, 2*min(tail(-1), tail(1)))
}
