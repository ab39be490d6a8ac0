package analytics

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sync"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// writer takes what a run finds out. A job may use it from several goroutines.
type writer struct {
	results Results
	run     runs.Run
	ctx     context.Context // of the run: when it has ended nothing more is taken
	watch   func(runs.Progress)

	mu                 sync.Mutex // guards what follows, and is held while watch is called
	p                  runs.Progress
	covered            *float64 // as the job says
	least              *float64 // coverage of any number
	numbers, documents int64
}

// written names the run in its results.
func written(r runs.Run) clickhouse.AnalyticsRun {
	return clickhouse.AnalyticsRun{ID: r.ID, Job: r.Job, ComputedAt: *r.StartedAt}
}

func (w *writer) progress(done, total int64, what string) {
	p := runs.Progress{Done: max(0, done), Total: max(0, total), What: what}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.p = p
	if w.watch != nil {
		w.watch(p)
	}
}

func (w *writer) cover(share float64) {
	if math.IsNaN(share) {
		return // it does not apply
	}
	share = min(max(share, 0), 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.covered = &share
}

func (w *writer) write(ctx context.Context, numbers []job.Number) error {
	if err := context.Cause(w.ctx); err != nil {
		return err
	}
	rows := make([]clickhouse.AnalyticsNumber, len(numbers))
	for i, n := range numbers {
		rows[i] = clickhouse.AnalyticsNumber{
			Kind: n.Kind, Place: authz.Place{Region: n.Region, Project: n.Project}, Building: n.Building, Subject: n.Subject, Unit: n.Unit,
			Value: n.Value, Low: n.Low, High: n.High, Level: n.Level, N: n.N, Exposure: n.Exposure, Why: n.Why,
		}
		if !math.IsNaN(n.Coverage) {
			rows[i].Coverage = &numbers[i].Coverage
		}
	}
	if err := w.results.PutAnalyticsNumbers(ctx, written(w.run), rows); err != nil {
		return fmt.Errorf("write %d numbers: %w", len(rows), err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.numbers += int64(len(rows))
	for i := range rows {
		if c := rows[i].Coverage; c != nil && (w.least == nil || *c < *w.least) {
			share := *c
			w.least = &share
		}
	}
	return nil
}

func (w *writer) note(ctx context.Context, kind, region, project, subject string, body any) error {
	if err := context.Cause(w.ctx); err != nil {
		return err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	err = w.results.PutAnalyticsDocument(ctx, written(w.run), clickhouse.AnalyticsDocument{
		Kind: kind, Place: authz.Place{Region: region, Project: project}, Subject: subject, Body: text,
	})
	if err != nil {
		return fmt.Errorf("note %s: %w", kind, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.documents++
	return nil
}
