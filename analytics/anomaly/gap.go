package anomaly

import (
	"math"
	"slices"
	"time"
)

// Kinds of gaps.
const (
	GapMissing = "missing" // no values
	GapZero    = "zero"    // zeros where the meter never reads zero: an outage, or a meter without signal
	GapHung    = "hung"    // the same value for a day and more, of a meter that never repeats itself
)

// Gap is a time of which the meter tells nothing.
type Gap struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"` // not included
	Hours    int       `json:"hours"`
	Kind     string    `json:"kind"`
	CaughtUp *float64  `json:"caught_up,omitempty"` // what the hour after it read on top, for the time of the gap

	at, end int // hours of the grid
}

func (g *grid) gap(at, end int, kind string) Gap {
	return Gap{From: g.time(at), To: g.time(end), Hours: end - at, Kind: kind, at: at, end: end}
}

// missing are the hours without a value.
func (g *grid) missing() []Gap {
	var gaps []Gap
	for i := 0; i < len(g.value); i++ {
		at := i
		for i < len(g.value) && math.IsNaN(g.value[i]) {
			i++
		}
		if i > at {
			gaps = append(gaps, g.gap(at, i, GapMissing))
		}
	}
	return gaps
}

const (
	longRun  = 24   // hours of the same value that may be a fault
	rareRuns = 0.02 // share of hours that repeat the one before in meters that do not repeat themselves
)

// hung finds, and takes out of the values, whole days and more of zero, or of the same
// value, where neighbouring hours are else hardly ever alike. They would bend what
// is expected.
func (g *grid) hung() []Gap {
	var gaps []Gap
	repeats, hours, zeros := 0, 0, 0
	for i := 0; i < len(g.value); {
		end := i + 1
		for end < len(g.value) && g.value[end] == g.value[i] {
			end++
		}
		switch {
		case math.IsNaN(g.value[i]):
		case end-i < longRun:
			hours, repeats = hours+end-i, repeats+end-i-1
			if g.value[i] == 0 {
				zeros += end - i
			}
		case g.value[i] == 0:
			gaps = append(gaps, g.gap(i, end, GapZero))
		default:
			gaps = append(gaps, g.gap(i, end, GapHung))
		}
		i = end
	}
	runs := 0
	for _, gap := range gaps {
		runs += gap.Hours
	}
	// A meter that mostly stands still is one that does.
	rare := func(count int) bool { return float64(count) < rareRuns*float64(hours) && runs < hours }
	gaps = slices.DeleteFunc(gaps, func(gap Gap) bool {
		return gap.Kind == GapZero && !rare(zeros) || gap.Kind == GapHung && !rare(repeats)
	})
	for _, gap := range gaps {
		for i := gap.at; i < gap.end; i++ {
			g.value[i] = math.NaN()
		}
	}
	return gaps
}

// outages finds the shorter runs of zeros that are anomalies, or together would be
// one, takes them out of the values and the flags.
func (m *model) outages(flags []bool) []Gap {
	var gaps []Gap
	for i := 0; i < len(m.value); i++ {
		if m.value[i] != 0 {
			continue
		}
		at, sum, flagged := i, 0.0, false
		for ; i < len(m.value) && m.value[i] == 0; i++ {
			sum += m.score(i)
			flagged = flagged || flags[i] && m.score(i) < 0
		}
		if !flagged && sum > -m.limitLow*math.Sqrt(float64(i-at)) {
			continue
		}
		gaps = append(gaps, m.gap(at, i, GapZero))
		for j := at; j < i; j++ {
			m.value[j], m.use[j], flags[j] = math.NaN(), math.NaN(), false
		}
	}
	return gaps
}

// caughtUp tells the first hour after a gap in which a meter that went on counting
// has read, on top of its own, half to twice of what was due in the gap: that is no
// anomaly.
func (m *model) caughtUp(gaps []Gap, flags []bool) {
	for g := range gaps {
		gap := &gaps[g]
		if gap.end >= len(flags) || !flags[gap.end] {
			continue
		}
		due := 0.0
		for i := gap.at; i < gap.end; i++ {
			due += m.expected[i]
		}
		extra := m.value[gap.end] - m.expected[gap.end]
		if due > 0 && extra > due/2 && extra < 2*due {
			gap.CaughtUp, flags[gap.end] = &extra, false
		}
	}
}

func sortGaps(gaps []Gap) []Gap {
	slices.SortFunc(gaps, func(a, b Gap) int { return a.From.Compare(b.From) })
	if gaps == nil {
		return []Gap{}
	}
	return gaps
}
