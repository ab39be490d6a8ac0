package incident

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

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// Filter says which incidents are wanted; what is empty wants nothing.
type Filter struct {
	Region   string // and below
	Project  string // with its region
	Building string
	Class    telemetry.Class
	Device   string

	States     []State // any of these
	Severities []telemetry.Severity
	Kind       string
	Rule       string
	Parent     string
	Group      string
	Search     string    // in what people read of it, whatever the case of Latin letters
	Open       bool      // only open ones
	Breached   bool      // only those of which the limit of a clock has passed
	Shadow     bool      // those of rules on trial, instead of the real ones
	From, To   time.Time // began at From or later, and before To
}

// maxAny bounds the values of one field of a Filter.
const maxAny = 20

// maxSearch bounds the text that is searched, in bytes.
const maxSearch = 200

func (f *Filter) check() error {
	switch {
	case len(f.States) > maxAny:
		return controldb.Invalid("state", "", "at most %d values", maxAny)
	case len(f.Severities) > maxAny:
		return controldb.Invalid("severity", "", "at most %d values", maxAny)
	case len(f.Search) > maxSearch:
		return controldb.Invalid("search", f.Search, "longer than %d bytes", maxSearch)
	case f.Project != "" && f.Region == "":
		return controldb.Invalid("project", f.Project, "without its region: give both")
	}
	return nil
}

func (f *Filter) place() authz.Place { return authz.Place{Region: f.Region, Project: f.Project} }

// narrow adds the conditions of f to a query for incidents.
func (f *Filter) narrow(q *query) *query {
	q.is("building", f.Building).is("class", string(f.Class)).is("device", f.Device).
		is("kind", f.Kind).is("rule", f.Rule).is("parent", f.Parent).is("grp", f.Group).
		in("state", texts(f.States)).in("severity", texts(f.Severities))
	if f.Search != "" {
		// SQLite lowers ASCII letters only: others are found as they are written.
		q.and("(lower(doc) LIKE ? ESCAPE '!' OR doc LIKE ? ESCAPE '!')", likeDocument(strings.ToLower(f.Search)), likeDocument(f.Search))
	}
	if f.Open {
		q.and("open")
	}
	if f.Breached {
		q.and("breached")
	}
	if f.Shadow {
		q.and("shadow")
	} else {
		q.and("NOT shadow")
	}
	if !f.From.IsZero() {
		q.and("started_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		q.and("started_at < ?", f.To)
	}
	return q
}

// likeDocument is the pattern of documents that may hold a text: written as JSON
// writes it. The database narrows by it, and finds decides.
func likeDocument(text string) string {
	doc, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text
	}
	escape := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")
	return "%" + escape.Replace(string(doc[1:len(doc)-1])) + "%"
}

// finds reports whether what people read of an incident has the text that is
// searched. The rest of the document is not searched: its words would find
// everything, and some of it is not for everybody to see.
func (f *Filter) finds(i *Incident) bool {
	if f.Search == "" {
		return true
	}
	wanted := strings.ToLower(f.Search)
	return slices.ContainsFunc([]string{
		i.ID, i.Title.ZH, i.Title.EN, i.Summary.ZH, i.Summary.EN, i.Kind, i.Rule, i.Project, i.Building, i.Device, i.Labels["reference"],
	}, func(text string) bool { return strings.Contains(strings.ToLower(text), wanted) })
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// order is one in which incidents are listed. Pages follow one another by the
// last row's values and not by a count, so that deep ones cost what the first
// does, and nothing is shown twice or skipped when rows are added in between.
type order struct {
	after string // a condition with the values of a cursor
	by    string
	grave bool
}

var (
	newestFirst   = order{"(started_at, id) < (?, ?)", "ORDER BY started_at DESC, id DESC LIMIT ?", false}
	gravestFirst  = order{"(gravity, started_at, id) < (?, ?, ?)", "ORDER BY gravity DESC, started_at DESC, id DESC LIMIT ?", true}
	listSorts     = map[string]order{"-started_at": newestFirst, "-severity": gravestFirst}
	listSortsText = "-started_at, or -severity for the gravest first"
)

// order is the one that p asks for; else the newest come first, and of open ones
// the gravest.
func (f *Filter) order(p Page) (order, error) {
	if p.Sort == "" {
		if f.Open {
			return gravestFirst, nil
		}
		return newestFirst, nil
	}
	o, ok := listSorts[p.Sort]
	if !ok {
		return o, controldb.Invalid("sort", p.Sort, "sort by %s", listSortsText)
	}
	return o, nil
}

// cursor is the position after a row. It belongs to its list, conditions and
// order; it holds a position and opens nothing.
type cursor struct {
	Seal    string `json:"s"`
	ID      string `json:"p,omitempty"`
	Start   int64  `json:"m,omitempty"` // Unix milliseconds
	Gravity int    `json:"g,omitempty"`
	N       int    `json:"n,omitempty"` // of a timeline
}

func (o order) cursor(seal string, i *Incident) string {
	return cursor{Seal: seal, ID: i.ID, Start: i.StartedAt.UnixMilli(), Gravity: gravity(i.Severity)}.String()
}

// values are those of the condition after.
func (o order) values(c cursor) []any {
	at := time.UnixMilli(c.Start).UTC()
	if o.grave {
		return []any{c.Gravity, at, c.ID}
	}
	return []any{at, c.ID}
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// maxCursor is longer than any that String makes.
const maxCursor = 1024

func openCursor(text, seal string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > maxCursor || json.Unmarshal(raw, &c) != nil || c.Seal != seal ||
		!utf8.ValidString(c.ID) || c.ID != clean(c.ID) || c.Start < -1<<46 || c.Start > 1<<46 {
		return cursor{}, controldb.Invalid("cursor", text, "not a cursor of this list with this sort and these filters: begin without one")
	}
	return c, nil
}

// seal is of a query and its order.
func (q *query) seal(order string) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%s\n", q.sql.String(), order) // a hash does not fail
	for _, a := range q.args {
		_, _ = fmt.Fprintf(h, "%q\n", fmt.Sprint(a))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
