package live

import (
	"unique"

	"steward/internal/telemetry"
)

// Connection is what a device's broker session last said about itself.
type Connection uint8

// The states of a connection. A device that never published a status is
// Unknown, not offline.
const (
	Unknown Connection = iota
	Online
	Offline
)

// String is the word of the status contract.
func (c Connection) String() string {
	switch c {
	case Online:
		return "online"
	case Offline:
		return "offline"
	}
	return "unknown"
}

// maxText bounds a state's value, in bytes.
const maxText = 256

// Value is the latest value of one metric of one device.
type Value struct {
	Metric   string
	Number   float64
	Text     string // instead of Number when IsText
	TS       telemetry.Millis
	Received telemetry.Millis
	IsText   bool
	First    bool // in a frame: the device never sent this metric before
}

// DeviceState is a device as a snapshot shows it, or what changed of it as a
// frame does: Connection, Since and Seen are always present, Values holds only
// what changed.
type DeviceState struct {
	Device     *telemetry.Device
	Connection Connection
	Since      telemetry.Millis // receipt of the status; 0 when Unknown
	Seen       telemetry.Millis // receipt of the newest message
	Values     []Value
}

// device is the board's record of one device.
type device struct {
	id    telemetry.Device
	group *group

	connection Connection
	since      telemetry.Millis
	seen       telemetry.Millis
	message    telemetry.Millis // receipt of the message that was counted last

	leaving bool // out of service, and taken out when the danger that it reports is over
	removed bool // not on the board any more

	slots []slot
	next  int // where the next metric is expected: devices repeat their order

	dirty bool
	feeds []*feed // those whose Detail selects the device, valid for the generation
	gen   uint64
}

// slot is the latest value of a metric.
type slot struct {
	Value
	dirty bool
}

// deviceFor finds or admits a device. It returns nil, and counts, when there
// are limit devices already.
func (b *Board) deviceFor(id *telemetry.Device, limit int) *device {
	if b.last != nil && b.last.id == *id {
		return b.last
	}
	d, ok := b.devices[*id]
	if !ok {
		if len(b.devices) >= limit {
			b.stats.RefusedDevices++
			b.tallies.refuse(placeOf(id))
			return nil
		}
		d = b.admit(id)
	}
	b.last = d
	return d
}

func (b *Board) admit(id *telemetry.Device) *device {
	d := &device{id: *id, group: b.groups.of(id)}
	d.group.add(d)
	b.devices[*id] = d
	b.touch(d) // it exists from now on, even before its first value
	return d
}

// touch puts d on the list of what the next publication carries.
func (b *Board) touch(d *device) {
	if !d.dirty {
		d.dirty = true
		b.dirty = append(b.dirty, d)
	}
}

// countMessage counts a message once although it brings several values: those
// of one message have one receipt and follow each other.
func (b *Board) countMessage(d *device, received telemetry.Millis) {
	if d.message != received {
		d.message = received
		d.group.messages++
	}
}

// mergeSample makes s the latest value unless a newer one is known. Of two
// values with the same time the one that arrived later wins: it is the
// correction.
func (b *Board) mergeSample(d *device, s *sample) {
	if s.received > d.seen {
		d.seen = s.received
		b.touch(d)
	}
	v := d.slot(s.metric)
	if v == nil {
		if len(d.slots) >= b.opts.MaxMetrics {
			b.stats.RefusedMetrics++
			b.tallies.refuse(d.group.place)
			return
		}
		// The name is interned: thousands of devices share it, and the caller's
		// string may be a piece of a large payload.
		d.slots = append(d.slots, slot{Value: Value{Metric: unique.Make(s.metric).Value(), TS: s.ts, First: true}})
		v = &d.slots[len(d.slots)-1]
	}
	if s.ts < v.TS {
		b.stats.Late++
		return
	}
	v.TS, v.Received, v.Number, v.IsText = s.ts, s.received, s.number, s.isText
	if text := s.text[:min(len(s.text), maxText)]; v.Text != text {
		v.Text = bounded(text, maxText)
	}
	if !v.dirty {
		v.dirty = true
		b.changed++
	}
	b.touch(d)
}

// mergeStatus follows the newest status by receipt: the broker's last will has
// no time of its own.
func (b *Board) mergeStatus(d *device, s *telemetry.Status) {
	if s.Received < d.since {
		return
	}
	to := Offline
	if s.Online {
		to = Online
	}
	d.group.moved(d.connection, to)
	d.connection, d.since = to, s.Received
	d.seen = max(d.seen, s.Received)
	b.touch(d)
}

// slot finds a metric, nil when the device never sent it.
func (d *device) slot(name string) *slot {
	if d.next < len(d.slots) && d.slots[d.next].Metric == name {
		s := &d.slots[d.next]
		d.next++
		return s
	}
	for i := range d.slots {
		if d.slots[i].Metric == name {
			d.next = i + 1
			return &d.slots[i]
		}
	}
	return nil
}

// head is the device without its values.
func (d *device) head() DeviceState {
	return DeviceState{Device: &d.id, Connection: d.connection, Since: d.since, Seen: d.seen}
}
