package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// MaxData bounds the data of one entry, in bytes: a raw message of 8 KiB in which
// every byte had to be escaped, and what is said of it.
const MaxData = 64 << 10

// gravity ranks severities for the database, the gravest highest.
func gravity(s telemetry.Severity) int {
	return slices.Index([]telemetry.Severity{telemetry.Info, telemetry.Warning, telemetry.Critical, telemetry.LifeSafety}, s)
}

// Save keeps an incident, new or changed, and appends entries to its timeline.
// Entries are numbered and sealed here; State is that of the incident unless it
// is given, Received the present, At what Received is. Version, Seq and Updated
// of inc are set.
//
// inc must be as it was read, and changed: ErrConflict says that it was saved by
// somebody else since. One with Version 0 is new; ErrExists says that there is
// one with its ID, or an open one with its fingerprint, and the transaction
// cannot go on.
func (tx *Tx) Save(inc *Incident, entries ...Entry) error { return tx.save(inc, 1, entries) }

// save is Save; changes is 0 for what is no change that people act upon.
func (tx *Tx) save(inc *Incident, changes int64, entries []Entry) error {
	if err := inc.check(); err != nil {
		return fmt.Errorf("save incident %q: %w", inc.ID, err)
	}
	last, err := tx.last(inc.ID)
	switch fresh := inc.Version == 0; {
	case errors.Is(err, ErrNotFound) && fresh:
	case err != nil:
		return fmt.Errorf("save incident %s: %w", inc.ID, err)
	case fresh:
		return fmt.Errorf("save incident %s: %w", inc.ID, ErrExists)
	case last.Version != inc.Version || last.Seq != inc.Seq:
		return fmt.Errorf("save incident %s: %w", inc.ID, ErrConflict)
	}
	next := *inc
	next.tidy()
	next.Version += changes
	next.Updated = tx.now
	entries = slices.Clone(entries)
	if err := tx.chain(&next, &last, entries); err != nil {
		return fmt.Errorf("save incident %s: %w", inc.ID, err)
	}
	if err := tx.put(&next, &last, inc.Version == 0); err != nil {
		return fmt.Errorf("save incident %s: %w", inc.ID, err)
	}
	if err := tx.append(entries); err != nil {
		return fmt.Errorf("timeline of incident %s: %w", inc.ID, err)
	}
	*inc = next
	// A plan without an entry is news too, to whoever looks after the clocks.
	tx.news = tx.news || len(entries) > 0 || changes > 0
	return nil
}

// check accepts what the tables can hold.
func (i *Incident) check() error {
	switch {
	case i.ID == "":
		return errors.New("id: empty: take it from NewID")
	case i.Fingerprint == "":
		return errors.New("fingerprint: empty: it says which incidents are one")
	case gravity(i.Severity) < 0:
		return fmt.Errorf("severity %q: not one of life_safety, critical, warning, info", i.Severity)
	case i.State.Rank() <= Pending.Rank():
		return fmt.Errorf("state %q: only firing, acknowledged, dispatched, arrived and resolved are kept", i.State)
	}
	return nil
}

// tidy keeps the bounds, and what JSON and the databases can hold.
func (i *Incident) tidy() {
	for _, s := range []*string{&i.Fingerprint, &i.Rule, &i.Kind, &i.Region, &i.Project, &i.Building, (*string)(&i.Class), &i.Device, &i.Parent, &i.Group} {
		*s = clean(*s)
	}
	if i.Value != nil && (math.IsNaN(*i.Value) || math.IsInf(*i.Value, 0)) {
		i.Value = nil
	}
	i.Told = i.Told[max(0, len(i.Told)-MaxTold):]
	i.Comings = i.Comings[max(0, len(i.Comings)-MaxComings):]
}

// breached reports whether the limit of one of its clocks has passed.
func (i *Incident) breached() bool {
	return slices.ContainsFunc(i.Clocks, func(c Clock) bool { return c.State == Breached })
}

// end is where an incident and its timeline stand.
type end struct {
	Entries int    `db:"entries"`
	Head    string `db:"head"`
	Seq     int64  `db:"seq"`
	Version int64  `db:"version"`
}

func (tx *Tx) last(id string) (e end, err error) {
	err = tx.tx.Get(&e, `SELECT entries, head, seq, version FROM incidents WHERE id = ?`, id)
	return e, err
}

