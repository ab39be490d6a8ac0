package clickhouse

import (
	"github.com/ClickHouse/ch-go/proto"

	"steward/internal/telemetry"
)

// ClickHouse takes a LowCardinality column as a dictionary and a key into it
// for each row. A batch keeps its strings in that form from the start: a row
// costs a number, and a string is looked at once a batch instead of once a row.

// dictionary numbers strings in the order in which they come.
type dictionary struct {
	keys   map[string]uint32
	values proto.ColStr
}

func (d *dictionary) key(s string) uint32 {
	if k, ok := d.keys[s]; ok {
		return k
	}
	if d.keys == nil {
		d.keys = make(map[string]uint32)
	}
	k := uint32(d.values.Rows())
	d.values.Append(s)
	d.keys[s] = k
	return k
}

func (d *dictionary) reset() {
	clear(d.keys)
	d.values.Reset()
}

// keyColumn is a dictionary with the keys of rows.
type keyColumn struct {
	dict dictionary
	rows []uint32
}

func (c *keyColumn) add(s string) { c.rows = append(c.rows, c.dict.key(s)) }

func (c *keyColumn) reset() {
	c.dict.reset()
	c.rows = c.rows[:0]
}

// deviceTable numbers devices, and keeps for each the keys of its four names.
type deviceTable struct {
	rows                       map[*telemetry.Device]uint32
	region, project, class, id []uint32
	regions, projects, ids     dictionary
	classes                    dictionary
	last                       *telemetry.Device // most messages hold several values of one device
	lastRow                    uint32
	bytes                      int // of the names
}

// row is the number of a device, by its pointer: pipelines intern devices. Two
// pointers to equal devices only take a row more.
func (t *deviceTable) row(d *telemetry.Device) uint32 {
	if d == t.last {
		return t.lastRow
	}
	row, ok := t.rows[d]
	if !ok {
		row = t.insert(d)
	}
	t.last, t.lastRow = d, row
	return row
}

func (t *deviceTable) insert(d *telemetry.Device) uint32 {
	if t.rows == nil {
		t.rows = make(map[*telemetry.Device]uint32)
	}
	row := uint32(len(t.id))
	t.rows[d] = row
	t.region = append(t.region, t.regions.key(d.Region))
	t.project = append(t.project, t.projects.key(d.Project))
	t.class = append(t.class, t.classes.key(string(d.Class)))
	t.id = append(t.id, t.ids.key(d.ID))
	t.bytes += len(d.ID) + 32
	return row
}

func (t *deviceTable) reset() {
	clear(t.rows)
	t.region, t.project, t.class, t.id = t.region[:0], t.project[:0], t.class[:0], t.id[:0]
	t.regions.reset()
	t.projects.reset()
	t.classes.reset()
	t.ids.reset()
	t.last, t.lastRow, t.bytes = nil, 0, 0
}
