package registry

import (
	"context"
	"time"

	"steward/internal/controldb"
	"steward/internal/registry/scoped"
)

// History reads what was done to one object, newest first, for whoever may read
// the object. The key is that of audit entries: "north", "north/harbour",
// "north/harbour/b1", "north/harbour/meter/m1", the name of an alerting rule, or the
// id of what has one.
func (v *View) History(ctx context.Context, kind, key string, p Page) (list List[controldb.Entry], err error) {
	of := map[string]func(*scoped.Tx, string, Page) (List[controldb.Entry], error){
		KindRegion: regions.History, KindProject: projects.History, KindBuilding: buildings.History,
		KindDevice: devices.History, KindRule: rules.History,
		KindAlertRule: alertRules.History, KindSilence: silences.History, KindOverride: overrides.History, KindResponder: responderHistory,
	}[kind]
	if of == nil {
		return list, controldb.Invalid("kind", shorten(kind), "not one of region, project, building, device, approval_rule, alert_rule, silence, oncall_override, responder")
	}
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = of(tx, key, p)
		return err
	})
	return list, err
}

// AuditFilter narrows the audit log. What is empty does not narrow.
type AuditFilter struct {
	Kind, Key, Action string
	Actor             string // its ID
	Seq               int64  // one entry
	Region, Project   string
	From, To          time.Time // from inclusive, to exclusive
}

// Audit reads the audit log of the places that the caller manages, newest first.
// Entries that are of no place are for managers of the headquarters alone.
func (v *View) Audit(ctx context.Context, f AuditFilter, p Page) (list List[controldb.Entry], err error) {
	at, err := placeOf(f.Region, f.Project)
	if err != nil {
		return list, err
	}
	var conds []scoped.Cond
	for _, c := range []struct{ column, value string }{
		{"kind", f.Kind}, {"object", f.Key}, {"action", f.Action}, {"actor_id", f.Actor}, {"project", f.Project},
	} {
		if c.value != "" {
			conds = append(conds, scoped.Is(c.column, c.value))
		}
	}
	if f.Seq != 0 {
		conds = append(conds, scoped.Is("seq", f.Seq))
	}
	if !f.From.IsZero() {
		conds = append(conds, scoped.AtLeast("at", controldb.Stored(f.From)))
	}
	if !f.To.IsZero() {
		conds = append(conds, scoped.Below("at", controldb.Stored(f.To)))
	}
	err = v.read(ctx, func(tx *scoped.Tx) error {
		list, err = tx.Log(at, p, conds...)
		return err
	})
	return list, err
}
