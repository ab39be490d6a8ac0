package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/registry/record"
	"steward/internal/registry/scoped"
)

// ImportOptions of an Import.
type ImportOptions struct {
	DryRun bool // only check
}

// ImportReport is what an import did, or would do.
type ImportReport struct {
	DryRun    bool         `json:"dry_run"`
	Rows      int          `json:"rows"`
	Created   int          `json:"created"`
	Updated   int          `json:"updated"`
	Unchanged int          `json:"unchanged"`
	Problems  []RowProblem `json:"problems"`          // nothing was written when there is any; at most 10,000
	Changes   []RowChange  `json:"changes,omitempty"` // of a dry run: the first 1,000 of them
}

// RowChange is what a row of a file would do.
type RowChange struct {
	Row    int      `json:"row"`              // as in the file, whose header is row 1
	Key    string   `json:"key"`              // of the object
	New    bool     `json:"new"`              // the object is not there yet
	Fields []string `json:"fields,omitempty"` // that would be different
}

// maxChanges bounds what a dry run tells row by row: more than anybody reads.
const maxChanges = 1000

// Import makes and changes objects as the rows of a file say, in one
// transaction: all of them, or none when there is a problem with any row. A
// column that the file has not stays as it is, an empty cell empties the field.
// Where the file has versions, an object that was changed since is a problem.
// Other columns that people do not edit, such as updated_at, are passed over.
func (v *View) Import(ctx context.Context, kind string, rows Rows, o ImportOptions) (ImportReport, error) {
	switch kind {
	case KindRegion:
		return importRows(ctx, v, regions, rows, o)
	case KindProject:
		return importRows(ctx, v, projects, rows, o)
	case KindBuilding:
		return importRows(ctx, v, buildings, rows, o)
	case KindDevice:
		return importRows(ctx, v, devices, rows, o)
	}
	return ImportReport{}, wrongKind(kind)
}

func wrongKind(kind string) error {
	return controldb.Invalid("kind", shorten(kind), "not one of region, project, building, device")
}

func importRows[T any](ctx context.Context, v *View, k *kind[T], rows Rows, o ImportOptions) (ImportReport, error) {
	transact := v.write
	if o.DryRun {
		transact = v.read
	}
	var report ImportReport
	err := transact(ctx, func(tx *scoped.Tx) error {
		report = ImportReport{DryRun: o.DryRun, Rows: len(rows.Rows), Problems: []RowProblem{}}
		if err := tx.Anywhere(k.change.permission); err != nil {
			return err
		}
		in := importer[T]{kind: k, tx: tx, report: &report, allowed: map[authz.Place]error{}}
		changes, err := in.changes(rows)
		if err != nil || o.DryRun || len(report.Problems) > 0 {
			return err
		}
		// In the order of the tables' keys: otherwise a large import writes the same
		// pages of their indexes again and again.
		slices.SortFunc(changes, func(a, b *change[T]) int { return strings.Compare(k.Path(&a.after), k.Path(&b.after)) })
		return k.save(tx, changes...)
	})
	if err != nil {
		return ImportReport{}, err
	}
	return report, nil
}

// importer turns the rows of a file into changes.
type importer[T any] struct {
	*kind[T]
	tx      *scoped.Tx
	report  *ImportReport
	columns []record.Field // of the file, in its order
	allowed map[authz.Place]error
}

func (in *importer[T]) problem(row int, field, value, problem string, args ...any) {
	c := change[T]{row: row, problems: problems{{Field: field, Value: shorten(value), Problem: fmt.Sprintf(problem, args...)}}}
	in.report.Problems = c.report(in.report.Problems, "")
}

func (in *importer[T]) changes(rows Rows) ([]*change[T], error) {
	in.header(rows.Header)
	if len(in.report.Problems) > 0 {
		return nil, nil // the rows would all be wrong in the same way
	}
	stored, err := in.stored(rows)
	if err != nil {
		return nil, err
	}
	changes := make([]*change[T], 0, len(rows.Rows))
	seen := make(map[string]int, len(rows.Rows))
	for _, row := range rows.Rows {
		c := in.change(row, stored)
		path := in.Path(&c.after)
		if first, twice := seen[path]; twice {
			in.problem(row.Number, "id", path, "is in row %d too", first)
			continue
		}
		seen[path] = row.Number
		changes = append(changes, c)
	}
	in.tidyAll(changes)
	for _, c := range changes {
		in.fixed(c)
	}
	if err := in.check(in.tx, changes); err != nil {
		return nil, err
	}
	for _, c := range changes {
		if err := in.permit(c); err != nil {
			return nil, err
		}
		in.report.Problems = c.report(in.report.Problems, in.Path(&c.after))
		switch {
		case len(c.problems) > 0:
		case c.before == nil:
			in.report.Created++
			in.tell(c)
		case in.differs(c):
			in.report.Updated++
			in.tell(c)
		default:
			in.report.Unchanged++
		}
	}
	slices.SortStableFunc(in.report.Problems, func(a, b RowProblem) int { return a.Row - b.Row })
	return changes, nil
}

