package table

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

const (
	batchRows = 16 << 10
	// maxBatchBytes bounds what a batch may take in memory: a damaged length can be
	// anything.
	maxBatchBytes = 512 << 20
)

// parquet reads the wanted columns of a file of Parquet, a batch after the other.
func (r *reading) parquet(columns []Column) error {
	if r.src.file == nil || r.src.size == 0 {
		return fmt.Errorf("%s: Parquet is read from a file only, since its index is at its end", r.src.name)
	}
	p, err := r.openParquet(columns)
	if err != nil {
		return err
	}
	r.src.rows = p.reader.ParquetReader().NumRows()
	for group := range p.reader.ParquetReader().NumRowGroups() {
		if err := p.group(group); err != nil {
			return err
		}
	}
	return nil
}

// parquetRows makes rows of a file of Parquet.
type parquetRows struct {
	*reading
	reader *pqarrow.FileReader
	leaves []int // the columns to read, as Parquet numbers them
	at     []int // by column of ours: which of leaves, -1 when the file has none
	row    *Row
	parser *parser
	take   []take // by column of ours, of the batch
}

// openParquet finds the wanted columns. The library panics at damaged files.
func (r *reading) openParquet(columns []Column) (_ *parquetRows, err error) {
	defer r.damaged(&err)
	mem := &ration{Allocator: memory.NewGoAllocator()}
	properties := parquet.NewReaderProperties(mem)
	properties.BufferedStreamEnabled = true // not a whole column of a row group at once
	raw, err := file.NewParquetReader(r.src.file, file.WithReadProps(properties))
	if err != nil {
		return nil, fmt.Errorf("%s: not a whole Parquet file: %w", r.src.name, err)
	}
	if err := checkGroups(raw, r.src.size); err != nil {
		return nil, fmt.Errorf("%s: the Parquet file is damaged: %w", r.src.name, err)
	}
	reader, err := pqarrow.NewFileReader(raw, pqarrow.ArrowReadProperties{BatchSize: batchRows}, mem)
	if err != nil {
		return nil, fmt.Errorf("%s: not a Parquet file of tables: %w", r.src.name, err)
	}
	fields := reader.Manifest.Fields
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].Field.Name
	}
	b, err := bind(r.src.name, columns, names, r.opts.Map)
	if err != nil {
		return nil, err
	}
	p := &parquetRows{
		reading: r, reader: reader, at: make([]int, len(columns)), take: make([]take, len(columns)),
		row:    &Row{table: b, path: r.src.name, cells: make([]cell, len(columns))},
		parser: newParser(newClock(r.opts.Zone, len(columns))),
	}
	for col, at := range b.at {
		if at < 0 {
			continue
		}
		if !readable(columns[col].Kind, fields[at].Field.Type) {
			return nil, fmt.Errorf("%s: column %s: the type %s cannot be read as %s", r.src.name, shorten(names[at]), fields[at].Field.Type.Name(), columns[col].Kind)
		}
		p.leaves = append(p.leaves, fields[at].ColIndex)
	}
	slices.Sort(p.leaves)
	for col, at := range b.at {
		p.at[col] = -1
		if at >= 0 {
			p.at[col] = slices.Index(p.leaves, fields[at].ColIndex)
		}
	}
	return p, nil
}

// checkGroups compares what a file says in several places: the library would look
// for rows and bytes that are not there for a very long time.
func checkGroups(raw *file.Reader, size int64) error {
	total := raw.NumRows()
	for g := range raw.NumRowGroups() {
		group := raw.MetaData().RowGroup(g)
		total -= group.NumRows()
		for c := range group.NumColumns() {
			chunk, err := group.ColumnChunk(c)
			if err != nil {
				return err
			}
			if n := chunk.TotalCompressedSize(); n < 0 || n > size {
				return fmt.Errorf("column %d of row group %d has %d bytes, more than the file", c, g, n)
			}
			if raw.MetaData().Schema.Column(c).MaxRepetitionLevel() > 0 {
				continue // a list, which has any number of values a row, and is not read
			}
			if n := chunk.NumValues(); n != group.NumRows() {
				return fmt.Errorf("row group %d has %d rows, and %d values in column %d", g, group.NumRows(), n, c)
			}
		}
	}
	if total != 0 {
		return fmt.Errorf("it says to have %d rows more than its row groups", total)
	}
	return nil
}

