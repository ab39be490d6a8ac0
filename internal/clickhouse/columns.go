package clickhouse

import (
	"time"

	"github.com/ClickHouse/ch-go/proto"
)

// insert is what goes to the server at once: rows of one table.
type insert struct {
	table   string
	columns proto.Input
}

// inserts cuts the batch into inserts. Their order and their contents depend on
// the batch alone.
func (b *Batch) inserts() []insert {
	var all []insert
	add := func(table string, p *partitions, strings []*proto.ColStr, columns func(rows []int) proto.Input) {
		if len(p.rows) == 0 {
			return
		}
		cuts := p.cut(strings...)
		if cuts == nil {
			all = append(all, insert{table, columns(nil)})
		}
		for _, rows := range cuts {
			all = append(all, insert{table, columns(rows)})
		}
	}
	add("readings", &b.readings.parts, nil, b.readingColumns)
	add("states", &b.states.parts, []*proto.ColStr{&b.states.value}, b.stateColumns)
	add("events", &b.events.parts, []*proto.ColStr{&b.events.id, &b.events.attrs}, b.eventColumns)
	l := &b.letters
	add("dead_letters", &l.parts, []*proto.ColStr{&l.id, &l.topic, &l.payload, &l.err}, b.letterColumns)
	return append(all, operationInserts(b.operations)...)
}

// The functions below give a table's columns for some of its rows; nil means
// all of them, which then are not copied.

func (b *Batch) readingColumns(rows []int) proto.Input {
	t := &b.readings
	return append(b.deviceColumns(t.ts, t.received, t.device, rows),
		t.metric.column("metric", rows),
		proto.InputColumn{Name: "value", Data: float64Column(t.value, rows)},
	)
}

func (b *Batch) stateColumns(rows []int) proto.Input {
	t := &b.states
	return append(b.deviceColumns(t.ts, t.received, t.device, rows),
		t.metric.column("metric", rows),
		stringColumn("value", &t.value, rows),
	)
}

func (b *Batch) eventColumns(rows []int) proto.Input {
	t := &b.events
	return append(b.deviceColumns(t.ts, t.received, t.device, rows),
		t.kind.column("kind", rows),
		stringColumn("id", &t.id, rows),
		t.severity.column("severity", rows),
		stringColumn("attrs", &t.attrs, rows),
	)
}

func (b *Batch) letterColumns(rows []int) proto.Input {
	t := &b.letters
	return proto.Input{
		timeColumn("received", t.received, rows),
		stringColumn("id", &t.id, rows),
		stringColumn("topic", &t.topic, rows),
		stringColumn("payload", &t.payload, rows),
		t.codec.column("codec", rows),
		t.reason.column("reason", rows),
		stringColumn("error", &t.err, rows),
	}
}

// deviceColumns are the columns with which every table of telemetry begins.
func (b *Batch) deviceColumns(ts, received []proto.DateTime64, device []uint32, rows []int) proto.Input {
	d := &b.devices
	if rows != nil {
		device = pick(device, rows)
	}
	input := make(proto.Input, 0, 10) // the columns of the widest table
	return append(input,
		timeColumn("ts", ts, rows),
		timeColumn("received", received, rows),
		proto.InputColumn{Name: "region", Data: lowCardinality{&d.regions.values, d.region, device}},
		proto.InputColumn{Name: "project", Data: lowCardinality{&d.projects.values, d.project, device}},
		proto.InputColumn{Name: "class", Data: lowCardinality{&d.classes.values, d.class, device}},
		proto.InputColumn{Name: "device", Data: lowCardinality{&d.ids.values, d.id, device}},
	)
}

func timeColumn(name string, times []proto.DateTime64, rows []int) proto.InputColumn {
	if rows != nil {
		times = pick(times, rows)
	}
	return proto.InputColumn{Name: name, Data: &proto.ColDateTime64{
		Data: times, Location: time.UTC, Precision: proto.PrecisionMilli, PrecisionSet: true,
	}}
}

func float64Column(values []float64, rows []int) *proto.ColFloat64 {
	if rows != nil {
		values = pick(values, rows)
	}
	column := proto.ColFloat64(values)
	return &column
}

func stringColumn(name string, texts *proto.ColStr, rows []int) proto.InputColumn {
	if rows != nil {
		texts = pickStrings(texts, rows)
	}
	return proto.InputColumn{Name: name, Data: texts}
}

func (c *keyColumn) column(name string, rows []int) proto.InputColumn {
	keys := c.rows
	if rows != nil {
		keys = pick(keys, rows)
	}
	return proto.InputColumn{Name: name, Data: lowCardinality{&c.dict.values, nil, keys}}
}

// lowCardinality is a LowCardinality(String) column made of a dictionary and of
// keys, which ch-go's own column would have to find again for each row. The key
// of row i is rows[i], or by way of a table via[rows[i]].
type lowCardinality struct {
	dict *proto.ColStr
	via  []uint32
	rows []uint32
}

// The wire format: a version before the first block; then in each block the
// flags, the dictionary and the keys, as wide as the dictionary needs.
const (
	lcVersion                   = 1      // SharedDictionariesWithAdditionalKeys
	lcOwnDictionary             = 1 << 9 // the block brings its dictionary
	lcNewDictionary             = 1 << 10
	lcKeys8, lcKeys16, lcKeys32 = 0, 1, 2
)

func (c lowCardinality) Type() proto.ColumnType { return "LowCardinality(String)" }

func (c lowCardinality) Rows() int { return len(c.rows) }

func (c lowCardinality) EncodeState(b *proto.Buffer) { b.PutInt64(lcVersion) }

func (c lowCardinality) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

func (c lowCardinality) EncodeColumn(b *proto.Buffer) {
	if len(c.rows) == 0 {
		return
	}
	width := lcKeys32
	switch n := c.dict.Rows(); {
	case n <= 1<<8:
		width = lcKeys8
	case n <= 1<<16:
		width = lcKeys16
	}
	b.PutInt64(int64(lcOwnDictionary | lcNewDictionary | width))
	b.PutInt64(int64(c.dict.Rows()))
	c.dict.EncodeColumn(b)
	b.PutInt64(int64(len(c.rows)))
	c.encodeKeys(b, 1<<width)
}

func (c lowCardinality) encodeKeys(b *proto.Buffer, size int) {
	start := len(b.Buf)
	b.Buf = append(b.Buf, make([]byte, len(c.rows)*size)...)
	out := b.Buf[start:]
	for i, row := range c.rows {
		key := row
		if c.via != nil {
			key = c.via[row]
		}
		for j := range size { // little endian
			out[i*size+j] = byte(key >> (8 * j))
		}
	}
}

var _ proto.StateEncoder = lowCardinality{}
