package forecast

import (
	"slices"

	"steward/internal/telemetry"
)

const (
	hour = telemetry.Millis(3_600_000)
	day  = 24 * hour
	year = 8766 * hour // Julian, as in device-years
)

const (
	// maxFaults bounds what is kept of one device. One that has more is broken in its
	// messages, and would by itself make the lives of a model.
	maxFaults = 10_000
	// maxCodes bounds the codes of one device; those beyond are one part.
	maxCodes  = 64
	otherCode = "other"
	// afterFault is how long after a fault the replacement of a device still counts
	// as its end by that fault: it takes as long until a new one is bought and fitted.
	afterFault = 30 * day
	// deadSilence is how long a device must have been silent, without a word until it
	// was exchanged, for the silence to be its failure: a detector or a meter that dies
	// reports no fault. Whoever exchanges one that works has it off the bus for hours,
	// or over a weekend. Taking such lives for unfinished instead would be censoring
	// that hangs on what is censored, and make lives too long. A retirement after a
	// silence is none: a house that is given up goes silent before its papers.
	deadSilence = 7 * day
)

// The kinds of event on which only analyses act.
const (
	maintenanceDone = "maintenance_done"
	replaced        = "replaced"
	silent          = "silent"
	silentCleared   = "silent_cleared"
)

// span is a stretch of time, its end not included.
type span struct{ from, to telemetry.Millis }

// ending is the end of a life: a fault with the time at which it was restored, or a
// replacement, which takes no time.
type ending struct {
	span
	failed bool
	mute   bool // nothing but its silence says that it failed
}

// course is what happened to one device, each list by time.
type course struct {
	faults   map[string][]ending // by code, without overlap
	replaced []ending            // of all of the device; failed when a fault was the reason
	silences []span
	last     telemetry.Millis // when something was last at fault; 0 never
	overflow bool             // more faults than are kept
}

// recorder makes a course of events in their order. One failure of a part is all
// from its fault to its restoration: faults of the code that are reported again
// meanwhile are the same. A fault_cleared restores the part of its code and those
// without a code, one without a code restores all; so do the end of maintenance and a
// replacement. What is restored and was not at fault says nothing: maintenance does
// not make a part new that did not fail.
type recorder struct {
	course
	open   map[string]telemetry.Millis
	mute   bool
	since  telemetry.Millis
	gone   bool // what fell silent was exchanged since
	faulty int
}

func newRecorder() *recorder {
	return &recorder{course: course{faults: map[string][]ending{}}, open: map[string]telemetry.Millis{}}
}

func (r *recorder) take(kind, code string, at telemetry.Millis) {
	switch kind {
	case telemetry.Fault:
		if r.faults[code] == nil && len(r.faults)+len(r.open) >= maxCodes {
			code = otherCode
		}
		if _, is := r.open[code]; !is {
			r.open[code] = at
		}
		r.last = at
	case telemetry.FaultCleared:
		if code == "" {
			r.restoreAll(at)
			return
		}
		if _, is := r.open[code]; !is && r.faults[code] == nil && len(r.faults)+len(r.open) >= maxCodes {
			code = otherCode
		}
		r.restore(code, at)
		r.restore("", at)
	case maintenanceDone:
		r.restoreAll(at)
	case replaced:
		failed := len(r.open) > 0 || r.last > 0 && at-r.last <= afterFault
		// Its successor may be as mute, but nobody knows whether it was ever heard.
		mute := !failed && r.mute && at-r.since > deadSilence && !r.gone
		r.gone = r.mute
		r.restoreAll(at)
		r.last = 0 // what failed is gone
		if len(r.replaced) < maxFaults {
			r.replaced = append(r.replaced, ending{span{at, at}, failed || mute, mute})
		} else {
			r.overflow = true
		}
	case silent:
		if !r.mute {
			r.mute, r.since, r.gone = true, at, false
		}
	case silentCleared:
		r.heard(at)
	}
}

func (r *recorder) heard(at telemetry.Millis) {
	if !r.mute {
		return
	}
	r.mute = false
	if len(r.silences) < maxFaults {
		r.silences = append(r.silences, span{r.since, max(r.since, at)})
	} else {
		r.overflow = true
	}
}

func (r *recorder) restoreAll(at telemetry.Millis) {
	for code := range r.open {
		r.restore(code, at)
	}
}

func (r *recorder) restore(code string, at telemetry.Millis) {
	from, is := r.open[code]
	if !is {
		return
	}
	delete(r.open, code)
	r.last = max(r.last, at)
	if r.faulty++; r.faulty > maxFaults {
		r.overflow = true
		return
	}
	r.faults[code] = append(r.faults[code], ending{span: span{from, max(from, at)}, failed: true})
}

// end is the course up to a time: what is open then is still so. The recorder is used
// up.
func (r *recorder) end(at telemetry.Millis) *course {
	last := r.last
	if len(r.open) > 0 {
		last = max(last, at)
	}
	r.restoreAll(at)
	r.last = last
	r.heard(at)
	return &r.course
}

// exchanges are the replacements as its parts see them: the part that was at fault has
// failed by its own fault, and the others have not.
func (c *course) exchanges() []ending {
	list := slices.Clone(c.replaced)
	for i := range list {
		list[i].failed = false
	}
	return list
}

// merged are the endings of two lists by time.
func merged(a, b []ending) []ending {
	if len(b) == 0 {
		return a
	}
	list := slices.Concat(a, b)
	slices.SortStableFunc(list, func(x, y ending) int {
		switch {
		case x.from < y.from:
			return -1
		case x.from > y.from:
			return 1
		}
		return 0
	})
	return list
}
