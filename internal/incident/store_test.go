package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb/controldbtest"
	"steward/internal/telemetry"
)

func TestSaveAndRead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		value, cleared := 3.5, start.Add(time.Minute)
		i := stuck("north/harbour", "e1")
		i.Value, i.ClearedAt, i.Labels = &value, &cleared, map[string]string{"floor": "7"}
		i.Stages = []Stage{{State: Acknowledged, At: start, Received: start, By: System}}
		i.Clocks = []Clock{{Standard: "answer", State: Running, Limit: 180, Deadline: &cleared}}
		i.Plan = []Due{{At: start.Add(time.Hour), What: "escalate", Step: 1}}
		h.save(i, EntryOpened, EntryClockStarted)
		if i.Version != 1 || i.Seq != 2 || !i.Updated.Equal(h.now) {
			t.Errorf("version %d, seq %d, updated %s", i.Version, i.Seq, i.Updated)
		}
		if got := h.get(i.ID); !reflect.DeepEqual(got, *i) {
			t.Errorf("read\n%+v\nwrote\n%+v", got, *i)
		}
		i.State = Acknowledged
		h.now = h.now.Add(time.Minute)
		h.save(i, EntryAcknowledged)
		h.save(i)
		if i.Version != 3 || i.Seq != 3 {
			t.Errorf("version %d, seq %d", i.Version, i.Seq)
		}
		list, err := h.As(person(authz.Manager, "north")).Timeline(t.Context(), i.ID, Page{})
		if err != nil || len(list.Items) != 3 {
			t.Fatal(list, err)
		}
		for n, want := range []struct {
			kind  EntryKind
			state State
			at    time.Time
		}{{EntryOpened, Firing, start}, {EntryClockStarted, Firing, start}, {EntryAcknowledged, Acknowledged, h.now}} {
			e := list.Items[n]
			if e.Seq != int64(n+1) || e.N != n+1 || e.Kind != want.kind || e.State != want.state || !e.At.Equal(start) || !e.Received.Equal(want.at) ||
				e.Incident != i.ID || e.Place != i.Place || e.Actor != ActorOf(person(authz.Operator, "hq")) || e.Note != "备注" || len(e.Hash) != 64 || !strings.Contains(string(e.Data), `"n"`) {
				t.Errorf("entry %d: %+v", n+1, e)
			}
		}
		h.verify()
	})
}

func TestSaveRefuses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for name, c := range map[string]struct {
			spoil func(i *Incident)
			entry Entry
			want  string
		}{
			"id":          {func(i *Incident) { i.ID = "" }, Entry{}, "id: empty"},
			"fingerprint": {func(i *Incident) { i.Fingerprint = "" }, Entry{}, "fingerprint: empty"},
			"severity":    {func(i *Incident) { i.Severity = "grave" }, Entry{}, `severity "grave"`},
			"pending":     {func(i *Incident) { i.State = Pending }, Entry{}, `state "pending"`},
			"state":       {func(i *Incident) { i.State = "over" }, Entry{}, `state "over"`},
			"no JSON":     {func(*Incident) {}, Entry{Kind: EntryNote, Data: []byte("{")}, "entry note: data: not JSON"},
		} {
			i := stuck("north/harbour", "e1")
			c.spoil(i)
			err := h.Update(t.Context(), func(tx *Tx) error { return tx.Save(i, c.entry) })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		if seq, err := h.Head(t.Context()); err != nil || seq != 0 {
			t.Errorf("head %d, %v", seq, err)
		}
	})
}

// What devices send must not stop an alarm, whatever it is.
func TestAnyTextIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		nan, bad := math.NaN(), "a\x00b\xff"
		i := stuck("north/harbour", "e1")
		i.Fingerprint, i.Building, i.Value, i.Summary = bad, bad, &nan, Text{bad, bad}
		for range MaxTold + 5 {
			i.Told = append(i.Told, Told{Who: fmt.Sprint(len(i.Told))})
		}
		h.update(func(tx *Tx) error {
			return tx.Save(i, Entry{Kind: EntryOpened, Note: bad + strings.Repeat("长", MaxNote), Actor: Actor{Name: bad}, Data: json.RawMessage("\"" + "x\xff" + "\"")})
		})
		h.update(func(tx *Tx) error {
			found, err := tx.Open(bad)
			if err == nil && found.ID != i.ID {
				t.Errorf("found %s", found.ID)
			}
			return err
		})
		got := h.get(i.ID)
		if got.Value != nil || len(got.Told) != MaxTold || got.Told[0].Who != "5" {
			t.Errorf("value %v, %d told, first %+v", got.Value, len(got.Told), got.Told[0])
		}
		list, err := h.As(person(authz.Viewer, "hq")).Timeline(t.Context(), i.ID, Page{})
		if err != nil || len(list.Items) != 1 || len(list.Items[0].Note) > MaxNote || !strings.HasSuffix(list.Items[0].Note, "…") {
			t.Errorf("%+v, %v", list, err)
		}
		h.verify()
	})
}

