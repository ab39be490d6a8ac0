package api

import (
	"context"
	"errors"
	"net/http"

	"steward/internal/authz"
	"steward/internal/registry"
)

type ProjectPath struct {
	RegionPath
	Project string `path:"project" pattern:"^[a-z0-9][a-z0-9_-]{0,63}$" example:"harbour" doc:"The project."`
}

type ProjectsIn struct {
	PlacesIn
	Region string `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
}

type projectGet struct {
	ProjectPath
	Conditional
}

type projectCreate struct{ Body registry.Project }

type projectUpdate struct {
	ProjectPath
	Guarded
	Body registry.Project
}

type projectPatch struct {
	ProjectPath
	Guarded
	Body patch `contentType:"application/merge-patch+json"`
}

type projectRetire struct {
	ProjectPath
	Guarded
}

type projectHistory struct {
	ProjectPath
	PageIn
}

var exampleProject = registry.Project{
	Region: "north", ID: "harbour", Name: "滨海花园", TimeZone: "Asia/Shanghai", Calendar: "cn", Tariff: "tianjin-residential",
	FloorAreaM2: 186000, Households: 1520, OccupiedOn: "2014-06-01", Address: "天津市滨海新区港湾路 18 号", TransformerKVA: 2500, Meta: exampleMeta,
}

func newProject() registry.Project {
	p := exampleProject
	p.Meta = registry.Meta{}
	return p
}

func (a *API) registerProjects() {
	register(a, authz.Read, operation{
		ID: "list-projects", Method: http.MethodGet, Path: "/projects", Tag: "Places", Summary: "List projects",
		Answer: listBody[registry.Project]{Items: []registry.Project{exampleProject}},
	}, func(ctx context.Context, c caller, in *ProjectsIn) (*listOut[registry.Project], error) {
		l, err := a.as(c).Projects(ctx, registry.ProjectFilter{Region: in.Region, Search: in.Search, Retired: in.Retired}, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Manage, operation{
		ID: "create-project", Method: http.MethodPost, Path: "/projects", Tag: "Places", Summary: "Create a project",
		Description: "The permission is needed for the whole region.", Status: http.StatusCreated, Request: newProject(), Answer: exampleProject,
	}, func(ctx context.Context, c caller, in *projectCreate) (*objectOut[registry.Project], error) {
		p, err := a.as(c).CreateProject(ctx, in.Body)
		return created(p, p.Version, "projects", p.Region, p.ID), err
	})
	register(a, authz.Read, operation{
		ID: "get-project", Method: http.MethodGet, Path: "/projects/{region}/{project}", Tag: "Places", Summary: "Read a project", Answer: exampleProject,
	}, func(ctx context.Context, c caller, in *projectGet) (*objectOut[registry.Project], error) {
		p, err := a.as(c).Project(ctx, in.Region, in.Project)
		return object(p, p.Version, in.Conditional), err
	})
	register(a, authz.Manage, operation{
		ID: "replace-project", Method: http.MethodPut, Path: "/projects/{region}/{project}", Tag: "Places", Summary: "Change a project, giving all of its fields",
		Request: newProject(), Answer: exampleProject,
	}, func(ctx context.Context, c caller, in *projectUpdate) (*objectOut[registry.Project], error) {
		return a.updateProject(ctx, c, in.ProjectPath, in.Guarded, in.Body)
	})
	register(a, authz.Manage, operation{
		ID: "update-project", Method: http.MethodPatch, Path: "/projects/{region}/{project}", Tag: "Places", Summary: "Change fields of a project",
		Description: mergePatch, Request: map[string]any{"households": 1524}, Answer: exampleProject,
	}, func(ctx context.Context, c caller, in *projectPatch) (*objectOut[registry.Project], error) {
		present, err := a.as(c).Project(ctx, in.Region, in.Project)
		if err != nil {
			return nil, err
		}
		changed, err := applied(present, in.Body)
		if err != nil {
			return nil, err
		}
		return a.updateProject(ctx, c, in.ProjectPath, in.Guarded, changed)
	})
	register(a, authz.Manage, operation{
		ID: "retire-project", Method: http.MethodPost, Path: "/projects/{region}/{project}/retire", Tag: "Places", Summary: "Take a project out of use",
		Description: "Its history is kept. The permission is needed for the whole region.", Answer: exampleProject,
	}, func(ctx context.Context, c caller, in *projectRetire) (*objectOut[registry.Project], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		p, err := a.as(c).RetireProject(ctx, in.Region, in.Project, version)
		return object(p, p.Version, Conditional{}), err
	})
	register(a, authz.Read, operation{
		ID: "project-history", Method: http.MethodGet, Path: "/projects/{region}/{project}/history", Tag: "Places", Summary: "Read what was changed of a project",
		Description: newestFirst, Answer: exampleEntries,
	}, func(ctx context.Context, c caller, in *projectHistory) (*listOut[auditEntry], error) {
		return a.history(ctx, c, registry.KindProject, in.Region+"/"+in.Project, in.PageIn)
	})
}

func (a *API) updateProject(ctx context.Context, c caller, at ProjectPath, g Guarded, to registry.Project) (*objectOut[registry.Project], error) {
	version, err := g.version()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(same("region", &to.Region, at.Region), same("id", &to.ID, at.Project)); err != nil {
		return nil, err
	}
	to.Version = version
	p, err := a.as(c).UpdateProject(ctx, to)
	return object(p, p.Version, Conditional{}), err
}
