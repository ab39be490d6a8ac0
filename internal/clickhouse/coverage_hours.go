package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// CoverageHour is how completely a device reported in an hour.
type CoverageHour struct {
	TS                       telemetry.Millis // a whole hour
	Expected                 float64
	Received, Rejected, Late uint32
	Cadence                  float64 // seconds; 0 when the device keeps none
}

// CoverageBatch are rows for coverage_1h in the form in which they are sent. The zero
// value is an empty batch.
type CoverageBatch struct {
	ts                             []proto.DateTime
	region, project, class, device keyColumn
	expected, cadence              []float32
	received, rejected, late       []uint32
}

// Add adds an hour of a device.
func (b *CoverageBatch) Add(d telemetry.Device, h CoverageHour) {
	b.ts = append(b.ts, proto.DateTime(h.TS/1000))
	b.region.add(d.Region)
	b.project.add(d.Project)
	b.class.add(string(d.Class))
	b.device.add(d.ID)
	b.expected, b.cadence = append(b.expected, float32(h.Expected)), append(b.cadence, float32(h.Cadence))
	b.received, b.rejected, b.late = append(b.received, h.Received), append(b.rejected, h.Rejected), append(b.late, h.Late)
}

// Rows is how many rows the batch has.
func (b *CoverageBatch) Rows() int { return len(b.ts) }

// Reset empties the batch and keeps its memory for the next one.
func (b *CoverageBatch) Reset() {
	for _, k := range []*keyColumn{&b.region, &b.project, &b.class, &b.device} {
		k.reset()
	}
	b.ts, b.expected, b.cadence = b.ts[:0], b.expected[:0], b.cadence[:0]
	b.received, b.rejected, b.late = b.received[:0], b.rejected[:0], b.late[:0]
}

// PutCoverage writes a batch of a run. Hours that are there already count no more. The
// rows may be of maxPartitions months at most.
func (s *Store) PutCoverage(ctx context.Context, b *CoverageBatch, run string, computed time.Time) error {
	if b.Rows() == 0 {
		return nil
	}
	columns := proto.Input{
		{Name: "ts", Data: &proto.ColDateTime{Data: b.ts, Location: time.UTC}},
		b.region.column("region", nil), b.project.column("project", nil), b.class.column("class", nil), b.device.column("device", nil),
		{Name: "expected", Data: (*proto.ColFloat32)(&b.expected)},
		{Name: "received", Data: (*proto.ColUInt32)(&b.received)},
		{Name: "rejected", Data: (*proto.ColUInt32)(&b.rejected)},
		{Name: "late", Data: (*proto.ColUInt32)(&b.late)},
		{Name: "cadence", Data: (*proto.ColFloat32)(&b.cadence)},
	}
	return s.putColumns(ctx, "coverage_1h", append(columns, runColumns(run, computed, b.Rows())...))
}

// MessageHour is what a device sent in an hour.
type MessageHour struct {
	Hour, First, Last telemetry.Millis
	Messages          uint64
}

// MessageHours hands out the hours in which the devices of a project sent something,
// device after device and by time.
func (s *Store) MessageHours(ctx context.Context, at authz.Place, from, to time.Time, each func(class, device string, h MessageHour) error) error {
	args := placeArguments(at)
	args.period(period{telemetry.MillisOf(from), telemetry.MillisOf(to)})
	var class, device sameText
	return s.analysisRows(ctx, "message_hours", args, func(record arrow.Record) error {
		classes, err := columnOf[*array.String](record, "class", nil)
		devices, err := columnOf[*array.String](record, "device", err)
		hour, err := columnOf[*array.Uint64](record, "hour", err)
		first, err := columnOf[*array.Int64](record, "first_ts", err)
		last, err := columnOf[*array.Int64](record, "last_ts", err)
		messages, err := columnOf[*array.Uint64](record, "messages", err)
		if err != nil {
			return err
		}
		for i := range hour.Len() {
			err := each(class.of(classes.Value(i)), device.of(devices.Value(i)), MessageHour{
				Hour: telemetry.Millis(hour.Value(i)), First: telemetry.Millis(first.Value(i)), Last: telemetry.Millis(last.Value(i)), Messages: messages.Value(i),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// LateMessages hands out how many messages came more than ten minutes after their
// hour was over, where there are any.
func (s *Store) LateMessages(ctx context.Context, at authz.Place, from, to time.Time, each func(class, device string, hour telemetry.Millis, n uint64) error) error {
	args := placeArguments(at)
	args.period(period{telemetry.MillisOf(from), telemetry.MillisOf(to)})
	return s.messageCounts(ctx, "late_messages", args, each)
}

// maxRejected bounds the rows of RejectedMessages: topics come from the wire.
const maxRejected = 1_000_000

// RejectedMessages hands out how many messages on the topics of a project's devices
// were quarantined in an hour, where there are any.
func (s *Store) RejectedMessages(ctx context.Context, at authz.Place, from, to time.Time, each func(class, device string, hour telemetry.Millis, n uint64) error) error {
	args := arguments{}
	args.text("prefix", telemetry.TopicRoot+"/"+at.Region+"/"+at.Project+"/")
	args.period(period{telemetry.MillisOf(from), telemetry.MillisOf(to)})
	args.number("limit", maxRejected)
	return s.messageCounts(ctx, "rejected_messages", args, each)
}

func (s *Store) messageCounts(ctx context.Context, name string, args arguments, each func(class, device string, hour telemetry.Millis, n uint64) error) error {
	return s.analysisEach(ctx, name, args, func(scan func(...any) error) error {
		var class, device string
		var hour, n uint64
		if err := scan(&class, &device, &hour, &n); err != nil {
			return err
		}
		return each(class, device, telemetry.Millis(hour), n)
	})
}

// CoverageCadences hands out the last cadence in seconds, 0 for none, that was found
// of each device in a period.
func (s *Store) CoverageCadences(ctx context.Context, at authz.Place, from, to time.Time, each func(class, device string, seconds float64) error) error {
	args := placeArguments(at)
	args.period(period{telemetry.MillisOf(from), telemetry.MillisOf(to)})
	return s.analysisEach(ctx, "coverage_cadences", args, func(scan func(...any) error) error {
		var class, device string
		var seconds float64
		if err := scan(&class, &device, &seconds); err != nil {
			return err
		}
		return each(class, device, seconds)
	})
}

// maxSilences bounds what is looked at of a project's silences.
const maxSilences = 1_000_000

// SilenceEvents hands out the silences of devices that are on record, and their ends,
// device after device and by time: events of the kinds silent and silent_cleared.
func (s *Store) SilenceEvents(ctx context.Context, at authz.Place, from, to time.Time, each func(class, device, kind, id string, ts telemetry.Millis) error) error {
	args := placeArguments(at)
	args.period(period{telemetry.MillisOf(from), telemetry.MillisOf(to)})
	args.number("limit", maxSilences)
	return s.analysisEach(ctx, "silence_events", args, func(scan func(...any) error) error {
		var class, device, kind, id string
		var ts int64
		if err := scan(&class, &device, &kind, &id, &ts); err != nil {
			return err
		}
		return each(class, device, kind, id, telemetry.Millis(ts))
	})
}
