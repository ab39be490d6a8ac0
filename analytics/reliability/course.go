package reliability

import (
	"steward/internal/telemetry"
)

// maxEpisodes bounds what is kept of one device. One that has more is broken in its
// messages, and would by itself make the rate of a company.
const maxEpisodes = 10_000

// maxCodes bounds the faults with different codes that a device has open at once;
// what goes beyond is part of those.
const maxCodes = 64

// longestEntrapment is after which a person who was shut in is out, whatever was
// reported: another report is of another one. Without it a lift whose controller
// never says that they are out would have been entrapping the same person all year.
const longestEntrapment = day

// span is a stretch of time, its end not included.
type span struct{ from, to telemetry.Millis }

func (s span) within(w span) span { return span{max(s.from, w.from), min(s.to, w.to)} }

// hours is its length, 0 when it ends before it begins.
func (s span) hours() float64 { return max(0, float64(s.to-s.from)/3_600_000) }

func (s span) has(at telemetry.Millis) bool { return at >= s.from && at < s.to }

// episode is something that began and, unless it is open, ended. The span of an
// open one reaches to the end of what is known.
type episode struct {
	span
	open bool
}

// course is what happened to one device, each kind by time and without overlap.
type course struct {
	faults, maintenance, entrapments, silences []episode
	overflow                                   bool // more episodes than are kept

	callouts []telemetry.Millis // of a lift: when people were called to repair it
	records  span               // when that is known; empty when it never is
}

// recorder makes a course of events in their order.
//
// A failure (IEC 60050-192: loss of the ability to perform as required) begins with
// a fault and lasts until nothing is at fault any more: faults that are reported
// again, or of other codes, while one is open are the same failure, for the device
// does not work before and does not work after. A fault_cleared ends the fault of its
// code and those without a code, one without a code ends all; so does the end of
// maintenance, as it does for the alarms of the same faults, because many controllers
// are reset by hand and say nothing. What ends and was not begun is not counted.
type recorder struct {
	course
	fault, service, entrapment, silence telemetry.Millis // since when they are open
	inFault, inService, shutIn, silent  bool
	codes                               map[string]bool // of what is at fault
}

// The kinds of event on which only analyses act.
const (
	maintenanceStarted = "maintenance_started"
	maintenanceDone    = "maintenance_done"
	silent             = "silent"
	silentCleared      = "silent_cleared"
)

func (r *recorder) take(kind, code string, at telemetry.Millis) {
	switch kind {
	case telemetry.Fault:
		if !r.inFault {
			r.inFault, r.fault, r.codes = true, at, map[string]bool{}
		}
		if len(r.codes) < maxCodes {
			r.codes[code] = true
		}
	case telemetry.FaultCleared:
		delete(r.codes, code)
		delete(r.codes, "")
		if code == "" || len(r.codes) == 0 {
			r.restored(at)
		}
	case maintenanceStarted:
		begin(&r.inService, &r.service, at)
	case maintenanceDone:
		r.close(&r.maintenance, &r.inService, r.service, at)
		r.restored(at)
	case telemetry.Entrapment:
		if at-r.entrapment >= longestEntrapment {
			r.close(&r.entrapments, &r.shutIn, r.entrapment, r.entrapment+longestEntrapment)
		}
		begin(&r.shutIn, &r.entrapment, at)
	case telemetry.EntrapmentCleared, telemetry.Released:
		r.close(&r.entrapments, &r.shutIn, r.entrapment, at)
	case silent:
		begin(&r.silent, &r.silence, at)
	case silentCleared:
		r.close(&r.silences, &r.silent, r.silence, at)
	}
}

func (r *recorder) restored(at telemetry.Millis) { r.close(&r.faults, &r.inFault, r.fault, at) }

func begin(open *bool, since *telemetry.Millis, at telemetry.Millis) {
	if !*open {
		*open, *since = true, at
	}
}

func (r *recorder) close(list *[]episode, open *bool, since, at telemetry.Millis) {
	if !*open {
		return
	}
	*open = false
	r.keep(list, episode{span: span{since, max(since, at)}})
}

func (r *recorder) keep(list *[]episode, e episode) {
	if len(*list) >= maxEpisodes {
		r.overflow = true
		return
	}
	*list = append(*list, e)
}

// end is the course up to a time. The recorder is used up.
func (r *recorder) end(at telemetry.Millis) *course {
	for _, o := range []struct {
		list  *[]episode
		open  bool
		since telemetry.Millis
	}{
		{&r.faults, r.inFault, r.fault}, {&r.maintenance, r.inService, r.service},
		{&r.entrapments, r.shutIn, r.entrapment}, {&r.silences, r.silent, r.silence},
	} {
		if o.open {
			r.keep(o.list, episode{span{o.since, max(o.since, at)}, true})
		}
	}
	return &r.course
}

// overlap is how many hours of a window are in both of two lists.
func overlap(a, b []episode, w span) float64 {
	sum := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		sum += a[i].within(b[j].span).within(w).hours()
		if a[i].to < b[j].to {
			i++
		} else {
			j++
		}
	}
	return sum
}

// covered is how many hours of a window are in a list.
func covered(list []episode, w span) float64 {
	sum := 0.0
	for _, e := range list {
		sum += e.within(w).hours()
	}
	return sum
}

// touches tells whether an episode shares a moment with any of a list.
func touches(e episode, list []episode) bool {
	for _, o := range list {
		if o.from > e.to {
			break
		}
		if o.to >= e.from {
			return true
		}
	}
	return false
}
