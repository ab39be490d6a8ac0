package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/registry"
	"steward/internal/runs"
	"steward/internal/telemetry"
)

// EnergyStore is where consumption is: clickhouse.Store.
type EnergyStore interface {
	EnergyUse(ctx context.Context, scope authz.Scope, q clickhouse.EnergyUseQuery, each func(clickhouse.EnergyUsed)) error
}

var _ EnergyStore = (*clickhouse.Store)(nil)

// Prices are what tariffs say of energy.
type Prices interface {
	// EnergyPrices are what a unit of a medium costs by a tariff from a time to another,
	// by the clocks of a project. name is "" of a project that names none.
	EnergyPrices(name, medium string, zone *time.Location, from, to time.Time) EnergyPrices
}

// EnergyPrices are prices in the order of time.
type EnergyPrices struct {
	Rates []EnergyRate // none: there is no tariff
	Why   string       // some time has no price
	Note  string       // what to know of the prices
}

// EnergyRate is a price that holds until the next one.
type EnergyRate struct {
	From   time.Time
	Period string   // all_day, sharp, peak, flat, valley or deep_valley; "" without a price
	Price  *float64 // yuan per unit; nil without one
}

// energyMedia are what meters count.
var energyMedia = map[string]struct {
	metric, unit string
	media        []string // as the registry names it, and "" where the counter says enough
}{
	"electricity": {"energy_kwh", "kWh", []string{"electricity", ""}},
	"water":       {"volume_m3", "m3", []string{"water", ""}},
	"gas":         {"volume_m3", "m3", []string{"gas"}},
	"heat":        {"heat_gj", "GJ", []string{"heat", ""}},
}

type energyUseIn struct {
	Region   string `query:"region" maxLength:"64" doc:"Only what is of this region." example:"north"`
	Project  string `query:"project" maxLength:"64" doc:"Only what is of this project; with region." example:"harbour"`
	Building string `query:"building" maxLength:"64" doc:"Only what is of this building; with project." example:"b3"`
	Point    string `query:"point" maxLength:"128" doc:"Only this metering point: the first meter that stood there; with project." example:"m1"`
	Medium   string `query:"medium" enum:"electricity,water,gas,heat" default:"electricity" doc:"What is used."`
	From     string `query:"from" required:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"The first day, by the clocks of each project." example:"2026-11-01"`
	To       string `query:"to" required:"true" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"The day after the last one." example:"2026-12-01"`
	By       string `query:"by" enum:"hour,day,week,month,none" default:"day" doc:"The length of a step; none for sums alone. Weeks begin on Monday."`
	Per      string `query:"per" enum:"all,region,project,building,meter" default:"all" doc:"Of what the sums are: of all that is chosen, or of each region, project, building or meter of it."`
	Limit    int    `query:"limit" minimum:"1" maximum:"5000" default:"50" doc:"At most so many items, those that used most."`
}

// EnergyUse is what was used at places.
type EnergyUse struct {
	Medium  string       `json:"medium" example:"electricity"`
	Unit    string       `json:"unit" example:"kWh" doc:"Of use: kWh, m3 or GJ."`
	From    string       `json:"from" example:"2026-11-01"`
	To      string       `json:"to" example:"2026-12-01" doc:"Not included."`
	Until   *time.Time   `json:"until,omitempty" doc:"To where consumption was computed; what is asked for beyond it is not expected yet."`
	Note    string       `json:"note,omitempty" doc:"What to know of the prices."`
	Items   []EnergyItem `json:"items" nullable:"false" doc:"Those that used most come first."`
	LeftOut int          `json:"left_out" doc:"Items that are not shown, since they used less than the last of these."`
}

// EnergyItem is what was used at one of them.
type EnergyItem struct {
	authz.Place
	Building string       `json:"building,omitempty"`
	Point    string       `json:"point,omitempty" doc:"Of a meter: its metering point."`
	Device   string       `json:"device,omitempty" doc:"Of a meter: the one that counted last."`
	Parent   string       `json:"parent,omitempty" doc:"Of a meter: the one before it, whose use has this one's in it."`
	Meters   int          `json:"meters" doc:"Metering points side by side."`
	AreaM2   *float64     `json:"area_m2" doc:"Floor area; null when it is not known of all of it."`
	Total    EnergyAmount `json:"total"`
	Steps    []EnergyStep `json:"steps,omitempty"`
}

