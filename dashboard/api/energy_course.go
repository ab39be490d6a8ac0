package api

import (
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/registry"
)

// energyGroup is the projects that have one clock and one tariff.
type energyGroup struct {
	zone     *time.Location
	tariff   string
	projects []registry.Project
}

// maxGroup is how many projects one query names.
const maxGroup = 500

func groupsOf(projects []registry.Project) []energyGroup {
	type key struct{ zone, tariff string }
	var groups []energyGroup
	at := map[key]int{}
	for _, p := range projects {
		k := key{p.TimeZone, p.Tariff}
		i, known := at[k]
		if !known || len(groups[i].projects) == maxGroup {
			zone, err := time.LoadLocation(p.TimeZone)
			if err != nil {
				zone = time.UTC // the registry lets none in that is not there
			}
			i = len(groups)
			at[k] = i
			groups = append(groups, energyGroup{zone: zone, tariff: p.Tariff})
		}
		groups[i].projects = append(groups[i].projects, p)
	}
	return groups
}

// energyCourse is how the time of a group is divided: into steps, and each of these
// into periods of the tariff.
type energyCourse struct {
	from, to  time.Time
	parts     int // of an hour
	stretches []clickhouse.EnergyStretch
	cells     []energyCell // by number from 1
	hours     map[string]float64
	labels    []string // of steps, in order
	all       float64  // hours
	why, note string
}

// energyCell is a period within a step.
type energyCell struct{ at, period string }

// courseOf divides the days from a first to a last one by the clocks of a group. What
// nobody can know yet is not part of it.
func (a *API) courseOf(in *energyUseIn, g *energyGroup, from, to, until time.Time) *energyCourse {
	local := func(day time.Time) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, g.zone)
	}
	// Consumption is by hours of UTC: of those that a day begins or ends within, the part
	// outside is of no step.
	first, last := local(from).UTC(), local(to).UTC()
	c := &energyCourse{from: first.Truncate(time.Hour), to: last.Add(time.Hour - 1).Truncate(time.Hour), parts: 1, hours: map[string]float64{}}
	if until.Before(c.to) {
		c.to = until
	}
	if !c.from.Before(c.to) {
		return c
	}
	prices := EnergyPrices{Why: "there are no prices here"}
	if a.Prices != nil {
		prices = a.Prices.EnergyPrices(g.tariff, in.Medium, g.zone, c.from, c.to)
	}
	c.why, c.note = prices.Why, prices.Note
	if len(prices.Rates) == 0 {
		prices.Rates = []EnergyRate{{From: c.from}}
	}
	if halved(prices.Rates, c.from.In(g.zone)) {
		c.parts = 2
	}
	c.divide(in.By, g.zone, prices.Rates, first, last)
	return c
}

// halved reports whether something changes at half past: a price, or the day in a zone
// that is off by half an hour.
func halved(rates []EnergyRate, from time.Time) bool {
	if _, offset := from.Zone(); offset%3600 != 0 {
		return true
	}
	for _, r := range rates {
		if r.From.After(from) && r.From.Unix()%3600 != 0 {
			return true
		}
	}
	return false
}

func (c *energyCourse) divide(by string, zone *time.Location, rates []EnergyRate, first, end time.Time) {
	length := time.Hour / time.Duration(c.parts)
	numbers := map[energyCell]uint32{}
	rate, last := 0, clickhouse.EnergyStretch{}
	for t := c.from; t.Before(c.to); t = t.Add(length) {
		for rate+1 < len(rates) && !rates[rate+1].From.After(t) {
			rate++
		}
		var number uint32 // 0 for what is outside the days
		if !t.Before(first) && t.Before(end) {
			cell := energyCell{stepOf(t.In(zone), by), rates[rate].Period}
			number = numbers[cell]
			if number == 0 {
				c.cells = append(c.cells, cell)
				number = uint32(len(c.cells))
				numbers[cell] = number
			}
			if _, known := c.hours[cell.at]; !known {
				c.labels = append(c.labels, cell.at)
			}
			c.hours[cell.at] += length.Hours()
			c.all += length.Hours()
		}
		if last.Step != number || last.Price != rates[rate].Price || last.Parts == 0 {
			if last.Parts > 0 {
				c.stretches = append(c.stretches, last)
			}
			last = clickhouse.EnergyStretch{Step: number, Price: rates[rate].Price}
		}
		last.Parts++
	}
	c.stretches = append(c.stretches, last)
}

// stepOf is the name of the step that a local time is in.
func stepOf(t time.Time, by string) string {
	switch by {
	case "hour":
		return t.Format("2006-01-02T15")
	case "day":
		return t.Format(time.DateOnly)
	case "week":
		return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Format(time.DateOnly)
	case "month":
		return t.Format("2006-01")
	}
	return ""
}

func (c *energyCourse) query(in *energyUseIn, g *energyGroup) clickhouse.EnergyUseQuery {
	medium := energyMedia[in.Medium]
	q := clickhouse.EnergyUseQuery{
		Building: in.Building, Point: in.Point, Metric: medium.metric, Media: medium.media,
		From: c.from, To: c.to, HourParts: c.parts, Stretches: c.stretches, Per: "project",
	}
	if in.Per == "building" || in.Per == "meter" {
		q.Per = in.Per
	}
	for _, p := range g.projects {
		q.Places = append(q.Places, authz.Place{Region: p.Region, Project: p.ID})
	}
	return q
}
