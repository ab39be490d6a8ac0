package incident

import (
	"errors"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
)

// chained is two incidents with three entries each, taking turns, of which the
// ends are noted.
func chained(h *house) (a, b *Incident, noted []Anchor) {
	h.t.Helper()
	h.now = start.Add(time.Minute)
	a, b = h.save(stuck("north/harbour", "e1"), EntryOpened), h.save(stuck("east/park", "e1"), EntryOpened)
	for range 2 {
		h.save(a, EntryNote)
		h.save(b, EntryNote)
	}
	entries, _, err := h.After(h.t.Context(), 0, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		noted = append(noted, Anchor{e.Incident, e.N, e.Hash})
	}
	return a, b, noted
}

// Each of these is what somebody with access to the database could try.
func TestTamperingIsFound(t *testing.T) {
	a, b := stuck("north/harbour", "e1").ID, stuck("east/park", "e1").ID
	const columns = `incident, n, kind, at, received_at, state, actor_kind, actor_id, actor_name, remote, note, data, hash, region, project`
	forgeries := map[string]string{
		"note changed":        `UPDATE incident_entries SET note = 'x' WHERE seq = 3`,
		"another actor":       `UPDATE incident_entries SET actor_name = 'wang' WHERE seq = 3`,
		"another address":     `UPDATE incident_entries SET remote = '' WHERE seq = 1`,
		"another time":        `UPDATE incident_entries SET at = (SELECT received_at FROM incident_entries WHERE seq = 1) WHERE seq = 3`,
		"raw message changed": `UPDATE incident_entries SET data = '{"n": 1}' WHERE seq = 1`,
		"data moved to note":  `UPDATE incident_entries SET note = note || data, data = '' WHERE seq = 1`,
		"state changed":       `UPDATE incident_entries SET state = 'resolved' WHERE seq = 3`,
		"hidden in a region":  `UPDATE incident_entries SET region = 'west' WHERE seq = 3`,
		"removed":             `DELETE FROM incident_entries WHERE seq = 3`,
		"first removed":       `DELETE FROM incident_entries WHERE seq = 1`,
		"last removed":        `DELETE FROM incident_entries WHERE seq = 6`,
		"timeline removed":    `DELETE FROM incident_entries WHERE incident = '` + a + `'`,
		"incident removed":    `DELETE FROM incidents WHERE id = '` + a + `'`,
		"incident moved":      `UPDATE incidents SET region = 'west' WHERE id = '` + a + `'`,
		"count changed":       `UPDATE incidents SET entries = 4 WHERE id = '` + a + `'`,
		"newest changed":      `UPDATE incidents SET seq = 4 WHERE id = '` + a + `'`,
		"hash of another":     `UPDATE incident_entries SET hash = (SELECT hash FROM incident_entries WHERE seq = 2) WHERE seq = 3`,
		"numbers swapped":     `UPDATE incident_entries SET seq = CASE seq WHEN 3 THEN -4 WHEN 4 THEN -3 ELSE seq END`,
		"order swapped":       `UPDATE incident_entries SET n = CASE n WHEN 2 THEN -3 ELSE n END WHERE incident = '` + a + `'`,
		"moved to another":    `UPDATE incident_entries SET incident = '` + b + `', n = 4 WHERE seq = 5`,
		"forged at the end":   `INSERT INTO incident_entries (seq, ` + columns + `) SELECT 7, incident, 4, kind, at, received_at, state, actor_kind, actor_id, actor_name, remote, note, data, hash, region, project FROM incident_entries WHERE seq = 5`,
		"forged incident":     `INSERT INTO incident_entries (seq, ` + columns + `) SELECT 7, 'x', 1, kind, at, received_at, state, actor_kind, actor_id, actor_name, remote, note, data, hash, region, project FROM incident_entries WHERE seq = 1`,
		"head moved":          `UPDATE incident_head SET seq = seq + 1`,
	}
	each(t, func(t *testing.T, h *house) {
		for name, forgery := range forgeries {
			h.exec(`DELETE FROM incidents`)
			h.exec(`DELETE FROM incident_entries`)
			h.exec(`UPDATE incident_head SET seq = 0`)
			_, _, noted := chained(h)
			if p := h.verify(noted...); p != (Proof{Incidents: 2, Entries: 6, Seq: 6}) {
				t.Fatalf("proof %+v", p)
			}
			h.exec(forgery)
			_, err := h.Verify(t.Context())
			if !errors.Is(err, ErrTampered) {
				t.Errorf("%s: %v", name, err)
			} else if name != "head moved" && !strings.Contains(err.Error(), "incident "+a) && !strings.Contains(err.Error(), "incident "+b) && !strings.Contains(err.Error(), "incident x") {
				t.Errorf("%s: the error names no incident: %v", name, err)
			}
		}
	})
}