func TestOneOpenIncidentAFingerprint(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.save(stuck("north/harbour", "e1"), EntryOpened)
		second := stuck("north/harbour", "e1")
		second.StartedAt = start.Add(time.Hour)
		second.ID = NewID(second.Fingerprint, second.StartedAt)
		wantErr(t, h.Update(t.Context(), func(tx *Tx) error { return tx.Save(second, Entry{Kind: EntryOpened}) }), ErrExists)
		again := stuck("north/harbour", "e1")
		wantErr(t, h.Update(t.Context(), func(tx *Tx) error { return tx.Save(again, Entry{Kind: EntryOpened}) }), ErrExists)

		first.State, first.ResolvedAt = Resolved, &start
		h.save(first, EntryResolved)
		h.save(second, EntryOpened)
		late := stuck("north/harbour", "e1") // of the past: it is not open
		late.StartedAt, late.State, late.Late = start.Add(-time.Hour), Resolved, true
		late.ID = NewID(late.Fingerprint, late.StartedAt)
		h.save(late, EntryOpened)
		h.update(func(tx *Tx) error {
			for name, find := range map[string]func(string) (*Incident, error){"open": tx.Open, "newest": tx.Newest} {
				if got, err := find(first.Fingerprint); err != nil || got.ID != second.ID {
					t.Errorf("%s: %v, %v", name, got, err)
				}
			}
			_, err := tx.Open("other")
			wantErr(t, err, ErrNotFound)
			return nil
		})
		h.verify()
	})
}

func TestAnOldVersionIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		mine := h.save(stuck("north/harbour", "e1"), EntryOpened)
		theirs := *mine
		h.save(&theirs, EntryNote)
		wantErr(t, h.Update(t.Context(), func(tx *Tx) error { return tx.Save(mine, Entry{Kind: EntryNote}) }), ErrConflict)
		gone := stuck("north/harbour", "e2")
		gone.Version = 3
		wantErr(t, h.Update(t.Context(), func(tx *Tx) error { return tx.Save(gone) }), ErrNotFound)
	})
}

// A transaction that fails, as a crash in it does, leaves nothing behind.
func TestAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.save(stuck("north/harbour", "e1"), EntryOpened)
		changed := h.Changed()
		broken := errors.New("broken")
		other := stuck("north/harbour", "e2")
		err := h.Update(t.Context(), func(tx *Tx) error {
			if err := tx.Save(other, Entry{Kind: EntryOpened}, Entry{Kind: EntryNote}); err != nil {
				return err
			}
			if _, err := tx.Enqueue(notice(other, "duty")); err != nil {
				return err
			}
			if err := tx.SetPosition("s", 7); err != nil {
				return err
			}
			if err := tx.AddTick("s", 7, start); err != nil {
				return err
			}
			return broken
		})
		wantErr(t, err, broken)
		_, err = h.Incident(t.Context(), other.ID)
		wantErr(t, err, ErrNotFound)
		h.update(func(tx *Tx) error {
			if at, known, err := tx.Position("s"); err != nil || known {
				t.Errorf("position %d, %v", at, err)
			}
			if ticks, err := tx.Ticks("s", 0); err != nil || len(ticks) > 0 {
				t.Errorf("ticks %v, %v", ticks, err)
			}
			return nil
		})
		if list, err := h.Claim(t.Context(), start.Add(time.Hour), 10, time.Minute); err != nil || len(list) > 0 {
			t.Errorf("notices %v, %v", list, err)
		}
		if p := h.verify(); p.Seq != 1 || p.Entries != 1 {
			t.Errorf("proof %+v", p)
		}
		select {
		case <-changed:
			t.Error("followers were woken for nothing")
		default:
		}
		h.save(stuck("north/harbour", "e3"), EntryOpened)
		select {
		case <-changed:
		default:
			t.Error("followers were not woken")
		}
	})
}

