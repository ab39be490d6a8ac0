package incident

import (
	"context"
	"slices"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// View is the incidents of one caller. It is cheap, and made for each request.
// What the caller may not read is not there: ErrNotFound. From where somebody
// acted is shown to those who manage the place alone.
type View struct {
	store  *Store
	caller authz.Principal
}

// As is the incidents as p may see them.
func (s *Store) As(p authz.Principal) *View { return &View{store: s, caller: p} }

// look is a transaction in which one caller reads.
type look struct {
	tx     *controldb.Tx
	caller authz.Principal
}

func (v *View) read(ctx context.Context, do func(*look) error) error {
	return v.store.db.Read(ctx, func(tx *controldb.Tx) error { return do(&look{tx, v.caller}) })
}

// from begins a query for what the caller may read of a source.
func (l *look) from(s source, at authz.Place) *query {
	return s.within(l.caller.Scope(authz.Read), at)
}

func (l *look) incidents(q *query) ([]Incident, error) {
	var docs []doc
	if err := l.tx.Select(&docs, q.sql.String(), q.args...); err != nil {
		return nil, err
	}
	all := make([]Incident, len(docs))
	for n := range docs {
		i, err := docs[n].incident()
		if err != nil {
			return nil, err
		}
		if !l.caller.May(authz.Manage, i.Place) {
			i.ForgetRemote()
		}
		all[n] = *i
	}
	return all, nil
}

func (l *look) incident(id string) (Incident, error) {
	all, err := l.incidents(l.from(fromIncidents, authz.HQ).and("id = ?", id))
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Incident{}, err
	}
	return all[0], nil
}

func (l *look) entries(q *query) ([]Entry, error) {
	var rows []entryRow
	if err := l.tx.Select(&rows, q.sql.String(), q.args...); err != nil {
		return nil, err
	}
	entries := entriesOf(rows)
	for i := range entries {
		if !l.caller.May(authz.Manage, entries[i].Place) {
			entries[i].ForgetRemote()
		}
	}
	return entries, nil
}

// ForgetRemote removes from where people acted, for those who are not to know it.
func (i *Incident) ForgetRemote() {
	i.Stages = slices.Clone(i.Stages)
	for n := range i.Stages {
		i.Stages[n].By.Remote = ""
	}
}

// ForgetRemote removes from where somebody acted. The hash remains that of the
// whole entry.
func (e *Entry) ForgetRemote() { e.Actor.Remote = "" }

// Get reads an incident.
func (v *View) Get(ctx context.Context, id string) (i Incident, err error) {
	err = v.read(ctx, func(l *look) error {
		i, err = l.incident(id)
		return err
	})
	return i, err
}

// maxLooks bounds how often List looks for more that a search finds; the page may
// be short then, and the next one goes on.
const maxLooks = 20

// List reads incidents, the newest first; of open ones, if only these are wanted,
// the gravest.
func (v *View) List(ctx context.Context, f Filter, p Page) (list List[Incident], err error) {
	if err := f.check(); err != nil {
		return list, err
	}
	o, err := f.order(p)
	if err != nil {
		return list, err
	}
	err = v.read(ctx, func(l *look) error {
		at := p.Cursor
		for range maxLooks {
			q := f.narrow(l.from(fromIncidents, f.place()))
			seal := q.seal(o.by)
			if at != "" {
				c, err := openCursor(at, seal)
				if err != nil {
					return err
				}
				q.and(o.after, o.values(c)...)
			}
			items, err := l.incidents(q.then(o.by, p.Size()+1)) // one more tells whether there is another page
			if err != nil {
				return err
			}
			more := len(items) > p.Size()
			items = items[:min(len(items), p.Size())]
			for n := range items {
				if !f.finds(&items[n]) {
					continue
				}
				list.Items = append(list.Items, items[n])
				if len(list.Items) == p.Size() {
					if more || n < len(items)-1 {
						list.Next = o.cursor(seal, &items[n])
					}
					return nil
				}
			}
			if !more {
				return nil
			}
			at = o.cursor(seal, &items[len(items)-1])
		}
		list.Next = at
		return nil
	})
	return list, err
}

