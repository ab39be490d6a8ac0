package controldb

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"steward/internal/authz"
)

// Entry is one line of the audit log: who did what to which object, from where,
// and what it was before and after.
type Entry struct {
	Seq    int64           `json:"seq"` // 1 for the first, without gaps
	At     time.Time       `json:"at"`
	Actor  Actor           `json:"actor"`
	Action string          `json:"action"` // object.verb, such as device.update
	Kind   string          `json:"kind"`   // of the object, such as device
	Key    string          `json:"key"`    // of the object, such as north/harbour/meter/m1
	Place  authz.Place     `json:"place"`  // of the object; the zero Place for what has none
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	Hash   string          `json:"hash"` // SHA-256 over all of this and the hash before, hexadecimal
}

// Actor is who did it.
type Actor struct {
	Kind   authz.Kind `json:"kind"`
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Remote string     `json:"remote,omitempty"` // the address from which it was asked
}

// ActorOf is a principal as the log keeps it.
func ActorOf(p authz.Principal) Actor {
	return Actor{Kind: p.Kind, ID: p.ID, Name: p.Name, Remote: p.Remote}
}

// seal computes the hash of an entry from that of the one before it.
func (e *Entry) seal(before string) string {
	return Seal("steward audit 1", before, fmt.Sprint(e.Seq), fmt.Sprint(e.At.UnixMilli()),
		string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.Actor.Remote,
		e.Action, e.Kind, e.Key, e.Place.Region, e.Place.Project, string(e.Before), string(e.After))
}

// Seal is the SHA-256 of some texts, hexadecimal. Each goes in with its length, so
// that nothing can be moved from one to the next.
func Seal(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p)))) // a hash does not fail
		_, _ = h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// row is an Entry as the table has it.
type row struct {
	Seq       int64     `db:"seq"`
	At        time.Time `db:"at"`
	ActorKind string    `db:"actor_kind"`
	ActorID   string    `db:"actor_id"`
	ActorName string    `db:"actor_name"`
	Remote    string    `db:"remote"`
	Action    string    `db:"action"`
	Kind      string    `db:"kind"`
	Object    string    `db:"object"`
	Region    string    `db:"region"`
	Project   string    `db:"project"`
	Before    string    `db:"before_json"`
	After     string    `db:"after_json"`
	Hash      string    `db:"hash"`
}

func (r *row) entry() Entry {
	return Entry{
		Seq: r.Seq, At: r.At.UTC(),
		Actor:  Actor{Kind: authz.Kind(r.ActorKind), ID: r.ActorID, Name: r.ActorName, Remote: r.Remote},
		Action: r.Action, Kind: r.Kind, Key: r.Object, Place: authz.Place{Region: r.Region, Project: r.Project},
		Before: json.RawMessage(r.Before), After: json.RawMessage(r.After), Hash: r.Hash,
	}
}

// Audit appends an entry. Seq and Hash are set here, At too unless it is given.
// The entry is kept if the transaction is, and only then.
func (tx *Tx) Audit(e Entry) (Entry, error) {
	last, err := tx.head()
	if err != nil {
		return Entry{}, err
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.Seq, e.At = last.Seq+1, Stored(e.At)
	e.Hash = e.seal(last.Hash)
	tx.audited = Head{e.Seq, e.Hash}
	_, err = tx.NamedExec(`INSERT INTO audit
		(seq, at, actor_kind, actor_id, actor_name, remote, action, kind, object, region, project, before_json, after_json, hash)
		VALUES (:seq, :at, :actor_kind, :actor_id, :actor_name, :remote, :action, :kind, :object, :region, :project, :before_json, :after_json, :hash)`,
		row{
			Seq: e.Seq, At: e.At, ActorKind: string(e.Actor.Kind), ActorID: e.Actor.ID, ActorName: e.Actor.Name, Remote: e.Actor.Remote,
			Action: e.Action, Kind: e.Kind, Object: e.Key, Region: e.Place.Region, Project: e.Place.Project,
			Before: string(e.Before), After: string(e.After), Hash: e.Hash,
		})
	if err != nil {
		return Entry{}, fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return e, nil
}

// Head is the end of the audit log. Kept elsewhere, it proves later that nothing
// up to it was changed or cut off.
type Head struct {
	Seq  int64  `json:"seq" db:"seq"` // 0 when the log is empty
	Hash string `json:"hash" db:"hash"`
}

// head is the end of the log within this transaction: writers come one after
// another, so that what was read once stays true.
func (tx *Tx) head() (Head, error) {
	if tx.audited.Seq > 0 {
		return tx.audited, nil
	}
	var h Head
	err := tx.Get(&h, `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`)
	if errors.Is(err, ErrNotFound) {
		return Head{}, nil
	}
	return h, err
}

// AuditHead is the present end of the log.
func (db *DB) AuditHead(ctx context.Context) (h Head, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		h, err = tx.head()
		return err
	})
	return h, err
}

// Entries reads entries with a condition in SQL over the table's columns, in the
// order and number that it says.
func (tx *Tx) Entries(where string, args ...any) ([]Entry, error) {
	var rows []row
	if err := tx.Select(&rows, `SELECT * FROM audit `+where, args...); err != nil {
		return nil, err
	}
	entries := make([]Entry, len(rows))
	for i := range rows {
		entries[i] = rows[i].entry()
	}
	return entries, nil
}

// ErrTampered means that what was logged is not what was written.
var ErrTampered = errors.New("tampered with")

// VerifyAudit reads the whole log and proves that no entry was changed, removed
// or put in between, and that it still goes through the heads that were noted
// before, in any order. It returns the present end. The error names the first
// entry that is wrong and wraps ErrTampered.
func (db *DB) VerifyAudit(ctx context.Context, noted ...Head) (Head, error) {
	want := make(map[int64]string, len(noted))
	var newest Head
	for _, h := range noted {
		if other, ok := want[h.Seq]; ok && other != h.Hash {
			return Head{}, fmt.Errorf("the audit log was %w: entry %d was noted with two hashes", ErrTampered, h.Seq)
		}
		want[h.Seq] = h.Hash
		if h.Seq > newest.Seq {
			newest = h
		}
	}
	var last Head
	err := db.Read(ctx, func(tx *Tx) error {
		return tx.Each(func(rows *sqlx.Rows) error {
			var r row
			if err := rows.StructScan(&r); err != nil {
				return fmt.Errorf("the audit log was %w: entry after %d cannot be read: %w", ErrTampered, last.Seq, err)
			}
			e := r.entry()
			hash, known := want[e.Seq]
			switch {
			case e.Seq != last.Seq+1:
				return fmt.Errorf("the audit log was %w: entry %d follows entry %d", ErrTampered, e.Seq, last.Seq)
			case e.Hash != e.seal(last.Hash):
				return fmt.Errorf("the audit log was %w: entry %d (%s of %s %q, %s) is not what was sealed", ErrTampered, e.Seq, e.Action, e.Kind, e.Key, e.At.Format(time.RFC3339))
			case known && hash != e.Hash:
				return fmt.Errorf("the audit log was %w: entry %d is not the one that was noted: the log was written anew", ErrTampered, e.Seq)
			}
			last = Head{e.Seq, e.Hash}
			return nil
		}, `SELECT * FROM audit ORDER BY seq`)
	})
	if err == nil && newest.Seq > last.Seq {
		err = fmt.Errorf("the audit log was %w: it ends at entry %d, and entry %d was noted: the end was cut off", ErrTampered, last.Seq, newest.Seq)
	}
	return last, err
}
