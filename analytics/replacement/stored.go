package replacement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"steward/analytics/forecast"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// Documents is where documents of runs are: *clickhouse.Store.
type Documents interface {
	AnalyticsDocuments(context.Context, authz.Scope, clickhouse.ResultsQuery) (clickhouse.DocumentsPage, error)
	AnalyticsDocument(ctx context.Context, scope authz.Scope, job, run string, named clickhouse.AnalyticsDocument) (clickhouse.AnalyticsDocument, error)
}

// Stored are the results of the job lifetimes as they are kept, as somebody may see
// them who sees so much.
func Stored(runs *runs.View, documents Documents, scope authz.Scope) Prospects {
	return stored{runs, documents, scope}
}

type stored struct {
	runs      *runs.View
	documents Documents
	scope     authz.Scope
}

func (s stored) Latest(ctx context.Context, from, to time.Time) (run string, until time.Time, err error) {
	r, err := s.runs.Latest(ctx, Needs, runs.Of{From: from, To: to})
	if errors.Is(err, runs.ErrNotFound) {
		return "", time.Time{}, nil
	}
	return r.ID, r.To, err
}

func (s stored) Lives(ctx context.Context, run string, do func(forecast.Life) error) error {
	return each(ctx, s, run, "life", func(_ authz.Place, l forecast.Life) error { return do(l) })
}

func (s stored) Each(ctx context.Context, run string, do func(authz.Place, forecast.Prospects) error) error {
	return each(ctx, s, run, "prospects", do)
}

// each goes through the documents of a kind, by place and subject, one in memory at a
// time.
func each[T any](ctx context.Context, s stored, run, kind string, do func(authz.Place, T) error) error {
	q := clickhouse.ResultsQuery{Job: Needs, Run: run, Kinds: []string{kind}}
	for {
		page, err := s.documents.AnalyticsDocuments(ctx, s.scope, q)
		if err != nil {
			return err
		}
		for _, d := range page.Documents {
			whole, err := s.documents.AnalyticsDocument(ctx, s.scope, Needs, run, d)
			if err != nil {
				return err
			}
			var body T
			if err := json.Unmarshal(whole.Body, &body); err != nil {
				return fmt.Errorf("document %s of %s of run %s: %w", kind, d.Place, run, err)
			}
			if err := do(d.Place, body); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}
