package replacement

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"steward/analytics/forecast"
	"steward/analytics/job"
	"steward/internal/authz"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// sheet is the list of a place as it is filled in.
type sheet struct {
	*tally
	lines map[int32]*Line // by candidate
}

func newSheet(t *tally) *sheet {
	s := &sheet{tally: t, lines: make(map[int32]*Line, len(t.entries))}
	for n, e := range t.entries {
		sofar := Money{Value: &t.entries[n].avoided}
		if !math.IsNaN(e.low) {
			sofar.Low, sofar.High = &t.entries[n].low, &t.entries[n].high
		}
		s.lines[e.candidate] = &Line{Rank: n + 1, Within: e.within, Cumulative: yuan(e.cumulative), AvoidedSofar: sofar}
	}
	return s
}

var errMoved = errors.New("the prospects are not those of before: they were removed or written again while the plan was made")

// write goes through the devices again, and writes the plan of each place when the
// last of its devices is past.
func (p *planner) write(ctx context.Context) error {
	hq := newSheet(p.places[authz.HQ])
	var region, project *sheet
	done := map[authz.Place]bool{}
	finish := func(s *sheet) error {
		if s == nil {
			return nil
		}
		if done[s.at] {
			return fmt.Errorf("the prospects of %s are not one after another", s.at)
		}
		done[s.at] = true
		return p.plan(ctx, s)
	}
	next := int32(0)
	err := p.Prospects.Each(ctx, p.source, func(at authz.Place, d forecast.Prospects) error {
		t := p.places[at]
		if t == nil || t.above == nil {
			return errMoved
		}
		if project == nil || project.tally != t {
			if err := finish(project); err != nil {
				return err
			}
			project = newSheet(t)
			p.Progress(int64(len(done)), int64(len(p.places)), "write "+at.String())
		}
		if region == nil || region.tally != t.above {
			if err := finish(region); err != nil {
				return err
			}
			region = newSheet(t.above)
		}
		for i := range d.Devices {
			if int(next) >= len(p.candidates) || p.candidates[next].at != t {
				return errMoved
			}
			for _, s := range []*sheet{project, region, hq} {
				if line := s.lines[next]; line != nil {
					p.fill(line, at, &d.Devices[i])
				}
			}
			next++
		}
		return ctx.Err()
	})
	if err == nil && int(next) != len(p.candidates) {
		err = errMoved
	}
	for _, s := range []*sheet{project, region, hq} {
		if err == nil {
			err = finish(s)
		}
	}
	return err
}

// Bounds of what a line repeats of the warnings of its forecast.
const (
	maxWarnings = 3
	maxWarning  = 300 // runes
)

func bounded(s string) string {
	if runes := []rune(s); len(runes) > maxWarning {
		return string(runes[:maxWarning]) + "…"
	}
	return s
}

// fill says of a line what it is about. What it says of place is where the prospects
// are kept, which is what those who read it may see.
func (p *planner) fill(line *Line, at authz.Place, d *forecast.Prospect) {
	a := p.Policy.appraise(d, p.repaired(d), p.year)
	var best *forecast.Estimate
	if pool := p.pools[d.Pool]; pool != nil && pool.curve != nil {
		best = &pool.curve.Optimum
		line.OptimalAge = best.Value
	}
	line.Prospect = *d
	line.Region, line.Project = at.Region, at.Project
	line.Warnings, line.Caveats = nil, nil
	for _, c := range d.Caveats[:min(len(d.Caveats), maxWarnings)] {
		line.Caveats = append(line.Caveats, forecast.Caveat{Code: c.Code, ZH: bounded(c.ZH), EN: bounded(c.EN)})
	}
	for _, w := range d.Warnings[:min(len(d.Warnings), maxWarnings)] {
		line.Warnings = append(line.Warnings, bounded(w))
	}
	line.Mandatory, line.Action, line.Worth = a.mandatory, a.action, a.worth
	line.Cost, line.CostFrom = yuan(fen(a.cost)), a.plannedFrom
	if a.action == Verify && a.cost != a.planned {
		line.CostFrom = fromClass
	}
	line.FailureUsed, line.FailureFrom = a.failure, a.failureFrom
	line.Avoided, line.Failures = a.avoided, a.failures
	line.YearlyCost, line.Benefit = a.yearly, a.benefit
	if a.mandatory {
		line.DueOn = a.due.String()
	}
	line.Reasons = p.Policy.reasons(d, &a, best, p.year)
}

