package clickhouse

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// A cursor says where a page ended: behind a row, which it names by its key. It
// belongs to one query of one scope, and holds what the query left open when
// its first page was asked for. It grants nothing: whatever it says, the next
// page is asked for with the caller's own scope.

// position is the key of a row. Each query uses the fields it is ordered by.
type position struct {
	TS      telemetry.Millis `json:"ts,omitempty"`
	Region  string           `json:"region,omitempty"`
	Project string           `json:"project,omitempty"`
	Class   string           `json:"class,omitempty"`
	Device  string           `json:"device,omitempty"`
	Metric  string           `json:"metric,omitempty"`
	Kind    string           `json:"kind,omitempty"`
	ID      string           `json:"id,omitempty"`
}

// cursor is what the opaque text holds.
type cursor struct {
	Query      []byte           `json:"q"`           // the query's fingerprint
	From       telemetry.Millis `json:"f,omitempty"` // as the first page took them
	To         telemetry.Millis `json:"t,omitempty"`
	Resolution Resolution       `json:"r,omitempty"`
	After      position         `json:"a"`
	Count      int              `json:"n"` // rows with the very key of After that were given out
}

// maxCursor bounds a cursor's text: names and ids have a length.
const maxCursor = 4096

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // it holds texts and numbers
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// fingerprint tells queries apart that a cursor must not be carried between.
func fingerprint(kind string, scope authz.Scope, query any) []byte {
	text, err := json.Marshal([]any{kind, scope.Places(), query})
	if err != nil {
		panic(err) // queries hold texts, numbers and times that were checked
	}
	sum := sha256.Sum256(text)
	return sum[:8]
}

// parseCursor reads a cursor of a query. The zero cursor is before every row.
func parseCursor(text string, query []byte) (cursor, error) {
	c := cursor{Query: query}
	if text == "" {
		return c, nil
	}
	wrong := &ArgumentError{"cursor", text, "is not one that this query gave: leave it out to begin with the first page"}
	if len(text) > maxCursor {
		return c, wrong
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return c, wrong
	}
	var read cursor
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil || !bytes.Equal(read.Query, query) {
		return c, wrong
	}
	if _, err := decoder.Token(); err != io.EOF {
		return c, wrong
	}
	if read.Count < 1 || read.Count > maxTwins || read.From < 0 || read.To < read.From || read.To > storable.to ||
		read.After.TS < 0 || read.After.TS > storable.to {
		return c, wrong
	}
	return read, nil
}

// maxTwins bounds how many rows with one key a cursor can count; nobody has
// more of them than messages that were delivered and replayed again and again.
const maxTwins = MaxRows

// pager cuts a page out of rows that come in the order of their keys, the first
// of them with the key at which the page before ended.
type pager struct {
	limit int
	last  position // of the last row that was given out, on this page or before
	twins int      // rows given out with that key
	skip  int      // rows to come that were given out by pages before
	taken int
	more  bool // there is a row behind the page
}

func newPager(limit int, c cursor) *pager {
	return &pager{limit: limit, last: c.After, twins: c.Count, skip: c.Count}
}

// wants is how many rows the next piece of an answer may need to have.
func (p *pager) wants() int { return p.limit - p.taken + p.skip + 1 }

// take reports whether the row at a key is on the page.
func (p *pager) take(at position) bool {
	switch {
	case p.skip > 0 && at == p.last:
		p.skip--
		return false
	case p.taken == p.limit:
		p.more = true
		return false
	case at == p.last:
		p.twins++
	default:
		p.last, p.twins = at, 1
	}
	p.skip = 0
	p.taken++
	return true
}

// next is the cursor of the next page; "" when there is none.
func (p *pager) next(c cursor) string {
	if !p.more {
		return ""
	}
	c.After, c.Count = p.last, p.twins
	return c.String()
}
