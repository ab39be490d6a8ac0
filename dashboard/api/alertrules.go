package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
)

type alertRulesIn struct {
	PageIn
	Mode   string `query:"mode" enum:"enabled,shadow,disabled" doc:"Only those in this mode."`
	Search string `query:"search" maxLength:"200" doc:"Part of the name, the title or the kind of incident, in any case."`
}

func (in *alertRulesIn) matches(r *RuleInfo) bool {
	text := strings.ToLower(r.Name + "\n" + r.Title.ZH + "\n" + r.Title.EN + "\n" + r.Incident)
	return (in.Mode == "" || in.Mode == r.Mode) && strings.Contains(text, strings.ToLower(in.Search))
}

type AlertRulePath struct {
	Name string `path:"name" pattern:"^[a-z0-9][a-z0-9_-]{0,63}$" example:"main-meter-overload" doc:"The rule's name."`
}

// ruleText is what is sent of a rule: all else it says itself.
type ruleText struct {
	Text string `json:"text" required:"true" minLength:"1" maxLength:"16000" doc:"The YAML of one rule, as in the files."`
	Mode string `json:"mode,omitempty" enum:"enabled,shadow,disabled" doc:"Instead of what the text says."`
}

type alertRuleCreate struct{ Body ruleText }

type alertRuleCheck struct {
	Body struct {
		Text string `json:"text" required:"true" minLength:"1" maxLength:"16000" doc:"The YAML of one rule."`
	} `nameHint:"CheckRule"`
}

type alertRuleUpdate struct {
	AlertRulePath
	Guarded
	Body ruleText
}

type alertRuleDelete struct {
	AlertRulePath
	Guarded
}

type alertRuleHistory struct {
	AlertRulePath
	PageIn
}

type alertRuleOut struct {
	ETag     string `header:"ETag" doc:"The version of a rule that was made here, for If-Match."`
	Location string `header:"Location" doc:"Where a new rule is."`
	Body     RuleInfo
}

type ruleCheckOut struct {
	Body struct {
		Rule     *RuleInfo     `json:"rule,omitempty" doc:"As it was understood; absent when it has problems."`
		Problems []RuleProblem `json:"problems" nullable:"false" doc:"Empty when the rule can be taken."`
	} `nameHint:"RuleCheck"`
}

const oneAlertRule = "/alert-rules/{name}"

// manyRules is room for the longest text of a rule, in Chinese and escaped.
const manyRules = 192 << 10

func (a *API) registerAlertRules() {
	const text = "name: main-meter-overload\nkind: value\nclass: meter\nmetric: power_kw\nwhen: value > 400\nuntil: value < 380\nfor: 5m\n" +
		"severity: warning\nincident: overload\nunit: kW\ntitle: {zh: 总表过载, en: Main meter overloaded}\n" +
		"runbook: {zh: 查看哪一路负荷突增。, en: Find the feeder whose load rose.}\n"
	shipped, own := exampleRuleInfo(), exampleRuleInfo()
	own.Source, own.Line, own.Version, own.Text, own.Place = ruleSourceAPI, 0, 7, text, authz.Place{Region: "north", Project: "harbour"}
	register(a, authz.Read, operation{
		ID: "list-alert-rules", Method: http.MethodGet, Path: "/alert-rules", Tag: "Alert rules", Summary: "List the alerting rules in force",
		Description: "Those of the files and those that were made here, by name, as far as they watch something that the caller may see. Their text is given with a single rule.",
		Answer:      listBody[RuleInfo]{Items: []RuleInfo{shipped}},
	}, a.listAlertRules)
	register(a, authz.Configure, operation{
		ID: "create-alert-rule", Method: http.MethodPost, Path: "/alert-rules", Tag: "Alert rules", Summary: "Create an alerting rule",
		Description: "It is in force within seconds. One with the name of a file's rule stands in for that: only for everything, and by administrators of the headquarters.",
		Status:      http.StatusCreated, MaxBody: manyRules, Request: ruleText{Text: text}, Answer: own,
	}, a.createAlertRule)
	register(a, authz.Configure, operation{
		ID: "check-alert-rule", ReadOnly: true, Method: http.MethodPost, Path: "/alert-rules/check", Tag: "Alert rules", Summary: "Find out whether a rule can be taken",
		Description: "Nothing is kept.", MaxBody: manyRules, Request: map[string]any{"text": "kind: value\nwhen: power > 400\n"},
		Answer: map[string]any{"problems": []RuleProblem{{Line: 2, Column: 7, Field: "when", Problem: "unknown name power: a rule of kind value has value, metric, unit, ts, device and project"}}},
	}, func(_ context.Context, _ caller, in *alertRuleCheck) (*ruleCheckOut, error) {
		rules, err := a.rules()
		if err != nil {
			return nil, err
		}
		out := &ruleCheckOut{}
		info, problems := rules.Check(in.Body.Text)
		if out.Body.Problems = problems; len(problems) == 0 {
			out.Body.Rule, out.Body.Problems = &info, []RuleProblem{}
		}
		return out, nil
	})
	a.registerBacktest()
	register(a, authz.Read, operation{
		ID: "get-alert-rule", Method: http.MethodGet, Path: oneAlertRule, Tag: "Alert rules", Summary: "Read an alerting rule", Answer: own,
	}, func(ctx context.Context, c caller, in *AlertRulePath) (*alertRuleOut, error) {
		r, err := a.alertRule(ctx, c, in.Name)
		return ruleAnswer(r), err
	})
	register(a, authz.Configure, operation{
		ID: "replace-alert-rule", Method: http.MethodPut, Path: oneAlertRule, Tag: "Alert rules", Summary: "Change an alerting rule that was made here",
		Description: "What the rule has raised is over when its text is another.", MaxBody: manyRules, Request: ruleText{Text: text}, Answer: own,
	}, a.replaceAlertRule)
	register(a, authz.Configure, operation{
		ID: "delete-alert-rule", Method: http.MethodDelete, Path: oneAlertRule, Tag: "Alert rules", Summary: "Delete an alerting rule that was made here",
		Description: "What it has raised is over. A file's rule with its name is in force again.",
	}, func(ctx context.Context, c caller, in *alertRuleDelete) (*nothing, error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		return &nothing{}, a.as(c).DeleteAlertRule(ctx, in.Name, version)
	})
	register(a, authz.Read, operation{
		ID: "alert-rule-history", Method: http.MethodGet, Path: oneAlertRule + "/history", Tag: "Alert rules", Summary: "Read what was changed of an alerting rule",
		Description: newestFirst, Answer: exampleEntries,
	}, func(ctx context.Context, c caller, in *alertRuleHistory) (*listOut[auditEntry], error) {
		changes, err := a.history(ctx, c, registry.KindAlertRule, in.Name, in.PageIn)
		if !errors.Is(err, registry.ErrNotFound) {
			return changes, err
		}
		// A rule of a file is there, and has no history here.
		if rule, missing := a.ruleInForce(c, in.Name); missing != nil || rule.Source == ruleSourceAPI {
			return nil, err
		}
		return list[auditEntry](ctx, nil, ""), nil
	})
}

