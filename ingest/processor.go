package ingest

import (
	"encoding/binary"
	"encoding/hex"
	"math"

	"github.com/cespare/xxhash/v2"

	"steward/ingest/codec"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// deliveryWindow is how many messages back a repeated delivery is recognised.
// MQTT packet ids have 16 bits, so no session has more than 65,535 deliveries
// open; twice that leaves room for what other sessions send in between.
const deliveryWindow = 1 << 17

// maxDevices bounds the interned topics, which come from the wire. A topic
// beyond it is parsed each time.
const maxDevices = 1 << 20

// outcome is what became of a message. Each message has exactly one, which is
// what lets the ledger add up.
type outcome uint8

const (
	stored    outcome = iota // at least one part goes to the store, none was refused
	duplicate                // everything in it was there already
	rejected                 // at least one part went to quarantine
)

// processor takes messages from the spool through decode, validate and drop
// duplicates. It is a pure function of the sequence of records it was given
// (and of its configuration), so that after a crash the same records give the
// same batch again. One goroutine uses it at a time.
type processor struct {
	decoder    *codec.JSON
	topics     map[string]source
	deliveries *window // repeated deliveries of one publish
	values     *window // repeated readings, states and events of a device
	eventsOnly bool    // values are not checked: for who minds a repetition less than the work
	topic      string  // of the last message whose topic was good
	out        codec.Output
	letters    []telemetry.DeadLetter
	late       int // readings of the last message that were older than the device's newest
	dropped    int // readings, states and events of the last message that were duplicates
}

// source is a parsed topic with what is kept per device; or one of operations, which
// is of a project and has no device.
type source struct {
	topic  string
	stream telemetry.Stream
	device *device

	kind  *operations.Kind // nil on a device's topic
	place authz.Place
}

type device struct {
	id     telemetry.Device
	hash   uint64
	newest telemetry.Millis
}

func newProcessor(clock telemetry.ClockPolicy, valueWindow int) *processor {
	return &processor{
		decoder:    codec.NewJSON(clock),
		topics:     make(map[string]source),
		deliveries: newWindow(deliveryWindow),
		values:     newWindow(valueWindow),
	}
}

// process takes one record. What it leaves in p.out and p.letters is valid
// until the next call.
func (p *processor) process(seq uint64, rec record) outcome {
	p.out.Reset()
	p.letters = p.letters[:0]
	p.late, p.dropped = 0, 0

	// Every delivery is remembered, but only one that the sender marks as a
	// repetition is held against the memory: two publishes may well be equal.
	if key := rec.delivery(); !p.deliveries.add(key) && rec.dup {
		return duplicate
	}
	src, err := p.source(rec.topic)
	if err != nil {
		p.quarantine(seq, rec, codec.Reject{Payload: rec.payload, Reason: telemetry.BadTopic, Err: err})
		return rejected
	}
	p.topic = src.topic
	if rec.refused {
		err := telemetry.Reject(telemetry.UnknownDevice, "device %s is not approved in the registry: approve it there, then replay this message", src.device.id)
		p.quarantine(seq, rec, codec.Reject{Payload: rec.payload, Reason: err.Reason, Err: err.Err})
		return rejected
	}
	if rec.truncated {
		err := telemetry.Reject(telemetry.TooLarge, "payload of %d bytes, of which the first %d are kept", rec.size, len(rec.payload))
		p.quarantine(seq, rec, codec.Reject{Payload: rec.payload, Reason: err.Reason, Err: err.Err})
		return rejected
	}
	if src.kind != nil {
		return p.operations(seq, src, rec)
	}
	p.decoder.Decode(&p.out, codec.Message{Device: &src.device.id, Stream: src.stream, Payload: rec.payload, Received: rec.received})
	for _, r := range p.out.Rejects {
		p.quarantine(seq, rec, r)
	}
	// A retained copy without a time of its own says nothing about when: it is
	// good for the live state, but it is not a new reading, event or change.
	if rec.retained && !p.out.Dated {
		p.out.Readings, p.out.States, p.out.Events = p.out.Readings[:0], p.out.States[:0], p.out.Events[:0]
	} else {
		p.dropDuplicates(src.device)
		p.statusEvents(src.device)
	}
	switch {
	case len(p.letters) > 0:
		return rejected
	case len(p.out.Readings)+len(p.out.States)+len(p.out.Events) > 0:
		return stored
	}
	return duplicate
}

// source parses a topic once and keeps the answer, so that a message costs one
// look-up and the identity of a device is one pointer everywhere.
func (p *processor) source(topic []byte) (source, error) {
	if s, ok := p.topics[string(topic)]; ok {
		return s, nil
	}
	if operations.IsTopic(string(topic)) {
		return p.operationsSource(string(topic))
	}
	id, stream, err := telemetry.ParseTopic(string(topic))
	if err != nil {
		return source{}, err
	}
	// The three streams of a device share what is kept of it.
	s := source{topic: string(topic), stream: stream}
	for _, other := range []telemetry.Stream{telemetry.StreamTelemetry, telemetry.StreamEvent, telemetry.StreamStatus} {
		if o, ok := p.topics[id.Topic(other)]; ok {
			s.device = o.device
		}
	}
	if s.device == nil {
		s.device = &device{id: id, hash: xxhash.Sum64String(id.String()), newest: math.MinInt64}
	}
	if len(p.topics) < maxDevices {
		p.topics[s.topic] = s
	}
	return s, nil
}

// dropDuplicates removes what the device has sent before: a reading or state
// with the same metric, time and value, an event with the same kind and id.
func (p *processor) dropDuplicates(d *device) {
	p.dropEvents(d)
	if p.eventsOnly {
		return
	}
	readings := p.out.Readings[:0]
	for _, r := range p.out.Readings {
		if !p.values.add(mix(mix(mix(d.hash, xxhash.Sum64String(r.Metric)), uint64(r.TS)), math.Float64bits(r.Value))) {
			p.dropped++
			continue
		}
		if r.TS < d.newest {
			p.late++
		}
		readings = append(readings, r)
	}
	for _, r := range readings {
		d.newest = max(d.newest, r.TS)
	}
	p.out.Readings = readings

	states := p.out.States[:0]
	for _, s := range p.out.States {
		if !p.values.add(mix(mix(mix(d.hash, xxhash.Sum64String(s.Metric)), uint64(s.TS)), xxhash.Sum64String(s.Value))) {
			p.dropped++
			continue
		}
		states = append(states, s)
	}
	p.out.States = states
}

func (p *processor) dropEvents(d *device) {
	events := p.out.Events[:0]
	for _, e := range p.out.Events {
		if !p.values.add(mix(mix(d.hash, xxhash.Sum64String(e.Kind)), xxhash.Sum64String(e.ID))) {
			p.dropped++
			continue
		}
		events = append(events, e)
	}
	p.out.Events = events
}

// statusEvents keeps a change of connection as an event, so that it has a place
// in the history of the device.
func (p *processor) statusEvents(d *device) {
	for _, s := range p.out.Statuses {
		kind := telemetry.Offline
		if s.Online {
			kind = telemetry.Online
		}
		p.out.Events = append(p.out.Events, telemetry.Event{
			Device: &d.id, Kind: kind, ID: hexID(mix(d.hash, uint64(s.Received))),
			Severity: telemetry.DefaultSeverity(d.id.Class, kind), TS: s.Received, Received: s.Received, Attrs: "{}",
		})
	}
}

// addTo adds what the last message gave to a batch, without its dead letters.
func (p *processor) addTo(b *clickhouse.Batch) {
	for _, v := range p.out.Readings {
		b.AddReading(v)
	}
	for _, v := range p.out.States {
		b.AddState(v)
	}
	for _, v := range p.out.Events {
		b.AddEvent(v)
	}
	for _, v := range p.out.Operations {
		b.AddOperation(v)
	}
}

func (p *processor) quarantine(seq uint64, rec record, r codec.Reject) {
	id := mix(mix(seq, uint64(len(p.letters))), rec.delivery())
	p.letters = append(p.letters, telemetry.DeadLetter{
		ID: hexID(id), Received: rec.received, Topic: string(rec.topic), Payload: r.Payload,
		Codec: codec.Name, Reason: r.Reason, Error: r.Err.Error(),
	})
}

func hexID(v uint64) string {
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, v))
}
