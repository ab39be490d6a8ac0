package clickhouse

import (
	"context"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/telemetry"
)

// Server asks who answers: the version of ClickHouse, and its clock.
func (s *Store) Server(ctx context.Context) (version string, now time.Time, err error) {
	err = s.each(ctx, "server", nil, func(scan func(...any) error) error {
		var ms int64
		if err := scan(&version, &ms); err != nil {
			return err
		}
		now = time.UnixMilli(ms)
		return nil
	})
	return version, now, err
}

// DangerEvents lists the events since the given time that begin, answer or end
// a danger to life, oldest first: however many other events there were, who is
// still in danger follows from these.
func (s *Store) DangerEvents(ctx context.Context, since time.Time) ([]telemetry.Event, error) {
	return s.events(ctx, "danger_events", driver.Parameters{"since": milliseconds(since)})
}

// LatestStatuses lists whether each device was last heard to be online, for
// those of which anything was heard since the given time.
func (s *Store) LatestStatuses(ctx context.Context, since time.Time) ([]telemetry.Status, error) {
	known := intern{}
	var statuses []telemetry.Status
	err := s.each(ctx, "latest_status", driver.Parameters{"since": milliseconds(since)}, func(scan func(...any) error) error {
		var region, project, class, id string
		var received int64
		var online uint8
		if err := scan(&region, &project, &class, &id, &received, &online); err != nil {
			return err
		}
		statuses = append(statuses, telemetry.Status{
			Device: known.device(region, project, class, id), Online: online == 1, Received: telemetry.Millis(received),
		})
		return nil
	})
	return statuses, err
}

// events runs a query of queries/ whose rows are events.
func (s *Store) events(ctx context.Context, name string, params driver.Parameters) ([]telemetry.Event, error) {
	known := intern{}
	var events []telemetry.Event
	err := s.each(ctx, name, params, func(scan func(...any) error) error {
		e, err := known.event(scan)
		if err != nil {
			return err
		}
		events = append(events, e)
		return nil
	})
	return events, err
}