// damaged makes an error of the panic with which the library meets damaged files.
func (r *reading) damaged(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: the Parquet file is damaged after row %d: %v", r.src.name, r.rows, p)
	}
}

// group hands over the rows of a row group.
func (p *parquetRows) group(n int) error {
	batches, err := p.batches(n)
	if err != nil {
		return err
	}
	defer batches.Release()
	for {
		batch, err := p.next(batches)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range int(batch.NumRows()) {
			if err := p.one(i); err != nil {
				return err
			}
		}
	}
}

func (p *parquetRows) batches(group int) (_ pqarrow.RecordReader, err error) {
	defer p.damaged(&err)
	batches, err := p.reader.GetRecordReader(p.ctx, p.leaves, []int{group})
	if err != nil {
		return nil, fmt.Errorf("%s: row group %d: %w", p.src.name, group, err)
	}
	return batches, nil
}

// next reads a batch, which stays until the one after.
func (p *parquetRows) next(batches pqarrow.RecordReader) (_ arrow.Record, err error) {
	defer p.damaged(&err)
	batch, err := batches.Read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the Parquet file is damaged after row %d: %w", p.src.name, p.rows, err)
	}
	for col, at := range p.at {
		if at >= 0 {
			p.take[col] = p.parser.taker(p.row.table.columns[col].Kind, col, batch.Column(at))
		}
	}
	return batch, nil
}

// one hands over a row of the batch.
func (p *parquetRows) one(i int) error {
	p.row.row = p.rows + 1
	p.row.line = int(p.rows) + 2
	problem, err := p.cells(i)
	switch {
	case err != nil:
		return err
	case problem != nil:
		err = p.problems.add(problem)
	default:
		err = p.hand(p.row)
	}
	if err != nil {
		return err
	}
	return p.count()
}

// cells makes the cells of a row, or says what is wrong with its first bad one.
// Offsets within a column are found wrong only when they are used: err.
func (p *parquetRows) cells(i int) (problem, err error) {
	defer p.damaged(&err)
	b := p.row.table
	if b.series >= 0 && p.take[b.series] != nil {
		p.take[b.series](i, &p.row.cells[b.series])
		p.parser.clock.begin([]byte(p.row.cells[b.series].text))
	}
	for col, take := range p.take {
		if take == nil {
			continue
		}
		c := &b.columns[col]
		v, text := take(i, &p.row.cells[col])
		switch {
		case v == good, v == absent && (c.Gaps || c.Optional):
		case p.problems.full():
			return errTold, nil
		default:
			return p.row.Errorf(col, "%s", fault(c, []byte(text()), v)), nil
		}
	}
	return nil, nil
}

// ration gives no more memory than a file may reasonably want at a time.
type ration struct {
	memory.Allocator
	used int
}

func (r *ration) Allocate(size int) []byte {
	r.want(size)
	return r.Allocator.Allocate(size)
}

func (r *ration) Reallocate(size int, b []byte) []byte {
	r.want(size - len(b))
	return r.Allocator.Reallocate(size, b)
}

func (r *ration) Free(b []byte) {
	r.used -= len(b)
	r.Allocator.Free(b)
}

// want panics, as the library does with what it cannot read; damaged catches it.
func (r *ration) want(size int) {
	if r.used+size > maxBatchBytes {
		panic(fmt.Sprintf("a batch wants more than %d bytes of memory; write the file with smaller row groups", maxBatchBytes))
	}
	r.used += size
}
