package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"steward/internal/controldb"
)

// query is a SELECT for one page of a list: conditions, an order, and where the
// page before ended. Everything from outside is a parameter; the order is chosen
// among the columns that the caller of newQuery names.
type query struct {
	selectFrom string
	conditions []string
	args       []any

	field, column, id string
	descending        bool
	size              int
	cursor            string
	err               error
}

// newQuery begins a query over the table alias. sorts gives the text columns of
// the fields by which the list may be sorted, def the field of its own order.
func newQuery(selectFrom string, page Page, alias string, sorts map[string]string, def string) *query {
	q := &query{selectFrom: selectFrom, size: page.Size(), cursor: page.Cursor, id: alias + ".id", field: def}
	if page.Sort != "" {
		q.field, q.descending = strings.CutPrefix(page.Sort, "-")
	}
	column, ok := sorts[q.field]
	if !ok {
		q.err = controldb.Invalid("sort", page.Sort, "is not a field by which this list can be sorted")
	}
	q.column = column
	return q
}

func (q *query) and(condition string, args []any) {
	q.conditions = append(q.conditions, condition)
	q.args = append(q.args, args...)
}

// position is the content of a cursor: the last row of a page, and the query it
// belongs to.
type position struct {
	Of    string `json:"q"`
	Value string `json:"v"`
	ID    string `json:"i"`
}

// fingerprint tells queries apart, so that a cursor of one is refused by
// another. The scope is among the arguments.
func (q *query) fingerprint() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %v %t", q.conditions, q.args, q.field, q.descending))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// runQuery reads a page into rows, and returns the cursor of the next.
func runQuery[R any](tx *controldb.Tx, q *query, rows *[]R, key func(R) (value, id string)) (next string, err error) {
	if q.err != nil {
		return "", q.err
	}
	of := q.fingerprint()
	compare, order := " > ", " ASC"
	if q.descending {
		compare, order = " < ", " DESC"
	}
	if q.cursor != "" {
		at, err := readCursor(q.cursor)
		if err != nil || at.Of != of {
			return "", controldb.Invalid("cursor", q.cursor, "is not one of this list: begin without a cursor")
		}
		q.and("("+q.column+compare+"? OR ("+q.column+" = ? AND "+q.id+compare+"?))", []any{at.Value, at.Value, at.ID})
	}
	statement := q.selectFrom + " WHERE " + strings.Join(q.conditions, " AND ") +
		" ORDER BY " + q.column + order + ", " + q.id + order + " LIMIT ?"
	if err := tx.Select(rows, statement, append(q.args, q.size+1)...); err != nil {
		return "", err
	}
	if len(*rows) <= q.size {
		return "", nil
	}
	*rows = (*rows)[:q.size]
	value, id := key((*rows)[q.size-1])
	return writeCursor(position{of, value, id})
}

func writeCursor(p position) (string, error) {
	b, err := json.Marshal(p)
	return base64.RawURLEncoding.EncodeToString(b), err
}

func readCursor(s string) (p position, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(b, &p)
}
