package forecast

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// The bootstrap: so many samples suffice for intervals that are printed with two
// digits, and fewer where fleets are so large that chance matters little. Seeded, so
// that a run says the same each time.
const (
	mostSamples  = 500
	leastSamples = 100
	mostDraws    = 20_000_000 // devices of all samples
)

// stratum is the trials of a class. Ranks say which of them come first.
type stratum struct {
	name   string
	byRisk []trial // the likeliest to fail first
	byAge  []int   // of byRisk: the oldest first, those of unknown age last: nobody would replace them for their age
	failed int
}

type strata []stratum

func newStrata(list []trial) strata {
	slices.SortFunc(list, func(a, b trial) int {
		return cmp.Or(cmp.Compare(a.class, b.class), -cmp.Compare(a.p, b.p), cmp.Compare(a.name, b.name))
	})
	var all strata
	for _, t := range list {
		if len(all) == 0 || all[len(all)-1].name != t.class {
			all = append(all, stratum{name: t.class})
		}
		s := &all[len(all)-1]
		s.byRisk, s.byAge = append(s.byRisk, t), append(s.byAge, len(s.byAge))
		s.failed += int(indicated(t.failed))
	}
	for i := range all {
		s := all[i].byRisk
		slices.SortFunc(all[i].byAge, func(a, b int) int { return cmp.Or(-cmp.Compare(s[a].age, s[b].age), cmp.Compare(s[a].name, s[b].name)) })
	}
	return all
}

// figures are sums over classes.
type figures struct {
	weight, loss, baseLoss float64
	top, topByAge, chance  float64 // failures among the tenths ranked first, and among as many by chance
}

// figures of each device as often as it is.
func (all strata) figures() figures { return all.sampled(nil) }

func (all strata) sampled(times [][]int) figures {
	var f figures
	for i := range all {
		s := &all[i]
		n := func(int) float64 { return 1 }
		if times != nil {
			n = func(k int) float64 { return float64(times[i][k]) }
		}
		var weight, failed, loss float64
		for k, t := range s.byRisk {
			w := n(k) * t.weight
			weight, loss = weight+w, loss+w*square(t.p-indicated(t.failed))
			failed += w * indicated(t.failed)
		}
		if !(weight > 0) {
			continue
		}
		base := min(1, failed/weight)
		// Brier, Verification of forecasts expressed in terms of probability, Monthly
		// Weather Review 78, 1950. The base rate is that of the very devices, which no
		// forecast could have known.
		f.weight, f.loss, f.baseLoss = f.weight+weight, f.loss+loss, f.baseLoss+weight*base*(1-base)
		// A tenth of the devices, and one at least.
		tenth := float64(max(1, len(s.byRisk)/10))
		first := func(at func(int) int) (sum, of float64) {
			left := tenth
			for k := 0; k < len(s.byRisk) && left > 0; k++ {
				t, many := s.byRisk[at(k)], min(left, n(at(k)))
				left -= many
				of += many * t.weight
				sum += many * t.weight * indicated(t.failed)
			}
			return sum, of
		}
		top, of := first(func(k int) int { return k })
		byAge, ofAge := first(func(k int) int { return s.byAge[k] })
		if !(of > 0 && ofAge > 0) {
			continue
		}
		// Both tenths count as of the same size, for weights make them differ a little.
		f.top, f.topByAge, f.chance = f.top+tenth*top/of, f.topByAge+tenth*byAge/ofAge, f.chance+tenth*base
	}
	return f
}

// estimates are nil where nothing failed, or everything: there was nothing to tell.
func (f figures) estimates() (brier, base, skill, lift, byAge *float64) {
	if !(f.weight > 0) {
		return nil, nil, nil, nil, nil
	}
	brier, base = finite(f.loss/f.weight), finite(f.baseLoss/f.weight)
	if f.baseLoss > 0 {
		skill = finite(1 - f.loss/f.baseLoss)
	}
	if f.chance > 0 {
		lift, byAge = finite(f.top/f.chance), finite(f.topByAge/f.chance)
	}
	return brier, base, skill, lift, byAge
}

// resample draws as many devices of each class again and again, with replacement
// (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13: the
// percentile interval), and gives brier, skill, lift and lift by age of each sample.
// Weights and laws stay what they are: the interval is of what chance did to these
// devices.
func (all strata) resample() [4][]float64 {
	devices := 0
	times := make([][]int, len(all))
	for i := range all {
		devices += len(all[i].byRisk)
		times[i] = make([]int, len(all[i].byRisk))
	}
	var got [4][]float64
	rng := rand.New(rand.NewPCG(1, uint64(devices)))
	for range min(mostSamples, max(leastSamples, mostDraws/max(1, devices))) {
		for i := range times {
			clear(times[i])
			for range times[i] {
				times[i][rng.IntN(len(times[i]))]++
			}
		}
		brier, _, skill, lift, byAge := all.sampled(times).estimates()
		for k, v := range []*float64{brier, skill, lift, byAge} {
			if v != nil {
				got[k] = append(got[k], *v)
			}
		}
	}
	return got
}

// intervals are the middle of samples, and hold the estimate.
func intervals(samples [4][]float64, of [4]*float64) Intervals {
	var ends [4]Interval
	for k, list := range samples {
		if of[k] == nil || len(list) < leastSamples/2 {
			continue
		}
		slices.Sort(list)
		at := func(q float64) float64 { return list[int(math.Round(q*float64(len(list)-1)))] }
		low, high := min(*of[k], at((1-level)/2)), max(*of[k], at((1+level)/2))
		ends[k] = Interval{&low, &high}
	}
	return Intervals{Brier: ends[0], Skill: ends[1], Lift: ends[2], LiftByAge: ends[3]}
}
