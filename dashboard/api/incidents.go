package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

type incidentsIn struct {
	SortedIn
	State    []incident.State     `query:"state" enum:"firing,acknowledged,dispatched,arrived,resolved" maxItems:"5" doc:"Only those in one of these states." example:"firing"`
	Open     bool                 `query:"open" doc:"Only those that are not resolved."`
	Severity []telemetry.Severity `query:"severity" enum:"life_safety,critical,warning,info" maxItems:"4" doc:"Only those of these severities."`
	Kind     string               `query:"kind" maxLength:"64" doc:"Only those of this kind." example:"entrapment"`
	Rule     string               `query:"rule" maxLength:"64" doc:"Only those that this rule raised."`
	Region   string               `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project  string               `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	Building string               `query:"building" maxLength:"64" doc:"Only those of this building; with project."`
	Class    string               `query:"class" enum:"meter,elevator,fire,access" doc:"Only those of devices of this class."`
	Device   string               `query:"device" maxLength:"64" doc:"Only those of the device with this id."`
	Parent   string               `query:"parent" pattern:"^[0-9]{8}-[a-z2-7]{16}$" doc:"Only those that this incident explains."`
	Search   string               `query:"search" maxLength:"100" doc:"Only those with this text in their title, summary, kind, rule, project, building, device or reference." example:"lift"`
	Breached bool                 `query:"breached" doc:"Only those of which the limit of a clock has passed."`
	Shadow   bool                 `query:"shadow" doc:"Those of rules on trial, of which nobody is told, instead of the real ones."`
	From     time.Time            `query:"from" doc:"Begun not before." example:"2026-11-01T00:00:00Z"`
	To       time.Time            `query:"to" doc:"Begun before." example:"2026-12-01T00:00:00Z"`
}

func (in *incidentsIn) filter() (incident.Filter, error) {
	f := incident.Filter{
		Region: in.Region, Project: in.Project, Building: in.Building, Class: telemetry.Class(in.Class), Device: in.Device,
		States: in.State, Severities: in.Severity, Kind: in.Kind, Rule: in.Rule, Open: in.Open, Shadow: in.Shadow,
		Parent: in.Parent, Search: strings.TrimSpace(in.Search), Breached: in.Breached, From: in.From, To: in.To,
	}
	for _, part := range []struct{ name, value string }{
		{"kind", in.Kind}, {"rule", in.Rule}, {"region", in.Region}, {"project", in.Project}, {"building", in.Building}, {"device", in.Device},
	} {
		if part.value == "" {
			continue
		}
		if err := telemetry.CheckSegment(part.value); err != nil {
			return f, invalid(part.name, part.value, "is not a name: %v", err)
		}
	}
	switch {
	case in.Project != "" && in.Region == "":
		return f, invalid("project", in.Project, "is given without its region")
	case in.Building != "" && in.Project == "":
		return f, invalid("building", in.Building, "is given without its project")
	case !in.From.IsZero() && !within(in.From), !in.To.IsZero() && !within(in.To):
		return f, invalid("from", "", "the time is not between 1970 and 2200")
	case !in.From.IsZero() && !in.To.IsZero() && !in.From.Before(in.To):
		return f, invalid("from", in.From.Format(time.RFC3339), "is not before to")
	}
	return f, nil
}

type IncidentPath struct {
	ID string `path:"incident" pattern:"^[0-9]{8}-[a-z2-7]{16}$" example:"20261120-mfrggzdfmztwq2lk" doc:"The incident."`
}

type incidentGet struct {
	IncidentPath
	Conditional
}

type timelineIn struct {
	IncidentPath
	PageIn
}

type countsOut struct {
	Body struct {
		Items []incident.Count `json:"items" nullable:"false"`
	} `nameHint:"IncidentCounts"`
}

type pendingIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many."`
}

type pendingOut struct {
	Body struct {
		Items []PendingCondition `json:"items" nullable:"false"`
		More  bool               `json:"more" doc:"There are more than limit."`
	} `nameHint:"PendingConditions"`
}

const oneIncident = "/incidents/{incident}"

