package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/telemetry"
)

// Retention says for how many days data is kept; 0 means for good. Readings,
// their five-minute buckets, states and events go by the class of the device;
// hourly and daily buckets are few and stay.
type Retention struct {
	Class       map[telemetry.Class]int
	DeadLetters int
}

// maxDays keeps the sum of a time and a retention within what ClickHouse's
// DateTime can hold.
const maxDays = 36500

func (r Retention) validate() error {
	for class, days := range r.Class {
		if _, err := telemetry.ParseClass(string(class)); err != nil {
			return fmt.Errorf("retention: %w", err)
		}
		if days < 0 || days > maxDays {
			return fmt.Errorf("retention of class %s: %d days is not from 0 (for good) to %d", class, days, maxDays)
		}
	}
	if r.DeadLetters < 0 || r.DeadLetters > maxDays {
		return fmt.Errorf("retention of dead letters: %d days is not from 0 (for good) to %d", r.DeadLetters, maxDays)
	}
	return nil
}

// forGood is a time of removal that does not come: the last day of a DateTime.
const forGood = "toDateTime('2106-01-01 00:00:00', 'UTC')"

// byClass is the expression for the time at which a row of a table with
// classes goes; "" when all of them stay. The numbers and names in it are our
// own.
func (r Retention) byClass(column string) string {
	var cases []string
	for _, class := range slices.Sorted(maps.Keys(r.Class)) {
		if days := r.Class[class]; days > 0 {
			cases = append(cases, "class = '"+string(class)+"', "+addDays(column, days))
		}
	}
	if len(cases) == 0 {
		return ""
	}
	return "multiIf(" + strings.Join(cases, ", ") + ", " + forGood + ")"
}

func (r Retention) deadLetters(column string) string {
	if r.DeadLetters == 0 {
		return ""
	}
	return addDays(column, r.DeadLetters)
}

func addDays(column string, days int) string {
	return "toDateTime(" + column + ", 'UTC') + toIntervalDay(" + strconv.Itoa(days) + ")"
}

// applyRetention changes the tables whose retention is not as wanted. A change
// holds for what is stored already too: without that, what was to go early
// would still go when the retention is made longer. Only the times of removal
// are computed anew, in the background; no data is rewritten.
func (s *Store) applyRetention(ctx context.Context, keep Retention) error {
	for _, t := range []struct{ table, want string }{
		{"readings", keep.byClass("ts")},
		{"readings_5m", keep.byClass("bucket")},
		{"states", keep.byClass("ts")},
		{"events", keep.byClass("ts")},
		{"dead_letters", keep.deadLetters("received")},
		{"dead_letter_replays", keep.deadLetters("at")},
	} {
		is, err := s.ttl(ctx, t.table)
		if err != nil {
			return err
		}
		if is == t.want {
			continue
		}
		statement := "ALTER TABLE " + t.table + " MODIFY TTL " + t.want
		if t.want == "" {
			statement = "ALTER TABLE " + t.table + " REMOVE TTL"
		}
		if err := s.settle(ctx, statement); err != nil {
			return s.wrap("set the retention of "+t.table, err)
		}
	}
	return nil
}

// ttl is the expression by which rows of a table go, as it was written; "" when
// they stay. ClickHouse gives it back formatted as byClass and deadLetters form
// it, which a test makes sure of.
func (s *Store) ttl(ctx context.Context, table string) (string, error) {
	var engine string
	ctx = driver.Context(ctx, driver.WithParameters(driver.Parameters{"table": table}))
	row := s.conn.QueryRow(ctx, "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}")
	if err := row.Scan(&engine); err != nil {
		return "", s.wrap("read the retention of "+table, err)
	}
	_, rest, found := strings.Cut(engine, " TTL ")
	if !found {
		return "", nil
	}
	expression, _, _ := strings.Cut(rest, " SETTINGS ")
	return expression, nil
}
