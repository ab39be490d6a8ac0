package table

import (
	"math"
	"time"
)

// clock makes times of moments, in the order of the file, to which it belongs.
type clock struct {
	zone   *time.Location
	period period // of the last local time

	series  map[string]int // those that were seen: their number
	columns int
	last    []int64 // by series and column: the time in the row before, Unix seconds
	row     int     // where last has the series of this row; -1 when it is not kept
}

const (
	// keptSeries bounds how many series are told apart. A file with more has
	// something else in that column.
	keptSeries = 1 << 18
	never      = math.MinInt64
)

func newClock(zone *time.Location, columns int) *clock {
	c := &clock{zone: zone, columns: columns, series: map[string]int{}, period: period{from: 1}}
	c.begin(nil)
	return c
}

// begin begins a row of a series.
func (c *clock) begin(series []byte) {
	n, ok := c.series[string(series)]
	if !ok {
		if len(c.series) == keptSeries || len(series) > keptLength {
			c.row = -1
			return
		}
		n = len(c.series)
		c.series[string(series)] = n
		for range c.columns {
			c.last = append(c.last, never)
		}
	}
	c.row = n * c.columns
}

// period is a stretch of local time, in seconds since 1970 as if it were UTC, in
// which the zone has one offset and which no other has as well.
type period struct {
	from, to int64 // [from, to)
	offset   int64
}

// resolve is the time of a moment in a column of the row.
func (c *clock) resolve(m moment, column int) time.Time {
	last := int64(never)
	if c.row >= 0 {
		last = c.last[c.row+column]
	}
	sec := m.seconds
	if !m.zoned {
		if c.period.from <= sec && sec < c.period.to {
			sec -= c.period.offset
		} else {
			sec = c.local(sec, last)
		}
	}
	if c.row >= 0 {
		c.last[c.row+column] = sec
	}
	return time.Unix(sec, int64(m.nanos)).In(c.zone)
}

// local is the Unix time of a local time near a change of the clocks, or in another
// period than the one before. last is the time in the row before, or never.
func (c *clock) local(sec, last int64) int64 {
	wall := time.Unix(sec, 0).UTC()
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, c.zone)
	start, end := t.ZoneBounds()
	offset := offsetOf(t)
	c.period = period{math.MinInt64, math.MaxInt64, offset}
	var first, second int64 // when the clocks show this time twice
	if !start.IsZero() {
		change, earlier := start.Unix(), offsetOf(start.Add(-1))
		c.period.from = change + max(offset, earlier)
		if sec-earlier < change && sec-offset >= change {
			first, second = sec-earlier, sec-offset
		}
	}
	if !end.IsZero() {
		change, later := end.Unix(), offsetOf(end)
		c.period.to = change + min(offset, later)
		if sec-offset < change && sec-later >= change {
			first, second = sec-offset, sec-later
		}
	}
	switch {
	case first == second || last == never:
		return t.Unix()
	case last >= first:
		return second
	}
	return first
}

func offsetOf(t time.Time) int64 {
	_, offset := t.Zone()
	return int64(offset)
}
