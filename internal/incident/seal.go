package incident

import (
	"encoding/json"
	"fmt"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// seal computes the hash of an entry from that of the one before it in the same
// incident, which is empty for the first.
func (e *Entry) seal(before string) string {
	return controldb.Seal("steward incident 1", before, e.Incident, fmt.Sprint(e.N), fmt.Sprint(e.Seq),
		string(e.Kind), fmt.Sprint(e.At.UnixMilli()), fmt.Sprint(e.Received.UnixMilli()), string(e.State),
		e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Actor.Remote, e.Note, string(e.Data), e.Region, e.Project)
}

// entryRow is an Entry as the table has it.
type entryRow struct {
	Seq       int64     `db:"seq"`
	Incident  string    `db:"incident"`
	N         int       `db:"n"`
	Kind      string    `db:"kind"`
	At        time.Time `db:"at"`
	Received  time.Time `db:"received_at"`
	State     string    `db:"state"`
	ActorKind string    `db:"actor_kind"`
	ActorID   string    `db:"actor_id"`
	ActorName string    `db:"actor_name"`
	Remote    string    `db:"remote"`
	Note      string    `db:"note"`
	Data      string    `db:"data"`
	Hash      string    `db:"hash"`
	Region    string    `db:"region"`
	Project   string    `db:"project"`
}

const entryColumns = "seq, incident, n, kind, at, received_at, state, actor_kind, actor_id, actor_name, remote, note, data, hash, region, project"

// values are those of entryColumns.
func (e *Entry) values() []any {
	return []any{
		e.Seq, e.Incident, e.N, string(e.Kind), e.At, e.Received, string(e.State),
		e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Actor.Remote, e.Note, string(e.Data), e.Hash, e.Region, e.Project,
	}
}

func (r *entryRow) entry() Entry {
	e := Entry{
		Seq: r.Seq, Incident: r.Incident, N: r.N, Kind: EntryKind(r.Kind), At: r.At.UTC(), Received: r.Received.UTC(), State: State(r.State),
		Actor: Actor{Kind: r.ActorKind, ID: r.ActorID, Name: r.ActorName, Remote: r.Remote},
		Note:  r.Note, Hash: r.Hash, Place: authz.Place{Region: r.Region, Project: r.Project},
	}
	if r.Data != "" {
		e.Data = json.RawMessage(r.Data)
	}
	return e
}

func entriesOf(rows []entryRow) []Entry {
	entries := make([]Entry, len(rows))
	for i := range rows {
		entries[i] = rows[i].entry()
	}
	return entries
}
