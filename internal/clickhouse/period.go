package clickhouse

import (
	"context"
	"iter"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/telemetry"
)

// period is from ≤ time < to.
type period struct{ from, to telemetry.Millis }

func (p period) empty() bool { return p.from >= p.to }

func (p period) length() time.Duration { return time.Duration(p.to-p.from) * time.Millisecond }

func (p period) within(q period) period { return period{max(p.from, q.from), min(p.to, q.to)} }

// The times that the tables can hold: the rollups' are 32-bit seconds.
var storable = period{0, telemetry.MillisOf(time.Date(2106, 1, 1, 0, 0, 0, 0, time.UTC))}

// periodOf checks the times of a query. A zero from is the beginning, a zero to
// is now.
func periodOf(from, to, now time.Time) (period, error) {
	p := storable
	if to.IsZero() {
		to = now
	}
	if from.After(to) {
		return period{}, &ArgumentError{"from", from.UTC().Format(time.RFC3339), "is after to, " + to.UTC().Format(time.RFC3339)}
	}
	if !from.IsZero() {
		p.from = max(p.from, ceilMillis(from))
	}
	p.to = min(p.to, ceilMillis(to))
	return p, nil
}

// ceilMillis keeps what is before t, or not before it, so in milliseconds.
func ceilMillis(t time.Time) telemetry.Millis {
	return telemetry.MillisOf(t.Add(time.Millisecond - time.Nanosecond))
}

// stored is the period of what a table holds, as its parts tell, which costs the
// same however much it is.
func (s *Store) stored(ctx context.Context, table string) (period, error) {
	var p period
	err := s.each(ctx, "stored_period", driver.Parameters{"table": table}, func(scan func(...any) error) error {
		return scan((*int64)(&p.from), (*int64)(&p.to))
	})
	return p, err
}

// A query over years is asked in slices, one after the other: an answer in the
// order of a table's key is merged from all parts at once, and a slice bounds
// how many those are.

// pieces are the slices of a period, which are months or years, in the order of
// time or against it.
func (p period) pieces(years, backward bool) iter.Seq[period] {
	begin := func(ts telemetry.Millis, offset int) telemetry.Millis {
		y, m, _ := ts.Time().Date()
		if years {
			return telemetry.MillisOf(time.Date(y+offset, 1, 1, 0, 0, 0, 0, time.UTC))
		}
		return telemetry.MillisOf(time.Date(y, m+time.Month(offset), 1, 0, 0, 0, 0, time.UTC))
	}
	return func(yield func(period) bool) {
		if p.empty() {
			return
		}
		at := begin(p.from, 0)
		if backward {
			at = begin(p.to-1, 0)
		}
		for {
			next := begin(at, 1)
			piece := period{at, next}.within(p)
			if piece.empty() || !yield(piece) {
				return
			}
			if backward {
				at = begin(at, -1)
			} else {
				at = next
			}
		}
	}
}
