package simulate

import (
	"math/rand/v2"
	"strconv"
	"time"

	"steward/internal/telemetry"
)

// Info describes a device as a register of equipment would.
type Info struct {
	Device    telemetry.Device `json:"-"`
	Path      string           `json:"device"` // region/project/class/device
	Building  string           `json:"building"`
	Kind      string           `json:"kind"`             // one of the constants Electricity … Door
	Medium    string           `json:"medium,omitempty"` // of meters: electricity, water, gas, heat
	Parent    string           `json:"parent,omitempty"` // of meters: the ID of the main meter in the same project
	Vendor    string           `json:"vendor"`
	Model     string           `json:"model"`
	Serial    string           `json:"serial"`
	Installed time.Time        `json:"installed"`
}

// A model is the world of one device. It is entered cell by cell and looked
// at in between; neither may depend on how often it is looked at.
type model interface {
	// enter plans the cell: it advances what accumulates and puts on the agenda
	// what will happen in it.
	enter(c cell)
	// sample looks at t, which never decreases and lies in the current cell.
	sample(t telemetry.Millis, out *sample)
	// pause is how long the device waits after reporting at t before it
	// reports again, at its natural cadence.
	pause(t telemetry.Millis) telemetry.Millis
	// stage makes something happen at t that chance did not bring. It reports
	// false when the device cannot play that part now.
	stage(a act, t telemetry.Millis) bool
}

// A sample is what a device reports at one time.
type sample struct {
	values []value
	mode   string // a state of that name; "" for devices that have none
}

type value struct {
	metric string
	number float64
}

func (s *sample) reset() { s.values, s.mode = s.values[:0], "" }

func (s *sample) add(metric string, number float64) {
	s.values = append(s.values, value{metric, number})
}

func (s *sample) flag(metric string, on bool) {
	n := 0.0
	if on {
		n = 1
	}
	s.add(metric, n)
}

// device is what all classes have in common: identity, its place in time, the
// agenda and the wear of its parts.
type device struct {
	info  Info
	id    uint64
	rng   *rand.Rand // drawn from once a cell or a happening, in order of time
	model model
	truth *Truth // the fleet's record

	cell   cell
	now    telemetry.Millis
	agenda agenda
	wear   wear

	clockOffset telemetry.Millis // its clock minus the right time
	silences    []window         // when it is cut off
	batch       int              // samples sent in one message
}

type window struct{ from, to telemetry.Millis }

func (w window) covers(t telemetry.Millis) bool { return t >= w.from && t < w.to }

// begin puts the device at the start of its first cell.
func (d *device) begin(c cell) {
	d.cell, d.now = c, c.start()
	for _, w := range d.silences {
		// The broker notices the loss of a connection after one and a half
		// keep-alive intervals.
		d.agenda.add(happening{at: w.from, sent: w.from + 90*second})
		d.agenda.add(happening{at: w.to, sent: w.to, online: true})
	}
	d.model.enter(c)
}

// advance runs the device's world up to and including t and hands what is sent
// until then to emit, in order. Going back is not possible: an earlier t does
// nothing. The happening is emit's only during the call.
func (d *device) advance(t telemetry.Millis, emit func(*happening) error) error {
	for d.cell.end() <= t {
		// What belongs to the past cell leaves before the next one adds more.
		if err := d.flush(d.cell.end()-1, emit); err != nil {
			return err
		}
		d.cell++
		d.model.enter(d.cell)
	}
	d.now = max(d.now, t)
	return d.flush(t, emit)
}

func (d *device) flush(t telemetry.Millis, emit func(*happening) error) error {
	n := 0
	defer func() { d.agenda.drop(n) }()
	for n < len(d.agenda.items) && d.agenda.items[n].sent <= t {
		h := &d.agenda.items[n]
		n++
		if emit == nil {
			continue
		}
		if err := emit(h); err != nil {
			return err
		}
	}
	return nil
}

// wake is when the device must be advanced again so that nothing is late.
func (d *device) wake() telemetry.Millis {
	if t, ok := d.agenda.next(); ok {
		return min(t, d.cell.end())
	}
	return d.cell.end()
}

func (d *device) silent(t telemetry.Millis) bool {
	for _, w := range d.silences {
		if w.covers(t) {
			return true
		}
	}
	return false
}

// happen puts an event on the agenda and returns its ID, which derives from
// the event so that a world run twice gives the same one. A device that is cut
// off keeps its events and sends them when it is back.
func (d *device) happen(at telemetry.Millis, kind string, severity telemetry.Severity, a attrs) string {
	h := happening{at: at, sent: at, kind: kind, severity: severity, attrs: a.String()}
	for _, w := range d.silences {
		if w.covers(at) {
			h.sent = w.to
		}
	}
	h.id = strconv.FormatUint(identity(d.id^mix(uint64(at)), kind), 36)
	d.agenda.add(h)
	return h.id
}

// phase spreads the devices over an interval, so that a fleet does not speak
// in chorus.
func (d *device) phase(interval telemetry.Millis) telemetry.Millis {
	return telemetry.Millis(uniform(d.id, 1) * float64(interval))
}
