package forecast

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// lateMessages is how long before the end of what is known a device that sends
// readings may have sent its last, and still count as watched until then: nobody said
// that it is silent, but then nobody may have been watching.
const lateMessages = 3 * day

// device is one with its lives. It takes some hundred bytes and forty for each life.
type device struct {
	at   authz.Place
	zone *time.Location
	clickhouse.LifetimeDevice
	born    birth
	windows []span             // in which it was watched
	parts   map[string][]spell // of codes that were at fault
	rest    []spell            // of any other part
	whole   []spell            // of the device itself
	fresh   []telemetry.Millis // when it was replaced by another of its name
	out     bool               // retired or replaced by the end
	failed  []telemetry.Millis // whenever a part failed, by part
	faults  []telemetry.Millis // when each fault began, watched or not
	ended   []ending           // replacements and retirements for a failure
	wear    worn
}

// dayStart is the beginning of a day, since 1970, of a zone.
func dayStart(days int32, plus int, zone *time.Location) telemetry.Millis {
	y, m, d := time.Unix(int64(days)*86_400, 0).UTC().Date()
	return telemetry.MillisOf(time.Date(y, m, d+plus, 0, 0, 0, 0, zone))
}

func dateOf(days *int32) string {
	if days == nil {
		return ""
	}
	return time.Unix(int64(*days)*86_400, 0).UTC().Format(time.DateOnly)
}

// newDevice makes lives of what happened to a device until the end of a period.
func newDevice(at authz.Place, d clickhouse.LifetimeDevice, c *course, period span, zone *time.Location) *device {
	out := &device{at: at, zone: zone, LifetimeDevice: d, parts: map[string][]spell{}}
	switch {
	case d.CommissionedOn != nil:
		out.born = birth{dayStart(*d.CommissionedOn, 0, zone), true}
	case d.InstalledOn != nil:
		out.born = birth{dayStart(*d.InstalledOn, 0, zone), true}
	}
	w := watched(&d, out.born, period, zone)
	out.out = d.State == "retired" || d.State == "replaced" || d.RetiredOn != nil && dayStart(*d.RetiredOn, 1, zone) <= period.to
	if c.overflow {
		return out
	}
	out.windows = without(w, c.silences)
	retiredByFault := out.out && c.last > 0 && w.to-c.last <= afterFault
	exchanges := c.exchanges()
	for _, code := range slices.Sorted(maps.Keys(c.faults)) {
		faults := c.faults[code]
		list := spells(out.windows, merged(faults, exchanges), out.born)
		out.parts[code] = list
		for _, s := range list {
			if s.failed {
				out.failed = append(out.failed, s.to)
			}
		}
		for _, e := range faults {
			out.faults = append(out.faults, e.from)
		}
	}
	out.rest = spells(out.windows, exchanges, out.born)
	out.whole = wholes(out.windows, c.replaced, out.born, retiredByFault)
	for _, e := range c.replaced {
		out.fresh = append(out.fresh, e.from)
		if e.failed {
			out.ended = append(out.ended, e)
		}
	}
	if retiredByFault {
		out.ended = append(out.ended, ending{span: span{w.to, w.to}, failed: true})
	}
	return out
}

// ends is how many faults a device had gone on after, and how many failures had ended
// it, as was known at a time. Of one that died in silence no fault was told.
func (d *device) ends(at telemetry.Millis) (restored, ended int) {
	for _, t := range d.faults {
		if t < at {
			restored++
		}
	}
	for _, e := range d.ended {
		if e.from >= at {
			continue
		}
		if ended++; !e.mute {
			restored--
		}
	}
	return max(0, restored), ended
}

// watched is when a device was in service and watched: from its commissioning and its
// first message on, until its last, or the day on which it was retired. Of one that
// sends only events the first does not tell since when it is there, nor the last until
// when.
func watched(d *clickhouse.LifetimeDevice, born birth, period span, zone *time.Location) span {
	w := period
	last := max(d.LastReading, d.LastEvent)
	switch {
	case last == 0:
		return span{period.from, period.from}
	case d.FirstReading > 0:
		w.from = max(w.from, d.FirstReading)
		if last < w.to-lateMessages {
			w.to = last
		}
	case !born.known:
		w.from = max(w.from, d.FirstEvent)
	}
	if born.known {
		w.from = max(w.from, born.at)
	}
	switch {
	case d.RetiredOn != nil:
		w.to = min(w.to, dayStart(*d.RetiredOn, 1, zone))
	case d.State == "retired" || d.State == "replaced":
		w.to = min(w.to, last)
	}
	w.to = max(w.to, w.from)
	return w
}

// without are what is left of a window outside of silences, which are by time.
func without(w span, silences []span) []span {
	var list []span
	for _, s := range silences {
		if s.to <= w.from || s.from >= w.to {
			continue
		}
		if s.from > w.from {
			list = append(list, span{w.from, s.from})
		}
		w.from = s.to
	}
	if w.from < w.to {
		list = append(list, w)
	}
	return list
}

// inService tells whether a device was watched at a time.
func (d *device) inService(at telemetry.Millis) bool {
	for _, w := range d.windows {
		if w.from < at && at <= w.to {
			return true
		}
	}
	return false
}

// spells of a part, also of one that was never at fault here.
func (d *device) spells(code string) []spell {
	switch list, is := d.parts[code]; {
	case code == wholeDevice:
		return d.whole
	case is:
		return list
	}
	return d.rest
}

// installedOn is the day from which it serves: the registry does not know of one that
// was exchanged under its name. "" when unknown.
func (d *device) installedOn() string {
	return max(dateOf(cmp.Or(d.InstalledOn, d.CommissionedOn)), d.exchangedOn())
}

// verifyBy is until when its verification is valid; one that ended before it was
// exchanged was that of its predecessor.
func (d *device) verifyBy() string {
	if on := dateOf(d.VerifyBy); on > d.exchangedOn() {
		return on
	}
	return ""
}

// exchangedOn is when it was last exchanged under its name; "" when it was not.
func (d *device) exchangedOn() string {
	if n := len(d.fresh); n > 0 {
		return d.fresh[n-1].Time().In(d.zone).Format(time.DateOnly)
	}
	return ""
}

// age is how old it is at a time, in years; NaN when unknown.
func (d *device) age(at telemetry.Millis) float64 {
	for i := len(d.fresh) - 1; i >= 0; i-- {
		if d.fresh[i] <= at {
			return years(at - d.fresh[i])
		}
	}
	if !d.born.known || at < d.born.at {
		return math.NaN()
	}
	return years(at - d.born.at)
}
