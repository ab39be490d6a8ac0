package registry

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
)

// Override puts one contact in the place of whoever a schedule says is on call.
type Override struct {
	ID       string    `json:"id" db:"id" edit:"no"` // made by the registry
	Schedule string    `json:"schedule" db:"schedule" edit:"no"`
	Contact  string    `json:"contact" db:"contact" edit:"no"`
	Region   string    `json:"region" db:"region" edit:"no"`   // empty for all
	Project  string    `json:"project" db:"project" edit:"no"` // empty for all of the region
	From     time.Time `json:"from" db:"from" edit:"no"`
	Until    time.Time `json:"until" db:"until" edit:"no"`
	Note     string    `json:"note" db:"note" edit:"no"`
	Meta
}

// Place is where the schedule is.
func (o *Override) Place() authz.Place { return authz.Place{Region: o.Region, Project: o.Project} }

// Bounds of overrides: what lasts belongs into the schedule.
const (
	maxOverrides = 1000 // that are not over
	maxOverride  = 366 * 24 * time.Hour
)

var overrides = &kind[Override]{
	Table: scoped.NewTable(scoped.Spec[Override]{
		Name: "oncall_overrides", Kind: KindOverride, Region: "region", Project: "project", Sorts: []string{"id", "from", "until"},
		Path:   func(o *Override) string { return o.ID },
		Place:  (*Override).Place,
		Search: func(o *Override) string { return o.Schedule + "\n" + o.Contact },
	}),
	keys:   []string{"id"},
	meta:   func(o *Override) *Meta { return &o.Meta },
	create: need[Override]{authz.Configure, (*Override).Place},
	change: need[Override]{authz.Configure, (*Override).Place},
	tidy: func(o *Override) {
		o.From, o.Until = controldb.Stored(o.From), controldb.Stored(o.Until)
	},
}

func init() {
	overrides.check = checkOverrides // which reads the table itself
}

func checkOverrides(tx *scoped.Tx, changes []*change[Override]) error {
	for _, c := range changes {
		o, is := &c.after, checker{&c.problems}
		is.required("schedule", o.Schedule, "name the schedule")
		is.required("contact", o.Contact, "name who stands in")
		is.words("note", o.Note, maxNote, "\n\r\t")
		switch until := o.Until.Format(time.RFC3339); {
		case o.From.Year() < 1970: // left out, mostly
			is.reject("from", o.From.Format(time.RFC3339), "say when it begins")
		case !o.Until.After(o.From):
			is.reject("until", until, "not after from, %s", o.From.Format(time.RFC3339))
		case !o.Until.After(tx.Now()):
			is.reject("until", until, "has passed already")
		case o.Until.Sub(o.From) > maxOverride:
			is.reject("until", until, "more than a year after from: change the schedule")
		}
		if err := is.placed(tx, o.Place()); err != nil {
			return err
		}
		if n, err := overrides.Within(tx, authz.Read, authz.HQ, scoped.Above("until", tx.Now())).Count(); err != nil {
			return err
		} else if n >= maxOverrides {
			is.reject("schedule", o.Schedule, "there are %d overrides that are not over: end some", n)
		}
	}
	return nil
}

// OverrideFilter narrows a list of overrides. Its zero value is all that are not
// over.
type OverrideFilter struct {
	Ended bool // also those that are over
}

// Overrides lists the overrides of the places that the caller may read, oldest
// first.
func (v *View) Overrides(ctx context.Context, f OverrideFilter, p Page) (list List[Override], err error) {
	var conds []scoped.Cond
	if !f.Ended {
		conds = append(conds, notOver(v.store.now()))
	}
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = overrides.Within(tx, authz.Read, authz.HQ, conds...).Page(p)
		return err
	})
	return list, err
}

// Override reads one override.
func (v *View) Override(ctx context.Context, id string) (Override, error) {
	return get(ctx, v, overrides, id)
}

// CreateOverride is for engineers of the place. Of two at one time the one that was
// made later counts.
func (v *View) CreateOverride(ctx context.Context, o Override) (Override, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[Override], error) {
		o.ID = newID(tx)
		return overrides.add(tx, o)
	})
}

// EndOverride is for engineers of the place. The schedule holds again from now on.
func (v *View) EndOverride(ctx context.Context, id string) (Override, error) {
	return end(ctx, v, overrides, id, func(o *Override) *time.Time { return &o.Until })
}
