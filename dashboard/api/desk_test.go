package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

// deskStandIn does to incidents of the real store what it is asked for, whoever
// asks: who may do what is what is tested.
type deskStandIn struct {
	store *incident.Store
	now   func() time.Time
}

func (d deskStandIn) Act(ctx context.Context, who authz.Principal, id string, do incident.Action) (incident.Incident, error) {
	states := map[incident.Deed]incident.State{
		incident.Acknowledge: incident.Acknowledged, incident.Dispatch: incident.Dispatched, incident.Arrive: incident.Arrived, incident.Resolve: incident.Resolved,
	}
	var out incident.Incident
	err := d.store.Update(ctx, func(tx *incident.Tx) error {
		i, err := tx.Get(id)
		if err != nil {
			return err
		}
		at := do.At
		if at.IsZero() {
			at = d.now()
		}
		to, moves := states[do.Deed]
		switch {
		case do.Version != 0 && do.Version != i.Version, moves && to.Rank() <= i.State.Rank():
			return incident.ErrConflict
		case do.Deed == incident.AddNote && strings.TrimSpace(do.Note) == "":
			return incident.Invalid("note", "", "say something")
		case at.Before(i.StartedAt):
			return incident.Invalid("at", at.Format(time.RFC3339), "is before the incident began")
		}
		e := incident.Entry{Kind: incident.EntryNote, At: at, Actor: incident.ActorOf(who), Note: do.Note}
		if moves {
			i.State, e.Kind = to, incident.EntryKind(to)
			i.Stages = append(i.Stages, incident.Stage{State: to, At: at, Received: d.now(), By: e.Actor, Note: do.Note})
		}
		if to == incident.Resolved {
			i.ResolvedAt = &at
		}
		err = tx.Save(i, e)
		out = *i
		return err
	})
	return out, err
}

func (d deskStandIn) Enter(ctx context.Context, who authz.Principal, n incident.New) (out incident.Incident, fresh bool, err error) {
	fingerprint := n.Kind + "@" + fmt.Sprint(n.Place) + "#" + n.Reference
	err = d.store.Update(ctx, func(tx *incident.Tx) error {
		if known, err := tx.Newest(fingerprint); n.Reference != "" && !errors.Is(err, incident.ErrNotFound) {
			if err == nil {
				out = *known
			}
			return err
		}
		out, fresh = d.incident(fingerprint, n), true
		return tx.Save(&out, incident.Entry{Kind: incident.EntryOpened, At: out.StartedAt, Actor: incident.ActorOf(who), Note: n.Note})
	})
	return out, fresh, err
}

func (d deskStandIn) incident(fingerprint string, n incident.New) incident.Incident {
	at := n.At
	if at.IsZero() {
		at = d.now()
	}
	return incident.Incident{
		ID: incident.NewID(fingerprint, at), Fingerprint: fingerprint, Kind: n.Kind, Title: n.Title, Summary: n.Title, Severity: n.Severity,
		Labels: map[string]string{}, Place: n.Place, Building: n.Building, Class: n.Class, Device: n.Device, State: incident.Firing,
		Group: n.Kind, Count: 1, StartedAt: at, Received: d.now(), Stages: []incident.Stage{}, Clocks: []incident.Clock{}, Told: []incident.Told{},
		Plan: []incident.Due{{At: at.Add(time.Hour), What: "escalate", Step: 1}}, Comings: []time.Time{at},
	}
}

