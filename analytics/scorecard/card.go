package scorecard

import "steward/internal/authz"

// Card is the document "scorecard" of the job scorecard: of a project (subject ""),
// of a region (project "") or of the company.
type Card struct {
	Month string   `json:"month"` // 2026-10
	Score *float64 `json:"score"` // 0 to 100: the weighted mean of the components that are known
	// Low and High are the 95 % interval of Score.
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Known    float64  `json:"known_weight"`   // share of the weights whose components are known
	Coverage float64  `json:"coverage"`       // of the components that are known, by their weights
	Rank     int      `json:"rank,omitempty"` // among the projects (of a region: among the regions); 0 without one
	// RankLow and RankHigh are the ranks that the interval of the score allows: places
	// whose intervals overlap are not to be told apart.
	RankLow    int         `json:"rank_low,omitempty"`
	RankHigh   int         `json:"rank_high,omitempty"`
	Of         int         `json:"of,omitempty"` // how many are ranked
	Components []Component `json:"components"`
	Warnings   []string    `json:"warnings,omitempty"`
	Why        string      `json:"why,omitempty"` // there is no score
}

// Component is one measure of a card. Names: response_entrapment, response_repair,
// response_complaint, complaint_rate, collection_rate, inspection_project,
// inspection_region, inspection_hq, availability, energy_intensity.
type Component struct {
	Name     string   `json:"name"`
	Weight   float64  `json:"weight"`
	Value    *float64 `json:"value"`
	Low      *float64 `json:"low"` // the 95 % interval; nil of a full count of money, and where there is none
	High     *float64 `json:"high"`
	Unit     string   `json:"unit"` // "" for a share
	N        float64  `json:"n"`
	Coverage float64  `json:"coverage"`
	Limit    *float64 `json:"limit"`
	Score    *float64 `json:"score"`
	Outside  bool     `json:"outside"` // the whole interval is beyond the limit: a notice is due
	Why      string   `json:"why,omitempty"`
	Parts    []Share  `json:"parts,omitempty"`  // complaints by type, fees and inspections by kind
	Scores   *Scores  `json:"scores,omitempty"` // of inspections, where any has one

	worst, best float64 // the scores of the limits of the interval
}

// Share is a part of a component, in its unit; those of energy_intensity, kwh_per_m2_a
// and percentile, have units of their own.
type Share struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	N     float64 `json:"n"` // sample size: complaints, records of fees, inspections, buildings
}

// Scores is the mean of what inspections gave, 0 to 100, with its 95 % interval. It is
// shown, and no part of the score of a card: who inspects himself is no judge of it.
type Scores struct {
	Mean float64  `json:"mean"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	N    int      `json:"n"`
	Why  string   `json:"why,omitempty"`
}

// Ranking is the document "ranking" of the company and of each region: the projects
// below it in order of their scores, those without one last. That of the company has
// the regions too.
type Ranking struct {
	Month    string   `json:"month"`
	Regions  []Ranked `json:"regions,omitempty"`
	Projects []Ranked `json:"projects"`
}

// Ranked is a place in a ranking.
type Ranked struct {
	authz.Place
	Score    *float64 `json:"score"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Known    float64  `json:"known_weight"`
	Rank     int      `json:"rank,omitempty"`
	RankLow  int      `json:"rank_low,omitempty"`
	RankHigh int      `json:"rank_high,omitempty"`
	Outside  []string `json:"outside,omitempty"` // components
	Why      string   `json:"why,omitempty"`
}
