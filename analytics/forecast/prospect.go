// Package forecast says what is to be expected of devices: how the parts of a model
// live, and with which probability each device fails.
package forecast

// Estimate is a number with its interval. Value is nil where there is too little
// data, and Why then says what is missing.
type Estimate struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	N     float64  `json:"n"` // failures that it is made from
	Why   string   `json:"why,omitempty"`
}

// Prospect is what is to be expected of a device.
type Prospect struct {
	Region   string `json:"region"`
	Project  string `json:"project"`
	Building string `json:"building,omitempty"`
	Class    string `json:"class"`
	Device   string `json:"device"`
	Name     string `json:"name,omitempty"`
	Vendor   string `json:"vendor,omitempty"`
	Model    string `json:"model,omitempty"`
	Medium   string `json:"medium,omitempty"`
	// Senses is smoke or water, by the metrics that the device sent or, of one that
	// sent none, those of its model; "" when they do not tell.
	Senses string `json:"senses,omitempty"`

	InstalledOn string   `json:"installed_on,omitempty"`        // 2019-05-01; "" when unknown
	VerifyBy    string   `json:"verification_due_on,omitempty"` // of a meter
	AgeYears    *float64 `json:"age_years"`

	// The probability of one failure at least, and how many are expected, if it
	// stays; New365 is how many are expected of a new one in its first year.
	Fail90      Estimate `json:"fail_90d"`
	Fail365     Estimate `json:"fail_365d"`
	Failures365 Estimate `json:"failures_365d"`
	New365      Estimate `json:"new_failures_365d"`

	Pool       string  `json:"pool"`        // whose lives it is made from: "model:KONE/3000", or "class:elevator" where a model's failures are few
	FaultsYear float64 `json:"faults_365d"` // that it had in the year before
	// Caveats are what to keep in mind of the forecast. Warnings are the same in
	// English, each with its code in front.
	Caveats  []Caveat `json:"caveats,omitempty"`
	Warnings []string `json:"warnings,omitempty"`

	ExpectedLifeYears float64 `json:"expected_life_years,omitempty"` // as the registry has it; 0 unknown
	ReplacementCost   float64 `json:"replacement_cost_cny,omitempty"`
	FailureCost       float64 `json:"failure_cost_cny,omitempty"`
}

// Caveat is what to keep in mind of a forecast, in both languages.
type Caveat struct {
	Code string `json:"code"` // pooled, poor_fit, extrapolated, age_unknown, stale_data, wear
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// Prospects is the document "prospects" of a project, written by the job lifetimes:
// one, or several of which the subjects are part-00002 and so on where devices are many.
type Prospects struct {
	At      string     `json:"at"` // the time until which lives were watched, RFC 3339
	Devices []Prospect `json:"devices"`
}

// Life is the document "life" of a pool (subject = its name): how its parts live.
type Life struct {
	Pool     string   `json:"pool"`
	Class    string   `json:"class"`
	Model    string   `json:"model,omitempty"`
	Vendor   string   `json:"vendor,omitempty"`
	Devices  int      `json:"devices"`
	Parts    []Part   `json:"parts"`
	Repaired bool     `json:"repaired"`           // failures are repaired, and the device goes on; else a failure ends it
	Coverage *float64 `json:"coverage,omitempty"` // share of the messages of its devices that came; null when nobody counted
}

// Part is what fails of a pool's devices: a fault code, or "device" for its end.
type Part struct {
	Code     string        `json:"code"`
	N        float64       `json:"n"` // lives, finished and not
	Failures float64       `json:"failures"`
	Family   string        `json:"family"`             // weibull or lognormal or exponential: the one by which is forecast; "" without enough data
	Shape    Estimate      `json:"shape"`              // of a Weibull distribution
	Scale    Estimate      `json:"scale"`              // years
	LogMean  *float64      `json:"log_mean,omitempty"` // of a lognormal life in years; only where that is the family
	LogSD    *float64      `json:"log_sd,omitempty"`   // likewise: the standard deviation of its logarithm
	Cov      [2][2]float64 `json:"covariance"`         // of ln shape and ln scale; zero when unknown
	B10      Estimate      `json:"b10"`                // years; null where failures are too few to tell whether age matters
	Rate     *Estimate     `json:"rate,omitempty"`     // failures a year, where the family is exponential
	Survival []Point       `json:"survival"`
	Poor     bool          `json:"poor_fit"`
	Why      string        `json:"why,omitempty"`
}

// Point is one of a survival curve (Kaplan-Meier).
type Point struct {
	Years  float64  `json:"years"`
	Value  float64  `json:"value"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
	AtRisk float64  `json:"at_risk"`
}
