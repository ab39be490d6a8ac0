package live

import (
	"slices"
	"time"

	"steward/internal/telemetry"
)

// Expect shows devices that are in service. One that never said anything is shown
// as that: a sensor that is silent must not look as if it were not there.
func (b *Board) Expect(devices ...telemetry.Device) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range devices {
		id := &devices[i]
		delete(b.dismissed, *id)
		switch d := b.devices[*id]; {
		case d != nil:
			d.leaving = false
		case len(b.devices) < b.opts.MaxDevices: // nothing that was said is refused here
			b.admit(id)
		}
	}
}

// Dismiss takes out devices that are in service no longer. One that reports a danger
// to life stays until that is over. One that speaks again is shown again: what it
// says is true, and somebody should wonder. That it falls silent is no wonder.
func (b *Board) Dismiss(devices ...telemetry.Device) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked() // what waits in the inbox came before
	var gone []*device
	for i := range devices {
		if len(b.dismissed) < b.opts.MaxDevices {
			b.dismissed[devices[i]] = struct{}{}
		}
		d := b.devices[devices[i]]
		if d == nil {
			continue
		}
		if g := b.dangers.byDevice[d]; g != nil && len(g.reports) > 0 {
			d.leaving = true
			continue
		}
		gone = append(gone, d)
	}
	b.remove(gone)
	b.feeds.publish(telemetry.MillisOf(time.Now()))
}

// unwanted reports whether a device is out of service and not shown.
func (b *Board) unwanted(id *telemetry.Device) bool {
	if _, out := b.dismissed[*id]; !out {
		return false
	}
	_, shown := b.devices[*id]
	return !shown
}

// remove forgets devices of which nothing waits to be published, and tells it to
// those who saw them.
func (b *Board) remove(gone []*device) {
	groups := map[*group]bool{}
	for _, d := range gone {
		if d.removed {
			continue // it was named twice
		}
		for _, f := range b.feeds.of(d) {
			if f.wide {
				continue
			}
			p := b.feeds.frame(f)
			p.Gone = append(p.Gone, &d.id)
			p.Updates++
		}
		d.removed = true
		delete(b.devices, d.id)
		delete(b.dangers.byDevice, d)
		d.group.moved(d.connection, Unknown)
		groups[d.group] = true
	}
	for g := range groups {
		g.devices = slices.DeleteFunc(g.devices, func(d *device) bool { return d.removed })
	}
	if len(gone) > 0 {
		b.last = nil
	}
}
