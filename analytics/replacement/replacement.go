// Package replacement plans which devices to replace within a budget: the job that
// makes, of the forecasts of the job lifetimes and of the policy of the company, the
// replacement plan of the company, of each region and of each project, and for each
// pool of like devices the age at which they are best replaced. [New] is the job,
// [Parse] reads a policy.
//
// What is worth replacing is said at Policy.worth, in which order and within which
// budget at order and spend, and when a pool is best replaced at Curve.
package replacement

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"steward/analytics/forecast"
	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/incident"
)

// Options of the job.
type Options struct {
	Prospects Prospects
	Policy    *Policy
	Zone      *time.Location // of the company, by which its years count; UTC when nil
}

// Prospects is where the results of the job lifetimes are.
type Prospects interface {
	// Latest is the run over just a period whose results are the present ones, of any
	// period when both ends are zero, and until when it watched lives. run is empty when
	// there is none.
	Latest(ctx context.Context, from, to time.Time) (run string, until time.Time, err error)
	// Lives goes through the lives of all pools of a run. An error of do ends it.
	Lives(ctx context.Context, run string, do func(forecast.Life) error) error
	// Each goes through the prospects of all projects of a run, in the order of their
	// regions and projects; those of one project may come in several parts, one after
	// another. Another call for the same run gives the same. An error of do ends it.
	Each(ctx context.Context, run string, do func(at authz.Place, p forecast.Prospects) error) error
}

// Needs is the job whose results this one reads.
const Needs = "lifetimes"

const (
	budgetParam = "budget"
	yearParam   = "year"
)

// New is the job. It runs on the first day of a month, after the lives of all devices
// have been looked at again.
func New(o Options) job.Job {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return job.Job{
		Name:  "replacement",
		Title: incident.Text{ZH: "设备更换计划", EN: "Replacement plan"},
		About: "ranks which devices to replace within the yearly budget, with reasons, cost and risk avoided in yuan, and finds the age at which each pool is best replaced",
		Every: job.Monthly,
		At:    5 * time.Hour,
		Needs: []string{Needs},
		Period: func(now time.Time, zone *time.Location) (from, to time.Time) {
			y, m, _ := now.In(zone).Date()
			return time.Date(y, m-1, 1, 0, 0, 0, 0, zone).UTC(), time.Date(y, m, 1, 0, 0, 0, 0, zone).UTC()
		},
		Params: []job.Param{{
			Name: budgetParam, About: "what the company may spend in the year, in yuan (CNY), above 0", Default: "that of the policy",
			Check: func(v string) error { _, err := parseBudget(v); return err },
		}, {
			Name: yearParam, About: fmt.Sprintf("the calendar year that is planned, %d to %d", firstYear, lastYear),
			Default: "the one in which most of the next 365 days lie",
			Check:   func(v string) error { _, err := parseYear(v); return err },
		}},
		Run: func(ctx context.Context, r *job.Run) error {
			if err := run(ctx, r, o); err != nil {
				return fmt.Errorf("replacement: %w", err)
			}
			return nil
		},
	}
}

func number(name, v string, least, most float64, unit string) (float64, error) {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !(n >= least && n <= most) { // NaN too
		return 0, fmt.Errorf("%s %.40q: give %s, %s to %s", name, v, unit, plainNumber(least), plainNumber(most))
	}
	return n, nil
}

func plainNumber(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func run(ctx context.Context, r *job.Run, o Options) error {
	switch {
	case o.Policy == nil:
		return errors.New("there is no policy: give costs and limits, as configs/replacement.yaml")
	case o.Prospects == nil:
		return errors.New("the results of other jobs are not at hand")
	}
	p := &planner{Options: o, Run: r, pools: map[string]*pool{}, places: map[authz.Place]*tally{}}
	if err := p.find(ctx); err != nil {
		return err
	}
	var err error
	if p.year, err = yearOf(r, p.until, o.Zone); err != nil {
		return err
	}
	if v, told := r.Params[budgetParam]; told {
		if p.budget, err = parseBudget(v); err != nil {
			return err
		}
	}
	return p.run(ctx)
}

// find takes the forecasts as they were at the end of the period, so that the plan of
// then can be made again; where those are not there, the present ones.
func (p *planner) find(ctx context.Context) (err error) {
	from, to := forecast.Period(p.To, p.Zone)
	p.wanted = to
	if p.source, p.until, err = p.Prospects.Latest(ctx, from, to); err == nil && p.source == "" {
		p.source, p.until, err = p.Prospects.Latest(ctx, time.Time{}, time.Time{})
	}
	switch {
	case err != nil:
		return fmt.Errorf("find the results of %s: %w", Needs, err)
	case p.source == "":
		return fmt.Errorf("there is no result of %s: run it first", Needs)
	}
	return nil
}

// yearOf is the year that is planned: the one that a param says, or that which holds
// most of the 365 days of the forecasts.
func yearOf(r *job.Run, until time.Time, zone *time.Location) (year, error) {
	y := year{asof: calendar.DateOf(until.In(zone))}
	if v, told := r.Params[yearParam]; told {
		var err error
		y.number, err = parseYear(v)
		return y, err
	}
	y.number = y.asof.Add(182).Year
	return y, nil
}
