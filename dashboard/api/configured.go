package api

import (
	"context"
	"net/http"
	"path/filepath"

	"steward/internal/authz"
	"steward/internal/incident"
)

// Configured is what the files of the installation say, as it is in force. It is
// nil where alerting and analyses are not part of the process.
type Configured interface {
	Standards() Standards
	Tariffs() Tariffs
	Door() Door
}

// FileSource says where something is configured.
type FileSource struct {
	File    string `json:"file" example:"configs/standards.yaml" doc:"The file, as the configuration names it; of the source when nothing is named. Its name alone for those who do not see the whole company."`
	Shipped bool   `json:"shipped" doc:"It is the one that came with the program: no file is named in the configuration."`
	Key     string `json:"key" example:"alerting.standards" doc:"Of the configuration, that names the file."`
}

// show leaves of the file what the caller may know: where it lies is for those who see
// the whole company.
func (f *FileSource) show(c caller) {
	if !c.Scope().All() {
		f.File = filepath.Base(f.File)
	}
}

// Standards are the response standards in force.
type Standards struct {
	FileSource
	Items []Standard `json:"items" nullable:"false"`
}

// Standard is a clock that runs on incidents of some kinds.
type Standard struct {
	Name       string        `json:"name" example:"entrapment_on_site"`
	Title      incident.Text `json:"title"`
	Incidents  []string      `json:"incidents" nullable:"false" doc:"Kinds of incident."`
	Start      string        `json:"start" example:"opened" doc:"opened, acknowledged, dispatched, arrived, or event:KIND."`
	Stop       []string      `json:"stop" nullable:"false" doc:"The first that comes: acknowledged, dispatched, arrived, resolved, cleared, or event:KIND."`
	Limit      float64       `json:"limit_seconds" doc:"Exactly at the limit is in time."`
	WarnBefore float64       `json:"warn_before_seconds,omitempty" doc:"So long before the limit there is a warning; absent for none."`
	Calendar   string        `json:"calendar" example:"always" doc:"always; project for that of the incident's project; or a calendar's name."`
	Pause      []string      `json:"pause" nullable:"false" doc:"Reasons for which people may stop the clock for a while."`
	Warn       []string      `json:"warn" nullable:"false" doc:"Levels that the warning goes to."`
	Breach     []string      `json:"breach" nullable:"false" doc:"Levels that are told when the limit has passed."`
	LifeSafety bool          `json:"life_safety" doc:"It is of danger to life: it runs at all hours and knows no pause."`
	Line       int           `json:"line" doc:"Within the file."`
	Remark     string        `json:"remark,omitempty" doc:"What the file says above it: where it comes from."`
}

// Tariffs are the prices in force.
type Tariffs struct {
	FileSource
	Items []Tariff `json:"items" nullable:"false"`
}

// Tariff is what media cost. Money is in yuan.
type Tariff struct {
	Name  string         `json:"name" example:"example-estate" doc:"By which projects name it."`
	Title incident.Text  `json:"title"`
	Zone  string         `json:"zone,omitempty" example:"Asia/Shanghai" doc:"Whose clocks count; absent for the project's own."`
	Media []TariffMedium `json:"media" nullable:"false"`
}

// TariffMedium is what one medium costs.
type TariffMedium struct {
	Medium   string          `json:"medium" enum:"electricity,water,gas,heat"`
	Source   string          `json:"source" doc:"Where the figures are from."`
	Versions []TariffVersion `json:"versions" nullable:"false" doc:"The oldest first."`
}

// TariffVersion is the prices of a number of days.
type TariffVersion struct {
	From        string         `json:"from" example:"2026-01-01" doc:"The first day."`
	To          string         `json:"to,omitempty" doc:"The last day; absent when there is no end yet."`
	Seasons     []TariffSeason `json:"seasons" nullable:"false" doc:"Each month is in one; those of single days go before them."`
	Surcharge   float64        `json:"surcharge" doc:"Yuan per unit on top, in every hour, which power factor does not adjust."`
	Tiers       *TariffTiers   `json:"tiers,omitempty"`
	Basic       *TariffBasic   `json:"basic,omitempty"`
	Area        *TariffArea    `json:"area,omitempty"`
	PowerFactor float64        `json:"power_factor,omitempty" example:"0.9" doc:"The standard by which power factor adjusts; absent when it does not."`
}

