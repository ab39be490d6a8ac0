package continuity

import (
	"cmp"
	"slices"
	"time"

	"steward/internal/telemetry"
)

// spread gathers use by the hour.
type spread struct {
	start       telemetry.Millis
	cells       []cell
	multipliers []Multiplier
}

type cell struct {
	value        float64
	covered      telemetry.Millis
	interpolated bool
	doubtful     bool
}

func newSpread(first, last telemetry.Millis, multipliers []Multiplier) *spread {
	s := &spread{start: first - first%hour, multipliers: slices.Clone(multipliers)}
	slices.SortStableFunc(s.multipliers, func(a, b Multiplier) int { return cmp.Compare(a.From, b.From) })
	s.cells = make([]cell, (last-s.start)/hour+1)
	return s
}

// Two readings on both sides of the end of an hour are a gap when they are much
// farther apart than the device's own pace, but not below shortGap; and beyond longGap
// whatever that pace is, since then the hour's share is a guess. Hourly readings
// with their jitter are within it.
const (
	gapFactor = 3
	shortGap  = telemetry.Millis(20 * time.Minute / time.Millisecond)
	longGap   = telemetry.Millis(90 * time.Minute / time.Millisecond)
)

func gapBetween(a, b Reading) bool {
	longest := longGap
	if every := max(a.Every, b.Every); every > 0 {
		longest = min(max(gapFactor*min(every, longGap), shortGap), longGap)
	}
	return b.TS-a.TS > longest
}

// add divides what was used between two readings over the hours by time.
func (s *spread) add(a, b Reading, amount float64) {
	// Within an hour nothing has to be divided, however far they are apart.
	gap := gapBetween(a, b) && a.TS/hour != max(a.TS, b.TS-1)/hour
	if a.TS == b.TS {
		s.cells[(a.TS-s.start)/hour].value += amount * s.multiplier(a.TS)
		return
	}
	length := float64(b.TS - a.TS)
	// By differences of the sum so far, so that the parts add up to the whole.
	before := 0.0
	for at := a.TS; at < b.TS; {
		next := min(at-at%hour+hour, b.TS, s.change(at))
		sum := amount
		if next < b.TS {
			sum = amount * (float64(next-a.TS) / length)
		}
		c := &s.cells[(at-s.start)/hour]
		c.value += (sum - before) * s.multiplier(at)
		c.covered += next - at
		c.interpolated = c.interpolated || gap
		before, at = sum, next
	}
}

// doubt marks the hours in which the time between two readings begins and ends.
func (s *spread) doubt(a, b telemetry.Millis) {
	s.cells[(a-s.start)/hour].doubtful = true
	s.cells[(max(a, b-1)-s.start)/hour].doubtful = true
}

// multiplier is the one at a time.
func (s *spread) multiplier(at telemetry.Millis) float64 {
	v := 1.0
	for i, m := range s.multipliers {
		if i > 0 && m.From > at {
			break
		}
		v = cmp.Or(positive(m.Value), 1)
	}
	return v
}

// change is when the multiplier changes next after a time.
func (s *spread) change(at telemetry.Millis) telemetry.Millis {
	for i, m := range s.multipliers {
		if i > 0 && m.From > at {
			return m.From
		}
	}
	return latest
}

// changes are the breaks that multipliers make between two times.
func (s *spread) changes(first, last telemetry.Millis) []Break {
	var list []Break
	for i, m := range s.multipliers {
		if i == 0 || m.From <= first || m.From > last {
			continue
		}
		before, after := s.multiplier(m.From-1), s.multiplier(m.From)
		if before != after {
			list = append(list, Break{TS: m.From, Kind: Multiplied, Before: before, After: after})
		}
	}
	return list
}

// whole is the part of an hour that must be accounted for to call it known.
const whole = 0.95

func (s *spread) hours() []Hour {
	hours := make([]Hour, len(s.cells))
	for i, c := range s.cells {
		h := &hours[i]
		h.Value = max(0, c.value) // of rounding alone it may be below
		h.Covered = min(1, float64(c.covered)/float64(hour))
		switch {
		case c.covered == 0 && c.value <= 0:
			h.Quality = Missing
		case c.doubtful || h.Covered < whole:
			h.Quality = Suspect
		case c.interpolated:
			h.Quality = Interpolated
		default:
			h.Quality = Measured
		}
	}
	return hours
}
