package engine

import (
	"math"
	"strings"

	"steward/alerting/estate"
	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

// device is what is known of one device that has sent something.
type device struct {
	id       telemetry.Device
	class    *class // of the rules in force; nil when none watches its class
	building string
	version  uint64 // of the estate when building and admission were true

	admission admission
	latest    []number // by watch.slot
	texts     []text
	instances []*instance // few; by name of their rules

	silence timer
	heard   telemetry.Millis // when its newest message was received
	// replaced is when the meter was last replaced or set back.
	replaced telemetry.Millis
	newest   telemetry.Millis // of the times of its telemetry
	cadence  cadence
}

// number is the newest value of a metric; TS is 0 when none is known.
type number struct {
	ts    telemetry.Millis
	value float64
}

type text struct {
	ts    telemetry.Millis
	value string
}

// admission says which rules of the class are for a device. Each is decided when
// it is first asked for: most rules never are.
// Of each rule there are two bits: it is decided, and it is so.
type admission []uint64

func (a admission) known(rule int) (admitted, known bool) {
	word, bit := rule/32, rule%32*2
	if word >= len(a) {
		return false, false
	}
	return a[word]>>(bit+1)&1 != 0, a[word]>>bit&1 != 0
}

// set decides about one of so many rules.
func (a *admission) set(rule, of int, admitted bool) {
	if *a == nil {
		*a = make(admission, (of+31)/32)
	}
	word, bit := rule/32, rule%32*2
	(*a)[word] |= 1 << bit
	if admitted {
		(*a)[word] |= 2 << bit
	}
}

func (d *device) place() authz.Place { return authz.Place{Region: d.id.Region, Project: d.id.Project} }

// find is the instance of a rule; nil when it has no state.
func (d *device) find(c *compiled) *instance {
	for _, in := range d.instances {
		if in.rule == c {
			return in
		}
	}
	return nil
}

// Latest is the newest value of a metric, for expressions.
func (d *device) Latest(metric string) float64 {
	if w := d.class.metrics[metric]; w != nil && w.slot < len(d.latest) && d.latest[w.slot].ts != 0 {
		return d.latest[w.slot].value
	}
	return math.NaN()
}

// State is the newest text of a metric, for expressions.
func (d *device) State(metric string) string {
	if w := d.class.texts[metric]; w != nil && w.slot < len(d.texts) {
		return d.texts[w.slot].value
	}
	return ""
}

// reach is the device of an identity, made when it is new; nil when no rule
// watches its class, it is out of service, or there is no room.
func (e *Engine) reach(id *telemetry.Device) *device {
	d := e.devices[*id]
	if d == nil {
		c := e.rules.classes[id.Class]
		if c == nil {
			return nil
		}
		if len(e.devices) >= e.opts.MaxDevices {
			e.stats.RefusedDevices++
			return nil
		}
		about := e.estate.Device(*id)
		if !about.Active {
			return nil
		}
		d = &device{id: e.own(*id), class: c, building: about.Building, version: e.known}
		d.silence.dev = d
		e.devices[d.id] = d
		return d
	}
	if d.class == nil {
		return nil
	}
	if d.version != e.known && !e.review(d) {
		return nil
	}
	return d
}

// maxNames bounds the names of places that devices share.
const maxNames = 100_000

// own copies an identity. The names of places are shared among the devices there.
func (e *Engine) own(d telemetry.Device) telemetry.Device {
	name := func(s string) string {
		own, ok := e.names[s]
		if !ok {
			own = strings.Clone(s)
			if len(e.names) < maxNames {
				e.names[own] = own
			}
		}
		return own
	}
	return telemetry.Device{Region: name(d.Region), Project: name(d.Project), Class: telemetry.Class(name(string(d.Class))), ID: strings.Clone(d.ID)}
}

// admitted reports whether a rule is for a device.
func (e *Engine) admitted(c *compiled, d *device) bool {
	if ok, known := d.admission.known(c.bit); known {
		return ok
	}
	ok := c.rule.Place.Contains(d.place())
	if ok && c.rule.Where != nil {
		ok = e.ask(c, c.rule.Where, d) == yes
	}
	d.admission.set(c.bit, len(c.class.rules), ok)
	return ok
}

// describe is what expressions may ask of a device.
func describe(about *estate.Device) rule.Device {
	return rule.Device{
		Region: about.Region, Project: about.Project, Class: string(about.Class), ID: about.ID,
		Name: about.Name, Building: about.Building, Location: about.Location, Medium: about.Medium,
		Model: about.Model, Vendor: about.Vendor, Multiplier: about.Multiplier,
	}
}
