package consumption

// counters are the counters of the contract whose names do not end with _total, which
// all count.
var counters = []string{"energy_kwh", "reactive_kvarh", "volume_m3", "heat_gj", "run_hours"}

// multiplied are those that a meter's register shows: the device's multiplier makes
// consumption of them.
var multiplied = map[string]bool{"energy_kwh": true, "reactive_kvarh": true, "volume_m3": true, "heat_gj": true}

// mains are those of which an event of a device tells the reading.
var mains = map[string]bool{"energy_kwh": true, "volume_m3": true, "heat_gj": true}

// floors are uses an hour of a register that nobody wonders about, whatever the
// counter did before: a main fuse of 250 A (3 x 230 V x 250 A = 172 kW), a water
// main of DN 65 (40 m³/h at 3.3 m/s), a heat exchanger of 550 kW, a lift that
// never stands still, a crowded gate.
var floors = map[string]float64{
	"energy_kwh": 172, "reactive_kvarh": 172, "volume_m3": 40, "heat_gj": 2,
	"trips_total": 600, "door_cycles_total": 1200, "passages_total": 3600, "denied_total": 3600,
}

// ceilings are uses an hour that nothing exceeds.
var ceilings = map[string]float64{"run_hours": 1}