// Timeline reads the entries of an incident in their order, or the newest first
// with the sort -n.
func (v *View) Timeline(ctx context.Context, id string, p Page) (list List[Entry], err error) {
	after, by := "n > ?", "ORDER BY n LIMIT ?"
	switch p.Sort {
	case "", "n":
	case "-n":
		after, by = "n < ?", "ORDER BY n DESC LIMIT ?"
	default:
		return list, controldb.Invalid("sort", p.Sort, "sort by n, or -n for the newest first")
	}
	err = v.read(ctx, func(l *look) error {
		if _, err := l.incident(id); err != nil {
			return err
		}
		q := l.from(fromEntries, authz.HQ).and("incident = ?", id)
		seal := q.seal(by)
		if p.Cursor != "" {
			c, err := openCursor(p.Cursor, seal)
			if err != nil {
				return err
			}
			q.and(after, c.N)
		}
		items, err := l.entries(q.then(by, p.Size()+1))
		if err != nil {
			return err
		}
		if len(items) > p.Size() {
			items = items[:p.Size()]
			list.Next = cursor{Seal: seal, N: items[len(items)-1].N}.String()
		}
		list.Items = items
		return nil
	})
	return list, err
}

// Count is how many incidents of one severity are open at one place.
type Count struct {
	authz.Place
	Severity telemetry.Severity `json:"severity"`
	Open     int                `json:"open"`
	Breached int                `json:"breached"` // of these, so many have a clock whose limit has passed
}

// Counts counts the open incidents of each place, the gravest first within one;
// those of rules on trial are not counted.
func (v *View) Counts(ctx context.Context) ([]Count, error) {
	var rows []struct {
		Region   string `db:"region"`
		Project  string `db:"project"`
		Severity string `db:"severity"`
		Open     int    `db:"open"`
		Breached int    `db:"breached"`
	}
	err := v.read(ctx, func(l *look) error {
		q := l.from(fromCounts, authz.HQ).and("open").and("NOT shadow").
			then("GROUP BY region, project, severity, gravity ORDER BY region, project, gravity DESC")
		return l.tx.Select(&rows, q.sql.String(), q.args...)
	})
	counts := make([]Count, len(rows))
	for i, r := range rows {
		counts[i] = Count{authz.Place{Region: r.Region, Project: r.Project}, telemetry.Severity(r.Severity), r.Open, r.Breached}
	}
	return counts, err
}

// Open reads the open incidents, at most MaxOpen, the gravest and newest first,
// and the number of the newest timeline entry that is in them: After goes on from
// there. Those of rules on trial are not among them.
func (v *View) Open(ctx context.Context) (open []Incident, seq int64, err error) {
	err = v.read(ctx, func(l *look) error {
		if seq, err = headOf(l.tx); err != nil {
			return err
		}
		f := Filter{Open: true}
		open, err = l.incidents(f.narrow(l.from(fromIncidents, authz.HQ)).then(gravestFirst.by, MaxOpen))
		return err
	})
	return open, seq, err
}

// MaxAfter bounds how many timeline entries are read at once.
const MaxAfter = 5000

// After reads the timeline entries after one, in their order, at most limit and
// MaxAfter, and the incidents to which they belong as they are now. Those of
// rules on trial are among them.
func (v *View) After(ctx context.Context, seq int64, limit int) (entries []Entry, incidents []Incident, err error) {
	err = v.read(ctx, func(l *look) error {
		q := l.from(fromEntries, authz.HQ).and("seq > ?", seq).then("ORDER BY seq LIMIT ?", max(0, min(limit, MaxAfter)))
		if entries, err = l.entries(q); err != nil {
			return err
		}
		var ids []string
		seen := map[string]bool{}
		for i := range entries {
			if id := entries[i].Incident; !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		for part := range slices.Chunk(ids, 500) { // SQLite plans long lists slowly
			more, err := l.incidents(l.from(fromIncidents, authz.HQ).in("id", part).then("ORDER BY id"))
			if err != nil {
				return err
			}
			incidents = append(incidents, more...)
		}
		return nil
	})
	return entries, incidents, err
}