// ruleSourceAPI is the source of rules that are in the registry.
const ruleSourceAPI = "api"

func (a *API) listAlertRules(ctx context.Context, c caller, in *alertRulesIn) (*listOut[RuleInfo], error) {
	rules, err := a.rules()
	if err != nil {
		return nil, err
	}
	firing, err := a.firing(ctx, c, "")
	if err != nil {
		return nil, err
	}
	all := visibleRules(c, rules)
	from, found := slices.BinarySearchFunc(all, in.Cursor, func(r RuleInfo, name string) int { return strings.Compare(r.Name, name) })
	if found {
		from++
	}
	var items []RuleInfo
	next := ""
	for _, r := range all[from:] {
		if !in.matches(&r) {
			continue
		}
		if len(items) == in.Limit {
			next = items[len(items)-1].Name
			break
		}
		r.Firing, r.Text = firing[r.Name], ""
		items = append(items, r)
	}
	return list(ctx, items, next), nil
}

// visibleRules are those that watch something that the caller may see, by name.
func visibleRules(c caller, rules Rules) []RuleInfo {
	scope := c.Principal.Scope(authz.Read)
	visible := rules.InForce(scope)
	visible = slices.DeleteFunc(slices.Clone(visible), func(r RuleInfo) bool { return !scope.Touches(r.Place) })
	slices.SortFunc(visible, func(a, b RuleInfo) int { return strings.Compare(a.Name, b.Name) })
	return visible
}

// ruleInForce is a rule that the caller may see.
func (a *API) ruleInForce(c caller, name string) (RuleInfo, error) {
	rules, err := a.rules()
	if err != nil {
		return RuleInfo{}, err
	}
	visible := visibleRules(c, rules)
	i, found := slices.BinarySearchFunc(visible, name, func(r RuleInfo, name string) int { return strings.Compare(r.Name, name) })
	if !found {
		return RuleInfo{}, registry.ErrNotFound
	}
	return visible[i], nil
}

// alertRule is one rule: as it is in the registry, where it takes effect a moment
// later, or else as it is in force.
func (a *API) alertRule(ctx context.Context, c caller, name string) (RuleInfo, error) {
	own, err := a.as(c).AlertRule(ctx, name)
	var info RuleInfo
	switch {
	case errors.Is(err, registry.ErrNotFound):
		// One of a place above the caller's is seen, for it watches what is his; its
		// text may speak of what is not.
		if info, err = a.ruleInForce(c, name); info.Source == ruleSourceAPI {
			if c.Principal.Scope(authz.Read).Covers(info.Place) {
				return RuleInfo{}, registry.ErrNotFound // deleted, and in force for a moment yet
			}
			info.Text, info.Version = "", 0
		}
	case err == nil:
		info, err = a.ownRule(own)
	}
	if err != nil {
		return RuleInfo{}, err
	}
	firing, err := a.firing(ctx, c, name)
	info.Firing = firing[name]
	return info, err
}

