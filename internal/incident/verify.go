package incident

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"steward/internal/controldb"
)

// Proof is what Verify has proved.
type Proof struct {
	Incidents int64 `json:"incidents"`
	Entries   int64 `json:"entries"`
	Pruned    int64 `json:"pruned"` // incidents that were removed because of their age
	Seq       int64 `json:"seq"`    // number of the newest entry
}

// Verify reads all timelines and proves that no entry was changed, removed, put in
// between or moved; that each incident ends with its newest entry; that no
// incident is missing; and that the timelines still go through the entries that
// were noted before, in any order. The error names the incident and the entry and
// wraps ErrTampered. It holds one entry at a time.
func (s *Store) Verify(ctx context.Context, noted ...Anchor) (Proof, error) {
	var v verifier
	err := s.db.Read(ctx, func(tx *controldb.Tx) error {
		for _, step := range []func(*controldb.Tx) error{v.timelines, v.empty, v.pruned, v.count} {
			if err := step(tx); err != nil {
				return err
			}
		}
		return compare(tx, noted)
	})
	return v.proof, err
}

// verifier goes through all timelines in one reading.
type verifier struct {
	proof  Proof
	absent int64 // entries of what was pruned

	id    string // the incident whose entries are being read
	at    *end   // where it ends; nil for entries of an incident that is not there
	chain chain
}

func tampered(incident, problem string, args ...any) error {
	return fmt.Errorf("the timelines were %w: incident %s: %s", ErrTampered, incident, fmt.Sprintf(problem, args...))
}

// linkRow is an entry with the end of its incident.
type linkRow struct {
	entryRow
	Entries  *int    `db:"entries"`
	Head     *string `db:"head"`
	Newest   *int64  `db:"newest"`
	IRegion  *string `db:"iregion"`
	IProject *string `db:"iproject"`
}

func (v *verifier) timelines(tx *controldb.Tx) error {
	err := tx.Each(func(rows *sqlx.Rows) error {
		var r linkRow
		if err := rows.StructScan(&r); err != nil {
			return tampered(v.id, "entry after %d cannot be read: %v", v.chain.last.N, err)
		}
		if r.Incident != v.id {
			if err := v.finish(); err != nil {
				return err
			}
			v.begin(&r)
		}
		return v.entry(&r)
	}, `SELECT e.*, i.entries AS entries, i.head AS head, i.seq AS newest, i.region AS iregion, i.project AS iproject
		FROM incident_entries e LEFT JOIN incidents i ON i.id = e.incident ORDER BY e.incident, e.n`)
	if err != nil {
		return err
	}
	return v.finish()
}

func (v *verifier) begin(r *linkRow) {
	v.id, v.at, v.chain = r.Incident, nil, chain{}
	if r.Entries != nil && r.Head != nil && r.Newest != nil {
		v.at = &end{Entries: *r.Entries, Head: *r.Head, Seq: *r.Newest}
	}
}

func (v *verifier) entry(r *linkRow) error {
	e := r.entry()
	if err := v.chain.next(&e); err != nil {
		return tampered(v.id, "%v", err)
	}
	if v.at == nil {
		return tampered(v.id, "entry %d is there, and the incident is not", e.N)
	}
	if *r.IRegion != e.Region || *r.IProject != e.Project {
		return tampered(v.id, "entry %d is of %s, and the incident is at another place", e.N, e.Place)
	}
	v.proof.Entries++
	v.proof.Seq = max(v.proof.Seq, e.Seq)
	return nil
}

// finish ends the timeline that was being read.
func (v *verifier) finish() error {
	if v.id == "" {
		return nil
	}
	if err := v.chain.ends(v.at); err != nil {
		return tampered(v.id, "%v", err)
	}
	v.proof.Incidents++
	return nil
}

// empty looks for incidents that have lost their whole timeline.
func (v *verifier) empty(tx *controldb.Tx) error {
	return tx.Each(func(rows *sqlx.Rows) error {
		var id string
		var entries int
		if err := rows.Scan(&id, &entries); err != nil {
			return err
		}
		if entries > 0 {
			return tampered(id, "none of its %d entries is there", entries)
		}
		v.proof.Incidents++
		return nil
	}, `SELECT id, entries FROM incidents WHERE NOT EXISTS (SELECT 1 FROM incident_entries WHERE incident = incidents.id) ORDER BY id`)
}

// pruned accounts for what was removed because of its age.
func (v *verifier) pruned(tx *controldb.Tx) error {
	return tx.Each(func(rows *sqlx.Rows) error {
		var entries int64
		err := rows.Scan(&entries)
		v.proof.Pruned++
		v.absent += entries
		return err
	}, `SELECT entries FROM incident_pruned`)
}

// count makes sure that every number was given to an entry that is there, or to
// one that was pruned.
func (v *verifier) count(tx *controldb.Tx) error {
	head, err := headOf(tx)
	if err != nil {
		return err
	}
	if have := v.proof.Entries + v.absent; have != head || v.proof.Seq > head {
		return fmt.Errorf("the timelines were %w: %d entries were written, and %d are there or pruned: an incident is missing, or one too many", ErrTampered, head, have)
	}
	v.proof.Seq = head
	return nil
}