// Writers of several processes: the numbers are without gaps, and become visible
// in their order.
func TestNumbersHaveNoGaps(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const writers, writes = 4, 20
		var group sync.WaitGroup
		done := make(chan struct{})
		follower := make(chan error, 1)
		go func() {
			var seq int64
			for {
				last := false
				select {
				case <-done:
					last = true
				default:
				}
				entries, _, err := h.After(t.Context(), seq, 100)
				for _, e := range entries {
					if seq++; e.Seq != seq {
						err = fmt.Errorf("entry %d after %d", e.Seq, seq-1)
					}
				}
				if err != nil || last && len(entries) == 0 {
					follower <- err
					return
				}
			}
		}()
		for w := range writers {
			group.Go(func() {
				store := NewStore(h.db, Options{})
				i := stuck("north/harbour", fmt.Sprint("e", w))
				for n := range writes {
					err := store.Update(t.Context(), func(tx *Tx) error {
						entries := make([]Entry, n%3+1)
						for k := range entries {
							entries[k].Kind = EntryNote
						}
						if err := tx.Save(i, entries...); err != nil {
							return err
						}
						if n%5 == 4 {
							return errBroken
						}
						return nil
					})
					if errors.Is(err, errBroken) {
						was, err := store.Incident(t.Context(), i.ID)
						if err != nil {
							t.Error(err)
							return
						}
						*i = was
					} else if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		close(done)
		if err := <-follower; err != nil {
			t.Error(err)
		}
		p := h.verify()
		if p.Seq != p.Entries || p.Incidents != writers || p.Entries == 0 {
			t.Errorf("proof %+v", p)
		}
	})
}

var errBroken = errors.New("broken")

// More entries in one change than go into one statement.
func TestManyEntriesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.save(stuck("north/harbour", "e1"), make([]EntryKind, 131)...)
		if p := h.verify(); p.Entries != 131 {
			t.Errorf("proof %+v", p)
		}
	})
}

func TestDue(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		add := func(device string, severity telemetry.Severity, state State, at time.Duration) string {
			i := stuck("north/harbour", device)
			i.Severity, i.State = severity, state
			if at != 0 {
				i.Plan = []Due{{At: start.Add(at)}}
			}
			h.save(i, EntryOpened)
			return i.ID
		}
		later := add("e1", telemetry.LifeSafety, Firing, 2*time.Minute)
		grave := add("e2", telemetry.LifeSafety, Firing, time.Minute)
		early := add("e3", telemetry.Warning, Acknowledged, time.Second)
		exact := add("e4", telemetry.Warning, Arrived, time.Minute)
		add("e5", telemetry.LifeSafety, Resolved, time.Second)
		add("e6", telemetry.LifeSafety, Firing, 0)
		for _, c := range []struct {
			now   time.Duration
			limit int
			want  []string
		}{
			{time.Second - time.Millisecond, 10, nil},
			{time.Minute, 10, []string{grave, early, exact}},
			{time.Minute, 1, []string{grave}},
			{time.Hour, 10, []string{grave, later, early, exact}},
			{time.Hour, -1, nil},
		} {
			if got, err := h.Due(t.Context(), start.Add(c.now), c.limit); err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("due at %s, %d: %v, %v, want %v", c.now, c.limit, got, err, c.want)
			}
		}
	})
}

func TestOpenOnes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, b, c := h.save(stuck("north/harbour", "e1"), EntryOpened), stuck("north/hill", "e1"), stuck("east/park", "e1")
		b.Parent, b.Shadow, b.Severity = a.ID, true, telemetry.Info
		h.save(b, EntryOpened)
		h.save(c, EntryOpened)
		over := stuck("north/harbour", "e9")
		over.State, over.Parent = Resolved, a.ID
		h.save(over, EntryOpened)
		h.update(func(tx *Tx) error {
			for at, want := range map[string]int{"hq": 3, "north": 2, "north/harbour": 1, "north/hill": 1, "east/park": 1, "west": 0} {
				if list, err := tx.OpenAt(place(at)); err != nil || len(list) != want || at == "north" && list[0].ID != a.ID {
					t.Errorf("%s: %d, %v, want %d", at, len(list), err, want)
				}
			}
			if list, err := tx.Children(a.ID); err != nil || len(list) != 1 || list[0].ID != b.ID {
				t.Errorf("children %v, %v", list, err)
			}
			if list, err := tx.Children(""); err != nil || len(list) != 0 {
				t.Errorf("children of none %v, %v", list, err)
			}
			return nil
		})
	})
}

