package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Counter is a counter of a device, with what is kept of the device beside it.
type Counter struct {
	Device                  telemetry.Device
	Metric                  string
	Building, Point, Medium string
}

// ConsumptionHour is what a counter counted in an hour.
type ConsumptionHour struct {
	TS             telemetry.Millis // a whole hour
	Value, Covered float64
	Quality        string
	Readings       uint32
}

// ConsumptionBatch are rows for consumption_1h in the form in which they are sent.
// The zero value is an empty batch.
type ConsumptionBatch struct {
	ts                                                                       []proto.DateTime
	region, project, building, device, point, class, medium, metric, quality keyColumn
	value                                                                    []float64
	covered                                                                  []float32
	readings                                                                 []uint32
	last                                                                     *Counter
}

// Add adds an hour of a counter. Rows of one counter are added one after the other,
// with the same pointer.
func (b *ConsumptionBatch) Add(c *Counter, h ConsumptionHour) {
	if c == b.last {
		for _, k := range b.keys() {
			k.rows = append(k.rows, k.rows[len(k.rows)-1])
		}
	} else {
		for i, text := range []string{c.Device.Region, c.Device.Project, c.Building, c.Device.ID, c.Point, string(c.Device.Class), c.Medium, c.Metric} {
			b.keys()[i].add(text)
		}
		b.last = c
	}
	b.quality.add(h.Quality)
	b.ts = append(b.ts, proto.DateTime(h.TS/1000))
	b.value = append(b.value, h.Value)
	b.covered = append(b.covered, float32(h.Covered))
	b.readings = append(b.readings, h.Readings)
}

// keys are the columns that are the same for all rows of a counter.
func (b *ConsumptionBatch) keys() [8]*keyColumn {
	return [...]*keyColumn{&b.region, &b.project, &b.building, &b.device, &b.point, &b.class, &b.medium, &b.metric}
}

// Rows is how many rows the batch has.
func (b *ConsumptionBatch) Rows() int { return len(b.ts) }

// Reset empties the batch and keeps its memory for the next one.
func (b *ConsumptionBatch) Reset() {
	for _, k := range b.keys() {
		k.reset()
	}
	b.quality.reset()
	b.ts, b.value, b.covered, b.readings, b.last = b.ts[:0], b.value[:0], b.covered[:0], b.readings[:0], nil
}

// PutConsumption writes a batch of a run. Hours that are there already count no more.
// The rows may be of maxPartitions months at most.
func (s *Store) PutConsumption(ctx context.Context, b *ConsumptionBatch, run string, computed time.Time) error {
	if b.Rows() == 0 {
		return nil
	}
	columns := proto.Input{
		{Name: "ts", Data: &proto.ColDateTime{Data: b.ts, Location: time.UTC}},
		b.region.column("region", nil), b.project.column("project", nil), b.building.column("building", nil),
		b.device.column("device", nil), b.point.column("point", nil), b.class.column("class", nil),
		b.medium.column("medium", nil), b.metric.column("metric", nil), b.quality.column("quality", nil),
		{Name: "value", Data: float64Column(b.value, nil)},
		{Name: "covered", Data: (*proto.ColFloat32)(&b.covered)},
		{Name: "readings", Data: (*proto.ColUInt32)(&b.readings)},
	}
	columns = append(columns, runColumns(run, computed, b.Rows())...)
	return s.putColumns(ctx, "consumption_1h", columns)
}

// runColumns say of all rows which run wrote them, and when.
func runColumns(run string, computed time.Time, rows int) proto.Input {
	var id keyColumn
	key := id.dict.key(run)
	id.rows = slices.Repeat([]uint32{key}, rows)
	at := slices.Repeat([]proto.DateTime64{proto.DateTime64(telemetry.MillisOf(computed))}, rows)
	return proto.Input{id.column("run_id", nil), timeColumn("computed_at", at, nil)}
}

// putColumns inserts rows that may be inserted again.
func (s *Store) putColumns(ctx context.Context, table string, columns proto.Input) error {
	rows := columns[0].Data.Rows()
	err := s.inserts.do(ctx, insert{table, columns}, fmt.Sprintf("%s-%d-%d", table, time.Now().UnixNano(), rows))
	if err != nil {
		return s.wrap(fmt.Sprintf("insert %d rows into %s", rows, table), err)
	}
	return nil
}

// MeterBreak is where a counter broke off, as a run found it.
type MeterBreak struct {
	Device                 telemetry.Device
	Metric                 string
	TS                     telemetry.Millis
	Kind                   string
	Before, After, Counted float64
}

