package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

type incidentEnter struct {
	Body incidentNew
}

// incidentNew is what people say of something that no device reported.
type incidentNew struct {
	Kind      string             `json:"kind" required:"true" maxLength:"64" example:"complaint" doc:"Such as complaint, repair, urgent_repair or front_desk: response standards and escalation go by it."`
	Title     incident.Text      `json:"title" doc:"What it is about; one language will do."`
	Severity  telemetry.Severity `json:"severity" enum:"life_safety,critical,warning,info" default:"warning" example:"warning"`
	Region    string             `json:"region" required:"true" maxLength:"64" example:"north"`
	Project   string             `json:"project" required:"true" maxLength:"64" example:"harbour"`
	Building  string             `json:"building,omitempty" maxLength:"64" doc:"Of the project."`
	Class     telemetry.Class    `json:"class,omitempty" enum:"meter,elevator,fire,access" doc:"With device."`
	Device    string             `json:"device,omitempty" maxLength:"64" doc:"Of the project."`
	Note      string             `json:"note,omitempty" maxLength:"2000" doc:"In words."`
	At        time.Time          `json:"at,omitzero" doc:"When it began; now when absent."`
	Reference string             `json:"reference,omitempty" maxLength:"100" doc:"The number that it has elsewhere: the same one entered again is the same incident." example:"WO-2026-0117"`
}

type incidentAct struct {
	IncidentPath
	Body struct {
		Deed    incident.Deed `json:"deed" required:"true" enum:"acknowledge,dispatch,arrive,resolve,note,pause,resume" example:"acknowledge" doc:"What is done. Pause and resume are of the clocks that may be paused, which those of life safety never may."`
		Note    string        `json:"note,omitempty" maxLength:"2000" doc:"In words; needed for note, and the reason of pause."`
		At      time.Time     `json:"at,omitzero" doc:"When it was done, if that was earlier than now."`
		Version int64         `json:"version,omitempty" minimum:"0" doc:"Of the incident as it was read: refused when it is another by now. 0 does not care."`
	} `nameHint:"IncidentAction"`
}

