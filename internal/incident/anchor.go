package incident

import (
	"context"
	"errors"
	"slices"
	"strings"

	"steward/internal/controldb"
)

// Anchor is one entry of a timeline that was noted outside of the database. It
// proves later that nothing up to it was changed or cut off.
type Anchor struct {
	Incident string
	N        int
	Hash     string
}

// Compare makes sure that the timelines still go through entries that were noted,
// in any order. It is for those that are too many for Verify: some at a time. The
// error names the incident and the entry and wraps ErrTampered. Of an incident
// that was pruned only the last entry can still be compared.
func (s *Store) Compare(ctx context.Context, noted []Anchor) error {
	return s.db.Read(ctx, func(tx *controldb.Tx) error { return compare(tx, noted) })
}

func compare(tx *controldb.Tx, noted []Anchor) error {
	for part := range slices.Chunk(noted, 200) { // SQLite takes an expression of 1,000 terms
		if err := comparePart(tx, part); err != nil {
			return err
		}
	}
	return nil
}

func comparePart(tx *controldb.Tx, noted []Anchor) error {
	var rows []struct {
		Incident string `db:"incident"`
		N        int    `db:"n"`
		Hash     string `db:"hash"`
	}
	args := make([]any, 0, 2*len(noted))
	for _, a := range noted {
		args = append(args, clean(a.Incident), a.N)
	}
	err := tx.Select(&rows, `SELECT incident, n, hash FROM incident_entries WHERE (incident = ? AND n = ?)`+
		strings.Repeat(` OR (incident = ? AND n = ?)`, len(noted)-1), args...)
	if err != nil {
		return err
	}
	have := map[Anchor]string{}
	for _, r := range rows {
		have[Anchor{Incident: r.Incident, N: r.N}] = r.Hash
	}
	for _, a := range noted {
		switch hash, ok := have[Anchor{Incident: a.Incident, N: a.N}]; {
		case !ok:
			if err := missing(tx, a); err != nil {
				return err
			}
		case hash != a.Hash:
			return tampered(a.Incident, "entry %d is not the one that was noted: the timeline was written anew", a.N)
		}
	}
	return nil
}

// missing says whether an entry that was noted may be absent.
func missing(tx *controldb.Tx, a Anchor) error {
	var left struct {
		Entries int    `db:"entries"`
		Head    string `db:"head"`
	}
	err := tx.Get(&left, `SELECT entries, head FROM incidents WHERE id = ?`, clean(a.Incident))
	switch {
	case err == nil:
		return tampered(a.Incident, "the timeline ends at entry %d, and entry %d was noted: the end was cut off", left.Entries, a.N)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	err = tx.Get(&left, `SELECT entries, head FROM incident_pruned WHERE incident = ?`, clean(a.Incident))
	switch {
	case errors.Is(err, ErrNotFound):
		return tampered(a.Incident, "entry %d was noted, and the incident is not there", a.N)
	case err != nil:
		return err
	case a.N > left.Entries:
		return tampered(a.Incident, "it was pruned with %d entries, and entry %d was noted", left.Entries, a.N)
	case a.N == left.Entries && a.Hash != left.Head:
		return tampered(a.Incident, "entry %d is not the one that was noted: the timeline was written anew", a.N)
	}
	return nil
}
