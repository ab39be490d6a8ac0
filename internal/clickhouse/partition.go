package clickhouse

import (
	"cmp"
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"steward/internal/telemetry"
)

// An insert may touch at most maxPartitions partitions: ClickHouse makes a part
// in each, and refuses an insert that makes more. A day of backlog has a few; a
// backfill over years has hundreds and is cut into several inserts.
const maxPartitions = 100

// maxInsertRows and maxInsertBytes bound one insert, so that the server needs
// no more than a fraction of a gigabyte for it, and so that it stays one block
// there (min_insert_block_size_rows is a million), which the token needs.
const (
	maxInsertRows  = 500_000
	maxInsertBytes = 64 << 20
)

// month is a calendar month in UTC, as (year*12 + month).
type month int32

// partition is what tables are partitioned by, at their finest.
type partition struct {
	month month
	class uint32 // key of the class in the batch
}

func (p partition) compare(q partition) int {
	return cmp.Or(cmp.Compare(p.month, q.month), cmp.Compare(p.class, q.class))
}

// partitions gathers which partitions the rows of a table fall into, and in
// which each row is, at the price of a comparison or two a row.
type partitions struct {
	rows    []uint32 // index into seen
	seen    []partition
	index   map[partition]uint32
	current calendar
}

func (p *partitions) add(ts telemetry.Millis, class uint32) {
	key := partition{p.current.month(ts), class}
	if n := len(p.rows); n > 0 {
		// Neighbours mostly share the partition.
		if last := p.rows[n-1]; p.seen[last] == key {
			p.rows = append(p.rows, last)
			return
		}
	}
	i, ok := p.index[key]
	if !ok {
		if p.index == nil {
			p.index = make(map[partition]uint32)
		}
		i = uint32(len(p.seen))
		p.seen = append(p.seen, key)
		p.index[key] = i
	}
	p.rows = append(p.rows, i)
}

func (p *partitions) reset() {
	p.rows, p.seen = p.rows[:0], p.seen[:0]
	clear(p.index)
}

// calendar finds the month of a time, quickly while it stays the same.
type calendar struct {
	from, to telemetry.Millis // of the month below
	is       month
}

func (c *calendar) month(ts telemetry.Millis) month {
	if ts < c.from || ts >= c.to {
		y, m, _ := ts.Time().Date()
		first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		c.from, c.to = telemetry.MillisOf(first), telemetry.MillisOf(first.AddDate(0, 1, 0))
		c.is = month(y*12 + int(m))
	}
	return c.is
}

// cut gives the rows of each insert, in an order that depends on nothing but
// the batch; nil when one insert takes them all. strings are the columns whose
// size differs from row to row.
func (p *partitions) cut(strings ...*proto.ColStr) [][]int {
	size := func(row int) (n int) {
		for _, c := range strings {
			n += c.Pos[row].End - c.Pos[row].Start
		}
		return n
	}
	total := 0
	for _, c := range strings {
		total += len(c.Buf)
	}
	if len(p.seen) <= maxPartitions && len(p.rows) <= maxInsertRows && total <= maxInsertBytes {
		return nil
	}
	order := make([]int, len(p.rows))
	for row := range order {
		order[row] = row
	}
	slices.SortStableFunc(order, func(a, b int) int { return p.seen[p.rows[a]].compare(p.seen[p.rows[b]]) })

	var cuts [][]int
	start, inPartitions, bytes := 0, 0, 0
	for i, row := range order {
		fresh := i == start || p.rows[order[i-1]] != p.rows[row]
		n := size(row)
		if i > start && (fresh && inPartitions == maxPartitions || i-start == maxInsertRows || bytes+n > maxInsertBytes) {
			cuts = append(cuts, order[start:i])
			start, inPartitions, bytes, fresh = i, 0, 0, true
		}
		if fresh {
			inPartitions++
		}
		bytes += n
	}
	return append(cuts, order[start:])
}

// pick copies the rows of an insert out of a column.
func pick[T uint32 | float64 | proto.DateTime64](column []T, rows []int) []T {
	picked := make([]T, len(rows))
	for i, row := range rows {
		picked[i] = column[row]
	}
	return picked
}

func pickStrings(column *proto.ColStr, rows []int) *proto.ColStr {
	picked := new(proto.ColStr)
	for _, row := range rows {
		picked.AppendBytes(column.RowBytes(row))
	}
	return picked
}
