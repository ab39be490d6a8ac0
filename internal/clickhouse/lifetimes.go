package clickhouse

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// LifetimeDevice is what is known of a device that matters for how long it and its
// parts live, and for whether it is worth replacing.
type LifetimeDevice struct {
	Class, ID, State, Name, Building, Medium, Vendor, Model string

	// Days since 1970; nil when unknown.
	InstalledOn, CommissionedOn, RetiredOn, VerifyBy *int32

	ExpectedLifeYears, ReplacementCost, FailureCost float64 // 0 when unknown; costs in yuan

	// 0 when there is none. Events are those that the device sent.
	FirstReading, LastReading, FirstEvent, LastEvent telemetry.Millis

	Senses string // smoke or water, by the metrics that it sent; "" when they do not tell
	// Expected and Came are messages of the period as coverage_1h has them, 0 when it
	// has not counted the device.
	Expected, Came float64
}

// LifetimeDevices hands out the devices of a project, in the order of class and id.
// Those that were refused are left out.
func (s *Store) LifetimeDevices(ctx context.Context, at authz.Place, from, to time.Time, each func(LifetimeDevice) error) error {
	args := Args{"region": at.Region, "project": at.Project, "from": from, "to": to}
	return s.Columns(ctx, "lifetimes_devices", args, func(batch arrow.Record) error {
		var c lifetimeColumns
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

// lifetimeTexts are the columns of text, in the order of lifetimeColumns.texts.
var lifetimeTexts = [...]string{"class", "device", "state", "name", "building", "medium", "vendor", "model", "senses"}

// lifetimeColumns are the columns of a batch of devices.
type lifetimeColumns struct {
	texts                                            [len(lifetimeTexts)]*array.String
	same                                             [len(lifetimeTexts)]sameText
	installed, commissioned, retired, verifyBy       *array.Int32
	firstReading, lastReading, firstEvent, lastEvent *array.Int64
	life, replacement, failure, expected, came       *array.Float64
}

func (c *lifetimeColumns) find(batch arrow.Record) (err error) {
	for i, name := range lifetimeTexts {
		c.texts[i], err = columnOf[*array.String](batch, name, err)
	}
	c.installed, err = columnOf[*array.Int32](batch, "installed", err)
	c.commissioned, err = columnOf[*array.Int32](batch, "commissioned", err)
	c.retired, err = columnOf[*array.Int32](batch, "retired", err)
	c.verifyBy, err = columnOf[*array.Int32](batch, "verify_by", err)
	c.firstReading, err = columnOf[*array.Int64](batch, "first_reading", err)
	c.lastReading, err = columnOf[*array.Int64](batch, "last_reading", err)
	c.firstEvent, err = columnOf[*array.Int64](batch, "first_event", err)
	c.lastEvent, err = columnOf[*array.Int64](batch, "last_event", err)
	c.life, err = columnOf[*array.Float64](batch, "life_years", err)
	c.replacement, err = columnOf[*array.Float64](batch, "replacement_cost", err)
	c.failure, err = columnOf[*array.Float64](batch, "failure_cost", err)
	c.expected, err = columnOf[*array.Float64](batch, "expected", err)
	c.came, err = columnOf[*array.Float64](batch, "came", err)
	return err
}

func (c *lifetimeColumns) device(i int) LifetimeDevice {
	var t [len(lifetimeTexts)]string
	for k := range t {
		t[k] = c.same[k].of(c.texts[k].Value(i))
	}
	at := func(column *array.Int64) telemetry.Millis { return telemetry.Millis(column.Value(i)) }
	return LifetimeDevice{
		Class: t[0], ID: t[1], State: t[2], Name: t[3], Building: t[4], Medium: t[5], Vendor: t[6], Model: t[7],
		InstalledOn: dayAt(c.installed, i), CommissionedOn: dayAt(c.commissioned, i), RetiredOn: dayAt(c.retired, i), VerifyBy: dayAt(c.verifyBy, i),
		ExpectedLifeYears: c.life.Value(i), ReplacementCost: c.replacement.Value(i), FailureCost: c.failure.Value(i),
		FirstReading: at(c.firstReading), LastReading: at(c.lastReading), FirstEvent: at(c.firstEvent), LastEvent: at(c.lastEvent),
		Senses: t[8], Expected: c.expected.Value(i), Came: c.came.Value(i),
	}
}

// LifetimeEvents hands out the events of a project in a period that begin or end a
// life or a silence, device after device and in the order in which they are to be
// taken, each once.
func (s *Store) LifetimeEvents(ctx context.Context, at authz.Place, from, to time.Time, each func(ReliabilityEvent) error) error {
	args := Args{"region": at.Region, "project": at.Project, "from": from, "to": to}
	var class, device, kind, code sameText
	return s.Columns(ctx, "lifetimes_events", args, func(batch arrow.Record) error {
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

// LifetimeWear is how much a device works, or how what it senses of itself drifts.
type LifetimeWear struct {
	Class, Device, Metric string
	Days                  float64 // on which the metric was seen
	PerDay                float64 // that a counter grew
	Slope                 float64 // a year, of a gauge
}

// LifetimeWears hands out what telemetry says of the wear of a project's devices, in
// the order of class, device and metric.
func (s *Store) LifetimeWears(ctx context.Context, at authz.Place, from, to time.Time, each func(LifetimeWear) error) error {
	args := Args{"region": at.Region, "project": at.Project, "from": from, "to": to}
	var class, device, metric sameText
	return s.Columns(ctx, "lifetimes_wear", args, func(batch arrow.Record) error {
		classes, err := columnOf[*array.String](batch, "class", nil)
		devices, err := columnOf[*array.String](batch, "device", err)
		metrics, err := columnOf[*array.String](batch, "metric", err)
		days, err := columnOf[*array.Float64](batch, "days", err)
		perDay, err := columnOf[*array.Float64](batch, "per_day", err)
		slope, err := columnOf[*array.Float64](batch, "slope", err)
		if err != nil {
			return err
		}
		for i := range days.Len() {
			err := each(LifetimeWear{
				Class: class.of(classes.Value(i)), Device: device.of(devices.Value(i)), Metric: metric.of(metrics.Value(i)),
				Days: days.Value(i), PerDay: perDay.Value(i), Slope: slope.Value(i),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
