package notices

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/controldb"
	"steward/internal/incident"
)

// Options of a Store.
type Options struct {
	Now func() time.Time // the present; time.Now when nil
	// HQAfter is how long after its due day headquarters are told of a notice; a week
	// when 0.
	HQAfter time.Duration
	// Zone is by whose clocks the due day of a project ends; UTC when nil.
	Zone func(authz.Place) *time.Location
}

// Store keeps notices. It is safe for concurrent use.
type Store struct {
	db *controldb.DB
	o  Options
}

// NewStore is the store in db, which has the set of tables controldb.Analytics and
// which the store does not close.
func NewStore(db *controldb.DB, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HQAfter == 0 {
		o.HQAfter = 7 * 24 * time.Hour
	}
	if o.Zone == nil {
		o.Zone = func(authz.Place) *time.Location { return time.UTC }
	}
	return &Store{db: db, o: o}
}

// New is a notice that is to be issued.
type New struct {
	Place    authz.Place // a project
	Kind     string      // a component of the scorecard, or Manual
	Month    string      // of the scorecard, 2026-10; empty for a manual one
	Finding  incident.Text
	Required incident.Text
	Evidence json.RawMessage
	Owner    string // user id; may be empty
	DueOn    string // 2006-01-02, a day of the project's calendar
}

// The most that is kept of texts, and of what belongs to a notice.
const (
	maxText     = 4000     // characters: a Chinese one has three bytes
	maxEvidence = 64 << 10 // bytes
	maxName     = 64       // bytes
	maxChanges  = 200      // steps of one notice
	maxLive     = 500      // live notices of one project
	maxDays     = 400      // from the issue to the due day
)

func (n *New) check() error {
	if err := n.Place.Validate(); err != nil || n.Place.Project == "" {
		return controldb.Invalid("project", n.Place.String(), "a notice goes to a project: give region and project")
	}
	if n.Kind == "" || len(n.Kind) > maxName || !usable(n.Kind) {
		return controldb.Invalid("kind", n.Kind, "give 1 to %d bytes", maxName)
	}
	if _, err := time.Parse("2006-01", n.Month); (n.Month != "" || n.Kind != Manual) && err != nil {
		return controldb.Invalid("month", n.Month, "give the month of the scorecard, such as 2026-10")
	}
	if err := checkText("finding", n.Finding); err != nil {
		return err
	}
	if err := checkText("required", n.Required); err != nil {
		return err
	}
	if len(n.Evidence) > maxEvidence || len(n.Evidence) > 0 && (!json.Valid(n.Evidence) || !usable(string(n.Evidence))) {
		return controldb.Invalid("evidence", "", "give JSON of at most %d bytes", maxEvidence)
	}
	if len(n.Owner) > maxName || !usable(n.Owner) {
		return controldb.Invalid("owner", n.Owner, "give the id of a person")
	}
	return nil
}

func checkDue(day string, today calendar.Date) (calendar.Date, error) {
	due, err := calendar.ParseDate(day)
	if err != nil || due.Before(today) || due.Sub(today) > maxDays {
		return due, controldb.Invalid("due_on", day, "give a day from today on, within %d days, such as %s", maxDays, today.Add(14))
	}
	return due, nil
}

func checkText(field string, t incident.Text) error {
	for _, s := range []string{t.ZH, t.EN} {
		if utf8.RuneCountInString(s) > maxText || !usable(s) {
			return controldb.Invalid(field, s, "give text of at most %d characters", maxText)
		}
	}
	if strings.TrimSpace(t.ZH+t.EN) == "" {
		return controldb.Invalid(field, "", "say it, in one language at least")
	}
	return nil
}

// usable reports whether both databases take a text.
func usable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// Issue issues a notice of the scorecard, under the name of a part of Steward. While
// one for the same project and kind is live, or when one was issued for the same
// month before, that is returned and fresh is false.
func (s *Store) Issue(ctx context.Context, part string, n New) (notice Notice, fresh bool, err error) {
	if n.Kind == Manual {
		return Notice{}, false, fmt.Errorf("issue a notice: kind: %s is for what people write", Manual)
	}
	return s.issue(ctx, authz.SystemPrincipal(part), n)
}

func (s *Store) issue(ctx context.Context, who authz.Principal, n New) (notice Notice, fresh bool, err error) {
	now := controldb.Stored(s.o.Now())
	zone := s.zone(n.Place)
	if err := n.check(); err != nil {
		return Notice{}, false, err
	}
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		fresh = false
		if n.Kind != Manual {
			known, err := one(tx, `WHERE region = ? AND project = ? AND kind = ? AND (live OR month = ?) ORDER BY live DESC, issued_at DESC, id LIMIT 1`,
				n.Place.Region, n.Place.Project, n.Kind, n.Month)
			if err == nil {
				notice = known.notice(now)
				return nil
			}
			if !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		due, err := checkDue(n.DueOn, calendar.DateOf(now.In(zone)))
		if err != nil {
			return err
		}
		var live int
		if err := tx.Get(&live, `SELECT count(*) FROM rectification_notices WHERE region = ? AND project = ? AND live`, n.Place.Region, n.Place.Project); err != nil {
			return err
		}
		if live >= maxLive {
			return controldb.Invalid("project", n.Place.Project, "%d notices are live, and no more are taken: close or withdraw some", live)
		}
		r := &row{
			ID: newID(now), Region: n.Place.Region, Project: n.Place.Project, Kind: n.Kind, Month: n.Month,
			FindingZH: n.Finding.ZH, FindingEN: n.Finding.EN, RequiredZH: n.Required.ZH, RequiredEN: n.Required.EN, Evidence: string(n.Evidence),
			State: Issued, Live: true, Owner: n.Owner, IssuedAt: now, Version: 1,
		}
		s.due(r, due, zone)
		if err := insert(tx, r); err != nil {
			return err
		}
		fresh, notice = true, r.notice(now)
		return record(tx, r, now, who, "", nil)
	})
	if err != nil {
		return Notice{}, false, fmt.Errorf("issue a notice of %s: %w", n.Kind, err)
	}
	return notice, fresh, nil
}

func (s *Store) zone(at authz.Place) *time.Location {
	if zone := s.o.Zone(at); zone != nil {
		return zone
	}
	return time.UTC
}

// due sets by when something is to be done: all of the day is the project's.
func (s *Store) due(r *row, day calendar.Date, zone *time.Location) {
	r.DueOn = day.String()
	r.DueAt = controldb.Stored(day.Add(1).At(0, zone))
	r.HQAt = r.DueAt.Add(s.o.HQAfter)
}
