package clickhouse

import (
	"context"
	"fmt"
	"strconv"

	"steward/internal/authz"
)

// What callers ask of the results of a run. Whether the run ended well is known to
// whoever keeps the runs: only such a run may be asked for.

// ResultsQuery asks for results of one run.
type ResultsQuery struct {
	Job, Run string
	Against  string // for differences: the run to compare with, of the same job

	Kinds           []string // only these; none for all
	Region, Project string
	Building        string
	Subject         string // the very one, such as model:KONE/3000
	Type            string // of subjects: what is before their colon, such as model
	Per             string // company, region or project: only those of such places; "" for all
	Changed         bool   // of differences: only those that differ

	Limit  int    // MaxRows at most; DefaultNumbers when 0
	Cursor string // the Next of the page before; "" for the first
}

// DefaultNumbers is how many results a page has when nobody says.
const DefaultNumbers = 1000

func (q *ResultsQuery) check(scope authz.Scope, what string) (limit int, c cursor, err error) {
	for _, f := range []struct{ field, value string }{{"job", q.Job}, {"run", q.Run}} {
		if f.value == "" || len(f.value) > maxResultName {
			return 0, c, &ArgumentError{f.field, f.value, "is not a name"}
		}
	}
	if err := (Filter{Region: q.Region, Project: q.Project}).validate(); err != nil {
		return 0, c, err
	}
	if err := validateNames("kind", q.Kinds); err != nil {
		return 0, c, err
	}
	for _, f := range []struct{ field, value string }{{"building", q.Building}, {"subject", q.Subject}, {"type", q.Type}} {
		if len(f.value) > maxResultName {
			return 0, c, &ArgumentError{f.field, f.value, fmt.Sprintf("is longer than %d bytes", maxResultName)}
		}
	}
	switch q.Per {
	case "", "company", "region", "project":
	default:
		return 0, c, &ArgumentError{"per", q.Per, "is not one of company, region, project"}
	}
	if limit, err = limitOr(q.Limit, DefaultNumbers, MaxRows); err != nil {
		return 0, c, err
	}
	own := *q
	own.Cursor, own.Limit = "", 0
	c, err = parseCursor(q.Cursor, fingerprint(what, scope, own))
	return limit, c, err
}

func (q *ResultsQuery) arguments(after position, rows int) arguments {
	a := arguments{}
	for name, value := range map[string]string{
		"job": q.Job, "run": q.Run, "region": q.Region, "project": q.Project, "building": q.Building, "subject": q.Subject,
		"type": q.Type, "per": q.Per,
		"after_kind": after.Kind, "after_region": after.Region, "after_project": after.Project, "after_building": after.Class, "after_subject": after.ID,
	} {
		a.text(name, value)
	}
	a.texts("kinds", q.Kinds)
	a.number("limit", int64(rows))
	return a
}

// resultKey is the key of a result; a building stands where others have a class.
func resultKey(kind string, at authz.Place, building, subject string) position {
	return position{Kind: kind, Region: at.Region, Project: at.Project, Class: building, ID: subject}
}

