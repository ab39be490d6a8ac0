package registry

import (
	"cmp"
	"context"
	"slices"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// What Steward itself reads of the registry: there is no caller, and nothing is
// left out.

// standing is the part of a device that ingest needs, of which there are many.
type standing struct {
	Region  string          `db:"region"`
	Project string          `db:"project"`
	Class   telemetry.Class `db:"class"`
	ID      string          `db:"id"`
	State   State           `db:"state"`
}

func (s *standing) ref() telemetry.Device {
	return telemetry.Device{Region: s.Region, Project: s.Project, Class: s.Class, ID: s.ID}
}

var standings = scoped.NewTable(scoped.Spec[standing]{
	Name: "devices", Kind: KindDevice, Region: "region", Project: "project", Sorts: []string{"id"},
	Path:  func(s *standing) string { return s.ref().String() },
	Place: func(s *standing) authz.Place { return authz.Place{Region: s.Region, Project: s.Project} },
})

// Known hands over every device with its state, in the order of their paths.
func (s *Store) Known(ctx context.Context, each func(telemetry.Device, State) error) error {
	for p := (Page{Limit: 1000}); ; {
		var list List[standing]
		err := s.db.Read(ctx, authz.SystemPrincipal("ingest"), func(tx *scoped.Tx) (err error) {
			list, err = standings.Within(tx, authz.Read, authz.HQ).Page(p)
			return err
		})
		if err != nil {
			return err
		}
		for i := range list.Items {
			if err := each(list.Items[i].ref(), list.Items[i].State); err != nil {
				return err
			}
		}
		if p.Cursor = list.Next; p.Cursor == "" {
			return nil
		}
	}
}

// Changes gives the devices and projects that were made or changed after a
// position, each in its present form and at most limit of both together, and the
// position to ask from next. 0 is the beginning; the position that was given
// comes back when there is nothing new. Nothing is missed: changes become
// visible in the order of their positions.
func (s *Store) Changes(ctx context.Context, after int64, limit int) (ds []Device, ps []Project, next int64, err error) {
	err = s.db.Read(ctx, authz.SystemPrincipal("mirror"), func(tx *scoped.Tx) error {
		changedDevices, err := devices.Since(tx, after, limit)
		if err != nil {
			return err
		}
		changedProjects, err := projects.Since(tx, after, limit)
		if err != nil {
			return err
		}
		ds, ps, next = merge(changedDevices, changedProjects, after, limit)
		return deriveFeeds(tx, ds)
	})
	return ds, ps, next, err
}

// merge takes the first of both by their revisions, which are unique.
func merge(ds []scoped.Changed[Device], ps []scoped.Changed[Project], after int64, limit int) ([]Device, []Project, int64) {
	all := make([]int64, 0, len(ds)+len(ps))
	for _, d := range ds {
		all = append(all, d.Revision)
	}
	for _, p := range ps {
		all = append(all, p.Revision)
	}
	if len(all) == 0 {
		return nil, nil, after
	}
	slices.SortFunc(all, cmp.Compare[int64])
	last := all[min(len(all), limit)-1]
	var devices []Device
	var projects []Project
	for _, d := range ds {
		if d.Revision <= last {
			devices = append(devices, d.Object)
		}
	}
	for _, p := range ps {
		if p.Revision <= last {
			projects = append(projects, p.Object)
		}
	}
	return devices, projects, last
}
