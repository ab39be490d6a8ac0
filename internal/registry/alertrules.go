package registry

import (
	"context"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/scoped"
)

// AlertRule is an alerting rule that was made here and not in a file.
type AlertRule struct {
	Name    string `json:"name" db:"name" edit:"no"`       // of all rules, whatever their place
	Region  string `json:"region" db:"region" edit:"no"`   // empty for all
	Project string `json:"project" db:"project" edit:"no"` // empty for all of the region
	Text    string `json:"text" db:"text" trim:"no"`       // YAML, of one rule
	Mode    string `json:"mode" db:"mode"`                 // enabled, shadow or disabled; empty for what the text says
	Meta
}

// Place is what the rule watches, with all that is below.
func (r *AlertRule) Place() authz.Place { return authz.Place{Region: r.Region, Project: r.Project} }

// Bounds of alerting rules: each is held against every message.
const (
	maxAlertRules = 1000
	maxRuleText   = 16_000 // characters
)

var alertRules = &kind[AlertRule]{
	Table: scoped.NewTable(scoped.Spec[AlertRule]{
		Name: "alert_rules", Kind: KindAlertRule, Region: "region", Project: "project", Sorts: []string{"name", "updated_at"},
		Path:   func(r *AlertRule) string { return r.Name },
		Place:  (*AlertRule).Place,
		Search: func(r *AlertRule) string { return r.Name },
	}),
	keys:   []string{"name"},
	meta:   func(r *AlertRule) *Meta { return &r.Meta },
	create: need[AlertRule]{authz.Configure, (*AlertRule).Place},
	change: need[AlertRule]{authz.Configure, (*AlertRule).Place},
	tidy:   func(*AlertRule) {},
}

func init() {
	alertRules.check = checkAlertRules // which reads the table itself
}

func checkAlertRules(tx *scoped.Tx, changes []*change[AlertRule]) error {
	for _, c := range changes {
		r, is := &c.after, checker{&c.problems}
		is.segment("name", r.Name)
		is.words("text", r.Text, maxRuleText, "\n\r\t")
		switch r.Mode {
		case "", "enabled", "shadow", "disabled":
		default:
			is.reject("mode", shorten(r.Mode), "not one of enabled, shadow, disabled, or empty for what the text says")
		}
		if c.before != nil {
			continue
		}
		if err := is.placed(tx, r.Place()); err != nil {
			return err
		}
		if n, err := alertRules.Within(tx, authz.Read, authz.HQ).Count(); err != nil {
			return err
		} else if n >= maxAlertRules {
			is.reject("name", r.Name, "there are %d rules: delete some", n)
		}
	}
	return nil
}

// checkText has the text of a rule checked.
func (v *View) checkText(tx *scoped.Tx, r AlertRule) error {
	wide, err := v.store.checkRule(r)
	if err != nil || !wide {
		return err
	}
	return tx.Require(authz.Administer, authz.HQ)
}

// AlertRules lists the rules of the places that the caller may read, by name.
func (v *View) AlertRules(ctx context.Context, p Page) (list List[AlertRule], err error) {
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = alertRules.Within(tx, authz.Read, authz.HQ).Page(p)
		return err
	})
	return list, err
}

// AlertRule reads one rule.
func (v *View) AlertRule(ctx context.Context, name string) (AlertRule, error) {
	return get(ctx, v, alertRules, name)
}

// CreateAlertRule is for engineers of the rule's place, and for administrators of
// the headquarters when it reads more than that. ErrExists says that the name is
// taken, maybe where the caller may not look: names of rules are no secret.
func (v *View) CreateAlertRule(ctx context.Context, r AlertRule) (AlertRule, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[AlertRule], error) {
		if err := alertRules.create.require(tx, &r); err != nil {
			return nil, err
		}
		if err := v.checkText(tx, r); err != nil {
			return nil, err
		}
		return alertRules.add(tx, r)
	})
}

// UpdateAlertRule is for those who may create the rule. Version must be the present
// one; the place stays.
func (v *View) UpdateAlertRule(ctx context.Context, r AlertRule) (AlertRule, error) {
	return written(ctx, v, func(tx *scoped.Tx) (*change[AlertRule], error) {
		before, err := alertRules.get(tx, r.Name, r.Version)
		if err != nil {
			return nil, err
		}
		if r.Place() != before.Place() {
			return nil, controldb.Invalid("region", r.Place().String(), "the rule is at %s: delete it and make another", before.Place())
		}
		if err := v.checkText(tx, r); err != nil {
			return nil, err
		}
		return alertRules.edit(tx, r)
	})
}

// DeleteAlertRule is for engineers of the rule's place. Version must be the present
// one. What was done to the rule stays in the audit log.
func (v *View) DeleteAlertRule(ctx context.Context, name string, version int64) error {
	return v.write(ctx, func(tx *scoped.Tx) error {
		r, err := alertRules.get(tx, name, version)
		if err != nil {
			return err
		}
		if _, err := alertRules.Within(tx, authz.Configure, r.Place(), scoped.Is("name", name)).Delete(); err != nil {
			return err
		}
		_, before, err := alertRules.Fields.Diff(nil, &r, unaudited...)
		if err != nil {
			return err
		}
		return alertRules.Audit(tx, "delete", &r, before, nil)
	})
}