func (a *API) registerIncidentActions() {
	entered := exampleIncident()
	entered.Rule, entered.Kind, entered.Severity, entered.State = "", "complaint", telemetry.Warning, incident.Firing
	entered.Title, entered.Summary = incident.Text{ZH: "三楼走廊灯不亮", EN: ""}, incident.Text{ZH: "三楼走廊灯不亮"}
	entered.Runbook, entered.Stages, entered.Clocks = incident.Text{}, []incident.Stage{}, []incident.Clock{}
	entered.Class, entered.Device, entered.Version = "", "", 1
	register(a, authz.Act, operation{
		ID: "enter-incident", Method: http.MethodPost, Path: "/incidents", Tag: "Incidents", Summary: "Enter what no device reports: a complaint, a repair",
		Description: "Its clocks run from then on. What was entered under the same reference before is answered with 200 and not entered again.",
		Status:      http.StatusCreated,
		Request:     incidentNew{Kind: "complaint", Title: incident.Text{ZH: "三楼走廊灯不亮"}, Severity: telemetry.Warning, Region: "north", Project: "harbour", Building: "b3", Reference: "WO-2026-0117"},
		Answer:      entered,
	}, a.enterIncident)
	register(a, authz.Act, operation{
		ID: "act-on-incident", Method: http.MethodPost, Path: oneIncident + "/actions", Tag: "Incidents", Summary: "Acknowledge, dispatch, arrive, resolve, or note something",
		Description: "With who, when, where from and the note it becomes part of the timeline.",
		Request:     map[string]any{"deed": incident.Acknowledge, "note": "已与乘客通话", "version": 3}, Answer: exampleIncident(),
	}, func(ctx context.Context, c caller, in *incidentAct) (*objectOut[incident.Incident], error) {
		known, err := a.incident(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		if !c.Scope().Covers(known.Place) {
			return nil, registry.ErrForbidden
		}
		do := incident.Action{Deed: in.Body.Deed, Note: in.Body.Note, At: in.Body.At, Version: in.Body.Version}
		if err := checkMoment(do.At, a.Now()); err != nil {
			return nil, err
		}
		desk, err := a.desk()
		if err != nil {
			return nil, err
		}
		i, err := desk.Act(ctx, c.Principal, in.ID, do)
		if errors.Is(err, registry.ErrConflict) { // there is no If-Match that could have failed
			return nil, problem(http.StatusConflict, CodeChanged, "something happened to the incident after you read it: read it again and repeat what is still needed")
		}
		present(c, &i)
		return object(i, i.Version, Conditional{}), err
	})
}

func (a *API) enterIncident(ctx context.Context, c caller, in *incidentEnter) (*objectOut[incident.Incident], error) {
	b := &in.Body
	n := incident.New{
		Kind: b.Kind, Title: b.Title, Severity: b.Severity, Place: authz.Place{Region: b.Region, Project: b.Project},
		Building: b.Building, Class: b.Class, Device: b.Device, Note: b.Note, At: b.At, Reference: b.Reference,
	}
	if err := n.Check(a.Now()); err != nil {
		return nil, err
	}
	if err := checkMoment(n.At, a.Now()); err != nil {
		return nil, err
	}
	if err := a.mayBeAt(ctx, c, n.Place); err != nil {
		return nil, err
	}
	if err := a.isThere(ctx, c, n.Place, n.Building, n.Class, n.Device); err != nil {
		return nil, err
	}
	desk, err := a.desk()
	if err != nil {
		return nil, err
	}
	i, fresh, err := desk.Enter(ctx, c.Principal, n)
	if err != nil {
		return nil, err
	}
	present(c, &i)
	out := created(i, i.Version, "incidents", i.ID)
	if !fresh {
		out.Status = http.StatusOK
	}
	return out, nil
}

// checkMoment refuses a time of a deed that cannot be right, before it is known
// to which incident it belongs. A minute ahead is a clock that is not quite right.
func checkMoment(at, now time.Time) error {
	if !at.IsZero() && (!within(at) || at.After(now.Add(time.Minute))) {
		return invalid("at", at.Format(time.RFC3339), "is in the future, or before 1970")
	}
	return nil
}

// mayBeAt finds out that a place is there for the caller, and that he has the
// operation's permission at it.
func (a *API) mayBeAt(ctx context.Context, c caller, at authz.Place) error {
	if err := placeFilter(at); err != nil {
		return err
	}
	var err error
	field, name := "project", at.Project
	switch {
	case at.Project != "":
		_, err = a.as(c).Project(ctx, at.Region, at.Project)
	case at.Region != "":
		field, name = "region", at.Region
		_, err = a.as(c).Region(ctx, at.Region)
	}
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return invalid(field, name, "is not the name of one that you may see")
	case err != nil:
		return err
	case !c.Scope().Covers(at):
		return registry.ErrForbidden
	}
	return nil
}

// isThere finds out that a building and a device are those of a project that
// mayBeAt has found.
func (a *API) isThere(ctx context.Context, c caller, at authz.Place, building string, class telemetry.Class, device string) error {
	if (class == "") != (device == "") {
		return invalid("class", string(class), "and device are given together or not at all")
	}
	if building != "" {
		if _, err := a.as(c).Building(ctx, at.Region, at.Project, building); errors.Is(err, registry.ErrNotFound) {
			return invalid("building", building, "is not a building of the project")
		} else if err != nil {
			return err
		}
	}
	if device != "" {
		if _, err := a.as(c).Device(ctx, telemetry.Device{Region: at.Region, Project: at.Project, Class: class, ID: device}); errors.Is(err, registry.ErrNotFound) {
			return invalid("device", device, "is not a device of the project and class")
		} else if err != nil {
			return err
		}
	}
	return nil
}
