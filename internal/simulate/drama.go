package simulate

import (
	"math/rand/v2"

	"steward/internal/telemetry"
)

// An act is something that Drama makes happen.
type act int

const (
	stageEntrapment act = iota
	stageAlarm
	stageFault
	stageForcedDoor
)

// The first acts of a play are fixed, so that whoever watches soon sees each
// kind; then chance takes over, with this weight.
var repertoire = []act{stageEntrapment, stageAlarm, stageFault, stageEntrapment, stageForcedDoor, stageAlarm}

// drama injects happenings at a pace that a person can watch. It draws from a
// stream of its own and overlays the devices' worlds.
type drama struct {
	rng   *rand.Rand
	pause telemetry.Millis // mean between two acts
	due   telemetry.Millis
	acts  int
}

// newDrama begins at the given time with so many acts a minute; the first
// comes within half a minute.
func newDrama(seed uint64, start telemetry.Millis, perMinute float64) *drama {
	d := &drama{
		rng:   stream(identity(seed^uint64(start), "drama")),
		pause: telemetry.Millis(float64(minute) / perMinute),
	}
	d.due = start + min(d.pause/2, 20*second)
	return d
}

func (d *drama) choose() act {
	d.acts++
	if d.acts <= len(repertoire) {
		return repertoire[d.acts-1]
	}
	return repertoire[d.rng.IntN(len(repertoire))]
}

// attempts bounds the search for a device that can play: small fleets may
// have none that is free.
const attempts = 200

// perform stages one act at t on a device of its choice and returns the
// device's index, or -1 when none could play.
func (d *drama) perform(t telemetry.Millis, devices []*device) int {
	a := d.choose()
	d.due = max(t, d.due) + telemetry.Millis(float64(d.pause)*between(d.rng, 0.5, 1.5))
	for range attempts {
		i := d.rng.IntN(len(devices))
		if dev := devices[i]; !dev.silent(t) && dev.model.stage(a, t) {
			return i
		}
	}
	return -1
}

// stagedRescue is quick enough to be watched; one in six is too late for a
// standard of ten minutes.
func stagedRescue(r *rand.Rand) rescue {
	response := between(r, 30, 110)
	if r.Float64() < 1.0/6 {
		response = between(r, 620, 800)
	}
	return rescue{response: seconds(response), release: seconds(between(r, 30, 100))}
}