// chain numbers and seals entries, and moves last and the incident on to the
// newest of them.
func (tx *Tx) chain(inc *Incident, last *end, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var seq int64
	// Writers come one after another, so that numbers become visible in order.
	if err := tx.tx.Get(&seq, `UPDATE incident_head SET seq = seq + ? RETURNING seq`, len(entries)); err != nil {
		return err
	}
	seq -= int64(len(entries))
	for i := range entries {
		e := &entries[i]
		seq++
		last.Entries++
		e.Seq, e.N, e.Incident, e.Place = seq, last.Entries, inc.ID, inc.Place
		if err := e.complete(inc.State, tx.now); err != nil {
			return fmt.Errorf("entry %s: %w", e.Kind, err)
		}
		e.Hash = e.seal(last.Head)
		last.Head, last.Seq = e.Hash, e.Seq
	}
	inc.Seq = seq
	return nil
}

// complete fills what was left out, and brings the rest into the form in which it
// is kept and sealed.
func (e *Entry) complete(state State, now time.Time) error {
	if e.State == "" {
		e.State = state
	}
	if e.Received.IsZero() {
		e.Received = now
	}
	if e.At.IsZero() {
		e.At = e.Received
	}
	e.At, e.Received = controldb.Stored(e.At), controldb.Stored(e.Received)
	for _, s := range []*string{(*string)(&e.Kind), &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.Remote, &e.Note} {
		*s = clean(*s)
	}
	e.Note = cut(e.Note, MaxNote)
	if len(e.Data) == 0 {
		return nil
	}
	e.Data = json.RawMessage(clean(string(e.Data)))
	switch {
	case len(e.Data) > MaxData:
		// What a device sends must not be able to hold up an alarm by its size.
		text, err := json.Marshal(map[string]any{"cut": true, "bytes": len(e.Data), "begins": cut(string(e.Data), MaxData/8)})
		if err != nil {
			return fmt.Errorf("data: %w", err)
		}
		e.Data = text
	case !json.Valid(e.Data):
		return errors.New("data: not JSON")
	}
	return nil
}

// put writes the row of an incident.
func (tx *Tx) put(i *Incident, last *end, fresh bool) error {
	doc, err := json.Marshal(i)
	if err != nil {
		return err
	}
	var due *time.Time
	if at := i.DueAt(); i.Open() && !at.IsZero() {
		due = &at
	}
	args := []any{
		i.Fingerprint, i.Rule, i.Kind, string(i.Severity), gravity(i.Severity),
		i.Region, i.Project, i.Building, string(i.Class), i.Device, string(i.State), i.Open(), i.Shadow, i.breached(), i.Parent, i.Group,
		i.StartedAt, i.ResolvedAt, due, last.Entries, last.Head, i.Seq, i.Version, i.Updated, string(doc), i.ID,
	}
	if fresh {
		_, err = tx.tx.Exec(insertIncident, args...)
	} else {
		_, err = tx.tx.Exec(updateIncident, args...)
	}
	return err
}

// incidentColumns are all, in the order of put.
var incidentColumns = []string{
	"fingerprint", "rule", "kind", "severity", "gravity",
	"region", "project", "building", "class", "device", "state", "open", "shadow", "breached", "parent", "grp",
	"started_at", "resolved_at", "due_at", "entries", "head", "seq", "version", "updated_at", "doc", "id",
}

var (
	insertIncident = "INSERT INTO incidents (" + strings.Join(incidentColumns, ", ") + ") VALUES " + marks(len(incidentColumns), 1)
	updateIncident = "UPDATE incidents SET " + strings.Join(incidentColumns[:len(incidentColumns)-1], " = ?, ") + " = ? WHERE id = ?"
)

// marks are the parameters of rows rows of width values.
func marks(width, rows int) string {
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}

// append writes entries, many in one statement.
func (tx *Tx) append(entries []Entry) error {
	const width, most = 16, 60 // columns; SQLite plans longer statements slowly
	for part := range slices.Chunk(entries, most) {
		args := make([]any, 0, width*len(part))
		for i := range part {
			args = append(args, part[i].values()...)
		}
		if _, err := tx.tx.Exec("INSERT INTO incident_entries ("+entryColumns+") VALUES "+marks(width, len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}
