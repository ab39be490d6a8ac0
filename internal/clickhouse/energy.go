package clickhouse

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"steward/internal/authz"
)

// EnergyMeter is a meter, or what it counted of one metric.
type EnergyMeter struct {
	Device, Point, Metric string // Point and Metric are "" of a meter that counted nothing
	Used, Known           float64
	Last                  int32 // day since 1970 of which something is known; 0 for none

	State, Building, Medium string
	Parent                  string // ID of the meter behind which it is
}

// EnergyHour is what was used in an hour.
type EnergyHour struct {
	Hour     int64 // Unix seconds
	Value    float64
	Covered  float64 // the part of the hour that Value accounts for
	Measured bool    // and neither interpolated nor suspect
}

// EnergyDemand is the highest mean power of a quarter of an hour.
type EnergyDemand struct {
	Device   string
	KW       float64
	At       time.Time
	Quarters uint64 // that have a value
}

// EnergyMeters hands out the meters of a project with what they used in a period.
func (s *Store) EnergyMeters(ctx context.Context, at authz.Place, from, to time.Time, each func(EnergyMeter) error) error {
	args := Args{"region": at.Region, "project": at.Project, "from": from, "to": to}
	return s.Columns(ctx, "energy_meters", args, func(batch arrow.Record) error {
		device, err := columnOf[*array.String](batch, "device", nil)
		point, err := columnOf[*array.String](batch, "point", err)
		metric, err := columnOf[*array.String](batch, "metric", err)
		used, err := columnOf[*array.Float64](batch, "used", err)
		known, err := columnOf[*array.Float64](batch, "known", err)
		last, err := columnOf[*array.Int32](batch, "last", err)
		state, err := columnOf[*array.String](batch, "state", err)
		building, err := columnOf[*array.String](batch, "building", err)
		medium, err := columnOf[*array.String](batch, "medium", err)
		parent, err := columnOf[*array.String](batch, "parent", err)
		if err != nil {
			return err
		}
		var texts [7]sameText
		for i := range int(batch.NumRows()) {
			err := each(EnergyMeter{
				Device: texts[0].of(device.Value(i)), Point: texts[1].of(point.Value(i)), Metric: texts[2].of(metric.Value(i)),
				Used: used.Value(i), Known: known.Value(i), Last: last.Value(i), State: texts[3].of(state.Value(i)),
				Building: texts[4].of(building.Value(i)), Medium: texts[5].of(medium.Value(i)), Parent: texts[6].of(parent.Value(i)),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// EnergyHours hands out what meters of a project used, by metering point, metric and
// time: MaxSeries meters at most.
func (s *Store) EnergyHours(ctx context.Context, at authz.Place, devices []string, from, to time.Time, each func(point, metric string, h EnergyHour) error) error {
	args := Args{"region": at.Region, "project": at.Project, "devices": devices, "from": from, "to": to}
	var p, m sameText
	return s.Columns(ctx, "energy_hours", args, func(batch arrow.Record) error {
		point, err := columnOf[*array.String](batch, "point", nil)
		metric, err := columnOf[*array.String](batch, "metric", err)
		hour, err := columnOf[*array.Int64](batch, "hour", err)
		value, err := columnOf[*array.Float64](batch, "value", err)
		covered, err := columnOf[*array.Float64](batch, "covered", err)
		measured, err := columnOf[*array.Uint8](batch, "measured", err)
		if err != nil {
			return err
		}
		for i := range hour.Len() {
			h := EnergyHour{Hour: hour.Value(i), Value: value.Value(i), Covered: covered.Value(i), Measured: measured.Value(i) != 0}
			if err := each(p.of(point.Value(i)), m.of(metric.Value(i)), h); err != nil {
				return err
			}
		}
		return nil
	})
}

// EnergyDemands are the highest demands of some meters of a project in a period:
// MaxSeries meters at most.
func (s *Store) EnergyDemands(ctx context.Context, at authz.Place, devices []string, from, to time.Time) ([]EnergyDemand, error) {
	args := Args{"region": at.Region, "project": at.Project, "devices": devices, "from": from, "to": to}
	var list []EnergyDemand
	err := s.Columns(ctx, "energy_demand", args, func(batch arrow.Record) error {
		device, err := columnOf[*array.String](batch, "device", nil)
		kw, err := columnOf[*array.Float64](batch, "kw", err)
		when, err := columnOf[*array.Int64](batch, "at", err)
		quarters, err := columnOf[*array.Uint64](batch, "quarters", err)
		if err != nil {
			return err
		}
		for i := range kw.Len() {
			var id sameText
			list = append(list, EnergyDemand{Device: id.of(device.Value(i)), KW: kw.Value(i), At: time.Unix(when.Value(i), 0).UTC(), Quarters: quarters.Value(i)})
		}
		return nil
	})
	return list, err
}

// EnergyWeather hands out the outdoor temperature by the hour (Unix seconds) in °C, of
// a project, or of all of a region.
func (s *Store) EnergyWeather(ctx context.Context, at authz.Place, from, to time.Time, each func(hour int64, celsius float64)) error {
	args := Args{"region": at.Region, "project": at.Project, "from": from, "to": to}
	return s.Columns(ctx, "energy_weather", args, func(batch arrow.Record) error {
		hour, err := columnOf[*array.Int64](batch, "hour", nil)
		celsius, err := columnOf[*array.Float64](batch, "celsius", err)
		if err != nil {
			return err
		}
		for i := range hour.Len() {
			each(hour.Value(i), celsius.Value(i))
		}
		return nil
	})
}
