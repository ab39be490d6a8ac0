package engine

import (
	"maps"
	"slices"

	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Row is one row of the answer of an sql rule's query: a device, or a place when
// Device has no ID, for which it holds.
type Row struct {
	Place  authz.Place
	Device telemetry.Device
	Value  *float64
	Text   string
}

// Result takes the whole answer of a run of an sql rule at a time. What is in it
// and was not in the one before fires; what is no longer in it is over. A run that
// failed has no result, and changes nothing.
func (e *Engine) Result(name string, rows []Row, at telemetry.Millis) []Signal {
	e.pass(at)
	c := e.rules.byName[name]
	if c == nil || c.rule.Kind != rule.SQL {
		return e.signals()
	}
	found := map[place]bool{}
	for i := range rows {
		row := &rows[i]
		where := place{rule: name, at: row.Place}
		if row.Device.ID != "" {
			where.at, where.device = authz.Place{Region: row.Device.Region, Project: row.Device.Project}, row.Device
		}
		if found[where] || !e.allows(c, &where) {
			continue
		}
		found[where] = true
		in := e.results[where]
		if in == nil {
			if !e.room(c) {
				continue
			}
			in = &instance{rule: c, place: &where}
			in.clock.inst = in
			e.results[where] = in
			e.stats.phases[idle]++
		}
		if in.hasValue = row.Value != nil; in.hasValue {
			in.value = *row.Value
		}
		before := len(e.out)
		e.observe(in, at, at, yes)
		if len(e.out) > before {
			e.out[before].Text = row.Text
		}
	}
	for _, where := range slices.SortedFunc(maps.Keys(e.results), func(a, b place) int { return a.compare(&b) }) {
		if in := e.results[where]; in.rule == c && !found[where] {
			in.hasValue = false
			e.observe(in, at, at, no)
		}
	}
	return e.signals()
}

// allows reports whether an sql rule is for what a row is about.
func (e *Engine) allows(c *compiled, p *place) bool {
	if !c.rule.Place.Contains(p.at) {
		return false
	}
	if p.device.ID == "" {
		return true
	}
	if !e.estate.Device(p.device).Active {
		return false
	}
	return c.rule.Where == nil || e.ask(c, c.rule.Where, &device{id: p.device, class: emptyClass}) == yes
}
