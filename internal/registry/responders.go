package registry

import (
	"context"
	"regexp"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
)

// Responder is somebody whose card at a gate says that help is there. Which card is
// whose is for managers alone to see.
type Responder struct {
	ID      string `json:"id" db:"id" edit:"no"` // made by the registry
	Name    string `json:"name" db:"name" edit:"no"`
	Region  string `json:"region" db:"region" edit:"no"`   // empty for all
	Project string `json:"project" db:"project" edit:"no"` // empty for all of the region
	Card    string `json:"card" db:"card" edit:"no"`       // its keyed hash, as the gate's events have it
	Note    string `json:"note" db:"note" edit:"no"`
	Meta           // Retired says that the card says nothing any more
}

// Place is where the card counts.
func (r *Responder) Place() authz.Place { return authz.Place{Region: r.Region, Project: r.Project} }

// maxResponders bounds those in service: all are in memory.
const maxResponders = 10_000

// cardForm is what the door makes of a card.
var cardForm = regexp.MustCompile(`^psn_[0-9a-f]{32}$`)

var responders = &kind[Responder]{
	Table: scoped.NewTable(scoped.Spec[Responder]{
		Name: "responders", Kind: KindResponder, Region: "region", Project: "project", Sorts: []string{"id", "name"},
		Path:   func(r *Responder) string { return r.ID },
		Place:  (*Responder).Place,
		Search: func(r *Responder) string { return r.Name },
	}),
	keys:   []string{"id"},
	meta:   func(r *Responder) *Meta { return &r.Meta },
	create: need[Responder]{authz.Manage, (*Responder).Place},
	change: need[Responder]{authz.Manage, (*Responder).Place},
	tidy:   func(*Responder) {},
}

func init() {
	responders.check = checkResponders // which reads the table itself
}

func checkResponders(tx *scoped.Tx, changes []*change[Responder]) error {
	for _, c := range changes {
		r, is := &c.after, checker{&c.problems}
		is.required("name", r.Name, "say whose card it is")
		is.words("note", r.Note, maxNote, "\n\r\t")
		if !cardForm.MatchString(r.Card) {
			// Not with its value: it may be the number on the card.
			is.reject("card", "", "not a card's keyed hash, psn_ and 32 of 0-9 and a-f, as the events of the gate have it")
			continue
		}
		if err := is.placed(tx, r.Place()); err != nil {
			return err
		}
		inService := scoped.Is("retired", false)
		same, err := responders.Within(tx, authz.Manage, authz.HQ, inService, scoped.Is("card", r.Card)).All()
		if err != nil {
			return err
		}
		for i := range same {
			if same[i].Place() == r.Place() {
				is.reject("card", r.Card, "is that of %s already", same[i].Name)
			}
		}
		if n, err := responders.Within(tx, authz.Manage, authz.HQ, inService).Count(); err != nil {
			return err
		} else if n >= maxResponders {
			is.reject("name", r.Name, "there are %d responders: end some", n)
		}
	}
	return nil
}

// ResponderFilter narrows a list of responders. Its zero value is all in service.
type ResponderFilter struct {
	Ended bool // also those whose card says nothing any more
}

// Responders lists the responders of the places that the caller manages, oldest
// first.
func (v *View) Responders(ctx context.Context, f ResponderFilter, p Page) (list List[Responder], err error) {
	var conds []scoped.Cond
	if !f.Ended {
		conds = append(conds, scoped.Is("retired", false))
	}
	err = v.read(ctx, func(tx *scoped.Tx) error {
		if err := tx.Anywhere(authz.Manage); err != nil {
			return err
		}
		list, err = responders.Within(tx, authz.Manage, authz.HQ, conds...).Page(p)
		return err
	})
	return list, err
}

// Responder reads one responder, for managers of the place.
func (v *View) Responder(ctx context.Context, id string) (r Responder, err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		r, err = managedResponder(tx, id)
		return err
	})
	return r, err
}

func managedResponder(tx *scoped.Tx, id string) (Responder, error) {
	r, err := responders.Get(tx, id)
	if err == nil {
		err = responders.change.require(tx, &r)
	}
	if err != nil {
		return Responder{}, err
	}
	return r, nil
}

// responderHistory is the history of a responder, for managers of the place: it has
// the card.
func responderHistory(tx *scoped.Tx, id string, p Page) (List[controldb.Entry], error) {
	if _, err := managedResponder(tx, id); err != nil {
		return List[controldb.Entry]{}, err
	}
	return responders.History(tx, id, p)
}

// CreateResponder is for managers of the place.
func (v *View) CreateResponder(ctx context.Context, r Responder) (Responder, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[Responder], error) {
		r.ID = newID(tx)
		return responders.add(tx, r)
	})
}

// EndResponder is for managers of the place. The card says nothing any more.
func (v *View) EndResponder(ctx context.Context, id string) (Responder, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[Responder], error) {
		before, err := managedResponder(tx, id)
		if err != nil {
			return nil, err
		}
		if before.Retired {
			return nil, controldb.Invalid("retired", "true", "it was ended already")
		}
		c := &change[Responder]{before: &before, after: before, action: "end"}
		c.after.Retired = true
		return c, responders.save(tx, c)
	})
}
