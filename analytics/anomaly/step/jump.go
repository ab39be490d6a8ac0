package step

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Jump is a sudden change of a level that may drift besides.
type Jump struct {
	At   int     // the first value after it
	Size float64 // what the level is more, or less, than before
	SE   float64
}

// reach is how far to either side of a jump the drift is taken as a straight line,
// in values; shortest is how many there must be.
const (
	reach    = 28
	shortest = 7
	maxJumps = 24
)

// Jumps finds sudden changes that last for a week of days at least. At each place a
// straight line with a step is fitted to the four weeks before and after, so that a
// level that drifts, as with the season, is none. Alpha is the probability of
// seeing any where there is none (by Bonferroni's bound over all places). At most 24
// jumps are found, the clearest first; they are in the order of time.
func Jumps(x []float64, alpha float64) []Jump {
	s, ok := newSeries(x, Options{Shortest: 4, Alpha: alpha}.withDefaults())
	if !ok || len(s.at) < 2*shortest {
		return nil
	}
	n := len(s.at)
	critical := -distuv.UnitNormal.Quantile(s.opts.Alpha / (2 * float64(n)))
	var jumps []Jump
	bounds := []int{0, n} // no window reaches over a jump
	for len(jumps) < maxJumps {
		best, at := Jump{}, 0
		for b := 1; b < len(bounds); b++ {
			for c := bounds[b-1] + shortest; c <= bounds[b]-shortest; c++ {
				size, se := s.fit(max(c-reach, bounds[b-1]), c, min(c+reach, bounds[b]))
				if at == 0 || math.Abs(size)*best.SE > math.Abs(best.Size)*se {
					best, at = Jump{At: s.at[c], Size: size, SE: se}, c
				}
			}
		}
		if at == 0 || math.Abs(best.Size) < critical*best.SE {
			break
		}
		best.Size, best.SE = best.Size*s.unit, best.SE*s.unit
		jumps, bounds = insert(jumps, best), insertCut(bounds, at)
	}
	return jumps
}

// fit fits x = a + b*place + size*(place >= c) to the values from lo until hi by
// least squares: size is the coefficient that the step keeps once its own slope is
// taken out (Frisch, Waugh, Lovell).
func (s *series) fit(lo, c, hi int) (size, se float64) {
	n := float64(hi - lo)
	var placeSum, after float64
	for i := lo; i < hi; i++ {
		placeSum += float64(s.at[i] - s.at[c])
	}
	placeMean, stepMean := placeSum/n, float64(hi-c)/n
	var pp, ps float64
	for i := lo; i < hi; i++ {
		p := float64(s.at[i]-s.at[c]) - placeMean
		pp += p * p
		if i >= c {
			ps += p
		}
	}
	var ss, sx float64
	for i := lo; i < hi; i++ {
		after = 0
		if i >= c {
			after = 1
		}
		w := after - stepMean - ps/pp*(float64(s.at[i]-s.at[c])-placeMean)
		ss += w * w
		sx += w * (s.sum[i+1] - s.sum[i])
	}
	return sx / ss, s.longRun / math.Sqrt(ss)
}

func insert(jumps []Jump, j Jump) []Jump {
	i := len(jumps)
	jumps = append(jumps, j)
	for ; i > 0 && jumps[i-1].At > j.At; i-- {
		jumps[i] = jumps[i-1]
	}
	jumps[i] = j
	return jumps
}

func insertCut(cuts []int, c int) []int {
	i := len(cuts)
	cuts = append(cuts, c)
	for ; i > 0 && cuts[i-1] > c; i-- {
		cuts[i] = cuts[i-1]
	}
	cuts[i] = c
	return cuts
}
