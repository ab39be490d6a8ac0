package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"steward/internal/operations"
	"steward/internal/telemetry"
)

// Batch gathers rows, column by column in the form in which ClickHouse takes
// them, for one Append. The zero value is ready to use. It is not safe for
// concurrent use. It copies what it is given, except for what is behind a pointer, a
// Device or a record, which must not change until Reset.
//
// Its contents depend only on what was added and in which order: a batch that
// is built again from the same input is the same to the last byte, which is
// what makes a retry by token exact.
type Batch struct {
	devices  deviceTable
	readings readingRows
	states   stateRows
	events   eventRows
	letters  letterRows

	// Records of operations are few, and stay as they are.
	operations []operations.Record
}

// readingRows are the columns of readings.
type readingRows struct {
	ts, received []proto.DateTime64 // milliseconds
	device       []uint32           // row of Batch.devices
	metric       keyColumn
	value        []float64
	parts        partitions
}

type stateRows struct {
	ts, received []proto.DateTime64
	device       []uint32
	metric       keyColumn
	value        proto.ColStr
	parts        partitions
}

type eventRows struct {
	ts, received   []proto.DateTime64
	device         []uint32
	kind, severity keyColumn
	id, attrs      proto.ColStr
	parts          partitions
}

type letterRows struct {
	received           []proto.DateTime64
	id, topic, payload proto.ColStr
	codec, reason      keyColumn
	err                proto.ColStr
	parts              partitions
}

// AddReading adds a row for readings.
func (b *Batch) AddReading(r telemetry.Reading) {
	t := &b.readings
	d := b.devices.row(r.Device)
	t.ts = append(t.ts, proto.DateTime64(r.TS))
	t.received = append(t.received, proto.DateTime64(r.Received))
	t.device = append(t.device, d)
	t.metric.add(r.Metric)
	t.value = append(t.value, r.Value)
	t.parts.add(r.TS, b.devices.class[d])
}

// AddState adds a row for states.
func (b *Batch) AddState(s telemetry.State) {
	t := &b.states
	d := b.devices.row(s.Device)
	t.ts = append(t.ts, proto.DateTime64(s.TS))
	t.received = append(t.received, proto.DateTime64(s.Received))
	t.device = append(t.device, d)
	t.metric.add(s.Metric)
	t.value.Append(s.Value)
	t.parts.add(s.TS, b.devices.class[d])
}

// AddEvent adds a row for events.
func (b *Batch) AddEvent(e telemetry.Event) {
	t := &b.events
	d := b.devices.row(e.Device)
	t.ts = append(t.ts, proto.DateTime64(e.TS))
	t.received = append(t.received, proto.DateTime64(e.Received))
	t.device = append(t.device, d)
	t.kind.add(e.Kind)
	t.id.Append(e.ID)
	t.severity.add(string(e.Severity))
	t.attrs.Append(e.Attrs)
	t.parts.add(e.TS, b.devices.class[d])
}

// AddDeadLetter adds a row for dead_letters.
func (b *Batch) AddDeadLetter(l telemetry.DeadLetter) {
	t := &b.letters
	t.received = append(t.received, proto.DateTime64(l.Received))
	t.id.Append(l.ID)
	t.topic.Append(l.Topic)
	t.payload.AppendBytes(l.Payload)
	t.codec.add(l.Codec)
	t.reason.add(string(l.Reason))
	t.err.Append(l.Error)
	t.parts.add(l.Received, 0)
}

// AddOperation adds a row for the table of the record's kind. The record must not
// change until Reset.
func (b *Batch) AddOperation(r operations.Record) { b.operations = append(b.operations, r) }

// Rows is the number of rows of all tables.
func (b *Batch) Rows() int {
	return len(b.readings.ts) + len(b.states.ts) + len(b.events.ts) + len(b.letters.received) + len(b.operations)
}

// Bytes estimates the memory that the rows take, which is about what an Append
// sends before compression.
func (b *Batch) Bytes() int {
	const timesAndKeys = 2*8 + 4 + 4
	s, e, l := &b.states, &b.events, &b.letters
	return len(b.readings.ts)*(timesAndKeys+8) + b.devices.bytes +
		len(s.ts)*timesAndKeys + stringBytes(&s.value) +
		len(e.ts)*(timesAndKeys+4) + stringBytes(&e.id) + stringBytes(&e.attrs) +
		len(l.received)*timesAndKeys + stringBytes(&l.id) + stringBytes(&l.topic) + stringBytes(&l.payload) + stringBytes(&l.err) +
		len(b.operations)*operationBytes
}

func stringBytes(c *proto.ColStr) int { return len(c.Buf) + len(c.Pos)*16 }

// Reset empties the batch and keeps its memory for the next one.
func (b *Batch) Reset() {
	b.devices.reset()

	r := &b.readings
	r.ts, r.received, r.device, r.value = r.ts[:0], r.received[:0], r.device[:0], r.value[:0]
	r.metric.reset()
	r.parts.reset()

	s := &b.states
	s.ts, s.received, s.device = s.ts[:0], s.received[:0], s.device[:0]
	s.metric.reset()
	s.value.Reset()
	s.parts.reset()

	e := &b.events
	e.ts, e.received, e.device = e.ts[:0], e.received[:0], e.device[:0]
	e.kind.reset()
	e.severity.reset()
	e.id.Reset()
	e.attrs.Reset()
	e.parts.reset()

	l := &b.letters
	l.received = l.received[:0]
	l.codec.reset()
	l.reason.reset()
	for _, c := range []*proto.ColStr{&l.id, &l.topic, &l.payload, &l.err} {
		c.Reset()
	}
	l.parts.reset()

	clear(b.operations) // nothing is to be held for the next batch's sake
	b.operations = b.operations[:0]
}
