package app

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// relieveBatch is how many entries or incidents are read at a time.
const relieveBatch = 500

// restoreRelief tells the live board which dangers people have ended: it was
// restored from what devices said.
func (a *App) restoreRelief(ctx context.Context) (seq int64, err error) {
	if seq, err = a.incidents.Head(ctx); err != nil {
		return 0, err
	}
	view := a.incidents.As(authz.SystemPrincipal("live"))
	f := incident.Filter{
		States: []incident.State{incident.Resolved}, Severities: []telemetry.Severity{telemetry.LifeSafety},
		From: time.Now().Add(-restoreWindow),
	}
	for p := (incident.Page{Limit: relieveBatch}); ; {
		list, err := view.List(ctx, f, p)
		if err != nil {
			return 0, err
		}
		a.relieveAll(list.Items)
		if p.Cursor = list.Next; p.Cursor == "" {
			return seq, nil
		}
	}
}

// relieve goes on with what people end from then on.
func (a *App) relieve(ctx context.Context, seq int64) {
	for ctx.Err() == nil {
		changed := a.incidents.Changed() // before reading, so that nothing comes between
		entries, incidents, err := a.incidents.After(ctx, seq, relieveBatch)
		if err == nil && len(entries) > 0 {
			seq = entries[len(entries)-1].Seq
			a.relieveAll(incidents)
			continue
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(followEvery): // what other processes do, or the store is away
		}
	}
}

func (a *App) relieveAll(incidents []incident.Incident) {
	for i := range incidents {
		inc := &incidents[i]
		if d, ok := inc.DeviceRef(); ok && inc.LifeSafety() && !inc.Open() && inc.ResolvedAt != nil {
			a.board.Relieve(d, telemetry.MillisOf(*inc.ResolvedAt))
		}
	}
}
