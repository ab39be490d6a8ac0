package registry

import (
	"cmp"
	"context"
	"errors"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
)

// What a project has when nobody said otherwise.
const (
	defaultTimeZone = "Asia/Shanghai"
	defaultCalendar = "cn"
)

func (p *Project) place() authz.Place { return authz.Place{Region: p.Region, Project: p.ID} }

var projects = &kind[Project]{
	Table: scoped.NewTable(scoped.Spec[Project]{
		Name: "projects", Kind: KindProject, Region: "region", Project: "id", Sorts: []string{"id", "name", "updated_at"},
		Path:   func(p *Project) string { return p.Region + "/" + p.ID },
		Place:  (*Project).place,
		Search: func(p *Project) string { return p.ID + "\n" + p.Name + "\n" + p.Address },
	}),
	keys:   []string{"region", "id"},
	meta:   func(p *Project) *Meta { return &p.Meta },
	create: need[Project]{authz.Manage, func(p *Project) authz.Place { return authz.Place{Region: p.Region} }},
	change: need[Project]{authz.Manage, (*Project).place},
	tidy: func(p *Project) {
		p.TimeZone = cmp.Or(p.TimeZone, defaultTimeZone)
		p.Calendar = cmp.Or(p.Calendar, defaultCalendar)
		tidyDate(&p.OccupiedOn)
	},
	check: checkProjects,
}

func checkProjects(tx *scoped.Tx, changes []*change[Project]) error {
	known := map[string]error{}
	for _, c := range changes {
		p, is := &c.after, checker{&c.problems}
		is.segment("id", p.ID)
		is.text("name", p.Name)
		is.zone("time_zone", p.TimeZone)
		is.text("calendar", p.Calendar)
		is.text("tariff", p.Tariff)
		is.number("floor_area_m2", p.FloorAreaM2, maxArea)
		is.number("households", float64(p.Households), maxHouseholds)
		is.date("occupied_on", p.OccupiedOn)
		is.number("transformer_kva", p.TransformerKVA, maxKVA)
		is.text("address", p.Address)
		if !is.segment("region", p.Region) || c.before != nil {
			continue
		}
		err, seen := known[p.Region]
		if !seen {
			var r Region
			if r, err = regions.Get(tx, p.Region); err == nil && r.Retired {
				err = errRetired
			}
			known[p.Region] = err
		}
		if err := is.open("region", p.Region, err); err != nil {
			return err
		}
	}
	return nil
}

// Bounds against slips of the keyboard.
const (
	maxArea       = 1e9 // m²
	maxHouseholds = 1e6
	maxFloors     = 300
	maxKVA        = 1e6
)

var errRetired = errors.New("retired")

// open checks that the place of a new object is there and in use, from what
// looking it up gave. Other errors are returned.
func (c checker) open(field, value string, err error) error {
	switch {
	case errors.Is(err, ErrNotFound):
		c.reject(field, value, noSuchPlace)
	case errors.Is(err, errRetired):
		c.reject(field, value, "is retired: nothing new can be in it")
	default:
		return err
	}
	return nil
}

// noSuchPlace is said of places that are not there and of those that are none of
// the caller's business, without a difference.
const noSuchPlace = "no such place, or not one in which you may do this"

// Projects lists the projects that the caller may read.
func (v *View) Projects(ctx context.Context, f ProjectFilter, p Page) (list List[Project], err error) {
	at, err := placeOf(f.Region, "")
	if err != nil {
		return list, err
	}
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = projects.Within(tx, authz.Read, at, inUse(f.Search, f.Retired)...).Page(p)
		return err
	})
	return list, err
}

// Project reads one project.
func (v *View) Project(ctx context.Context, region, id string) (Project, error) {
	return get(ctx, v, projects, region+"/"+id)
}

// CreateProject is for managers of the region.
func (v *View) CreateProject(ctx context.Context, p Project) (Project, error) {
	return create(ctx, v, projects, p)
}

// UpdateProject is for managers of the project. Version must be the present one.
func (v *View) UpdateProject(ctx context.Context, p Project) (Project, error) {
	return update(ctx, v, projects, p)
}

// RetireProject is for managers of the region. Its devices must be out of
// service.
func (v *View) RetireProject(ctx context.Context, region, id string, version int64) (Project, error) {
	return retire(ctx, v, projects, region+"/"+id, version, func(tx *scoped.Tx, p *Project) error {
		if err := projects.create.require(tx, p); err != nil {
			return err
		}
		n, err := devices.Within(tx, authz.Read, p.place(), scoped.In("state", servingStates)).Count()
		return inService(err, n, "%d of its devices are still in service: retire them first")
	})
}

// placeOf is the place that a filter names, as far as its region is given.
func placeOf(region, project string) (authz.Place, error) {
	var p problems
	is := checker{&p}
	if region != "" {
		is.segment("region", region)
	}
	if project != "" {
		is.segment("project", project)
	}
	if region == "" {
		project = ""
	}
	return authz.Place{Region: region, Project: project}, p.invalid()
}
