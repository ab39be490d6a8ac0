package standards

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"steward/analytics/response"
	"steward/internal/incident"
)

// Report is the document "response" of a place.
type Report struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Now    time.Time `json:"now"` // until when open clocks have run
	Clocks []Account `json:"clocks"`
	Fixed  []Kept    `json:"fixed_limits,omitempty"`
	// Causes are the titles of those causes that are rules; what people entered goes by
	// its kind.
	Causes map[string]incident.Text `json:"cause_titles,omitempty"`
	// Unusable is how many clocks of the company are left out because their times
	// cannot be meant.
	Unusable int `json:"unusable,omitempty"`
}

// Account is the clocks of one standard at a place.
type Account struct {
	Standard string        `json:"standard"`
	Title    incident.Text `json:"title"`
	Limit    *float64      `json:"limit_seconds"` // nil where it changed in the period
	// N counts the clocks of incidents that began in the period; Open are those of
	// them that were not stopped, also when their incident is over.
	response.Summary
	// Void clocks are in no other number: their incident ended before they mattered.
	Void int `json:"void"`
	// Running is of all clocks that run now, also of incidents from before.
	Running            response.Running     `json:"open_running"`
	ByHour             []Hour               `json:"by_hour"` // 24, by the clocks of each project
	ByCause            []Row                `json:"by_cause"`
	CausesOmitted      int                  `json:"causes_omitted,omitempty"`
	Contractors        []response.Scorecard `json:"by_contractor,omitempty"`
	ContractorsOmitted int                  `json:"contractors_omitted,omitempty"`
	Warnings           []string             `json:"warnings,omitempty"`
}

// maxRows bounds the causes and the contractors that a document lists: those with
// the most clocks.
const maxRows = 300

// account is an Account with what goes elsewhere.
type account struct {
	Account
	projects []Row
	compared []comparison
	unusable int // clocks of the standard that are left out, see ledger
}

// coverage is the share of the clocks of the period whose times can be meant; NaN
// without any.
func (a *account) coverage() float64 { return shareUsable(a.N, a.unusable) }

func shareUsable(usable, unusable int) float64 {
	if usable+unusable == 0 {
		return math.NaN()
	}
	return float64(usable) / float64(usable+unusable)
}

type comparison struct {
	project string // region/project
	with    *response.Comparison
}

func (a *account) warn(warnings []string) {
	a.Warnings = warnings
	if a.Void > 0 {
		a.Warnings = append(a.Warnings, fmt.Sprintf("clocks that do not count, for their incident ended before they were stopped: %d", a.Void))
	}
}

// Projects is the document "projects" of a standard: those of the company or of a
// region, each compared with the others.
type Projects struct {
	Standard string        `json:"standard"`
	Title    incident.Text `json:"title"`
	Projects []Row         `json:"projects"`
}

// Limits are the ends of the 95 % interval of a quantile, those of response.Quantile: by
// order statistics. Nil where nothing limits it, with the reason.
type Limits struct {
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	Why  string   `json:"why,omitempty"` // also why there is no quantile
}

func limitsOf(q *response.Quantile) Limits { return Limits{q.Low, q.High, q.Why} }

// Row is the clocks that have something in common: a project; a cause, which is the rule
// that raised the incident, or its kind where people entered it.
type Row struct {
	Name   string   `json:"name"` // of a project region/project
	N      int      `json:"n"`
	Open   int      `json:"open"`
	Median *float64 `json:"median"` // seconds
	P90    *float64 `json:"p90"`
	P95    *float64 `json:"p95"`

	MedianLimits Limits `json:"median_limits"`
	P90Limits    Limits `json:"p90_limits"`
	P95Limits    Limits `json:"p95_limits"`
	// Within is nil where there is no clock.
	Within  *response.Within     `json:"within"`
	Against *response.Comparison `json:"against_others,omitempty"` // nil where there is nothing to compare
}

// Hour is the clocks that started in an hour of the day.
type Hour struct {
	Hour         int              `json:"hour"` // 0 to 23
	N            int              `json:"n"`
	Median       *float64         `json:"median"`
	MedianLimits Limits           `json:"median_limits"`
	P90          *float64         `json:"p90"`
	P90Limits    Limits           `json:"p90_limits"`
	Within       *response.Within `json:"within"`
}

