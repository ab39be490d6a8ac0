package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
)

type consumptionIn struct {
	Measured
	Metric []string `query:"metric" maxItems:"50" doc:"Only these counters." example:"energy_kwh"`
	By     string   `query:"by" enum:"hour,day" default:"day" doc:"Days are those of the project's calendar; from and to then are the dates that they say in their own zone."`
	Limit  int      `query:"limit" minimum:"1" maximum:"100000" default:"10000" doc:"At most so many rows."`
	Cursor string   `query:"cursor" maxLength:"4096" doc:"Where to go on: the next of the page before. It belongs to the same query."`
}

type consumptionOut struct {
	Link string `header:"Link" doc:"The following page, rel=next; absent on the last one."`
	Body listBody[consumptionItem]
}

// consumptionItem is what one counter counted in one hour or on one day.
type consumptionItem struct {
	DeviceName
	Metric   string     `json:"metric" example:"energy_kwh"`
	Medium   string     `json:"medium,omitempty" example:"electricity" doc:"Of a meter."`
	TS       *time.Time `json:"ts,omitempty" doc:"When the hour began; by hour only."`
	Day      string     `json:"day,omitempty" example:"2026-11-20" doc:"Of the project's calendar; by day only."`
	Value    *float64   `json:"value" doc:"What was used in the hours that are known, in the counter's unit; null when none is."`
	Hours    float64    `json:"hours" example:"24" doc:"How long the period is."`
	Known    float64    `json:"known_hours" example:"24" doc:"Of these, of which something is known."`
	Quality  string     `json:"quality" enum:"measured,interpolated,suspect,partial,missing" doc:"missing, nothing is known; suspect, with a rise that looks impossible; interpolated, a part of it between readings that are far apart; partial, less than 95 % of the time is known; measured. The first of these that is so."`
	Peak     *float64   `json:"peak_hour,omitempty" doc:"The most of one hour that was measured; by day only, and absent where none was."`
	Readings uint64     `json:"readings"`
}

func (a *API) registerConsumption() {
	value, peak := 81.4, 6.2
	register(a, authz.Read, operation{
		ID: "consumption", Method: http.MethodGet, Path: "/consumption", Tag: "Measurements", Summary: "Read what counters counted by hour or day",
		Description: "As the analysis consumption found it: over resets, rollovers, exchanged meters and changed multipliers, and with corrections. " +
			"Rows come by device and counter, in order of time. Of a place, main meters and those behind them are both there: do not add them up.",
		Heavy: true, Timeout: time.Minute,
		Answer: listBody[consumptionItem]{Items: []consumptionItem{{
			DeviceName: exampleName, Metric: "energy_kwh", Medium: "electricity", Day: "2026-11-20", Value: &value, Hours: 24, Known: 24,
			Quality: "measured", Peak: &peak, Readings: 288,
		}}},
	}, func(ctx context.Context, c caller, in *consumptionIn) (*consumptionOut, error) {
		q, err := in.query(a.Now())
		if err != nil {
			return nil, err
		}
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		page, err := data.Counted(ctx, c.Scope(), q)
		if err != nil {
			return nil, err
		}
		items := make([]consumptionItem, len(page.Rows))
		for i := range page.Rows {
			items[i] = countedOf(&page.Rows[i], q.Step)
		}
		return &consumptionOut{Link: linkTo(ctx, page.Next), Body: listBody[consumptionItem]{Items: items, Next: page.Next}}, nil
	})
}

func (in *consumptionIn) query(now time.Time) (clickhouse.CountedQuery, error) {
	f, err := in.filter(now)
	if err != nil {
		return clickhouse.CountedQuery{}, err
	}
	if err := checkMetrics(in.Metric); err != nil {
		return clickhouse.CountedQuery{}, err
	}
	q := clickhouse.CountedQuery{Filter: f, Metrics: in.Metric, From: in.From, To: in.To, Step: clickhouse.Hourly, Limit: in.Limit, Cursor: in.Cursor}
	if in.By == "day" {
		q.Step, q.From = clickhouse.Daily, dateOf(in.From)
		if in.To.IsZero() {
			return q, nil
		}
		if q.To = dateOf(in.To); !q.To.Equal(asWritten(in.To)) {
			q.To = q.To.AddDate(0, 0, 1) // a part of a day is of the day
		}
	}
	return q, nil
}

// dateOf is the midnight in UTC of the date that a time says in its own zone.
func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func asWritten(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func countedOf(c *clickhouse.Counted, step clickhouse.Resolution) consumptionItem {
	item := consumptionItem{
		DeviceName: nameOf(c.Device), Metric: c.Metric, Medium: c.Medium, Hours: c.Length, Known: c.Known, Quality: qualityOf(c), Readings: c.Readings,
	}
	if c.Known > 0 {
		item.Value = &c.Value
	}
	at := c.At.Time()
	if step == clickhouse.Hourly {
		item.TS = &at
		return item
	}
	item.Day = at.UTC().Format(time.DateOnly)
	if c.Known > c.Interpolated+c.Suspect { // the peak is of measured hours alone
		item.Peak = &c.Peak
	}
	return item
}

// almost is how much of a period makes it a whole one: the ends of readings do not
// fall on those of hours.
const almost = 0.95

func qualityOf(c *clickhouse.Counted) string {
	switch {
	case c.Known <= 0:
		return "missing"
	case c.Suspect > 0:
		return "suspect"
	case c.Interpolated > 0:
		return "interpolated"
	case c.Known < almost*c.Length:
		return "partial"
	}
	return "measured"
}
