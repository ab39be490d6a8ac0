package api

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// Desk changes incidents: each answer is of what is stored by then. It is
// alerting's.
type Desk interface {
	// Act does something to an incident. A version that is not the present one is
	// registry.ErrConflict, a deed that does not fit is a registry.InvalidError.
	Act(ctx context.Context, who authz.Principal, id string, do incident.Action) (incident.Incident, error)
	// Enter opens what people enter. Of one that was entered before, by its
	// reference, fresh is false.
	Enter(ctx context.Context, who authz.Principal, n incident.New) (i incident.Incident, fresh bool, err error)
	// External takes over what another system raised or ended; all of it or none.
	External(ctx context.Context, who authz.Principal, alerts []External) (ExternalResult, error)
	// Pending are conditions in scope that hold, but not yet for long enough, the
	// next to fire first; more says that there are more than limit.
	Pending(scope authz.Scope, limit int) (waiting []PendingCondition, more bool)
}

// External is an alert of another system, at a place where the caller may act.
type External struct {
	Fingerprint string // unique within the other system; one incident at a time is open for each
	Name        string
	Severity    telemetry.Severity
	authz.Place
	Class     telemetry.Class // with Device; empty when the other system names none
	Device    string
	Labels    map[string]string
	Summary   string
	StartedAt time.Time
	EndedAt   time.Time // zero while it fires
}

// ExternalResult counts what became of External alerts.
type ExternalResult struct {
	Opened    int `json:"opened" doc:"New incidents."`
	Resolved  int `json:"resolved" doc:"Incidents that ended by it."`
	Unchanged int `json:"unchanged" doc:"Alerts that said what was known."`
}

// PendingCondition is a condition that holds, but not yet for as long as its rule
// wants.
type PendingCondition struct {
	Rule     string             `json:"rule" example:"main-meter-overload"`
	Title    incident.Text      `json:"title"`
	Severity telemetry.Severity `json:"severity" example:"warning"`
	authz.Place
	Building string          `json:"building,omitempty"`
	Class    telemetry.Class `json:"class,omitempty" example:"meter"`
	Device   string          `json:"device,omitempty" doc:"Empty when it is of several." example:"m1"`
	Since    time.Time       `json:"since" doc:"When it began to hold, by the device's clock."`
	FiresAt  time.Time       `json:"fires_at" doc:"When it will have held for long enough."`
	Value    *float64        `json:"value,omitempty"`
	Unit     string          `json:"unit,omitempty" example:"kW"`
}

// Rules are the alerting rules in force.
type Rules interface {
	// InForce are those that watch something in scope, by name.
	InForce(scope authz.Scope) []RuleInfo
	// Check reads the text of one rule. It has no name when its problems leave none.
	Check(text string) (RuleInfo, []RuleProblem)
	// Backtest runs a rule over the stored history of what is in scope, and ends
	// early with ctx. A text that cannot be read is a *RuleError. A rule of kind sql,
	// whose query knows no scope, is only tried for administrators of the
	// headquarters.
	Backtest(ctx context.Context, scope authz.Scope, q BacktestQuery) (BacktestResult, error)
}

// RuleInfo is a rule as people see it.
type RuleInfo struct {
	Name     string             `json:"name" example:"main-meter-overload"`
	Kind     string             `json:"kind" example:"value" doc:"value, rate, increase, event, absence, combination or sql."`
	Mode     string             `json:"mode" example:"enabled" doc:"enabled, shadow (recorded, and nobody is told) or disabled."`
	Place    authz.Place        `json:"place" doc:"It watches what is at and below; empty for everything."`
	Class    telemetry.Class    `json:"class,omitempty" example:"meter"`
	Incident string             `json:"incident" example:"overload" doc:"Kind of the incidents that it raises."`
	Title    incident.Text      `json:"title"`
	Runbook  incident.Text      `json:"runbook"`
	Severity telemetry.Severity `json:"severity" example:"warning"`
	Unit     string             `json:"unit,omitempty" example:"kW"`
	Labels   map[string]string  `json:"labels,omitempty"`
	Source   string             `json:"source" example:"meter.yaml" doc:"The file, or api for one that was made here."`
	Line     int                `json:"line,omitempty" doc:"Within the file."`
	Text     string             `json:"text,omitempty" doc:"Its YAML; of a single rule."`
	Firing   int                `json:"firing" doc:"Its incidents that are open, where the caller may see them."`
	Version  int64              `json:"version,omitempty" doc:"Of one that was made here: also its ETag."`
}

