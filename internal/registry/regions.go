package registry

import (
	"context"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
)

func (r *Region) place() authz.Place { return authz.Place{Region: r.ID} }

var regions = &kind[Region]{
	Table: scoped.NewTable(scoped.Spec[Region]{
		Name: "regions", Kind: KindRegion, Region: "id", Sorts: []string{"id", "name", "updated_at"},
		Path:   func(r *Region) string { return r.ID },
		Place:  (*Region).place,
		Search: func(r *Region) string { return r.ID + "\n" + r.Name },
	}),
	keys:   []string{"id"},
	meta:   func(r *Region) *Meta { return &r.Meta },
	create: need[Region]{authz.Administer, func(*Region) authz.Place { return authz.HQ }},
	change: need[Region]{authz.Manage, (*Region).place},
	tidy:   func(*Region) {},
	check: func(_ *scoped.Tx, changes []*change[Region]) error {
		for _, c := range changes {
			r, is := &c.after, checker{&c.problems}
			if is.segment("id", r.ID) && r.ID == authz.HQ.String() {
				is.reject("id", r.ID, "is the name of the headquarters: choose another")
			}
			is.text("name", r.Name)
		}
		return nil
	},
}

// Regions lists the regions of which the caller may read anything.
func (v *View) Regions(ctx context.Context, f RegionFilter, p Page) (list List[Region], err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = regions.Within(tx, authz.Read, authz.HQ, inUse(f.Search, f.Retired)...).Page(p)
		return err
	})
	return list, err
}

// Region reads one region.
func (v *View) Region(ctx context.Context, id string) (Region, error) {
	return get(ctx, v, regions, id)
}

// CreateRegion is for administrators of the headquarters.
func (v *View) CreateRegion(ctx context.Context, r Region) (Region, error) {
	return create(ctx, v, regions, r)
}

// UpdateRegion is for managers of the region. Version must be the present one.
func (v *View) UpdateRegion(ctx context.Context, r Region) (Region, error) {
	return update(ctx, v, regions, r)
}

// RetireRegion is for administrators of the headquarters. Its projects must be
// retired.
func (v *View) RetireRegion(ctx context.Context, id string, version int64) (Region, error) {
	return retire(ctx, v, regions, id, version, func(tx *scoped.Tx, r *Region) error {
		if err := regions.create.require(tx, r); err != nil {
			return err
		}
		n, err := projects.Within(tx, authz.Read, r.place(), scoped.Is("retired", false)).Count()
		return inService(err, n, "%d of its projects are still in service: retire them first")
	})
}

// The four things that are done to each place in the same way.

func get[T any](ctx context.Context, v *View, k *kind[T], path string) (o T, err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		o, err = k.Get(tx, path)
		return err
	})
	return o, err
}

func create[T any](ctx context.Context, v *View, k *kind[T], o T) (T, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[T], error) { return k.add(tx, o) })
}

func update[T any](ctx context.Context, v *View, k *kind[T], o T) (T, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[T], error) { return k.edit(tx, o) })
}

// written is the object of a change that was made: nothing when it failed.
func written[T any](ctx context.Context, v *View, do func(*scoped.Tx) (*change[T], error)) (T, error) {
	var nothing T
	var c *change[T]
	err := v.write(ctx, func(tx *scoped.Tx) (err error) {
		c, err = do(tx)
		return err
	})
	if err != nil {
		return nothing, err
	}
	return c.after, nil
}

// retire marks an object that nothing in service needs any more.
func retire[T any](ctx context.Context, v *View, k *kind[T], path string, version int64, allow func(*scoped.Tx, *T) error) (T, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[T], error) {
		before, err := k.get(tx, path, version)
		if err != nil {
			return nil, err
		}
		if err := allow(tx, &before); err != nil {
			return nil, err
		}
		c := &change[T]{before: &before, after: before, action: "retire"}
		k.meta(&c.after).Retired = true
		return c, k.save(tx, c)
	})
}

// inService rejects the retirement of what is still needed.
func inService(err error, n int, problem string) error {
	if err != nil || n == 0 {
		return err
	}
	return controldb.Invalid("retired", "true", problem, n)
}

// inUse are the conditions that all lists of places have.
func inUse(search string, retired bool) []scoped.Cond {
	var conds []scoped.Cond
	if search != "" {
		conds = append(conds, scoped.Contains(search))
	}
	if !retired {
		conds = append(conds, scoped.Is("retired", false))
	}
	return conds
}
