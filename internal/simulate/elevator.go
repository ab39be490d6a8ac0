package simulate

import (
	"math/rand/v2"
	"slices"

	"steward/internal/telemetry"
)

// The modes of an elevator, reported as the state "mode".
const (
	modeNormal      = "normal"
	modeEntrapped   = "entrapped"
	modeFault       = "fault"
	modeMaintenance = "maintenance"
)

// An elevator serves the calls that its building makes, one run after the
// other. What stops it lies over that: while an outage lasts, the car stands
// and the runs are missed, but what people would have asked for is not
// changed, so that an injected outage leaves the rest of the world as it was.
type elevator struct {
	*device
	traffic traffic
	calls   *rand.Rand // apart from the stream of wear, which outages may delay

	run  run   // the last one begun
	runs []run // planned for the rest of the cell, oldest first

	outage *outage // the present or next one
	missed tally   // what the car did not do because it stood

	mode       string // of the last sample, to pace the reports
	serviced   int64  // local day of the last maintenance decision
	busyPause  telemetry.Millis
	maintained int64 // its day in the cycle of maintenance
}

// A tally is what an elevator counts, besides the state in which it is.
type tally struct {
	trips, doorCycles int64
	running           telemetry.Millis
}

func (t tally) plus(o tally) tally {
	return tally{t.trips + o.trips, t.doorCycles + o.doorCycles, t.running + o.running}
}

func (t tally) minus(o tally) tally {
	return tally{t.trips - o.trips, t.doorCycles - o.doorCycles, t.running - o.running}
}

// Of a lift that is not running, one report a minute; of one that is, every
// few seconds.
const idlePause = minute

// maintenanceDays is the cycle that the rules for elevators ask for.
const maintenanceDays = 15

func newElevator(d *device, tr traffic) *elevator {
	e := &elevator{device: d, traffic: tr, calls: stream(mix(d.id)), mode: modeNormal}
	e.busyPause = seconds(between(d.rng, 5, 10))
	e.maintained = int64(uniform(d.id, 2) * maintenanceDays)
	years := float64(telemetry.MillisOf(d.truth.Start)-telemetry.MillisOf(d.info.Installed)) / float64(365*day)
	trips := int64(years * 365 * tr.rate * 14)
	e.run = run{from: 1, to: 1, before: tally{trips, trips, telemetry.Millis(trips) * 19 * second}}
	e.run.depart = telemetry.MillisOf(d.truth.Start) - hour
	e.run.arrive, e.run.doorsFrom, e.run.doorsTo = e.run.depart, e.run.depart, e.run.depart
	return e
}

func (e *elevator) enter(c cell) {
	e.settle(c.start())
	e.runs = e.traffic.plan(e.calls, c, e.lastRun(), e.runs)
	e.maintain(c)
	e.wearOut(c)
}

func (e *elevator) lastRun() run {
	if len(e.runs) > 0 {
		return e.runs[len(e.runs)-1]
	}
	return e.run
}

// settle begins the runs that are due at t and ends an outage that is over.
func (e *elevator) settle(t telemetry.Millis) {
	if o := e.outage; o != nil && o.to <= t {
		e.begin(o.to)
		e.missed = e.missed.plus(e.run.tally(o.to).minus(o.stopped))
		e.outage = nil
	}
	e.begin(t)
}

func (e *elevator) begin(t telemetry.Millis) {
	n := 0
	for n < len(e.runs) && e.runs[n].depart <= t {
		e.run = e.runs[n]
		n++
	}
	e.runs = e.runs[:copy(e.runs, e.runs[n:])]
}

// runAt is the run, present or planned, in which or after which the car is at t.
func (e *elevator) runAt(t telemetry.Millis) run {
	i := slices.IndexFunc(e.runs, func(r run) bool { return r.depart > t })
	switch {
	case i < 0:
		return e.lastRun()
	case i == 0:
		return e.run
	}
	return e.runs[i-1]
}

func (e *elevator) sample(t telemetry.Millis, out *sample) {
	e.settle(t)
	pos, count := e.run.position(t), e.run.tally(t)
	e.mode = modeNormal
	if o := e.outage; o != nil && o.from <= t {
		pos, count = o.position(t), o.stopped
		e.mode = o.mode(t)
	}
	count = count.minus(e.missed)
	out.mode = e.mode
	out.add("floor", float64(pos.floor))
	out.add("speed_ms", round(pos.speed, 2))
	out.add("direction", float64(pos.direction))
	out.flag("door_open", pos.doorOpen)
	out.flag("passenger", pos.load > 0)
	out.add("load_kg", pos.load)
	out.add("trips_total", float64(count.trips))
	out.add("door_cycles_total", float64(count.doorCycles))
	out.add("run_hours", floor(float64(count.running)/float64(hour), 2))
}

func (e *elevator) pause(t telemetry.Millis) telemetry.Millis {
	switch {
	case e.mode == modeEntrapped:
		return e.busyPause
	case e.mode != modeNormal:
		return idlePause
	case t < e.run.doorsTo:
		return e.busyPause
	case len(e.runs) > 0:
		// A car that starts says so at once.
		return max(second, min(idlePause, e.runs[0].depart-t))
	}
	return idlePause
}
