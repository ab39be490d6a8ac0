package clickhouse

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Series names a counter within a project.
type Series struct{ Class, Device, Metric string }

func (s Series) key() string { return s.Class + "/" + s.Device + "/" + s.Metric }

// MaxSeries bounds the series that one query may name: they go with the address.
const MaxSeries = 500

// CounterQuery asks for counters of a project. All whose name ends with _total are
// counters besides Metrics.
type CounterQuery struct {
	Place    authz.Place
	Metrics  []string
	Series   []Series  // only these, MaxSeries at most; none for all
	From, To time.Time // whole hours
}

func (q CounterQuery) arguments() (arguments, error) {
	if len(q.Series) > MaxSeries {
		return nil, fmt.Errorf("clickhouse: %d series in one query: %d are the most", len(q.Series), MaxSeries)
	}
	args := placeArguments(q.Place)
	args.texts("metrics", q.Metrics)
	var devices, series []string
	for _, s := range q.Series {
		if n := len(devices); n == 0 || devices[n-1] != s.Device {
			devices = append(devices, s.Device)
		}
		series = append(series, s.key())
	}
	args.texts("devices", devices)
	args.texts("series", series)
	args.number("from", q.From.UnixMilli())
	args.number("to", q.To.UnixMilli())
	return args, nil
}

// CounterHour is what a counter showed in an hour.
type CounterHour struct {
	Hour, FirstTS, LastTS                  telemetry.Millis
	FirstValue, LastValue, Lowest, Highest float64
	Readings                               uint64
}

// CounterHours hands out hours of counters, series after series and by time. The
// strings of a series stay; of each series all hours have the same.
func (s *Store) CounterHours(ctx context.Context, q CounterQuery, each func(Series, CounterHour) error) error {
	args, err := q.arguments()
	if err != nil {
		return err
	}
	var names seriesNames
	var last Series
	var whole CounterHour
	give := func() error {
		if whole.Readings == 0 {
			return nil
		}
		return each(last, whole)
	}
	err = s.analysisRows(ctx, "counter_hours", args, func(record arrow.Record) error {
		c, err := seriesColumnsOf(record)
		hour, err := columnOf[*array.Uint64](record, "hour", err)
		firstTS, err := columnOf[*array.Int64](record, "first_ts", err)
		lastTS, err := columnOf[*array.Int64](record, "last_ts", err)
		first, err := columnOf[*array.Float64](record, "first_value", err)
		final, err := columnOf[*array.Float64](record, "last_value", err)
		lowest, err := columnOf[*array.Float64](record, "lowest", err)
		highest, err := columnOf[*array.Float64](record, "highest", err)
		readings, err := columnOf[*array.Uint64](record, "readings", err)
		if err != nil {
			return err
		}
		for i := range hour.Len() {
			name := names.at(c, i)
			h := CounterHour{
				Hour: telemetry.Millis(hour.Value(i)), FirstTS: telemetry.Millis(firstTS.Value(i)), LastTS: telemetry.Millis(lastTS.Value(i)),
				FirstValue: first.Value(i), LastValue: final.Value(i), Lowest: lowest.Value(i), Highest: highest.Value(i), Readings: readings.Value(i),
			}
			if h.Hour == whole.Hour && name == last {
				whole.merge(h)
				continue
			}
			if err := give(); err != nil {
				return err
			}
			last, whole = name, h
		}
		return nil
	})
	if err != nil {
		return err
	}
	return give()
}

// merge adds what is known of the same hour from another part of the table, as the
// table's own merges do.
func (h *CounterHour) merge(o CounterHour) {
	if o.FirstTS < h.FirstTS || o.FirstTS == h.FirstTS && o.FirstValue < h.FirstValue {
		h.FirstTS, h.FirstValue = o.FirstTS, o.FirstValue
	}
	if o.LastTS > h.LastTS || o.LastTS == h.LastTS && o.LastValue > h.LastValue {
		h.LastTS, h.LastValue = o.LastTS, o.LastValue
	}
	h.Lowest, h.Highest = min(h.Lowest, o.Lowest), max(h.Highest, o.Highest)
	h.Readings += o.Readings
}

