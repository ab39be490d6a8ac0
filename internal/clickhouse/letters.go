package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// LettersQuery asks for quarantined messages.
type LettersQuery struct {
	Region, Project string             // of the topic
	Topic           string             // only those whose topic has this in it, in any case; "" for all
	Reasons         []telemetry.Reason // only these; none for all
	Replayed        *bool              // only those that were, or were not, fed in again; nil for all
	From, To        time.Time          // of receipt: from ≤ time < to; zero for the beginning, and for now
	Limit           int                // of rows, MaxRows at most; DefaultRows when 0
	Cursor          string             // LettersPage.Next of the page before; "" for the first
}

// Letter is a quarantined message as people look at it.
type Letter struct {
	telemetry.DeadLetter      // in lists without its Payload
	Size                 int  // of the payload, in bytes
	Replayed             bool // it was fed in again
}

// LettersPage is a page of letters, newest first.
type LettersPage struct {
	Letters []Letter
	Next    string // "" when there is no more
}

// DeadLetters gives a page of the letters that a caller may see: by the place
// in their topic. Those whose topic has none are for who may see everything.
func (s *Store) DeadLetters(ctx context.Context, scope authz.Scope, q LettersQuery) (LettersPage, error) {
	args, start, limit, err := q.plan(scope, time.Now())
	if err != nil || scope.Empty() {
		return LettersPage{}, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return LettersPage{}, err
	}
	defer leave()
	var page LettersPage
	pager := newPager(limit, start)
	args.number("limit", int64(pager.wants()))
	err = s.scopedRows(ctx, scope, "dead_letters", args, func(scan func(...any) error) (authz.Place, error) {
		var l Letter
		var size uint64
		var replayed uint8
		if err := scan((*int64)(&l.Received), &l.ID, &l.Topic, &size, &l.Codec, (*string)(&l.Reason), &l.Error, &replayed); err != nil {
			return authz.Place{}, err
		}
		l.Size, l.Replayed = int(size), replayed == 1
		if pager.take(position{TS: l.Received, ID: l.ID}) {
			page.Letters = append(page.Letters, l)
		}
		return placeOfTopic(l.Topic), nil
	})
	if err != nil {
		return LettersPage{}, err
	}
	page.Next = pager.next(start)
	return page, nil
}

func (q LettersQuery) plan(scope authz.Scope, now time.Time) (args arguments, start cursor, limit int, err error) {
	if err := (Filter{Region: q.Region, Project: q.Project}).validate(); err != nil {
		return nil, start, 0, err
	}
	reasons := make([]string, len(q.Reasons))
	for i, r := range q.Reasons {
		if err := validateReason("reasons", r); err != nil {
			return nil, start, 0, err
		}
		reasons[i] = string(r)
	}
	p, err := periodOf(q.From, q.To, now)
	if err != nil {
		return nil, start, 0, err
	}
	if limit, err = limitOr(q.Limit, DefaultRows, MaxRows); err != nil {
		return nil, start, 0, err
	}
	own := q
	own.Cursor, own.Limit = "", 0
	if start, err = parseCursor(q.Cursor, fingerprint("letters", scope, own)); err != nil {
		return nil, start, 0, err
	}
	if q.Cursor == "" {
		start.From, start.To, start.After.TS = p.from, p.to, storable.to
	}
	replayed := int64(-1)
	if q.Replayed != nil {
		replayed = 0
		if *q.Replayed {
			replayed = 1
		}
	}
	args = arguments{}
	args.text("region", q.Region)
	args.text("project", q.Project)
	args.text("topic", q.Topic)
	args.texts("reasons", reasons)
	args.number("replayed", replayed)
	args.period(period{start.From, start.To})
	args.number("after_ts", int64(start.After.TS))
	args.text("after_id", start.After.ID)
	return args, start, limit, nil
}

func validateReason(field string, r telemetry.Reason) error {
	if !slices.Contains(telemetry.Reasons(), r) {
		return &ArgumentError{field, string(r), fmt.Sprintf("is not one of %v", telemetry.Reasons())}
	}
	return nil
}

// DeadLetter gives one letter with its payload; ErrNotFound when there is none
// that the caller may see.
func (s *Store) DeadLetter(ctx context.Context, scope authz.Scope, id string) (Letter, error) {
	if scope.Empty() {
		return Letter{}, ErrNotFound
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return Letter{}, err
	}
	defer leave()
	args := arguments{}
	args.text("id", id)
	var found *Letter
	err = s.scopedRows(ctx, scope, "dead_letter", args, func(scan func(...any) error) (authz.Place, error) {
		var l Letter
		var payload string
		var replayed uint8
		if err := scan((*int64)(&l.Received), &l.ID, &l.Topic, &payload, &l.Codec, (*string)(&l.Reason), &l.Error, &replayed); err != nil {
			return authz.Place{}, err
		}
		l.Payload, l.Size, l.Replayed = []byte(payload), len(payload), replayed == 1
		found = &l
		return placeOfTopic(l.Topic), nil
	})
	switch {
	case err != nil:
		return Letter{}, err
	case found == nil:
		return Letter{}, ErrNotFound
	}
	return *found, nil
}

// ReplayQuery asks for letters that were not fed in again yet.
type ReplayQuery struct {
	IDs    []string              // only these, MaxIDs at most; none for all
	Reason telemetry.Reason      // only these; "" for all
	After  *telemetry.DeadLetter // where the page before ended; nil for the first
	Limit  int                   // of rows, MaxIDs at most
}

// LettersToReplay lists letters that a caller may see and that were not
// replayed, with their payloads, in the order of receipt and ID. A message that
// was quarantined twice comes once.
func (s *Store) LettersToReplay(ctx context.Context, scope authz.Scope, q ReplayQuery) ([]telemetry.DeadLetter, error) {
	if len(q.IDs) > MaxIDs {
		return nil, tooMany("ids", len(q.IDs), MaxIDs)
	}
	if q.Reason != "" {
		if err := validateReason("reason", q.Reason); err != nil {
			return nil, err
		}
	}
	limit, err := limitOr(q.Limit, MaxIDs, MaxIDs)
	if err != nil || scope.Empty() {
		return nil, err
	}
	leave, err := s.queries.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	args := arguments{}
	args.texts("ids", q.IDs)
	args.text("reason", string(q.Reason))
	args.number("after_received", -1)
	args.text("after_id", "")
	if q.After != nil {
		args.number("after_received", int64(q.After.Received))
		args.text("after_id", q.After.ID)
	}
	args.number("limit", int64(limit))
	var letters []telemetry.DeadLetter
	err = s.scopedRows(ctx, scope, "letters_to_replay", args, func(scan func(...any) error) (authz.Place, error) {
		var payload string
		var l telemetry.DeadLetter
		if err := scan((*int64)(&l.Received), &l.ID, &l.Topic, &payload, &l.Codec, (*string)(&l.Reason), &l.Error); err != nil {
			return authz.Place{}, err
		}
		l.Payload = []byte(payload)
		letters = append(letters, l)
		return placeOfTopic(l.Topic), nil
	})
	if err != nil {
		return nil, err
	}
	return letters, nil
}

// placeOfTopic is the place that a topic names, as queries/scoped/ find it; of
// a topic without one it is HQ, which only a scope of everything covers.
func placeOfTopic(topic string) authz.Place {
	levels := strings.SplitN(topic, "/", 4)
	if len(levels) < 4 || levels[0] != telemetry.TopicRoot ||
		telemetry.CheckSegment(levels[1]) != nil || telemetry.CheckSegment(levels[2]) != nil {
		return authz.HQ
	}
	return place(levels[1], levels[2])
}