// An incident that is gone with all that tells of it is missed by the numbers;
// what was written anew, only by what was noted elsewhere.
func TestWhatWasNoted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, _, noted := chained(h)
		for name, c := range map[string]struct {
			anchor Anchor
			want   string
		}{
			"another hash":     {Anchor{a.ID, 2, noted[0].Hash}, "entry 2 is not the one that was noted"},
			"past the end":     {Anchor{a.ID, 4, noted[0].Hash}, "ends at entry 3"},
			"another incident": {Anchor{"x", 1, noted[0].Hash}, "is not there"},
		} {
			_, err := h.Verify(t.Context(), append(noted[:len(noted):len(noted)], c.anchor)...)
			if !errors.Is(err, ErrTampered) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
			if err := h.Compare(t.Context(), []Anchor{c.anchor}); !errors.Is(err, ErrTampered) {
				t.Errorf("%s: compared: %v", name, err)
			}
		}
		last := h.save(stuck("east/park", "e9"), EntryOpened)
		e, err := h.As(person(authz.Viewer, "hq")).Evidence(t.Context(), last.ID)
		if err != nil {
			t.Fatal(err)
		}
		noted = append(noted, Anchor{last.ID, 1, e.Proof.Hash})
		h.verify(noted...)
		h.exec(`DELETE FROM incidents WHERE id = '` + last.ID + `'`)
		h.exec(`DELETE FROM incident_entries WHERE incident = '` + last.ID + `'`)
		if _, err := h.Verify(t.Context()); !errors.Is(err, ErrTampered) {
			t.Errorf("a whole incident is gone: %v", err)
		}
		h.exec(`UPDATE incident_head SET seq = seq - 1`)
		if _, err := h.Verify(t.Context()); err != nil {
			t.Fatalf("it is whole in itself: %v", err)
		}
		if _, err := h.Verify(t.Context(), noted...); !errors.Is(err, ErrTampered) || !strings.Contains(err.Error(), last.ID) {
			t.Errorf("it passes for what was noted: %v", err)
		}
	})
}

// More was noted than goes into one statement.
func TestCompareMany(t *testing.T) {
	h := newHouse(t, controldbtest.SQLiteIncidents(t))
	h.save(stuck("north/harbour", "e1"), make([]EntryKind, 450)...)
	entries, _, err := h.After(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var noted []Anchor
	for _, e := range entries {
		noted = append(noted, Anchor{e.Incident, e.N, e.Hash})
	}
	h.verify(noted...)
	noted[449].Hash = noted[0].Hash
	wantErr(t, h.Compare(t.Context(), noted), ErrTampered)
}

func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var noted []Anchor
		add := func(device string, state State, resolved time.Duration, waiting bool) *Incident {
			i := stuck("north/harbour", device)
			i.State = state
			if state == Resolved {
				at := start.Add(resolved)
				i.ResolvedAt = &at
			}
			h.save(i, EntryOpened, EntryNote)
			h.enqueue(notice(i, "duty"))
			if !waiting {
				if err := h.Finish(t.Context(), notice(i, "duty").Key, Attempt{OK: true}, Notice{State: NoticeSent}); err != nil {
					t.Fatal(err)
				}
			}
			e, err := h.As(person(authz.Viewer, "hq")).Evidence(t.Context(), i.ID)
			if err != nil {
				t.Fatal(err)
			}
			noted = append(noted, Anchor{i.ID, e.Proof.N, e.Proof.Hash})
			return i
		}
		before := start.Add(time.Hour)
		old := add("old", Resolved, time.Hour-time.Millisecond, false)
		exact := add("exact", Resolved, time.Hour, false)
		open := add("open", Firing, 0, false)
		untold := add("untold", Resolved, 0, true)
		unread := add("unread", Resolved, 0, false)
		if err := h.SetFollowerSeq(t.Context(), "mirror", unread.Seq); err != nil { // one entry, the delivery, came after that
			t.Fatal(err)
		}
		for _, c := range []struct {
			before time.Time
			want   int
		}{{time.Time{}, 0}, {start, 0}, {before, 1}, {before, 0}} {
			if n, err := h.Prune(t.Context(), c.before); err != nil || n != c.want {
				t.Errorf("before %s: %d, %v, want %d", c.before, n, err, c.want)
			}
		}
		_, err := h.Incident(t.Context(), old.ID)
		wantErr(t, err, ErrNotFound)
		for _, i := range []*Incident{exact, open, untold, unread} {
			h.get(i.ID)
		}
		p := h.verify(noted...)
		if p.Pruned != 1 || p.Incidents != 4 || p.Entries != 11 || p.Seq != 14 {
			t.Errorf("proof %+v", p)
		}
		wantErr(t, h.Compare(t.Context(), []Anchor{{old.ID, 3, noted[1].Hash}}), ErrTampered)
		wantErr(t, h.Compare(t.Context(), []Anchor{{old.ID, 4, noted[0].Hash}}), ErrTampered)
		if err := h.Compare(t.Context(), []Anchor{{old.ID, 1, "forgotten"}}); err != nil {
			t.Errorf("an early entry of what was pruned: %v", err)
		}
		// Numbers go on, although the newest entries may be gone.
		if err := h.SetFollowerSeq(t.Context(), "mirror", p.Seq); err != nil {
			t.Fatal(err)
		}
		if n, err := h.Prune(t.Context(), before); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		if i := h.save(stuck("north/harbour", "next"), EntryOpened); i.Seq != 15 {
			t.Errorf("seq %d", i.Seq)
		}
		h.verify(noted...)
	})
}

// More than go into one transaction.
func TestPruneMany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.update(func(tx *Tx) error {
			for n := range 2*pruneBatch + 1 {
				i := stuck("north/harbour", string(rune('a'+n%26))+string(rune('a'+n/26)))
				i.State, i.ResolvedAt = Resolved, &start
				if err := tx.Save(i, Entry{Kind: EntryOpened}); err != nil {
					return err
				}
			}
			return nil
		})
		if n, err := h.Prune(t.Context(), start.Add(time.Second)); err != nil || n != 2*pruneBatch+1 {
			t.Errorf("%d, %v", n, err)
		}
		if p := h.verify(); p.Pruned != 2*pruneBatch+1 || p.Entries != 0 {
			t.Errorf("proof %+v", p)
		}
	})
}
