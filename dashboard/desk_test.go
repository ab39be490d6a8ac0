package dashboard

import (
	"context"
	"errors"
	"time"

	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/incident"
)

// desk does what people ask of incidents, as far as the page shows it: it moves
// them on, stops the clocks and keeps a timeline. The rest is alerting's.
type desk struct{ store *incident.Store }

func (d desk) Act(ctx context.Context, who authz.Principal, id string, do incident.Action) (in incident.Incident, err error) {
	err = d.store.Update(ctx, func(tx *incident.Tx) error {
		known, err := tx.Get(id)
		if err != nil {
			return err
		}
		in = *known
		state := map[incident.Deed]incident.State{
			incident.Acknowledge: incident.Acknowledged, incident.Dispatch: incident.Dispatched, incident.Arrive: incident.Arrived, incident.Resolve: incident.Resolved,
		}[do.Deed]
		entry := incident.Entry{Kind: incident.EntryKind(state), Actor: incident.ActorOf(who), Note: do.Note}
		switch now := tx.Now(); {
		case do.Version != 0 && do.Version != in.Version, state != "" && state.Rank() <= in.State.Rank():
			return incident.ErrConflict
		case state == "":
			entry.Kind = incident.EntryNote
		default:
			in.State = state
			in.Stages = append(in.Stages, incident.Stage{State: state, At: now, Received: now, By: entry.Actor, Note: do.Note})
			for i := range in.Clocks {
				if c := &in.Clocks[i]; c.Standard == string(do.Deed) {
					elapsed := now.Sub(*c.StartedAt).Seconds()
					c.State, c.StoppedAt, c.StoppedRec, c.Elapsed = incident.Met, &now, &now, &elapsed
				}
			}
			if state == incident.Resolved {
				in.ResolvedAt = &now
			}
		}
		return tx.Save(&in, entry)
	})
	return in, err
}

func (desk) Enter(context.Context, authz.Principal, incident.New) (incident.Incident, bool, error) {
	return incident.Incident{}, false, errors.New("nobody enters incidents on this stage")
}

func (desk) External(context.Context, authz.Principal, []api.External) (api.ExternalResult, error) {
	return api.ExternalResult{}, errors.New("no other system is on this stage")
}

func (desk) Pending(authz.Scope, int) ([]api.PendingCondition, bool) { return nil, false }

// put keeps an incident as it is given, new or changed, with one more entry.
func (d desk) put(ctx context.Context, in incident.Incident, entry incident.Entry) error {
	return d.store.Update(ctx, func(tx *incident.Tx) error {
		known, err := tx.Get(in.ID)
		switch {
		case err == nil:
			in.Version, in.Seq = known.Version, known.Seq
		case !errors.Is(err, incident.ErrNotFound):
			return err
		}
		return tx.Save(&in, entry)
	})
}

// clear ends everything.
func (d desk) clear(ctx context.Context) error {
	return d.store.Update(ctx, func(tx *incident.Tx) error {
		open, err := tx.OpenAt(authz.HQ)
		if err != nil {
			return err
		}
		// Long ago, so that no danger of now seems to be answered by it.
		ended := time.UnixMilli(1)
		for i := range open {
			open[i].State, open[i].ResolvedAt = incident.Resolved, &ended
			if err := tx.Save(open[i], incident.Entry{Kind: incident.EntryResolved, Actor: incident.System}); err != nil {
				return err
			}
		}
		return nil
	})
}
