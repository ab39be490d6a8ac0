package clickhouse

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// ReliabilityDevice is what is known of a device that matters for how often it fails.
type ReliabilityDevice struct {
	Class, ID, State, Vendor, Model string

	// Days since 1970; nil when unknown.
	CommissionedOn, InstalledOn, RetiredOn *int32

	// 0 when there is none. Events are those that the device sent.
	FirstReading, LastReading, FirstEvent, LastEvent telemetry.Millis

	Messages uint64 // in the period: days with readings, and events; 0 says that it sent nothing
	// Expected and Came are messages of the period as coverage_1h has them, 0 when it
	// has not counted the device.
	Expected, Came float64
}

// ReliabilityEvent is an event of a device that begins or ends a fault, an
// entrapment, maintenance or a silence.
type ReliabilityEvent struct {
	Class, Device, Kind string
	Code                string // of a fault; "" without one
	At                  telemetry.Millis
}

// seenBefore is how long before a period a device's messages are looked for: one
// that reported then was there when the period began.
const seenBefore = 31 * 24 * time.Hour

// ReliabilityDevices hands out the devices of a project, in the order of class and
// id. Those that were refused are left out.
func (s *Store) ReliabilityDevices(ctx context.Context, at authz.Place, from, to time.Time, each func(ReliabilityDevice) error) error {
	args := Args{"region": at.Region, "project": at.Project, "from": from, "to": to, "seen": from.Add(-seenBefore)}
	return s.Columns(ctx, "reliability_devices", args, func(batch arrow.Record) error {
		var c reliabilityColumns
		if err := c.find(batch); err != nil {
			return err
		}
		for i := range int(batch.NumRows()) {
			if err := each(c.device(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// reliabilityColumns are the columns of a batch of devices.
type reliabilityColumns struct {
	class, id, state, vendor, model                  *array.String
	commissioned, installed, retired                 *array.Int32
	firstReading, lastReading, firstEvent, lastEvent *array.Int64
	messages                                         *array.Uint64
	expected, came                                   *array.Float64
	classes, states, vendors, models                 sameText
}

func (c *reliabilityColumns) find(batch arrow.Record) (err error) {
	c.class, err = columnOf[*array.String](batch, "class", err)
	c.id, err = columnOf[*array.String](batch, "device", err)
	c.state, err = columnOf[*array.String](batch, "state", err)
	c.vendor, err = columnOf[*array.String](batch, "vendor", err)
	c.model, err = columnOf[*array.String](batch, "model", err)
	c.commissioned, err = columnOf[*array.Int32](batch, "commissioned", err)
	c.installed, err = columnOf[*array.Int32](batch, "installed", err)
	c.retired, err = columnOf[*array.Int32](batch, "retired", err)
	c.firstReading, err = columnOf[*array.Int64](batch, "first_reading", err)
	c.lastReading, err = columnOf[*array.Int64](batch, "last_reading", err)
	c.firstEvent, err = columnOf[*array.Int64](batch, "first_event", err)
	c.lastEvent, err = columnOf[*array.Int64](batch, "last_event", err)
	c.messages, err = columnOf[*array.Uint64](batch, "messages", err)
	c.expected, err = columnOf[*array.Float64](batch, "expected", err)
	c.came, err = columnOf[*array.Float64](batch, "came", err)
	return err
}

func (c *reliabilityColumns) device(i int) ReliabilityDevice {
	var id sameText // of its own: it must not keep the batch
	return ReliabilityDevice{
		Class: c.classes.of(c.class.Value(i)), ID: id.of(c.id.Value(i)), State: c.states.of(c.state.Value(i)),
		Vendor: c.vendors.of(c.vendor.Value(i)), Model: c.models.of(c.model.Value(i)),
		CommissionedOn: dayAt(c.commissioned, i), InstalledOn: dayAt(c.installed, i), RetiredOn: dayAt(c.retired, i),
		FirstReading: telemetry.Millis(c.firstReading.Value(i)), LastReading: telemetry.Millis(c.lastReading.Value(i)),
		FirstEvent: telemetry.Millis(c.firstEvent.Value(i)), LastEvent: telemetry.Millis(c.lastEvent.Value(i)),
		Messages: c.messages.Value(i), Expected: c.expected.Value(i), Came: c.came.Value(i),
	}
}

func dayAt(column *array.Int32, i int) *int32 {
	if column.IsNull(i) {
		return nil
	}
	day := column.Value(i)
	return &day
}

// ReliabilityEvents hands out the events of a project in a period, device after
// device and in the order in which they are to be taken, each once.
func (s *Store) ReliabilityEvents(ctx context.Context, at authz.Place, from, to time.Time, each func(ReliabilityEvent) error) error {
	args := Args{"region": at.Region, "project": at.Project, "from": from, "to": to}
	var class, device, kind, code sameText
	return s.Columns(ctx, "reliability_events", args, func(batch arrow.Record) error {
		classes, err := columnOf[*array.String](batch, "class", nil)
		devices, err := columnOf[*array.String](batch, "device", err)
		kinds, err := columnOf[*array.String](batch, "kind", err)
		codes, err := columnOf[*array.String](batch, "code", err)
		ats, err := columnOf[*array.Int64](batch, "at", err)
		if err != nil {
			return err
		}
		for i := range ats.Len() {
			err := each(ReliabilityEvent{
				Class: class.of(classes.Value(i)), Device: device.of(devices.Value(i)), Kind: kind.of(kinds.Value(i)), Code: code.of(codes.Value(i)),
				At: telemetry.Millis(ats.Value(i)),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
