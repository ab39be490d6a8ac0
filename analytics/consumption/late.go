package consumption

import (
	"cmp"
	"context"
	"slices"
	"time"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// window is a time of some series.
type window struct {
	from, to telemetry.Millis
	series   []clickhouse.Series
}

// late are the windows in which readings were stored after they had been counted.
func (r *runner) late(ctx context.Context, e *estate, from, to time.Time) ([]window, error) {
	query := clickhouse.LateQuery{
		CounterQuery: clickhouse.CounterQuery{Place: e.place.Place, Metrics: counters, From: from, To: to},
		Since:        r.now.Add(-recently), Limit: maxLate,
	}
	var found []window // of one series each
	err := r.store.LateHours(ctx, query, func(h clickhouse.SeriesHour) error {
		last := len(found) - 1
		// Its neighbours share the edges of an hour.
		begin, end := h.Hour-hour, h.Hour+2*hour
		if last >= 0 && found[last].series[0] == h.Series && begin-found[last].to < nearWindows {
			found[last].to = end
			return nil
		}
		found = append(found, window{begin, end, []clickhouse.Series{h.Series}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return together(found), nil
}

// nearWindows is how near windows are that are counted as one.
const nearWindows = 48 * hour

// together puts windows of single series that are about the same time into one. The
// hours between are counted once more, which changes nothing.
func together(list []window) []window {
	slices.SortStableFunc(list, func(a, b window) int { return cmp.Compare(a.from, b.from) })
	var all []window
	for _, w := range list {
		last := len(all) - 1
		if last >= 0 && w.from-all[last].to < nearWindows && max(w.to, all[last].to)-all[last].from < telemetry.Millis(slice.Milliseconds()) {
			all[last].to = max(all[last].to, w.to)
			all[last].series = append(all[last].series, w.series...)
			continue
		}
		all = append(all, w)
	}
	for i := range all {
		s := all[i].series
		slices.SortFunc(s, func(a, b clickhouse.Series) int {
			return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Metric, b.Metric))
		})
		all[i].series = slices.Compact(s)
	}
	return all
}

// join puts spans together that touch, so that no day is added up twice.
func join(list []span) []span {
	list = slices.DeleteFunc(list, func(s span) bool { return s.to == 0 })
	slices.SortFunc(list, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var all []span
	for _, s := range list {
		if n := len(all); n > 0 && s.from-all[n-1].to < nearWindows {
			all[n-1].add(s.from, s.to)
			continue
		}
		all = append(all, s)
	}
	return all
}
