// Package job says what an analysis is: to the scheduler something with a name that
// runs over a period, to whoever reads its results a list of numbers of which each
// carries what it is worth.
package job

import (
	"context"
	"time"

	"steward/internal/incident"
)

// Job is one analysis.
type Job struct {
	Name  string // as in steward analyze run NAME
	Title incident.Text
	About string // one sentence for help and lists

	// Every is how often it runs by itself, At the time of day (of the company's
	// zone) for those that run daily or less often, and the time after the full hour
	// for those that run hourly.
	Every Every
	At    time.Duration

	// Period is what a run that nobody gave a period covers. Whole hours, days or
	// months that are over.
	Period func(now time.Time, zone *time.Location) (from, to time.Time)

	// Needs are jobs of which today's results must be there first. Only jobs that
	// run by themselves can be needed.
	Needs []string

	// Params are what somebody who starts it by hand may say besides the period.
	// Others than these are refused.
	Params []Param

	// Run does it. It ends soon after ctx does. What it has written by then stays
	// under its run's id, and is not shown as a result unless Run returns nil.
	Run func(ctx context.Context, r *Run) error
}

// Param is one thing that a run may be told.
type Param struct {
	Name    string // as in --param NAME=VALUE
	About   string // what it means, its unit and what values there are
	Default string // what holds without it; in words where that is no value
	// Check refuses a value that the job cannot take; nil when any will do. The run
	// itself checks nothing again.
	Check func(value string) error
}

// Every is how often a job runs by itself.
type Every string

// The rhythms of jobs.
const (
	Hourly   Every = "hourly"
	Daily    Every = "daily"
	Monthly  Every = "monthly" // on the first day
	OnDemand Every = "on demand"
)

// Run is one execution of a job.
type Run struct {
	ID     string
	Job    string
	From   time.Time // UTC, included
	To     time.Time // UTC, not included
	Params map[string]string
	Now    time.Time // when the run began: the computed_at of what it writes

	// Progress says how far it is, for people who wait; total 0 while unknown.
	Progress func(done, total int64, what string)
	// Cover says which share of the data that should be there was there, 0 to 1; of
	// several calls the last one counts. Without one it is the least coverage of the
	// run's numbers.
	Cover func(share float64)
	// Write keeps numbers under the run's id.
	Write func(ctx context.Context, numbers []Number) error
	// Note keeps a document under the run's id: a curve, a plan, a list, whatever is
	// not a single number. The body is marshalled as JSON.
	Note func(ctx context.Context, kind, region, project, subject string, body any) error
}

// Number is one result. Where there is too little data Value is nil and Why says
// what is missing: a number is never a guess.
type Number struct {
	Kind     string // of the job's numbers: "failure_rate", "mtbf", "share_within_limit"
	Region   string // "" for all of the company
	Project  string // "" for all of the region
	Building string
	Subject  string // what it is about, of its kind: "model:KONE/3000", "device:elevator/lift-1", "clock:on_site"
	Unit     string

	Value     *float64
	Low, High *float64 // the interval, where there is one
	Level     float64  // its level, such as 0.95; 0 without one
	N         float64  // sample size: failures, calls, days
	Exposure  float64  // what N came from, in the unit that the kind says: device-years, hours
	Coverage  float64  // share of the data that should be there, 0 to 1; NaN does not apply
	Why       string   // "insufficient data: …" when Value is nil; else a warning, or ""
}