// PutMeterBreaks writes the breaks that a run found.
func (s *Store) PutMeterBreaks(ctx context.Context, breaks []MeterBreak, run string, computed time.Time) error {
	if len(breaks) == 0 {
		return nil
	}
	rows := make([][]any, len(breaks))
	for i, b := range breaks {
		d := b.Device
		rows[i] = []any{b.TS.Time(), d.Region, d.Project, string(d.Class), d.ID, b.Metric, b.Kind, b.Before, b.After, b.Counted, run, computed}
	}
	return s.put(ctx, "meter_breaks", rows)
}

// LocalDay is a day of a project's calendar, and when it begins.
type LocalDay struct {
	Year  int
	Month time.Month
	Day   int
	Begin time.Time
}

// LocalDays are the days of a zone that a period touches, and the end of the last.
func LocalDays(from, to time.Time, zone *time.Location) (days []LocalDay, end time.Time) {
	y, m, d := from.In(zone).Date()
	for ; ; d++ {
		begin := time.Date(y, m, d, 0, 0, 0, 0, zone)
		if !begin.Before(to) {
			return days, begin
		}
		year, month, day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Date()
		days = append(days, LocalDay{year, month, day, begin})
	}
}

// Number is the day since 1970.
func (d LocalDay) Number() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / 86_400
}

// maxDaysCounted bounds the days that are added up at once.
const maxDaysCounted = 400

// CountDays adds up the hours of a project to the days that a period touches, for all
// its counters.
func (s *Store) CountDays(ctx context.Context, at authz.Place, zone *time.Location, from, to time.Time, run string, computed time.Time) error {
	days, end := LocalDays(from, to, zone)
	for len(days) > 0 {
		part := days[:min(len(days), maxDaysCounted)]
		days = days[len(part):]
		last := end
		if len(days) > 0 {
			last = days[0].Begin
		}
		edges, numbers := make([]string, 0, len(part)+1), make([]string, 0, len(part))
		for _, d := range part {
			edges = append(edges, strconv.FormatInt(d.Begin.Unix(), 10))
			numbers = append(numbers, strconv.FormatInt(d.Number(), 10))
		}
		args := placeArguments(at)
		args.texts("edges", append(edges, strconv.FormatInt(last.Unix(), 10)))
		args.texts("days", numbers)
		args.text("run", run)
		args.number("computed", computed.UnixMilli())
		// async_insert concerns only inserts with data of their own.
		ctx := driver.Context(ctx, driver.WithParameters(driver.Parameters(args)), driver.WithSettings(analysisSettings()))
		if err := s.conn.Exec(ctx, queryText("count_days")); err != nil {
			return s.wrap("query count_days", err)
		}
	}
	return nil
}

// analysisSettings bound what a job asks of the server: it may take long, and must
// leave room for ingest.
func analysisSettings() driver.Settings {
	return driver.Settings{
		"max_threads": callerThreads, "max_insert_threads": 1, "max_execution_time": exportSeconds,
		"optimize_aggregation_in_order": 1, "do_not_merge_across_partitions_select_final": 1,
		// Beyond it sorting and grouping go by way of the disk.
		"max_bytes_before_external_group_by": callerMemory / 2, "max_bytes_before_external_sort": callerMemory / 2,
		"max_memory_usage": callerMemory,
	}
}

func placeArguments(at authz.Place) arguments {
	args := arguments{}
	args.text("region", at.Region)
	args.text("project", at.Project)
	return args
}

// MeterCorrection is what somebody knows better than the readings.
type MeterCorrection struct {
	ID        string
	Device    telemetry.Device
	Metric    string // "" for all counters of the device
	At, Until time.Time
	Kind      string // replaced, reset, rollover, accept, ignore, multiplier, removed, installed
	Old, New  *float64
	Note      string
	By        string
	Made      time.Time
	Withdrawn bool
}

// PutMeterCorrections keeps corrections. One with the ID of another takes its place.
func (s *Store) PutMeterCorrections(ctx context.Context, list []MeterCorrection) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		until := c.Until
		if until.Before(c.At) {
			until = c.At
		}
		d := c.Device
		rows[i] = []any{c.ID, d.Region, d.Project, string(d.Class), d.ID, c.Metric, c.At, until, c.Kind, c.Old, c.New, c.Note, c.By, c.Made, c.Withdrawn}
	}
	return s.put(ctx, "meter_corrections", rows)
}
