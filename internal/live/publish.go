package live

import (
	"time"

	"steward/internal/telemetry"
)

// publish makes frames of everything that changed.
func (b *Board) publish(now time.Time) {
	at := telemetry.MillisOf(now)
	var leaving []*device
	for _, g := range b.dangers.dirty {
		g.dirty = false
		// What began and ended since the last publication was shown to nobody.
		open := len(g.reports) > 0
		if open || g.shown {
			b.feeds.danger(g)
			g.shown = open
		}
		if !open && g.device.leaving {
			leaving = append(leaving, g.device)
		}
	}
	b.dangers.dirty = b.dangers.dirty[:0]

	for _, r := range b.letters.fresh {
		b.feeds.rejected(r)
	}
	clear(b.letters.fresh)
	b.letters.fresh = b.letters.fresh[:0]

	b.publishDevices()
	b.remove(leaving)

	if changed, counted := b.groups.publish(now); counted {
		b.tallies.publish(b.feeds.audiences)
		for _, a := range b.feeds.audiences {
			a.count(&b.groups, &b.tallies)
		}
		b.feeds.counts(changed)
		b.feeds.publish(at)
		b.widen()
		return
	}
	b.feeds.publish(at)
}

// publishDevices copies the changed values once and hands the copy to every
// feed that selects the device.
func (b *Board) publishDevices() {
	if len(b.dirty) == 0 {
		return
	}
	watched := len(b.feeds.byScope) > 0
	var states []DeviceState
	var values []Value
	if watched {
		states = make([]DeviceState, 0, len(b.dirty))
		values = make([]Value, 0, b.changed)
	}
	for i, d := range b.dirty {
		b.dirty[i] = nil
		d.dirty = false
		from := len(values)
		for j := range d.slots {
			s := &d.slots[j]
			if !s.dirty {
				continue
			}
			s.dirty = false
			if watched {
				values = append(values, s.Value)
			}
			s.First = false
		}
		if !watched {
			continue
		}
		state := d.head()
		state.Values = values[from:len(values):len(values)]
		states = append(states, state)
		for _, f := range b.feeds.of(d) {
			if f.wide {
				continue
			}
			p := b.feeds.frame(f)
			p.Devices = append(p.Devices, &states[len(states)-1])
			p.Updates += max(1, len(state.Values))
		}
	}
	b.dirty, b.changed = b.dirty[:0], 0
}

// widen leaves single devices out of the feeds whose scope has grown over the
// limit. As long as somebody watches one it stays so, also when it shrinks.
func (b *Board) widen() {
	for _, f := range b.feeds.byScope {
		if !f.wide && b.tooWide(f.scope.Detail, f.who) {
			f.wide = true
			f.restart()
		}
	}
}

// tooWide reports whether who sees more devices of filter than are sent singly. A
// filter for a device's own name is never too wide in practice and not counted.
func (b *Board) tooWide(filter Filter, who *audience) bool {
	if filter.Device != "" || len(b.devices) <= b.opts.MaxDetail {
		return false
	}
	n := 0
	for _, g := range b.groups.order {
		if filter.matchesGroup(&g.id) && who.may(g) {
			n += len(g.devices)
		}
	}
	return n > b.opts.MaxDetail
}
