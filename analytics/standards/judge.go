package standards

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"steward/analytics/response"
	"steward/internal/authz"
	"steward/internal/incident"
)

// level is that of all intervals.
const level = 0.95

// judge says what can be said of a part, and keeps it.
func (r *runner) judge(ctx context.Context, p *part) error {
	zone := r.zoneOf(p.at)
	report := Report{From: r.From, To: r.To, Now: r.Now}
	if p.at == authz.HQ {
		for _, n := range p.unusable {
			report.Unusable += n
		}
	}
	var w sheet
	coverage := map[string]float64{} // by standard
	for _, name := range p.standards() {
		a, err := r.account(p, name, zone)
		if err != nil {
			return fmt.Errorf("clock %s: %w", name, err)
		}
		r.compared(p.at, a)
		w.coverage = a.coverage()
		w.account(p.at, a, r.against)
		coverage[name] = w.coverage
		if p.at == authz.HQ {
			r.usable += a.N
		}
		if p.at.Project == "" && len(a.projects) > 0 {
			if err := r.Note(ctx, "projects", p.at.Region, "", clockSubject+name, Projects{Standard: name, Title: a.Title, Projects: a.projects}); err != nil {
				return err
			}
		}
		report.Clocks = append(report.Clocks, a.Account)
		for i := range a.ByCause {
			if name := a.ByCause[i].Name; r.log.rules[name].title != (incident.Text{}) {
				if report.Causes == nil {
					report.Causes = map[string]incident.Text{}
				}
				report.Causes[name] = r.log.rules[name].title
			}
		}
	}
	for _, f := range r.Fixed {
		// The company is told also that nobody was shut in; a place that has no such
		// clock is not.
		if p.at != authz.HQ && !slices.Contains(p.standards(), f.Standard) {
			continue
		}
		k, err := p.kept(f, zone)
		if err != nil {
			return fmt.Errorf("limit of %s: %w", f.Standard, err)
		}
		var known bool
		if w.coverage, known = coverage[f.Standard]; !known {
			w.coverage = math.NaN()
		}
		w.kept(p.at, k)
		report.Fixed = append(report.Fixed, k)
	}
	if err := r.Note(ctx, "response", p.at.Region, p.at.Project, "", report); err != nil {
		return err
	}
	if list := p.breaches(zone); len(list.Breaches) > 0 {
		if err := r.Note(ctx, "breaches", p.at.Region, p.at.Project, "", list); err != nil {
			return err
		}
	}
	return r.Write(ctx, w.numbers)
}

func (r *runner) zoneOf(at authz.Place) *time.Location {
	if s := r.log.sites[at]; s != nil {
		return s.zone
	}
	if zone := r.Zone(at); zone != nil {
		return zone
	}
	return time.UTC
}

// standards are the names of those that a part has clocks of, in order.
func (p *part) standards() []string {
	seen := map[string]bool{}
	for i := range p.clocks {
		seen[p.clocks[i].standard.name] = true
	}
	for name := range p.voids {
		seen[name] = true
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// account is what can be said of the clocks of one standard at a place.
func (r *runner) account(p *part, name string, zone *time.Location) (*account, error) {
	a := &account{Account: Account{Standard: name, Void: p.voids[name]}, unusable: p.unusable[name]}
	if s := r.log.standards[name]; s != nil {
		a.Title = s.title
	}
	var log, followed response.Log // followed: also the clocks of the days before
	var running []float64
	limits := map[float64]bool{}
	for i := range p.clocks {
		c := &p.clocks[i]
		if c.standard.name != name {
			continue
		}
		if c.running {
			running = append(running, c.took)
		}
		call := response.Call{
			Created: c.created(), Took: c.took, Open: c.open, Limit: c.limit,
			// The hour goes in as a group: a day's hours are those of each project's
			// own zone, and a log has one zone.
			Unit: c.device, Group: strconv.Itoa(int(c.hour)), Contractor: c.by, Cause: c.cause,
		}
		if c.ended != 0 {
			call.Ended = time.Unix(0, c.ended)
		}
		if c.site.Project != "" && p.at.Project == "" {
			call.Project = c.site.String()
		}
		if c.counts {
			limits[c.limit] = true
			if err := log.Add(call); err != nil {
				return nil, err
			}
		}
		if c.follows && r.Contractor != nil {
			if err := followed.Add(call); err != nil {
				return nil, err
			}
		}
	}
	// Until when is known what came: later calls were not read.
	known := r.To
	if r.Now.Before(known) {
		known = r.Now
	}
	o := response.Options{Level: level, Now: known, Zone: zone, Unlisted: true}
	result, err := log.Analyze(o)
	if err != nil {
		return nil, err
	}
	a.Summary = result.Summary
	if len(limits) == 1 {
		for limit := range limits {
			a.Limit = &limit
		}
	}
	a.Running = runningOf(running)
	a.ByHour = hours(result.Groups)
	a.ByCause, a.CausesOmitted = rows(result.Causes, maxRows)
	a.projects, _ = rows(result.Projects, math.MaxInt)
	// A part without a name is what happened in no project.
	a.projects = slices.DeleteFunc(a.projects, func(r Row) bool { return r.Name == "" })
	for _, part := range result.Projects {
		a.compared = append(a.compared, comparison{part.Name, part.Against})
	}
	a.warn(result.Warnings)
	return a, r.scorecards(a, p, &log, &followed, o)
}

// scorecards are of the contractors, without penalties: contracts take them for repair
// orders, of which the job scorecard tells, and what is late is paid for once.
func (r *runner) scorecards(a *account, p *part, log, followed *response.Log, o response.Options) error {
	if r.Contractor == nil {
		return nil
	}
	s := response.ScorecardOptions{RepeatDays: r.RepeatDays}
	before, err := followed.Scorecards(o, s)
	if err != nil {
		return err
	}
	repeats := map[string]response.Repeats{}
	for _, card := range before {
		repeats[card.Contractor] = card.Repeats
	}
	cards, err := log.Scorecards(o, s)
	if err != nil {
		return err
	}
	for i := range cards {
		cards[i].Repeats = repeats[cards[i].Contractor]
	}
	slices.SortStableFunc(cards, func(a, b response.Scorecard) int { return cmp.Compare(b.N, a.N) })
	a.ContractorsOmitted = max(0, len(cards)-maxRows)
	a.Contractors = cards[:len(cards)-a.ContractorsOmitted]
	return nil
}

// compared notes how projects stand against all others of the company.
func (r *runner) compared(at authz.Place, a *account) {
	if at != authz.HQ {
		return
	}
	for _, c := range a.compared {
		if p, err := authz.ParsePlace(c.project); err == nil && c.with != nil {
			r.against[spot{a.Standard, p}] = c.with
		}
	}
}

// runningOf is how long clocks have run that run still.
func runningOf(seconds []float64) response.Running {
	n := len(seconds)
	if n == 0 {
		return response.Running{}
	}
	slices.Sort(seconds)
	median, longest := (seconds[(n-1)/2]+seconds[n/2])/2, seconds[n-1]
	return response.Running{N: n, Median: &median, Longest: &longest}
}
