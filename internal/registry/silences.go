package registry

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/incident"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// Silence is a silence with what the registry knows of it.
type Silence struct {
	incident.Silence
	Meta
}

// silence is a Silence as its table has it.
type silence struct {
	ID         string          `db:"id" edit:"no"`
	Region     string          `db:"region" edit:"no"`
	Project    string          `db:"project" edit:"no"`
	Building   string          `db:"building"`
	Class      telemetry.Class `db:"class"`
	Device     string          `db:"device"`
	Rule       string          `db:"rule"`
	From       time.Time       `db:"from"`
	Until      time.Time       `db:"until"`
	Days       weekdays        `db:"days"`
	Start      string          `db:"start"`
	End        string          `db:"end"`
	TimeZone   string          `db:"time_zone"`
	LifeSafety bool            `db:"life_safety"`
	Reason     string          `db:"reason"`
	Meta
}

// weekdays are JSON in one column.
type weekdays []int

// Value implements driver.Valuer.
func (d weekdays) Value() (driver.Value, error) {
	if d == nil {
		return "[]", nil
	}
	return asJSON([]int(d))
}

// Scan implements sql.Scanner.
func (d *weekdays) Scan(src any) error {
	*d = weekdays{}
	return scan((*[]int)(d), src)
}

func rowOfSilence(s Silence) silence {
	return silence{
		ID: s.ID, Region: s.Region, Project: s.Project, Building: s.Building, Class: s.Class, Device: s.Device, Rule: s.Rule,
		From: controldb.Stored(s.From), Until: controldb.Stored(s.Until), Days: s.Days, Start: s.Start, End: s.End, TimeZone: s.Zone,
		LifeSafety: s.LifeSafety, Reason: s.Reason, Meta: s.Meta,
	}
}

func (s *silence) place() authz.Place { return authz.Place{Region: s.Region, Project: s.Project} }

func (s *silence) object() Silence {
	return Silence{incident.Silence{
		ID: s.ID, Place: s.place(), Building: s.Building, Class: s.Class, Device: s.Device, Rule: s.Rule,
		From: s.From.UTC(), Until: s.Until.UTC(), Days: s.Days, Start: s.Start, End: s.End, Zone: s.TimeZone,
		LifeSafety: s.LifeSafety, Reason: s.Reason,
	}, s.Meta}
}

// maxSilences bounds those that are not over: each incident is held against all of
// them.
const maxSilences = 2000

var silences = &kind[silence]{
	Table: scoped.NewTable(scoped.Spec[silence]{
		Name: "silences", Kind: KindSilence, Region: "region", Project: "project", Sorts: []string{"id", "from", "until", "updated_at"},
		Path:   func(s *silence) string { return s.ID },
		Place:  (*silence).place,
		Search: func(s *silence) string { return s.Reason },
	}),
	keys:   []string{"id"},
	meta:   func(s *silence) *Meta { return &s.Meta },
	create: need[silence]{authz.Configure, (*silence).place},
	change: need[silence]{authz.Configure, (*silence).place},
	tidy:   func(*silence) {},
}

func init() {
	silences.check = checkSilences // which reads the table itself
}

func checkSilences(tx *scoped.Tx, changes []*change[silence]) error {
	for _, c := range changes {
		s, is := &c.after, checker{&c.problems}
		// Of danger to life the grave part is that nobody is told, and so is every
		// change of what nobody is told of.
		if s.LifeSafety || c.before != nil && c.before.LifeSafety {
			if err := tx.Require(authz.Administer, s.place()); err != nil {
				return err
			}
		}
		whole := s.object()
		var invalid *InvalidError
		if err := whole.Check(); errors.As(err, &invalid) {
			is.add(invalid)
		} else if err != nil {
			return err
		}
		is.words("reason", s.Reason, maxNote, "\n\r\t")
		if !s.Until.After(tx.Now()) {
			is.reject("until", s.Until.Format(time.RFC3339), "has passed already")
		}
		if c.before != nil || len(c.problems) > 0 {
			continue
		}
		if err := is.placed(tx, s.place()); err != nil {
			return err
		}
		if n, err := silences.Within(tx, authz.Read, authz.HQ, scoped.Above("until", tx.Now())).Count(); err != nil {
			return err
		} else if n >= maxSilences {
			is.reject("from", s.From.Format(time.RFC3339), "there are %d silences that are not over: end some", n)
		}
	}
	return nil
}

// SilenceFilter narrows a list of silences. Its zero value is all that are not over.
type SilenceFilter struct {
	Region, Project string
	Ended           bool // also those that are over
}

// Silences lists the silences of the places that the caller may read, oldest first.
func (v *View) Silences(ctx context.Context, f SilenceFilter, p Page) (List[Silence], error) {
	at, err := placeOf(f.Region, f.Project)
	if err != nil {
		return List[Silence]{}, err
	}
	var conds []scoped.Cond
	if f.Project != "" {
		conds = append(conds, scoped.Is("project", f.Project))
	}
	if !f.Ended {
		conds = append(conds, notOver(v.store.now()))
	}
	var rows List[silence]
	err = v.read(ctx, func(tx *scoped.Tx) (err error) {
		rows, err = silences.Within(tx, authz.Read, at, conds...).Page(p)
		return err
	})
	list := List[Silence]{Items: make([]Silence, len(rows.Items)), Next: rows.Next}
	for i := range rows.Items {
		list.Items[i] = rows.Items[i].object()
	}
	return list, err
}

// Silence reads one silence.
func (v *View) Silence(ctx context.Context, id string) (Silence, error) {
	return asSilence(get(ctx, v, silences, id))
}

func asSilence(row silence, err error) (Silence, error) {
	if err != nil {
		return Silence{}, err
	}
	return row.object(), nil
}

// CreateSilence is for engineers of the silence's place; one of danger to life is
// for administrators of it.
func (v *View) CreateSilence(ctx context.Context, s Silence) (Silence, error) {
	return asSilence(written(ctx, v, func(tx *scoped.Tx) (*change[silence], error) {
		s.ID = newID(tx)
		return silences.add(tx, rowOfSilence(s))
	}))
}

// UpdateSilence is for those who may create the silence. Version must be the present
// one; the place stays.
func (v *View) UpdateSilence(ctx context.Context, s Silence) (Silence, error) {
	return asSilence(update(ctx, v, silences, rowOfSilence(s)))
}

// EndSilence lets a silence end now. It is for engineers of its place, also of one of
// danger to life: to be told again is never wrong.
func (v *View) EndSilence(ctx context.Context, id string) (Silence, error) {
	return asSilence(end(ctx, v, silences, id, func(s *silence) *time.Time { return &s.Until }))
}

// end lets something end now that has an end.
func end[T any](ctx context.Context, v *View, k *kind[T], id string, until func(*T) *time.Time) (T, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[T], error) {
		before, err := k.Get(tx, id)
		if err != nil {
			return nil, err
		}
		if err := k.change.require(tx, &before); err != nil {
			return nil, err
		}
		if was := *until(&before); !was.After(tx.Now()) {
			return nil, controldb.Invalid("until", was.UTC().Format(time.RFC3339), "it is over already")
		}
		c := &change[T]{before: &before, after: before, action: "end"}
		*until(&c.after) = tx.Now()
		return c, k.save(tx, c)
	})
}
