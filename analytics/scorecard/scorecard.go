// Package scorecard compares projects and regions by how they are run: the job that
// makes, of the operating records of a month and of what other analyses found, a card
// of each project, each region and the company, ranks those that can be compared, and
// has a rectification notice issued where a project is outside a limit.
//
// What is measured is said at Components and in configs/scorecard.yaml, how at gather;
// [Parse] reads that file, and [New] is the job. A measure of few cases has a wide interval, and a notice is due only when all
// of it is beyond the limit. What is not known drops out of the score, and the card
// says which share of the weights is left: nothing that nobody entered counts as done,
// paid or free of complaints.
package scorecard

import (
	"context"
	"fmt"
	"time"

	"steward/analytics/job"
	"steward/analytics/response"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/incident"
	"steward/internal/notices"
)

// Options of the job.
type Options struct {
	Config    *Config
	Store     Store
	Results   Results
	Buildings Buildings           // may be nil: energy is then not compared
	Notices   Issuer              // may be nil: none are issued then
	Contracts *response.Penalties // may be nil
	Zone      *time.Location      // the company's; UTC when nil
}

// Store is where operating records and consumption are; *clickhouse.Store is one.
type Store interface {
	ScoredProjects(ctx context.Context, each func(clickhouse.ScoredProject) error) error
	ScoredComplaints(ctx context.Context, from, to time.Time, each func(clickhouse.ScoredComplaint) error) error
	ComplaintKeepers(ctx context.Context, from, to time.Time, each func(authz.Place, int) error) error
	ScoredOrders(ctx context.Context, from, to time.Time, each func(clickhouse.ScoredOrder) error) error
	ScoredFees(ctx context.Context, from, to string, each func(clickhouse.ScoredFees) error) error
	ScoredInspections(ctx context.Context, from, to time.Time, each func(clickhouse.ScoredInspection) error) error
	ScoredBuildings(ctx context.Context, from, to string, each func(clickhouse.ScoredBuilding) error) error
}

// Results are the numbers of other analyses.
type Results interface {
	// Numbers hands out numbers of some kinds of the present run of a job over just a
	// period, and gives its id: "" when there is none.
	Numbers(ctx context.Context, job string, from, to time.Time, kinds []string, each func(clickhouse.AnalyticsNumber) error) (run string, err error)
}

// Building is what the registry knows of a building.
type Building struct {
	authz.Place
	ID         string
	Floors     int     // 0 when unknown
	AreaM2     float64 // 0 when unknown
	Households int
}

// Buildings hands out the buildings of the company.
type Buildings func(ctx context.Context, each func(Building) error) error

// Issuer issues rectification notices; *notices.Store is one.
type Issuer interface {
	Issue(ctx context.Context, part string, n notices.New) (notice notices.Notice, fresh bool, err error)
}

const (
	level = 0.95 // of all intervals

	// at is when a month's run begins: after those that it needs.
	at = 5*time.Hour + 30*time.Minute
)

// New is the job. It runs on the first day, for the month that is over.
func New(o Options) job.Job {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return job.Job{
		Name:   "scorecard",
		Title:  incident.Text{ZH: "运营评分卡", EN: "Scorecard"},
		About:  "compares projects and regions by response, complaints, fees, inspections, availability and energy, and issues rectification notices",
		Every:  job.Monthly,
		At:     at,
		Period: lastMonth,
		Needs:  []string{"response", "reliability", "consumption"},
		Run: func(ctx context.Context, r *job.Run) error {
			m, err := monthOf(r.From, r.To, o.Zone)
			if err != nil {
				return err
			}
			if r.Now.Before(r.To) {
				return fmt.Errorf("scorecard: the month %s is not over: what was complained of, paid and inspected so far is not to be compared with whole months", m)
			}
			if err := (&runner{Options: o, Run: r, month: m}).run(ctx); err != nil {
				return fmt.Errorf("scorecard: %w", err)
			}
			return nil
		},
	}
}

// lastMonth is the last month that is over by the clocks of a zone.
func lastMonth(now time.Time, zone *time.Location) (from, to time.Time) {
	year, month, _ := now.In(zone).Date()
	return time.Date(year, month-1, 1, 0, 0, 0, 0, zone).UTC(), time.Date(year, month, 1, 0, 0, 0, 0, zone).UTC()
}

// month is the month of a card, by the company's clocks.
type month struct {
	year int
	of   time.Month
	zone *time.Location
}

func monthOf(from, to time.Time, zone *time.Location) (month, error) {
	year, of, _ := from.In(zone).Date()
	m := month{year, of, zone}
	if !m.first(0).Equal(from) || !m.first(1).Equal(to) {
		return m, fmt.Errorf("scorecard: the period from %s to %s is no whole month of the zone %s: give one, such as %s to %s",
			from.Format(time.RFC3339), to.Format(time.RFC3339), zone, m.first(0).Format(time.RFC3339), m.first(1).Format(time.RFC3339))
	}
	return m, nil
}

// first is the first moment of the month that is so many later.
func (m month) first(later int) time.Time {
	return time.Date(m.year, m.of+time.Month(later), 1, 0, 0, 0, 0, m.zone)
}

// quarter is the first moment of its quarter.
func (m month) quarter() time.Time { return m.first(-(int(m.of) - 1) % 3) }

// days is how many it has.
func (m month) days() int { return time.Date(m.year, m.of+1, 0, 0, 0, 0, 0, time.UTC).Day() }

func (m month) String() string { return m.first(0).Format("2006-01") }

// runner is one run of the job.
type runner struct {
	Options
	*job.Run
	month    month
	order    []authz.Place // the projects
	projects map[authz.Place]*project
	// The availability of regions and the company stands in the results, for it is no
	// sum over projects.
	available map[authz.Place]clickhouse.AnalyticsNumber
	orders    []clickhouse.ScoredOrder // with a contractor
	names     map[string]bool          // of contractors
	dropped   int                      // orders beyond the most that are kept
}

func (r *runner) run(ctx context.Context) error {
	if err := r.gather(ctx); err != nil {
		return err
	}
	if err := r.contractors(ctx); err != nil {
		return err
	}
	cards := r.cards()
	cards.rank(r.Config)
	if err := r.issue(ctx, cards); err != nil {
		return err
	}
	for i, at := range cards.order {
		r.Progress(int64(i), int64(len(cards.order)), at.String())
		if err := r.report(ctx, at, cards.at[at]); err != nil {
			return fmt.Errorf("at %s: %w", at, err)
		}
	}
	if err := r.rankings(ctx, cards); err != nil {
		return err
	}
	r.Cover(cards.at[authz.HQ].Known * cards.at[authz.HQ].Coverage)
	r.Progress(int64(len(cards.order)), int64(len(cards.order)), "")
	return nil
}
