package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// alertmanagerIn is what Prometheus Alertmanager sends to a webhook, version 4.
// Fields of later versions are let pass.
type alertmanagerIn struct {
	Body struct {
		_       struct{}            `additionalProperties:"true"`
		Version string              `json:"version" required:"true" enum:"4" doc:"Of the payload."`
		Alerts  []alertmanagerAlert `json:"alerts" required:"true" maxItems:"1000" nullable:"false"`
	} `nameHint:"AlertmanagerWebhook"`
}

type alertmanagerAlert struct {
	_           struct{}          `additionalProperties:"true"`
	Status      string            `json:"status" required:"true" enum:"firing,resolved"`
	Labels      map[string]string `json:"labels" required:"true" maxProperties:"64" doc:"region and project say where, class and device of what, severity how grave it is: life_safety, critical, warning or info."`
	Annotations map[string]string `json:"annotations" maxProperties:"64" doc:"summary and description say what it is about."`
	StartsAt    time.Time         `json:"startsAt" required:"true"`
	EndsAt      time.Time         `json:"endsAt,omitzero"`
	Fingerprint string            `json:"fingerprint" required:"true" minLength:"1" maxLength:"128" doc:"Names the alert: as long as it fires it is one incident."`
}

type externalOut struct{ Body ExternalResult }

// longestLabel bounds one label or annotation, in bytes.
const longestLabel = 4000

func (a *API) registerAlertmanager() {
	register(a, authz.Act, operation{
		ID: "alertmanager-webhook", Method: http.MethodPost, Path: "/alertmanager", Tag: "Incidents", Summary: "Take alerts of Prometheus Alertmanager",
		Description: "A `webhook_config` of Alertmanager with this address and a token as `authorization.credentials`. " +
			"An alert without the labels region and project is of headquarters. All of the alerts are taken, or none.",
		MaxBody: 2 << 20,
		Request: map[string]any{
			"version": "4", "status": "firing", "receiver": "steward", "groupKey": `{}:{alertname="DiskFull"}`, "truncatedAlerts": 0,
			"groupLabels": map[string]any{"alertname": "DiskFull"}, "commonLabels": map[string]any{}, "commonAnnotations": map[string]any{}, "externalURL": "http://alertmanager:9093",
			"alerts": []map[string]any{{
				"status": "firing", "labels": map[string]any{"alertname": "DiskFull", "severity": "warning", "region": "north", "project": "harbour"},
				"annotations": map[string]any{"summary": "the disk of the video recorder is full"}, "startsAt": exampleTime, "endsAt": "0001-01-01T00:00:00Z",
				"generatorURL": "http://prometheus:9090/graph", "fingerprint": "c4bd5f2a9d0b1e37",
			}},
		},
		Answer: ExternalResult{Opened: 1},
	}, func(ctx context.Context, c caller, in *alertmanagerIn) (*externalOut, error) {
		desk, err := a.desk()
		if err != nil {
			return nil, err
		}
		alerts := make([]External, len(in.Body.Alerts))
		for i := range in.Body.Alerts {
			alert, err := in.Body.Alerts[i].external(fmt.Sprintf("alerts[%d]", i))
			if err != nil {
				return nil, err
			}
			alerts[i] = alert
		}
		checked := map[authz.Place]bool{}
		for i := range alerts {
			if at := alerts[i].Place; !checked[at] {
				if err := a.mayBeAt(ctx, c, at); err != nil {
					return nil, err
				}
				checked[at] = true
			}
		}
		result, err := desk.External(ctx, c.Principal, alerts)
		return &externalOut{result}, err
	})
}

// external is the alert in Steward's own words. A severity that is not one of
// Steward's is a warning: Prometheus leaves the words to its users.
func (m *alertmanagerAlert) external(field string) (External, error) {
	for _, texts := range []map[string]string{m.Labels, m.Annotations} {
		for name, value := range texts {
			if len(name) > longestLabel || len(value) > longestLabel {
				return External{}, invalid(field, name, "is longer than %d bytes", longestLabel)
			}
		}
	}
	if !within(m.StartsAt) {
		return External{}, invalid(field+".startsAt", "", "is not between 1970 and 2200")
	}
	e := External{
		Fingerprint: m.Fingerprint, Name: m.Labels["alertname"], Severity: telemetry.Severity(m.Labels["severity"]),
		Place: authz.Place{Region: m.Labels["region"], Project: m.Labels["project"]}, Labels: m.Labels,
		Summary: m.Annotations["summary"], StartedAt: m.StartsAt.UTC(),
	}
	if _, err := telemetry.ParseSeverity(string(e.Severity)); err != nil {
		e.Severity = telemetry.Warning
	}
	if class, err := telemetry.ParseClass(m.Labels["class"]); err == nil && telemetry.CheckSegment(m.Labels["device"]) == nil {
		e.Class, e.Device = class, m.Labels["device"]
	}
	switch {
	case e.Name == "":
		return External{}, invalid(field+".labels", "", "has no alertname")
	case m.Status != "resolved":
	case !within(m.EndsAt) || m.EndsAt.Before(m.StartsAt):
		return External{}, invalid(field+".endsAt", "", "is not a time after startsAt and before 2200")
	default:
		e.EndedAt = m.EndsAt.UTC()
	}
	if e.Summary == "" {
		e.Summary = m.Annotations["description"]
	}
	return e, nil
}
