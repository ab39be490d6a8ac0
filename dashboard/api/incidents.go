package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

type incidentsIn struct {
	PageIn
	Region  string `query:"region" maxLength:"64" doc:"Only those of this region."`
	Project string `query:"project" maxLength:"64" doc:"Only those of this project; with region."`
	Class   string `query:"class" enum:"meter,elevator,fire,access" doc:"Only those of devices of this class."`
	State   string `query:"state" enum:"open,acknowledged,dispatched,arrived,closed" doc:"Only those in this state."`
}

type incident struct {
	ID string `json:"id"`
	DeviceName
	Kind           string             `json:"kind" example:"entrapment"`
	Severity       telemetry.Severity `json:"severity" example:"life_safety"`
	State          string             `json:"state" example:"acknowledged" doc:"open, acknowledged, dispatched, arrived or closed."`
	OpenedAt       time.Time          `json:"opened_at"`
	AcknowledgedAt *time.Time         `json:"acknowledged_at,omitempty"`
	DispatchedAt   *time.Time         `json:"dispatched_at,omitempty"`
	ArrivedAt      *time.Time         `json:"arrived_at,omitempty"`
	ClosedAt       *time.Time         `json:"closed_at,omitempty"`
}

func (a *API) registerIncidents() {
	register(a, authz.Read, operation{
		ID: "list-incidents", Method: http.MethodGet, Path: "/incidents", Tag: "Measurements", Summary: "List incidents",
		Description: "Nothing opens incidents yet: the list is empty, and has the form that it will keep.",
		Answer: listBody[incident]{Items: []incident{{
			ID: "2026-11-20-0001", DeviceName: DeviceName{"north", "harbour", telemetry.Elevator, "e2"}, Kind: telemetry.Entrapment,
			Severity: telemetry.LifeSafety, State: "acknowledged", OpenedAt: exampleTime, AcknowledgedAt: &exampleTime,
		}}},
	}, func(ctx context.Context, _ caller, _ *incidentsIn) (*listOut[incident], error) {
		return list[incident](ctx, nil, ""), nil
	})
}
