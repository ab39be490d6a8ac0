package app

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"steward/alerting/estate"
	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// busyHour is an hour in which much happens at once in several estates: what is
// sent and what people do, all of it made from a seed.
type busyHour struct {
	random  *rand.Rand
	start   time.Time
	devices []estate.Device
	steps   []busyStep // in order of time
}

// busyStep is one message or one deed. Devices, gates and people have parts of a
// second of their own, so that no two of them, and none of them and a clock, fall
// on the same moment: which of two comes first is nobody's promise.
type busyStep struct {
	at      time.Time
	message *ingest.Message
	deed    incident.Deed // on the incident
	id      string
	note    string
	enter   *incident.New
}

const (
	onCards   = 100 * time.Millisecond
	onDevices = 300 * time.Millisecond // and clocks, until they are looked at
	onLater   = 550 * time.Millisecond // what a device says of what it has said
	onPeople  = 700 * time.Millisecond
)

// responderCard opens the gates of the busy hour for wang.
const responderCard = "psn_00000000000000000000000000000001"

func newBusyHour(seed uint64) *busyHour {
	buildings := 4
	if raceDetector {
		buildings = 2
	}
	h := &busyHour{random: rand.New(rand.NewPCG(seed, 1)), start: time.Date(2026, 3, 2, 9, 0, 0, 0, shanghai)}
	for _, place := range []authz.Place{{Region: "north", Project: "harbour"}, {Region: "north", Project: "garden"}, {Region: "south", Project: "park"}} {
		for b := range buildings {
			h.building(place, fmt.Sprint("b", b))
		}
	}
	slices.SortStableFunc(h.steps, func(a, b busyStep) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
	return h
}

// end is when everything has come to rest: ten minutes after their last messages
// lifts are missed, and people are told.
func (h *busyHour) end() time.Time { return h.start.Add(75 * time.Minute) }

// second is a random one of the hour, of a part of it.
func (h *busyHour) second(from, to time.Duration) time.Duration {
	return from + time.Duration(h.random.Int64N(int64((to-from)/time.Second)))*time.Second
}

func (h *busyHour) chance(percent int) bool { return h.random.IntN(100) < percent }

// building is one with a supply, which may fail, and what hangs on it.
func (h *busyHour) building(at authz.Place, name string) {
	device := func(class telemetry.Class, n int) estate.Device {
		return estate.Device{
			Device: telemetry.Device{Region: at.Region, Project: at.Project, Class: class, ID: fmt.Sprint(name, "-", n)},
			Active: true, Building: name, Multiplier: 1,
		}
	}
	supply := device(telemetry.Meter, 0)
	supply.Medium = "electricity"
	h.devices = append(h.devices, supply)
	h.readings(&supply, 4*time.Minute, "voltage_v", 228, 20, h.chance(50))
	for n := range 5 {
		meter := device(telemetry.Meter, n+1)
		meter.Medium, meter.Parent = "electricity", supply.Device
		h.devices = append(h.devices, meter)
		h.readings(&meter, 4*time.Minute, "voltage_v", 228, 190, h.chance(25)) // too low, but not gone
	}
	for n := range 4 {
		lift := device(telemetry.Elevator, n)
		lift.FedBy = []telemetry.Device{supply.Device}
		h.devices = append(h.devices, lift)
		h.readings(&lift, 2*time.Minute, "floor", 3, 3, false)
		if h.chance(40) {
			h.entrapment(&lift)
		}
		h.faults(&lift, "fault", "fault_cleared", 8*time.Minute)
	}
	for n := range 3 {
		point := device(telemetry.Fire, n)
		h.devices = append(h.devices, point)
		h.readings(&point, 4*time.Minute, "water_pressure_mpa", 0.4, 0.2, h.chance(20))
		if h.chance(20) {
			h.fire(&point)
		}
	}
	for n := range 4 {
		gate := device(telemetry.Access, n)
		gate.FedBy = []telemetry.Device{supply.Device}
		h.devices = append(h.devices, gate)
		h.faults(&gate, "door_held", "door_closed", 3*time.Minute)
		if h.chance(30) {
			h.event(&gate, h.second(0, time.Hour)+onDevices, "door_forced", "")
		}
		if h.chance(40) {
			h.event(&gate, h.second(0, time.Hour)+onCards, "granted", `{"card":"`+responderCard+`"}`)
		}
	}
	if h.chance(50) {
		h.entered(at)
	}
}

func (h *busyHour) send(d *estate.Device, at time.Duration, stream telemetry.Stream, payload string) {
	h.steps = append(h.steps, busyStep{at: h.start.Add(at), message: &ingest.Message{
		Topic: d.Topic(stream), Payload: []byte(payload), Client: "gateway",
	}})
}

func (h *busyHour) event(d *estate.Device, at time.Duration, kind, attrs string) {
	if attrs == "" {
		attrs = "{}"
	}
	h.send(d, at, telemetry.StreamEvent, fmt.Sprintf(`{"ts":%d,"event":%q,"id":"%s-%d","attrs":%s}`, h.start.Add(at).UnixMilli(), kind, kind, at, attrs))
}

// readings are regular; for some time they are bad, or the device says nothing.
func (h *busyHour) readings(d *estate.Device, every time.Duration, metric string, good, bad float64, goesBad bool) {
	from := h.second(0, 45*time.Minute)
	to := from + h.second(time.Minute, 12*time.Minute)
	silent := h.chance(10)
	for at := h.second(0, every) + onDevices; at < time.Hour; at += every {
		value := good
		if at > from && at < to {
			if silent {
				continue
			}
			if goesBad {
				value = bad
			}
		}
		h.send(d, at, telemetry.StreamTelemetry, fmt.Sprintf(`{"ts":%d,"values":{%q:%g}}`, h.start.Add(at).UnixMilli(), metric, value))
	}
}

// faults come and go; some often.
func (h *busyHour) faults(d *estate.Device, kind, end string, lasts time.Duration) {
	for at := h.second(0, 40*time.Minute) + onDevices; at < time.Hour; at += h.second(time.Minute, 30*time.Minute) {
		h.event(d, at, kind, "")
		at += h.second(30*time.Second, lasts)
		h.event(d, at-onDevices+onLater, end, "")
	}
}

// entrapment is one with people who come in time, late or never, and perhaps a
// message that the gateway kept back.
func (h *busyHour) entrapment(d *estate.Device) {
	at := h.second(0, 40*time.Minute) + onDevices
	h.event(d, at, "entrapment", `{"floor":5}`)
	h.deed(d, "elevator_entrapment", at, incident.Acknowledge, h.second(30*time.Second, 5*time.Minute))
	if h.chance(50) {
		h.event(d, at-onDevices+onLater+h.second(5*time.Minute, 12*time.Minute), "arrived", "")
	} else {
		h.deed(d, "elevator_entrapment", at, incident.Arrive, h.second(5*time.Minute, 14*time.Minute))
	}
	if h.chance(70) {
		h.event(d, at-onDevices+onLater+h.second(14*time.Minute, 20*time.Minute), "released", "")
	} else {
		h.deed(d, "elevator_entrapment", at, incident.Resolve, h.second(15*time.Minute, 20*time.Minute))
	}
}

func (h *busyHour) fire(d *estate.Device) {
	at := h.second(0, 40*time.Minute) + onDevices
	h.event(d, at, "alarm", `{"zone":2}`)
	h.deed(d, "fire_alarm", at, incident.Acknowledge, h.second(time.Minute, 5*time.Minute))
	h.event(d, at-onDevices+onLater+h.second(6*time.Minute, 15*time.Minute), "alarm_cleared", "")
}

// deed is done so long after an incident of the device began.
func (h *busyHour) deed(d *estate.Device, rule string, began time.Duration, deed incident.Deed, after time.Duration) {
	h.steps = append(h.steps, busyStep{
		at:   h.start.Add((began + after).Truncate(time.Second) + onPeople),
		deed: deed, id: incident.NewID(rule+"@"+fmt.Sprint(d.Device), h.start.Add(began).UTC()),
	})
}

// entered is what people report, with a clock that is paused for a while.
func (h *busyHour) entered(at authz.Place) {
	began := h.second(0, 20*time.Minute) + onPeople
	reference := fmt.Sprint("R-", len(h.steps))
	h.steps = append(h.steps, busyStep{at: h.start.Add(began), enter: &incident.New{
		Kind: "urgent_repair", Place: at, Severity: telemetry.Critical, Title: incident.Text{ZH: "漏水", EN: "Water"}, Reference: reference,
	}})
	id := incident.NewID("urgent_repair@"+at.String()+"///#"+reference, h.start.Add(began).UTC())
	for _, next := range []struct {
		after time.Duration
		deed  incident.Deed
		note  string
	}{
		{3 * time.Minute, incident.PauseClock, "appointment"},
		{h.second(6*time.Minute, 20*time.Minute), incident.ResumeClock, ""},
		{h.second(21*time.Minute, 40*time.Minute), incident.Arrive, ""},
	} {
		h.steps = append(h.steps, busyStep{at: h.start.Add(began + next.after), deed: next.deed, note: next.note, id: id})
	}
}