func (a *API) registerIncidents() {
	register(a, authz.Read, operation{
		ID: "list-incidents", Method: http.MethodGet, Path: "/incidents", Tag: "Incidents", Summary: "List incidents",
		Description: "The newest come first; of open ones, if only these are asked for, the gravest. Sorted by -started_at or -severity. " + remoteShown,
		Answer:      listBody[incident.Incident]{Items: []incident.Incident{exampleIncident()}},
	}, func(ctx context.Context, c caller, in *incidentsIn) (*listOut[incident.Incident], error) {
		f, err := in.filter()
		if err != nil {
			return nil, err
		}
		view, err := a.incidents(c)
		if err != nil {
			return nil, err
		}
		if f.Search != "" { // reads every incident there is, where the text is rare
			leave, p := a.standInLine(ctx, c)
			if p != nil {
				return nil, p
			}
			defer leave()
		}
		l, err := view.List(ctx, f, in.page())
		if err != nil {
			return nil, err
		}
		for i := range l.Items {
			present(c, &l.Items[i])
		}
		return list(ctx, l.Items, l.Next), nil
	})
	register(a, authz.Read, operation{
		ID: "count-incidents", Method: http.MethodGet, Path: "/incidents/counts", Tag: "Incidents", Summary: "Count open incidents by place and severity",
		Description: "Without those of rules on trial.",
		Answer:      map[string]any{"items": []incident.Count{{Place: authz.Place{Region: "north", Project: "harbour"}, Severity: telemetry.LifeSafety, Open: 1}}},
	}, a.countIncidents)
	register(a, authz.Read, operation{
		ID: "pending-conditions", Method: http.MethodGet, Path: "/incidents/pending", Tag: "Incidents", Summary: "List conditions that hold, but not yet for long enough",
		Description: "The next to become an incident comes first.", Answer: examplePending(),
	}, func(_ context.Context, c caller, in *pendingIn) (*pendingOut, error) {
		desk, err := a.desk()
		if err != nil {
			return nil, err
		}
		out := &pendingOut{}
		out.Body.Items, out.Body.More = desk.Pending(c.Scope(), in.Limit)
		if out.Body.Items == nil {
			out.Body.Items = []PendingCondition{}
		}
		return out, nil
	})
	register(a, authz.Read, operation{
		ID: "get-incident", Method: http.MethodGet, Path: oneIncident, Tag: "Incidents", Summary: "Read an incident",
		Description: remoteShown, Answer: exampleIncident(),
	}, func(ctx context.Context, c caller, in *incidentGet) (*objectOut[incident.Incident], error) {
		i, err := a.incident(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		return object(i, i.Version, in.Conditional), nil
	})
	register(a, authz.Read, operation{
		ID: "incident-timeline", Method: http.MethodGet, Path: oneIncident + "/timeline", Tag: "Incidents", Summary: "Read what happened in an incident",
		Description: "In order. " + remoteShown, Answer: listBody[incident.Entry]{Items: []incident.Entry{exampleEntry()}},
	}, func(ctx context.Context, c caller, in *timelineIn) (*listOut[incident.Entry], error) {
		view, err := a.incidents(c)
		if err != nil {
			return nil, err
		}
		l, err := view.Timeline(ctx, in.ID, in.page())
		if err != nil {
			return nil, err
		}
		return list(ctx, l.Items, l.Next), nil
	})
	a.registerIncidentActions()
	a.registerEvidence()
}

func (a *API) countIncidents(ctx context.Context, c caller, _ *struct{}) (*countsOut, error) {
	view, err := a.incidents(c)
	if err != nil {
		return nil, err
	}
	out := &countsOut{}
	out.Body.Items, err = view.Counts(ctx)
	if out.Body.Items == nil {
		out.Body.Items = []incident.Count{}
	}
	return out, err
}

// incident is one that the caller may see, as he may see it.
func (a *API) incident(ctx context.Context, c caller, id string) (incident.Incident, error) {
	view, err := a.incidents(c)
	if err != nil {
		return incident.Incident{}, err
	}
	i, err := view.Get(ctx, id)
	if err == nil {
		present(c, &i)
	}
	return i, err
}

const remoteShown = "From where something was done is shown to managers alone."

// present leaves out of an incident what is not the caller's business: what
// alerting plans by itself and, as the store's views do, from where people act.
func present(c caller, i *incident.Incident) {
	i.Plan, i.Comings = nil, nil
	if !c.Principal.May(authz.Manage, i.Place) {
		i.ForgetRemote()
	}
}
