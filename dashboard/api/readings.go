package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

type readingsIn struct {
	Measured
	Devices    []string `query:"devices" maxItems:"100" doc:"Only those of these devices, as region/project/class/id." example:"north/harbour/meter/m1"`
	Metric     []string `query:"metric" maxItems:"50" doc:"Only these metrics." example:"power_kw"`
	Resolution string   `query:"resolution" enum:"auto,raw,5m,1h,1d" default:"auto" doc:"auto is the finest that gives at most points points for each series."`
	Points     int      `query:"points" minimum:"10" maximum:"10000" default:"2000" doc:"For the resolution auto."`
	Limit      int      `query:"limit" minimum:"1" maximum:"100000" default:"10000" doc:"At most so many rows."`
	Cursor     string   `query:"cursor" maxLength:"4096" doc:"Where to go on: the next of the page before. It belongs to the same query."`
}

type readingsOut struct {
	Link string `header:"Link" doc:"The following page, rel=next; absent on the last one."`
	Body readingsBody
}

type readingsBody struct {
	Resolution string        `json:"resolution" example:"5m" doc:"What was used: raw, 5m, 1h or 1d. Periods begin at full hours and days of UTC."`
	Items      []readingItem `json:"items" nullable:"false"`
	Next       string        `json:"next,omitempty" doc:"The cursor of the following page; absent on the last one."`
}

// readingItem is one reading, or what the readings of one period were.
type readingItem struct {
	DeviceName
	Metric   string     `json:"metric" example:"power_kw"`
	TS       time.Time  `json:"ts" doc:"When it was Measured, or when the period began."`
	Received *time.Time `json:"received,omitempty" doc:"When Steward received it; raw only."`
	Value    *float64   `json:"value,omitempty" doc:"Raw only."`
	First    *float64   `json:"first,omitempty" doc:"The first value of the period."`
	Last     *float64   `json:"last,omitempty" doc:"The last value of the period."`
	Min      *float64   `json:"min,omitempty"`
	Max      *float64   `json:"max,omitempty"`
	Mean     *float64   `json:"mean,omitempty"`
	Count    uint64     `json:"count,omitempty" doc:"Readings of the period."`
}

func (a *API) registerReadings() {
	first, last, low, high, mean := 3.1, 3.4, 2.9, 3.6, 3.25
	register(a, authz.Read, operation{
		ID: "readings", Method: http.MethodGet, Path: "/readings", Tag: "Measurements", Summary: "Read measurements",
		Description: "Raw, or rolled up to 5 minutes, hours or days. Rows come by device and metric, in order of time.",
		Heavy:       true, Timeout: time.Minute,
		Answer: readingsBody{Resolution: "5m", Items: []readingItem{{
			DeviceName: exampleName, Metric: "power_kw", TS: exampleTime, First: &first, Last: &last, Min: &low, Max: &high, Mean: &mean, Count: 10,
		}}},
	}, func(ctx context.Context, c caller, in *readingsIn) (*readingsOut, error) {
		q, err := in.query(a.Now())
		if err != nil {
			return nil, err
		}
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		page, err := data.Readings(ctx, c.Scope(), q)
		if err != nil {
			return nil, err
		}
		out := &readingsOut{Link: linkTo(ctx, page.Next), Body: readingsBody{Resolution: string(page.Resolution), Next: page.Next}}
		out.Body.Items = make([]readingItem, 0, len(page.Readings)+len(page.Buckets))
		for i := range page.Readings {
			out.Body.Items = append(out.Body.Items, readingOf(&page.Readings[i]))
		}
		for i := range page.Buckets {
			out.Body.Items = append(out.Body.Items, bucketOf(&page.Buckets[i]))
		}
		return out, nil
	})
}

func (in *readingsIn) query(now time.Time) (clickhouse.ReadingsQuery, error) {
	f, err := in.filter(now)
	if err != nil {
		return clickhouse.ReadingsQuery{}, err
	}
	refs, err := refsOf(in.Devices)
	if err != nil {
		return clickhouse.ReadingsQuery{}, err
	}
	if err := checkMetrics(in.Metric); err != nil {
		return clickhouse.ReadingsQuery{}, err
	}
	q := clickhouse.ReadingsQuery{
		Filter: f, Devices: refs, Metrics: in.Metric, From: in.From, To: in.To,
		Resolution: resolutionOf(in.Resolution), MaxPoints: in.Points, Limit: in.Limit, Cursor: in.Cursor,
	}
	return q, nil
}

func resolutionOf(name string) clickhouse.Resolution {
	if name == "auto" {
		return ""
	}
	return clickhouse.Resolution(name)
}

func checkMetrics(names []string) error {
	for _, name := range names {
		if err := telemetry.CheckName(name); err != nil {
			return invalid("metric", name, "is not a name: %v", err)
		}
	}
	return nil
}

func readingOf(r *telemetry.Reading) readingItem {
	received := r.Received.Time()
	return readingItem{DeviceName: nameOf(*r.Device), Metric: r.Metric, TS: r.TS.Time(), Received: &received, Value: &r.Value}
}

func bucketOf(b *clickhouse.Bucket) readingItem {
	return readingItem{
		DeviceName: nameOf(*b.Device), Metric: b.Metric, TS: b.Start.Time(),
		First: &b.First.Value, Last: &b.Last.Value, Min: &b.Min, Max: &b.Max, Mean: &b.Mean, Count: b.Count,
	}
}
