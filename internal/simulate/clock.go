package simulate

import "steward/internal/telemetry"

// Spans in milliseconds, the resolution of telemetry.Millis.
const (
	second telemetry.Millis = 1000
	minute                  = 60 * second
	hour                    = 60 * minute
	day                     = 24 * hour
	year                    = 365*day + 6*hour
)

// localOffset is China Standard Time, which has no daylight saving: people get
// up and lamps go on by local time, everything else here is UTC.
const localOffset = 8 * hour

// A cell is one step of the world's grid: the five minutes that begin at
// cell*cellLength. Random decisions are made once a cell, never once a sample.
type cell int64

const (
	cellLength = 5 * minute
	cellHours  = float64(cellLength) / float64(hour)
)

func cellOf(t telemetry.Millis) cell {
	c := t / cellLength
	if t%cellLength < 0 {
		c--
	}
	return cell(c)
}

func (c cell) start() telemetry.Millis { return telemetry.Millis(c) * cellLength }
func (c cell) end() telemetry.Millis   { return c.start() + cellLength }

// A moment is local time in the terms in which habits are described.
type moment struct {
	hour      float64 // 0 up to 24
	weekend   bool
	dayOfYear float64 // 0 up to 365.25, 0 at about the first of January
	day       int64   // whole local days since 1970
}

func momentOf(t telemetry.Millis) moment {
	local := t + localOffset
	d := int64(local / day)
	weekday := (d + 4) % 7 // 1970-01-01 was a Thursday; Sunday is 0
	return moment{
		hour:      float64(local%day) / float64(hour),
		weekend:   weekday == 0 || weekday == 6,
		dayOfYear: float64(local%year) / float64(day),
		day:       d,
	}
}

// dayStart is the UTC time at which the local day of t began.
func dayStart(t telemetry.Millis) telemetry.Millis {
	return telemetry.Millis(momentOf(t).day)*day - localOffset
}

// seconds and hours convert what distributions yield.
func seconds(s float64) telemetry.Millis { return telemetry.Millis(s * float64(second)) }

func hours(h float64) telemetry.Millis { return telemetry.Millis(h * float64(hour)) }
