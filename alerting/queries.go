package alerting

import (
	"context"
	"time"

	"steward/alerting/engine"
	"steward/alerting/rule"
)

// answer is what a rule's query found.
type answer struct {
	rule *rule.Rule
	rows []engine.Row
	at   time.Time
}

// queryLook is how often it is looked which query is due.
const queryLook = time.Second

// runQueries runs the rules that are queries, one at a time, each on its
// schedule. What one finds goes to the stream, which owns the evaluation.
func (s *Service) runQueries(ctx context.Context) {
	if s.opts.Query == nil {
		return
	}
	tick := time.NewTicker(queryLook)
	defer tick.Stop()
	next := map[string]time.Time{} // by rule
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, r := range s.rules.Load().Rules {
			now := s.opts.Now()
			if r.Kind != rule.SQL || r.Mode == rule.Disabled || now.Before(next[r.Name]) {
				continue
			}
			next[r.Name] = now.Add(r.Every)
			s.ask(ctx, r, now)
		}
	}
}

func (s *Service) ask(ctx context.Context, r *rule.Rule, now time.Time) {
	rows, err := s.opts.Query(ctx, r.Query, now.Add(-r.Every), now)
	if err != nil {
		if ctx.Err() == nil {
			s.metrics.queryErrors.WithLabelValues(r.Name).Inc()
			s.opts.Logger.Error("query of a rule failed", "rule", r.Name, "error", err)
		}
		return
	}
	select {
	case s.answers <- answer{r, rows, now}:
	case <-ctx.Done():
	}
}

// answered evaluates what a query found. That is not in the stream: what came of it
// is in the state that is saved, or would come again.
func (s *Service) answered(ctx context.Context, a answer) error {
	at := s.now()
	s.mu.Lock()
	signals := s.engine.Result(a.rule.Name, a.rows, at)
	s.mu.Unlock()
	s.dirty = true
	if err := s.commit(ctx, stepsOf(signals), at); err != nil || len(signals) == 0 {
		return err
	}
	return s.checkpoint(ctx)
}