// resultRows asks for a page of results, in the order of their names.
func (s *Store) resultRows(ctx context.Context, scope authz.Scope, what string, q ResultsQuery, more func(arguments), row func(scan func(...any) error) (key position, keep func(), err error)) (next string, err error) {
	limit, c, err := q.check(scope, what)
	if err != nil || scope.Empty() {
		return "", err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	pager := newPager(limit, c)
	args := q.arguments(c.After, pager.wants())
	if more != nil {
		more(args)
	}
	err = s.scopedRows(ctx, scope, what, args, func(scan func(...any) error) (authz.Place, error) {
		key, keep, err := row(scan)
		if err != nil {
			return authz.Place{}, err
		}
		if pager.take(key) {
			keep()
		}
		return place(key.Region, key.Project), nil
	})
	if err != nil {
		return "", err
	}
	return pager.next(c), nil
}

// NumbersPage is a page of numbers, by kind, place, building and subject.
type NumbersPage struct {
	Numbers []AnalyticsNumber
	Next    string // "" when there is no more
}

// AnalyticsNumbers gives a page of a run's numbers that a caller may see: those of
// the company are for those who see all of it, those of a region for those who see
// all of that.
func (s *Store) AnalyticsNumbers(ctx context.Context, scope authz.Scope, q ResultsQuery) (page NumbersPage, err error) {
	page.Next, err = s.resultRows(ctx, scope, "analytics_numbers", q, nil, func(scan func(...any) error) (position, func(), error) {
		var n AnalyticsNumber
		err := scan(&n.Kind, &n.Region, &n.Project, &n.Building, &n.Subject, &n.Unit,
			&n.Value, &n.Low, &n.High, &n.Level, &n.N, &n.Exposure, &n.Coverage, &n.Why)
		return resultKey(n.Kind, n.Place, n.Building, n.Subject), func() { page.Numbers = append(page.Numbers, n) }, err
	})
	return page, err
}

// NumberChange is what became of a number from one run to another.
type NumberChange struct {
	Kind string `json:"kind"`
	authz.Place
	Building string `json:"building,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Unit     string `json:"unit,omitempty"`

	Was *NumberThen `json:"was,omitempty"` // nil where the run has no such number
	Is  *NumberThen `json:"is,omitempty"`
}

// NumberThen is a number as one run has it.
type NumberThen struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
	N     float64  `json:"n"`
}

// ChangesPage is a page of differences, by kind, place, building and subject.
type ChangesPage struct {
	Changes []NumberChange
	Next    string // "" when there is no more
}

// AnalyticsChanges compares the numbers of a run with those of another one of the
// same job, as far as a caller may see them.
func (s *Store) AnalyticsChanges(ctx context.Context, scope authz.Scope, q ResultsQuery) (page ChangesPage, err error) {
	if q.Against == "" || len(q.Against) > maxResultName {
		return page, &ArgumentError{"against", q.Against, "is not a run"}
	}
	more := func(a arguments) {
		a.text("against", q.Against)
		a.number("changed", map[bool]int64{true: 1}[q.Changed])
	}
	page.Next, err = s.resultRows(ctx, scope, "analytics_changes", q, more, func(scan func(...any) error) (position, func(), error) {
		var c NumberChange
		var is, was NumberThen
		var hasIs, hasWas uint8
		err := scan(&c.Kind, &c.Region, &c.Project, &c.Building, &c.Subject, &c.Unit,
			&hasIs, &is.Value, &is.Low, &is.High, &is.N, &hasWas, &was.Value, &was.Low, &was.High, &was.N)
		if hasIs > 0 {
			c.Is = &is
		}
		if hasWas > 0 {
			c.Was = &was
		}
		return resultKey(c.Kind, c.Place, c.Building, c.Subject), func() { page.Changes = append(page.Changes, c) }, err
	})
	return page, err
}

// DocumentsPage is a page of documents without their bodies, by kind, place and
// subject.
type DocumentsPage struct {
	Documents []AnalyticsDocument
	Next      string // "" when there is no more
}

// AnalyticsDocuments lists the documents of a run that a caller may see.
func (s *Store) AnalyticsDocuments(ctx context.Context, scope authz.Scope, q ResultsQuery) (page DocumentsPage, err error) {
	if q.Building != "" {
		return page, &ArgumentError{"building", q.Building, "is of numbers; documents have none"}
	}
	page.Next, err = s.resultRows(ctx, scope, "analytics_documents", q, nil, func(scan func(...any) error) (position, func(), error) {
		var d AnalyticsDocument
		var size uint64
		err := scan(&d.Kind, &d.Region, &d.Project, &d.Subject, &size)
		d.Size = int(size)
		return resultKey(d.Kind, d.Place, "", d.Subject), func() { page.Documents = append(page.Documents, d) }, err
	})
	return page, err
}

// AnalyticsDocument is one document of a run with its body, by all of its name.
// ErrNotFound says that there is none that the caller may see.
func (s *Store) AnalyticsDocument(ctx context.Context, scope authz.Scope, job, run string, named AnalyticsDocument) (AnalyticsDocument, error) {
	q := ResultsQuery{Job: job, Run: run, Kinds: []string{named.Kind}, Region: named.Region, Project: named.Project, Subject: named.Subject}
	if _, _, err := q.check(scope, "analytics_document"); err != nil {
		return AnalyticsDocument{}, err
	}
	if !scope.Covers(named.Place) {
		return AnalyticsDocument{}, ErrNotFound
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return AnalyticsDocument{}, err
	}
	defer leave()
	args := arguments{}
	for name, value := range map[string]string{
		"job": job, "run": run, "kind": named.Kind, "region": named.Region, "project": named.Project, "subject": named.Subject,
	} {
		args.text(name, value)
	}
	found := false
	d := AnalyticsDocument{Kind: named.Kind, Place: named.Place, Subject: named.Subject}
	err = s.scopedRows(ctx, scope, "analytics_document", args, func(scan func(...any) error) (authz.Place, error) {
		var at authz.Place
		var body string
		err := scan(&at.Region, &at.Project, &body)
		found, d.Body, d.Size = true, []byte(body), len(body)
		return at, err
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return AnalyticsDocument{}, fmt.Errorf("document %s of run %s: %w", strconv.Quote(named.Kind), run, err)
	}
	return d, nil
}
