// Package compose makes reports from the results of runs, and from nothing else: the
// same runs make the same report, whoever asks and whenever.
//
// [New] makes a [Composer]; [Composer.Compose] makes a report of [Names], of a place
// and a month, from the runs that were there at a time. What a caller may not read is
// in no report of his: results are asked for within his scope.
//
// A job without results of the month is a section that says so; when none of a
// report's jobs has any, the error is a [MissingError], which says what to run.
package compose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// The reports.
const (
	Monthly     = "monthly"
	Replacement = "replacement"
	Energy      = "energy"
	Response    = "response"
)

// Kind is a report that can be had.
type Kind struct {
	Name  string      `json:"name" example:"monthly"`
	Title report.Text `json:"title"`
	About report.Text `json:"about"`
	Jobs  []string    `json:"jobs" nullable:"false" doc:"The analyses from whose results it is made."`
}

// Kinds are the reports, in the order in which people are shown them.
func Kinds() []Kind {
	return []Kind{
		{Monthly, say("总部月报", "Headquarters monthly"), say("评分、响应、可靠性、能耗、更换和整改的概要", "scorecards, response, reliability, energy, replacement and rectification in short"), []string{scorecardJob, responseJob, reliabilityJob, energyJob, replacementJob}},
		{Replacement, say("设备更换计划", "Replacement plan"), say("在预算内按风险排序的更换计划，含理由和预测检验", "what to replace within the budget, ranked by risk, with reasons and how good the forecasts were"), []string{replacementJob, lifetimesJob}},
		{Energy, say("能源浪费", "Energy waste"), say("用量、费用、按金额排序的浪费和已核实的节约", "use, cost, waste ranked in yuan and verified savings"), []string{energyJob}},
		{Response, say("响应时效", "Response standards"), say("各类事件的到场时间、达标率、超时和承包商", "how fast people came, the share within the limit, breaches and contractors"), []string{responseJob}},
	}
}

// KindOf is the report of a name.
func KindOf(name string) (Kind, bool) {
	all := Kinds()
	i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// The jobs from whose results reports are made.
const (
	responseJob    = "response"
	reliabilityJob = "reliability"
	scorecardJob   = "scorecard"
	energyJob      = "energy"
	replacementJob = "replacement"
	lifetimesJob   = "lifetimes"
)

// Runs is where runs are on record: runs.View of Steward itself. A run is of the
// whole company, and whoever may read anything of it may know that it ran.
type Runs interface {
	List(ctx context.Context, f runs.Filter, p runs.Page) (runs.List[runs.Run], error)
	Result(ctx context.Context, id string) (runs.Run, error)
}

// Results is where results are: clickhouse.Store.
type Results interface {
	AnalyticsNumbers(context.Context, authz.Scope, clickhouse.ResultsQuery) (clickhouse.NumbersPage, error)
	AnalyticsChanges(context.Context, authz.Scope, clickhouse.ResultsQuery) (clickhouse.ChangesPage, error)
	AnalyticsDocuments(context.Context, authz.Scope, clickhouse.ResultsQuery) (clickhouse.DocumentsPage, error)
	AnalyticsDocument(ctx context.Context, scope authz.Scope, job, run string, named clickhouse.AnalyticsDocument) (clickhouse.AnalyticsDocument, error)
}

// Options of a Composer. Runs and Results are needed.
type Options struct {
	Runs    Runs
	Results Results
	// Names is what a region or a project is called. Places go by their ids where it
	// is nil or gives an empty text.
	Names func(context.Context, authz.Place) report.Text
	Zone  *time.Location // by whose clocks months are; UTC when nil
}

// Composer makes reports. It is safe for concurrent use.
type Composer struct{ Options }

// New makes a Composer.
func New(o Options) *Composer {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Composer{o}
}

// Request says which report is wanted.
type Request struct {
	Name  string
	Place authz.Place // the company, a region or a project

	Month    string // 2026-10; or
	From, To time.Time

	AsOf time.Time // from results that were there then; zero for now
	// Difference compares with the run before of the same period, and lists what
	// changed; else a report is compared with that of the month before.
	Difference bool
	// Budget is another one than the plan was made with, in yuan; nil for that one.
	Budget *float64
}

// Errors, for errors.Is. A RequestError and a MissingError say more.
var (
	ErrUnknown = errors.New("no such report")
	// ErrOutside: the caller may not read all of the place.
	ErrOutside = errors.New("not yours to read: a report is for those who may read all of its place")
)

// RequestError is a request that cannot be.
type RequestError struct{ Field, Value, Problem string }

func (e *RequestError) Error() string { return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Problem) }

// MissingError says that none of the jobs of a report has results.
type MissingError struct {
	Name     string
	From, To time.Time // of the company's clocks
	AsOf     time.Time // zero for now
	Jobs     []string
}

func (e *MissingError) Error() string {
	when := ""
	if !e.AsOf.IsZero() {
		when = " as of " + e.AsOf.In(e.From.Location()).Format(time.RFC3339)
	}
	text := fmt.Sprintf("report %s: nothing is computed for %s%s; run", e.Name, periodEN(e.From, e.To), when)
	for i, job := range e.Jobs {
		if i > 0 {
			text += " or"
		}
		text += " `" + command(job, e.From, e.To) + "`"
	}
	return text
}

// command computes the results of a job for a period.
func command(job string, from, to time.Time) string {
	day := func(t time.Time) string {
		if t.Equal(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())) {
			return t.Format(time.DateOnly)
		}
		return t.Format(time.RFC3339)
	}
	switch {
	case job == reliabilityJob: // a month is too short for rates
		from = to.AddDate(-1, 0, 0)
	case job == energyJob: // what was used and excessive is of the period
	case window(job) == anyBegin:
		return "steward analyze run " + job + " --from " + day(to.AddDate(-1, 0, 0)) + " --to " + day(to)
	}
	return "steward analyze run " + job + " --from " + day(from) + " --to " + day(to)
}

