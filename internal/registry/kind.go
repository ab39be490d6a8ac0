package registry

import (
	"errors"
	"slices"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
)

// The kinds of object.
const (
	KindRegion   = "region"
	KindProject  = "project"
	KindBuilding = "building"
	KindDevice   = "device"

	// These have a history, and are not imported or exported.
	KindRule      = "approval_rule"
	KindAlertRule = "alert_rule"
	KindSilence   = "silence"
	KindOverride  = "oncall_override"
	KindResponder = "responder"
)

// kind is what the registry does with all objects of one type in the same way.
type kind[T any] struct {
	*scoped.Table[T]
	keys   []string // the fields that say which object it is, in a file too
	meta   func(*T) *Meta
	create need[T] // to make a new one
	change need[T] // to change one
	tidy   func(*T)

	// check says what is wrong with objects as they are going to be, all
	// together: of two in one import the second may need the first.
	check func(tx *scoped.Tx, changes []*change[T]) error

	// saved keeps what is derived from the objects; nil when nothing is.
	saved func(tx *scoped.Tx, changes []*change[T]) error
}

// need is the permission that is needed at a place of an object.
type need[T any] struct {
	permission authz.Permission
	at         func(*T) authz.Place
}

func (n need[T]) require(tx *scoped.Tx, o *T) error { return tx.Require(n.permission, n.at(o)) }

// change is an object that is going to be made or changed.
type change[T any] struct {
	before   *T // nil for a new object
	after    T
	action   string // for the audit log; create or update when empty
	row      int    // of a file, 0 without one
	problems problems
}

// problems are those of one object.
type problems []FieldError

func (p *problems) add(e *InvalidError) { *p = append(*p, e.Fields...) }

// invalid is all that is wrong with one object as one error.
func (p problems) invalid() error {
	if len(p) == 0 {
		return nil
	}
	return &InvalidError{Fields: p}
}

// get reads an object that the caller may change, in the version that the caller
// has seen.
func (k *kind[T]) get(tx *scoped.Tx, path string, version int64) (T, error) {
	o, err := k.Get(tx, path)
	if err != nil {
		return o, err
	}
	if err := k.change.require(tx, &o); err != nil {
		return o, err
	}
	if k.meta(&o).Version != version {
		return o, ErrConflict
	}
	return o, nil
}

// add is the change that makes a new object.
func (k *kind[T]) add(tx *scoped.Tx, o T) (*change[T], error) {
	if err := k.create.require(tx, &o); err != nil {
		return nil, err
	}
	c := &change[T]{after: o}
	if err := k.prepare(tx, c); err != nil {
		return nil, err
	}
	switch _, err := k.Get(tx, k.Path(&c.after)); {
	case err == nil:
		return nil, ErrExists
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	return c, k.save(tx, c)
}

// edit changes what people edit of an object to what it is in o, which has the
// version that was read. Nothing is written when nothing changes.
func (k *kind[T]) edit(tx *scoped.Tx, o T) (*change[T], error) {
	before, err := k.get(tx, k.Path(&o), k.meta(&o).Version)
	if err != nil {
		return nil, err
	}
	c := &change[T]{before: &before, after: before}
	for _, f := range k.Fields.All {
		// What cannot be changed may be given as it is, or left out.
		if f.Initial && !k.Fields.Equal(&o, &before, f) && k.Fields.Cell(&o, f) != "" {
			c.problems.add(controldb.Invalid(f.Name, cellText(k.Fields.Cell(&o, f)), "cannot be edited: approve, refuse, retire or replace the device"))
		}
	}
	k.Fields.CopyEditable(&c.after, &o)
	if err := k.prepare(tx, c); err != nil {
		return nil, err
	}
	return c, k.save(tx, c)
}

// prepare tidies and checks objects, and returns what is wrong with the first
// that cannot be kept.
func (k *kind[T]) prepare(tx *scoped.Tx, changes ...*change[T]) error {
	k.tidyAll(changes)
	if err := k.check(tx, changes); err != nil {
		return err
	}
	for _, c := range changes {
		if err := c.problems.invalid(); err != nil {
			return err
		}
	}
	return nil
}

func (k *kind[T]) tidyAll(changes []*change[T]) {
	for _, c := range changes {
		k.Fields.Trim(&c.after)
		k.tidy(&c.after)
	}
}

// unaudited are fields that follow from an entry itself.
var unaudited = []string{"updated_at"}

// save writes objects that were checked, with an entry of the audit log for
// each. Those that do not change are left alone.
func (k *kind[T]) save(tx *scoped.Tx, changes ...*change[T]) error {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c *change[T]) bool { return !k.differs(c) })
	var fresh []*T
	for _, c := range changes {
		m := k.meta(&c.after)
		m.UpdatedAt = tx.Now()
		if c.before == nil {
			m.Version, m.CreatedAt = 1, tx.Now()
			fresh = append(fresh, &c.after)
			continue
		}
		m.Version++
		if err := k.Update(tx, k.change.permission, &c.after, k.meta(c.before).Version); err != nil {
			return err
		}
	}
	if err := k.Insert(tx, k.create.permission, fresh...); err != nil {
		return err
	}
	if k.saved != nil {
		if err := k.saved(tx, changes); err != nil {
			return err
		}
	}
	for _, c := range changes {
		was, is, err := k.Fields.Diff(c.before, &c.after, unaudited...)
		if err != nil {
			return err
		}
		action := c.action
		switch {
		case action != "":
		case c.before == nil:
			action = "create"
		default:
			action = "update"
		}
		if err := k.Audit(tx, action, &c.after, was, is); err != nil {
			return err
		}
	}
	return nil
}

// differs reports whether there is anything to write.
func (k *kind[T]) differs(c *change[T]) bool {
	if c.before == nil {
		return true
	}
	for _, f := range k.Fields.All {
		if !k.Fields.Equal(c.before, &c.after, f) {
			return true
		}
	}
	return false
}
