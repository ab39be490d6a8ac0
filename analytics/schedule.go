package analytics

import (
	"time"

	"steward/analytics/job"
)

// A turn of a job is a moment at which it is due. Daily and monthly turns are at a
// time of the company's clocks: there is one on each day, also on the one on which
// clocks are put forward over that time, and on the one that has it twice.

// lastTurn is the newest turn at or before a time; zero for a job on demand.
func lastTurn(j job.Job, now time.Time, zone *time.Location) time.Time {
	if j.Every == job.OnDemand {
		return time.Time{}
	}
	// Where clocks are put forward over midnight, tomorrow's turn may be today.
	for n := 1; ; n-- {
		if at := turn(j, now, zone, n); !at.After(now) {
			return at
		}
	}
}

// nextTurn is the first turn after a time; zero for a job on demand.
func nextTurn(j job.Job, now time.Time, zone *time.Location) time.Time {
	if j.Every == job.OnDemand {
		return time.Time{}
	}
	for n := 0; ; n++ {
		if at := turn(j, now, zone, n); at.After(now) {
			return at
		}
	}
}

// turn is the one in the hour, day or month of a time, or n of these later.
func turn(j job.Job, now time.Time, zone *time.Location, n int) time.Time {
	if j.Every == job.Hourly {
		return now.UTC().Truncate(time.Hour).Add(time.Duration(n)*time.Hour + j.At)
	}
	year, month, day := now.In(zone).Date()
	if j.Every == job.Monthly {
		month, day = month+time.Month(n), 1
	} else {
		day += n
	}
	// Not by adding At to midnight: of a day with 23 hours that is another time.
	return time.Date(year, month, day, 0, 0, int(j.At/time.Second), 0, zone)
}

// slot names a turn.
func slot(j job.Job, due time.Time) string { return j.Name + "@" + due.UTC().Format(time.RFC3339) }
