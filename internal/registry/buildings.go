package registry

import (
	"context"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
)

func (b *Building) place() authz.Place { return authz.Place{Region: b.Region, Project: b.Project} }

func buildingPath(region, project, id string) string { return region + "/" + project + "/" + id }

var buildings = &kind[Building]{
	Table: scoped.NewTable(scoped.Spec[Building]{
		Name: "buildings", Kind: KindBuilding, Region: "region", Project: "project", Sorts: []string{"id", "name", "updated_at"},
		Path:   func(b *Building) string { return buildingPath(b.Region, b.Project, b.ID) },
		Place:  (*Building).place,
		Search: func(b *Building) string { return b.ID + "\n" + b.Name },
	}),
	keys:   []string{"region", "project", "id"},
	meta:   func(b *Building) *Meta { return &b.Meta },
	create: need[Building]{authz.Configure, (*Building).place},
	change: need[Building]{authz.Configure, (*Building).place},
	tidy:   func(b *Building) { tidyDate(&b.CompletedOn) },
	check: func(tx *scoped.Tx, changes []*change[Building]) error {
		places := openPlaces{}
		for _, c := range changes {
			b, is := &c.after, checker{&c.problems}
			is.segment("id", b.ID)
			is.text("name", b.Name)
			is.number("floors", float64(b.Floors), maxFloors)
			is.number("floor_area_m2", b.FloorAreaM2, maxArea)
			is.number("households", float64(b.Households), maxHouseholds)
			is.date("completed_on", b.CompletedOn)
			if is.segment("region", b.Region) && is.segment("project", b.Project) && c.before == nil {
				if err := is.open("project", b.Project, places.lookup(tx, b.place())); err != nil {
					return err
				}
			}
		}
		return nil
	},
}

// openPlaces remembers what looking up a project gave: nil for one that is in
// use.
type openPlaces map[authz.Place]error

func (known openPlaces) lookup(tx *scoped.Tx, at authz.Place) error {
	err, seen := known[at]
	if !seen {
		var p Project
		if p, err = projects.Get(tx, at.String()); err == nil && p.Retired {
			err = errRetired
		}
		known[at] = err
	}
	return err
}

// Buildings lists the buildings that the caller may read.
func (v *View) Buildings(ctx context.Context, f BuildingFilter, p Page) (list List[Building], err error) {
	at, err := placeOf(f.Region, f.Project)
	if err != nil {
		return list, err
	}
	conds := inUse(f.Search, f.Retired)
	if f.Project != "" {
		conds = append(conds, scoped.Is("project", f.Project))
	}
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = buildings.Within(tx, authz.Read, at, conds...).Page(p)
		return err
	})
	return list, err
}

// Building reads one building.
func (v *View) Building(ctx context.Context, region, project, id string) (Building, error) {
	return get(ctx, v, buildings, buildingPath(region, project, id))
}

// CreateBuilding is for engineers of the project.
func (v *View) CreateBuilding(ctx context.Context, b Building) (Building, error) {
	return create(ctx, v, buildings, b)
}

// UpdateBuilding is for engineers of the project. Version must be the present
// one.
func (v *View) UpdateBuilding(ctx context.Context, b Building) (Building, error) {
	return update(ctx, v, buildings, b)
}

// RetireBuilding is for engineers of the project. Its devices must be out of
// service.
func (v *View) RetireBuilding(ctx context.Context, region, project, id string, version int64) (Building, error) {
	return retire(ctx, v, buildings, buildingPath(region, project, id), version, func(tx *scoped.Tx, b *Building) error {
		n, err := devices.Within(tx, authz.Read, b.place(), scoped.Is("building", b.ID), scoped.In("state", servingStates)).Count()
		return inService(err, n, "%d of its devices are still in service: retire them first")
	})
}
