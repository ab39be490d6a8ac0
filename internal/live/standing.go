package live

import (
	"slices"

	"steward/internal/telemetry"
)

// Expect shows devices that are in service. One that never said anything is shown
// as that: a sensor that is silent must not look as if it were not there.
func (b *Board) Expect(devices ...telemetry.Device) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range devices {
		b.deviceFor(&devices[i], b.opts.MaxDevices)
	}
}

// Dismiss takes out devices that are in service no longer, and lets whoever saw
// them start again from a snapshot. One that still reports a danger to life stays.
// One that speaks again is shown again: what it says is true, and somebody should
// wonder. (That it fell silent is no wonder: see merge.)
func (b *Board) Dismiss(devices ...telemetry.Device) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked() // what waits in the inbox came before
	saw := map[*feed]bool{}
	for i := range devices {
		d := b.devices[devices[i]]
		if d == nil {
			continue
		}
		if g := b.dangers.byDevice[d]; g != nil && len(g.reports) > 0 {
			continue
		}
		for _, f := range b.feeds.of(d) {
			saw[f] = true
		}
		b.remove(d)
	}
	for f := range saw {
		f.wide = b.tooWide(f.scope.Detail, f.who)
		f.restart()
	}
}

// remove forgets a device of which nothing waits to be published.
func (b *Board) remove(d *device) {
	delete(b.devices, d.id)
	delete(b.dangers.byDevice, d)
	if b.last == d {
		b.last = nil
	}
	g := d.group
	g.devices = slices.DeleteFunc(g.devices, func(other *device) bool { return other == d })
	g.moved(d.connection, Unknown)
}