func (d deskStandIn) External(ctx context.Context, who authz.Principal, alerts []External) (r ExternalResult, err error) {
	err = d.store.Update(ctx, func(tx *incident.Tx) error {
		for _, x := range alerts {
			fingerprint := "external:" + x.Fingerprint + "@" + fmt.Sprint(x.Place)
			open, err := tx.Open(fingerprint)
			switch {
			case err != nil && !errors.Is(err, incident.ErrNotFound):
				return err
			case open == nil && x.EndedAt.IsZero():
				i := d.incident(fingerprint, incident.New{
					Kind: "external", Title: incident.Text{EN: x.Name}, Severity: x.Severity, Place: x.Place, Class: x.Class, Device: x.Device, At: x.StartedAt,
				})
				i.Labels, i.Summary = x.Labels, incident.Text{EN: x.Summary}
				err = tx.Save(&i, incident.Entry{Kind: incident.EntryOpened, At: x.StartedAt, Actor: incident.ActorOf(who)})
				r.Opened++
			case open != nil && !x.EndedAt.IsZero():
				open.State, open.ResolvedAt = incident.Resolved, &x.EndedAt
				err = tx.Save(open, incident.Entry{Kind: incident.EntryResolved, At: x.EndedAt, Actor: incident.ActorOf(who)})
				r.Resolved++
			default:
				err = nil
				r.Unchanged++
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

func (d deskStandIn) Pending(scope authz.Scope, limit int) ([]PendingCondition, bool) {
	var all []PendingCondition
	for _, at := range estates() {
		if scope.Covers(at) {
			all = append(all, PendingCondition{Rule: "overload", Severity: telemetry.Warning, Place: at, Class: telemetry.Meter, Device: "m-" + at.Project, Since: d.now(), FiresAt: d.now().Add(time.Minute)})
		}
	}
	n := min(len(all), limit)
	return all[:n], n < len(all)
}

// rulesStandIn has two rules of a file, and those of the registry. It reads the
// lines name, kind, place and when of a text.
type rulesStandIn struct {
	registry *registry.Store
	scopes   []authz.Scope // in which rules were tried
	lasting  []RuleInfo    // which the registry has not, and are in force for a moment yet
}

// What the shipped rules of the tests watch: everything, and one estate.
func shippedRules() []RuleInfo {
	return []RuleInfo{
		{Name: "overload", Kind: "value", Mode: "enabled", Incident: "overload", Title: incident.Text{ZH: "过载", EN: "Overload"}, Severity: telemetry.Warning, Source: "meter.yaml", Line: 3},
		{Name: "park-own", Kind: "value", Mode: "shadow", Incident: "overload", Place: park, Severity: telemetry.Info, Source: "zqpark.yaml", Line: 1},
	}
}

func ruleOf(name string, at authz.Place) string {
	return fmt.Sprintf("name: %s\nplace: %s\nwhen: value > 400\n", name, at)
}

func (r *rulesStandIn) InForce(scope authz.Scope) []RuleInfo {
	all := shippedRules()
	l, err := r.registry.As(root).AlertRules(context.Background(), registry.Page{Limit: 1000})
	if err != nil {
		panic(err)
	}
	for _, own := range l.Items {
		info, _ := r.Check(own.Text)
		info.Source, info.Text, info.Version = ruleSourceAPI, own.Text, own.Version
		all = slices.DeleteFunc(all, func(r RuleInfo) bool { return r.Name == own.Name })
		all = append(all, info)
	}
	all = append(all, r.lasting...)
	return slices.DeleteFunc(all, func(r RuleInfo) bool { return !scope.Touches(r.Place) })
}

func (r *rulesStandIn) Check(text string) (RuleInfo, []RuleProblem) {
	info := RuleInfo{Kind: "value", Mode: "enabled", Incident: "overload", Severity: telemetry.Warning}
	var problems []RuleProblem
	n := 0
	for line := range strings.Lines(text) {
		n++
		field, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		var err error
		switch field {
		case "name":
			if info.Name = value; telemetry.CheckSegment(value) != nil {
				err = fmt.Errorf("%q is not a name", value)
			}
		case "kind":
			info.Kind = value
		case "place":
			info.Place, err = authz.ParsePlace(value)
		case "when":
			if value != "value > 400" {
				err = errors.New("unknown name power")
			}
		default:
			err = errors.New("unknown field")
		}
		if err != nil {
			problems = append(problems, RuleProblem{Line: n, Column: len(field) + 3, Field: field, Problem: err.Error()})
		}
	}
	if info.Name == "" && len(problems) == 0 {
		problems = append(problems, RuleProblem{Field: "name", Problem: "is missing"})
	}
	return info, problems
}

func (r *rulesStandIn) Backtest(_ context.Context, scope authz.Scope, q BacktestQuery) (BacktestResult, error) {
	info, problems := r.Check(q.Text)
	if q.Name == "" && len(problems) > 0 {
		return BacktestResult{}, &RuleError{problems}
	}
	r.scopes = append(r.scopes, scope)
	out := BacktestResult{Rule: info, From: q.From, To: q.To, Read: 7}
	for _, at := range estates() {
		if scope.Covers(at) {
			out.Fired++
			out.Intervals = append(out.Intervals, BacktestInterval{Place: at, Device: "m-" + at.Project, From: q.From})
			out.Projects = append(out.Projects, BacktestTotal{Place: at, Fired: 1})
		}
	}
	return out, nil
}

// onCallStandIn has a schedule of headquarters and one of each estate.
type onCallStandIn struct{}

func (onCallStandIn) Schedules(_ context.Context, _ authz.Scope, from, to time.Time) ([]Schedule, error) {
	all := []Schedule{{Name: "duty", Now: []string{"li.wei"}, Shifts: []Shift{{Contact: "li.wei", From: from, To: to}}}}
	for _, at := range estates() {
		all = append(all, Schedule{Name: "duty-" + at.Project, Place: at})
	}
	return all, nil
}

// channelsStandIn has one that works and one that does not.
type channelsStandIn struct{}

func (channelsStandIn) List() []Channel {
	return []Channel{{Name: "broken", Kind: "webhook"}, {Name: "duty-room", Kind: "dingtalk"}}
}

func (channelsStandIn) Test(_ context.Context, name string) error {
	switch name {
	case "duty-room":
		return nil
	case "broken":
		return errors.New("the other side answered with 500")
	}
	return registry.ErrNotFound
}
