package engine

import (
	"cmp"
	"slices"
)

// Stats are counts since the start, and how much state there is.
type Stats struct {
	Messages uint64
	Readings uint64 // numbers and texts that some rule looks at
	Signals  uint64
	Late     uint64 // readings and events that were older than what was known
	Failed   uint64 // expressions that could not be evaluated
	// LastFailure is the newest of those: the rule, and what is wrong.
	LastFailure string
	// Refused are instances for which there was no room, RefusedDevices messages of
	// devices for which there was none: they are not watched.
	Refused, RefusedDevices uint64

	Rules, Devices, Instances, Waiting, Firing, Timers int

	phases [phases]int
}

func (s *Stats) instances() int {
	all := 0
	for _, n := range s.phases {
		all += n
	}
	return all
}

// Stats is what the engine has done and holds.
func (e *Engine) Stats() Stats {
	s := e.stats
	s.Rules, s.Devices, s.Timers = len(e.rules.all), len(e.devices), len(e.timers.all)
	s.Instances, s.Waiting, s.Firing = s.instances(), s.phases[pending], s.phases[firing]
	return s
}

// maxWaiting bounds the answer of Waiting.
const maxWaiting = 1000

// Waiting are the instances whose condition holds, but not yet for long enough:
// the first thousand to fire, in that order.
func (e *Engine) Waiting() []Waiting {
	var all []*timer
	for _, t := range e.timers.all {
		if t.inst != nil && t.inst.phase == pending {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *timer) int { return cmp.Or(cmp.Compare(a.due, b.due), a.compare(b)) })
	out := []Waiting{}
	for _, t := range all[:min(len(all), maxWaiting)] {
		in := t.inst
		w := Waiting{Rule: in.rule.rule, Device: in.device(), Since: in.since, FiresAt: t.due}
		if in.dev != nil {
			w.Place, w.Building = in.dev.place(), in.dev.building
		} else {
			w.Place, w.Building = in.place.at, in.place.building
		}
		if in.hasValue {
			value := in.value
			w.Value = &value
		}
		out = append(out, w)
	}
	return out
}
