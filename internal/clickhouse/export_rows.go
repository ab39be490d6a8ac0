package clickhouse

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"steward/internal/authz"
)

// The rows of an export come from the server as an Arrow stream, whatever the
// file's format: their places are looked at here, and a format that gathers
// rows, as Parquet does, gathers them here and not in the server.

// exportSeconds bounds one piece of an export on the server. A slow reader holds
// it up, within sendSeconds for each write.
const (
	exportSeconds = 1800
	sendSeconds   = 120
	// exportBlock is how many rows come at once.
	exportBlock = 16384
)

var exportSettings = map[string]string{
	// With readonly the server stops when nobody listens any more.
	"readonly": "2", "cancel_http_readonly_queries_on_client_close": "1",
	"max_execution_time": fmt.Sprint(exportSeconds), "http_send_timeout": fmt.Sprint(sendSeconds),
	"max_memory_usage": fmt.Sprint(callerMemory), "max_threads": "1",
	"max_block_size": fmt.Sprint(exportBlock), "max_result_rows": "0", "max_result_bytes": "0",
	// In the order of the key many parts are read side by side, each by its own
	// buffers.
	"optimize_read_in_order": "1", "optimize_aggregation_in_order": "1", "max_read_buffer_size": "131072",
	"output_format_arrow_string_as_string": "1", "output_format_arrow_low_cardinality_as_dictionary": "0",
	"output_format_arrow_compression_method": "none",
}

// exportPiece writes the rows of one query to a file.
func (s *Store) exportPiece(ctx context.Context, scope authz.Scope, plan exportPlan, args arguments, file exportFile) error {
	return s.arrowRows(ctx, "scoped/"+plan.query, args, exportSettings, func(r io.Reader) error {
		return copyRows(r, scope, plan.columns, file)
	})
}

// arrowRows runs a file of queries/ and has its answer read as an Arrow stream.
func (s *Store) arrowRows(ctx context.Context, name string, args arguments, settings map[string]string, read func(io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the query when the rows are not wanted any more
	r, w := io.Pipe()
	asked := make(chan error, 1)
	go func() {
		err := s.Query(ctx, w, QueryOptions{SQL: queryText(name), Format: "ArrowStream", settings: settings, args: args})
		_ = w.CloseWithError(err) // it cannot fail
		asked <- err
	}()
	err := read(r)
	if err != nil {
		cancel()
	}
	_ = r.CloseWithError(io.ErrClosedPipe) // so that the query does not wait for a reader; it cannot fail
	// What the server said explains a stream that broke off.
	if cause := <-asked; cause != nil && (err == nil || ctx.Err() == nil) {
		return cause
	}
	return err
}

// copyRows checks the rows of a stream and writes them to a file.
func copyRows(r io.Reader, scope authz.Scope, columns []exportColumn, file exportFile) error {
	rows, err := ipc.NewReader(r)
	if err != nil {
		return fmt.Errorf("clickhouse: export: read the rows: %w", err)
	}
	defer rows.Release()
	schema := exportSchema(columns)
	guard := placeGuard{scope: scope}
	for rows.Next() {
		if err := copyBatch(rows.Record(), schema, columns, &guard, file); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("clickhouse: export: read the rows: %w", err)
	}
	return nil
}

// copyBatch writes a batch of rows with the columns of the file.
func copyBatch(rows arrow.Record, schema *arrow.Schema, columns []exportColumn, guard *placeGuard, file exportFile) error {
	list := make([]arrow.Array, len(columns))
	for i, c := range columns {
		at := rows.Schema().FieldIndices(c.from)
		if len(at) != 1 {
			return fmt.Errorf("clickhouse: export: the answer has %d columns %s, not 1", len(at), c.from)
		}
		list[i] = rows.Column(at[0])
		if c.kind == momentColumn || c.kind == zonedColumn {
			list[i] = moments(list[i])
			defer list[i].Release()
		}
		if want := schema.Field(i).Type; !arrow.TypeEqual(list[i].DataType(), want) {
			return fmt.Errorf("clickhouse: export: column %s is of the type %s, not %s", c.name, list[i].DataType(), want)
		}
	}
	if err := checkPlaces(columns, list, guard); err != nil {
		return err
	}
	batch := array.NewRecord(schema, list, rows.NumRows())
	defer batch.Release()
	return file.write(batch)
}

// checkPlaces looks at where each row of a batch belongs.
func checkPlaces(columns []exportColumn, list []arrow.Array, guard *placeGuard) error {
	var region, project *array.String
	for i, c := range columns {
		switch c.name {
		case "region":
			region, _ = list[i].(*array.String)
		case "project":
			project, _ = list[i].(*array.String)
		}
	}
	if region == nil || project == nil {
		return errOutside // nothing says that they belong
	}
	for i := range region.Len() {
		if err := guard.check(place(region.Value(i), project.Value(i))); err != nil {
			return err
		}
	}
	return nil
}

// moments takes whole milliseconds for the times that they are.
func moments(column arrow.Array) arrow.Array {
	if column.DataType().ID() != arrow.INT64 {
		column.Retain()
		return column
	}
	is := column.Data()
	data := array.NewData(moment, is.Len(), is.Buffers(), nil, is.NullN(), is.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}

// moment is the type of times in files.
var moment = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}

func exportSchema(columns []exportColumn) *arrow.Schema {
	types := map[columnKind]arrow.DataType{
		textColumn: arrow.BinaryTypes.String, numberColumn: arrow.PrimitiveTypes.Float64, countColumn: arrow.PrimitiveTypes.Uint64, momentColumn: moment, zonedColumn: moment,
	}
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.name, Type: types[c.kind], Nullable: c.nullable}
	}
	return arrow.NewSchema(fields, nil)
}
