package simulate

import (
	"math"

	"steward/internal/telemetry"
)

// firewater is a pressure sensor of a hydrant main, or a level sensor of a
// tank. Now and then the water is out of its limits, and a supervisory event
// says so.
type firewater struct {
	*device
	low window // the present or last time out of limits
	due telemetry.Millis
}

// Hours between two times out of limits at one sensor, on average.
const firewaterTroubleHours = 6000

func newFirewater(d *device) *firewater {
	return &firewater{device: d, due: telemetry.MillisOf(d.truth.Start) + hours(d.rng.ExpFloat64()*firewaterTroubleHours)}
}

func (f *firewater) enter(c cell) {
	if f.due < c.end() {
		at := max(f.due, c.start())
		f.low = window{at, at + hours(lognormal(f.rng, 2, 0.7))}
		f.due = f.low.to + hours(f.rng.ExpFloat64()*firewaterTroubleHours)
		what := "low_pressure"
		if f.info.Kind == Tank {
			what = "low_level"
		}
		ref := f.happen(f.low.from, "supervisory", "", attrs(nil).text("condition", what))
		f.happen(f.low.to, "supervisory", telemetry.Info, attrs(nil).text("condition", "normal").text("ref", ref))
		f.truth.Supervisory = append(f.truth.Supervisory,
			Window{Device: f.info.Path, From: f.low.from.Time(), To: f.low.to.Time()})
	}
	f.breakDown(c)
}

func (f *firewater) sample(t telemetry.Millis, out *sample) {
	noise := bell(f.id+2, uint64(t))
	if f.info.Kind == Tank {
		// Evaporation and leaks, made good by a float valve.
		level := 2.9 - 0.25*float64((t+f.phase(30*hour))%(30*hour))/float64(30*hour)
		if f.low.covers(t) {
			level -= 1.1
		}
		out.add("water_level_m", round(level+0.005*noise, 2))
		return
	}
	pressure := 0.45 + 0.1*(uniform(f.id, 3)-0.5) + 0.01*math.Sin(2*math.Pi*float64(t%(40*minute))/float64(40*minute))
	if f.low.covers(t) {
		pressure *= 0.3
	}
	out.add("water_pressure_mpa", round(pressure+0.002*noise, 3))
	out.add("battery_v", battery(f.device, t, 3.0, 3.6))
}

func (f *firewater) pause(telemetry.Millis) telemetry.Millis { return metersPause }

func (f *firewater) stage(act, telemetry.Millis) bool { return false }
