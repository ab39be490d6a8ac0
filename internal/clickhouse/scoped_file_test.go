package clickhouse_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// A record is a row of a file by the names of its columns, as text.
type record map[string]string

// readFile reads a file as others would who know nothing of Steward.
func readFile(data []byte, format string) ([]record, error) {
	switch format {
	case "csv":
		return readCSV(data)
	case "arrow":
		return readArrow(data)
	case "parquet":
		return readParquet(data)
	}
	return nil, fmt.Errorf("no format %q", format)
}

func readCSV(data []byte) ([]record, error) {
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, errors.Join(fmt.Errorf("%d lines", len(lines)), err)
	}
	records := []record{}
	for _, line := range lines[1:] {
		r := record{}
		for i, name := range lines[0] {
			r[name] = line[i]
		}
		records = append(records, r)
	}
	return records, nil
}

func readArrow(data []byte) ([]record, error) {
	reader, err := ipc.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	records := []record{}
	for reader.Next() {
		if records, err = addBatch(records, reader.Record()); err != nil {
			return nil, err
		}
	}
	if reader.Err() != nil {
		return nil, reader.Err()
	}
	// Without its end a stream is a part of one.
	if !bytes.HasSuffix(data, []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}) {
		return nil, io.ErrUnexpectedEOF
	}
	return records, nil
}

func readParquet(data []byte) ([]record, error) {
	reader, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }()
	rows, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{BatchSize: 1000}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	batches, err := rows.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		return nil, err
	}
	defer batches.Release()
	records := []record{}
	for batches.Next() {
		if records, err = addBatch(records, batches.Record()); err != nil {
			return nil, err
		}
	}
	if err := batches.Err(); err != nil && err != io.EOF { //nolint:errorlint // pqarrow ends with exactly this
		return nil, err
	}
	return records, nil
}

func addBatch(records []record, batch arrow.Record) ([]record, error) {
	for i := range int(batch.NumRows()) {
		r := record{}
		for c, name := range batch.Schema().Fields() {
			text, err := cell(batch.Column(c), i)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", name.Name, err)
			}
			r[name.Name] = text
		}
		records = append(records, r)
	}
	return records, nil
}

// cell is a value as CSV has it. Types that readers would stumble over are an
// error.
func cell(column arrow.Array, i int) (string, error) {
	if column.IsNull(i) {
		return "", fmt.Errorf("row %d is null", i)
	}
	switch c := column.(type) {
	case *array.String:
		return c.Value(i), nil
	case *array.LargeString:
		return c.Value(i), nil
	case *array.Dictionary:
		return cell(c.Dictionary(), c.GetValueIndex(i))
	case *array.Float64:
		return strconv.FormatFloat(c.Value(i), 'g', -1, 64), nil
	case *array.Uint64:
		return strconv.FormatUint(c.Value(i), 10), nil
	case *array.Int64:
		return strconv.FormatInt(c.Value(i), 10), nil
	case *array.Timestamp:
		t := c.DataType().(*arrow.TimestampType)
		if t.TimeZone != "UTC" {
			return "", fmt.Errorf("times of the zone %q", t.TimeZone)
		}
		return c.Value(i).ToTime(t.Unit).UTC().Format(csvTime), nil
	}
	return "", fmt.Errorf("type %s", column.DataType())
}

// csvTime is how times are written in CSV, in UTC.
const csvTime = "2006-01-02 15:04:05.000"

// readExport gives the rows of a file in the form of the other queries.
func readExport(data []byte, table, format string, r clickhouse.Resolution) ([]row, error) {
	records, err := readFile(data, format)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, rec := range records {
		f := fields{rec: rec}
		d := &telemetry.Device{Region: f.text("region"), Project: f.text("project"), Class: telemetry.Class(f.text("class")), ID: f.text("device")}
		switch {
		case table == "events":
			rows = append(rows, eventRow(telemetry.Event{
				Device: d, Kind: f.text("kind"), ID: f.text("id"), Severity: telemetry.Severity(f.text("severity")),
				TS: f.time("ts"), Received: f.time("received"), Attrs: f.text("attrs"),
			}))
		case r == clickhouse.Raw || r == clickhouse.Automatic:
			rows = append(rows, rawRow(telemetry.Reading{
				Device: d, Metric: f.text("metric"), TS: f.time("ts"), Received: f.time("received"), Value: f.number("value"),
			}))
		default:
			rows = append(rows, bucketRow(clickhouse.Bucket{
				Device: d, Metric: f.text("metric"), Start: f.time("bucket"),
				First: clickhouse.Sample{TS: f.time("first_ts"), Value: f.number("first")},
				Last:  clickhouse.Sample{TS: f.time("last_ts"), Value: f.number("last")},
				Min:   f.number("min"), Max: f.number("max"), Mean: f.number("mean"), Count: uint64(f.number("count")),
			}))
		}
		if f.err != nil {
			return nil, f.err
		}
	}
	return rows, nil
}

// fields reads the columns of a record and remembers what it could not read.
type fields struct {
	rec record
	err error
}

func (f *fields) text(name string) string {
	v, ok := f.rec[name]
	if !ok {
		f.err = fmt.Errorf("there is no column %s in %v", name, f.rec)
	}
	return v
}

func (f *fields) number(name string) float64 {
	v, err := strconv.ParseFloat(f.text(name), 64)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("column %s: %w", name, err)
	}
	return v
}

func (f *fields) time(name string) telemetry.Millis {
	t, err := time.Parse(csvTime, f.text(name))
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("column %s: %w", name, err)
	}
	return telemetry.MillisOf(t)
}
