package alerting

import (
	"context"
	"time"

	"steward/internal/incident"
)

// maxDue bounds how many incidents are looked at in one transaction.
const maxDue = 200

// runClocks looks every tick for incidents with a clock or a plan that is due.
func (s *Service) runClocks(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for more := true; more && ctx.Err() == nil; {
			more = s.due(ctx)
		}
	}
}

// due does what is due, and reports whether there may be more of it.
func (s *Service) due(ctx context.Context) bool {
	now := s.opts.Now()
	ids, err := s.opts.Store.Due(ctx, now, maxDue)
	if err != nil {
		if ctx.Err() == nil {
			s.metrics.storeErrors.Inc()
			s.failures.note(s.opts.Logger, "clocks", err)
		}
		return false
	}
	s.failures.over(s.opts.Logger, "clocks")
	if len(ids) == 0 {
		return false
	}
	err = s.keep(ctx, "clocks", func(tx *incident.Tx) error {
		for _, id := range ids {
			inc, err := tx.Get(id)
			if err != nil {
				return err
			}
			if !inc.Open() {
				continue
			}
			if err := s.desk.Due(tx, inc, now); err != nil {
				return err
			}
		}
		return nil
	})
	return err == nil && len(ids) == maxDue
}
