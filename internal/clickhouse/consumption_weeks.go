package clickhouse

import (
	"context"
	"fmt"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// MaxCompared is how many devices one question may compare.
const MaxCompared = 100

// WeeksQuery asks what counters of some devices counted in a period, and in the same
// hours a week before.
type WeeksQuery struct {
	Devices  []telemetry.Device // 1 to MaxCompared
	Metrics  []string           // only these; none for all
	From, To time.Time          // widened to whole hours; a week at most; To is now when zero or later
}

// WeeksUse is what a counter counted.
type WeeksUse struct {
	Device    telemetry.Device
	Metric    string
	Medium    string           // of a meter
	Until     telemetry.Millis // the end of the last hour that was counted; 0 when none was
	Used      float64          // until then
	Hours     int              // of those in the period, of which something is known
	Then      float64          // in the same hours a week before
	ThenHours int              // how many of these something is known of
}

// ConsumptionWeeks compares what the devices that a caller may see used with the week
// before, by device and metric. Hours are those that the analysis has counted, with
// replaced and corrected meters taken into account: the hour that now is in is not
// among them.
func (s *Store) ConsumptionWeeks(ctx context.Context, scope authz.Scope, q WeeksQuery) ([]WeeksUse, error) {
	asked, err := q.period(time.Now())
	if err != nil || scope.Empty() {
		return nil, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	args := arguments{}
	args.devices(q.Devices)
	args.texts("metrics", q.Metrics)
	args.period(asked)
	args.number("limit", MaxRows)
	var list []WeeksUse
	err = s.scopedRows(ctx, scope, "consumption_weeks", args, func(scan func(...any) error) (authz.Place, error) {
		var u WeeksUse
		var hours, then uint64
		err := scan(&u.Device.Region, &u.Device.Project, (*string)(&u.Device.Class), &u.Device.ID, &u.Metric, &u.Medium,
			(*int64)(&u.Until), &u.Used, &hours, &u.Then, &then)
		if err != nil {
			return authz.Place{}, err
		}
		u.Hours, u.ThenHours = int(hours), int(then)
		list = append(list, u)
		return place(u.Device.Region, u.Device.Project), nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (q WeeksQuery) period(now time.Time) (period, error) {
	const week = 7 * 24 * time.Hour
	if n := len(q.Devices); n == 0 || n > MaxCompared {
		return period{}, &ArgumentError{"devices", fmt.Sprint(n), fmt.Sprintf("is not between 1 and %d devices", MaxCompared)}
	}
	to := q.To
	if to.IsZero() || to.After(now) {
		to = now
	}
	if to.Sub(q.From) > week {
		return period{}, &ArgumentError{"from", q.From.UTC().Format(time.RFC3339), "is more than a week before to"}
	}
	return periodOf(q.From.Truncate(time.Hour), to.Add(time.Hour-time.Millisecond).Truncate(time.Hour), now)
}
