package standard

import (
	"math"
	"time"

	"steward/internal/calendar"
	"steward/internal/incident"
)

// Start starts a waiting clock: what it runs from happened at a time by the clock
// of whoever said it, and Steward learned of it at received. A clock that is not
// waiting is left alone.
func Start(c *incident.Clock, s *Standard, at, received time.Time, cal *calendar.Calendar, zone *time.Location) {
	if c.State != incident.Waiting {
		return
	}
	c.State, c.Limit = incident.Running, s.Limit.Seconds()
	c.StartedAt, c.StartedRec = &at, &received
	c.Deadline = known(cal.Add(at, s.Limit, zone))
	if s.WarnBefore > 0 {
		c.WarnAt = known(cal.Add(at, s.Limit-s.WarnBefore, zone))
	}
}

// Stop stops a clock at what happened at a time: within its limit, or exactly at
// it, it is met, and later it is breached. That holds also for what was learned
// late, so that a breach may prove to be none: then corrected is true. Of several
// stops the earliest counts. A clock that the end of its incident made void is met
// by a stop within its limit, and left alone by a later one.
func Stop(c *incident.Clock, at, received time.Time, cal *calendar.Calendar, zone *time.Location) (corrected bool) {
	if c.StartedAt == nil || c.StoppedAt != nil && !at.Before(*c.StoppedAt) {
		return false
	}
	if c.State == incident.Void && c.Deadline != nil && at.After(*c.Deadline) {
		return false
	}
	if c.StoppedAt == nil && c.PausedAt != nil && at.After(*c.PausedAt) {
		// It stood when it was stopped: what had been counted by then counts.
		*c = paused(*c, at, cal, zone)
	}
	breached := c.BreachedAt != nil
	c.StoppedAt, c.StoppedRec, c.PausedAt = &at, &received, nil
	judge(c, cal, zone)
	return breached && c.State == incident.Met
}

// judge says whether a clock that has stopped is met.
func judge(c *incident.Clock, cal *calendar.Calendar, zone *time.Location) {
	seconds := elapsedAt(c, *c.StoppedAt, cal, zone).Seconds()
	c.Elapsed = &seconds
	if c.Deadline == nil || !c.StoppedAt.After(*c.Deadline) {
		c.State, c.BreachedAt = incident.Met, nil
		return
	}
	at := *c.Deadline
	c.State, c.BreachedAt = incident.Breached, &at
}

// Void says that the incident ended before a clock mattered. One that was stopped
// or breached keeps what it shows.
func Void(c *incident.Clock) {
	if c.StoppedAt == nil && c.State != incident.Breached {
		c.State, c.PausedAt = incident.Void, nil
	}
}

// Pause lets a running clock stand from a time on, and reports whether it does: a
// limit that had passed by then has passed. Whether its standard allows that is
// the caller's to ask.
func Pause(c *incident.Clock, at time.Time) bool {
	if c.State != incident.Running || c.Deadline != nil && at.After(*c.Deadline) {
		return false
	}
	if at.Before(*c.StartedAt) {
		at = *c.StartedAt
	}
	c.State, c.PausedAt = incident.Paused, &at
	return true
}

// Resume lets a paused clock run on, with as much time left as when it was
// paused.
func Resume(c *incident.Clock, at time.Time, cal *calendar.Calendar, zone *time.Location) {
	if c.State == incident.Paused {
		*c = paused(*c, at, cal, zone)
		c.State, c.PausedAt = incident.Running, nil
	}
}

// paused is a paused clock with its times moved by the pause until a time.
func paused(c incident.Clock, until time.Time, cal *calendar.Calendar, zone *time.Location) incident.Clock {
	moved := func(t *time.Time) *time.Time {
		if t == nil || t.Before(*c.PausedAt) || until.Before(*c.PausedAt) {
			return t // it had come before the pause
		}
		return known(cal.Add(until, cal.Between(*c.PausedAt, *t, zone), zone))
	}
	c.WarnAt, c.Deadline = moved(c.WarnAt), moved(c.Deadline)
	return c
}

// Restart corrects the start of a clock to an earlier time: its limit passes as
// much earlier, and one that has stopped is judged anew. A later time changes
// nothing, and so does one for a clock that has not started.
func Restart(c *incident.Clock, at time.Time, cal *calendar.Calendar, zone *time.Location) {
	if c.StartedAt == nil || !at.Before(*c.StartedAt) {
		return
	}
	moved := func(t *time.Time) *time.Time {
		if t == nil {
			return nil
		}
		return known(cal.Add(at, cal.Between(*c.StartedAt, *t, zone), zone))
	}
	c.WarnAt, c.Deadline = moved(c.WarnAt), moved(c.Deadline)
	c.StartedAt = &at
	switch {
	case c.StoppedAt != nil && c.State != incident.Void:
		judge(c, cal, zone)
	case c.BreachedAt != nil:
		c.BreachedAt = c.Deadline
	case c.State == incident.Paused && c.Deadline != nil && c.PausedAt.After(*c.Deadline):
		c.State, c.PausedAt = incident.Running, nil // it had passed before it was paused
	}
}

// Elapsed is how long a clock has run until now, by its calendar and without
// pauses; once it has stopped, until then.
func Elapsed(c *incident.Clock, now time.Time, cal *calendar.Calendar, zone *time.Location) time.Duration {
	switch {
	case c.StartedAt == nil:
		return 0
	case c.Elapsed != nil:
		return duration(*c.Elapsed)
	case c.PausedAt != nil:
		now = *c.PausedAt
	}
	return elapsedAt(c, now, cal, zone)
}

// elapsedAt is what is gone of the limit: the deadline has moved with each pause,
// so that counting back from it leaves them out.
func elapsedAt(c *incident.Clock, at time.Time, cal *calendar.Calendar, zone *time.Location) time.Duration {
	if c.Deadline == nil {
		return max(cal.Between(*c.StartedAt, at, zone), 0)
	}
	return max(duration(c.Limit)-cal.Between(at, *c.Deadline, zone), 0)
}

func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}

// known is nil for a time that is too far ahead to be one.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
