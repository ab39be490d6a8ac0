package standards

import (
	"math"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
)

// clock is one clock of an incident. Texts are shared: there may be millions.
type clock struct {
	site     *site
	standard *named
	device   string // with its place and class
	cause    string
	by       string // contractor
	incident string // of a clock past its limit; others are not listed

	started, ended int64 // Unix nanoseconds; ended 0 when it was not stopped
	took, limit    float64
	hour           int8 // of the day on which it started, by the clocks of the place

	open    bool // not stopped so far
	running bool // and somebody may still stop it: its incident is open
	counts  bool // its incident began in the period
	follows bool // it began in the days before, or in the period: repeats are known of it
}

// site is where an incident happened: a project, or for incidents of a whole region
// or of the company just that.
type site struct {
	authz.Place
	zone *time.Location
}

// named is a standard as clocks name it.
type named struct {
	name  string
	title incident.Text
}

func (c *clock) created() time.Time { return time.Unix(0, c.started) }

// over is by how many seconds a clock is past its limit; 0 or less when it is not.
func (c *clock) over() float64 { return c.took - c.limit }

// standing is what a clock of an incident is to the job.
type standing int

const (
	apart    standing = iota // it never started
	void                     // the incident ended before it mattered
	unusable                 // its times cannot be meant
	usable
)

// maxSeconds bounds durations as response does.
const maxSeconds = 1e12

// countable is of a time that nanoseconds can count, with room for what is added.
func countable(t time.Time) bool { return t.Year() >= 1700 && t.Year() <= 2200 }

// measure reads the times of a clock.
func (r *runner) measure(i *incident.Incident, c *incident.Clock) (m clock, s standing) {
	switch {
	case c.State == incident.Void && c.StartedAt != nil:
		return m, void
	case c.StartedAt == nil || c.State == incident.Void || c.State == incident.Waiting:
		return m, apart
	case !countable(*c.StartedAt) || c.StoppedAt != nil && !countable(*c.StoppedAt):
		return m, unusable
	}
	m.started, m.limit = c.StartedAt.UnixNano(), c.Limit
	switch {
	case c.StoppedAt != nil && c.Elapsed != nil:
		m.took, m.ended = *c.Elapsed, c.StoppedAt.UnixNano()
	case c.StoppedAt != nil:
		return m, unusable // stopping it counts it
	case i.Open():
		m.open, m.running = true, true
		m.took = r.Elapsed(i, c, r.Now).Seconds()
	case c.State == incident.Breached:
		// The incident ended without what should have stopped it: nobody came. It
		// took at least as long as it was waited for.
		m.open = true
		until := r.Now
		if i.ResolvedAt != nil {
			until = *i.ResolvedAt
		}
		m.took = r.Elapsed(i, c, until).Seconds()
	default:
		return m, void
	}
	m.took = max(m.took, 0) // one that begins in a moment, by a clock that runs ahead
	switch {
	// A clock by working hours that is stopped in the evening, after its limit passed
	// when the office closed, has counted exactly the limit and is over it all the
	// same.
	case c.State == incident.Breached && m.took <= m.limit:
		m.took = math.Nextafter(m.limit, math.Inf(1))
	case c.State == incident.Met && m.took > m.limit:
		m.took = m.limit
	}
	if !(m.took <= maxSeconds && m.limit > 0 && m.limit <= maxSeconds) { // NaN too
		return m, unusable
	}
	return m, usable
}
