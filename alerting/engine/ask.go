package engine

import (
	"time"

	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// answer is that of an expression. One that fails says nothing: what it is about
// stays as it was.
type answer int8

const (
	unknown answer = iota
	no
	yes
)

// scratch is what is used again for each message.
type scratch struct {
	env    rule.Env
	about  rule.Device
	whom   *device // whom env describes
	zone   *time.Location
	input  *Input
	raw    *Raw // of input, once it was needed
	order  []sample
	moment uint64 // numbers them
}

func (s *scratch) begin(in *Input) { s.input, s.raw, s.whom = in, nil, nil }

func (s *scratch) end() { s.input, s.raw, s.whom, s.env.Event = nil, nil, nil, nil }

// ask evaluates an expression about a device, with what the scratch's env says of
// the reading or event.
func (e *Engine) ask(c *compiled, p *rule.Program, d *device) answer {
	s := &e.scratch
	if s.whom != d {
		e.introduce(d)
	}
	ok, err := p.Bool(&s.env)
	switch {
	case err != nil:
		e.stats.Failed++
		e.stats.LastFailure = c.rule.Name + ": " + err.Error()
		return unknown
	case ok:
		return yes
	}
	return no
}

// introduce makes env describe a device.
func (e *Engine) introduce(d *device) {
	s := &e.scratch
	about := e.estate.Device(d.id)
	project := e.estate.Project(d.place())
	s.about = describe(&about)
	s.env.Device, s.env.Project, s.env.Last = &s.about, project.Name, d
	s.zone, s.whom = project.Zone, d
}

// askReading is ask about a value.
func (e *Engine) askReading(c *compiled, p *rule.Program, d *device, ts telemetry.Millis, value float64) answer {
	s := &e.scratch
	if s.whom != d {
		e.introduce(d)
	}
	s.env.Value, s.env.Metric, s.env.Unit = value, c.rule.Metric, c.rule.Unit
	s.env.Time = time.UnixMilli(int64(ts)).In(s.zone)
	return e.ask(c, p, d)
}

// askEvent is ask about an event.
func (e *Engine) askEvent(c *compiled, p *rule.Program, d *device, ev *telemetry.Event) answer {
	s := &e.scratch
	if s.whom != d {
		e.introduce(d)
	}
	s.env.Event = ev
	s.env.Time = time.UnixMilli(int64(ev.TS)).In(s.zone)
	return e.ask(c, p, d)
}
