package route

import (
	"time"

	"steward/internal/calendar"
)

// Quiet is a time of day without messages.
type Quiet struct {
	// Start and End are the same when no time of the day is quiet by itself; the
	// time goes over midnight when End is before Start.
	Start, End calendar.TimeOfDay
	Calendar   *calendar.Calendar // quiet on the whole of the days that it does not work; nil for none
	Zone       *time.Location
}

// quietDays bounds how long quiet hours put a message off, in days: the longest
// holidays end sooner.
const quietDays = 60

// Over is when it is no longer quiet, for a time at which it is; else the zero
// time.
func (q *Quiet) Over(at time.Time) time.Time {
	now := at
	for range 2 * quietDays { // a day has one end of its night, and one of itself
		next := q.next(now)
		if next.IsZero() {
			break
		}
		now = next
	}
	if now.Equal(at) {
		return time.Time{}
	}
	return now
}

// next is the end of the night or of the day off that holds at; zero when neither
// does.
func (q *Quiet) next(at time.Time) time.Time {
	today := calendar.DateOf(at.In(q.Zone))
	if !q.Calendar.WorksOn(today) {
		return today.Add(1).At(0, q.Zone)
	}
	if q.Start == q.End {
		return time.Time{}
	}
	// The night that began yesterday may reach into today.
	for _, day := range []calendar.Date{today.Add(-1), today} {
		from, to := day.At(q.Start, q.Zone), day.At(q.End, q.Zone)
		if q.End < q.Start {
			to = day.Add(1).At(q.End, q.Zone)
		}
		if !at.Before(from) && at.Before(to) {
			return to
		}
	}
	return time.Time{}
}
