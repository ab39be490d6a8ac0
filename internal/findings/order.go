package findings

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"

	"steward/internal/controldb"
)

// order is how a list is sorted. The id decides between equals.
type order struct {
	by, after string
	key       func(cursor) any
}

var orders = map[string]*order{
	"-cny":   {`ORDER BY weight DESC, id DESC`, `(weight, id) < (?, ?)`, func(c cursor) any { return c.Weight }},
	"since":  {`ORDER BY since, id`, `(since, id) > (?, ?)`, func(c cursor) any { return c.Since }},
	"-since": {`ORDER BY since DESC, id DESC`, `(since, id) < (?, ?)`, func(c cursor) any { return c.Since }},
}

func orderOf(sort string) (*order, error) {
	if sort == "" {
		sort = "-cny"
	}
	if o := orders[sort]; o != nil {
		return o, nil
	}
	return nil, controldb.Invalid("sort", sort, "is not one of -cny, since, -since")
}

// seal is of what a cursor belongs to.
func (o *order) seal(f *Filter) string {
	return controldb.Seal(append([]string{"findings", o.by, fmt.Sprint(f.MinCNY), fmt.Sprint(len(f.States))}, f.texts()...)...)[:16]
}

// cursor is the position after a finding in a list. It opens nothing.
type cursor struct {
	Seal   string  `json:"f"`
	Weight float64 `json:"w"`
	Since  int64   `json:"s"`
	ID     string  `json:"p"`
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // finite numbers and texts
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func openCursor(text, seal string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || c.ID != clean(c.ID, 100) || math.IsNaN(c.Weight) {
		return c, controldb.Invalid("cursor", text, "not a cursor of this list: begin without one")
	}
	if c.Seal != seal {
		return c, controldb.Invalid("cursor", text, "of a list with other filters or another order: begin without one")
	}
	return c, nil
}
