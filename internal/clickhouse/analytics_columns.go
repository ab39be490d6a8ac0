package clickhouse

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// Args are the values of a query's parameters by their names: string, []string,
// bool, int, int64, float64, or a time.Time, which is bound in Unix milliseconds.
type Args map[string]any

// bound are the values as the server reads them.
func (a Args) bound() (arguments, error) {
	out := arguments{}
	for name, value := range a {
		switch v := value.(type) {
		case string:
			out.text(name, v)
		case []string:
			out.texts(name, v)
		case bool:
			out.number(name, map[bool]int64{true: 1}[v])
		case int:
			out.number(name, int64(v))
		case int64:
			out.number(name, v)
		case float64:
			out[name] = fmt.Sprint(v)
		case time.Time:
			out.number(name, v.UnixMilli())
		default:
			return nil, fmt.Errorf("clickhouse: parameter %s is of the type %T, which no parameter is bound from", name, value)
		}
	}
	return out, nil
}

// What one query of an analysis may use on the server: analyses read years and
// nobody waits for them, but ingest must not wait for them either. What needs more
// memory than half of it goes by way of the disk.
const (
	jobSeconds = 2 * 3600
	jobMemory  = 2 * callerMemory
	jobThreads = 2
	jobBlock   = 65_536 // rows that come at once
)

var jobSettings = map[string]string{
	"max_execution_time": fmt.Sprint(jobSeconds), "max_memory_usage": fmt.Sprint(jobMemory), "max_threads": fmt.Sprint(jobThreads),
	"max_bytes_before_external_group_by": fmt.Sprint(jobMemory / 2), "max_bytes_before_external_sort": fmt.Sprint(jobMemory / 2),
	"max_result_rows": "0", "max_result_bytes": "0",
}

var columnSettings = func() map[string]string {
	settings := maps.Clone(exportSettings)
	maps.Copy(settings, jobSettings)
	settings["max_block_size"] = fmt.Sprint(jobBlock)
	return settings
}()

// Columns runs a file of queries/, by its name without the ending, for Steward's
// own work, and hands out its rows as they come, some ten thousands at a time and
// column by column: what is held in memory does not grow with the answer. Texts are
// arrow strings, also those of LowCardinality columns; [Column] finds a column of a
// batch. A batch is valid until each returns; an error of each ends it and is
// returned. A listener that takes longer than two minutes for a batch is given up
// by the server.
func (s *Store) Columns(ctx context.Context, query string, args Args, each func(batch arrow.Record) error) error {
	values, err := s.ownQuery(query, args)
	if err != nil {
		return err
	}
	return s.arrowRows(ctx, query, values, columnSettings, func(r io.Reader) error {
		rows, err := ipc.NewReader(r)
		if err != nil {
			return fmt.Errorf("clickhouse: query %s: read the rows: %w", query, err)
		}
		defer rows.Release()
		for rows.Next() {
			if err := each(rows.Record()); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("clickhouse: query %s: read the rows: %w", query, err)
		}
		return nil
	})
}

// Column is a column of a batch of Columns, of the type that the query gives it,
// such as *array.Float64.
func Column[T arrow.Array](batch arrow.Record, name string) (T, error) {
	return columnOf[T](batch, name, nil)
}

// Do runs a file of queries/ that gives no rows, such as an INSERT … SELECT, for
// Steward's own work. It returns when the server is done.
func (s *Store) Do(ctx context.Context, query string, args Args) error {
	values, err := s.ownQuery(query, args)
	if err != nil {
		return err
	}
	settings := driver.Settings{"async_insert": "0"}
	for name, value := range jobSettings {
		settings[name] = value
	}
	ctx = driver.Context(ctx, driver.WithParameters(driver.Parameters(values)), driver.WithSettings(settings))
	return s.wrap("query "+query, s.conn.Exec(ctx, queryText(query)))
}

// ownQuery finds out that there is a file of a name, and binds its parameters.
func (s *Store) ownQuery(query string, args Args) (arguments, error) {
	if !slices.Contains(ownQueries, query) {
		return nil, fmt.Errorf("clickhouse: there is no query %q", query)
	}
	return args.bound()
}

// ownQueries are the files of queries/ for Steward's own work, without ending.
var ownQueries = func() []string {
	files, err := queryFiles.ReadDir("queries")
	if err != nil {
		panic(err) // it is in the binary
	}
	var names []string
	for _, f := range files {
		if name := f.Name(); !f.IsDir() {
			names = append(names, name[:len(name)-len(".sql")])
		}
	}
	return names
}()
