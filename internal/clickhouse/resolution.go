package clickhouse

import (
	"context"
	"strconv"
	"time"

	"steward/internal/authz"
)

// Resolution is how finely readings are told.
type Resolution string

// The resolutions. Buckets begin at multiples of their length in UTC.
const (
	Automatic   Resolution = "" // the finest with at most MaxPoints points a series, of what is still kept
	Raw         Resolution = "raw"
	FiveMinutes Resolution = "5m"
	Hourly      Resolution = "1h"
	Daily       Resolution = "1d"
)

// table holds the readings of a resolution; "" for none.
func (r Resolution) table() string {
	switch r {
	case Raw:
		return "readings"
	case FiveMinutes, Hourly, Daily:
		return "readings_" + string(r)
	}
	return ""
}

// length of a bucket.
func (r Resolution) length() time.Duration {
	switch r {
	case FiveMinutes:
		return 5 * time.Minute
	case Hourly:
		return time.Hour
	case Daily:
		return 24 * time.Hour
	}
	return 0
}

// years says that the table has few enough parts to be asked for a year at a
// time, rather than a month.
func (r Resolution) years() bool { return r == Hourly || r == Daily }

// points is how many buckets a series has in a period at most.
func (r Resolution) points(p period) int { return int(p.length()/r.length()) + 1 }

// seriesCount is how many readings there are.
type seriesCount struct {
	longest  uint64 // of the series with the most
	readings uint64 // of all series
	inside   uint64 // of all series, without buckets that only touch the period
}

// automatic chooses the finest resolution that tells no series in more points
// than asked for, among those that are complete: raw readings and five minutes
// go with the retention, hours and days stay.
func (s *Store) automatic(ctx context.Context, scope authz.Scope, plan readingsPlan) (Resolution, error) {
	coarse := Hourly
	if plan.length() > 92*24*time.Hour {
		coarse = Daily // it is about how many, and these are fewer to read
	}
	known, err := s.count(ctx, scope, plan, coarse)
	if err != nil {
		return "", err
	}
	most := uint64(plan.maxPoints)
	for _, fine := range []Resolution{Raw, FiveMinutes} {
		// Of a short period the hours at its ends hold much that is outside.
		try := known.longest <= most || fine == Raw && plan.length() <= 48*time.Hour ||
			fine == FiveMinutes && fine.points(plan.period) <= plan.maxPoints
		if !try {
			continue
		}
		is, err := s.count(ctx, scope, plan, fine)
		if err != nil {
			return "", err
		}
		complete := is.readings >= known.inside && (is.readings > 0 || known.readings == 0)
		if complete && (fine == FiveMinutes || is.longest <= most) {
			return fine, nil
		}
	}
	if Hourly.points(plan.period) <= plan.maxPoints {
		return Hourly, nil
	}
	return Daily, nil
}

// count asks how many readings a resolution's table has for a plan.
func (s *Store) count(ctx context.Context, scope authz.Scope, plan readingsPlan, r Resolution) (seriesCount, error) {
	args := arguments{}
	args.series(plan.series)
	args.period(plan.period)
	query := "series_raw"
	if r != Raw {
		query = "series_buckets"
		args.text("table", r.table())
		args.text("seconds", strconv.Itoa(int(r.length()/time.Second)))
	}
	var total seriesCount
	err := s.scopedRows(ctx, scope, query, args, func(scan func(...any) error) (authz.Place, error) {
		var region, project string
		var is seriesCount
		if err := scan(&region, &project, &is.longest, &is.readings, &is.inside); err != nil {
			return authz.Place{}, err
		}
		total.longest = max(total.longest, is.longest)
		total.readings += is.readings
		total.inside += is.inside
		return place(region, project), nil
	})
	return total, err
}
