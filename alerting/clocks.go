package alerting

import (
	"context"
	"time"

	"steward/internal/incident"
)

const (
	// maxDue bounds how many incidents are looked at before it is asked again.
	maxDue = 200
	// asideFor is how long an incident rests whose change could not be kept.
	asideFor = time.Minute
)

// How far ahead it is looked for what will be due: while there is nothing, and
// nothing is changed here, the store is not asked again. What other processes change
// meanwhile they look after themselves, and we at most so much later.
const (
	ahead      = 800 * time.Millisecond
	aheadAlone = time.Minute // there are no others
)

// runClocks looks every tick for incidents with a clock or a plan that is due.
func (s *Service) runClocks(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	var idle time.Time // nothing is due before, unless something changes
	var changed <-chan struct{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			idle, changed = time.Time{}, nil
			continue // and wait for the tick: many changes are one look
		case <-tick.C:
		}
		if s.opts.Now().Before(idle) {
			continue
		}
		changed = s.opts.Store.Changed() // before looking, so that nothing comes between
		for more := true; more && ctx.Err() == nil; {
			idle, more = s.due(ctx)
		}
	}
}

// due does what is due. It says until when nothing more is, and whether there may
// be more at once.
func (s *Service) due(ctx context.Context) (idle time.Time, more bool) {
	now := s.opts.Now()
	ids, quiet, err := s.look(ctx, now)
	if err != nil {
		if ctx.Err() == nil {
			s.metrics.storeErrors.Inc()
			s.failures.note(s.opts.Logger, "clocks", err)
		}
		return time.Time{}, false
	}
	s.failures.over(s.opts.Logger, "clocks")
	if len(ids) == 0 {
		return now.Add(quiet).Round(0), false // by the wall clock, which may be set
	}
	for _, id := range ids {
		if now.Before(s.aside[id]) {
			continue
		}
		kept, err := s.keepOrSetAside(ctx, "clocks", id, func(tx *incident.Tx) error {
			inc, err := tx.Get(id)
			if err != nil || !inc.Open() {
				return err
			}
			return s.desk.Due(tx, inc, now)
		})
		switch {
		case err != nil:
			return time.Time{}, false
		case !kept:
			s.aside[id] = now.Add(asideFor)
		default:
			delete(s.aside, id)
		}
	}
	return time.Time{}, len(ids) == maxDue
}

// look names the incidents that are due. When there are none it says for how long
// at least there will be none.
func (s *Service) look(ctx context.Context, now time.Time) (ids []string, quiet time.Duration, err error) {
	horizon := ahead
	if s.opts.Alone {
		horizon = aheadAlone
	}
	for ; horizon >= tickEvery; horizon /= 2 {
		ids, err := s.opts.Store.Due(ctx, now.Add(horizon), 1)
		if err != nil || len(ids) == 0 {
			return nil, horizon, err
		}
	}
	ids, err = s.opts.Store.Due(ctx, now, maxDue)
	return ids, 0, err
}
