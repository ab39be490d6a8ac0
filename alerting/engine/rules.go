package engine

import (
	"maps"
	"slices"

	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// SetRules puts rules in force. A rule that is evaluated as before (by its Hash)
// goes on from where it was; what one that is gone, changed or disabled raised is
// dropped.
func (e *Engine) SetRules(set *rule.Set, now telemetry.Millis) []Signal {
	e.pass(now)
	e.replaceRules(newIndex(set))
	return e.signals()
}

func (e *Engine) replaceRules(next *index) {
	last := e.rules
	kept := func(c *compiled) *compiled {
		n := next.byName[c.rule.Name]
		if n == nil || n.rule.Hash != c.rule.Hash || n.rule.Kind != c.rule.Kind {
			return nil
		}
		if c.rule.Kind == rule.Combination && (c.of == nil || n.of == nil || n.of.rule.Hash != c.of.rule.Hash) {
			return nil // what it counts is not what it was
		}
		return n
	}
	devices := slices.SortedFunc(maps.Values(e.devices), func(a, b *device) int { return compareDevices(a.id, b.id) })

	// Combinations first: one that goes is dropped, and not cleared by the drops of
	// what it counts.
	for _, all := range []map[place]*instance{e.groupInstances(), e.results} {
		for _, where := range slices.SortedFunc(maps.Keys(all), func(a, b place) int { return a.compare(&b) }) {
			if in := all[where]; kept(in.rule) == nil {
				e.drop(in)
			}
		}
	}
	for _, d := range devices {
		for _, in := range slices.Clone(d.instances) {
			if kept(in.rule) == nil {
				e.drop(in)
			}
		}
	}

	e.rules = next
	for _, g := range e.groups {
		g.rule, g.sized = kept(g.rule), false
	}
	for _, in := range e.results {
		in.rule = kept(in.rule)
	}
	for _, d := range devices {
		for _, in := range d.instances {
			in.rule = kept(in.rule)
		}
		e.reclass(d)
	}
	e.recount(last, devices)
}

func (e *Engine) groupInstances() map[place]*instance {
	all := make(map[place]*instance, len(e.groups))
	for where, g := range e.groups {
		all[where] = &g.instance
	}
	return all
}

// reclass gives a device the rules of its class that are in force now, and the
// newest values that they ask for, as far as they are known.
func (e *Engine) reclass(d *device) {
	last := d.class
	d.class = e.rules.classes[d.id.Class]
	d.admission = nil
	e.timers.remove(&d.silence)
	if d.class == nil {
		delete(e.devices, d.id)
		return
	}
	if d.latest != nil {
		was := d.latest
		d.latest = make([]number, len(d.class.metrics))
		for metric, w := range last.metrics {
			if n := d.class.metrics[metric]; n != nil {
				d.latest[n.slot] = was[w.slot]
			}
		}
	}
	if d.texts != nil {
		was := d.texts
		d.texts = make([]text, len(d.class.texts))
		for metric, w := range last.texts {
			if n := d.class.texts[metric]; n != nil {
				d.texts[n.slot] = was[w.slot]
			}
		}
	}
	e.watchSilence(d)
}

// recount tells combinations that are new what fires already.
func (e *Engine) recount(last *index, devices []*device) {
	for _, c := range e.rules.all {
		old := last.byName[c.rule.Name]
		if c.of == nil || old != nil && old.rule.Hash == c.rule.Hash && old.of != nil && old.of.rule.Hash == c.of.rule.Hash {
			continue
		}
		for _, d := range devices {
			if in := d.find(c.of); in != nil && in.phase == firing {
				e.join(c, d.id, d.building, true, in.since+in.rule.holdFor, e.now)
			}
		}
		for _, where := range slices.SortedFunc(maps.Keys(e.results), func(a, b place) int { return a.compare(&b) }) {
			if in := e.results[where]; in.rule == c.of && in.phase == firing && where.device.ID != "" {
				e.join(c, where.device, e.buildingOf(in), true, in.since, e.now)
			}
		}
	}
}
