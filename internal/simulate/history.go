package simulate

import (
	"fmt"
	"time"

	"steward/internal/telemetry"
)

// Sink takes the history of a fleet. The device pointer of what it is given
// stays valid and the same for all of one device; an error ends the history
// and is returned by it. Its methods must not call the Fleet.
type Sink interface {
	Reading(telemetry.Reading) error
	State(telemetry.State) error
	Event(telemetry.Event) error
}

// History streams what the fleet reported from from up to, not including, to:
// all samples of each device, one every step, and all of its events, device
// after device and in order of receipt for each. States are given when they
// change. Received is the right time at which a report left the device; TS is
// by the device's own clock. Memory does not grow with the length of time.
//
// The fleet then stands at to: Live continues there. A fleet that has been run
// beyond from is an error, as is a from before Config.Start. After an error
// from the sink the devices stand at different times: make a new fleet.
func (f *Fleet) History(from, to time.Time, step time.Duration, sink Sink) error {
	h := history{
		from: telemetry.MillisOf(from), to: telemetry.MillisOf(to),
		step: telemetry.Millis(step.Milliseconds()), sink: sink,
	}
	f.mu.Lock()
	through := f.through
	f.mu.Unlock()
	switch {
	case h.step < 1:
		return fmt.Errorf("simulated history: step %s is not at least a millisecond", step)
	case h.from < through:
		return fmt.Errorf("simulated history: the fleet has been run to %s already, after %s", through, h.from)
	case h.to < h.from:
		return fmt.Errorf("simulated history: it ends at %s, before it begins at %s", h.to, h.from)
	}
	for _, d := range f.devices {
		f.mu.Lock()
		err := h.stream(d)
		f.mu.Unlock()
		if err != nil {
			return fmt.Errorf("simulated history of %s: %w", d.info.Path, err)
		}
	}
	f.reached(h.to)
	return nil
}

type history struct {
	from, to, step telemetry.Millis
	sink           Sink
	sample         sample
}

func (h *history) stream(d *device) error {
	// What left the device before from is the past of another history.
	if err := d.advance(h.from-1, nil); err != nil {
		return err
	}
	ref := &d.info.Device
	emit := func(e *happening) error {
		if e.kind == "" {
			return nil
		}
		return h.sink.Event(e.event(d))
	}
	mode := ""
	for t := h.from + d.phase(h.step); t < h.to; t += h.step {
		if err := d.advance(t, emit); err != nil {
			return err
		}
		if d.silent(t) {
			continue
		}
		h.sample.reset()
		d.model.sample(t, &h.sample)
		for _, v := range h.sample.values {
			r := telemetry.Reading{Device: ref, Metric: v.metric, TS: t + d.clockOffset, Received: t, Value: v.number}
			if err := h.sink.Reading(r); err != nil {
				return err
			}
		}
		if h.sample.mode == mode {
			continue
		}
		mode = h.sample.mode
		s := telemetry.State{Device: ref, Metric: "mode", TS: t + d.clockOffset, Received: t, Value: mode}
		if err := h.sink.State(s); err != nil {
			return err
		}
	}
	return d.advance(h.to-1, emit)
}

// event is the happening as the domain sees it.
func (h *happening) event(d *device) telemetry.Event {
	e := telemetry.Event{
		Device: &d.info.Device, Kind: h.kind, ID: h.id, Severity: h.severity,
		TS: h.at + d.clockOffset, Received: h.sent, Attrs: h.attrs,
	}
	if e.Severity == "" {
		e.Severity = telemetry.DefaultSeverity(e.Device.Class, e.Kind)
	}
	return e
}
