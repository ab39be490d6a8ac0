package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// maxRecordBytes bounds what one batch of a file of Arrow or Parquet may take.
// Writers make batches of a few megabytes; a damaged length can be anything.
var maxRecordBytes = 1 << 30

// content is a file that can be read from anywhere.
type content interface {
	io.ReadSeeker
	io.ReaderAt
}

// arrowFrames are the batches of a file. The libraries panic at damaged files.
type arrowFrames struct {
	read   func() (arrow.Record, error) // io.EOF after the last
	record arrow.Record                 // of the frame before
}

var (
	arrowFileMark = []byte("ARROW1")
	// arrowStreamEnd is how a stream says that it is whole.
	arrowStreamEnd = []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}
)

// newArrowFrames reads a stream or a file of Arrow IPC, whichever it is.
func newArrowFrames(c content) (_ *arrowFrames, err error) {
	defer damaged(&err)
	mem := &ration{memory.NewGoAllocator(), 0}
	begin := make([]byte, len(arrowFileMark))
	if _, err := c.ReadAt(begin, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.Equal(begin, arrowFileMark) {
		if err := checkFileSchema(c); err != nil {
			return nil, fmt.Errorf("%w: not an Arrow file: %w", ErrBadFile, err)
		}
		r, err := ipc.NewFileReader(c, ipc.WithAllocator(mem))
		if err != nil {
			return nil, fmt.Errorf("%w: not an Arrow file: %w", ErrBadFile, err)
		}
		n := 0
		return &arrowFrames{read: func() (arrow.Record, error) {
			if n == r.NumRecords() {
				return nil, io.EOF
			}
			n++
			return r.RecordAt(n - 1)
		}}, nil
	}
	if err := wholeStream(c); err != nil {
		return nil, err
	}
	if err := checkStreamSchema(c); err != nil {
		return nil, fmt.Errorf("%w: neither an Arrow stream nor an Arrow file: %w", ErrBadFile, err)
	}
	r, err := ipc.NewReader(c, ipc.WithAllocator(mem))
	if err != nil {
		return nil, fmt.Errorf("%w: neither an Arrow stream nor an Arrow file: %w", ErrBadFile, err)
	}
	return &arrowFrames{read: func() (arrow.Record, error) {
		record, err := r.Read()
		if err == nil {
			record.Retain() // the reader releases its own at the next
		}
		return record, err
	}}, nil
}

// wholeStream looks for the end of a stream, without which a part of one looks
// like the whole.
func wholeStream(c content) error {
	size, err := c.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	end := make([]byte, len(arrowStreamEnd))
	if _, err := c.ReadAt(end, max(0, size-int64(len(end)))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(end, arrowStreamEnd) {
		return fmt.Errorf("%w: not a whole Arrow stream: it does not end with an end-of-stream mark", ErrBadFile)
	}
	_, err = c.Seek(0, io.SeekStart)
	return err
}

func (a *arrowFrames) next(ctx context.Context) (_ *frame, err error) {
	defer damaged(&err)
	if a.record != nil {
		a.record.Release()
		a.record = nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	record, err := a.read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrBadFile, err)
	}
	a.record = record
	f := &frame{rows: int(record.NumRows()), columns: map[string]column{}}
	for n, field := range record.Schema().Fields() {
		c, err := arrowColumn(record.Column(n))
		if err != nil {
			return nil, fmt.Errorf("%w: column %q: %w", ErrBadFile, field.Name, err)
		}
		f.names = append(f.names, field.Name)
		f.columns[field.Name] = c
	}
	return f, nil
}

// damaged makes an error of the panic with which the libraries meet damaged
// files.
func damaged(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: it is damaged: %v", ErrBadFile, p)
	}
}

// arrowColumn reads an array of any type that can hold what is wanted.
func arrowColumn(a arrow.Array) (column, error) {
	switch a := a.(type) {
	case *array.String:
		return texts(cells(a, a.Value)), nil
	case *array.LargeString:
		return texts(cells(a, a.Value)), nil
	case *array.Binary:
		return texts(cells(a, a.ValueString)), nil
	case *array.LargeBinary:
		return texts(cells(a, a.ValueString)), nil
	case *array.Dictionary:
		return dictionaryColumn(a)
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		return times(cells(a, func(i int) time.Time { return a.Value(i).ToTime(unit) })), nil
	case *array.Null:
		return texts(func(int) (string, bool) { return "", false }), nil
	}
	if c, ok := arrowNumbers(a); ok {
		return c, nil
	}
	return nil, fmt.Errorf("values of the type %s cannot be used", a.DataType())
}

func arrowNumbers(a arrow.Array) (column, bool) {
	switch a := a.(type) {
	case *array.Float64:
		return numbers(cells(a, a.Value)), true
	case *array.Float32:
		return numberCells(a, a.Value), true
	case *array.Int64:
		return numberCells(a, a.Value), true
	case *array.Int32:
		return numberCells(a, a.Value), true
	case *array.Int16:
		return numberCells(a, a.Value), true
	case *array.Int8:
		return numberCells(a, a.Value), true
	case *array.Uint64:
		return numberCells(a, a.Value), true
	case *array.Uint32:
		return numberCells(a, a.Value), true
	case *array.Uint16:
		return numberCells(a, a.Value), true
	case *array.Uint8:
		return numberCells(a, a.Value), true
	}
	return nil, false
}

// dictionaryColumn reads the values of a dictionary by their keys.
func dictionaryColumn(a *array.Dictionary) (column, error) {
	values, err := arrowColumn(a.Dictionary())
	if err != nil {
		return nil, err
	}
	return texts(func(i int) (string, bool) {
		if a.IsNull(i) {
			return "", false
		}
		s, err := values.text(a.GetValueIndex(i))
		return s, err == nil
	}), nil
}

func cells[T any](a arrow.Array, value func(i int) T) func(i int) (T, bool) {
	return func(i int) (v T, ok bool) {
		if a.IsNull(i) {
			return v, false
		}
		return value(i), true
	}
}

func numberCells[T float32 | int64 | int32 | int16 | int8 | uint64 | uint32 | uint16 | uint8](a arrow.Array, value func(i int) T) column {
	return numbers(cells(a, func(i int) float64 { return float64(value(i)) }))
}

// ration gives no more memory than a file may reasonably want at a time.
type ration struct {
	memory.Allocator
	used int
}

func (r *ration) Allocate(size int) []byte {
	r.take(size)
	return r.Allocator.Allocate(size)
}

func (r *ration) Reallocate(size int, b []byte) []byte {
	r.take(size - len(b))
	return r.Allocator.Reallocate(size, b)
}

func (r *ration) Free(b []byte) {
	r.used -= len(b)
	r.Allocator.Free(b)
}

// take panics, as the libraries do with what they cannot read; damaged catches
// it.
func (r *ration) take(size int) {
	if r.used+size > maxRecordBytes {
		panic(fmt.Sprintf("a batch wants more than %d bytes of memory; write the file with smaller batches", maxRecordBytes))
	}
	r.used += size
}