// RuleProblem is one thing that is wrong with the text of a rule.
type RuleProblem struct {
	Line    int    `json:"line" doc:"From 1; 0 when it is of all."`
	Column  int    `json:"column" doc:"From 1; 0 when it is of the line."`
	Field   string `json:"field,omitempty" example:"when"`
	Problem string `json:"problem" example:"unknown name power" doc:"What is wrong and what would be right."`
}

// RuleError is a rule that cannot be taken as it is.
type RuleError struct{ Problems []RuleProblem }

func (e *RuleError) Error() string {
	if len(e.Problems) == 0 {
		return "the rule is not right"
	}
	return e.Problems[0].Problem
}

// BacktestQuery says what is tried: the rule in force of a Name, or a Text.
type BacktestQuery struct {
	Name, Text string
	From, To   time.Time
	Most       int // intervals that are listed
}

// BacktestResult is how often a rule would have fired, where and for how long.
type BacktestResult struct {
	Rule      RuleInfo           `json:"rule"`
	From      time.Time          `json:"from"`
	To        time.Time          `json:"to"`
	Fired     int                `json:"fired" doc:"So many incidents."`
	Held      float64            `json:"held_seconds" doc:"So long in all."`
	Intervals []BacktestInterval `json:"intervals" nullable:"false" doc:"The first ones; all are counted."`
	Devices   []BacktestTotal    `json:"devices" nullable:"false" doc:"Those with most, at most 100."`
	Projects  []BacktestTotal    `json:"projects" nullable:"false" doc:"Those with most, at most 100."`
	Read      int64              `json:"readings_read" doc:"Readings, states and events that it was held against."`
	Took      float64            `json:"took_seconds"`
}

// BacktestInterval is one incident that would have been.
type BacktestInterval struct {
	authz.Place
	Building string          `json:"building,omitempty"`
	Class    telemetry.Class `json:"class,omitempty"`
	Device   string          `json:"device,omitempty" doc:"Empty when it is of several."`
	From     time.Time       `json:"from"`
	To       *time.Time      `json:"to,omitempty" doc:"Absent when it did not end."`
	Value    *float64        `json:"value,omitempty"`
}

// BacktestTotal is what there was of a device, or of a project.
type BacktestTotal struct {
	authz.Place
	Class  telemetry.Class `json:"class,omitempty"`
	Device string          `json:"device,omitempty"`
	Fired  int             `json:"fired"`
	Held   float64         `json:"held_seconds"`
}

// OnCall knows who is called when.
type OnCall interface {
	// Schedules are those of the places that scope reaches or that are above
	// them, by name, with their shifts in a time.
	Schedules(ctx context.Context, scope authz.Scope, from, to time.Time) ([]Schedule, error)
}

// Schedule is who is on call.
type Schedule struct {
	Name  string      `json:"name" example:"north-lifts"`
	Place authz.Place `json:"place" doc:"Empty for headquarters."`
	Now   []string    `json:"now" nullable:"false" doc:"Contacts that are on call at present, the first one first."`
	// Contacts may stand in: a name that is none of them would call nobody.
	Contacts []string `json:"contacts" nullable:"false" doc:"Those who may be on call here or stand in: the contacts of the place, of those above and below it, as far as the caller may see these."`
	Shifts   []Shift  `json:"shifts" nullable:"false"`
}

// Shift is one contact's time on call.
type Shift struct {
	Contact  string    `json:"contact" example:"li.wei"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Override bool      `json:"override,omitempty" doc:"Somebody stands in."`
}

// Channels are the ways by which people are told.
type Channels interface {
	List() []Channel // by name
	// Test sends a message that says that it is a test. An unknown name is
	// registry.ErrNotFound. Other errors say why it was not taken, without secrets.
	Test(ctx context.Context, name string) error
}

// Channel is one way by which people are told, without its secrets.
type Channel struct {
	Name string `json:"name" example:"duty-room"`
	Kind string `json:"kind" example:"dingtalk" doc:"mail, dingtalk, wecom, feishu, webhook, cloudevents, alertmanager or mqtt."`
}

// desk is alerting's part that changes incidents, if it is in this process.
func (a *API) desk() (Desk, error) {
	if a.Desk == nil {
		return nil, notHere("alerting")
	}
	return a.Desk, nil
}

// rules is alerting's part that knows the rules, if it is in this process.
func (a *API) rules() (Rules, error) {
	if a.Rules == nil {
		return nil, notHere("alerting")
	}
	return a.Rules, nil
}

// incidents are those that the caller may see.
func (a *API) incidents(c caller) (*incident.View, error) {
	if a.Incidents == nil {
		return nil, notHere("the store of incidents")
	}
	return a.Incidents.As(c.Principal), nil
}
