package clickhouse

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// ExportQuery asks for a file of everything that fits.
type ExportQuery struct {
	Table  string // TableReadings, TableEvents, or the name of a kind of operations
	Format string // FormatArrow, FormatParquet or FormatCSV
	Filter
	From, To   time.Time          // from ≤ time < to; zero for the beginning, and for now; of buckets those that begin in it
	Devices    []telemetry.Device // of readings: only these, MaxDevices at most; none for all
	Metrics    []string           // of readings: only these; none for all
	Resolution Resolution         // of readings: Raw when Automatic
	Kinds      []string           // of events: only these; of operations: only those of this kind or type; none for all
	Severities []string           // of events: only these; none for all
	State      string             // of operations: OperationsOpen or OperationsClosed; "" for both
}

// What can be exported and imported, and how.
const (
	TableReadings = "readings"
	TableEvents   = "events"

	FormatArrow   = "arrow" // an IPC stream
	FormatParquet = "parquet"
	FormatCSV     = "csv" // with a line of names; times in UTC as 2006-01-02 15:04:05.000
)

// Export writes everything that a caller may see and that fits the query, in
// memory that does not grow with it: month by month, or for hours and days year
// by year, and within these by project, class, device, metric and time; so that
// each series is by time throughout, as Readings has it too.
//
// After an error w has the beginning of a file that lacks its end: whoever
// passes it on must see to it that the reader hears of it. An Arrow stream and a
// Parquet file can be told to be incomplete; CSV cannot. The error is an
// *ArgumentError, when nothing was written, or one of the store's or of w.
func (s *Store) Export(ctx context.Context, scope authz.Scope, w io.Writer, q ExportQuery) error {
	plan, err := q.plan(time.Now())
	if err != nil {
		return err
	}
	if !scope.Empty() {
		leave, err := s.exports.enter(ctx)
		if err != nil {
			return err
		}
		defer leave()
	}
	file, err := newExportFile(w, q.Format, plan.columns)
	if err != nil {
		return err
	}
	if !scope.Empty() {
		if err := s.exportPieces(ctx, scope, plan, file); err != nil {
			return err
		}
	}
	return file.close()
}

// exportPieces fills a file, piece after piece of the period.
func (s *Store) exportPieces(ctx context.Context, scope authz.Scope, plan exportPlan, file exportFile) error {
	stored, err := s.stored(ctx, plan.table)
	if err != nil {
		return err
	}
	for piece := range plan.asked(stored) {
		args := arguments{}
		plan.bind(args)
		args.period(piece)
		args.scope(scope)
		if err := s.exportPiece(ctx, scope, plan, args, file); err != nil {
			return err
		}
	}
	return nil
}

// exportPlan is an export that was checked.
type exportPlan struct {
	period
	query   string // in queries/scoped/
	table   string // that it reads
	years   bool   // ask for a year at a time
	whole   bool   // ask for all at once
	columns []exportColumn
	bind    func(arguments) // all parameters but the scope and the period
}

// asked are the periods that are asked for one after the other.
func (plan *exportPlan) asked(stored period) iter.Seq[period] {
	if plan.whole {
		return slices.Values([]period{plan.period})
	}
	return plan.within(stored).pieces(plan.years, false)
}

func (q ExportQuery) plan(now time.Time) (plan exportPlan, err error) {
	if !slices.Contains([]string{FormatArrow, FormatParquet, FormatCSV}, q.Format) {
		return plan, &ArgumentError{"format", q.Format, "is not one of arrow, parquet, csv"}
	}
	if k := operations.KindOf(q.Table); k != nil {
		return plan, plan.operations(k, q)
	}
	if q.State != "" {
		return plan, &ArgumentError{"state", q.State, "is of operations, not of readings and events"}
	}
	if plan.period, err = periodOf(q.From, q.To, now); err != nil {
		return plan, err
	}
	switch q.Table {
	case TableReadings:
		err = plan.readings(q)
	case TableEvents:
		err = plan.events(q)
	default:
		err = &ArgumentError{"table", q.Table, "is not one of readings, events, inspections, complaints, fees, repair_orders"}
	}
	return plan, err
}

