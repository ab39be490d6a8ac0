package anomaly

import (
	"math"
	"slices"
)

// stretch is a run of hours, end not included, on one side of what is expected.
type stretch struct {
	at, end int
	high    bool
}

const (
	apart   = 3   // hours between two anomalies of one episode
	outlast = 0.5 // of the limit: how far off an episode still goes on
)

// episodes joins anomalies of the same direction, with the hours between and around
// them that are off as well.
func (m *model) episodes(flags []bool) []stretch {
	var all []stretch
	for i, flagged := range flags {
		if !flagged {
			continue
		}
		high := m.score(i) > 0
		if n := len(all); n > 0 && all[n-1].high == high && i < all[n-1].end+apart {
			all[n-1].end = max(all[n-1].end, i+1)
			all[n-1].end = m.outlasts(all[n-1].end, 1, high)
			continue
		}
		at := m.outlasts(i-1, -1, high) + 1
		if n := len(all); n > 0 {
			at = min(max(at, all[n-1].end), i) // what an episode of the other direction has is its own
		}
		all = append(all, stretch{at: at, end: m.outlasts(i+1, 1, high), high: high})
	}
	return all
}

// outlasts is the first hour from i on, in a direction, that is no longer off.
func (m *model) outlasts(i, direction int, high bool) int {
	for ; i >= 0 && i < len(m.value); i += direction {
		s := m.score(i)
		if !(high && s > outlast*m.limitHigh || !high && s < -outlast*m.limitLow) {
			break
		}
	}
	return i
}

// marked are the hours of stretches.
func (m *model) marked(all []stretch) []bool {
	marked := make([]bool, len(m.value))
	for _, s := range all {
		for i := s.at; i < s.end; i++ {
			marked[i] = true
		}
	}
	return marked
}

func (m *model) episode(s stretch) Episode {
	e := Episode{Kind: KindHours, From: m.time(s.at), To: m.time(s.end), Open: s.end == len(m.value), Direction: direction(s.high)}
	for i := s.at; i < s.end; i++ {
		d := m.value[i] - m.expected[i]
		if math.IsNaN(d) {
			continue
		}
		e.Hours++
		e.Excess += d
		if score := m.score(i); math.Abs(score) > math.Abs(e.Peak) {
			e.Peak = score
		}
	}
	e.Change = e.Excess / float64(max(e.Hours, 1))
	return e
}

func direction(high bool) string {
	if high {
		return "high"
	}
	return "low"
}

// back is how much of a jump the next one has to take back to end it.
const back = 0.5

// shifts are the level shifts. One that the next jump takes back ends with it;
// others go on until the end of the data, and the excess is against the level from
// which it jumped.
func (m *model) shifts() []Episode {
	firstHour := make([]int, len(m.level)+1)
	firstHour[len(m.level)] = len(m.value)
	for i := len(m.day) - 1; i >= 0; i-- {
		firstHour[m.day[i]] = i
	}
	var all []Episode
	for k := 0; k < len(m.jumps); k++ {
		j := m.jumps[k]
		at, end := firstHour[j.At], len(m.value)
		if k+1 < len(m.jumps) && -m.jumps[k+1].Size/j.Size >= back && -m.jumps[k+1].Size/j.Size <= 1/back {
			k++
			end = firstHour[m.jumps[k].At]
		}
		low, high := j.Size-1.96*j.SE, j.Size+1.96*j.SE // 95 %
		e := Episode{Kind: KindShift, From: m.time(at), To: m.time(end), Open: end == len(m.value), Direction: direction(j.Size > 0),
			Change: j.Size, ChangeLow: &low, ChangeHigh: &high, Peak: min(max(j.Size/j.SE, -maxScore), maxScore)}
		for i := at; i < end; i++ {
			if !math.IsNaN(m.value[i]) {
				e.Hours++
			}
		}
		e.Excess = j.Size * float64(e.Hours)
		all = append(all, e)
	}
	return all
}

func sortEpisodes(all []Episode) {
	slices.SortStableFunc(all, func(a, b Episode) int { return a.From.Compare(b.From) })
}
