// Package standards is the job that says how fast people came in a month: it reads
// the incidents that are on record and judges their clocks by analytics/response,
// for the company, each region and each project. [New] is the job, [Stored] reads
// the incidents from their store.
//
// A clock counts in the period in which its incident began, whenever it was stopped:
// so periods add up, and a later run of the same period tells what became of the
// clocks that were open. A clock that never started does not count, nor does one that
// the end of its incident made void: of these is said how many there were. What was
// over when Steward learned of it counts like any other. Durations are those that the
// clock counted, by its calendar and without pauses; and whether it was in time is
// what the clock says, which alone knows of holidays.
package standards

import (
	"context"
	"fmt"
	"time"

	"steward/analytics/job"
	"steward/analytics/response"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Options of the job.
type Options struct {
	Incidents Incidents

	// Zone is by whose clocks hours of the day count at a place; that of the
	// headquarters is the company's. UTC when nil.
	Zone func(authz.Place) *time.Location
	// Elapsed is how long a clock that was not stopped has run until a time, by its
	// calendar. When nil it ran always, but for pauses.
	Elapsed func(i *incident.Incident, c *incident.Clock, until time.Time) time.Duration
	// Contractor is who maintains a device; "" when that is not known. May be nil.
	Contractor func(telemetry.Device) string

	RepeatDays int // a call for the same device within so many days is a repeat; 30 when 0

	// Fixed are judged by limits of their own besides the clock's: Laws when nil.
	Fixed []Fixed
}

// Incidents is where incidents are kept.
type Incidents interface {
	// Each goes through the real incidents, none of a rule on trial, that began at
	// from or later and before to, and through those that began before and are open.
	// The order does not matter. An error of do ends it.
	Each(ctx context.Context, from, to time.Time, do func(*incident.Incident) error) error
}

// at is when a month's run begins: in the night of the first.
const at = 4*time.Hour + 30*time.Minute

// always is for clocks that run day and night. The deadline has moved with each pause,
// so that counting back from it leaves them out.
func always(_ *incident.Incident, c *incident.Clock, until time.Time) time.Duration {
	switch {
	case c.StartedAt == nil:
		return 0
	case c.Elapsed != nil:
		return time.Duration(*c.Elapsed * float64(time.Second))
	case c.PausedAt != nil:
		until = *c.PausedAt
	}
	if c.Deadline == nil {
		return max(until.Sub(*c.StartedAt), 0)
	}
	return max(time.Duration(c.Limit*float64(time.Second))-c.Deadline.Sub(until), 0)
}

// New is the job. It runs on the first day, for the month that is over: what a
// contract or an authority asks for is a month, and of the running one the board of
// incidents shows more than a statistic could. Any other period is had on demand.
func New(o Options) job.Job {
	if o.Zone == nil {
		o.Zone = func(authz.Place) *time.Location { return time.UTC }
	}
	if o.Elapsed == nil {
		o.Elapsed = always
	}
	if o.RepeatDays == 0 {
		o.RepeatDays = 30
	}
	if o.Fixed == nil {
		o.Fixed = Laws()
	}
	return job.Job{
		Name:   "response",
		Title:  incident.Text{ZH: "响应时效", EN: "Response standards"},
		About:  "judges the clocks of incidents: how fast people came, the share within the limit, breaches, and what is still open",
		Every:  job.Monthly,
		At:     at,
		Period: lastMonth,
		Run: func(ctx context.Context, r *job.Run) error {
			if !r.From.Before(r.To) {
				return fmt.Errorf("response: the period from %s to %s is empty: give one that is not", r.From.Format(time.RFC3339), r.To.Format(time.RFC3339))
			}
			return (&runner{Options: o, Run: r}).run(ctx)
		},
	}
}

// lastMonth is the last month that is over by the clocks of a zone.
func lastMonth(now time.Time, zone *time.Location) (from, to time.Time) {
	year, month, _ := now.In(zone).Date()
	return time.Date(year, month-1, 1, 0, 0, 0, 0, zone).UTC(), time.Date(year, month, 1, 0, 0, 0, 0, zone).UTC()
}

// runner is one run of the job.
type runner struct {
	Options
	*job.Run
	log     ledger
	against map[spot]*response.Comparison // of projects with all others
	usable  int                           // clocks of the company
}

// spot is a standard at a place.
type spot struct {
	standard string
	authz.Place
}

func (r *runner) run(ctx context.Context) error {
	if err := r.gather(ctx); err != nil {
		return fmt.Errorf("response: %w", err)
	}
	parts := r.log.parts()
	r.against = map[spot]*response.Comparison{}
	for n, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.Progress(int64(n), int64(len(parts)), p.at.String())
		if err := r.judge(ctx, p); err != nil {
			return fmt.Errorf("response at %s: %w", p.at, err)
		}
	}
	unusable := 0
	for _, n := range r.log.unusable {
		unusable += n
	}
	if r.usable+unusable > 0 {
		r.Cover(shareUsable(r.usable, unusable))
	}
	r.Progress(int64(len(parts)), int64(len(parts)), "")
	return nil
}
