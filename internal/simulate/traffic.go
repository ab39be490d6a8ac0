package simulate

import (
	"math"
	"math/rand/v2"
	"slices"

	"steward/internal/telemetry"
)

// traffic is what a building asks of one elevator and how fast that can move.
type traffic struct {
	habit  shape
	office bool    // up in the morning and down in the evening; homes the other way round
	rate   float64 // calls an hour at weight one
	floors int
	speed  float64 // rated, m/s
}

const (
	floorHeight  = 3.0 // m
	acceleration = 0.8 // m/s²
	doorDelay    = 1500 * telemetry.Millis(1)
	averageBody  = 68.0 // kg
)

// A run is one journey of the car, from closed doors to closed doors.
type run struct {
	depart, arrive     telemetry.Millis
	doorsFrom, doorsTo telemetry.Millis // open at the destination
	from, to           int
	peak               float64 // m/s reached
	load               float64 // kg
	before             tally   // counted before this run
}

// A position is what can be seen of a car.
type position struct {
	floor       int
	direction   direction
	speed, load float64
	doorOpen    bool
}

// A direction is the way of a car, by the numbers of GB/T 24476.
type direction int

const (
	still direction = iota
	up
	down
)

// plan appends the runs that the calls of the cell cause to runs; last is the
// run after which they follow. Calls that would wait too long take another
// car.
func (tr *traffic) plan(r *rand.Rand, c cell, last run, runs []run) []run {
	weight := tr.habit(momentOf(c.start()))
	calls := make([]telemetry.Millis, poisson(r, tr.rate*weight*cellHours))
	for i := range calls {
		calls[i] = c.start() + telemetry.Millis(r.Int64N(int64(cellLength)))
	}
	slices.Sort(calls)
	for _, at := range calls {
		from, to := tr.call(r, momentOf(at))
		riders := 1 + int(min(3, r.ExpFloat64()*0.8))
		load := math.Round(float64(riders) * averageBody * between(r, 0.75, 1.25))
		dwell := seconds(between(r, 4, 8))
		if at = max(at, last.doorsTo+2*second); at > c.end()+minute {
			break
		}
		if last.to != from {
			last = tr.journey(last, at, from, 0, dwell)
			runs = append(runs, last)
			at = last.doorsTo + 2*second
		}
		last = tr.journey(last, at, to, load, dwell)
		runs = append(runs, last)
	}
	return runs
}

// call draws where somebody waits and wants to go.
func (tr *traffic) call(r *rand.Rand, m moment) (from, to int) {
	up := 0.5
	switch {
	case m.hour >= 6.5 && m.hour < 10:
		up = 0.12
	case m.hour >= 16.5 && m.hour < 20:
		up = 0.85
	}
	if tr.office {
		up = 1 - up
	}
	upper := 2 + r.IntN(tr.floors-1)
	switch x := r.Float64(); {
	case x < 0.08: // between upper floors
		if other := 2 + r.IntN(tr.floors-1); other != upper {
			return upper, other
		}
		return upper, 1
	case r.Float64() < up:
		return 1, upper
	}
	return upper, 1
}

// journey is the run that follows last.
func (tr *traffic) journey(last run, depart telemetry.Millis, to int, load float64, dwell telemetry.Millis) run {
	distance := math.Abs(float64(to-last.to)) * floorHeight
	peak := min(tr.speed, math.Sqrt(distance*acceleration))
	took := seconds(distance/peak + peak/acceleration)
	n := run{depart: depart, arrive: depart + took, from: last.to, to: to, peak: peak, load: load}
	n.doorsFrom = n.arrive + doorDelay
	n.doorsTo = n.doorsFrom + dwell
	n.before = last.tally(depart)
	return n
}

// tally is what has been counted at t, which is not before the run.
func (r *run) tally(t telemetry.Millis) tally {
	c := r.before
	if r.arrive > r.depart {
		c.trips++
	}
	if t >= r.doorsFrom && r.doorsTo > r.doorsFrom {
		c.doorCycles++
	}
	c.running += min(t, r.arrive) - r.depart
	return c
}

// position is where the car is at t, which is not before the run.
func (r *run) position(t telemetry.Millis) position {
	if t >= r.arrive {
		p := position{floor: r.to, doorOpen: t >= r.doorsFrom && t < r.doorsTo}
		if t < r.doorsFrom+2*second { // they step out when the doors have opened
			p.load = r.load
		}
		return p
	}
	gone := float64(t-r.depart) / float64(second)
	left := float64(r.arrive-t) / float64(second)
	p, way := position{floor: r.to, direction: up, load: r.load}, 1
	if r.to < r.from {
		p.direction, way = down, -1
	}
	p.speed = min(r.peak, acceleration*gone, acceleration*left)
	// Speeding up and slowing down take peak/acceleration each, at half the
	// peak on average.
	ramp := r.peak / acceleration
	var travelled float64
	switch {
	case gone < ramp:
		travelled = acceleration * gone * gone / 2
	case left < ramp:
		travelled = math.Abs(float64(r.to-r.from))*floorHeight - acceleration*left*left/2
	default:
		travelled = r.peak * (gone - ramp/2)
	}
	p.floor = r.from + way*int(math.Round(travelled/floorHeight))
	return p
}
