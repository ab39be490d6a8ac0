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
		if err := a.relieveAll(ctx, list.Items); err != nil {
			return 0, err
		}
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
			if err = a.relieveAll(ctx, incidents); err == nil {
				seq = entries[len(entries)-1].Seq
				continue
			}
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(followEvery): // what other processes do, or the store is away
		}
	}
}

func (a *App) relieveAll(ctx context.Context, incidents []incident.Incident) error {
	for i := range incidents {
		inc := &incidents[i]
		d, ok := inc.DeviceRef()
		if !ok || !endedByPeople(inc) {
			continue
		}
		// What else endangers life at the device is not over with it.
		other, err := a.incidents.As(authz.SystemPrincipal("live")).List(ctx, incident.Filter{
			Region: d.Region, Project: d.Project, Class: d.Class, Device: d.ID, Severities: []telemetry.Severity{telemetry.LifeSafety}, Open: true,
		}, incident.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(other.Items) == 0 {
			a.board.Relieve(d, telemetry.MillisOf(*inc.ResolvedAt))
		}
	}
	return nil
}

// endedByPeople reports whether somebody has said that a danger to life is over. What
// a device says the board knows from the device.
func endedByPeople(inc *incident.Incident) bool {
	if !inc.LifeSafety() || inc.Shadow || inc.Open() || inc.ResolvedAt == nil || len(inc.Stages) == 0 {
		return false
	}
	by := inc.Stages[len(inc.Stages)-1].By.Kind
	return by == string(authz.Person) || by == string(authz.Machine)
}