// EnergyAmount is an amount with its cost.
type EnergyAmount struct {
	Use       *float64       `json:"use" doc:"Null where nothing is known."`
	Cost      *float64       `json:"cost" doc:"In yuan, by the tariffs of the projects: the charge for use, without basic charge, power-factor adjustment and area charge; null when some use has no price."`
	Coverage  *float64       `json:"coverage" doc:"Share of the hours of all meters that use accounts for, 0 to 1; null when none is over yet."`
	Estimated float64        `json:"estimated" doc:"Share of those hours that is interpolated or suspect."`
	Hours     float64        `json:"hours" doc:"Hours of meters that use accounts for."`
	Expected  float64        `json:"expected_hours" doc:"Hours of meters that are over."`
	Why       string         `json:"why,omitempty" doc:"What is missing where use or cost is null."`
	Periods   []EnergyPeriod `json:"periods,omitempty" doc:"By the period of the tariff, the dearest first."`
}

// EnergyStep is an hour, day, week or month.
type EnergyStep struct {
	At string `json:"at" example:"2026-11-20" doc:"Its beginning by the clocks of the project: 2026-11-20T13 for an hour, 2026-11-20 for a day or week, 2026-11 for a month."`
	EnergyAmount
}

// EnergyPeriod is what fell in a period of the tariff.
type EnergyPeriod struct {
	Period string   `json:"period" enum:"all_day,sharp,peak,flat,valley,deep_valley,none" doc:"none: there is no price."`
	Use    float64  `json:"use"`
	Cost   *float64 `json:"cost"`
}

type energyUseOut struct{ Body EnergyUse }

func (a *API) registerEnergy() {
	use, cost, coverage, area, peak, valley := 41_250.0, 33_480.0, 0.997, 186_000.0, 24_310.0, 9_170.0
	total := EnergyAmount{
		Use: &use, Cost: &cost, Coverage: &coverage, Estimated: 0.002, Hours: 1436, Expected: 1440,
		Periods: []EnergyPeriod{{"peak", 23_150, &peak}, {"valley", 18_100, &valley}},
	}
	register(a, authz.Read, operation{
		ID: "energy-use", Method: http.MethodGet, Path: "/energy/use", Tag: "Analytics", Summary: "See what was used and what it cost",
		Description: "By hour, day, week or month of the projects' own clocks, with the part of each period of the tariff. " +
			"A meter behind another is part of that one and counts once, except where each meter is asked for. " +
			"Tariffs by steps of use are priced at their first step, the lowest. " +
			"The cost is the charge for use alone and not the bill: basic charge, power-factor adjustment and area charge are not in it. " +
			"What is charged by floor area alone has no price, and its cost is null.",
		Heavy: true, Timeout: time.Minute,
		Answer: EnergyUse{
			Medium: "electricity", Unit: "kWh", From: "2026-11-01", To: "2026-12-01", Until: &exampleTime,
			Items: []EnergyItem{{Place: authz.Place{Region: "north", Project: "harbour"}, Meters: 2, AreaM2: &area, Total: total, Steps: []EnergyStep{{"2026-11", total}}}},
		},
	}, a.energyUse)
}

// longest are how many days may be asked for, by step.
var longest = map[string]int{"hour": 93, "day": 400, "week": 800, "month": 1100, "none": 1100}

// maxEnergySteps bounds an answer: items times steps.
const maxEnergySteps = 40_000

func (in *energyUseIn) check() (from, to time.Time, err error) {
	for _, part := range []struct{ name, value string }{{"region", in.Region}, {"project", in.Project}, {"building", in.Building}} {
		if part.value == "" {
			continue
		}
		if err := telemetry.CheckSegment(part.value); err != nil {
			return from, to, invalid(part.name, part.value, "is not a name: %v", strings.TrimSpace(err.Error()))
		}
	}
	switch {
	case in.Project != "" && in.Region == "":
		return from, to, invalid("project", in.Project, "is given without its region")
	case in.Building != "" && in.Project == "":
		return from, to, invalid("building", in.Building, "is given without its project")
	case in.Point != "" && in.Project == "":
		return from, to, invalid("point", in.Point, "is given without its project")
	}
	if from, err = time.Parse(time.DateOnly, in.From); err != nil || !within(from) {
		return from, to, invalid("from", in.From, "is no day between 1970 and 2200")
	}
	if to, err = time.Parse(time.DateOnly, in.To); err != nil || !within(to) {
		return from, to, invalid("to", in.To, "is no day between 1970 and 2200")
	}
	switch days := int(to.Sub(from).Hours() / 24); {
	case days <= 0:
		return from, to, invalid("from", in.From, "is not before to")
	case days > longest[in.By]:
		return from, to, invalid("from", in.From, "is %d days before to; by %s %d are the most", days, in.By, longest[in.By])
	}
	return from, to, nil
}

