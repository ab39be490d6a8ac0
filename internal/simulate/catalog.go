package simulate

import "steward/internal/telemetry"

// Kinds of device, finer than the class.
const (
	Electricity = "electricity"
	Water       = "water"
	Gas         = "gas"
	Heat        = "heat"
	Lift        = "lift"
	Smoke       = "smoke"   // smoke and temperature detector
	Hydrant     = "hydrant" // pressure of the fire main
	Tank        = "tank"    // level of the fire water
	Gate        = "gate"    // turnstile of an estate
	Door        = "door"    // door of a building
)

// A Model is a type of device. Its parts are the truth that a reliability
// analysis has to find again.
type Model struct {
	Name   string `json:"model"`
	Vendor string `json:"vendor"`
	Kind   string `json:"kind"`
	Parts  []Part `json:"parts"`
}

// A Part of a model fails on its own and is as good as new when repaired. Its
// life is Weibull-distributed in calendar hours: a Shape under 1 is early
// failures, 1 is chance, over 1 is wear.
type Part struct {
	Name       string  `json:"part"`
	Code       string  `json:"code"` // fault code in the event's attributes
	Shape      float64 `json:"weibull_shape"`
	ScaleHours float64 `json:"weibull_scale_hours"`
	// RepairHours is the median time until the fault is cleared.
	RepairHours float64 `json:"repair_hours_median"`
}

// liftParts are the parts of an elevator; doors is the life of its door drive,
// the part in which models differ most.
func liftParts(doors float64) []Part {
	return []Part{
		{"door_operator", "E21", 1.3, doors, 2},
		{"traction_drive", "E35", 2.2, 26000, 7},
		{"controller", "E02", 0.9, 30000, 4},
		{"brake", "E41", 2.8, 40000, 9},
		{"safety_circuit", "E10", 1, 20000, 1.5},
	}
}

func meterParts(comm float64) []Part {
	return []Part{
		{"communication", "M12", 1, comm, 20},
		{"register", "M03", 2.5, 140000, 60},
	}
}

// models of each kind, the commonest first. The last one of lifts, detectors
// and gates is markedly worse than its peers.
var models = map[string][]Model{
	Electricity: {
		{"DT-862", "Linghe", Electricity, meterParts(70000)},
		{"PM-330", "Oriel", Electricity, meterParts(90000)},
	},
	Water: {
		{"WU-25", "Qingyuan", Water, meterParts(45000)},
		{"WU-50S", "Oriel", Water, meterParts(60000)},
	},
	Gas:  {{"GD-16", "Qingyuan", Gas, meterParts(80000)}},
	Heat: {{"HU-80", "Oriel", Heat, meterParts(60000)}},
	Lift: {
		{"VX-1000", "Tianti", Lift, liftParts(11000)},
		{"Ascent-3", "Norvik", Lift, liftParts(14000)},
		{"HL-7", "Hongli", Lift, liftParts(3200)},
	},
	Smoke: {
		{"SD-2", "Anxun", Smoke, []Part{{"chamber", "F11", 1.8, 52000, 18}, {"loop", "F20", 1, 60000, 5}}},
		{"OptiGuard", "Norvik", Smoke, []Part{{"chamber", "F11", 2, 70000, 18}, {"loop", "F20", 1, 80000, 5}}},
		{"SD-1", "Anxun", Smoke, []Part{{"chamber", "F11", 1.5, 9000, 18}, {"loop", "F20", 1, 40000, 5}}},
	},
	Hydrant: {{"FP-10", "Anxun", Hydrant, []Part{{"transducer", "F31", 1.4, 30000, 26}}}},
	Tank:    {{"LV-4", "Qingyuan", Tank, []Part{{"probe", "F41", 1.4, 26000, 26}}}},
	Gate: {
		{"TG-200", "Menhu", Gate, []Part{{"swing_drive", "A15", 1.6, 16000, 8}, {"reader", "A03", 1, 28000, 4}}},
		{"TG-100", "Menhu", Gate, []Part{{"swing_drive", "A15", 1.4, 5000, 8}, {"reader", "A03", 1, 24000, 4}}},
	},
	Door: {{"DK-9", "Menhu", Door, []Part{{"lock", "A22", 1.5, 24000, 6}, {"reader", "A03", 1, 28000, 4}}}},
}

// classOf is the class to which a kind belongs.
func classOf(kind string) telemetry.Class {
	switch kind {
	case Electricity, Water, Gas, Heat:
		return telemetry.Meter
	case Lift:
		return telemetry.Elevator
	case Smoke, Hydrant, Tank:
		return telemetry.Fire
	}
	return telemetry.Access
}
