package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/registry"
	"steward/internal/telemetry"
)

type deviceMetricsIn struct{ DevicePath }

type deviceMetric struct {
	Metric string         `json:"metric" example:"power_kw"`
	Unit   string         `json:"unit" example:"kW" doc:"Empty for a pure number."`
	Kind   telemetry.Kind `json:"kind" example:"gauge" doc:"gauge: a level; counter: grows, its use is a difference; state: a code or a flag."`
	First  *time.Time     `json:"first,omitempty" doc:"Of the first reading that is kept."`
	Last   *time.Time     `json:"last,omitempty" doc:"Of the last reading."`
}

func (a *API) registerDeviceMetrics() {
	register(a, authz.Read, operation{
		ID: "list-device-metrics", Method: http.MethodGet, Path: oneDevice + "/metrics", Tag: "Measurements", Summary: "List the numbers that a device ever sent",
		Description: "By name, 500 at most. Those of a device that is silent or out of service too, as long as its readings are kept.",
		Answer:      listBody[deviceMetric]{Items: []deviceMetric{{"power_kw", "kW", telemetry.KindGauge, &exampleTime, &exampleTime}}},
	}, func(ctx context.Context, c caller, in *deviceMetricsIn) (*listOut[deviceMetric], error) {
		d := in.ref()
		if _, err := a.as(c).Device(ctx, d); err != nil {
			return nil, err
		}
		if !c.Scope().Covers(authz.Place{Region: d.Region, Project: d.Project}) {
			return nil, registry.ErrForbidden
		}
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		found, err := data.DeviceMetrics(ctx, c.Scope(), d)
		if err != nil {
			return nil, err
		}
		items := make([]deviceMetric, len(found))
		for i, one := range found {
			m := telemetry.LookupMetric(one.Metric)
			items[i] = deviceMetric{m.Name, m.Unit, m.Kind, moment(one.First), moment(one.Last)}
		}
		return list(ctx, items, ""), nil
	})
}
