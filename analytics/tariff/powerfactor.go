package tariff

import (
	"fmt"
	"math"
)

// The adjustment of bills by power factor (力率调整电费) is that of the rules of the
// Ministry of Water Resources and Electric Power and the State Price Bureau of
// 2 December 1983, 功率因数调整电费办法, (83)水电财字第215号, tables 1 to 3: the
// standard is 0.90, 0.85 or 0.80 by the kind of customer; above it the bill falls,
// below it it rises.
//
// standard is one of those tables by its steps, in hundredths of power factor.
type standard struct {
	at    int // the standard
	half  int // down to it each hundredth below the standard costs 0.5 %
	whole int // down to it each more costs 1 %, and below it 2 %
	small int // up to it each hundredth above the standard saves 0.1 %
	most  int // up to it each more saves 0.15 %, and beyond it nothing
}

var standards = []standard{
	{at: 90, half: 70, whole: 65, small: 90, most: 95},
	{at: 85, half: 65, whole: 60, small: 90, most: 94},
	{at: 80, half: 60, whole: 55, small: 90, most: 92},
}

func standardOf(pf float64) *standard {
	for i := range standards {
		if math.Abs(pf-float64(standards[i].at)/100) < 1e-9 {
			return &standards[i]
		}
	}
	return nil
}

// PowerFactor is that of a month's active and reactive energy; false when there is
// none. Reactive energy counts without its sign: what is fed back counts as what is
// taken (article 2 of the rules).
func PowerFactor(kwh, kvarh float64) (float64, bool) {
	apparent := math.Hypot(kwh, kvarh)
	if !(kwh >= 0) || !(apparent > 0) || math.IsInf(apparent, 0) {
		return 0, false
	}
	return kwh / apparent, true
}

// Adjustment is by how many percent a bill changes at a power factor, under a
// standard of 0.90, 0.85 or 0.80: below zero it falls. The power factor counts as
// rounded to hundredths, as the rules have it.
func Adjustment(standard, pf float64) (percent float64, err error) {
	s := standardOf(standard)
	if s == nil {
		return 0, fmt.Errorf("power factor: %v is not one of the standards 0.90, 0.85 and 0.80", standard)
	}
	if !(pf >= 0 && pf <= 1) {
		return 0, fmt.Errorf("power factor: %v is not between 0 and 1", pf)
	}
	// The small shift takes 0.855, which is a little less in binary, for what it is
	// written as.
	at := int(math.Floor(100*pf + 0.5 + 1e-9))
	return float64(s.hundredths(at)) / 100, nil
}

// hundredths is the adjustment in hundredths of a percent.
func (s *standard) hundredths(at int) int {
	if at >= s.at {
		return -10*(min(at, s.small)-s.at) - 15*max(min(at, s.most)-s.small, 0)
	}
	below := func(from, to int) int { return max(from-max(at, to), 0) }
	return 50*below(s.at, s.half) + 100*below(s.half, s.whole) + 200*below(s.whole, 0)
}
