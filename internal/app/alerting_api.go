package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"steward/alerting/desk"
	"steward/alerting/route"
	"steward/alerting/rule"
	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
)

// What the API asks of alerting.

// deskDoor does people's deeds.
type deskDoor struct{ app *App }

func (d deskDoor) update(ctx context.Context, do func(tx *incident.Tx, now time.Time) error) error {
	return d.app.incidents.Update(ctx, func(tx *incident.Tx) error { return do(tx, tx.Now()) })
}

func (d deskDoor) Act(ctx context.Context, who authz.Principal, id string, a incident.Action) (inc incident.Incident, err error) {
	err = d.update(ctx, func(tx *incident.Tx, now time.Time) error {
		changed, err := d.app.alerting.Desk().Act(tx, who, id, a, now)
		if err == nil {
			inc = *changed
		}
		return err
	})
	return inc, err
}

func (d deskDoor) Enter(ctx context.Context, who authz.Principal, n incident.New) (inc incident.Incident, fresh bool, err error) {
	err = d.update(ctx, func(tx *incident.Tx, now time.Time) error {
		made, isFresh, err := d.app.alerting.Desk().Enter(tx, who, n, now)
		if err == nil {
			inc, fresh = *made, isFresh
		}
		return err
	})
	return inc, fresh, err
}

func (d deskDoor) External(ctx context.Context, who authz.Principal, alerts []api.External) (r api.ExternalResult, err error) {
	err = d.update(ctx, func(tx *incident.Tx, now time.Time) error {
		r = api.ExternalResult{}
		for _, x := range alerts {
			changed, err := d.app.alerting.Desk().External(tx, who, desk.External(x), now)
			switch {
			case err != nil:
				return err
			case !changed:
				r.Unchanged++
			case x.EndedAt.IsZero():
				r.Opened++
			default:
				r.Resolved++
			}
		}
		return nil
	})
	return r, err
}

func (d deskDoor) Pending(scope authz.Scope, limit int) (waiting []api.PendingCondition, more bool) {
	for _, w := range d.app.alerting.Waiting() {
		if !scope.Covers(w.Place) {
			continue
		}
		if len(waiting) == limit {
			return waiting, true
		}
		waiting = append(waiting, api.PendingCondition{
			Rule: w.Rule.Name, Title: w.Rule.Title, Severity: w.Rule.Severity, Place: w.Place, Building: w.Building,
			Class: w.Device.Class, Device: w.Device.ID, Since: w.Since.Time(), FiresAt: w.FiresAt.Time(), Value: w.Value, Unit: w.Rule.Unit,
		})
	}
	return waiting, false
}

// rulesInForce shows the rules, and tries new ones.
type rulesInForce struct{ app *App }

func (r rulesInForce) InForce(scope authz.Scope) []api.RuleInfo {
	all := []api.RuleInfo{}
	set := r.app.alerting.Rules()
	for _, name := range slices.Sorted(maps.Keys(set.ByName)) {
		if one := set.ByName[name]; scope.Touches(one.Place) {
			all = append(all, ruleInfo(one))
		}
	}
	return all
}

func ruleInfo(r *rule.Rule) api.RuleInfo {
	source := r.Path
	if source == "" {
		source = ruleSource
	}
	return api.RuleInfo{
		Name: r.Name, Kind: string(r.Kind), Mode: string(r.Mode), Place: r.Place, Class: r.Class, Incident: r.Incident,
		Title: r.Title, Runbook: r.Runbook, Severity: r.Severity, Unit: r.Unit, Labels: r.Labels, Source: source, Line: r.Line, Text: r.Text,
	}
}

func (r rulesInForce) Check(text string) (api.RuleInfo, []api.RuleProblem) {
	one, err := rule.ParseOne(ruleSource, []byte(text))
	if err != nil {
		return api.RuleInfo{}, ruleProblems(err)
	}
	return ruleInfo(one), nil
}

func ruleProblems(err error) []api.RuleProblem {
	var out []api.RuleProblem
	for _, e := range problemsOf(err) {
		out = append(out, api.RuleProblem{Line: e.Line, Problem: e.Problem})
	}
	return out
}

