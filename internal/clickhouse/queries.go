package clickhouse

import (
	"context"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/telemetry"
)

//go:embed queries/*.sql queries/scoped/*.sql
var queryFiles embed.FS

// queryText is a file of queries/ by its name.
func queryText(name string) string {
	text, err := queryFiles.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic(err) // the names are constants, and the files are in the binary
	}
	return string(text)
}

// each runs a query of queries/ and hands its rows to scan, one at a time.
func (s *Store) each(ctx context.Context, name string, params driver.Parameters, scan func(scan func(dest ...any) error) error) error {
	rows, err := s.conn.Query(driver.Context(ctx, driver.WithParameters(params)), queryText(name))
	if err != nil {
		return s.wrap("query "+name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return fmt.Errorf("clickhouse: query %s: %w", name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return s.wrap("query "+name, err)
	}
	return nil
}

// milliseconds writes a time as the parameters of queries/ want it.
func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// intern gives one pointer to equal devices.
type intern map[telemetry.Device]*telemetry.Device

func (known intern) device(region, project, class, id string) *telemetry.Device {
	d := telemetry.Device{Region: region, Project: project, Class: telemetry.Class(class), ID: id}
	p, ok := known[d]
	if !ok {
		p = &d
		known[d] = p
	}
	return p
}

// Latest calls each with the last value by time of every device and metric that
// had one since the given time, in no order. Devices are shared between calls.
// It reads the daily buckets, so that its cost goes by the number of metrics
// and days and not of readings; therefore Received is the newest receipt of
// the day of the value, which differs from its own only for devices that send
// late. An error of each ends it and is returned.
func (s *Store) Latest(ctx context.Context, since time.Time, each func(telemetry.Reading) error) error {
	known := intern{}
	return s.each(ctx, "latest", driver.Parameters{"since": milliseconds(since)}, func(scan func(...any) error) error {
		var region, project, class, id, metric string
		var ts, received int64
		var value float64
		if err := scan(&region, &project, &class, &id, &metric, &ts, &received, &value); err != nil {
			return err
		}
		return each(telemetry.Reading{
			Device: known.device(region, project, class, id), Metric: metric,
			TS: telemetry.Millis(ts), Received: telemetry.Millis(received), Value: value,
		})
	})
}

// LatestStates is Latest for text values. There are no buckets of them: it
// reads all since the given time.
func (s *Store) LatestStates(ctx context.Context, since time.Time, each func(telemetry.State) error) error {
	known := intern{}
	return s.each(ctx, "latest_states", driver.Parameters{"since": milliseconds(since)}, func(scan func(...any) error) error {
		var region, project, class, id, metric, value string
		var ts, received int64
		if err := scan(&region, &project, &class, &id, &metric, &ts, &received, &value); err != nil {
			return err
		}
		return each(telemetry.State{
			Device: known.device(region, project, class, id), Metric: metric,
			TS: telemetry.Millis(ts), Received: telemetry.Millis(received), Value: value,
		})
	})
}

// RecentEvents lists the last events since the given time, newest first, at
// most limit.
func (s *Store) RecentEvents(ctx context.Context, limit int, since time.Time) ([]telemetry.Event, error) {
	return s.events(ctx, "recent_events", driver.Parameters{"since": milliseconds(since), "limit": strconv.Itoa(limit)})
}

// MarkReplayed records that the letters with these IDs were fed in again, so
// that they are not listed any more.
func (s *Store) MarkReplayed(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	params := driver.Parameters{"ids": arrayParameter(ids), "outcome": "replayed"}
	err := s.conn.Exec(driver.Context(ctx, driver.WithParameters(params)), queryText("mark_replayed"))
	return s.wrap("query mark_replayed", err)
}

// arrayParameter writes an Array(String) as a parameter, which unlike a String
// is not read as a field of a tab-separated line.
func arrayParameter(values []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\'')
		b.WriteString(arrayEscaper.Replace(v))
		b.WriteByte('\'')
	}
	b.WriteByte(']')
	return b.String()
}

var arrayEscaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`)
