package replacement

import "steward/analytics/forecast"

// Plan is the document "plan" of the job replacement: of the company (no region),
// of each region and of each project, each with its own list.
type Plan struct {
	Year     int      `json:"year"`
	Budget   float64  `json:"budget_cny"` // 0: without a limit, or of another place
	Cost     float64  `json:"cost_cny"`   // of those that are in
	Avoided  Money    `json:"avoided_cny"`
	Lines    []Line   `json:"lines"` // ranked; those within the budget first
	Devices  int      `json:"devices"`
	Unknown  int      `json:"devices_without_forecast"`
	Warnings []string `json:"warnings,omitempty"`

	// BudgetOf is whose budget decides what is within: hq, a region or region/project.
	// Where that is a place above, the plan is this place's part of the one there, and
	// neither Budget nor Short is told here.
	BudgetOf string `json:"budget_of"`
	Within   int    `json:"devices_within_budget"`
	// What the law or a standard wants by the end of the year, within the budget or
	// not. Short is what the budget lacks for it.
	Mandatory     int     `json:"mandatory_devices"`
	MandatoryCost float64 `json:"mandatory_cost_cny"`
	Short         float64 `json:"mandatory_short_cny"`
	Unpriced      int     `json:"devices_without_cost"` // of which nobody knows what replacing them costs
	Kept          int     `json:"devices_kept"`         // a new one would fail as often, or more
	Dear          int     `json:"devices_not_worth"`    // listed at the end, and never within
	Omitted       int     `json:"lines_omitted"`        // ranked below those listed

	Run   string  `json:"lifetimes_run"` // where the forecasts are from
	Asof  string  `json:"as_of"`         // until when lives were watched
	Level float64 `json:"level"`         // of all intervals
}

// Money is an amount in yuan with its interval.
type Money struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	Why   string   `json:"why,omitempty"`
}

// What is to be done with a device.
const (
	Replace = "replace"
	Verify  = "verify" // a meter is taken to be verified, and goes on
)

// Line is a device in the plan.
type Line struct {
	Rank      int  `json:"rank"`
	Within    bool `json:"within_budget"`
	Mandatory bool `json:"mandatory"` // the law or its standard wants it, whatever it costs
	forecast.Prospect
	Cost       float64           `json:"cost_cny"`
	CostFrom   string            `json:"cost_from"`   // registry, or class where the registry says nothing; unknown
	Avoided    Money             `json:"avoided_cny"` // a year: failures that do not come, times their cost
	Failures   forecast.Estimate `json:"avoided_failures_365d"`
	OptimalAge *float64          `json:"optimal_age_years"`
	Cumulative float64           `json:"cumulative_cost_cny"`
	// AvoidedSofar is what this and all lines before it avoid: with Cumulative it is what
	// a budget buys, wherever the line is drawn. Null in plans of before it was written.
	AvoidedSofar Money    `json:"cumulative_avoided_cny"`
	Reasons      []Reason `json:"reasons"`

	Action      string   `json:"action"`           // replace or verify
	DueOn       string   `json:"due_on,omitempty"` // of what is mandatory
	FailureUsed float64  `json:"failure_cost_used_cny"`
	FailureFrom string   `json:"failure_cost_from"` // as CostFrom
	YearlyCost  *float64 `json:"yearly_cost_cny"`   // the cost over the years that a new one lasts
	Benefit     *float64 `json:"benefit"`           // yuan avoided in the year for each yuan of that
	Worth       bool     `json:"worth"`             // the benefit is as high as the policy wants it
}

// Reason is why a device is in the plan, in both languages.
type Reason struct {
	Code string `json:"code"` // statutory, verification_due, standard_age, past_optimal_age, likely_failure, repeat_faults, expected_life_over, not_worth
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// Curve is the document "cost_curve" of a pool (subject = its name), of the company:
// what a device costs a year when it is replaced at an age.
type Curve struct {
	Pool    string `json:"pool"`
	Class   string `json:"class"`
	Model   string `json:"model,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	Devices int    `json:"devices"` // of which the costs are known

	// Policy is age, a device that fails is replaced, or block, its parts are replaced
	// as they fail and the device as a whole at an age.
	Policy  string  `json:"policy"`
	Planned float64 `json:"planned_cost_cny"` // the median of the pool's devices
	Failure float64 `json:"failure_cost_cny"` // likewise

	Optimum      forecast.Estimate `json:"optimal_age_years"`
	CostRate     *float64          `json:"cost_rate_cny_year"` // at the optimum; of running to failure without one
	RunToFailure *float64          `json:"run_to_failure_cny_year"`
	Points       []CurvePoint      `json:"points"`
	Warnings     []string          `json:"warnings,omitempty"`
	Level        float64           `json:"level"`
	Why          string            `json:"why,omitempty"`
}

// CurvePoint is the cost of replacing at an age, in yuan a year.
type CurvePoint struct {
	Age      float64  `json:"age_years"`
	CostRate float64  `json:"cost_rate_cny_year"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
}

// What the back-test of forecasts found out is written with them.
type (
	Backtest = forecast.Backtest
	Bin      = forecast.Bin
	Wear     = forecast.Wear
)