func (plan *exportPlan) readings(q ExportQuery) error {
	if len(q.Kinds) > 0 || len(q.Severities) > 0 {
		return &ArgumentError{"kinds", fmt.Sprint(q.Kinds, q.Severities), "are of events, not of readings"}
	}
	resolution := q.Resolution
	if resolution == Automatic {
		resolution = Raw
	}
	if plan.table = resolution.table(); plan.table == "" {
		return &ArgumentError{"resolution", string(q.Resolution), "is not one of raw, 5m, 1h, 1d"}
	}
	chosen := series{q.Filter, q.Devices, q.Metrics}
	if err := chosen.validate(); err != nil {
		return err
	}
	plan.years = resolution.years()
	plan.query, plan.columns = "readings_buckets", bucketExport
	if resolution == Raw {
		plan.query, plan.columns = "readings_raw", readingExport
	}
	plan.bind = func(args arguments) {
		args.series(chosen)
		args.after(position{})
		args.number("limit", math.MaxInt64)
		if resolution != Raw {
			args.text("table", plan.table)
		}
	}
	return nil
}

func (plan *exportPlan) events(q ExportQuery) error {
	if len(q.Metrics) > 0 || len(q.Devices) > 0 || q.Resolution != Automatic && q.Resolution != Raw {
		return &ArgumentError{"metrics", fmt.Sprint(q.Metrics, q.Devices, q.Resolution), "are of readings, not of events: a list of devices, metrics and a resolution"}
	}
	chosen := eventFilter{q.Filter, q.Kinds, q.Severities}
	if err := chosen.validate(); err != nil {
		return err
	}
	plan.query, plan.table, plan.columns = "events_by_device", TableEvents, eventExport
	plan.bind = func(args arguments) { args.events(chosen) }
	return nil
}

// exportColumn is a column of a file.
type exportColumn struct {
	name     string // in the file
	from     string // in the result of the query
	kind     columnKind
	nullable bool // it may be unknown: an empty cell
}

// columnKind is what a column of a file holds.
type columnKind int

const (
	textColumn columnKind = iota
	numberColumn
	countColumn
	momentColumn // which the query gives in Unix milliseconds
	zonedColumn  // a moment that names its zone also in CSV: people write such times themselves
)

var (
	readingExport = slices.Concat(
		[]exportColumn{{"ts", "ts", momentColumn, false}}, deviceExport,
		[]exportColumn{{"metric", "metric", textColumn, false}, {"value", "value", numberColumn, false}, {"received", "received", momentColumn, false}})

	bucketExport = slices.Concat(
		[]exportColumn{{"bucket", "start", momentColumn, false}}, deviceExport,
		[]exportColumn{
			{"metric", "metric", textColumn, false},
			{"first_ts", "first_ts", momentColumn, false}, {"first", "first_value", numberColumn, false},
			{"last_ts", "last_ts", momentColumn, false}, {"last", "last_value", numberColumn, false},
			{"min", "least", numberColumn, false}, {"max", "most", numberColumn, false}, {"mean", "mean", numberColumn, false}, {"count", "readings", countColumn, false},
		})

	eventExport = slices.Concat(
		[]exportColumn{{"ts", "ts", momentColumn, false}}, deviceExport,
		[]exportColumn{
			{"kind", "kind", textColumn, false}, {"id", "id", textColumn, false}, {"severity", "severity", textColumn, false},
			{"attrs", "attrs", textColumn, false}, {"received", "received", momentColumn, false},
		})

	deviceExport = []exportColumn{
		{"region", "region", textColumn, false}, {"project", "project", textColumn, false}, {"class", "class", textColumn, false}, {"device", "device", textColumn, false},
	}
)
