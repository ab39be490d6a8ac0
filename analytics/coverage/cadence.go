package coverage

import (
	"slices"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

const hour = telemetry.Millis(3_600_000)

// A device's cadence is the median distance of its messages, and follows changes: it
// is the lesser of the median over the last few hours in which the device sent
// something and that over the last many. A device that begins to send more often is
// expected to within some hours; one that sends less often is said to lack messages
// for a day, and is then believed: a loss looks the same at first.
const (
	fewHours  = 6
	manyHours = 48
	// irregular is by what factor the distance typically changes from one hour to the
	// next beyond which a device sends when something happens, and nothing is expected
	// of it. Where messages come by chance, one after the other, it is about three.
	irregular = 1.5
)

// cadences are the cadence, in milliseconds and 0 for none, at each of some hours in
// which a device sent something.
func cadences(hours []clickhouse.MessageHour) []telemetry.Millis {
	samples := make([]telemetry.Millis, 0, len(hours))
	counts := make([]int, len(hours)) // of samples up to each hour
	for i, h := range hours {
		switch {
		case h.Messages > 1 && h.Last > h.First:
			samples = append(samples, (h.Last-h.First)/telemetry.Millis(h.Messages-1))
		case i > 0 && h.First > hours[i-1].Last:
			samples = append(samples, h.First-hours[i-1].Last)
		}
		counts[i] = len(samples)
	}
	list := make([]telemetry.Millis, len(hours))
	var sorted []telemetry.Millis
	var steps []float64
	for i, n := range counts {
		// Of the first hours nothing came before: they are judged by what follows.
		n = max(n, min(fewHours, len(samples)))
		if i > 0 && n == max(counts[i-1], min(fewHours, len(samples))) {
			list[i] = list[i-1]
			continue
		}
		many := samples[max(0, n-manyHours):n]
		steps = steps[:0]
		for j := 1; j < len(many); j++ {
			a, b := float64(max(1, many[j-1])), float64(max(1, many[j]))
			steps = append(steps, max(a/b, b/a))
		}
		if slices.Sort(steps); n == 0 || len(steps) > 0 && steps[len(steps)/2] > irregular {
			continue
		}
		sorted = append(sorted[:0], many...)
		slices.Sort(sorted)
		middle := sorted[len(sorted)/2]
		sorted = append(sorted[:0], samples[max(0, n-fewHours):n]...)
		slices.Sort(sorted)
		list[i] = max(1, min(middle, sorted[len(sorted)/2]))
	}
	return list
}
