package findings

import (
	"strings"

	"steward/internal/authz"
)

// query is a condition with its values.
type query struct {
	where string
	args  []any
}

// within is the findings of a scope at a place and below.
func within(scope authz.Scope, at authz.Place) *query {
	places := scope.Within(at).Places()
	q := &query{where: "WHERE 1 = 0"}
	conditions := make([]string, 0, len(places))
	for _, p := range places {
		switch {
		case p.Region == "":
			return &query{where: "WHERE 1 = 1"}
		case p.Project == "":
			conditions = append(conditions, "region = ?")
			q.args = append(q.args, p.Region)
		default:
			conditions = append(conditions, "(region = ? AND project = ?)")
			q.args = append(q.args, p.Region, p.Project)
		}
	}
	if len(conditions) > 0 {
		q.where = "WHERE (" + strings.Join(conditions, " OR ") + ")"
	}
	return q
}

func (q *query) and(condition string, args ...any) *query {
	q.where += " AND " + condition
	q.args = append(q.args, args...)
	return q
}

func (q *query) is(column, value string) *query {
	if value == "" {
		return q
	}
	return q.and(column+" = ?", value)
}

func in[T ~string](q *query, column string, values []T) *query {
	if len(values) == 0 {
		return q
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	return q.and(column+" IN "+marks(len(values)), args...)
}
