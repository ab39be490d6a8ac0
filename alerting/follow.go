package alerting

import (
	"context"
	"log/slog"
	"time"

	"steward/internal/incident"
)

// Follower carries what happens to incidents to where it is wanted too: every
// timeline entry in order, once, or again when Steward dies in between. What it
// carries to may be away: the entries wait.
type Follower struct {
	Name  string // under which the store remembers how far it has come
	Store *incident.Store
	// Take is given entries in order, with the incidents they belong to as they are
	// now. After an error the same come again.
	Take   func(ctx context.Context, entries []incident.Entry, incidents []incident.Incident) error
	Logger *slog.Logger
}

const (
	followBatch = 500
	followRetry = 2 * time.Second
	// followPoll finds what other processes have done.
	followPoll = time.Second
)

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	var fails failures
	for ctx.Err() == nil {
		changed := f.Store.Changed() // before reading, so that nothing comes between
		more, err := f.step(ctx)
		wait := followPoll
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			fails.note(f.Logger, f.Name, err)
			wait, changed = followRetry, nil
		case more:
			fails.over(f.Logger, f.Name)
			continue
		default:
			fails.over(f.Logger, f.Name)
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(wait):
		}
	}
	return nil
}

func (f *Follower) step(ctx context.Context) (more bool, err error) {
	from, err := f.Store.FollowerSeq(ctx, f.Name)
	if err != nil {
		return false, err
	}
	entries, incidents, err := f.Store.After(ctx, from, followBatch)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	if err := f.Take(ctx, entries, incidents); err != nil {
		return false, err
	}
	return true, f.Store.SetFollowerSeq(ctx, f.Name, entries[len(entries)-1].Seq)
}
