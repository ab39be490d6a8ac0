package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

const parquetFrameRows = 16 << 10

// newParquetFrames reads Parquet a row group after the other, so that no more
// than one is open.
func newParquetFrames(c content) (_ *arrowFrames, err error) {
	defer damaged(&err)
	mem := &ration{memory.NewGoAllocator(), 0}
	properties := parquet.NewReaderProperties(mem)
	properties.BufferedStreamEnabled = true // not a whole column of a row group at once
	table, err := file.NewParquetReader(c, file.WithReadProps(properties))
	if err != nil {
		return nil, fmt.Errorf("%w: not a Parquet file: %w", ErrBadFile, err)
	}
	size, err := c.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if err := checkGroups(table, size); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadFile, err)
	}
	reader, err := pqarrow.NewFileReader(table, pqarrow.ArrowReadProperties{BatchSize: parquetFrameRows}, mem)
	if err != nil {
		return nil, fmt.Errorf("%w: not a Parquet file of tables: %w", ErrBadFile, err)
	}
	group := -1
	var batches pqarrow.RecordReader
	return &arrowFrames{read: func() (arrow.Record, error) {
		for {
			if batches != nil {
				record, err := batches.Read()
				if err == nil {
					record.Retain()
					return record, nil
				}
				batches.Release()
				batches = nil
				if !errors.Is(err, io.EOF) {
					return nil, err
				}
			}
			if group++; group == table.NumRowGroups() {
				return nil, io.EOF
			}
			var err error
			if batches, err = reader.GetRecordReader(context.Background(), nil, []int{group}); err != nil {
				return nil, err
			}
		}
	}}, nil
}

// checkGroups compares what a file of Parquet says in several places: the library
// would look for rows and bytes that are not there for a very long time.
func checkGroups(table *file.Reader, size int64) error {
	total := table.NumRows()
	for g := range table.NumRowGroups() {
		group := table.MetaData().RowGroup(g)
		for c := range group.NumColumns() {
			column, err := group.ColumnChunk(c)
			if err != nil {
				return err
			}
			if n := column.NumValues(); n != group.NumRows() {
				return fmt.Errorf("row group %d has %d rows, and %d values in column %d", g, group.NumRows(), n, c)
			}
			if n := column.TotalCompressedSize(); n < 0 || n > size {
				return fmt.Errorf("column %d of row group %d has %d bytes, more than the file", c, g, n)
			}
		}
		total -= group.NumRows()
	}
	if total != 0 {
		return fmt.Errorf("it says to have %d rows more than its row groups", total)
	}
	return nil
}
