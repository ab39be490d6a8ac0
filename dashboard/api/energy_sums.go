package api

import (
	"cmp"
	"slices"

	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// energySums gathers what was used by item and step.
type energySums struct {
	in    *energyUseIn
	items map[energyKey]*energySum
	area  map[authz.Place]float64 // of projects
	names map[string]bool         // of steps
}

type energyKey struct {
	authz.Place
	building, point string
}

// energySum is an item as it is gathered.
type energySum struct {
	EnergyItem
	unknownArea bool
	area        float64
	all         energyCount
	steps       map[string]*energyCount
}

// energyCount is an amount as it is gathered.
type energyCount struct {
	use, covered, measured, cost, priced, expected float64
	why                                            string
	periods                                        map[string]*energyPart
}

type energyPart struct{ use, cost, priced float64 }

func newEnergySums(in *energyUseIn) *energySums {
	return &energySums{in: in, items: map[energyKey]*energySum{}, area: map[authz.Place]float64{}, names: map[string]bool{}}
}

// key is the item that something at a place belongs to.
func (s *energySums) key(at authz.Place, building, point string) energyKey {
	k := energyKey{Place: at, building: building, point: point}
	switch s.in.Per {
	case "all":
		k.Place = authz.Place{Region: s.in.Region, Project: s.in.Project}
	case "region":
		k.Project = ""
	}
	return k
}

func (s *energySums) item(k energyKey) *energySum {
	if s.items[k] == nil {
		s.items[k] = &energySum{EnergyItem: EnergyItem{Place: k.Place, Building: k.building, Point: k.point}, steps: map[string]*energyCount{}}
		if s.in.Building != "" && k.building == "" && k.point == "" {
			s.items[k].Building = s.in.Building
		}
	}
	return s.items[k]
}

// group makes the items of a group's projects, also of those that used nothing.
func (s *energySums) group(g *energyGroup, c *energyCourse) {
	for _, p := range g.projects {
		at := authz.Place{Region: p.Region, Project: p.ID}
		s.area[at] = p.FloorAreaM2
		if s.in.Per == "building" || s.in.Per == "meter" {
			continue
		}
		item := s.item(s.key(at, "", ""))
		for _, name := range c.labels {
			item.step(name)
		}
	}
	for _, name := range c.labels {
		s.names[name] = true
	}
}

func (i *energySum) step(name string) *energyCount {
	if i.steps[name] == nil {
		i.steps[name] = &energyCount{periods: map[string]*energyPart{}}
	}
	return i.steps[name]
}

// steps is how many an item has.
func (s *energySums) steps() int {
	if s.in.By == "none" {
		return 1
	}
	return len(s.names)
}

// add takes a row.
func (s *energySums) add(c *energyCourse, u *clickhouse.EnergyUsed) {
	building := u.Building
	if s.in.Per == "meter" {
		building = "" // which may change while the point stays
	}
	item := s.item(s.key(u.Place, building, u.Point))
	if u.Step == 0 {
		s.whole(item, c, u)
		return
	}
	cell := c.cells[u.Step-1]
	for _, count := range []*energyCount{&item.all, item.step(cell.at)} {
		count.add(u, cell.period, c.why)
	}
}

// whole takes what is known of a place in all, which says how many meters there are.
func (s *energySums) whole(item *energySum, c *energyCourse, u *clickhouse.EnergyUsed) {
	points := float64(u.Points)
	item.Meters += int(u.Points)
	item.all.expected += points * c.all
	for name, hours := range c.hours {
		item.step(name).expected += points * hours
	}
	switch s.in.Per {
	case "meter":
		item.Building, item.Device, item.Parent, item.unknownArea = u.Building, u.Device, u.Parent, true
	case "building":
		item.unknownArea = true // until somebody looks it up
	default:
		area := s.area[u.Place]
		item.area += area
		item.unknownArea = item.unknownArea || !(area > 0) || s.in.Building != "" || s.in.Point != ""
	}
}

func (c *energyCount) add(u *clickhouse.EnergyUsed, period, why string) {
	c.use, c.covered, c.measured, c.cost, c.priced = c.use+u.Use, c.covered+u.Covered, c.measured+u.Measured, c.cost+u.Cost, c.priced+u.Priced
	if period == "" {
		period = "none"
		c.why = cmp.Or(c.why, why)
	}
	if c.periods == nil {
		c.periods = map[string]*energyPart{}
	}
	if c.periods[period] == nil {
		c.periods[period] = &energyPart{}
	}
	p := c.periods[period]
	p.use, p.cost, p.priced = p.use+u.Use, p.cost+u.Cost, p.priced+u.Priced
}

// periodOrder is from the dearest to what has no price.
var periodOrder = []string{"sharp", "peak", "flat", "all_day", "valley", "deep_valley", "none"}

// nearlyAll is the share of a use that has to have a price for its cost to be known.
const nearlyAll = 0.999

func (c *energyCount) amount() EnergyAmount {
	a := EnergyAmount{Hours: c.covered, Expected: c.expected}
	if c.expected > 0 {
		share := min(c.covered/c.expected, 1)
		a.Coverage, a.Estimated = &share, min((c.covered-c.measured)/c.expected, 1)
	}
	if c.covered <= 0 {
		a.Why = "insufficient data: no hour of it is known"
		return a
	}
	a.Use = &c.use
	switch {
	case c.priced >= c.use*nearlyAll:
		a.Cost = &c.cost
	default:
		a.Why = "insufficient data: " + cmp.Or(c.why, "some of it has no price")
	}
	for _, name := range periodOrder {
		p := c.periods[name]
		if p == nil {
			continue
		}
		one := EnergyPeriod{Period: name, Use: p.use}
		if p.priced >= p.use*nearlyAll && name != "none" {
			one.Cost = &p.cost
		}
		a.Periods = append(a.Periods, one)
	}
	return a
}

// answer is the items that used most, and how many others there are.
func (s *energySums) answer(limit int) ([]EnergyItem, int) {
	list := make([]EnergyItem, 0, len(s.items))
	for _, item := range s.items {
		i := item.EnergyItem
		i.Total = item.all.amount()
		if i.AreaM2 == nil && !item.unknownArea && item.area > 0 {
			i.AreaM2 = &item.area
		}
		if s.in.By != "none" {
			names := make([]string, 0, len(item.steps))
			for name := range item.steps {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				i.Steps = append(i.Steps, EnergyStep{name, item.steps[name].amount()})
			}
		}
		list = append(list, i)
	}
	used := func(i *EnergyItem) float64 {
		if i.Total.Use == nil {
			return -1
		}
		return *i.Total.Use
	}
	slices.SortFunc(list, func(a, b EnergyItem) int {
		return cmp.Or(cmp.Compare(used(&b), used(&a)), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Building, b.Building), cmp.Compare(a.Point, b.Point))
	})
	if len(list) > limit {
		return list[:limit], len(list) - limit
	}
	return list, 0
}
