package clickhouse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The Arrow library believes the numbers in a file's schema and makes room for
// as many columns as it says, which in a damaged file can be more than there is
// memory: that ends the process and cannot be caught. So a schema is looked at
// before the library sees it. It is a FlatBuffer: a table is a position, at which
// stands the way back to its list of fields, which says how far behind the
// position each field is (https://flatbuffers.dev/internals).

// maxColumns is far more than any table that can be imported has.
const maxColumns = 1000

// maxSchema bounds a schema, in bytes.
const maxSchema = 16 << 20

// Fields of the tables of Arrow's Message.fbs, File.fbs and Schema.fbs, by number.
const (
	messageHeader  = 2
	footerSchema   = 1
	schemaFields   = 1
	schemaMetadata = 2
	fieldTypeID    = 2
	fieldChildren  = 5
	fieldMetadata  = 6
)

// usableTypes are the types of columns that can be read, by Schema.fbs.
var usableTypes = map[byte]bool{
	1: true, 2: true, 3: true, 4: true, 5: true, // null, int, floating point, binary, utf8
	10: true, 19: true, 20: true, // timestamp, large binary, large utf8
}

// checkStreamSchema looks at the schema with which a stream begins.
func checkStreamSchema(c content) error {
	var head [8]byte
	if _, err := c.ReadAt(head[:], 0); err != nil {
		return err
	}
	at, length := int64(8), binary.LittleEndian.Uint32(head[4:])
	if binary.LittleEndian.Uint32(head[:]) != 0xffffffff { // as it was before Arrow 0.15
		at, length = 4, binary.LittleEndian.Uint32(head[:])
	}
	b, err := readSchema(c, at, int64(length))
	if err != nil {
		return err
	}
	return b.checkSchema(b.follow(b.field(b.root(), messageHeader)))
}

// checkFileSchema looks at the schema in the footer of a file.
func checkFileSchema(c content) error {
	size, err := c.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	var tail [10]byte // the footer's length, and the mark
	if _, err := c.ReadAt(tail[:], max(0, size-int64(len(tail)))); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	b, err := readSchema(c, size-int64(len(tail))-length, length)
	if err != nil {
		return err
	}
	return b.checkSchema(b.follow(b.field(b.root(), footerSchema)))
}

func readSchema(c content, at, length int64) (flatBuffer, error) {
	if at < 0 || length > maxSchema {
		return nil, fmt.Errorf("a schema of %d bytes", length)
	}
	b := make(flatBuffer, length)
	_, err := c.ReadAt(b, at)
	return b, err
}

// flatBuffer is read without trust: what points outside of it panics, which
// damaged makes an error.
type flatBuffer []byte

func (b flatBuffer) uint32(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }

func (b flatBuffer) root() int { return b.uint32(0) }

// follow gives what the offset at a position points to.
func (b flatBuffer) follow(at int) int {
	if at == 0 {
		panic("a part of the schema is missing")
	}
	return at + b.uint32(at)
}

// field is the position of a table's field; 0 when the table does not have it.
func (b flatBuffer) field(table, n int) int {
	fields := table - int(int32(binary.LittleEndian.Uint32(b[table:]))) // it is signed in the file
	if 4+2*n >= int(binary.LittleEndian.Uint16(b[fields:])) {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(b[fields+4+2*n:]))
	if offset == 0 {
		return 0
	}
	return table + offset
}

// list is the position of a list's first entry, and its length.
func (b flatBuffer) list(table, n int) (first, length int) {
	at := b.field(table, n)
	if at == 0 {
		return 0, 0
	}
	at = b.follow(at)
	return at + 4, b.uint32(at)
}

func (b flatBuffer) checkSchema(schema int) error {
	first, columns := b.list(schema, schemaFields)
	if _, n := b.list(schema, schemaMetadata); columns > maxColumns || n > maxColumns {
		return fmt.Errorf("%d columns and %d notes are more than %d", columns, n, maxColumns)
	}
	for i := range columns {
		column := b.follow(first + 4*i)
		if _, n := b.list(column, fieldMetadata); n > maxColumns {
			return fmt.Errorf("column %d has %d notes, more than %d", i+1, n, maxColumns)
		}
		id := b.field(column, fieldTypeID)
		if _, n := b.list(column, fieldChildren); n > 0 || id == 0 || !usableTypes[b[id]] {
			return fmt.Errorf("column %d is of a type that cannot be used: want text, numbers and times", i+1)
		}
	}
	if columns == 0 {
		return errors.New("there are no columns")
	}
	return nil
}
