package app

import (
	"context"
	"errors"
	"time"

	"steward/analytics/job"
	"steward/analytics/scorecard"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/registry"
	"steward/internal/runs"
)

// scorecardJob compares projects by operating records, the registry's buildings and
// the present results of other jobs.
func scorecardJob(p AnalyticsParts, company *time.Location) job.Job {
	o := scorecard.Options{Store: p.Store, Zone: company}
	if p.Runs != nil && p.Store != nil {
		o.Results = results{p.Runs, p.Store}
	}
	if p.Analyses != nil {
		o.Config, o.Contracts = p.Analyses.Scorecard, p.Analyses.Contracts
	}
	if p.Registry != nil {
		o.Buildings = buildingsOf(p.Registry)
	}
	if p.Notices != nil {
		o.Notices = p.Notices
	}
	return scorecard.New(o)
}

// buildingsOf hands out the buildings of the registry that are in use.
func buildingsOf(store *registry.Store) scorecard.Buildings {
	return func(ctx context.Context, each func(scorecard.Building) error) error {
		view := store.As(analyticsPrincipal)
		for page := (registry.Page{Limit: 1000}); ; {
			list, err := view.Buildings(ctx, registry.BuildingFilter{}, page)
			if err != nil {
				return err
			}
			for _, b := range list.Items {
				err := each(scorecard.Building{
					Place: authz.Place{Region: b.Region, Project: b.Project}, ID: b.ID, Floors: b.Floors, AreaM2: b.FloorAreaM2, Households: b.Households,
				})
				if err != nil {
					return err
				}
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				return nil
			}
		}
	}
}

// results are the numbers of the present runs, for jobs that stand on others.
type results struct {
	runs  *runs.Store
	store *clickhouse.Store
}

func (r results) Numbers(ctx context.Context, job string, from, to time.Time, kinds []string, each func(clickhouse.AnalyticsNumber) error) (string, error) {
	run, err := r.runs.Latest(ctx, job, runs.Of{From: from, To: to})
	if errors.Is(err, runs.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	q := clickhouse.ResultsQuery{Job: job, Run: run.ID, Kinds: kinds, Limit: clickhouse.MaxRows}
	for {
		page, err := r.store.AnalyticsNumbers(ctx, analyticsPrincipal.Scope(authz.Read), q)
		if err != nil {
			return "", err
		}
		for _, n := range page.Numbers {
			if err := each(n); err != nil {
				return "", err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return run.ID, nil
		}
	}
}