// Compose makes a report for a caller, who must be allowed to read all of its place.
func (c *Composer) Compose(ctx context.Context, scope authz.Scope, r Request) (*report.Report, error) {
	kind, known := KindOf(r.Name)
	if !known {
		return nil, fmt.Errorf("report %q: %w: there are monthly, replacement, energy and response", r.Name, ErrUnknown)
	}
	if err := r.Place.Validate(); err != nil {
		return nil, &RequestError{"scope", r.Place.String(), err.Error()}
	}
	from, to, err := c.period(r)
	if err != nil {
		return nil, err
	}
	if !scope.Covers(r.Place) {
		return nil, fmt.Errorf("report %s of %s: %w", r.Name, r.Place, ErrOutside)
	}
	if r.Budget != nil && !(*r.Budget >= 0 && *r.Budget <= maxBudget) { // NaN too
		return nil, &RequestError{"budget", fmt.Sprint(*r.Budget), "is not an amount from 0 to 1e12 yuan"}
	}
	b := &book{Composer: c, ctx: ctx, Request: r, scope: scope.Within(r.Place), from: from, to: to, used: map[string]runs.Run{}, called: map[authz.Place]report.Text{}}
	if err := b.choose(kind.Jobs); err != nil {
		return nil, err
	}
	if len(b.now) == 0 {
		return nil, &MissingError{r.Name, from, to, r.AsOf, kind.Jobs}
	}
	out := &report.Report{
		Name: r.Name, Title: titleOf(kind, from, to), Place: r.Place, Scope: scopeOf(r.Place), Of: b.name(r.Place),
		From: from, To: to, Zone: c.Zone.String(),
	}
	if out.Sections, err = b.sections(kind); err != nil {
		return nil, fmt.Errorf("report %s of %s: %w", r.Name, r.Place, err)
	}
	if r.Difference {
		s, err := b.differences(kind.Jobs)
		if err != nil {
			return nil, fmt.Errorf("report %s of %s: differences: %w", r.Name, r.Place, err)
		}
		out.Sections = append(out.Sections, s)
	}
	out.Runs, out.MadeAt = b.madeFrom()
	if out.AsOf = r.AsOf.UTC(); r.AsOf.IsZero() {
		out.AsOf = out.MadeAt
	}
	return out, nil
}

// maxBudget bounds a budget: more is a slip of the pen.
const maxBudget = 1e12

func (b *book) sections(kind Kind) ([]report.Section, error) {
	var parts []func() ([]report.Section, error)
	switch kind.Name {
	case Monthly:
		parts = b.monthly()
	case Replacement:
		parts = b.replacement()
	case Energy:
		parts = b.energy()
	default:
		parts = b.response()
	}
	var all []report.Section
	for _, part := range parts {
		if err := b.ctx.Err(); err != nil {
			return nil, err
		}
		some, err := part()
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	for i := range all {
		for j := range all[i].Facts {
			if v := &all[i].Facts[j].Value; v.Value == nil && v.Why == "" {
				v.Why = "insufficient data: the run has no such number"
			}
		}
	}
	explain(all)
	return all, nil
}

// period is the one that a request means.
func (c *Composer) period(r Request) (from, to time.Time, err error) {
	switch {
	case r.Month != "" && (!r.From.IsZero() || !r.To.IsZero()):
		return from, to, &RequestError{"month", r.Month, "is given with from and to: give the one or the others"}
	case r.Month != "":
		from, err = time.ParseInLocation("2006-01", r.Month, c.Zone)
		if err != nil || from.Year() < 1970 || from.Year() > 2199 {
			return from, to, &RequestError{"month", r.Month, "is not a month such as 2026-10"}
		}
		return from, from.AddDate(0, 1, 0), nil
	case r.From.IsZero() || r.To.IsZero() || !r.From.Before(r.To):
		return from, to, &RequestError{"month", "", "is missing: give a month such as 2026-10, or from and a later to"}
	}
	return r.From.In(c.Zone), r.To.In(c.Zone), nil
}

// before is the period with which one is compared: the month before, or as long a
// time before.
func before(from, to time.Time) (time.Time, time.Time) {
	if from.Day() == 1 && from.AddDate(0, 1, 0).Equal(to) {
		return from.AddDate(0, -1, 0), from
	}
	return from.Add(-to.Sub(from)), from
}

func titleOf(kind Kind, from, to time.Time) report.Text {
	return report.Text{ZH: kind.Title.ZH + "　" + periodZH(from, to), EN: kind.Title.EN + ", " + periodEN(from, to)}
}

// scopeOf is a place as reports and the command line write it.
func scopeOf(p authz.Place) string {
	switch {
	case p.Region == "":
		return ""
	case p.Project == "":
		return p.Region
	}
	return p.Region + "/" + p.Project
}

// name is what a place is called.
func (b *book) name(p authz.Place) report.Text {
	if p.Region == "" {
		return say("全公司", "the company")
	}
	t, asked := b.called[p]
	if !asked {
		if b.Names != nil {
			t = b.Names(b.ctx, p)
		}
		id := scopeOf(p)
		t = report.Text{ZH: cmp.Or(t.ZH, t.EN, id), EN: cmp.Or(t.EN, t.ZH, id)}
		b.called[p] = t
	}
	return t
}

// LastMonth is the last month that is over, by the clocks of a zone.
func LastMonth(now time.Time, zone *time.Location) string {
	y, m, _ := now.In(zone).Date()
	return time.Date(y, m-1, 1, 0, 0, 0, 0, zone).Format("2006-01")
}
