package reliability

import (
	"time"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

const day = 24 * 3_600_000 // milliseconds

// dayStart is the beginning of a day, since 1970, of a zone.
func dayStart(days int32, plus int, zone *time.Location) telemetry.Millis {
	y, m, d := time.Unix(int64(days)*86_400, 0).UTC().Date()
	return telemetry.MillisOf(time.Date(y, m, d+plus, 0, 0, 0, 0, zone))
}

// watchOf is when a device was in service and watched within a period: from its
// commissioning and from its first message on, and until the end of the day on which
// it was retired. A device that sent nothing in the period was not watched. Of one
// that sends no readings, but events when something happens, the first message does
// not tell since when it is there: it counts from its commissioning, and only where
// that is unknown from its first event.
func watchOf(d *clickhouse.ReliabilityDevice, period span, zone *time.Location) span {
	if d.Messages == 0 {
		return span{period.from, period.from}
	}
	w := period
	switch {
	case d.FirstReading > 0:
		w.from = max(w.from, d.FirstReading)
	case d.CommissionedOn == nil:
		w.from = max(w.from, d.FirstEvent)
	}
	if d.CommissionedOn != nil {
		w.from = max(w.from, dayStart(*d.CommissionedOn, 0, zone))
	}
	switch {
	case d.RetiredOn != nil:
		w.to = min(w.to, dayStart(*d.RetiredOn, 1, zone))
	case d.State == "retired" || d.State == "replaced":
		w.to = min(w.to, max(d.LastReading, d.LastEvent))
	}
	w.to = max(w.to, w.from)
	return w
}

// born is when a device was new, as far as it is known.
func born(d *clickhouse.ReliabilityDevice, zone *time.Location) (time.Time, bool) {
	switch {
	case d.CommissionedOn != nil:
		return dayStart(*d.CommissionedOn, 0, zone).Time().In(zone), true
	case d.InstalledOn != nil:
		return dayStart(*d.InstalledOn, 0, zone).Time().In(zone), true
	}
	return time.Time{}, false
}

// ages are the bands by which devices are compared, from years up to the next. In
// China a lift of 15 years counts as old and is due for assessment; the first two
// years are those of early failures and of guarantees.
var ages = []struct {
	from int
	name string
}{{0, "0-2"}, {2, "2-5"}, {5, "5-10"}, {10, "10-15"}, {15, "15+"}}

// banded is the part of a watch in which a device was of an age.
type banded struct {
	span
	name string
}

// bands divides a watch by the age that the device has: one that has its birthday
// in the period counts in the one band before and in the other after.
func bands(d *clickhouse.ReliabilityDevice, watch span, zone *time.Location) []banded {
	from, known := born(d, zone)
	if !known {
		return []banded{{watch, "unknown"}}
	}
	var parts []banded
	for i, a := range ages {
		part := watch
		if i > 0 { // what is seen of a device before it was new is of its first days
			part.from = max(part.from, telemetry.MillisOf(from.AddDate(a.from, 0, 0)))
		}
		if i+1 < len(ages) {
			part.to = min(part.to, telemetry.MillisOf(from.AddDate(ages[i+1].from, 0, 0)))
		}
		if part.from < part.to {
			parts = append(parts, banded{part, a.name})
		}
	}
	return parts
}

// tally is what happened to a device in a window.
type tally struct {
	window   span
	failures []float64 // their times in hours
	up, down float64   // hours
	// Durations begin with the window and end with it, if they do not begin and end
	// within.
	restoration, repair, service durations
	open                         int // faults that have not ended
	entrapments                  int
	callouts                     int
	recorded                     float64 // hours in service in which call-outs are on record
}

// watched is the exposure in hours. Time in which the device was silent is none,
// unless it is known to have been at fault.
func (t *tally) watched() float64 { return t.up + t.down }

// measure takes what falls into a window. A failure is of the window in which it
// begins, a restoration of the one in which it ends.
func measure(c *course, w span) tally {
	t := tally{window: w}
	if w.from >= w.to {
		return t
	}
	for _, f := range c.faults {
		if w.has(f.from) {
			t.failures = append(t.failures, float64(f.from)/3_600_000)
		}
		t.restoration.add(f, w)
		if f.open && f.from < w.to && f.to <= w.to {
			t.open++
		}
	}
	for _, m := range c.maintenance {
		if touches(m, c.faults) {
			t.repair.add(m, w)
		} else {
			t.service.add(m, w)
		}
	}
	for _, e := range c.entrapments {
		if w.has(e.from) {
			t.entrapments++
		}
	}
	records := c.records.within(w)
	t.recorded = records.hours()
	for _, at := range c.callouts {
		if records.has(at) {
			t.callouts++
		}
	}
	t.down = covered(c.faults, w)
	t.up = max(0, w.hours()-t.down-covered(c.silences, w)+overlap(c.faults, c.silences, w))
	return t
}
