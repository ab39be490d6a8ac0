package simulate

import "steward/internal/telemetry"

// An outage is a time in which an elevator stands: for a fault, with or
// without people in the car, or for maintenance.
type outage struct {
	from, to telemetry.Millis
	freed    telemetry.Millis // when the people in the car were out; from when there are none
	service  bool
	where    position
	stopped  tally // what the counters would have shown at from, had nothing been missed
}

func (o *outage) mode(t telemetry.Millis) string {
	switch {
	case o.service:
		return modeMaintenance
	case t < o.freed:
		return modeEntrapped
	}
	return modeFault
}

func (o *outage) position(t telemetry.Millis) position {
	p := o.where
	if t >= o.freed {
		p.load = 0
	}
	return p
}

// stop plans an outage that begins at from, at the place where the runs put
// the car then.
func (e *elevator) stop(from, freed, to telemetry.Millis) *outage {
	r := e.runAt(from)
	o := &outage{from: from, to: to, freed: freed, where: r.position(from), stopped: r.tally(from)}
	o.where.speed, o.where.direction, o.where.doorOpen = 0, still, false
	e.outage = o
	return o
}

// maintain stops the car for its regular maintenance in working hours, once
// it has arrived.
func (e *elevator) maintain(c cell) {
	m := momentOf(c.start())
	if m.day == e.serviced || m.day%maintenanceDays != e.maintained || m.hour < 9.5 || m.hour > 15 || e.outage != nil {
		return
	}
	e.serviced = m.day
	from := c.start()
	if r := e.runAt(from); from < r.doorsTo {
		from = r.doorsTo
	}
	to := from + seconds(between(e.rng, 40*60, 90*60))
	e.stop(from, from, to).service = true
	ref := e.happen(from, "maintenance_started", "", attrs(nil).text("kind", "half_month"))
	e.happen(to, "maintenance_done", "", attrs(nil).text("ref", ref))
	e.truth.Maintenance = append(e.truth.Maintenance, Window{Device: e.info.Path, From: from.Time(), To: to.Time()})
}

// entrapmentChance is the share of faults that shut people in the car.
const entrapmentChance = 0.4

// wearOut lets a part whose life is over fail in the first fitting run after
// that: elevators break when they are used.
func (e *elevator) wearOut(c cell) {
	w := e.wear.nextToFail()
	if w.due >= c.end() || e.outage != nil {
		return
	}
	shutIn := uniform(e.id, uint64(w.due)) < entrapmentChance
	for i := range e.runs {
		r := &e.runs[i]
		at := r.depart + (r.arrive-r.depart)*2/5
		if at < w.due || r.depart < c.start() || at >= c.end() || shutIn && r.load == 0 {
			continue
		}
		cleared := at + e.repair(w.part)
		freed := at
		if shutIn {
			freed = e.entrap(at, e.rescue(), false)
			cleared = max(cleared, freed+10*minute)
		}
		e.stop(at, freed, cleared)
		e.fail(w, at, cleared)
		return
	}
}

// A rescue is how long people waited for help and for freedom after it came.
type rescue struct {
	response telemetry.Millis // 0 when the car freed itself before anybody came
	release  telemetry.Millis
}

// rescue draws from how estates really respond: half of them within eight
// minutes, a third not within ten.
func (e *elevator) rescue() rescue {
	if e.rng.Float64() < 0.15 {
		return rescue{release: seconds(between(e.rng, 60, 360))}
	}
	return rescue{
		response: seconds(min(lognormal(e.rng, 480, 0.55), 7200)),
		release:  seconds(lognormal(e.rng, 360, 0.5)),
	}
}

// entrap announces an entrapment with its end, records it and returns when the
// people are free.
func (e *elevator) entrap(at telemetry.Millis, r rescue, staged bool) telemetry.Millis {
	freed := at + r.response + r.release
	where := e.runAt(at)
	ref := e.happen(at, telemetry.Entrapment, telemetry.LifeSafety,
		attrs(nil).number("floor", float64(where.position(at).floor)))
	t := Entrapment{
		Device: e.info.Path, Event: ref, At: at.Time(), ReleasedAt: freed.Time(),
		RescueSeconds: float64(freed-at) / float64(second),
		SelfCleared:   r.response == 0, Staged: staged,
	}
	link := func() attrs { return attrs(nil).text("ref", ref) }
	if t.SelfCleared {
		e.happen(freed, telemetry.EntrapmentCleared, "", link())
	} else {
		t.ArrivedAt = (at + r.response).Time()
		t.ResponseSeconds = float64(r.response) / float64(second)
		e.happen(at+r.response, telemetry.Arrived, "", link())
		e.happen(freed, telemetry.Released, "", link())
	}
	e.truth.Entrapments = append(e.truth.Entrapments, t)
	return freed
}

// stage injects an entrapment or a fault at t, with a course that a person can
// watch. It draws from a stream of its own: the world goes on as it would have.
func (e *elevator) stage(a act, t telemetry.Millis) bool {
	e.settle(t)
	if e.outage != nil || a != stageEntrapment && a != stageFault {
		return false
	}
	r := stream(mix(e.id ^ uint64(t)))
	freed := t
	cleared := t + seconds(between(r, 90, 240))
	if a == stageEntrapment {
		freed = e.entrap(t, stagedRescue(r), true)
		cleared = freed + minute
	}
	o := e.stop(t, freed, cleared)
	if freed > t {
		o.where.load = max(o.where.load, averageBody)
	}
	part := e.wear.nextToFail()
	e.recordFailure(part, t, cleared, true)
	e.announceFault(part.part, t, cleared)
	return true
}
