package api

import (
	"context"
	"io"
	"net/http"

	"steward/internal/authz"
	"steward/internal/clickhouse"
)

type exportReadings struct {
	Measured
	Devices    []string `query:"devices" maxItems:"100" doc:"Only those of these devices, as region/project/class/id." example:"north/harbour/meter/m1"`
	Metric     []string `query:"metric" maxItems:"50" doc:"Only these metrics." example:"energy_kwh"`
	Resolution string   `query:"resolution" enum:"raw,5m,1h,1d" default:"raw" doc:"Raw, or what the readings of each period were."`
}

type exportEvents struct {
	Measured
	EventKinds
}

// formats are those in which measurements leave, by the ending of the address.
var formats = []struct{ ending, mediaType, name string }{
	{"arrow", "application/vnd.apache.arrow.stream", "Arrow IPC stream"},
	{"parquet", "application/vnd.apache.parquet", "Parquet"},
	{"csv", typeCSV, "CSV"},
}

func (a *API) registerExports() {
	for _, f := range formats {
		op := operation{
			ID: "export-readings-" + f.ending, Method: http.MethodGet, Path: "/export/readings." + f.ending, Tag: "Exports",
			Summary: "Export readings as " + f.name,
			Description: "A stream by device, in order of time. It has an end only when it is whole: a connection that breaks off is an export that failed. " +
				"`steward import` takes it.",
			Heavy: true, Timeout: streamTimeout, Produces: map[string]any{f.mediaType: nil},
		}
		if f.ending == "csv" {
			op.Produces[typeCSV] = "ts,received,region,project,class,device,metric,value\n2026-11-20 06:00:00.000,2026-11-20 06:00:00.412,north,harbour,meter,m1,power_kw,3.2\n"
		}
		register(a, authz.Read, op, func(_ context.Context, c caller, in *exportReadings) (*streamOut, error) {
			filter, err := in.filter(a.Now())
			if err != nil {
				return nil, err
			}
			refs, err := refsOf(in.Devices)
			if err == nil {
				err = checkMetrics(in.Metric)
			}
			if err != nil {
				return nil, err
			}
			return a.export(c, "readings."+f.ending, f.mediaType, clickhouse.ExportQuery{
				Table: "readings", Format: f.ending, Resolution: clickhouse.Resolution(in.Resolution),
				Filter: filter, Devices: refs, Metrics: in.Metric, From: in.From, To: in.To,
			})
		})
		op.ID, op.Path, op.Summary = "export-events-"+f.ending, "/export/events."+f.ending, "Export events as "+f.name
		op.Produces = map[string]any{f.mediaType: nil}
		if f.ending == "csv" {
			op.Produces[typeCSV] = "ts,received,region,project,class,device,kind,id,severity,attrs\n2026-11-20 06:00:00.000,2026-11-20 06:00:00.412,north,harbour,elevator,e2,entrapment,e2-1,life_safety,{}\n"
		}
		register(a, authz.Read, op, func(_ context.Context, c caller, in *exportEvents) (*streamOut, error) {
			filter, err := in.filter(a.Now())
			if err == nil {
				err = in.check()
			}
			if err != nil {
				return nil, err
			}
			return a.export(c, "events."+f.ending, f.mediaType, clickhouse.ExportQuery{
				Table: "events", Format: f.ending, Filter: filter, Kinds: in.Kind, Severities: in.severities(), From: in.From, To: in.To,
			})
		})
	}
}

func (a *API) export(c caller, filename, mediaType string, q clickhouse.ExportQuery) (*streamOut, error) {
	data, err := a.data()
	if err != nil {
		return nil, err
	}
	return stream(mediaType, filename, func(ctx context.Context, w io.Writer) error {
		return data.Export(ctx, c.Scope(), w, q)
	}), nil
}
