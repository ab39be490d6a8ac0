package telemetry

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says how a metric may be aggregated.
type Kind string

// The three kinds of metric.
const (
	KindGauge   Kind = "gauge"   // a level: mean, minimum and maximum make sense
	KindCounter Kind = "counter" // only grows within a continuity segment; its use is a difference
	KindState   Kind = "state"   // a code or a flag: only the last value and its changes make sense
)

// Metric describes a measured quantity.
type Metric struct {
	Name string
	Unit string // SI or the trade's own; "" for a pure number
	Kind Kind
}

// metrics holds the names of the contract. A name that is not here is stored
// all the same, with what its suffix says.
var metrics = map[string]Metric{}

func init() {
	for _, m := range []Metric{
		{"energy_kwh", "kWh", KindCounter},
		{"power_kw", "kW", KindGauge},
		{"reactive_kvarh", "kvarh", KindCounter},
		{"voltage_v", "V", KindGauge},
		{"current_a", "A", KindGauge},
		{"power_factor", "", KindGauge},
		{"volume_m3", "m³", KindCounter},
		{"flow_m3h", "m³/h", KindGauge},
		{"pressure_kpa", "kPa", KindGauge},
		{"heat_gj", "GJ", KindCounter},
		{"supply_c", "°C", KindGauge},
		{"return_c", "°C", KindGauge},
		{"floor", "", KindState},
		{"speed_ms", "m/s", KindGauge},
		{"direction", "", KindState},
		{"door_open", "", KindState},
		{"passenger", "", KindState},
		{"load_kg", "kg", KindGauge},
		{"trips_total", "", KindCounter},
		{"door_cycles_total", "", KindCounter},
		{"run_hours", "h", KindCounter},
		{"smoke_ppm", "ppm", KindGauge},
		{"temperature_c", "°C", KindGauge},
		{"water_pressure_mpa", "MPa", KindGauge},
		{"water_level_m", "m", KindGauge},
		{"battery_v", "V", KindGauge},
		{"passages_total", "", KindCounter},
		{"denied_total", "", KindCounter},
	} {
		metrics[m.Name] = m
	}
}

// LookupMetric describes a metric by its name. A name outside the contract is
// described by its suffix: *_total counts, everything else is a gauge.
func LookupMetric(name string) Metric {
	if m, ok := metrics[name]; ok {
		return m
	}
	if strings.HasSuffix(name, "_total") {
		return Metric{Name: name, Kind: KindCounter}
	}
	return Metric{Name: name, Kind: KindGauge}
}

// MaxName is the longest name of a metric or an event kind, in bytes.
const MaxName = 128

// CheckName accepts a metric's or an event kind's name: any printable UTF-8 of
// 1 to MaxName bytes, because devices name things in Chinese too.
func CheckName(s string) error {
	if s == "" || len(s) > MaxName {
		return fmt.Errorf("name has %d bytes, not 1 to %d", len(s), MaxName)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("name %q is not UTF-8", s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("name %q has a character that does not print", s)
		}
	}
	return nil
}

// CheckValue accepts finite numbers: an infinity or a NaN would poison every
// sum that it enters.
func CheckValue(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%v is not a finite number", v)
	}
	return nil
}
