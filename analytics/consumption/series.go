package consumption

import (
	"cmp"
	"slices"

	"steward/analytics/continuity"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// series is one counter while its hours come in.
type series struct {
	name  clickhouse.Series
	hours []clickhouse.CounterHour
	marks []continuity.Mark
	rough []telemetry.Millis // hours that need all of their readings
	raw   map[telemetry.Millis][]continuity.Reading
}

const hour = telemetry.Millis(3_600_000)

// maxRough bounds the readings that are fetched of one series, 24 bytes each. A
// counter that is never in order is taken by the first and last of its other hours.
const maxRough = 1_000_000

// findRough finds the hours in which the counter was not simply growing: in all others
// what it used is the difference of the first and the last.
func (s *series) findRough() {
	budget := uint64(maxRough)
	add := func(h *clickhouse.CounterHour) {
		n := min(h.Readings, clickhouse.MaxHourReadings)
		if h.Readings < 3 || n > budget || len(s.rough) > 0 && s.rough[len(s.rough)-1] == h.Hour {
			return // of two readings both are known
		}
		budget -= n
		s.rough = append(s.rough, h.Hour)
	}
	marked := map[telemetry.Millis]bool{}
	for _, m := range s.marks {
		marked[m.At/hour*hour] = true
		if m.Kind == continuity.MarkIgnore {
			marked[m.Until/hour*hour] = true
		}
	}
	for i := range s.hours {
		h := &s.hours[i]
		falls := i > 0 && s.hours[i-1].LastValue > h.FirstValue
		if falls {
			add(&s.hours[i-1])
		}
		if falls || marked[h.Hour] || h.Lowest < h.FirstValue || h.Highest > h.LastValue {
			add(h)
		}
	}
}

// readings are what is known of the counter: first and last of each hour, or all.
func (s *series) readings() []continuity.Reading {
	list := make([]continuity.Reading, 0, 2*len(s.hours))
	for _, h := range s.hours {
		every := telemetry.Millis(0)
		if h.Readings > 1 {
			every = max(1, (h.LastTS-h.FirstTS)/telemetry.Millis(h.Readings-1))
		}
		list = append(list, continuity.Reading{TS: h.FirstTS, Value: h.FirstValue, Every: every})
		for _, r := range s.raw[h.Hour] {
			r.Every = every
			list = append(list, r)
		}
		if h.Readings > 1 {
			list = append(list, continuity.Reading{TS: h.LastTS, Value: h.LastValue, Every: every})
		}
	}
	return list
}

// around is the last reading before a time and the first after or at it; 0 where
// there is none. What people read off a counter that came or went is one.
func (s *series) around(at telemetry.Millis) (before, after telemetry.Millis) {
	i, _ := slices.BinarySearchFunc(s.hours, at, func(h clickhouse.CounterHour, at telemetry.Millis) int { return cmp.Compare(h.Hour, at) })
	if i > 0 {
		before = s.hours[i-1].LastTS
	}
	if i < len(s.hours) {
		after = s.hours[i].FirstTS
	}
	for _, m := range s.marks {
		switch {
		case m.Kind != continuity.MarkInstalled && m.Kind != continuity.MarkRemoved:
		case m.At < at:
			before = max(before, m.At)
		case after == 0 || m.At < after:
			after = m.At
		}
	}
	return before, after
}

// count is how many readings there were in an hour.
func (s *series) count(at telemetry.Millis) uint32 {
	i, found := slices.BinarySearchFunc(s.hours, at, func(h clickhouse.CounterHour, at telemetry.Millis) int { return cmp.Compare(h.Hour, at) })
	if !found {
		return 0
	}
	return uint32(min(s.hours[i].Readings, 1<<32-1))
}

// rows is the result of a window. When a gap goes over an end of it the window is
// widened to the whole gap, whose hours could not be known before.
func (s *series) rows(r continuity.Result, from, to telemetry.Millis, each func(telemetry.Millis, continuity.Hour)) (begin, end telemetry.Millis) {
	begin, end = from, to
	if before, after := s.around(from); before > 0 && after > 0 && after-before > continuity.Horizon {
		begin = min(begin, before/hour*hour)
	}
	if before, after := s.around(to); before > 0 && after > 0 && after-before > continuity.Horizon {
		end = max(end, after/hour*hour+hour)
	}
	for at := begin; at < end; at += hour {
		known := continuity.Hour{Quality: continuity.Missing}
		if i := (at - r.Start) / hour; at >= r.Start && int(i) < len(r.Hours) {
			known = r.Hours[i]
		}
		each(at, known)
	}
	return begin, end
}
