package registry

import (
	"context"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
)

// ExportOptions of an Export.
type ExportOptions struct {
	Filter  DeviceFilter // of places other than devices only Region, Project and Search count
	Chinese bool         // headings in Chinese; an import reads both
}

// Export writes the objects of a kind that the caller may read as a table, in
// the order of their paths, retired ones too. An import of it changes nothing.
// It reads page by page and holds no transaction while w takes its time. It does
// not close w.
func (v *View) Export(ctx context.Context, kind string, o ExportOptions, w RowWriter) error {
	f := o.Filter
	switch kind {
	case KindRegion:
		return exportRows(ctx, regions, o, w, func(ctx context.Context, p Page) (list List[Region], err error) {
			at, err := placeOf(f.Region, "")
			if err != nil {
				return list, err
			}
			err = v.read(ctx, func(tx *scoped.Tx) error {
				list, err = regions.Within(tx, authz.Read, at, inUse(f.Search, true)...).Page(p)
				return err
			})
			return list, err
		})
	case KindProject:
		return exportRows(ctx, projects, o, w, func(ctx context.Context, p Page) (List[Project], error) {
			return v.Projects(ctx, ProjectFilter{Region: f.Region, Search: f.Search, Retired: true}, p)
		})
	case KindBuilding:
		return exportRows(ctx, buildings, o, w, func(ctx context.Context, p Page) (List[Building], error) {
			return v.Buildings(ctx, BuildingFilter{Region: f.Region, Project: f.Project, Search: f.Search, Retired: true}, p)
		})
	case KindDevice:
		return exportRows(ctx, devices, o, w, func(ctx context.Context, p Page) (List[Device], error) {
			return v.Devices(ctx, f, p)
		})
	}
	return wrongKind(kind)
}

func exportRows[T any](ctx context.Context, k *kind[T], o ExportOptions, w RowWriter, page func(context.Context, Page) (List[T], error)) error {
	cells := make([]any, len(k.Fields.All))
	for i, f := range k.Fields.All {
		if cells[i] = f.Name; o.Chinese {
			cells[i] = f.Chinese
		}
	}
	if err := w.Write(cells...); err != nil {
		return err
	}
	for p := (Page{Limit: 1000}); ; {
		list, err := page(ctx, p)
		if err != nil {
			return err
		}
		for i := range list.Items {
			for j, f := range k.Fields.All {
				cells[j] = k.Fields.Cell(&list.Items[i], f)
			}
			if err := w.Write(cells...); err != nil {
				return err
			}
		}
		if p.Cursor = list.Next; p.Cursor == "" {
			return nil
		}
	}
}
