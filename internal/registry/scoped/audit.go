package scoped

import (
	"encoding/json"
	"fmt"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Audit notes what the caller did to an object of the table. before is nil for a
// new one, after for one that is gone.
func (t *Table[T]) Audit(tx *Tx, action string, o *T, before, after json.RawMessage) error {
	_, err := tx.tx.Audit(controldb.Entry{
		At: tx.now, Actor: controldb.ActorOf(tx.caller), Action: t.Kind + "." + action,
		Kind: t.Kind, Key: t.Path(o), Place: t.Place(o), Before: before, After: after,
	})
	return err
}

// History reads what was done to one object, newest first, for whoever may read
// the object. From where it was done is shown to managers alone.
func (t *Table[T]) History(tx *Tx, path string, p controldb.Page) (controldb.List[controldb.Entry], error) {
	o, err := t.Get(tx, path)
	if err != nil {
		return controldb.List[controldb.Entry]{}, err
	}
	w := &where{}
	w.sql.WriteString("WHERE kind = ? AND object = ?")
	w.args = []any{t.Kind, path}
	list, err := tx.entries(w, p)
	if !tx.caller.May(authz.Manage, t.Place(&o)) {
		for i := range list.Items {
			list.Items[i].Actor.Remote = ""
		}
	}
	return list, err
}

// auditColumns are those by which the audit log is narrowed.
var auditColumns = map[string]bool{"seq": true, "at": true, "actor_id": true, "action": true, "kind": true, "object": true, "project": true}

// Log reads the audit log of the places at and below a place that the caller
// manages, newest first. Entries without a place are for those who manage
// everything.
func (tx *Tx) Log(at authz.Place, p controldb.Page, conds ...Cond) (controldb.List[controldb.Entry], error) {
	scope := tx.caller.Scope(authz.Manage)
	if scope.Empty() {
		return controldb.List[controldb.Entry]{}, controldb.ErrForbidden
	}
	w := reach(scope.Within(at), "region", "project", false)
	for _, c := range conds {
		if !auditColumns[c.column] {
			panic(fmt.Sprintf("scoped: the audit log is not narrowed by %q", c.column))
		}
		w.sql.WriteString(" AND ")
		c.write(w, c.column)
	}
	w.plain()
	return tx.entries(w, p)
}

func (tx *Tx) entries(w *where, p controldb.Page) (controldb.List[controldb.Entry], error) {
	if p.Sort != "" && p.Sort != "-seq" {
		return controldb.List[controldb.Entry]{}, controldb.Invalid("sort", p.Sort, "the newest come first: leave it empty")
	}
	seal := sealOf("audit", "-seq", w)
	if p.Cursor != "" {
		c, err := openCursor(p.Cursor, seal)
		if err != nil {
			return controldb.List[controldb.Entry]{}, err
		}
		w.sql.WriteString(" AND seq < ?")
		w.args = append(w.args, c.Seq)
	}
	entries, err := tx.tx.Entries(w.sql.String()+" ORDER BY seq DESC LIMIT ?", append(w.args, p.Size()+1)...)
	if err != nil || len(entries) <= p.Size() {
		return controldb.List[controldb.Entry]{Items: entries}, err
	}
	entries = entries[:p.Size()]
	return controldb.List[controldb.Entry]{Items: entries, Next: cursor{Seal: seal, Seq: entries[p.Size()-1].Seq}.String()}, nil
}
