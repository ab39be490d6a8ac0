package scoped

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"steward/internal/controldb"
)

// Page reads a page of rows. Pages follow one another by the last row's values
// and not by a count, so that deep ones cost what the first does, and nothing is
// shown twice or skipped when rows are added in between. A cursor belongs to its
// sort and its conditions; it holds a position and opens nothing.
func (r Rows[T]) Page(p controldb.Page) (controldb.List[T], error) {
	column, descending := strings.CutPrefix(p.Sort, "-")
	if column == "" {
		column = r.table.Sorts[0]
	}
	if !slices.Contains(r.table.Sorts, column) {
		return controldb.List[T]{}, controldb.Invalid("sort", p.Sort, "sort by one of %s, with - before it for descending", strings.Join(r.table.Sorts, ", "))
	}
	field, known := r.table.Fields.Lookup(column)
	if !known {
		return controldb.List[T]{}, fmt.Errorf("table %s has no field %s to sort by", r.table.Name, column)
	}
	byPath := column == r.table.Sorts[0] // the path has all that its names say
	column = quoted(column)
	compare, direction := ">", ""
	if descending {
		compare, direction = "<", " DESC"
	}
	seal := r.seal(column + direction)

	if p.Cursor != "" {
		c, err := openCursor(p.Cursor, seal)
		if err != nil {
			return controldb.List[T]{}, err
		}
		if byPath {
			r.where.sql.WriteString(" AND " + pathColumn + " " + compare + " ?")
			r.where.args = append(r.where.args, c.Path)
		} else {
			r.where.sql.WriteString(" AND (" + column + ", " + pathColumn + ") " + compare + " (?, ?)")
			r.where.args = append(r.where.args, c.value(), c.Path)
		}
	}
	order := " ORDER BY " + pathColumn + direction
	if !byPath {
		order = " ORDER BY " + column + direction + ", " + pathColumn + direction
	}
	r.where.args = append(r.where.args, p.Size()+1) // one more tells whether there is another page
	items, err := r.selectBy(order + " LIMIT ?")
	if err != nil || len(items) <= p.Size() {
		return controldb.List[T]{Items: items}, err
	}
	items = items[:p.Size()]
	last := &items[p.Size()-1]
	return controldb.List[T]{Items: items, Next: cursor{Seal: seal, Path: r.table.Path(last)}.at(r.table.Fields.Value(last, field)).String()}, nil
}

// seal is of a sort and the conditions: a cursor of other ones would show a part
// of a list that is none.
func (r Rows[T]) seal(order string) string {
	return sealOf(r.table.Name, order, r.where)
}

func sealOf(table, order string, w *where) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%s\n%s\n", table, order, w.sql.String()) // a hash does not fail
	for _, a := range w.args {
		_, _ = fmt.Fprintf(h, "%q\n", fmt.Sprint(a))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// cursor is the position after a row.
type cursor struct {
	Seal string `json:"s"`
	Path string `json:"p,omitempty"`
	Text string `json:"t,omitempty"` // the row's value of the column that is sorted by
	Time *int64 `json:"m,omitempty"` // the same for times, Unix milliseconds
	Seq  int64  `json:"q,omitempty"` // of an audit entry
}

func (c cursor) at(value any) cursor {
	if t, ok := value.(time.Time); ok {
		ms := t.UnixMilli()
		c.Time = &ms
		return c
	}
	c.Text = fmt.Sprint(value)
	return c
}

func (c cursor) value() any {
	if c.Time != nil {
		return time.UnixMilli(*c.Time).UTC()
	}
	return c.Text
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// maxCursor is longer than any that String makes: a path of 203 bytes and a
// value of 200 characters.
const maxCursor = 4096

func openCursor(text, seal string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > maxCursor || json.Unmarshal(raw, &c) != nil || c.Seal != seal ||
		!plain(c.Path) || !plain(c.Text) || c.Time != nil && (*c.Time < -1<<46 || *c.Time > 1<<46) {
		return cursor{}, controldb.Invalid("cursor", text, "not a cursor of this list with this sort and these filters: begin without one")
	}
	return c, nil
}

// plain is what PostgreSQL takes for text.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
