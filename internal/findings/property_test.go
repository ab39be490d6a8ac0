package findings

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/internal/controldb"
)

// Whatever is done in whatever order, a place has one finding of a kind about a
// subject, which is in the state that its history ends with.
func TestOneFindingOfAKindAboutASubject(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for seed := range uint64(2) {
			rnd := rand.New(rand.NewPCG(seed, 5))
			var runs int
			for range 60 {
				h.now = h.now.Add(time.Duration(rnd.IntN(4*24)) * time.Hour)
				l, err := h.As(root).List(t.Context(), Filter{}, Page{})
				h.must(err)
				switch pick := rnd.IntN(4); {
				case pick < 2 || len(l.Items) == 0:
					var seen []Seen
					for range rnd.IntN(4) {
						s := leak(fmt.Sprint("device:meter/w", rnd.IntN(3)), 100*rnd.ExpFloat64())
						s.Since, s.Until = h.now.Add(-20*day), h.now
						seen = append(seen, s)
					}
					looked := []string{"water_leak device:meter/w0", "water_leak device:meter/w1", "water_leak device:meter/w2"}
					runs++
					run := fmt.Sprintf("run-%d-%d", seed, runs)
					h.must(h.Sync(t.Context(), run, harbour, h.now, seen, looked[:rnd.IntN(4)]))
					before := h.dump()
					h.must(h.Sync(t.Context(), run, harbour, h.now, seen, nil))
					if after := h.dump(); !slices.Equal(before, after) {
						t.Fatalf("the same run changed something:\n%v\n%v", before, after)
					}
				case pick == 2:
					verdict := []string{Fell, DidNotFall, Insufficient}[rnd.IntN(3)]
					h.must(h.Verify(t.Context(), l.Items[rnd.IntN(len(l.Items))].ID, Verification{Verdict: verdict, At: h.now, Run: "v"}))
				default:
					a := Action{Deed: Deeds()[rnd.IntN(4)], Note: "because"}
					_, err := h.As(root).Act(t.Context(), l.Items[rnd.IntN(len(l.Items))].ID, a)
					var cannot *InvalidError
					if err != nil && !errors.As(err, &cannot) {
						t.Fatal(err)
					}
				}
				h.sound()
			}
		}
	})
}

// sound makes sure of what is always so.
func (h *house) sound() {
	h.t.Helper()
	l, err := h.As(root).List(h.t.Context(), Filter{}, Page{})
	h.must(err)
	known := map[string]bool{}
	for _, one := range l.Items {
		if known[one.identity()] {
			h.t.Fatalf("two findings of %s", one.identity())
		}
		known[one.identity()] = true
		f := h.get(one.ID)
		if last := f.History[len(f.History)-1]; last.State != f.State {
			h.t.Fatalf("is %s, and its history ends with %s", f.State, last.State)
		}
		if done := f.State == Fixed || f.State == Verified; done == f.FixedAt.IsZero() {
			h.t.Fatalf("is %s, fixed at %s", f.State, f.FixedAt)
		}
		if f.State == Verified && (f.Checked == nil || f.Checked.Verdict != Fell) {
			h.t.Fatalf("is verified by %+v", f.Checked)
		}
	}
}

// dump is all findings with their steps.
func (h *house) dump() (all []string) {
	h.t.Helper()
	h.must(h.db.Read(h.t.Context(), func(tx *controldb.Tx) error {
		return tx.Select(&all, `SELECT id || ' ' || state || ' ' || version || ' ' || changes || ' ' || run || ' ' || body || ' ' || checked FROM findings ORDER BY id`)
	}))
	return all
}
