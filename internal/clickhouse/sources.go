package clickhouse

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// maxCounted bounds the steps of [Store.LetterCounts].
const maxCounted = 1000

// LetterCount is how many messages of a place were quarantined for a reason in one
// step of time.
type LetterCount struct {
	Place   authz.Place // HQ for those whose topic names none
	Reason  telemetry.Reason
	At      telemetry.Millis // when the step begins, of Unix time
	Letters int
}

// LetterCounts counts letters of a period by place, reason and step. Of the query
// Reasons, Limit and Cursor are not used.
func (s *Store) LetterCounts(ctx context.Context, scope authz.Scope, q LettersQuery, step time.Duration) ([]LetterCount, error) {
	q.Reasons, q.Limit, q.Cursor = nil, 0, ""
	args, start, _, err := q.plan(scope, time.Now())
	switch {
	case err != nil:
		return nil, err
	case scope.Empty():
		return nil, nil
	case step < time.Hour || (period{start.From, start.To}).length()/step > maxCounted:
		return nil, &ArgumentError{"from", q.From.UTC().Format(time.RFC3339), "is too long before to for steps so short"}
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, paging := range []string{"reasons", "after_ts", "after_id"} {
		delete(args, paging)
	}
	args.number("step", step.Milliseconds())
	var out []LetterCount
	err = s.scopedRows(ctx, scope, "letter_counts", args, func(scan func(...any) error) (authz.Place, error) {
		var c LetterCount
		var region, project string
		var letters uint64
		if err := scan(&region, &project, (*string)(&c.Reason), (*int64)(&c.At), &letters); err != nil {
			return authz.Place{}, err
		}
		if c.Letters = int(letters); project != "" {
			c.Place = place(region, project)
		}
		out = append(out, c)
		return c.Place, nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Source is what comes in from the devices of one class of a project.
type Source struct {
	Place      authz.Place
	Class      telemetry.Class  // empty for letters whose topic names none
	Devices    int              // in service
	Heard      int              // of which anything came
	Readings   uint64           // measured in the period
	Events     uint64           // that happened in it
	Last       telemetry.Millis // when the last of these was received; 0 for none
	Letters    int              // quarantined in the period
	LastLetter telemetry.Millis // 0 for none
}

// Sources tells what came in since a time, widened to the whole hour, of the places
// that a caller may see: by place and class.
func (s *Store) Sources(ctx context.Context, scope authz.Scope, f Filter, from time.Time) ([]Source, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	p, err := periodOf(from.Truncate(time.Hour), time.Time{}, time.Now().Add(time.Hour).Truncate(time.Hour))
	if err != nil || scope.Empty() {
		return nil, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	args := arguments{}
	args.text("region", f.Region)
	args.text("project", f.Project)
	args.period(p)
	var out []Source
	err = s.scopedRows(ctx, scope, "sources", args, func(scan func(...any) error) (authz.Place, error) {
		var one Source
		var region, project string
		var devices, heard, letters uint64
		err := scan(&region, &project, (*string)(&one.Class), &devices, &heard, &one.Readings, &one.Events, (*int64)(&one.Last), &letters, (*int64)(&one.LastLetter))
		if err != nil {
			return authz.Place{}, err
		}
		one.Place, one.Devices, one.Heard, one.Letters = place(region, project), int(devices), int(heard), int(letters)
		out = append(out, one)
		return one.Place, nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
