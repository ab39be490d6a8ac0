package rule

import (
	"testing"
	"time"

	"steward/configs"
	"steward/internal/telemetry"
)

func library(t testing.TB) *Set {
	t.Helper()
	rules, err := Load("configs/rules", configs.Rules())
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSet(rules)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLibraryIsComplete(t *testing.T) {
	s := library(t)
	for _, r := range s.ByName {
		if r.Title.ZH == "" || r.Title.EN == "" || r.Runbook.ZH == "" || r.Runbook.EN == "" {
			t.Errorf("%s:%d: rule %s lacks a text of one language", r.Path, r.Line, r.Name)
		}
		if r.Mode != Enabled || r.Hash == "" || r.Line == 0 {
			t.Errorf("rule %s: mode %s, hash %q, line %d", r.Name, r.Mode, r.Hash, r.Line)
		}
	}
	// What every estate relies on, with what it is.
	for name, want := range map[string]struct {
		kind     Kind
		severity telemetry.Severity
	}{
		"elevator_entrapment":           {Event, telemetry.LifeSafety},
		"elevator_entrapment_suspected": {Value, telemetry.Critical},
		"elevator_out_of_service":       {Event, telemetry.Critical},
		"elevator_repeated_faults":      {Event, telemetry.Warning},
		"fire_alarm":                    {Event, telemetry.LifeSafety},
		"fire_alarm_unacknowledged":     {Event, telemetry.LifeSafety},
		"fire_pump_or_power_fault":      {Event, telemetry.Critical},
		"fire_water_pressure_low":       {Value, telemetry.Critical},
		"access_door_held":              {Event, telemetry.Warning},
		"access_door_forced":            {Event, telemetry.Critical},
		"meter_silent":                  {Absence, telemetry.Info},
		"meter_overload":                {Value, telemetry.Critical},
		"meter_under_voltage":           {Value, telemetry.Warning},
		"meter_over_voltage":            {Value, telemetry.Warning},
		"meter_power_factor_low":        {Value, telemetry.Warning},
		"water_night_leak":              {Value, telemetry.Warning},
		"meter_tamper":                  {Event, telemetry.Critical},
		"gas_leak":                      {Event, telemetry.LifeSafety},
		"meter_power_loss":              {Value, telemetry.Critical},
		"building_meters_silent":        {Combination, telemetry.Critical},
	} {
		if r := s.ByName[name]; r == nil {
			t.Errorf("rule %s is missing", name)
		} else if r.Kind != want.kind || r.Severity != want.severity {
			t.Errorf("rule %s is %s, %s; want %s, %s", name, r.Kind, r.Severity, want.kind, want.severity)
		}
	}
}

// TestLibraryConditions holds the conditions that took thought against what they
// are to tell apart.
func TestLibraryConditions(t *testing.T) {
	s := library(t)
	f := func(name, part string, want bool, change func(*Env)) {
		t.Helper()
		p := map[string]*Program{"when": s.ByName[name].When, "until": s.ByName[name].Until}[part]
		e := &Env{
			Device: &Device{Medium: "electricity", Multiplier: 1}, Event: &telemetry.Event{Attrs: "{}"},
			Last: last{}, Time: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC),
		}
		change(e)
		if got, err := p.Bool(e); err != nil || got != want {
			t.Errorf("%s of %s is %v, %v; want %v: %s", part, name, got, err, want, p.Text)
		}
	}
	value := func(v float64) func(*Env) { return func(e *Env) { e.Value = v } }
	at := func(hour int, v float64) func(*Env) {
		return func(e *Env) { e.Value, e.Time = v, time.Date(2026, 3, 1, hour, 30, 0, 0, time.UTC) }
	}
	event := func(kind, attrs string) func(*Env) {
		return func(e *Env) { e.Event = &telemetry.Event{Kind: kind, Severity: telemetry.Info, Attrs: attrs} }
	}
	car := func(passenger, speed, door float64, mode string) func(*Env) {
		return func(e *Env) {
			e.Value = passenger
			e.Last = last{map[string]float64{"speed_ms": speed, "door_open": door}, map[string]string{"mode": mode}}
		}
	}

	const shutIn = "elevator_entrapment_suspected"
	f(shutIn, "when", true, car(1, 0, 0, "normal"))
	f(shutIn, "when", true, car(1, 0, 0, ""))
	f(shutIn, "when", false, car(1, 0, 0, "entrapped")) // the controller says it itself
	f(shutIn, "when", false, car(1, 0, 0, "maintenance"))
	f(shutIn, "when", false, car(0, 0, 0, "normal"))
	f(shutIn, "when", false, car(1, 1.5, 0, "normal"))
	f(shutIn, "when", false, value(1)) // speed and doors unknown
	f(shutIn, "until", false, value(1))
	f(shutIn, "until", true, car(1, 0, 1, "normal"))

	f("elevator_entrapment", "until", true, event("released", "{}"))
	f("elevator_entrapment", "until", false, event("arrived", "{}"))

	f("fire_alarm", "when", true, event("alarm", `{}`))
	f("fire_alarm", "when", true, event("alarm", `{"test":false}`))
	f("fire_alarm", "when", true, event("alarm", `{"test":"unreadable"}`))
	f("fire_alarm", "when", false, event("alarm", `{"test":true}`))
	f("fire_alarm_test", "when", true, event("alarm", `{"test":1}`))
	f("fire_pump_or_power_fault", "when", true, event("fault", `{"part":"Sprinkler_Pump"}`))
	f("fire_pump_or_power_fault", "when", true, event("fault", `{"part":"消防主电源"}`))
	f("fire_pump_or_power_fault", "when", false, event("fault", `{"part":"chamber"}`))
	f("fire_device_fault", "when", true, event("fault", `{}`))
	f("fire_shielded_for_long", "when", true, event("shielded", `{}`))
	f("fire_shielded_for_long", "until", true, event("shielded", `{"on":false}`))

	f("meter_under_voltage", "when", true, value(197.9))
	f("meter_under_voltage", "when", false, value(198))
	f("meter_under_voltage", "when", true, value(353))
	f("meter_under_voltage", "when", false, value(380))
	f("meter_under_voltage", "when", false, value(10)) // a power failure
	f("meter_power_loss", "when", true, value(10))
	f("meter_over_voltage", "when", false, value(235.4))
	f("meter_over_voltage", "when", true, value(235.5))
	f("meter_over_voltage", "when", false, value(400))
	f("meter_over_voltage", "when", true, value(407))
	f("meter_over_voltage", "until", false, value(234))
	f("meter_over_voltage", "until", true, value(230))

	f("meter_overload", "when", false, value(500)) // of an unknown rating
	f("meter_overload", "when", true, func(e *Env) {
		e.Value, e.Last = 500, last{numbers: map[string]float64{"rated_current_a": 400}}
	})
	f("meter_power_factor_low", "when", false, value(0.4)) // load unknown
	f("meter_power_factor_low", "when", true, func(e *Env) {
		e.Value, e.Last = -0.7, last{numbers: map[string]float64{"power_kw": 30}}
	})

	f("water_night_leak", "when", true, at(2, 0.3))
	f("water_night_leak", "when", true, at(4, 0.3))
	f("water_night_leak", "when", false, at(5, 0.3))
	f("water_night_leak", "when", false, at(1, 0.3))
	f("water_night_leak", "until", false, at(12, 0.3))
	f("water_night_leak", "until", true, at(12, 0))
	f("gas_leak", "when", true, func(e *Env) { e.Device.Medium = "gas"; e.Event.Kind = "gas_leak" })
	f("gas_leak", "when", false, func(e *Env) { e.Device.Medium = "water"; e.Event.Kind = "leak" })
}
