package api

import (
	"context"
	"net/http"

	"steward/internal/telemetry"
)

// usual are the metrics of the contract, by class. What devices send besides is
// stored too.
var usual = map[telemetry.Class][]string{
	telemetry.Meter: {
		"energy_kwh", "power_kw", "reactive_kvarh", "voltage_v", "current_a", "power_factor",
		"volume_m3", "flow_m3h", "pressure_kpa", "heat_gj", "supply_c", "return_c",
	},
	telemetry.Elevator: {"floor", "speed_ms", "direction", "door_open", "passenger", "load_kg", "trips_total", "door_cycles_total", "run_hours"},
	telemetry.Fire:     {"smoke_ppm", "temperature_c", "water_pressure_mpa", "water_level_m", "battery_v"},
	telemetry.Access:   {"passages_total", "denied_total", "door_open", "battery_v"},
}

type metricInfo struct {
	Class telemetry.Class `json:"class" example:"meter"`
	Name  string          `json:"name" example:"energy_kwh"`
	Unit  string          `json:"unit" example:"kWh" doc:"Empty for a pure number."`
	Kind  telemetry.Kind  `json:"kind" example:"counter" doc:"gauge: a level; counter: grows, its use is a difference; state: a code or a flag."`
}

type metricsOut struct {
	Body struct {
		Items []metricInfo `json:"items" nullable:"false"`
	} `nameHint:"MetricsCatalog"`
}

type versionOut struct {
	Body struct {
		Version string `json:"version" example:"0.3.0"`
	} `nameHint:"Version"`
}

func (a *API) registerCatalog() {
	register(a, SignedIn, operation{
		ID: "metrics-catalog", Method: http.MethodGet, Path: "/metrics-catalog", Tag: "Measurements", Summary: "List the metrics of the contract",
		Description: "Devices may send others too: a name that ends in _total counts, any other is a gauge.",
		Answer:      map[string]any{"items": []metricInfo{{telemetry.Meter, "energy_kwh", "kWh", telemetry.KindCounter}}},
	}, func(context.Context, caller, *struct{}) (*metricsOut, error) {
		out := &metricsOut{}
		for _, class := range telemetry.Classes() {
			for _, name := range usual[class] {
				m := telemetry.LookupMetric(name)
				out.Body.Items = append(out.Body.Items, metricInfo{class, m.Name, m.Unit, m.Kind})
			}
		}
		return out, nil
	})
	register(a, SignedIn, operation{
		ID: "version", Method: http.MethodGet, Path: "/version", Tag: "Installation", Summary: "Read the program's version",
		Answer: map[string]any{"version": "0.3.0"},
	}, func(context.Context, caller, *struct{}) (*versionOut, error) {
		out := &versionOut{}
		out.Body.Version = a.Version
		return out, nil
	})
}
