package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

type silencesIn struct {
	PageIn
	Region  string `query:"region" maxLength:"64" doc:"Only those of this region or of projects of it." example:"north"`
	Project string `query:"project" maxLength:"64" doc:"Only those of this project; with region."`
	Ended   bool   `query:"ended" doc:"Also those that are over."`
}

type SilencePath struct {
	ID string `path:"silence" minLength:"1" maxLength:"64" example:"20261120060000-k3v9x2m4q7" doc:"The silence."`
}

type silenceGet struct {
	SilencePath
	Conditional
}

type silenceCreate struct{ Body registry.Silence }

type silenceHistory struct {
	SilencePath
	PageIn
}

func newSilence() registry.Silence {
	return registry.Silence{Silence: incident.Silence{
		Place: authz.Place{Region: "north", Project: "harbour"}, Class: telemetry.Elevator, Device: "e2",
		From: exampleTime, Until: exampleTime.AddDate(0, 1, 0), Days: []int{2}, Start: "09:00", End: "11:00", Zone: "Asia/Shanghai", Reason: "每周二电梯维保",
	}}
}

var exampleSilence = func() registry.Silence {
	s := newSilence()
	s.ID, s.Meta = "20261120060000-k3v9x2m4q7", exampleMeta
	return s
}()

const oneSilence = "/silences/{silence}"

func (a *API) registerSilences() {
	register(a, authz.Read, operation{
		ID: "list-silences", Method: http.MethodGet, Path: "/silences", Tag: "Alert rules", Summary: "List silences and maintenance windows",
		Description: "Incidents are raised and shown all the same; nobody is told of them.", Answer: listBody[registry.Silence]{Items: []registry.Silence{exampleSilence}},
	}, func(ctx context.Context, c caller, in *silencesIn) (*listOut[registry.Silence], error) {
		l, err := a.as(c).Silences(ctx, registry.SilenceFilter{Region: in.Region, Project: in.Project, Ended: in.Ended}, in.page())
		return list(ctx, l.Items, l.Next), err
	})
	register(a, authz.Configure, operation{
		ID: "create-silence", Method: http.MethodPost, Path: "/silences", Tag: "Alert rules", Summary: "Silence incidents for a time",
		Description: "Of a place, building, class, device or rule; once, or weekly on some days. Danger to life is silenced by administrators alone, who say so with life_safety, and each incident that it silences says so too.",
		Status:      http.StatusCreated, Request: newSilence(), Answer: exampleSilence,
	}, func(ctx context.Context, c caller, in *silenceCreate) (*objectOut[registry.Silence], error) {
		s, err := a.as(c).CreateSilence(ctx, in.Body)
		return created(s, s.Version, "silences", s.ID), err
	})
	register(a, authz.Read, operation{
		ID: "get-silence", Method: http.MethodGet, Path: oneSilence, Tag: "Alert rules", Summary: "Read a silence", Answer: exampleSilence,
	}, func(ctx context.Context, c caller, in *silenceGet) (*objectOut[registry.Silence], error) {
		s, err := a.as(c).Silence(ctx, in.ID)
		return object(s, s.Version, in.Conditional), err
	})
	ended := exampleSilence
	ended.Until = exampleTime.Add(26 * time.Hour)
	register(a, authz.Configure, operation{
		ID: "end-silence", Method: http.MethodPost, Path: oneSilence + "/end", Tag: "Alert rules", Summary: "End a silence",
		Description: "From now on people are told again. It is kept in the list of those that are over.", Answer: ended,
	}, func(ctx context.Context, c caller, in *SilencePath) (*objectOut[registry.Silence], error) {
		s, err := a.as(c).EndSilence(ctx, in.ID)
		return object(s, s.Version, Conditional{}), err
	})
	register(a, authz.Read, operation{
		ID: "silence-history", Method: http.MethodGet, Path: oneSilence + "/history", Tag: "Alert rules", Summary: "Read what was changed of a silence",
		Description: newestFirst, Answer: exampleEntries,
	}, func(ctx context.Context, c caller, in *silenceHistory) (*listOut[auditEntry], error) {
		return a.history(ctx, c, registry.KindSilence, in.ID, in.PageIn)
	})
}
