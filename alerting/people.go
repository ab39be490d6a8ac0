package alerting

import (
	"context"
	"time"

	"steward/alerting/engine"
	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/incident"
)

// reload takes what people have changed. What cannot be read now is asked for
// again in a second, and what was in force stays.
func (s *Service) reload(ctx context.Context) error {
	people := s.opts.People
	revision, err := people.Revision(ctx)
	if err != nil || revision == s.revision {
		s.reloaded(ctx, err)
		return nil
	}
	setup, err := people.Setup(ctx)
	if err != nil {
		s.reloaded(ctx, err)
		return nil
	}
	rules, err := people.Rules(ctx)
	s.reloaded(ctx, err)
	if err != nil {
		return nil
	}
	s.revision = revision
	s.desk.Configure(setup)
	s.rules.Store(rules)
	if err := s.commit(ctx, stepsOf(s.setRules()), 0); err != nil {
		return err
	}
	if err := s.dropStrangers(ctx); err != nil {
		return err
	}
	if err := s.resilence(ctx); err != nil {
		return err
	}
	// Read again with the new rules, the stream behind would say something else.
	s.dirty, s.nextSave = true, time.Time{}
	return s.checkpoint(ctx)
}

func (s *Service) reloaded(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.failures.note(s.opts.Logger, "reload", err)
	default:
		s.failures.over(s.opts.Logger, "reload")
	}
}

// dropStrangers ends the incidents of rules that are gone: the evaluation does not
// know them any more, and nothing would ever end them.
func (s *Service) dropStrangers(ctx context.Context) error {
	rules := s.rules.Load()
	at := s.now()
	return s.keep(ctx, "rules", func(tx *incident.Tx) error {
		open, err := tx.OpenAt(authz.HQ)
		if err != nil {
			return err
		}
		for _, inc := range open {
			if r := rules.ByName[inc.Rule]; inc.Rule == "" || r != nil && r.Mode != rule.Disabled {
				continue
			}
			if inc.LifeSafety() && !inc.Shadow {
				continue // for people to end, and the evaluation has said so
			}
			if err := s.desk.Apply(tx, &engine.Signal{Kind: engine.Drop, Fingerprint: inc.Fingerprint, Place: inc.Place, At: at, Received: at}); err != nil {
				return err
			}
		}
		return nil
	})
}

// resilence looks at the open incidents again after a silence was made or ended.
func (s *Service) resilence(ctx context.Context) error {
	now := s.opts.Now()
	return s.keep(ctx, "silences", func(tx *incident.Tx) error {
		open, err := tx.OpenAt(authz.HQ)
		if err != nil {
			return err
		}
		for _, inc := range open {
			if err := s.desk.Resilence(tx, inc, now); err != nil {
				return err
			}
		}
		return nil
	})
}
