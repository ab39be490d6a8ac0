package incident

import (
	"context"

	"github.com/jmoiron/sqlx"

	"steward/internal/authz"
)

// Evidence is all that is known of an incident.
type Evidence struct {
	Incident Incident   `json:"incident"`
	Entries  []Entry    `json:"entries"` // the whole timeline, with the raw messages
	Notices  []Notice   `json:"notices"`
	Attempts []Attempt  `json:"attempts"`
	Proof    ChainProof `json:"proof"`
}

// ChainProof says whether a timeline is what was written. The hashes are over
// whole entries, also where the caller is not shown from where somebody acted.
type ChainProof struct {
	Intact  bool   `json:"intact"`
	N       int    `json:"n"`    // of the last entry that was proved
	Hash    string `json:"hash"` // of that one
	Problem string `json:"problem,omitempty"`
}

// MaxEvidence bounds the entries of one piece of evidence: an incident that comes
// and goes for months stays below it.
const MaxEvidence = 50_000

// Evidence reads all that is known of an incident. A timeline of more than
// MaxEvidence entries is read in pages by Timeline instead.
func (v *View) Evidence(ctx context.Context, id string) (e Evidence, err error) {
	err = v.read(ctx, func(l *look) error {
		if e.Incident, err = l.incident(id); err != nil {
			return err
		}
		if err := l.timeline(id, &e); err != nil {
			return err
		}
		e.Notices, e.Attempts, err = l.deliveries(id)
		return err
	})
	return e, err
}

// timeline reads and proves the whole timeline of an incident.
func (l *look) timeline(id string, e *Evidence) error {
	var at end
	q := l.from(fromEnds, authz.HQ).and("id = ?", id)
	if err := l.tx.Get(&at, q.sql.String(), q.args...); err != nil {
		return err
	}
	if at.Entries > MaxEvidence {
		return Invalid("incident", id, "has %d timeline entries, and at most %d go into one piece of evidence: read its timeline", at.Entries, MaxEvidence)
	}
	e.Entries = []Entry{}
	var proof chain
	var problem error
	q = l.from(fromEntries, authz.HQ).and("incident = ?", id).then("ORDER BY n LIMIT ?", MaxEvidence)
	err := l.tx.Each(func(rows *sqlx.Rows) error {
		var r entryRow
		if err := rows.StructScan(&r); err != nil {
			return err
		}
		next := r.entry()
		if problem == nil {
			problem = proof.next(&next)
		}
		if !l.caller.May(authz.Manage, next.Place) {
			next.ForgetRemote()
		}
		e.Entries = append(e.Entries, next)
		return nil
	}, q.sql.String(), q.args...)
	if problem == nil {
		problem = proof.ends(&at)
	}
	e.Proof = ChainProof{Intact: problem == nil, N: proof.last.N, Hash: proof.last.Hash}
	if problem != nil {
		e.Proof.Problem = problem.Error()
	}
	return err
}

// Deliveries reads the notices of an incident and the attempts at them, oldest
// first.
func (v *View) Deliveries(ctx context.Context, id string) (notices []Notice, attempts []Attempt, err error) {
	err = v.read(ctx, func(l *look) error {
		if _, err := l.incident(id); err != nil {
			return err
		}
		notices, attempts, err = l.deliveries(id)
		return err
	})
	return notices, attempts, err
}

func (l *look) deliveries(id string) ([]Notice, []Attempt, error) {
	var docs []doc
	q := l.from(fromNotices, authz.HQ).and("incident = ?", id).then("ORDER BY created_at, id LIMIT ?", MaxEvidence)
	if err := l.tx.Select(&docs, q.sql.String(), q.args...); err != nil {
		return nil, nil, err
	}
	notices := make([]Notice, len(docs))
	for i := range docs {
		n, err := docs[i].notice()
		if err != nil {
			return nil, nil, err
		}
		notices[i] = *n
	}
	var rows []attemptRow
	q = l.from(fromAttempts, authz.HQ).and("incident = ?", id).then("ORDER BY at, notice, n LIMIT ?", MaxEvidence)
	if err := l.tx.Select(&rows, q.sql.String(), q.args...); err != nil {
		return nil, nil, err
	}
	return notices, attemptsOf(rows), nil
}
