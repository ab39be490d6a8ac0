package registry

import (
	"context"
	"crypto/rand"
	"path"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/registry/scoped"
	"steward/internal/telemetry"
)

// ApprovalRule approves devices that publish before anybody entered them, where
// it is known beforehand how they will be called.
type ApprovalRule struct {
	ID        string          `json:"id" db:"id"`           // made by the registry
	Region    string          `json:"region" db:"region"`   // empty for all
	Project   string          `json:"project" db:"project"` // empty for all of the region
	Class     telemetry.Class `json:"class" db:"class"`     // empty for all
	Pattern   string          `json:"pattern" db:"pattern"` // of the device's whole id: * is any text, ? one character
	Note      string          `json:"note" db:"note"`
	CreatedAt time.Time       `json:"created_at" db:"created_at"`
}

func (r *ApprovalRule) place() authz.Place { return authz.Place{Region: r.Region, Project: r.Project} }

// approves reports whether a device may come into service by the rule.
func (r *ApprovalRule) approves(d telemetry.Device) bool {
	if !r.place().Contains(authz.Place{Region: d.Region, Project: d.Project}) || r.Class != "" && r.Class != d.Class {
		return false
	}
	ok, err := path.Match(r.Pattern, d.ID) // a segment: it has no slash
	return ok && err == nil
}

var rules = scoped.NewTable(scoped.Spec[ApprovalRule]{
	Name: "approval_rules", Kind: KindRule, Region: "region", Project: "project", Sorts: []string{"id"},
	Path:  func(r *ApprovalRule) string { return r.ID },
	Place: (*ApprovalRule).place,
})

// ApprovalRules lists the rules of the places that the caller may read, oldest
// first.
func (v *View) ApprovalRules(ctx context.Context, p Page) (list List[ApprovalRule], err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = rules.Within(tx, authz.Read, authz.HQ).Page(p)
		return err
	})
	return list, err
}

// maxRules bounds the rules of the house: each unknown device is held against
// all of them.
const maxRules = 1000

// CreateApprovalRule is for engineers of the rule's place. Devices that are
// pending and match are approved at once.
func (v *View) CreateApprovalRule(ctx context.Context, r ApprovalRule) (ApprovalRule, error) {
	r.Pattern, r.Note = strings.TrimSpace(r.Pattern), strings.TrimSpace(r.Note)
	err := v.write(ctx, func(tx *scoped.Tx) error {
		if err := tx.Require(authz.Configure, r.place()); err != nil {
			return err
		}
		if err := checkRule(tx, &r); err != nil {
			return err
		}
		r.ID = newID(tx)
		r.CreatedAt = tx.Now()
		if err := rules.Insert(tx, authz.Configure, &r); err != nil {
			return err
		}
		_, after, err := rules.Fields.Diff(nil, &r)
		if err != nil {
			return err
		}
		if err := rules.Audit(tx, "create", &r, nil, after); err != nil {
			return err
		}
		return applyRule(tx, &r)
	})
	if err != nil {
		return ApprovalRule{}, err
	}
	return r, nil
}

// newID is a name by time, so that the oldest come first, and past guessing.
func newID(tx *scoped.Tx) string {
	return tx.Now().Format("20060102150405") + "-" + strings.ToLower(rand.Text()[:10])
}

func checkRule(tx *scoped.Tx, r *ApprovalRule) error {
	var p problems
	is := checker{&p}
	if err := is.placed(tx, r.place()); err != nil {
		return err
	}
	if _, err := telemetry.ParseClass(string(r.Class)); err != nil && r.Class != "" {
		is.reject("class", shorten(string(r.Class)), "not one of meter, elevator, fire, access, or empty for all")
	}
	if _, err := path.Match(r.Pattern, ""); err != nil || r.Pattern == "" || strings.ContainsAny(r.Pattern, "/\\") {
		is.reject("pattern", shorten(r.Pattern), "write the device's id, with * for any text and ? for one character")
	}
	is.text("pattern", r.Pattern)
	is.words("note", r.Note, maxNote, "\n\r\t")
	if n, err := rules.Within(tx, authz.Read, authz.HQ).Count(); err != nil {
		return err
	} else if n >= maxRules {
		is.reject("pattern", shorten(r.Pattern), "there are %d rules: delete some", n)
	}
	return p.invalid()
}

// applyRule approves what is pending and matches a rule.
func applyRule(tx *scoped.Tx, r *ApprovalRule) error {
	pending, err := devices.Within(tx, authz.Configure, r.place(), scoped.Is("state", string(Pending))).All()
	if err != nil {
		return err
	}
	var changes []*change[Device]
	for i := range pending {
		if d := &pending[i]; r.approves(d.Ref()) {
			c := &change[Device]{before: d, after: *d, action: "approve"}
			c.after.State = Active
			changes = append(changes, c)
		}
	}
	return devices.save(tx, changes...)
}

// DeleteApprovalRule is for engineers of the rule's place. What it approved
// stays approved.
func (v *View) DeleteApprovalRule(ctx context.Context, id string) error {
	return v.write(ctx, func(tx *scoped.Tx) error {
		r, err := rules.Get(tx, id)
		if err != nil {
			return err
		}
		if err := tx.Require(authz.Configure, r.place()); err != nil {
			return err
		}
		if _, err := rules.Within(tx, authz.Configure, r.place(), scoped.Is("id", id)).Delete(); err != nil {
			return err
		}
		_, before, err := rules.Fields.Diff(nil, &r)
		if err != nil {
			return err
		}
		return rules.Audit(tx, "delete", &r, before, nil)
	})
}
