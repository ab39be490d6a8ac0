package continuity

import (
	"math"
	"slices"

	"steward/internal/telemetry"
)

// pace is how fast a counter goes, as far as is known: what tells use from jumps.
type pace struct {
	known          bool
	peak, mean     float64 // units an hour
	floor, ceiling float64
}

const (
	// implausible times the peak is more than a counter is believed in an hour. Ten
	// lifts do not suddenly draw as fifty; an exchanged meter does far worse.
	implausible = 5
	// sustained times the mean is what is believed for long: what a gap hides can
	// not all be peak.
	sustained = 3
	// burst is how many hours of a gap may all have been extreme.
	burst = 6
	// enough is in how many hours a counter must have been seen before its own
	// past judges it.
	enough = 24
	// repeated is how often an hourly use must have been reached to be believed as
	// the counter's own: a jump comes once, or twice with its way back.
	repeated = 3
	// rare is the same for long times: once in so many hours.
	rare = 500
)

// paceOf learns from readings, which are in order, from marks, and from what the past
// says.
func paceOf(readings []Reading, marks []mark, o Options) pace {
	p := pace{peak: positive(o.Peak), mean: positive(o.Mean), floor: positive(o.Floor), ceiling: positive(o.Ceiling)}
	p.known = o.Known || p.peak > 0
	var hours []float64 // what was used in each, roughly
	var steps []rise
	current := telemetry.Millis(-1)
	for i := 1; i < len(readings); i++ {
		a, b := readings[i-1], readings[i]
		for len(marks) > 0 && marks[0].At <= a.TS {
			marks = marks[1:]
		}
		if h := b.TS / hour; h != current {
			hours, current = append(hours, 0), h
		}
		r := rise{b.Value - a.Value, hoursOf(b.TS - a.TS)}
		// A reading that is in line with neither neighbour, while these are with one
		// another, says nothing about how fast the counter goes; nor does a step to
		// another counter.
		exchanged := len(marks) > 0 && marks[0].At <= b.TS && marks[0].Kind != MarkAccept
		if r.amount < 0 || exchanged || stray(readings, i) || stray(readings, i-1) {
			continue
		}
		hours[len(hours)-1] += r.amount / max(r.hours, 1)
		steps = append(steps, r)
	}
	if len(hours) < enough {
		return p
	}
	slices.Sort(hours)
	p.known = true
	p.peak = max(p.peak, hours[len(hours)-max(repeated, len(hours)/rare)])
	if p.mean == 0 {
		p.mean = mean(steps, p.limit())
	}
	return p
}

// rise is what a counter rose by in a time.
type rise struct{ amount, hours float64 }

// mean is how much was used an hour; a rise counts up to a limit an hour, so that a
// jump makes no difference to speak of.
func mean(steps []rise, limit float64) float64 {
	used, lasted := 0.0, 0.0
	for _, r := range steps {
		used += min(r.amount, limit*max(r.hours, 1))
		lasted += r.hours
	}
	if lasted == 0 || math.IsInf(used, 0) {
		return 0
	}
	return used / lasted
}

// stray reports whether reading i is above or below both of its neighbours, which
// themselves could follow one another.
func stray(r []Reading, i int) bool {
	if i == 0 || i == len(r)-1 {
		return false
	}
	before, v, after := r[i-1].Value, r[i].Value, r[i+1].Value
	return before <= after && (v < before || v > after)
}

// limit is the highest use in an hour that is believed.
func (p *pace) limit() float64 {
	if !p.known {
		return math.MaxFloat64
	}
	return max(implausible*p.peak, p.floor)
}

// allows reports whether so much may have been used in a time.
func (p *pace) allows(amount float64, length telemetry.Millis) bool {
	h := hoursOf(length)
	switch {
	case !(amount >= 0) || math.IsInf(amount, 0):
		return false
	case p.ceiling > 0 && amount > p.ceiling*(h+1)*1.05:
		// An hour more, because a counter may show what it counted a while ago.
		return false
	case !p.known:
		return true
	}
	h = max(h, 1)
	rest := max(0, h-burst)
	return amount <= p.limit()*(h-rest)+max(sustained*p.mean, p.peak/2)*rest
}

func hoursOf(d telemetry.Millis) float64 { return float64(d) / float64(hour) }

// positive is v, or 0 when it is not a positive number.
func positive(v float64) float64 {
	if v > 0 && !math.IsInf(v, 0) {
		return v
	}
	return 0
}
