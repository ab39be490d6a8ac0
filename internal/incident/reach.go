package incident

import (
	"strings"

	"steward/internal/authz"
)

// source is what callers may read of one table. Each has a region and a project
// in every row.
type source struct{ columns, table string }

// The sources.
var (
	fromIncidents = source{"id, doc", "incidents"}
	fromCounts    = source{"region, project, severity, count(*) AS open, sum(CASE WHEN breached THEN 1 ELSE 0 END) AS breached", "incidents"}
	fromEnds      = source{"entries, head, seq, version", "incidents"}
	fromEntries   = source{entryColumns, "incident_entries"}
	fromNotices   = source{"id, doc", "incident_notices"}
	fromAttempts  = source{"notice, n, at, channel, ok, error, took", "incident_attempts"}
)

// query is a SELECT in the making. It can only be begun by within, with a scope as
// its first condition, so that there is none without.
type query struct {
	sql  strings.Builder
	args []any
}

// within begins the query for the rows of a place and below that a scope reaches.
// This is the one place where a scope becomes SQL.
//
// A row without a project, an incident of a whole region, is within the region's
// scope and within no project's; one without a region is within everything alone.
func (s source) within(scope authz.Scope, at authz.Place) *query {
	q := &query{}
	q.sql.WriteString("SELECT " + s.columns + " FROM " + s.table + " WHERE ")
	scope = scope.Within(at)
	switch {
	case scope.All():
		q.sql.WriteString("1 = 1")
		return q
	case scope.Empty():
		q.sql.WriteString("1 = 0")
		return q
	}
	q.sql.WriteString("(")
	or := ""
	for _, p := range scope.Places() {
		q.sql.WriteString(or)
		or = " OR "
		if p.Project == "" {
			q.sql.WriteString("region = ?")
			q.args = append(q.args, p.Region)
			continue
		}
		q.sql.WriteString("(region = ? AND project = ?)")
		q.args = append(q.args, p.Region, p.Project)
	}
	q.sql.WriteString(")")
	return q
}

// and adds a condition, which is a constant of the program; values are parameters.
// A text that no row can hold, and PostgreSQL would fail at, matches nothing.
func (q *query) and(condition string, args ...any) *query {
	for _, a := range args {
		if s, ok := a.(string); ok && s != clean(s) {
			q.sql.WriteString(" AND 1 = 0")
			return q
		}
	}
	q.sql.WriteString(" AND " + condition)
	q.args = append(q.args, args...)
	return q
}

// is wants a column to have a value; an empty one wants nothing.
func (q *query) is(column, value string) *query {
	if value == "" {
		return q
	}
	return q.and(column+" = ?", value)
}

// in wants a column to have one of some values; of none, all will do.
func (q *query) in(column string, values []string) *query {
	if len(values) == 0 {
		return q
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = clean(v)
	}
	return q.and(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

// then ends the query: grouping, order, limit.
func (q *query) then(end string, args ...any) *query {
	q.sql.WriteString(" " + end)
	q.args = append(q.args, args...)
	return q
}