// plan writes the document and the numbers of a place.
func (p *planner) plan(ctx context.Context, s *sheet) error {
	t := s.tally
	plan := Plan{
		Year: p.year.number, BudgetOf: t.purse.of,
		Cost: yuan(t.cost), Avoided: t.avoided(), Lines: []Line{},
		Devices: t.devices, Unknown: t.unknown, Unpriced: t.unpriced, Kept: t.kept, Dear: t.dear, Omitted: t.omitted,
		Within: t.within, Mandatory: t.mandatory, MandatoryCost: yuan(t.mandatoryCost),
		Run: p.source, Asof: p.until.UTC().Format(time.RFC3339), Level: level,
	}
	if t.ownsPurse() {
		plan.BudgetOf, plan.Budget, plan.Short = t.at.String(), t.purse.budget, yuan(t.purse.short())
	}
	for _, e := range t.entries {
		plan.Lines = append(plan.Lines, *s.lines[e.candidate])
	}
	plan.Warnings = p.warnings(t)
	at := t.at
	if err := p.Note(ctx, "plan", at.Region, at.Project, "", &plan); err != nil {
		return err
	}
	add := func(kind, unit string, value float64, n int) {
		p.numbers = append(p.numbers, job.Number{
			Kind: kind, Region: at.Region, Project: at.Project, Unit: unit, Value: &value, N: float64(n), Coverage: t.coverage(),
		})
	}
	add("plan_devices", "", float64(t.within), t.devices)
	add("plan_cost", "CNY", plan.Cost, t.within)
	add("plan_mandatory_devices", "", float64(t.mandatory), t.devices)
	add("plan_mandatory_cost", "CNY", plan.MandatoryCost, t.mandatory)
	p.numbers = append(p.numbers, job.Number{
		Kind: "plan_avoided", Region: at.Region, Project: at.Project, Unit: "CNY", Level: level, N: float64(t.within - t.gained.unknown), Coverage: t.coverage(),
		Value: plan.Avoided.Value, Low: plan.Avoided.Low, High: plan.Avoided.High, Why: plan.Avoided.Why,
	})
	return p.flushFull(ctx)
}

// short is what a budget lacks for what is mandatory.
func (p *purse) short() int64 {
	if p.budget == 0 {
		return 0
	}
	return max(0, p.mandatory-fen(p.budget))
}

// avoided is the yuan that are avoided by all that is within.
func (t *tally) avoided() Money {
	g := &t.gained
	low, high := g.ends()
	return avoidedBy(t.devices == t.unknown, t.within, g.unknown, g.value, low, high)
}

// avoidedBy is what so many devices avoid, of which some are without a forecast. The ends
// are NaN without an interval.
func avoidedBy(blind bool, devices, unknown int, value, low, high float64) Money {
	switch {
	case blind:
		return Money{Why: "insufficient data: the failures of no device are forecast"}
	case devices > 0 && devices == unknown:
		return Money{Why: "insufficient data: the failures of none of the devices within the budget are forecast"}
	}
	m := Money{Value: &value}
	if unknown > 0 {
		m.Why = fmt.Sprintf("of %d devices the failures are not forecast, and count as nothing", unknown)
	}
	if math.IsNaN(low) || math.IsNaN(high) {
		m.Why = joined(m.Why, "without an interval: forecasts of some devices have none")
		return m
	}
	m.Low, m.High = &low, &high
	return m
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// How the warnings of a budget begin.
const (
	budgetLacks  = "the budget does not cover what is mandatory: "
	budgetLeaves = "the next device costs "
)

// warnings are those of the budget once it is spent.
func (p *purse) warnings() []string {
	switch {
	case p.budget == 0:
	case p.short() > 0:
		return []string{fmt.Sprintf(budgetLacks+"%.2f yuan are missing", yuan(p.short()))}
	case p.empty && p.left > 0:
		return []string{fmt.Sprintf(budgetLeaves+"%.2f yuan, and %.2f yuan of the budget are left: smaller ones below it would fit", yuan(p.next), yuan(p.left))}
	}
	return nil
}

// warnings are what somebody who signs the plan should know.
func (p *planner) warnings(t *tally) []string {
	var all []string
	warn := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	count := func(n int, one, many string) {
		if n > 0 {
			all = append(all, job.Counted(n, one, many))
		}
	}
	if !p.until.Equal(p.wanted) {
		day := func(t time.Time) string { return t.In(p.Zone).Format(time.DateOnly) }
		warn("the forecasts are from %s, those from %s are not there: run %s for that time", day(p.until), day(p.wanted), Needs)
	}
	if t.ownsPurse() {
		all = append(all, t.purse.warnings()...)
	}
	count(t.mandatoryUnpriced,
		"%d mandatory device has no known cost and counts as costing nothing: give its cost in the registry or the policy",
		"%d mandatory devices have no known cost and count as costing nothing: give their costs in the registry or the policy")
	count(t.undated,
		"%d device must be replaced or verified at an age, and nobody knows its age: give installed_on in the registry",
		"%d devices must be replaced or verified at an age, and nobody knows theirs: give installed_on in the registry")
	count(t.unsure,
		"%d device has reached an age at which smoke detectors or the like must be replaced, and nobody knows whether it is such: name its model in the policy",
		"%d devices have reached an age at which smoke detectors or the like must be replaced, and nobody knows whether they are such: name their models in the policy")
	count(t.unpriced,
		"%d device is not weighed, for nobody knows what replacing it or its failures cost",
		"%d devices are not weighed, for nobody knows what replacing them or their failures cost")
	if t.unknown > 0 {
		warn("the failures of %d of %d devices are not forecast, for want of data: they are in the plan only where they must be", t.unknown, t.devices)
	}
	count(t.omitted, "%d device ranked below those listed is left out of the list", "%d devices ranked below those listed are left out of the list")
	return all
}