func (r rulesInForce) Backtest(ctx context.Context, scope authz.Scope, q api.BacktestQuery) (api.BacktestResult, error) {
	rules := r.app.alerting.Rules()
	one := rules.ByName[q.Name]
	if q.Text != "" {
		var err error
		if one, err = rule.ParseOne(ruleSource, []byte(q.Text)); err != nil {
			return api.BacktestResult{}, &api.RuleError{Problems: ruleProblems(err)}
		}
	}
	if one == nil {
		return api.BacktestResult{}, registry.ErrNotFound
	}
	if one.Kind == rule.SQL && !scope.All() {
		return api.BacktestResult{}, registry.ErrForbidden // its query reads everything
	}
	set, err := alone(one, rules)
	if err != nil {
		return api.BacktestResult{}, &api.RuleError{Problems: ruleProblems(err)}
	}
	result, err := backtestRule(ctx, r.app.db, r.app.estate, scope, set, one.Name, q.From, q.To, nil)
	if err != nil {
		return api.BacktestResult{}, err
	}
	info := ruleInfo(one)
	if q.Text == "" {
		info.Text = "" // who may read it is for the list of rules to say
	}
	out := api.BacktestResult{
		Rule: info, From: result.From, To: result.To, Fired: result.Fired, Held: result.Held,
		Intervals: []api.BacktestInterval{}, Devices: []api.BacktestTotal{}, Projects: []api.BacktestTotal{},
		Read: int64(result.Messages), Took: result.Took,
	}
	for _, i := range result.Intervals[:min(len(result.Intervals), max(q.Most, 0))] {
		out.Intervals = append(out.Intervals, api.BacktestInterval{
			Place: i.Place, Building: i.Building, Class: i.Class, Device: i.Device, From: i.From, To: i.To, Value: i.Value,
		})
	}
	for _, t := range result.Devices {
		out.Devices = append(out.Devices, api.BacktestTotal(t))
	}
	for _, t := range result.Projects {
		out.Projects = append(out.Projects, api.BacktestTotal(t))
	}
	return out, nil
}

// onCall knows who is called when.
type onCall struct{ app *App }

func (o onCall) Schedules(_ context.Context, scope authz.Scope, from, to time.Time) ([]api.Schedule, error) {
	setup := o.app.alerting.Desk().Setup()
	plan, overrides := setup.Plan, setup.Overrides
	out := []api.Schedule{}
	now := time.Now()
	for _, s := range plan.Schedules {
		if !scope.Touches(s.Place) {
			continue
		}
		one := api.Schedule{Name: s.Name, Place: s.Place, Now: plan.OnCall(s.Name, now, overrides), Contacts: []string{}, Shifts: []api.Shift{}}
		for _, c := range plan.Contacts {
			if (c.Place.Contains(s.Place) || s.Place.Contains(c.Place)) && scope.Touches(c.Place) {
				one.Contacts = append(one.Contacts, c.Name)
			}
		}
		if one.Now == nil {
			one.Now = []string{}
		}
		for _, shift := range plan.Shifts(s.Name, from, to, overrides) {
			for _, contact := range shift.Contacts {
				one.Shifts = append(one.Shifts, api.Shift{
					Contact: contact, From: shift.From, To: shift.Until,
					Override: slices.ContainsFunc(overrides, func(o route.Override) bool {
						return o.Schedule == s.Name && o.Place.Contains(s.Place) && o.Contact == contact && !shift.From.Before(o.From) && shift.From.Before(o.Until)
					}),
				})
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// channelList shows the channels, and tries them.
type channelList struct{ app *App }

func (c channelList) List() []api.Channel {
	out := []api.Channel{}
	for _, name := range c.app.channels.Names() {
		out = append(out, api.Channel{Name: name, Kind: c.app.channels.Kind(name)})
	}
	return out
}

func (c channelList) Test(ctx context.Context, name string) error {
	if c.app.channels.Kind(name) == "" {
		return registry.ErrNotFound
	}
	return c.app.channels.Test(ctx, name)
}