// SeriesHour names an hour of a counter.
type SeriesHour struct {
	Series
	Hour telemetry.Millis
}

// MaxSeriesHours bounds the hours that one query may name.
const MaxSeriesHours = 4000

// MaxHourReadings is how many readings of an hour are handed out, which is more than
// one a second.
const MaxHourReadings = 4096

// CounterReadings hands out all readings of some hours of counters, series after
// series and by time.
func (s *Store) CounterReadings(ctx context.Context, at authz.Place, hours []SeriesHour, each func(Series, telemetry.Millis, float64) error) error {
	if len(hours) == 0 {
		return nil
	}
	if len(hours) > MaxSeriesHours {
		return fmt.Errorf("clickhouse: %d hours in one query: %d are the most", len(hours), MaxSeriesHours)
	}
	from, to := hours[0].Hour, hours[0].Hour
	known := map[string]bool{}
	var devices, keys []string
	for _, h := range hours {
		from, to = min(from, h.Hour), max(to, h.Hour)
		if !known[h.Device] {
			known[h.Device] = true
			devices = append(devices, h.Device)
		}
		keys = append(keys, h.key()+"/"+strconv.FormatInt(int64(h.Hour/1000), 10))
	}
	args := placeArguments(at)
	args.texts("devices", devices)
	args.texts("hours", keys)
	args.number("from", int64(from))
	args.number("to", int64(to)+time.Hour.Milliseconds())
	args.number("limit", MaxHourReadings)
	var names seriesNames
	return s.analysisRows(ctx, "counter_readings", args, func(record arrow.Record) error {
		c, err := seriesColumnsOf(record)
		ts, err := columnOf[*array.Int64](record, "ts", err)
		value, err := columnOf[*array.Float64](record, "value", err)
		if err != nil {
			return err
		}
		for i := range ts.Len() {
			if err := each(names.at(c, i), telemetry.Millis(ts.Value(i)), value.Value(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Consumption is what was used in an hour at a place.
type Consumption struct {
	Series
	Building, Point, Medium string
	ConsumptionHour
}

// ConsumptionHours hands out what was used in each hour, each once, by counter and
// then by time. Hours of which nothing is known are left out. No metrics are all.
func (s *Store) ConsumptionHours(ctx context.Context, at authz.Place, metrics []string, from, to time.Time, each func(Consumption) error) error {
	args := placeArguments(at)
	args.texts("metrics", metrics)
	args.number("from", from.UnixMilli())
	args.number("to", to.UnixMilli())
	var names seriesNames
	var building, point, medium, quality sameText
	return s.analysisRows(ctx, "consumption_hours", args, func(record arrow.Record) error {
		c, err := seriesColumnsOf(record)
		buildings, err := columnOf[*array.String](record, "building", err)
		points, err := columnOf[*array.String](record, "point", err)
		media, err := columnOf[*array.String](record, "medium", err)
		hour, err := columnOf[*array.Uint64](record, "hour", err)
		value, err := columnOf[*array.Float64](record, "value", err)
		covered, err := columnOf[*array.Float64](record, "covered", err)
		qualities, err := columnOf[*array.String](record, "quality", err)
		if err != nil {
			return err
		}
		for i := range hour.Len() {
			err := each(Consumption{
				Series: names.at(c, i), Building: building.of(buildings.Value(i)), Point: point.of(points.Value(i)), Medium: medium.of(media.Value(i)),
				ConsumptionHour: ConsumptionHour{TS: telemetry.Millis(hour.Value(i)), Value: value.Value(i), Covered: covered.Value(i), Quality: quality.of(qualities.Value(i))},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// seriesColumns are the columns of a batch of rows that name the series.
type seriesColumns struct{ class, device, metric *array.String }

func seriesColumnsOf(record arrow.Record) (c seriesColumns, err error) {
	c.class, err = columnOf[*array.String](record, "class", err)
	c.device, err = columnOf[*array.String](record, "device", err)
	c.metric, err = columnOf[*array.String](record, "metric", err)
	return c, err
}

// seriesNames gives the same strings to neighbouring rows of one series.
type seriesNames struct{ class, device, metric sameText }

func (n *seriesNames) at(c seriesColumns, i int) Series {
	return Series{n.class.of(c.class.Value(i)), n.device.of(c.device.Value(i)), n.metric.of(c.metric.Value(i))}
}

// sameText keeps the last text, which mostly comes again. A row's own text goes with
// its batch.
type sameText struct{ last string }

func (t *sameText) of(s string) string {
	if s != t.last {
		t.last = strings.Clone(s)
	}
	return t.last
}

// analysisRows runs a file of queries/ for a job, and hands its rows to read in
// batches. A job may take long over a batch: it writes meanwhile.
func (s *Store) analysisRows(ctx context.Context, name string, args arguments, read func(arrow.Record) error) error {
	return s.arrowRows(ctx, name, args, analysisReadSettings, func(r io.Reader) error {
		rows, err := ipc.NewReader(r)
		if err != nil {
			return fmt.Errorf("clickhouse: query %s: read the rows: %w", name, err)
		}
		defer rows.Release()
		for rows.Next() {
			if err := read(rows.Record()); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("clickhouse: query %s: read the rows: %w", name, err)
		}
		return nil
	})
}

var analysisReadSettings = func() map[string]string {
	settings := maps.Clone(exportSettings)
	for name, value := range analysisSettings() {
		settings[name] = fmt.Sprint(value)
	}
	settings["max_block_size"] = fmt.Sprint(historyBlock)
	settings["max_threads"] = "1" // rows come in order; a second thread only merges
	settings["http_send_timeout"] = fmt.Sprint(10 * sendSeconds)
	delete(settings, "max_insert_threads")
	return settings
}()

// analysisEach is each within the bounds of a job.
func (s *Store) analysisEach(ctx context.Context, name string, args arguments, scan func(func(...any) error) error) error {
	ctx = driver.Context(ctx, driver.WithSettings(analysisSettings()))
	return s.each(ctx, name, driver.Parameters(args), scan)
}

// MeasuredPlace is a project that has readings or devices.
type MeasuredPlace struct {
	authz.Place
	TimeZone string // "" when the registry does not know the project
}

// MeasuredPlaces lists the projects that had readings in a period, or are in the
// registry.
func (s *Store) MeasuredPlaces(ctx context.Context, from, to time.Time) ([]MeasuredPlace, error) {
	args := placeArguments(authz.Place{})
	args.number("from", from.UnixMilli())
	args.number("to", to.UnixMilli())
	var list []MeasuredPlace
	err := s.analysisEach(ctx, "measured_places", args, func(scan func(...any) error) error {
		var p MeasuredPlace
		if err := scan(&p.Region, &p.Project, &p.TimeZone); err != nil {
			return err
		}
		list = append(list, p)
		return nil
	})
	return list, err
}

// MeasuredDevice is what the registry knows of a device that matters for counting.
type MeasuredDevice struct {
	Class, ID, State, Building, Medium string
	Multiplier                         float64
	Replaces                           string // class/id of the same project
	RetiredOn                          int32  // days since 1970; 0 in service
}

// MeasuredDevices lists the devices of a project that the registry knows.
func (s *Store) MeasuredDevices(ctx context.Context, at authz.Place) ([]MeasuredDevice, error) {
	var list []MeasuredDevice
	err := s.analysisEach(ctx, "measured_devices", placeArguments(at), func(scan func(...any) error) error {
		var d MeasuredDevice
		var retired *int32
		if err := scan(&d.Class, &d.ID, &d.State, &d.Building, &d.Medium, &d.Multiplier, &d.Replaces, &retired); err != nil {
			return err
		}
		if retired != nil {
			d.RetiredOn = *retired
		}
		list = append(list, d)
		return nil
	})
	return list, err
}

// CounterEvent is a device's word that its counter was replaced or reset.
type CounterEvent struct {
	Class, Device, Kind string
	TS                  telemetry.Millis
	Old, New            *float64 // of its main counter
}

// CounterEvents lists what devices said of their counters.
func (s *Store) CounterEvents(ctx context.Context, at authz.Place, from, to time.Time) ([]CounterEvent, error) {
	args := placeArguments(at)
	args.number("from", from.UnixMilli())
	args.number("to", to.UnixMilli())
	var list []CounterEvent
	err := s.analysisEach(ctx, "counter_events", args, func(scan func(...any) error) error {
		var e CounterEvent
		if err := scan(&e.Class, &e.Device, (*int64)(&e.TS), &e.Kind, &e.Old, &e.New); err != nil {
			return err
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

// MeterCorrections lists the corrections of a project that stand.
func (s *Store) MeterCorrections(ctx context.Context, at authz.Place) ([]MeterCorrection, error) {
	var list []MeterCorrection
	err := s.analysisEach(ctx, "meter_corrections", placeArguments(at), func(scan func(...any) error) error {
		var c MeterCorrection
		var from, until, made int64
		err := scan(&c.ID, (*string)(&c.Device.Class), &c.Device.ID, &c.Metric, &from, &until, &c.Kind, &c.Old, &c.New, &c.Note, &c.By, &made)
		if err != nil {
			return err
		}
		c.Device.Region, c.Device.Project = at.Region, at.Project
		c.At, c.Until, c.Made = time.UnixMilli(from).UTC(), time.UnixMilli(until).UTC(), time.UnixMilli(made).UTC()
		list = append(list, c)
		return nil
	})
	return list, err
}

// CounterPast is how fast a counter went.
type CounterPast struct {
	Series
	Days       uint64  // of which something is known
	Peak, Mean float64 // an hour; 0 when not known
}

// CounterPasts lists how fast the counters of a project went on the days from from
// up to the one that to is in.
func (s *Store) CounterPasts(ctx context.Context, at authz.Place, from, to time.Time) ([]CounterPast, error) {
	args := placeArguments(at)
	args.number("from", from.Unix()/86_400)
	args.number("to", to.Unix()/86_400)
	var list []CounterPast
	err := s.analysisEach(ctx, "counter_past", args, func(scan func(...any) error) error {
		var p CounterPast
		if err := scan(&p.Class, &p.Device, &p.Metric, &p.Days, &p.Peak, &p.Mean); err != nil {
			return err
		}
		list = append(list, p)
		return nil
	})
	return list, err
}

// LateQuery asks for hours that were counted before all of their readings were there.
type LateQuery struct {
	CounterQuery           // without Series
	Since        time.Time // only hours of which something was received since
	Limit        int       // of hours
}

// LateHours hands out hours of which other readings are stored than were counted, by
// series and then by time.
func (s *Store) LateHours(ctx context.Context, q LateQuery, each func(SeriesHour) error) error {
	args, err := q.arguments()
	if err != nil {
		return err
	}
	delete(args, "devices")
	delete(args, "series")
	args.number("since", q.Since.UnixMilli())
	args.number("limit", int64(q.Limit))
	return s.analysisEach(ctx, "late_hours", args, func(scan func(...any) error) error {
		var h SeriesHour
		var ms uint64
		if err := scan(&h.Class, &h.Device, &h.Metric, &ms); err != nil {
			return err
		}
		h.Hour = telemetry.Millis(ms)
		return each(h)
	})
}