func (a *API) energyUse(ctx context.Context, c caller, in *energyUseIn) (*energyUseOut, error) {
	from, to, err := in.check()
	if err != nil {
		return nil, err
	}
	if a.Energy == nil {
		return nil, notHere("the store of consumption")
	}
	out := &energyUseOut{Body: EnergyUse{Medium: in.Medium, Unit: energyMedia[in.Medium].unit, From: in.From, To: in.To}}
	until, err := a.consumedUntil(ctx, c)
	if err != nil {
		return nil, err
	}
	out.Body.Until = &until
	projects, err := a.projectsIn(ctx, c, in.Region, in.Project)
	if err != nil {
		return nil, err
	}
	sums := newEnergySums(in)
	bounded := func() error {
		n := min(len(sums.items), in.Limit) * sums.steps()
		if n > maxEnergySteps {
			return invalid("limit", "", "makes %d steps; %d are the most: narrow the places or times, or take a longer step", n, maxEnergySteps)
		}
		return nil
	}
	for _, g := range groupsOf(projects) {
		course := a.courseOf(in, &g, from, to, until)
		if course.note != "" {
			out.Body.Note = course.note
		}
		sums.group(&g, course)
		if err := bounded(); err != nil { // before what it takes is done
			return nil, err
		}
		err := a.Energy.EnergyUse(ctx, c.Scope(), course.query(in, &g), func(u clickhouse.EnergyUsed) { sums.add(course, &u) })
		if err != nil {
			return nil, err
		}
	}
	if err := bounded(); err != nil {
		return nil, err
	}
	if err := a.areas(ctx, c, in, sums); err != nil {
		return nil, err
	}
	out.Body.Items, out.Body.LeftOut = sums.answer(in.Limit)
	return out, nil
}

// consumedUntil is to where consumption was computed.
func (a *API) consumedUntil(ctx context.Context, c caller) (time.Time, error) {
	now := a.Now().UTC().Truncate(time.Hour)
	if a.Runs == nil {
		return now, nil
	}
	r, err := a.Runs.As(c.Principal).Latest(ctx, "consumption", runs.Of{})
	switch {
	case errors.Is(err, runs.ErrNotFound):
		return now, nil
	case err != nil:
		return now, err
	case r.To.Before(now):
		now = r.To.UTC().Truncate(time.Hour)
	}
	return now, nil
}

// projectsIn are the projects of a place that the caller may see.
func (a *API) projectsIn(ctx context.Context, c caller, region, project string) ([]registry.Project, error) {
	view := a.as(c)
	if project != "" {
		p, err := view.Project(ctx, region, project)
		if errors.Is(err, registry.ErrNotFound) {
			return nil, nil // as a list of what is not there
		}
		return []registry.Project{p}, err
	}
	var list []registry.Project
	for page := (registry.Page{Limit: 1000}); ; {
		l, err := view.Projects(ctx, registry.ProjectFilter{Region: region}, page)
		if err != nil {
			return nil, err
		}
		list = append(list, l.Items...)
		if page.Cursor = l.Next; page.Cursor == "" {
			return list, nil
		}
	}
}

// areas says how large is what used something.
func (a *API) areas(ctx context.Context, c caller, in *energyUseIn, sums *energySums) error {
	if in.Per != "building" && in.Building == "" || in.Project == "" {
		return nil
	}
	for page := (registry.Page{Limit: 1000}); ; {
		l, err := a.as(c).Buildings(ctx, registry.BuildingFilter{Region: in.Region, Project: in.Project}, page)
		if err != nil {
			return err
		}
		for _, b := range l.Items {
			for _, item := range sums.items {
				if item.Building == b.ID && b.FloorAreaM2 > 0 && in.Per != "meter" && in.Point == "" {
					item.AreaM2 = &b.FloorAreaM2
				}
			}
		}
		if page.Cursor = l.Next; page.Cursor == "" {
			return nil
		}
	}
}
