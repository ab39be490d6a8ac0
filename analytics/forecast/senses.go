package forecast

// What devices sense, as far as it matters for how long they may serve: a class such as
// fire has detectors of smoke as well as sensors of the water in mains and tanks, and
// the registry does not tell them apart.
const (
	smoke = "smoke"
	water = "water"
)

// sense lends devices that sent nothing that tells what most of their model sense: a
// detector that has died is one still.
func sense(devices []*device) {
	type model struct{ class, vendor, model string }
	of := func(d *device) model { return model{d.Class, d.Vendor, d.Model} }
	lead := map[model]int{} // of smoke over water
	for _, d := range devices {
		switch d.Senses {
		case smoke:
			lead[of(d)]++
		case water:
			lead[of(d)]--
		}
	}
	for _, d := range devices {
		switch n := lead[of(d)]; {
		case d.Senses != "" || d.Model == "":
		case n > 0:
			d.Senses = smoke
		case n < 0:
			d.Senses = water
		}
	}
}
