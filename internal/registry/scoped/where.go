package scoped

import (
	"database/sql/driver"
	"strings"
	"time"

	"steward/internal/authz"
)

// where collects the conditions of one statement. It can only be begun by
// reach, with the scope as its first condition.
type where struct {
	sql  strings.Builder
	args []any
}

// reach begins the conditions of a statement on a table whose rows have their
// place in two columns. This is the one place where a scope becomes SQL.
//
// A row without a project, such as a rule for a whole region, is within the
// region's scope and within no project's; so is a row without a region, which
// is everybody's, within everything alone. upwards also reaches the row of a
// region of which only a project is in the scope, for tables of regions.
func reach(scope authz.Scope, region, project string, upwards bool) *where {
	w := &where{}
	regions, projects := scope.Regions(), scope.Projects()
	switch {
	case scope.All():
		w.sql.WriteString(" WHERE 1 = 1")
		return w
	case scope.Empty():
		w.sql.WriteString(" WHERE 1 = 0")
		return w
	case project == "": // a table of regions
		if upwards {
			for _, p := range projects {
				regions = append(regions, p.Region)
			}
		}
		projects = nil
	}
	if len(regions)+len(projects) == 0 {
		w.sql.WriteString(" WHERE 1 = 0")
		return w
	}
	w.sql.WriteString(" WHERE (")
	if len(regions) > 0 {
		w.sql.WriteString(region)
		w.list(regions)
	}
	for i, p := range projects {
		if i > 0 || len(regions) > 0 {
			w.sql.WriteString(" OR ")
		}
		w.sql.WriteString("(" + region + " = ? AND " + project + " = ?)")
		w.args = append(w.args, p.Region, p.Project)
	}
	w.sql.WriteString(")")
	return w
}

// list is "= ?" or "IN (?, …)".
func (w *where) list(values []string) {
	if len(values) == 1 {
		w.sql.WriteString(" = ?")
	} else {
		w.sql.WriteString(" IN (?" + strings.Repeat(", ?", len(values)-1) + ")")
	}
	for _, v := range values {
		w.args = append(w.args, v)
	}
}

// plain makes sure that the values are ones that both databases take: no row
// holds any other text, and PostgreSQL would fail.
func (w *where) plain() {
	for i, a := range w.args {
		if s, ok := a.(string); ok && !plain(s) {
			w.args[i] = ""
			w.sql.WriteString(" AND 1 = 0")
		}
	}
}

// Cond is one more condition.
type Cond struct {
	column string // checked against the table's
	write  func(w *where, column string)
}

// Is wants a column to have a value.
func Is(column string, value any) Cond {
	return Cond{column, func(w *where, column string) {
		w.sql.WriteString(column + " = ?")
		w.args = append(w.args, value)
	}}
}

// In wants a column to have one of some values; of none, nothing matches.
func In(column string, values []string) Cond {
	return Cond{column, func(w *where, column string) {
		if len(values) == 0 {
			w.sql.WriteString("1 = 0")
			return
		}
		w.sql.WriteString(column)
		w.list(values)
	}}
}

// Below wants a column to be less than a value.
func Below(column string, value any) Cond {
	return Cond{column, func(w *where, column string) {
		w.sql.WriteString(column + " < ?")
		w.args = append(w.args, value)
	}}
}

// Above wants a column to be greater than a value.
func Above(column string, value any) Cond {
	return Cond{column, func(w *where, column string) {
		w.sql.WriteString(column + " > ?")
		w.args = append(w.args, value)
	}}
}

// Future wants a time to be after the present. That moves on from one page of a
// list to the next: a cursor belongs to the condition, and not to the moment.
func Future(column string, now time.Time) Cond { return Above(column, present(now)) }

// present is a time that says nothing of itself to the seal of a cursor.
type present time.Time

// Value implements driver.Valuer.
func (p present) Value() (driver.Value, error) { return time.Time(p), nil }

func (present) String() string { return "the present" }

// AtLeast wants a column to be a value or greater.
func AtLeast(column string, value any) Cond {
	return Cond{column, func(w *where, column string) {
		w.sql.WriteString(column + " >= ?")
		w.args = append(w.args, value)
	}}
}

// Contains wants the texts of a row that are searched to hold a part, in any
// case.
func Contains(part string) Cond {
	return Cond{searchColumn, func(w *where, column string) {
		w.sql.WriteString(column + ` LIKE ? ESCAPE '\'`)
		w.args = append(w.args, "%"+likeEscaper.Replace(fold(part))+"%")
	}}
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// fold is a text as it is searched. The database's own folding differs between
// the two, and SQLite's knows ASCII alone.
func fold(s string) string { return strings.ToLower(s) }