// TariffSeason is a day's prices.
type TariffSeason struct {
	Months []int         `json:"months,omitempty" doc:"1 to 12; or else days."`
	Days   []string      `json:"days,omitempty" doc:"The single days on which these hold instead."`
	Hours  []TariffHours `json:"hours" nullable:"false" doc:"All of a day, in order."`
}

// TariffHours is hours of one period of a day.
type TariffHours struct {
	From   string  `json:"from" example:"08:00"`
	To     string  `json:"to" example:"11:00" doc:"24:00 for midnight."`
	Period string  `json:"period" example:"peak" doc:"all_day, sharp, peak, flat, valley or deep_valley."`
	Price  float64 `json:"price" doc:"Yuan per unit of the first tier, without the surcharge."`
}

// TariffTiers is blocks of use, each dearer than the one before.
type TariffTiers struct {
	Per    string       `json:"per" enum:"month,year"`
	Begins int          `json:"begins,omitempty" doc:"The month in which the year of the tiers begins."`
	Steps  []TariffStep `json:"steps" nullable:"false"`
}

// TariffStep is one block.
type TariffStep struct {
	UpTo *float64           `json:"up_to,omitempty" doc:"Use of one household, included; absent for the last."`
	Add  map[string]float64 `json:"add" nullable:"false" doc:"Yuan per unit more than the first block, by period."`
}

// TariffBasic is the charge for what the grid holds ready.
type TariffBasic struct {
	By        string  `json:"by" enum:"demand,capacity" doc:"demand: the month's largest load in kW; capacity: the transformers in kVA."`
	Price     float64 `json:"price" doc:"Yuan per kW or kVA and month."`
	HighUse   float64 `json:"high_use_kwh_per_kva,omitempty" doc:"From so much use in a month on a share of the price is paid."`
	HighShare float64 `json:"high_use_share,omitempty"`
}

// TariffArea is the charge for heat by floor area.
type TariffArea struct {
	Price float64 `json:"price" doc:"Yuan per m2 and heating season."`
	From  string  `json:"from" example:"11-15"`
	To    string  `json:"to" example:"03-15"`
}

type (
	standardsOut struct{ Body Standards }
	tariffsOut   struct{ Body Tariffs }
)

func (a *API) registerConfigured() {
	register(a, authz.Read, operation{
		ID: "list-standards", Method: http.MethodGet, Path: "/standards", Tag: "Alert rules", Summary: "List the response standards in force",
		Description: "In the order of the file. They are the same for all places.",
		Answer: Standards{FileSource{"configs/standards.yaml", true, "alerting.standards"}, []Standard{{
			Name: "entrapment_on_site", Title: incident.Text{ZH: "困人到场", EN: "On site of an entrapment"}, Incidents: []string{"entrapment"}, Start: "opened",
			Stop: []string{"arrived", "event:arrived"}, Limit: 600, WarnBefore: 180, Calendar: "always", Pause: []string{}, Warn: []string{"project", "oncall"}, Breach: []string{"region", "hq"},
			LifeSafety: true, Line: 47, Remark: "The company's own promise.",
		}}},
	}, func(_ context.Context, c caller, _ *struct{}) (*standardsOut, error) {
		if a.Configured == nil {
			return nil, notHere("alerting")
		}
		out := &standardsOut{a.Configured.Standards()}
		out.Body.show(c)
		return out, nil
	})
	register(a, authz.Read, operation{
		ID: "list-tariffs", Method: http.MethodGet, Path: "/tariffs", Tag: "Analytics", Summary: "List the tariffs in force",
		Description: "By name. Which project goes by which, the project says.",
		Answer: Tariffs{FileSource{"configs/tariffs.yaml", true, "analytics.tariffs"}, []Tariff{{
			Name: "example-estate", Title: incident.Text{ZH: "示例：小区公共区域", EN: "Example: common areas of an estate"},
			Media: []TariffMedium{{Medium: "water", Source: "invented", Versions: []TariffVersion{{
				From: "2020-01-01", Seasons: []TariffSeason{{Months: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, Hours: []TariffHours{{"00:00", "24:00", "all_day", 4.9}}}},
			}}}},
		}}},
	}, func(_ context.Context, c caller, _ *struct{}) (*tariffsOut, error) {
		if a.Configured == nil {
			return nil, notHere("the analytics")
		}
		out := &tariffsOut{a.Configured.Tariffs()}
		out.Body.show(c)
		return out, nil
	})
}