func TestPositionsAndTicks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.update(func(tx *Tx) error {
			if at, known, err := tx.Position("s"); err != nil || known || at != 0 {
				t.Errorf("%d, %v, %v", at, known, err)
			}
			if err := tx.SetPosition("s", math.MaxUint64); err == nil {
				t.Error("a position that the database cannot count")
			}
			for _, at := range []uint64{5, 9} {
				if err := tx.SetPosition("s", at); err != nil {
					return err
				}
			}
			for _, tick := range []Tick{{9, start.Add(time.Second)}, {9, start}, {9, start}, {12, start.Add(time.Minute)}, {3, start.Add(time.Hour)}} {
				if err := tx.AddTick("s", tick.Position, tick.At); err != nil {
					return err
				}
			}
			return tx.AddTick("other", 1, start)
		})
		h.update(func(tx *Tx) error {
			if at, known, err := tx.Position("s"); err != nil || !known || at != 9 {
				t.Errorf("%d, %v, %v", at, known, err)
			}
			want := []Tick{{9, start}, {9, start.Add(time.Second)}, {12, start.Add(time.Minute)}}
			if got, err := tx.Ticks("s", 9); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v, %v, want %v", got, err, want)
			}
			if err := tx.DropTicks("s", 12); err != nil {
				return err
			}
			if got, err := tx.Ticks("s", 0); err != nil || !reflect.DeepEqual(got, want[2:]) {
				t.Errorf("%v, %v", got, err)
			}
			if got, err := tx.Ticks("other", 0); err != nil || len(got) != 1 {
				t.Errorf("%v, %v", got, err)
			}
			return nil
		})
	})
}

func TestFollowers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a, b := h.save(stuck("north/harbour", "e1"), EntryOpened, EntryNote), h.save(stuck("east/park", "e1"), EntryOpened)
		a.State = Acknowledged
		h.save(a, EntryAcknowledged)
		for _, c := range []struct {
			seq       int64
			limit     int
			seqs, ids string
		}{
			{0, 10, "1 2 3 4", a.ID + " " + b.ID},
			{1, 2, "2 3", a.ID + " " + b.ID},
			{3, 10, "4", a.ID},
			{4, 10, "", ""},
			{0, -1, "", ""},
		} {
			entries, incidents, err := h.After(t.Context(), c.seq, c.limit)
			var seqs []string
			for _, e := range entries {
				seqs = append(seqs, fmt.Sprint(e.Seq))
			}
			have := map[string]State{}
			for _, i := range incidents {
				have[i.ID] = i.State
			}
			if err != nil || strings.Join(seqs, " ") != c.seqs || len(have) != len(strings.Fields(c.ids)) {
				t.Errorf("after %d: %v, %v, %v", c.seq, seqs, have, err)
			}
			for _, id := range strings.Fields(c.ids) {
				if want := map[string]State{a.ID: Acknowledged, b.ID: Firing}[id]; have[id] != want {
					t.Errorf("after %d: %s is %s, want %s", c.seq, id, have[id], want)
				}
			}
		}
		for _, seq := range []int64{0, 3, 4} {
			if seq > 0 {
				if err := h.SetFollowerSeq(t.Context(), "mirror", seq); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := h.FollowerSeq(t.Context(), "mirror"); err != nil || got != seq {
				t.Errorf("follower at %d, %v, want %d", got, err, seq)
			}
		}
	})
}

// An incident is in what Open gave, or in what follows after its number.
func TestNothingFallsBetweenOpenAndAfter(t *testing.T) {
	h := newHouse(t, controldbtest.SQLiteIncidents(t))
	h.save(stuck("north/harbour", "e1"), EntryOpened)
	open, seq, err := h.Open(t.Context())
	if err != nil || len(open) != 1 || seq != 1 {
		t.Fatal(open, seq, err)
	}
	h.save(stuck("north/harbour", "e2"), EntryOpened)
	if entries, _, err := h.After(t.Context(), seq, 10); err != nil || len(entries) != 1 || entries[0].Seq != 2 {
		t.Error(entries, err)
	}
}
