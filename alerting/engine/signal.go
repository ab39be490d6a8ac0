package engine

import (
	"encoding/json"
	"strings"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// emit appends a signal of an instance. The answer may be filled until the next
// one.
func (e *Engine) emit(in *instance, kind SignalKind, at, received telemetry.Millis) *Signal {
	s := Signal{Kind: kind, Rule: in.rule.rule, At: at, Received: received, Device: in.device(), Raw: e.evidence()}
	switch {
	case in.dev != nil:
		s.Place, s.Building = in.dev.place(), in.dev.building
	case in.place.device.ID != "":
		s.Place, s.Building = in.place.at, e.estate.Device(in.place.device).Building
	default:
		s.Place, s.Building = in.place.at, in.place.building
		s.Members = e.members(in)
	}
	s.Fingerprint = fingerprint(in.rule.rule.Name, s.Device, s.Place, s.Building)
	if in.hasValue {
		value := in.value
		s.Value = &value
	}
	e.out = append(e.out, s)
	return &e.out[len(e.out)-1]
}

// fingerprint names an instance for ever. A building's name is what people
// entered, and comes last.
func fingerprint(rule string, d telemetry.Device, at authz.Place, building string) string {
	switch {
	case d.ID != "":
		return rule + "@" + d.String()
	case building != "":
		return rule + "@" + at.String() + "#" + building
	}
	return rule + "@" + at.String()
}

// evidence is the message that is being processed; nil while time passes.
func (e *Engine) evidence() *Raw {
	s := &e.scratch
	if s.input == nil || s.raw != nil {
		return s.raw
	}
	in := s.input
	raw := &Raw{Seq: in.Seq, Topic: strings.Clone(in.Topic), Received: in.Received, Cut: len(in.Payload) > MaxRaw}
	payload := in.Payload[:min(len(in.Payload), MaxRaw)]
	if !raw.Cut && json.Valid(payload) {
		raw.Payload = json.RawMessage(append([]byte(nil), payload...))
	} else {
		raw.Text = strings.ToValidUTF8(string(payload), "?")
	}
	s.raw = raw
	return raw
}

func cloneDevice(d telemetry.Device) telemetry.Device {
	return telemetry.Device{
		Region: strings.Clone(d.Region), Project: strings.Clone(d.Project),
		Class: telemetry.Class(strings.Clone(string(d.Class))), ID: strings.Clone(d.ID),
	}
}

// cloneEvent copies an event, for whoever gets the signal.
func cloneEvent(ev *telemetry.Event) *telemetry.Event {
	device := cloneDevice(*ev.Device)
	return &telemetry.Event{
		Device: &device, Kind: strings.Clone(ev.Kind), ID: strings.Clone(ev.ID), Severity: ev.Severity,
		TS: ev.TS, Received: ev.Received, Attrs: strings.Clone(ev.Attrs),
	}
}
