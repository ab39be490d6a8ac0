package consumption

import (
	"context"
	"time"

	"steward/analytics/continuity"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// pass counts a window of a project's series once.
type pass struct {
	run      *runner
	estate   *estate
	only     []clickhouse.Series // none for all
	from, to telemetry.Millis
	margin   time.Duration // of readings around the window
	patient  bool          // series that have no reading in the margin are counted all the same

	open    []clickhouse.Series // those that were not counted, since more has to be read
	pending []*series           // those that wait for the readings of their rough hours
	held    int                 // hours that these hold
	rough   int
	found   []clickhouse.MeterBreak
	touched span
}

// span is a time in which something was written; empty when the end is 0.
type span struct{ from, to telemetry.Millis }

func (s *span) add(from, to telemetry.Millis) {
	if s.to == 0 {
		*s = span{from, to}
		return
	}
	s.from, s.to = min(s.from, from), max(s.to, to)
}

// What waits for the readings of its rough hours takes memory: a series of a year
// about a megabyte.
const (
	maxPending = 64
	maxHeld    = 600_000
)

func (p *pass) do(ctx context.Context) error {
	query := clickhouse.CounterQuery{
		Place: p.estate.place.Place, Metrics: counters, Series: p.only,
		From: p.from.Time().Add(-p.margin), To: p.to.Time().Add(p.margin),
	}
	var current *series
	err := p.run.store.CounterHours(ctx, query, func(name clickhouse.Series, h clickhouse.CounterHour) error {
		if current == nil || current.name != name {
			if err := p.finish(ctx, current); err != nil {
				return err
			}
			current = &series{name: name, marks: p.estate.marks(name)}
		}
		current.hours = append(current.hours, h)
		return nil
	})
	if err == nil {
		err = p.finish(ctx, current)
	}
	if err == nil {
		err = p.settle(ctx)
	}
	if err != nil {
		return err
	}
	return p.keepBreaks(ctx)
}

// finish takes a series of which all hours are there.
func (p *pass) finish(ctx context.Context, s *series) error {
	if s == nil {
		return nil
	}
	if !p.patient && p.isOpen(s) {
		p.open = append(p.open, s.name)
		return nil
	}
	s.findRough()
	if len(s.rough) == 0 {
		return p.count(ctx, s)
	}
	p.pending = append(p.pending, s)
	p.held += len(s.hours)
	p.rough += len(s.rough)
	if len(p.pending) < maxPending && p.held < maxHeld && p.rough < clickhouse.MaxSeriesHours {
		return nil
	}
	return p.settle(ctx)
}

// isOpen reports whether more has to be read: nothing of the margin says how the
// counter stood at an end of the window, or how fast it goes.
func (p *pass) isOpen(s *series) bool {
	margin := telemetry.Millis(p.margin.Milliseconds())
	before, _ := s.around(p.from)
	_, after := s.around(p.to)
	if before == 0 || after == 0 && p.to+margin < telemetry.MillisOf(p.run.now) {
		return true
	}
	// A counter that was never counted yet is judged by what is read of it.
	return len(s.hours) < shortPast && !p.estate.hasPast(s.name)
}

// shortPast is how many hours say too little of how fast a counter goes.
const shortPast = 72

// settle fetches the readings of rough hours and counts the series that waited.
func (p *pass) settle(ctx context.Context) error {
	byName := map[clickhouse.Series]*series{}
	var wanted []clickhouse.SeriesHour
	ask := func() error {
		defer func() { wanted = wanted[:0] }()
		return p.run.store.CounterReadings(ctx, p.estate.place.Place, wanted, func(name clickhouse.Series, ts telemetry.Millis, value float64) error {
			if s := byName[name]; s != nil {
				h := ts / hour * hour
				s.raw[h] = append(s.raw[h], continuity.Reading{TS: ts, Value: value})
			}
			return nil
		})
	}
	for _, s := range p.pending {
		s.raw = map[telemetry.Millis][]continuity.Reading{}
		byName[s.name] = s
		for _, h := range s.rough {
			wanted = append(wanted, clickhouse.SeriesHour{Series: s.name, Hour: h})
			if len(wanted) == clickhouse.MaxSeriesHours {
				if err := ask(); err != nil {
					return err
				}
			}
		}
	}
	if err := ask(); err != nil {
		return err
	}
	for _, s := range p.pending {
		if err := p.count(ctx, s); err != nil {
			return err
		}
		s.raw, s.hours = nil, nil
	}
	p.pending, p.held, p.rough = p.pending[:0], 0, 0
	return nil
}

// count turns a series into consumption and writes the hours of the window.
func (p *pass) count(ctx context.Context, s *series) error {
	r := continuity.Consume(s.readings(), s.marks, p.estate.options(s.name))
	counter, tally := p.estate.counter(s.name), p.run.tally(p.estate.place.Place)
	tally.series[s.name] = true
	begin, end := s.rows(r, p.from, p.to, func(at telemetry.Millis, h continuity.Hour) {
		tally.hour(h)
		p.run.batch.Add(counter, clickhouse.ConsumptionHour{
			TS: at, Value: h.Value, Covered: h.Covered, Quality: string(h.Quality), Readings: s.count(at),
		})
	})
	p.touched.add(begin, end)
	for _, b := range r.Breaks {
		if b.TS < begin || b.TS >= end {
			continue
		}
		tally.breaks++
		p.found = append(p.found, clickhouse.MeterBreak{
			Device: counter.Device, Metric: s.name.Metric, TS: b.TS, Kind: string(b.Kind), Before: b.Before, After: b.After, Counted: b.Counted,
		})
	}
	if len(p.found) >= maxFound {
		if err := p.keepBreaks(ctx); err != nil {
			return err
		}
	}
	if p.run.batch.Rows() < batchRows {
		return nil
	}
	return p.run.flush(ctx)
}

const (
	batchRows = 250_000
	maxFound  = 10_000
)

func (p *pass) keepBreaks(ctx context.Context) error {
	err := p.run.store.PutMeterBreaks(ctx, p.found, p.run.id, p.run.now)
	p.found = p.found[:0]
	return err
}