// ownRule is a rule of the registry as people see it. Its text was checked when
// it was entered; one that a newer version does not take any more says so by
// having nothing but its name and text.
func (a *API) ownRule(own registry.AlertRule) (RuleInfo, error) {
	rules, err := a.rules()
	if err != nil {
		return RuleInfo{}, err
	}
	info, problems := rules.Check(own.Text)
	if len(problems) > 0 {
		info = RuleInfo{}
	}
	info.Name, info.Place, info.Text, info.Version = own.Name, own.Place(), own.Text, own.Version
	info.Source, info.Line = ruleSourceAPI, 0
	if own.Mode != "" {
		info.Mode = own.Mode
	}
	return info, nil
}

func ruleAnswer(r RuleInfo) *alertRuleOut {
	out := &alertRuleOut{Body: r}
	if r.Version > 0 {
		out.ETag = etag(r.Version)
	}
	return out
}

func (a *API) createAlertRule(ctx context.Context, c caller, in *alertRuleCreate) (*alertRuleOut, error) {
	r, err := a.readRule(ctx, c, in.Body)
	if err != nil {
		return nil, err
	}
	made, err := a.as(c).CreateAlertRule(ctx, r)
	if err != nil {
		return nil, err
	}
	info, err := a.ownRule(made)
	out := ruleAnswer(info)
	out.Location = Prefix + "/alert-rules/" + made.Name
	return out, err
}

func (a *API) replaceAlertRule(ctx context.Context, c caller, in *alertRuleUpdate) (*alertRuleOut, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	if _, err := a.as(c).AlertRule(ctx, in.Name); err != nil {
		return nil, err
	}
	r, err := a.readRule(ctx, c, in.Body)
	if err != nil {
		return nil, err
	}
	if err := same("text.name", &r.Name, in.Name); err != nil {
		return nil, err
	}
	r.Version = version
	changed, err := a.as(c).UpdateAlertRule(ctx, r)
	if err != nil {
		return nil, err
	}
	info, err := a.ownRule(changed)
	return ruleAnswer(info), err
}

// readRule makes an object of the registry of a rule's text, which says its name
// and place itself.
func (a *API) readRule(ctx context.Context, c caller, sent ruleText) (registry.AlertRule, error) {
	rules, err := a.rules()
	if err != nil {
		return registry.AlertRule{}, err
	}
	info, problems := rules.Check(sent.Text)
	if len(problems) > 0 {
		return registry.AlertRule{}, (&RuleError{problems}).problem("text")
	}
	if err := a.mayBeAt(ctx, c, info.Place); err != nil {
		return registry.AlertRule{}, err
	}
	// Whoever configures one project must not take a rule away from the others.
	for _, r := range rules.InForce(authz.Everything()) {
		if r.Name == info.Name && r.Source != ruleSourceAPI && !info.Place.Contains(r.Place) {
			return registry.AlertRule{}, problem(http.StatusConflict, CodeExists,
				"a rule of the files has the name %s and watches more than this one, which would replace it: choose another name", info.Name)
		}
	}
	return registry.AlertRule{Name: info.Name, Region: info.Place.Region, Project: info.Place.Project, Text: sent.Text, Mode: sent.Mode}, nil
}

// problem is a rule that cannot be taken, as a caller is told.
func (e *RuleError) problem(field string) *Problem {
	fields := make([]FieldProblem, 0, len(e.Problems))
	for _, p := range e.Problems {
		what := p.Problem
		if p.Field != "" {
			what = p.Field + ": " + what
		}
		switch {
		case p.Line > 0 && p.Column > 0:
			what = fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, what)
		case p.Line > 0:
			what = fmt.Sprintf("line %d: %s", p.Line, what)
		}
		fields = append(fields, FieldProblem{Field: field, Problem: what})
	}
	return invalidFields(fields)
}

// firing is how many incidents of each rule are open where the caller may see
// them, of one rule or of all; of at most incident.MaxOpen incidents.
func (a *API) firing(ctx context.Context, c caller, rule string) (map[string]int, error) {
	view, err := a.incidents(c)
	if err != nil {
		return nil, err
	}
	firing := map[string]int{}
	for _, shadow := range []bool{false, true} {
		f, page := incident.Filter{Open: true, Shadow: shadow, Rule: rule}, registry.Page{Limit: 1000}
		for range incident.MaxOpen / page.Limit {
			l, err := view.List(ctx, f, page)
			if err != nil {
				return nil, err
			}
			for i := range l.Items {
				firing[l.Items[i].Rule]++
			}
			if page.Cursor = l.Next; page.Cursor == "" {
				break
			}
		}
	}
	return firing, nil
}
