package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"steward/internal/telemetry"
)

// A message of a fault test has a number, and carries it in every part: in the
// value of a reading, in the attributes of an event, in the bytes of garbage.
// So the store can be asked what became of each single one.
type message struct {
	topic   string
	payload []byte
	want    []cell
}

// cell is one row that a message must become.
type cell struct {
	table  place
	part   uint64           // which of the message's rows in that table, 0 to parts-1
	reason telemetry.Reason // of a dead letter
}

// place is where a row is looked for.
type place uint8

const (
	readings place = iota
	states
	events
	letters
	tables // how many there are
)

func (p place) String() string { return [...]string{"readings", "states", "events", "dead_letters"}[p] }

// parts is how many rows of one table a message can become. A reading's value
// is number + part/parts, which a float64 holds exactly.
const parts = 4

// author composes messages. It is a pure function of their numbers.
type author struct {
	base time.Time             // the device time of message 0
	form func(n uint64) writer // what message n looks like
}

// writer composes message n.
type writer func(a *author, n uint64) message

func (a *author) compose(n uint64) message { return a.form(n)(a, n) }

// ts is the device's own time in message n: each has one of its own.
func (a *author) ts(n uint64) int64 { return a.base.UnixMilli() + int64(n) }

// fleet is how many devices of each class publish.
const fleet = 200

func deviceOf(n uint64) string  { return fmt.Sprintf("d%d", n%fleet) }
func projectOf(n uint64) string { return fmt.Sprintf("p%d", n%12) }

func topic(n uint64, class telemetry.Class, stream telemetry.Stream) string {
	return telemetry.Device{Region: "r1", Project: projectOf(n), Class: class, ID: deviceOf(n)}.Topic(stream)
}

func say(topic, format string, args ...any) message {
	return message{topic: topic, payload: fmt.Appendf(nil, format, args...)}
}

// hasTime says that a message, or what is good of it, has a time of its own.
func (m message) hasTime() bool { return bytes.Contains(m.payload, []byte(`"ts":`)) }

func (m message) becoming(cells ...cell) message {
	m.want = cells
	return m
}

// The forms of good messages. Those without a time of their own get that of
// their receipt, which differs when they are delivered twice: they show whether
// a repeated delivery is recognised as such.

func dated(a *author, n uint64) message {
	return say(topic(n, telemetry.Meter, telemetry.StreamTelemetry),
		`{"ts":%d,"values":{"power_kw":%d,"energy_kwh":%d.25},"seq":%d}`, a.ts(n), n, n, n).
		becoming(cell{table: readings}, cell{table: readings, part: 1})
}

func flat(_ *author, n uint64) message {
	return say(topic(n, telemetry.Meter, telemetry.StreamTelemetry), `{"voltage_v":%d,"current_a":%d.25}`, n, n).
		becoming(cell{table: readings}, cell{table: readings, part: 1})
}

func list(a *author, n uint64) message {
	second := time.UnixMilli(a.ts(n) - 86_400_000).UTC().Format(time.RFC3339Nano)
	return say(topic(n, telemetry.Meter, telemetry.StreamTelemetry),
		`[{"ts":%d,"values":{"flow_m3h":%d}},{"ts":%q,"values":{"flow_m3h":%d.25}}]`, a.ts(n), n, second, n).
		becoming(cell{table: readings}, cell{table: readings, part: 1})
}

func state(_ *author, n uint64) message {
	return say(topic(n, telemetry.Elevator, telemetry.StreamTelemetry), `{"mode":"s%d"}`, n).
		becoming(cell{table: states})
}

func datedEvent(a *author, n uint64) message {
	return say(topic(n, telemetry.Elevator, telemetry.StreamEvent),
		`{"ts":%d,"event":"fault","id":"e%d","attrs":{"n":%d}}`, a.ts(n), n, n).
		becoming(cell{table: events})
}

// bareEvent has no id either: the one that is derived from it contains the time
// of receipt.
func bareEvent(_ *author, n uint64) message {
	return say(topic(n, telemetry.Access, telemetry.StreamEvent), `{"event":"granted","attrs":{"n":%d}}`, n).
		becoming(cell{table: events})
}

// status comes from a device of its own, since it has room for nothing else.
func status(_ *author, n uint64) message {
	d := telemetry.Device{Region: "r1", Project: projectOf(n), Class: telemetry.Fire, ID: fmt.Sprintf("s%d", n)}
	return say(d.Topic(telemetry.StreamStatus), "online").becoming(cell{table: events})
}

// again is a dated message that another one has said already, on the same
// connection.
func again(a *author, n uint64) message {
	m := dated(a, n-uint64(manyLanes))
	m.want = nil
	return m
}

// manyLanes is how many connections publish to the embedded broker, where each
// waits for acknowledgements of its own. It leads from an again in the traffic
// to something dated: the last digit must be 5.
var manyLanes = inSoak(15, 105)

// half has a good sample and a bad one.
func half(a *author, n uint64) message {
	return say(topic(n, telemetry.Meter, telemetry.StreamTelemetry),
		`[{"ts":%d,"values":{"pressure_kpa":%d}},{"ts":"never","values":{"%s":1}}]`, a.ts(n), n, mark(n)).
		becoming(cell{table: readings}, cell{table: letters, reason: telemetry.BadTime})
}

// padded is a good reading in a megabyte, a little under the limit.
func padded(a *author, n uint64) message {
	return say(topic(n, telemetry.Meter, telemetry.StreamTelemetry),
		`{"ts":%d,"values":{"power_factor":%d}%s}`, a.ts(n), n, strings.Repeat(" ", 1<<20-200)).
		becoming(cell{table: readings})
}

// traffic is the everyday mixture.
var traffic = [mixLength]writer{dated, flat, dated, datedEvent, dated, list, state, bareEvent, half, again}

const mixLength = 10

// everyday is traffic with a status now and then.
func everyday(n uint64) writer {
	switch {
	case n%500 == 1:
		return status
	case n < uint64(manyLanes):
		return dated // there is nothing yet to be repeated
	}
	return traffic[n%mixLength]
}
