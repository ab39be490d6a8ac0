package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Bounds of a back-test: whoever wants more runs it at the command line.
const (
	backtestTimeout = 2 * time.Minute
	backtestLongest = 366 * 24 * time.Hour
)

// ruleOfSQL is the kind of the rules whose queries know no scope.
const ruleOfSQL = "sql"

type backtestIn struct {
	Body struct {
		Name  string    `json:"name,omitempty" maxLength:"64" doc:"A rule in force; or else text." example:"main-meter-overload"`
		Text  string    `json:"text,omitempty" maxLength:"16000" doc:"The YAML of one rule; instead of name."`
		From  time.Time `json:"from" required:"true" doc:"Not before."`
		To    time.Time `json:"to,omitzero" doc:"Before; the present when absent. A year after from at most."`
		Limit int       `json:"limit,omitempty" minimum:"1" maximum:"1000" default:"1000" doc:"At most so many intervals are listed; all are counted."`
	} `nameHint:"Backtest"`
}

type backtestOut struct{ Body BacktestResult }

func (a *API) registerBacktest() {
	value, end := 412.5, exampleTime.Add(11*time.Minute)
	at := authz.Place{Region: "north", Project: "harbour"}
	register(a, authz.Configure, operation{
		ID: "backtest-alert-rule", ReadOnly: true, Method: http.MethodPost, Path: "/alert-rules/backtest", Tag: "Alert rules", Summary: "Find out how often a rule would have fired",
		Description: "The rule is held against the stored history of the places that the caller configures, and nothing is raised.",
		Heavy:       true, Timeout: backtestTimeout, MaxBody: manyRules,
		Request: map[string]any{"name": "main-meter-overload", "from": exampleTime.AddDate(0, -1, 0), "to": exampleTime},
		Answer: BacktestResult{
			Rule: exampleRuleInfo(), From: exampleTime.AddDate(0, -1, 0), To: exampleTime, Fired: 1, Held: 660,
			Intervals: []BacktestInterval{{Place: at, Building: "b3", Class: telemetry.Meter, Device: "m1", From: exampleTime, To: &end, Value: &value}},
			Devices:   []BacktestTotal{{Place: at, Class: telemetry.Meter, Device: "m1", Fired: 1, Held: 660}},
			Projects:  []BacktestTotal{{Place: at, Fired: 1, Held: 660}},
			Read:      1_296_000, Took: 1.4,
		},
	}, a.backtest)
}

func (a *API) backtest(ctx context.Context, c caller, in *backtestIn) (*backtestOut, error) {
	q := BacktestQuery{Name: in.Body.Name, Text: in.Body.Text, From: in.Body.From, To: in.Body.To, Most: in.Body.Limit}
	if q.To.IsZero() {
		q.To = a.Now()
	}
	if q.Most == 0 {
		q.Most = 1000
	}
	switch {
	case (q.Name == "") == (q.Text == ""):
		return nil, invalid("name", q.Name, "say which rule: either by name, or by its text")
	case !within(q.From) || !within(q.To):
		return nil, invalid("from", "", "the time is not between 1970 and 2200")
	case !q.From.Before(q.To):
		return nil, invalid("from", q.From.Format(time.RFC3339), "is not before to")
	case q.To.Sub(q.From) > backtestLongest:
		return nil, invalid("to", q.To.Format(time.RFC3339), "is more than a year after from: use steward alert backtest for more")
	}
	rules, err := a.rules()
	if err != nil {
		return nil, err
	}
	tried, problems := rules.Check(q.Text)
	switch {
	case q.Name != "":
		// Whoever may not see the rule may not learn of it by trying it either.
		if tried, err = a.ruleInForce(c, q.Name); err != nil {
			return nil, err
		}
	case len(problems) > 0:
		return nil, (&RuleError{problems}).problem("text")
	}
	if tried.Kind == ruleOfSQL && !c.Principal.May(authz.Administer, authz.HQ) {
		return nil, problem(http.StatusForbidden, CodeNotAllowed, "a rule of kind sql reads everything: it is for administrators of the headquarters")
	}
	result, err := rules.Backtest(ctx, c.Scope(), q)
	var wrong *RuleError
	switch {
	case errors.As(err, &wrong):
		return nil, wrong.problem("text")
	case err != nil:
		return nil, err
	}
	result.complete(q.Most)
	return &backtestOut{result}, nil
}

// complete holds a result to what the document says of it.
func (r *BacktestResult) complete(most int) {
	if r.Intervals == nil {
		r.Intervals = []BacktestInterval{}
	}
	if r.Devices == nil {
		r.Devices = []BacktestTotal{}
	}
	if r.Projects == nil {
		r.Projects = []BacktestTotal{}
	}
	r.Intervals = r.Intervals[:min(len(r.Intervals), most)]
	r.Devices = r.Devices[:min(len(r.Devices), 1000)]
}

func exampleRuleInfo() RuleInfo {
	return RuleInfo{
		Name: "main-meter-overload", Kind: "value", Mode: "enabled", Class: telemetry.Meter, Incident: "overload",
		Title:    incident.Text{ZH: "总表过载", EN: "Main meter overloaded"},
		Runbook:  incident.Text{ZH: "查看哪一路负荷突增，必要时分批切除。", EN: "Find the feeder whose load rose, and shed load in steps if needed."},
		Severity: telemetry.Warning, Unit: "kW", Source: "meter.yaml", Line: 12,
	}
}
