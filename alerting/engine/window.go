package engine

import "steward/internal/telemetry"

// buckets is into how many parts a window is divided: of each the last point is
// kept, so that a window has at most maxPoints, however often a device reports.
// Where it begins is right to a bucket.
const (
	buckets   = 60
	maxPoints = buckets + 4
)

// window is the newest points of a metric: values for a rate, what was counted in
// all for an increase.
type window struct {
	points []point
	raw    float64 // Increase: what the counter last showed
}

type point struct {
	ts    telemetry.Millis
	value float64
}

// add adds the newest point, and drops those by which nothing is measured any
// more.
func (w *window) add(ts telemetry.Millis, value float64, over telemetry.Millis) {
	width := max(1, (over+buckets-1)/buckets)
	if n := len(w.points); n > 0 && w.points[n-1].ts/width == ts/width {
		w.points[n-1] = point{ts, value}
	} else {
		w.points = append(w.points, point{ts, value})
	}
	// One point at or before the beginning is needed.
	drop := 0
	for drop+1 < len(w.points) && w.points[drop+1].ts <= ts-over {
		drop++
	}
	if drop > 0 {
		w.points = append(w.points[:0], w.points[drop:]...)
	}
}

// count adds what a counter shows: its growth since the last time. A counter that
// fell was set back, and what it shows has grown since then; of one that was
// replaced in between nothing is known but what it shows now.
func (w *window) count(ts telemetry.Millis, shows float64, over telemetry.Millis, replaced bool) {
	total := 0.0
	if n := len(w.points); n > 0 {
		total = w.points[n-1].value
		switch {
		case replaced:
		case shows >= w.raw:
			total += shows - w.raw
		default:
			total += max(0, shows)
		}
	}
	w.raw = shows
	w.add(ts, total, over)
}

// change is by how much the value has changed over the window that ends with the
// newest point; false until the points cover it. Between two points it is taken
// to have changed evenly.
func (w *window) change(over telemetry.Millis) (float64, bool) {
	n := len(w.points)
	if n < 2 {
		return 0, false
	}
	last := w.points[n-1]
	from := last.ts - over
	a, b := w.points[0], w.points[1]
	if a.ts > from {
		return 0, false
	}
	began := a.value
	if b.ts > a.ts {
		began += (b.value - a.value) * float64(from-a.ts) / float64(b.ts-a.ts)
	}
	return last.value - began, true
}

// newest is the time of the newest point.
func (w *window) newest() telemetry.Millis {
	if len(w.points) == 0 {
		return 0
	}
	return w.points[len(w.points)-1].ts
}
