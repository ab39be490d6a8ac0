package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
)

type RegionPath struct {
	Region string `path:"region" pattern:"^[a-z0-9][a-z0-9_-]{0,63}$" example:"north" doc:"The region."`
}

type PlacesIn struct {
	SortedIn
	Search  string `query:"search" maxLength:"200" doc:"Part of the id, the name or the address, in any case."`
	Retired bool   `query:"retired" doc:"Also those that are out of use."`
}

type regionGet struct {
	RegionPath
	Conditional
}

type regionCreate struct{ Body registry.Region }

type regionUpdate struct {
	RegionPath
	Guarded
	Body registry.Region
}

type regionPatch struct {
	RegionPath
	Guarded
	Body patch `contentType:"application/merge-patch+json"`
}

type regionRetire struct {
	RegionPath
	Guarded
}

type regionHistory struct {
	RegionPath
	PageIn
}

var exampleMeta = registry.Meta{
	Version: 7, CreatedAt: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC),
}

var exampleRegion = registry.Region{ID: "north", Name: "华北区域", Meta: exampleMeta}

func (a *API) registerRegions() {
	register(a, authz.Read, operation{
		ID: "list-regions", Method: http.MethodGet, Path: "/regions", Tag: "Places", Summary: "List regions",
		Description: "A region is visible to whoever may see one of its projects.",
		Answer:      listBody[registry.Region]{Items: []registry.Region{exampleRegion}},
	}, func(ctx context.Context, c caller, in *PlacesIn) (*listOut[registry.Region], error) {
		l, err := a.as(c).Regions(ctx, registry.RegionFilter{Search: in.Search, Retired: in.Retired}, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Administer, operation{
		ID: "create-region", Method: http.MethodPost, Path: "/regions", Tag: "Places", Summary: "Create a region",
		Status: http.StatusCreated, Everywhere: true, Request: registry.Region{ID: "north", Name: "华北区域"}, Answer: exampleRegion,
	}, func(ctx context.Context, c caller, in *regionCreate) (*objectOut[registry.Region], error) {
		r, err := a.as(c).CreateRegion(ctx, in.Body)
		return created(r, r.Version, "regions", r.ID), err
	})
	register(a, authz.Read, operation{
		ID: "get-region", Method: http.MethodGet, Path: "/regions/{region}", Tag: "Places", Summary: "Read a region", Answer: exampleRegion,
	}, func(ctx context.Context, c caller, in *regionGet) (*objectOut[registry.Region], error) {
		r, err := a.as(c).Region(ctx, in.Region)
		return object(r, r.Version, in.Conditional), err
	})
	register(a, authz.Manage, operation{
		ID: "replace-region", Method: http.MethodPut, Path: "/regions/{region}", Tag: "Places", Summary: "Change a region, giving all of its fields",
		Request: registry.Region{Name: "华北区域"}, Answer: exampleRegion,
	}, func(ctx context.Context, c caller, in *regionUpdate) (*objectOut[registry.Region], error) {
		return a.updateRegion(ctx, c, in.RegionPath, in.Guarded, in.Body)
	})
	register(a, authz.Manage, operation{
		ID: "update-region", Method: http.MethodPatch, Path: "/regions/{region}", Tag: "Places", Summary: "Change fields of a region",
		Description: mergePatch, Request: map[string]any{"name": "华北区域"}, Answer: exampleRegion,
	}, func(ctx context.Context, c caller, in *regionPatch) (*objectOut[registry.Region], error) {
		present, err := a.as(c).Region(ctx, in.Region)
		if err != nil {
			return nil, err
		}
		changed, err := applied(present, in.Body)
		if err != nil {
			return nil, err
		}
		return a.updateRegion(ctx, c, in.RegionPath, in.Guarded, changed)
	})
	register(a, authz.Administer, operation{
		ID: "retire-region", Method: http.MethodPost, Path: "/regions/{region}/retire", Tag: "Places", Summary: "Take a region out of use",
		Description: "It must have no project in use.", Everywhere: true, Answer: exampleRegion,
	}, func(ctx context.Context, c caller, in *regionRetire) (*objectOut[registry.Region], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		r, err := a.as(c).RetireRegion(ctx, in.Region, version)
		return object(r, r.Version, Conditional{}), err
	})
	register(a, authz.Read, operation{
		ID: "region-history", Method: http.MethodGet, Path: "/regions/{region}/history", Tag: "Places", Summary: "Read what was changed of a region",
		Description: newestFirst, Answer: exampleEntries,
	}, func(ctx context.Context, c caller, in *regionHistory) (*listOut[auditEntry], error) {
		return a.history(ctx, c, registry.KindRegion, in.Region, in.PageIn)
	})
}

const mergePatch = "JSON Merge Patch (RFC 7396): send only the fields that are to be different, null for those that are to be empty."

func (a *API) updateRegion(ctx context.Context, c caller, at RegionPath, g Guarded, to registry.Region) (*objectOut[registry.Region], error) {
	version, err := g.version()
	if err != nil {
		return nil, err
	}
	if err := same("id", &to.ID, at.Region); err != nil {
		return nil, err
	}
	to.Version = version
	r, err := a.as(c).UpdateRegion(ctx, to)
	return object(r, r.Version, Conditional{}), err
}

// same fills a part of an object's identity from the path. A body that says
// something else is of another object.
func same[T ~string](field string, value *T, path T) error {
	if *value != "" && *value != path {
		return invalid(field, string(*value), "is not %q as in the address: identities do not change", path)
	}
	*value = path
	return nil
}
