package energy

import (
	"cmp"
	"maps"
	"slices"

	"steward/analytics/tariff"
	"steward/internal/clickhouse"
)

// point is a metering point: a meter and those that stood there before it.
type point struct {
	id, building, medium, metric string
	device                       string   // the meter that counted last
	devices                      []string // all of them
	parent                       *point
	children                     []*point
	used                         float64 // in the last year, as far as it is known
	last                         int32
	retired                      bool
}

// media are what meters count, with the counter and the unit of each.
var media = map[string]struct{ metric, unit string }{
	tariff.Electricity: {"energy_kwh", "kWh"},
	tariff.Water:       {"volume_m3", "m3"},
	tariff.Gas:         {"volume_m3", "m3"},
	tariff.Heat:        {"heat_gj", "GJ"},
}

// mediumOf is what a meter counts of which the registry does not say it.
var mediumOf = map[string]string{"energy_kwh": tariff.Electricity, "volume_m3": tariff.Water, "heat_gj": tariff.Heat}

// estate are the metering points of a project.
type estate struct {
	points map[string]*point
}

func newEstate(rows []clickhouse.EnergyMeter) *estate {
	e := &estate{points: map[string]*point{}}
	byDevice, parents := map[string]*point{}, map[*point]string{}
	for _, m := range rows {
		medium := cmp.Or(m.Medium, mediumOf[m.Metric])
		if m.Metric != "" && media[medium].metric != m.Metric {
			continue // such as the water that went through a heat meter
		}
		id := cmp.Or(m.Point, m.Device)
		p := e.points[id]
		if p == nil {
			p = &point{id: id}
			e.points[id] = p
		}
		byDevice[m.Device] = p
		p.devices = append(p.devices, m.Device)
		p.used += m.Used
		if p.device == "" || m.Last > p.last {
			p.device, p.building, p.medium, p.last = m.Device, m.Building, medium, m.Last
			p.metric = m.Metric
			p.retired = m.State == "retired" || m.State == "replaced"
			if m.Parent != "" || parents[p] == "" {
				parents[p] = m.Parent
			}
		}
	}
	for _, p := range e.all() {
		if parent := byDevice[parents[p]]; parent != nil && parent != p && !parent.behind(p) {
			p.parent = parent
			parent.children = append(parent.children, p)
		}
	}
	return e
}

// behind reports whether a point is metered by another before it.
func (p *point) behind(other *point) bool {
	for n := 0; p != nil && n < 1000; n++ {
		if p = p.parent; p == other && p != nil {
			return true
		}
	}
	return false
}

// all are the points by their ids.
func (e *estate) all() []*point {
	list := slices.Collect(maps.Values(e.points))
	slices.SortFunc(list, func(a, b *point) int { return cmp.Compare(a.id, b.id) })
	return list
}

// counting are the points that counted something, by their ids.
func (e *estate) counting() []*point {
	return slices.DeleteFunc(e.all(), func(p *point) bool { return p.metric == "" })
}

// topOf reports whether a point is one of those that together make up a building: no
// other of the building is before it. Meters that are gone are left out of the sum of
// all times, so that it means the same before and after.
func (p *point) topOf() bool {
	if p.building == "" || p.retired {
		return false
	}
	return p.parent == nil || p.parent.building != p.building || p.parent.medium != p.medium
}

// supplies reports whether nothing is metered before a point: it is what the supplier
// bills.
func (p *point) supplies() bool { return p.parent == nil || p.parent.medium != p.medium }

// below are the children that a balance compares a point with.
func (p *point) below() []*point {
	var list []*point
	for _, c := range p.children {
		if c.medium == p.medium && !c.retired {
			list = append(list, c)
		}
	}
	return list
}

// balanced reports whether a point is part of a balance.
func (p *point) balanced() bool {
	return !p.retired && (len(p.below()) > 0 || p.parent != nil && p.parent.medium == p.medium)
}
