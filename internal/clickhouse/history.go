package clickhouse

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// HistoryQuery asks for the past as devices told it. Everything is wanted that is
// not left out.
type HistoryQuery struct {
	Filter
	From, To                             time.Time // from ≤ time < to; zero for the beginning, and for now
	Metrics                              []string  // of readings and states: only these; none for all
	Kinds                                []string  // of events: only these; none for all
	OmitReadings, OmitStates, OmitEvents bool
}

// Moment is what one device told of one time. It and its lists are valid until the
// call that got it returns; devices and texts stay.
type Moment struct {
	Device   *telemetry.Device
	TS       telemetry.Millis
	Readings []telemetry.Reading
	States   []telemetry.State
	Events   []telemetry.Event
}

// History hands out what a caller may see of the past, by event time and at the
// same time by device, in memory that does not grow with it: it asks for slices of
// time, and makes these longer or shorter by what came. The error is an
// *ArgumentError, one of the store's, or of each, which ends it.
//
// A listener that takes longer than two minutes for some ten thousands of rows is given
// up by the server.
func (s *Store) History(ctx context.Context, scope authz.Scope, q HistoryQuery, each func(*Moment) error) error {
	all, err := q.check(time.Now())
	if err != nil || scope.Empty() {
		return err
	}
	leave, err := s.exports.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	stored, err := s.storedAny(ctx, q.tables())
	if err != nil {
		return err
	}
	h := &historian{guard: placeGuard{scope: scope}, each: each, known: intern{}, names: map[string]string{}}
	length := firstSlice
	for left := all.within(stored); !left.empty(); {
		slice := period{left.from, min(left.to, left.from+telemetry.Millis(length.Milliseconds()))}
		before := h.rows
		args := q.arguments(slice)
		args.scope(scope)
		err := s.arrowRows(ctx, "scoped/history", args, historySettings, h.read)
		if err == nil {
			err = h.flush()
		}
		if err != nil {
			return err
		}
		length, left.from = nextSlice(length, h.rows-before), slice.to
	}
	return nil
}

// A slice is sorted by the server as a whole, so that it should have some hundred
// thousand rows; a thousand devices send as many in an hour, and one door in years.
const (
	firstSlice              = time.Hour
	shortestSlice           = time.Minute
	longestSlice            = 31 * 24 * time.Hour
	fewInSlice, manyInSlice = 200_000, 1_000_000
)

// historyBlock is how many rows come at once.
const historyBlock = 65_536

func nextSlice(length time.Duration, rows int) time.Duration {
	switch {
	case rows < fewInSlice:
		return min(2*length, longestSlice)
	case rows > manyInSlice:
		return max(length/2, shortestSlice)
	}
	return length
}

var historySettings = func() map[string]string {
	settings := maps.Clone(exportSettings)
	settings["max_threads"] = fmt.Sprint(callerThreads)
	// Sorting merges blocks, and takes ten times as long with small ones.
	settings["max_block_size"] = fmt.Sprint(historyBlock)
	// A slice with more rows than was guessed is sorted on the disk.
	settings["max_bytes_before_external_sort"] = fmt.Sprint(callerMemory / 2)
	return settings
}()

func (q *HistoryQuery) check(now time.Time) (period, error) {
	p, err := periodOf(q.From, q.To, now)
	if err != nil {
		return p, err
	}
	if err := q.validate(); err != nil {
		return p, err
	}
	if err := validateNames("metrics", q.Metrics); err != nil {
		return p, err
	}
	return p, validateNames("kinds", q.Kinds)
}

func (q *HistoryQuery) tables() []string {
	var tables []string
	for table, omit := range map[string]bool{"readings": q.OmitReadings, "states": q.OmitStates, "events": q.OmitEvents} {
		if !omit {
			tables = append(tables, table)
		}
	}
	return tables
}

func (q *HistoryQuery) arguments(p period) arguments {
	args := arguments{"readings": "0", "states": "0", "events": "0"}
	for _, table := range q.tables() {
		args[table] = "1"
	}
	args.filter(q.Filter)
	args.texts("metrics", q.Metrics)
	args.texts("kinds", q.Kinds)
	args.period(p)
	return args
}

// storedAny is the period of what any of some tables holds.
func (s *Store) storedAny(ctx context.Context, tables []string) (all period, err error) {
	for _, table := range tables {
		p, err := s.stored(ctx, table)
		switch {
		case err != nil:
			return all, err
		case p.empty():
		case all.empty():
			all = p
		default:
			all = period{min(all.from, p.from), max(all.to, p.to)}
		}
	}
	return all, nil
}

// maxHistoryNames bounds the names that are shared between rows: they came from
// the wire.
const maxHistoryNames = 100_000

