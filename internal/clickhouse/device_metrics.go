package clickhouse

import (
	"context"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// MaxDeviceMetrics bounds the metrics of one device that are told.
const MaxDeviceMetrics = 500

// DeviceMetric is a number that a device sent at any time.
type DeviceMetric struct {
	Metric      string
	First, Last telemetry.Millis // of its readings that are kept
}

// DeviceMetrics tells which numbers a device ever sent, by name, MaxDeviceMetrics at
// most; none of a device that the caller may not see.
func (s *Store) DeviceMetrics(ctx context.Context, scope authz.Scope, d telemetry.Device) ([]DeviceMetric, error) {
	f := Filter{Region: d.Region, Project: d.Project, Class: d.Class, Device: d.ID}
	if err := f.validate(); err != nil || scope.Empty() {
		return nil, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	args := arguments{}
	args.filter(f)
	args.number("limit", MaxDeviceMetrics)
	var out []DeviceMetric
	err = s.scopedRows(ctx, scope, "device_metrics", args, func(scan func(...any) error) (authz.Place, error) {
		var region, project string
		var one DeviceMetric
		if err := scan(&region, &project, &one.Metric, (*int64)(&one.First), (*int64)(&one.Last)); err != nil {
			return authz.Place{}, err
		}
		out = append(out, one)
		return place(region, project), nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
