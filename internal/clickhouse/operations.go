package clickhouse

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// PutOperations keeps records of operations, those of each kind all or, when it
// fails, perhaps none. The same ones may be put again: of those with one key the one
// with the greatest Updated counts.
func (s *Store) PutOperations(ctx context.Context, records []operations.Record) error {
	if len(records) == 0 {
		return nil
	}
	b := new(Batch)
	for _, r := range records {
		b.AddOperation(r)
	}
	return s.Append(ctx, b, "operations-"+rand.Text())
}

// The states of records of operations: what is not done, not closed or not paid is
// open.
const (
	OperationsOpen   = "open"
	OperationsClosed = "closed"
)

// OperationsQuery asks for records of one kind.
type OperationsQuery struct {
	Kind            *operations.Kind
	Region, Project string
	ID              string
	Sorts           []string // only those of these kinds or types; none for all
	State           string   // OperationsOpen or OperationsClosed; "" for both
	Withdrawn       bool     // also those that were withdrawn

	From, To    time.Time // from ≤ the kind's Time < to; zero for no bound
	OldestFirst bool
	Limit       int    // MaxRows at most; DefaultOperations when 0
	Cursor      string // OperationsPage.Next of the page before; "" for the first
}

// DefaultOperations is how many records a page has when nobody says.
const DefaultOperations = 1000

// OperationsPage is a page of records.
type OperationsPage struct {
	Records []operations.Record // all of the kind that was asked for
	Next    string              // "" when there is no more
}

func (q *OperationsQuery) check() (period, error) {
	if q.Kind == nil {
		return period{}, &ArgumentError{"kind", "", "is missing"}
	}
	if err := (Filter{Region: q.Region, Project: q.Project}).validate(); err != nil {
		return period{}, err
	}
	if err := validateNames(q.Kind.Sort, q.Sorts); err != nil {
		return period{}, err
	}
	if q.ID != "" {
		if err := telemetry.CheckSegment(q.ID); err != nil {
			return period{}, &ArgumentError{"id", q.ID, "is not an id"}
		}
	}
	switch q.State {
	case "", OperationsOpen, OperationsClosed:
	default:
		return period{}, &ArgumentError{"state", q.State, "is not one of open, closed"}
	}
	// What is planned lies ahead: without an end there is none.
	to := q.To
	if to.IsZero() {
		to = storable.to.Time()
	}
	return periodOf(q.From, to, to)
}

// arguments are all parameters but the scope, from the beginning and without a limit.
func (q *OperationsQuery) arguments(p period) arguments {
	direction := int64(-1)
	if q.OldestFirst {
		direction = 1
	}
	a := arguments{}
	for name, value := range map[string]string{"region": q.Region, "project": q.Project, "id": q.ID, "state": q.State} {
		a.text(name, value)
	}
	a.texts("sorts", q.Sorts)
	a.number("withdrawn", map[bool]int64{true: 1}[q.Withdrawn])
	a.period(p)
	a.number("direction", direction)
	a.operationsAfter(position{TS: before(direction)})
	a.number("limit", math.MaxInt64)
	return a
}

func (a arguments) operationsAfter(p position) {
	a.number("after_ts", int64(p.TS))
	a.text("after_region", p.Region)
	a.text("after_project", p.Project)
	a.text("after_id", p.ID)
}

// Operations gives a page of the records that a caller may see, the latest first
// unless asked otherwise. The error is an *ArgumentError, ErrTooLarge, or one of the
// store's.
func (s *Store) Operations(ctx context.Context, scope authz.Scope, q OperationsQuery) (page OperationsPage, err error) {
	p, err := q.check()
	if err != nil {
		return page, err
	}
	limit, err := limitOr(q.Limit, DefaultOperations, MaxRows)
	if err != nil {
		return page, err
	}
	own := q
	own.Kind, own.Cursor, own.Limit = nil, "", 0
	c, err := parseCursor(q.Cursor, fingerprint(q.Kind.Name, scope, own))
	if err != nil || scope.Empty() {
		return page, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return page, err
	}
	defer leave()
	pager := newPager(limit, c)
	args := q.arguments(p)
	if c.Count > 0 {
		args.operationsAfter(c.After)
	}
	args.number("limit", int64(pager.wants()))
	err = s.scopedRows(ctx, scope, q.Kind.Name, args, func(scan func(...any) error) (authz.Place, error) {
		r := q.Kind.New()
		if err := scanOperation(r, scan); err != nil {
			return authz.Place{}, err
		}
		if pager.take(keyOfOperation(r)) {
			page.Records = append(page.Records, r)
		}
		return r.Of().Place, nil
	})
	if err != nil {
		return OperationsPage{}, err
	}
	page.Next = pager.next(cursor{Query: c.Query})
	return page, nil
}

// Operation is one record that a caller may see. ErrNotFound says that there is
// none.
func (s *Store) Operation(ctx context.Context, scope authz.Scope, k *operations.Kind, key operations.Key) (operations.Record, error) {
	page, err := s.Operations(ctx, scope, OperationsQuery{Kind: k, Region: key.Region, Project: key.Project, ID: key.ID, Withdrawn: true, Limit: 1})
	if err == nil && len(page.Records) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("%s %.80q: %w", k.One, key.ID, err)
	}
	return page.Records[0], nil
}

// keyOfOperation is where a record stands in its list.
func keyOfOperation(r operations.Record) position {
	h := r.Of()
	return position{TS: telemetry.MillisOf(operations.TimeOf(r)), Region: h.Region, Project: h.Project, ID: h.ID}
}

// scanOperation reads a row of queries/scoped/ of a record's kind.
func scanOperation(r operations.Record, scan func(...any) error) error {
	h := r.Of()
	var updated, received int64
	var source string
	to := []any{&h.Region, &h.Project, &h.ID, &updated, &received, &source, &h.Withdrawn}
	var later []func()
	for _, v := range r.Values() {
		dest, after := scanTo(v)
		to = append(to, dest)
		if after != nil {
			later = append(later, after)
		}
	}
	if err := scan(to...); err != nil {
		return err
	}
	h.Updated, h.Received, h.Source = telemetry.Millis(updated).Time(), telemetry.Millis(received).Time(), operations.Source(source)
	for _, after := range later {
		after()
	}
	return nil
}

// scanTo is where the driver puts a value, and what is to be done with it then.
func scanTo(v any) (dest any, after func()) {
	switch v := v.(type) {
	case *time.Time:
		var ms int64
		return &ms, func() { *v = telemetry.Millis(ms).Time() }
	case **time.Time:
		var ms *int64
		return &ms, func() {
			if ms != nil {
				t := telemetry.Millis(*ms).Time()
				*v = &t
			}
		}
	case **uint8:
		var n *uint64
		return &n, func() {
			if n != nil {
				small := uint8(*n)
				*v = &small
			}
		}
	}
	return v, nil
}
