package incident

import (
	"context"
	"fmt"
	"testing"
	"time"

	"steward/internal/controldb/controldbtest"
)

// BenchmarkSave is one change of an incident with three timeline entries, as an
// alarm makes one.
func BenchmarkSave(b *testing.B) {
	h := newHouse(b, controldbtest.SQLiteIncidents(b))
	ctx := context.Background()
	raw := []byte(`{"seq": 12, "topic": "property/north/harbour/elevator/e1/event", "payload": {"ts": 1763800000123, "event": "entrapment"}}`)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		i := stuck("north/harbour", fmt.Sprint("e", n))
		n++
		err := h.Update(ctx, func(tx *Tx) error {
			return tx.Save(i, Entry{Kind: EntryOpened, Data: raw}, Entry{Kind: EntryClockStarted, Data: raw}, Entry{Kind: EntryToldOf})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkClaim takes 20 of many notices that wait.
func BenchmarkClaim(b *testing.B) {
	h := newHouse(b, controldbtest.SQLiteIncidents(b))
	ctx := context.Background()
	i := stuck("north/harbour", "e1")
	err := h.Update(ctx, func(tx *Tx) error {
		for n := range 20_000 {
			if _, err := tx.Enqueue(notice(i, fmt.Sprint("r", n))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	now := start
	for b.Loop() {
		now = now.Add(time.Second)
		if list, err := h.Claim(ctx, now, 20, time.Second); err != nil || len(list) != 20 {
			b.Fatal(len(list), err)
		}
	}
}