// rows are those of the parts with the most clocks, in order of their names.
func rows(parts []response.Part, most int) (out []Row, omitted int) {
	out = make([]Row, len(parts))
	for i, p := range parts {
		out[i] = Row{
			Name: p.Name, N: p.N, Open: p.Open, Median: p.Median.Value, P90: p.P90.Value, P95: p.P95.Value, Within: p.Within, Against: p.Against,
			MedianLimits: limitsOf(&p.Median), P90Limits: limitsOf(&p.P90), P95Limits: limitsOf(&p.P95),
		}
	}
	if len(out) <= most {
		return out, 0
	}
	slices.SortStableFunc(out, func(a, b Row) int { return cmp.Compare(b.N, a.N) })
	omitted = len(out) - most
	out = out[:most]
	slices.SortFunc(out, func(a, b Row) int { return cmp.Compare(a.Name, b.Name) })
	return out, omitted
}

// hours are all hours of the day, from the parts that are named by them.
func hours(parts []response.Part) []Hour {
	all := make([]Hour, 24)
	for hour := range all {
		none := Limits{Why: "insufficient data: there are no calls"}
		all[hour] = Hour{Hour: hour, MedianLimits: none, P90Limits: none}
	}
	for _, p := range parts {
		if hour, err := strconv.Atoi(p.Name); err == nil && hour >= 0 && hour < len(all) {
			all[hour] = Hour{Hour: hour, N: p.N, Median: p.Median.Value, MedianLimits: limitsOf(&p.Median), P90: p.P90.Value, P90Limits: limitsOf(&p.P90), Within: p.Within}
		}
	}
	return all
}

// Breaches is the document "breaches" of a place: of a project, and of what happened
// in no project. Those of the projects are not repeated for their region.
type Breaches struct {
	Breaches []Breach `json:"breaches"` // in order of time
	// Omitted is how many are not listed: those least over their limit.
	Omitted int `json:"omitted"`
}

// Breach is a clock that was not stopped in time.
type Breach struct {
	Incident   string    `json:"incident"`
	Standard   string    `json:"standard"`
	Started    time.Time `json:"started_at"`          // by the clocks of the place
	Stopped    time.Time `json:"stopped_at,omitzero"` // not when it is open
	Took       float64   `json:"took_seconds"`        // so far when it is open
	Over       float64   `json:"over_seconds"`        // 0 for one that was stopped when its calendar stood still
	Limit      float64   `json:"limit_seconds"`
	Open       bool      `json:"open,omitempty"`   // it was not stopped
	Device     string    `json:"device,omitempty"` // region/project/class/device
	Contractor string    `json:"contractor,omitempty"`
	Cause      string    `json:"cause,omitempty"` // the rule, or the kind of what people entered
}

// maxBreaches bounds a list: a document has some megabytes.
const maxBreaches = 5000

// breaches are those of the place itself.
func (p *part) breaches(zone *time.Location) Breaches {
	var over []*clock
	for i := range p.clocks {
		if c := &p.clocks[i]; c.counts && c.over() > 0 && c.site.Place == p.at {
			over = append(over, c)
		}
	}
	list := Breaches{Omitted: max(0, len(over)-maxBreaches)}
	if list.Omitted > 0 {
		slices.SortStableFunc(over, func(a, b *clock) int { return cmp.Compare(b.over(), a.over()) })
		over = over[:maxBreaches]
		slices.SortFunc(over, func(a, b *clock) int {
			return cmp.Or(cmp.Compare(a.started, b.started), cmp.Compare(a.incident, b.incident))
		})
	}
	for _, c := range over {
		b := Breach{
			Incident: c.incident, Standard: c.standard.name, Started: c.created().In(zone),
			Took: millis(c.took), Over: millis(c.over()), Limit: c.limit, Open: c.open, Device: c.device, Contractor: c.by, Cause: c.cause,
		}
		if c.ended != 0 {
			b.Stopped = time.Unix(0, c.ended).In(zone)
		}
		list.Breaches = append(list.Breaches, b)
	}
	return list
}

// millis is seconds without what is below a millisecond, which no clock of people
// counts.
func millis(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }
