package scoped

import (
	"fmt"
	"strings"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/record"
)

// Columns that tables have besides those of their type.
const (
	pathColumn     = "path"     // the primary key: the object's place and name in one
	searchColumn   = "search"   // the texts that are searched, folded
	revisionColumn = "revision" // grows with each change of anything, in order of commit
)

// Spec describes the table of T.
type Spec[T any] struct {
	Name            string // of the table
	Kind            string // of the objects, in the audit log
	Region, Project string // the columns that say where a row is; no Project for regions themselves
	Sorts           []string
	Path            func(*T) string
	Place           func(*T) authz.Place
	Search          func(*T) string // nil for a table without search and revision
}

// Table is a table whose rows are objects of type T, each at a place.
type Table[T any] struct {
	Spec[T]
	Fields record.Fields[T]

	columns  map[string]bool
	width    int    // number of columns
	selected string // the columns of T
	insert   string
	update   string
}

// NewTable puts the statements of a table together, from names in the program
// alone.
func NewTable[T any](s Spec[T]) *Table[T] {
	t := &Table[T]{Spec: s, Fields: record.Of[T](), columns: map[string]bool{}}
	all := t.Fields.Names()
	for i, name := range all {
		all[i] = quoted(name)
	}
	t.selected = strings.Join(all, ", ")
	all = append(all, pathColumn)
	if s.Search != nil {
		all = append(all, searchColumn, revisionColumn)
	}
	t.width = len(all)
	for _, name := range all {
		t.columns[strings.Trim(name, `"`)] = true
	}
	t.insert = "INSERT INTO " + s.Name + " (" + strings.Join(all, ", ") + ") VALUES "
	t.update = "UPDATE " + s.Name + " SET " + strings.Join(all, " = ?, ") + " = ?"
	for _, c := range append([]string{s.Region, s.Project}, s.Sorts...) {
		t.check(c)
	}
	return t
}

// reserved are names of columns that are words of SQL.
var reserved = map[string]bool{"from": true, "end": true}

func quoted(column string) string {
	if reserved[column] {
		return `"` + column + `"`
	}
	return column
}

// check panics on a column that the table does not have: the name would become
// part of a statement.
func (t *Table[T]) check(column string) {
	if column != "" && !t.columns[column] {
		panic(fmt.Sprintf("scoped: table %s has no column %q", t.Name, column))
	}
}

// Rows are those rows of a table that a caller may reach with a permission and
// that fulfil conditions.
type Rows[T any] struct {
	table *Table[T]
	tx    *Tx
	where *where
}

// Within are the rows at a place and below it that the caller of tx reaches with
// a permission.
func (t *Table[T]) Within(tx *Tx, perm authz.Permission, at authz.Place, conds ...Cond) Rows[T] {
	// Whoever reads a project may see its region by name; nothing else is
	// visible from below.
	upwards := perm == authz.Read
	r := Rows[T]{t, tx, reach(tx.caller.Scope(perm).Within(at), t.Region, t.Project, upwards)}
	for _, c := range conds {
		t.check(c.column)
		r.where.sql.WriteString(" AND ")
		c.write(r.where, quoted(c.column))
	}
	r.where.plain()
	return r
}

// Get reads the object with a path, if the caller may read it: ErrNotFound.
func (t *Table[T]) Get(tx *Tx, path string) (T, error) {
	return t.Within(tx, authz.Read, authz.HQ, Is(pathColumn, path)).one()
}

// GetAll reads those of some objects that are there and may be read, in the
// order of their paths.
func (t *Table[T]) GetAll(tx *Tx, paths []string) ([]T, error) {
	var all []T
	for len(paths) > 0 {
		n := min(len(paths), MaxList)
		part, err := t.Within(tx, authz.Read, authz.HQ, In(pathColumn, paths[:n])).All()
		if err != nil {
			return nil, err
		}
		all, paths = append(all, part...), paths[n:]
	}
	return all, nil
}

// MaxList bounds the values of one statement: SQLite takes 32,766, and plans
// long lists slowly.
const MaxList = 1000

func (r Rows[T]) one() (T, error) {
	var o T
	err := r.tx.tx.Get(&o, "SELECT "+r.table.selected+" FROM "+r.table.Name+r.where.sql.String(), r.where.args...)
	return o, err
}

// All reads all rows in the order of their paths. It is for what is known to be
// few, or wanted in memory.
func (r Rows[T]) All() ([]T, error) {
	return r.selectBy(" ORDER BY " + pathColumn)
}

// First reads the first rows in the order of a column that is unique.
func (r Rows[T]) First(limit int, column string) ([]T, error) {
	r.table.check(column)
	r.where.args = append(r.where.args, limit)
	return r.selectBy(" ORDER BY " + quoted(column) + " LIMIT ?")
}

func (r Rows[T]) selectBy(order string) ([]T, error) {
	var all []T
	err := r.tx.tx.Select(&all, "SELECT "+r.table.selected+" FROM "+r.table.Name+r.where.sql.String()+order, r.where.args...)
	return all, err
}

// Count is the number of rows.
func (r Rows[T]) Count() (int, error) {
	var n int
	err := r.tx.tx.Get(&n, "SELECT count(*) FROM "+r.table.Name+r.where.sql.String(), r.where.args...)
	return n, err
}

// Tally is how many rows have a value.
type Tally struct {
	Value string `json:"value" db:"value"`
	Count int    `json:"count" db:"n"`
}

// Tally counts the rows by the values of a text column, the most frequent first. Rows
// in which it is empty are not counted.
func (r Rows[T]) Tally(column string, limit int) ([]Tally, error) {
	r.table.check(column)
	all := []Tally{}
	r.where.args = append(r.where.args, limit)
	column = quoted(column)
	err := r.tx.tx.Select(&all, "SELECT "+column+" AS value, count(*) AS n FROM "+r.table.Name+r.where.sql.String()+
		" AND "+column+" <> '' GROUP BY "+column+" ORDER BY n DESC, value LIMIT ?", r.where.args...)
	return all, err
}

// Delete removes the rows. It is for indexes and rules: objects are retired. In a
// table with revisions it takes one, so that who follows them looks again.
func (r Rows[T]) Delete() (int64, error) {
	if _, err := r.table.revisions(r.tx, 1); err != nil {
		return 0, err
	}
	return r.tx.tx.Exec("DELETE FROM "+r.table.Name+r.where.sql.String(), r.where.args...)
}

// Insert adds objects for a caller who has the permission at the place of each.
// ErrExists says that one is there.
func (t *Table[T]) Insert(tx *Tx, perm authz.Permission, objects ...*T) error {
	for _, o := range objects {
		if err := tx.Require(perm, t.Place(o)); err != nil {
			return err
		}
	}
	revision, err := t.revisions(tx, len(objects))
	if err != nil {
		return err
	}
	one := "(?" + strings.Repeat(", ?", t.width-1) + ")"
	for len(objects) > 0 {
		n := min(len(objects), max(1, MaxList/t.width))
		args := make([]any, 0, n*t.width)
		for _, o := range objects[:n] {
			args = append(args, t.row(o, revision)...)
			revision++
		}
		if _, err := tx.tx.Exec(t.insert+one+strings.Repeat(", "+one, n-1), args...); err != nil {
			return err
		}
		objects = objects[n:]
	}
	return nil
}

// Update writes an object over the one with the same path, for a caller who has
// the permission at its place, if that one still has the version was.
func (t *Table[T]) Update(tx *Tx, perm authz.Permission, o *T, was int64) error {
	if err := tx.Require(perm, t.Place(o)); err != nil {
		return err
	}
	revision, err := t.revisions(tx, 1)
	if err != nil {
		return err
	}
	w := t.Within(tx, perm, t.Place(o), Is(pathColumn, t.Path(o)), Is("version", was)).where
	n, err := tx.tx.Exec(t.update+w.sql.String(), append(t.row(o, revision), w.args...)...)
	if err == nil && n == 0 {
		return controldb.ErrConflict
	}
	return err
}

func (t *Table[T]) row(o *T, revision int64) []any {
	values := append(t.Fields.Values(o), t.Path(o))
	if t.Search == nil {
		return values
	}
	return append(values, fold(t.Search(o)), revision)
}

// revisions takes the next n revisions and returns the first. The row is locked
// until the end of the transaction, so that revisions become visible in their
// order.
func (t *Table[T]) revisions(tx *Tx, n int) (int64, error) {
	if n == 0 || t.Search == nil {
		return 0, nil
	}
	var last int64
	err := tx.tx.Get(&last, `UPDATE registry_revision SET value = value + ? RETURNING value`, n)
	return last - int64(n) + 1, err
}

// Revision is that of the last change of anything.
func (tx *Tx) Revision() (int64, error) {
	var last int64
	err := tx.tx.Get(&last, `SELECT value FROM registry_revision`)
	return last, err
}

// Changed is an object with the revision of its last change.
type Changed[T any] struct {
	Object   T     `db:"object"`
	Revision int64 `db:"revision"`
}

// Since reads the objects that the caller may read and that were changed after a
// revision, in the order of their last change.
func (t *Table[T]) Since(tx *Tx, revision int64, limit int) ([]Changed[T], error) {
	columns := make([]string, len(t.Fields.All))
	for i, f := range t.Fields.All {
		columns[i] = quoted(f.Name) + ` AS "object.` + f.Name + `"`
	}
	w := t.Within(tx, authz.Read, authz.HQ, Above(revisionColumn, revision)).where
	var changed []Changed[T]
	err := tx.tx.Select(&changed, "SELECT "+strings.Join(columns, ", ")+", "+revisionColumn+" FROM "+t.Name+w.sql.String()+
		" ORDER BY "+revisionColumn+" LIMIT ?", append(w.args, limit)...)
	return changed, err
}