// historian puts rows together to moments.
type historian struct {
	guard  placeGuard
	each   func(*Moment) error
	known  intern
	names  map[string]string // of metrics, kinds and severities, of which there are few
	rows   int
	moment Moment
}

// historyRows are the columns of some rows, in the order of the query.
type historyRows struct {
	what                                                     *array.Uint8
	region, project, class, device, name, text, id, severity *array.String
	ts, received                                             *array.Int64
	value                                                    *array.Float64
}

func (h *historian) read(r io.Reader) error {
	rows, err := ipc.NewReader(r)
	if err != nil {
		return fmt.Errorf("clickhouse: history: read the rows: %w", err)
	}
	defer rows.Release()
	for rows.Next() {
		columns, err := historyColumns(rows.Record())
		if err != nil {
			return err
		}
		for i := range columns.what.Len() {
			if err := h.add(&columns, i); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("clickhouse: history: read the rows: %w", err)
	}
	return nil
}

func historyColumns(record arrow.Record) (c historyRows, err error) {
	c.what, err = columnOf[*array.Uint8](record, "what", err)
	c.ts, err = columnOf[*array.Int64](record, "ts", err)
	c.received, err = columnOf[*array.Int64](record, "received", err)
	c.value, err = columnOf[*array.Float64](record, "value", err)
	for name, to := range map[string]**array.String{
		"region": &c.region, "project": &c.project, "class": &c.class, "device": &c.device,
		"name": &c.name, "text": &c.text, "id": &c.id, "severity": &c.severity,
	} {
		*to, err = columnOf[*array.String](record, name, err)
	}
	return c, err
}

// columnOf is a column of a batch of rows, unless something was wrong before.
func columnOf[T arrow.Array](record arrow.Record, name string, before error) (T, error) {
	var none T
	if before != nil {
		return none, before
	}
	at := record.Schema().FieldIndices(name)
	if len(at) != 1 {
		return none, fmt.Errorf("clickhouse: the answer has %d columns %s, not 1", len(at), name)
	}
	c, ok := record.Column(at[0]).(T)
	if !ok {
		return none, fmt.Errorf("clickhouse: column %s is of the type %s", name, record.Column(at[0]).DataType())
	}
	return c, nil
}

// The kinds of row, as the query gives them.
const (
	historyReading = iota
	historyState
	historyEvent
)

// add takes row i. A row of another device or time ends the moment before it.
func (h *historian) add(c *historyRows, i int) error {
	h.rows++
	if err := h.guard.check(place(c.region.Value(i), c.project.Value(i))); err != nil {
		return err
	}
	device := h.device(c, i)
	ts, received := telemetry.Millis(c.ts.Value(i)), telemetry.Millis(c.received.Value(i))
	if device != h.moment.Device || ts != h.moment.TS {
		if err := h.flush(); err != nil {
			return err
		}
		h.moment.Device, h.moment.TS = device, ts
	}
	m, name := &h.moment, h.name(c.name.Value(i))
	switch c.what.Value(i) {
	case historyReading:
		m.Readings = append(m.Readings, telemetry.Reading{Device: device, Metric: name, TS: ts, Received: received, Value: c.value.Value(i)})
	case historyState:
		m.States = append(m.States, telemetry.State{Device: device, Metric: name, TS: ts, Received: received, Value: strings.Clone(c.text.Value(i))})
	case historyEvent:
		m.Events = append(m.Events, telemetry.Event{
			Device: device, Kind: name, ID: strings.Clone(c.id.Value(i)), Severity: telemetry.Severity(h.name(c.severity.Value(i))),
			TS: ts, Received: received, Attrs: strings.Clone(c.text.Value(i)),
		})
	}
	return nil
}

// device is the one of row i. What is kept of it is copied: the row's own texts go
// with its batch.
func (h *historian) device(c *historyRows, i int) *telemetry.Device {
	d := telemetry.Device{Region: c.region.Value(i), Project: c.project.Value(i), Class: telemetry.Class(c.class.Value(i)), ID: c.device.Value(i)}
	if h.moment.Device != nil && *h.moment.Device == d {
		return h.moment.Device
	}
	if p, ok := h.known[d]; ok {
		return p
	}
	return h.known.device(strings.Clone(d.Region), strings.Clone(d.Project), strings.Clone(string(d.Class)), strings.Clone(d.ID))
}

func (h *historian) name(s string) string {
	if known, ok := h.names[s]; ok {
		return known
	}
	own := strings.Clone(s)
	if len(h.names) < maxHistoryNames {
		h.names[own] = own
	}
	return own
}

// flush hands the moment out.
func (h *historian) flush() error {
	m := &h.moment
	if len(m.Readings)+len(m.States)+len(m.Events) == 0 {
		return nil
	}
	err := h.each(m)
	m.Device, m.Readings, m.States, m.Events = nil, m.Readings[:0], m.States[:0], m.Events[:0]
	return err
}