// tell adds what a row would do to the report of a dry run.
func (in *importer[T]) tell(c *change[T]) {
	if !in.report.DryRun || len(in.report.Changes) >= maxChanges {
		return
	}
	told := RowChange{Row: c.row, Key: in.Path(&c.after), New: c.before == nil}
	var nothing T
	before := &nothing
	if c.before != nil {
		before = c.before
	}
	for _, f := range in.columns {
		if (f.Editable || f.Initial && told.New) && !in.Fields.Equal(before, &c.after, f) {
			told.Fields = append(told.Fields, f.Name)
		}
	}
	in.report.Changes = append(in.report.Changes, told)
}

// header finds the fields of the file's columns.
func (in *importer[T]) header(header []string) {
	seen := map[string]bool{}
	for _, name := range header {
		f, ok := in.Fields.Lookup(strings.TrimSpace(name))
		switch {
		case !ok:
			in.problem(1, name, name, "no such column: use those of an export")
		case seen[f.Name]:
			in.problem(1, f.Name, name, "this column is there twice")
		}
		seen[f.Name] = true
		in.columns = append(in.columns, f)
	}
	for _, key := range in.keys {
		if !seen[key] {
			in.problem(1, key, "", "this column is missing: it says which object a row is")
		}
	}
}

// stored are the objects of the rows that are there, by path.
func (in *importer[T]) stored(rows Rows) (map[string]*T, error) {
	paths := make([]string, len(rows.Rows))
	for i, row := range rows.Rows {
		o := in.named(row)
		paths[i] = in.Path(&o)
	}
	all, err := in.GetAll(in.tx, paths)
	if err != nil {
		return nil, err
	}
	byPath := make(map[string]*T, len(all))
	for i := range all {
		byPath[in.Path(&all[i])] = &all[i]
	}
	return byPath, nil
}

// named is an object with nothing but the names of a row.
func (in *importer[T]) named(row Row) (o T) {
	for i, f := range in.columns {
		if slices.Contains(in.keys, f.Name) && i < len(row.Cells) {
			_ = in.Fields.SetText(&o, f, row.Cells[i]) // names are texts, which any cell is
		}
	}
	return o
}

// change is what a row says of an object.
func (in *importer[T]) change(row Row, stored map[string]*T) *change[T] {
	c := &change[T]{row: row.Number, after: in.named(row)}
	if c.before = stored[in.Path(&c.after)]; c.before != nil {
		c.after = *c.before
	}
	is := checker{&c.problems}
	if len(row.Cells) > len(in.columns) {
		is.reject("", row.Cells[len(in.columns)], "the row has more cells than the header")
	}
	for i, f := range in.columns {
		if i >= len(row.Cells) || slices.Contains(in.keys, f.Name) {
			continue
		}
		text := strings.TrimSpace(row.Cells[i])
		switch {
		case f.Name == "version":
			if c.before != nil && text != "" && text != strconv.FormatInt(in.meta(c.before).Version, 10) {
				is.reject(f.Name, shorten(text), "was changed since: the version now is %d; export again", in.meta(c.before).Version)
			}
		case f.Editable, f.Initial && text != "":
			if err := in.Fields.SetText(&c.after, f, text); err != nil {
				is.reject(f.Name, shorten(text), "%s", err)
			}
		}
	}
	return c
}

// fixed makes sure that an object that is there keeps what only its own actions
// change.
func (in *importer[T]) fixed(c *change[T]) {
	if c.before == nil {
		return
	}
	for _, f := range in.columns {
		if f.Initial && !in.Fields.Equal(c.before, &c.after, f) {
			checker{&c.problems}.reject(f.Name, shorten(cellText(in.Fields.Cell(&c.after, f))), "cannot be edited: approve, refuse, retire or replace the device")
			in.Fields.Copy(&c.after, c.before, f) // others are judged by what stays
			in.tidy(&c.after)
		}
	}
}

// permit makes sure that the caller may make or change the object. Of what the
// caller may not see the answer is that of what is not there.
func (in *importer[T]) permit(c *change[T]) error {
	n := in.create
	if c.before != nil {
		n = in.kind.change
	}
	at := n.at(&c.after)
	err, known := in.allowed[at]
	if !known {
		err = n.require(in.tx, &c.after)
		in.allowed[at] = err
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) {
		c.problems = problems{{Field: in.parent(), Value: at.String(), Problem: noSuchPlace}}
		return nil
	}
	return err
}

// parent is the field that says in what an object is.
func (in *importer[T]) parent() string {
	if len(in.keys) > 2 {
		return "project"
	}
	return in.keys[0]
}
