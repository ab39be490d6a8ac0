package simulate

import "fmt"

// roles are the meters of a building in the order in which one would install
// them; beyond the list, tenants and floors alternate.
var roles = []string{
	"elec-main", "water-main", "elec-light", "elec-plant", "elec-lift",
	"heat-main", "gas-main", "water-floor", "elec-tenant", "water-floor",
}

// layMeters gives each building its mains and what is metered below them.
func (b *builder) layMeters(p *project, n int) {
	houses := buildings(n, metersPerBuilding)
	for h := range houses {
		house := building(h)
		mains := make(map[string]*meter) // by medium
		named := make(map[string]int)
		for i := range deal(n, h, houses, 0) {
			role := "elec-tenant"
			switch {
			case i < len(roles):
				role = roles[i]
			case i%2 == 1:
				role = "water-floor"
			}
			switch { // what an estate of this kind does not have
			case role == "heat-main" && !p.climate.heated, role == "gas-main" && p.use == office:
				role = "elec-tenant"
			}
			b.layMeter(p, house, role, mains, named)
		}
	}
}

func (b *builder) layMeter(p *project, house, role string, mains map[string]*meter, named map[string]int) {
	id := house + "-" + role
	if named[role]++; role == "elec-tenant" || role == "water-floor" {
		id = fmt.Sprintf("%s-%02d", id, named[role])
	}
	medium := mediumOf(role)
	d := b.device(p, house, medium, id)
	d.info.Medium = medium
	l := b.loadOf(p, role, d)
	m := newMeter(d, l)
	if main := mains[medium]; main != nil {
		main.load.children = append(main.load.children, l)
		main.phases = 3
		d.info.Parent = main.info.Device.ID
	} else {
		mains[medium] = m
	}
	if d.rng.Float64() < 0.05 {
		d.batch = 3
	}
	if role == "elec-plant" {
		b.plant = append(b.plant, m)
	}
	b.meters = append(b.meters, m)
	b.add(d, m)
}

func mediumOf(role string) string {
	switch role {
	case "water-main", "water-floor":
		return Water
	case "gas-main":
		return Gas
	case "heat-main":
		return Heat
	}
	return Electricity
}

// loadOf is what a role draws: kW or m³/h. A main's own load is what nobody
// meters below it.
func (b *builder) loadOf(p *project, role string, d *device) *load {
	size := between(d.rng, 0.7, 1.4)
	power, water := residentialPower, residentialWater
	switch p.use {
	case office:
		power, water = officePower, officeWater
	case shops:
		power, water = shopPower, officeWater
	}
	l := &load{id: d.id, climate: p.climate, shape: power}
	switch role {
	case "elec-main":
		l.base, l.standby, l.gust, l.losses = 34*size, 2, 0.06, 0.02
	case "elec-light":
		l.shape, l.base, l.gust = lamps, 6*size, 0.01
	case "elec-plant":
		l.shape, l.base, l.gust = plantHours, 9*size, 0.05
		l.cooling, l.heating, l.heatBelow = 2.2*size, 0.9*size, 12
	case "elec-lift":
		l.shape, l.base, l.standby, l.gust = liftPower, 8*size, 0.8, 0.25
	case "elec-tenant":
		l.base, l.standby, l.gust = 5*size, 0.2, 0.2
	case "water-main":
		l.shape, l.base, l.bursts, l.gust = water, 2.6*size, 12, 0.25
	case "water-floor":
		l.shape, l.base, l.bursts, l.gust = water, 0.6*size, 3, 0.3
	case "gas-main":
		l.shape, l.base, l.bursts, l.gust = kitchenGas, 5*size, 6, 0.2
	case "heat-main":
		l.shape, l.heating, l.heatBelow, l.gust = boilers, 8*size, 18, 0.02
	}
	return l
}
