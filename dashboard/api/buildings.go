package api

import (
	"context"
	"errors"
	"net/http"

	"steward/internal/authz"
	"steward/internal/registry"
)

type BuildingPath struct {
	ProjectPath
	Building string `path:"building" pattern:"^[a-z0-9][a-z0-9_-]{0,63}$" example:"b3" doc:"The building."`
}

type buildingsIn struct {
	ProjectsIn
	Project string `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
}

type buildingGet struct {
	BuildingPath
	Conditional
}

type buildingCreate struct{ Body registry.Building }

type buildingUpdate struct {
	BuildingPath
	Guarded
	Body registry.Building
}

type buildingPatch struct {
	BuildingPath
	Guarded
	Body patch `contentType:"application/merge-patch+json"`
}

type buildingRetire struct {
	BuildingPath
	Guarded
}

type buildingHistory struct {
	BuildingPath
	PageIn
}

var exampleBuilding = registry.Building{
	Region: "north", Project: "harbour", ID: "b3", Name: "3 号楼", Floors: 33, FloorAreaM2: 24100, Households: 198, CompletedOn: "2013-11-20", Meta: exampleMeta,
}

func newBuilding() registry.Building {
	b := exampleBuilding
	b.Meta = registry.Meta{}
	return b
}

func (a *API) registerBuildings() {
	const one = "/buildings/{region}/{project}/{building}"
	register(a, authz.Read, operation{
		ID: "list-buildings", Method: http.MethodGet, Path: "/buildings", Tag: "Places", Summary: "List buildings",
		Answer: listBody[registry.Building]{Items: []registry.Building{exampleBuilding}},
	}, func(ctx context.Context, c caller, in *buildingsIn) (*listOut[registry.Building], error) {
		f := registry.BuildingFilter{Region: in.Region, Project: in.Project, Search: in.Search, Retired: in.Retired}
		l, err := a.as(c).Buildings(ctx, f, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Configure, operation{
		ID: "create-building", Method: http.MethodPost, Path: "/buildings", Tag: "Places", Summary: "Create a building",
		Status: http.StatusCreated, Request: newBuilding(), Answer: exampleBuilding,
	}, func(ctx context.Context, c caller, in *buildingCreate) (*objectOut[registry.Building], error) {
		b, err := a.as(c).CreateBuilding(ctx, in.Body)
		return created(b, b.Version, "buildings", b.Region, b.Project, b.ID), err
	})
	register(a, authz.Read, operation{
		ID: "get-building", Method: http.MethodGet, Path: one, Tag: "Places", Summary: "Read a building", Answer: exampleBuilding,
	}, func(ctx context.Context, c caller, in *buildingGet) (*objectOut[registry.Building], error) {
		b, err := a.as(c).Building(ctx, in.Region, in.Project, in.Building)
		return object(b, b.Version, in.Conditional), err
	})
	register(a, authz.Configure, operation{
		ID: "replace-building", Method: http.MethodPut, Path: one, Tag: "Places", Summary: "Change a building, giving all of its fields",
		Request: newBuilding(), Answer: exampleBuilding,
	}, func(ctx context.Context, c caller, in *buildingUpdate) (*objectOut[registry.Building], error) {
		return a.updateBuilding(ctx, c, in.BuildingPath, in.Guarded, in.Body)
	})
	register(a, authz.Configure, operation{
		ID: "update-building", Method: http.MethodPatch, Path: one, Tag: "Places", Summary: "Change fields of a building",
		Description: mergePatch, Request: map[string]any{"floors": 33}, Answer: exampleBuilding,
	}, func(ctx context.Context, c caller, in *buildingPatch) (*objectOut[registry.Building], error) {
		present, err := a.as(c).Building(ctx, in.Region, in.Project, in.Building)
		if err != nil {
			return nil, err
		}
		changed, err := applied(present, in.Body)
		if err != nil {
			return nil, err
		}
		return a.updateBuilding(ctx, c, in.BuildingPath, in.Guarded, changed)
	})
	register(a, authz.Configure, operation{
		ID: "retire-building", Method: http.MethodPost, Path: one + "/retire", Tag: "Places", Summary: "Take a building out of use",
		Description: "Its history is kept.", Answer: exampleBuilding,
	}, func(ctx context.Context, c caller, in *buildingRetire) (*objectOut[registry.Building], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		b, err := a.as(c).RetireBuilding(ctx, in.Region, in.Project, in.Building, version)
		return object(b, b.Version, Conditional{}), err
	})
	register(a, authz.Read, operation{
		ID: "building-history", Method: http.MethodGet, Path: one + "/history", Tag: "Places", Summary: "Read what was changed of a building",
		Description: newestFirst, Answer: exampleEntries,
	}, func(ctx context.Context, c caller, in *buildingHistory) (*listOut[auditEntry], error) {
		return a.history(ctx, c, registry.KindBuilding, in.Region+"/"+in.Project+"/"+in.Building, in.PageIn)
	})
}

func (a *API) updateBuilding(ctx context.Context, c caller, at BuildingPath, g Guarded, to registry.Building) (*objectOut[registry.Building], error) {
	version, err := g.version()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(same("region", &to.Region, at.Region), same("project", &to.Project, at.Project), same("id", &to.ID, at.Building)); err != nil {
		return nil, err
	}
	to.Version = version
	b, err := a.as(c).UpdateBuilding(ctx, to)
	return object(b, b.Version, Conditional{}), err
}
